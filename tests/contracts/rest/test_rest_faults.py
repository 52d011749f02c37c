"""A source that misbehaves: what may pass is waited out, what may not is told once, and no secret is."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count

import pytest
from rest_rig import Rig, item

from local.rest_api import Asked, Fault
from shared.adapters.rest.exchange import Limits
from shared.catalog.rest_spec import AuthSpec
from shared.loading.errors import (
    AddressRefused,
    AnswerUnreadable,
    CredentialRejected,
    IngestError,
    QueryRefused,
    SourceThrottled,
    SourceUnavailable,
    TableMissing,
)

Serve = Callable[..., Rig]
SECRET = "hunter2-and-more"
KEYED = {
    "auth": AuthSpec(how="api_key", secret="${KEY}", name="api_key", place="query"),
    "environ": {"KEY": SECRET},
}
HASTY = Limits(connect_seconds=2, silence_seconds=0.3, answer_seconds=300)


def once(fault: Fault, *, at: int) -> Callable[[Asked], Fault | None]:
    return lambda asked: fault if asked.number == at else None


PASSING = {
    "429": Fault(status=429, headers={"Retry-After": "7"}),
    "500": Fault(status=500, body=b"boom"),
    "503": Fault(status=503, headers={"Retry-After": "3"}),
    "cut": Fault(cut=40),
    "half a document": Fault(body=b'{"data": {"items": [{"id": 1'),
    "html": Fault(body=b"<html>login</html>", headers={"Content-Type": "text/html"}),
    "NaN": Fault(body=b'{"data": {"items": [{"id": NaN}]}}'),
    "a field twice": Fault(body=b'{"data": {"items": [{"id": 1, "id": 2}]}}'),
    "slow": Fault(drip=30, still=2.0),
}


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING)
def test_a_fault_that_passes_costs_a_pause_and_no_record(serve: Serve, fault: Fault) -> None:
    rig = serve(35, limits=HASTY)
    columns = rig.columns()
    rig.api.meddle = once(fault, at=len(rig.api.asked) + 2)
    read = rig.read(known=columns)

    assert read.ids == list(range(1, 36))
    assert len(rig.clock.slept) == 1


def test_a_pause_that_the_source_asks_for_is_kept(serve: Serve) -> None:
    rig = serve(5)
    rig.api.meddle = once(PASSING["429"], at=1)
    rig.read()

    assert rig.clock.slept == [7]


def test_a_pause_may_be_a_date_by_the_sources_own_clock(serve: Serve) -> None:
    rig = serve(5)
    rig.api.date = lambda: "Mon, 05 Jan 2026 10:00:00 GMT"
    later = {"Retry-After": "Mon, 05 Jan 2026 10:00:21 GMT"}
    rig.api.meddle = once(Fault(status=429, headers=later), at=1)
    rig.read()

    assert rig.clock.slept == [21]


def test_a_long_pause_ends_the_step_instead_of_holding_it(serve: Serve) -> None:
    rig = serve(5)
    rig.api.meddle = lambda _: Fault(status=429, headers={"Retry-After": "1800"})
    with pytest.raises(SourceThrottled) as caught:
        rig.read()

    assert caught.value.pause_seconds == 1800
    assert rig.clock.slept == []


REFUSED: dict[str, tuple[Fault, type[IngestError]]] = {
    "429 for ever": (Fault(status=429), SourceThrottled),
    "500 for ever": (Fault(status=500), SourceUnavailable),
    "cut for ever": (Fault(cut=10), SourceUnavailable),
    "no JSON for ever": (Fault(body=b"oops"), AnswerUnreadable),
    "400": (Fault(status=400), QueryRefused),
    "401": (Fault(status=401), CredentialRejected),
    "403": (Fault(status=403), CredentialRejected),
    "404": (Fault(status=404), TableMissing),
    "another shape": (Fault(body=b'{"data": []}'), AnswerUnreadable),
    "records that are none": (Fault(body=b'{"data": {"items": [1]}}'), AnswerUnreadable),
    "another host": (Fault(status=302, headers={"Location": "http://localhost:9/offset"}), AddressRefused),
    "another scheme": (Fault(status=302, headers={"Location": "https://127.0.0.1/offset"}), AddressRefused),
    "a file": (Fault(status=302, headers={"Location": "file:///etc/passwd"}), AddressRefused),
    "a login": (Fault(status=307, headers={"Location": "http://a:b@127.0.0.1/x"}), AddressRefused),
}  # fmt: skip


@pytest.mark.parametrize(("fault", "error"), REFUSED.values(), ids=REFUSED)
def test_a_fault_that_stays_is_told_by_its_kind_without_the_secret(
    serve: Serve, fault: Fault, error: type[IngestError]
) -> None:
    rig = serve(5, **KEYED)
    rig.api.meddle = lambda _: fault
    with pytest.raises(error) as caught:
        rig.read()

    told: BaseException | None = caught.value
    while told is not None:
        assert SECRET not in f"{told} {told!r}"
        told = told.__cause__
    assert rig.api.asked[0].query["api_key"] == SECRET
    assert len(rig.api.asked) <= 6


def test_a_redirect_within_the_source_is_followed_and_signed(serve: Serve) -> None:
    rig = serve(5, "none", **KEYED)
    rig.api.admits = lambda asked: asked.query.get("api_key") == SECRET
    moved = Fault(status=301, headers={"Location": "/elsewhere"})
    rig.api.meddle = lambda asked: moved if asked.path == "/all" else None

    assert rig.read().ids == [1, 2, 3, 4, 5]


def test_redirects_that_lead_round_in_a_circle_end(serve: Serve) -> None:
    rig = serve(5)
    rig.api.meddle = lambda _: Fault(status=302, headers={"Location": "/offset"})
    with pytest.raises(AddressRefused, match="redirects more than"):
        rig.read()


@pytest.mark.parametrize("way", ["link", "next_url"])
def test_a_next_page_elsewhere_is_never_asked_for(serve: Serve, way: str) -> None:
    rig = serve(5, way, **KEYED)
    elsewhere = "http://localhost:9/steal?page=2"
    body = {"data": {"items": [item(1)]}, "meta": {"next": elsewhere}}
    rig.api.meddle = lambda _: Fault(
        body=json.dumps(body).encode(), headers={"Link": f'<{elsewhere}>; rel="next"'}
    )
    with pytest.raises(AddressRefused) as caught:
        rig.read()
    assert str(caught.value) == (
        f"the next page leads to http://localhost:9 instead of {rig.api.url}"
    )


def test_a_page_that_is_too_large_is_refused(serve: Serve) -> None:
    rig = serve(35, rest={"page_bytes": 700})
    with pytest.raises(AnswerUnreadable, match="larger than 700 bytes"):
        rig.read()


def test_a_source_that_is_not_there_is_unavailable(serve: Serve) -> None:
    rig = serve(5)
    columns = rig.columns()
    rest = replace(rig, api=replace(rig.api, port=9))
    with pytest.raises(SourceUnavailable, match="cannot be reached"):
        rest.read(known=columns)


def test_every_fault_at_once_costs_no_record_and_none_twice(serve: Serve) -> None:
    rig = serve(400, limits=HASTY)
    columns = rig.columns()
    faults = [fault for name, fault in PASSING.items() if name != "slow"]
    turn: Iterator[int] = count()

    def misbehave(_asked: Asked) -> Fault | None:
        number = next(turn)
        return faults[number // 3 % len(faults)] if number % 3 else None

    rig.api.meddle = misbehave
    read = rig.read(known=columns)

    assert read.ids == list(range(1, 401))


def test_requests_go_at_the_pace_of_the_connections_share(serve: Serve) -> None:
    rig = serve(35, requests_per_second=4.0, connections=2)
    began = rig.clock.time
    columns = rig.columns()
    rig.read(known=columns)

    # Each session paces itself: between its requests lie half a second.
    requests = len(rig.api.asked)
    assert rig.clock.time - began == pytest.approx((requests - 2) * 0.5)
