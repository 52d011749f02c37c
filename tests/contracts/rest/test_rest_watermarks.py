"""New records by a watermark: what is asked for, where progress stops, and what is landed once."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from rest_rig import SINCE, STAMPED, Rig, collection, item, stamp

from local.rest_api import Fault
from shared.catalog import CursorSpec
from shared.extraction.planning import Planned, make_plan
from shared.loading.bound import Mark
from shared.loading.errors import BadOrder, DateMissing, FutureCursor, NullCursor
from shared.loading.span import Span
from shared.loading.watermark import Watermark

Serve = Callable[..., Rig]
NOW = "Thu, 01 Jan 2026 00:10:00 GMT"


def stamped(serve: Serve, records: Any = 25, *, way: str = "offset", **fields: Any) -> Rig:
    rest = {
        "incremental": replace(SINCE, **fields.pop("incremental", {})),
        **fields.pop("rest", {}),
    }
    rig = serve(records, way, rest, keys={"cursor": STAMPED, **fields.pop("keys", {})}, **fields)
    rig.api.date = lambda: NOW
    return rig


def plan(rig: Rig, position: str | None = None, **fields: Any) -> Planned:
    if position is not None:
        mark = Watermark(position=position, how="settled", run_id="r", moved_at="t")
        fields = {"watermark": mark, "published_run_no": 1, "columns": rig.columns()} | fields
    basis = rig.basis(**fields)
    with rig.session(basis.columns) as session:
        return make_plan(session, basis)


def test_the_bound_is_the_sources_own_clock_less_the_margin_and_a_step(serve: Serve) -> None:
    made = plan(stamped(serve)).plan

    assert made.mode == "initial"
    assert (made.bound.value, made.bound.how) == ("2026-01-01 00:08:59+00", "settled")
    assert made.slices[0].span == Span()


def test_a_source_that_does_not_tell_its_time_has_no_bound(serve: Serve) -> None:
    rig = stamped(serve)
    rig.api.meddle = lambda _: Fault(undated=True)
    with pytest.raises(DateMissing):
        plan(rig)


def test_a_snapshot_needs_no_date_and_says_so(serve: Serve) -> None:
    rig = serve(5)
    rig.api.meddle = lambda _: Fault(undated=True)

    assert "_read_at is that of the worker" in rig.read().notes.findings[0]


def test_an_increment_asks_a_step_lower_and_leaves_out_what_is_known(serve: Serve) -> None:
    rig = stamped(serve)
    made = plan(rig, "2026-01-01 00:00:10+00").plan
    before = len(rig.api.asked)
    read = rig.read(made.slices[0].span, made.columns)

    assert rig.api.asked[before].query["since"] == "2026-01-01T00:00:09Z"
    assert read.ids == list(range(11, 26))


@pytest.mark.parametrize(
    ("how", "sent"),
    [
        ("unix", "1767225609"),
        ("unix_ms", "1767225609000"),
        ("date", "2025-12-31"),
        ("plain", "2026-01-01 00:00:09+00"),
    ],
)
def test_the_lower_end_is_written_as_the_source_wants_it(serve: Serve, how: str, sent: str) -> None:
    rig = stamped(serve, incremental={"format": how, "param": "from"})
    columns = rig.columns()
    before = len(rig.api.asked)
    read = rig.read(Span(after="2026-01-01 00:00:10+00"), columns)

    assert rig.api.asked[before].query["from"] == sent
    # Whatever the source made of it: what lies outside is left out here.
    assert read.ids == list(range(11, 26))


def test_ties_at_the_watermark_are_not_read_again_and_none_above_is_lost(serve: Serve) -> None:
    held = collection(0)
    held.put(*(item(n, updated_at=stamp(10 + n // 10)) for n in range(40)))
    rig = stamped(serve, held)
    read = rig.read(Span(after="2026-01-01 00:00:11+00"), rig.columns())

    assert read.ids == list(range(20, 40))


def test_finer_values_than_the_step_are_compared_exactly(serve: Serve) -> None:
    held = collection(0)
    held.put(*(item(n, updated_at=f"2026-01-01T00:00:10.{n:07d}Z") for n in range(5)))
    rig = stamped(serve, held)
    read = rig.read(Span(after="2026-01-01 00:00:10.0000002+00"), rig.columns())

    assert read.ids == [3, 4]
    assert read.rows[0]["updated_at"] == "2026-01-01T00:00:10.0000003Z"


def test_a_span_with_an_upper_end_asks_for_it(serve: Serve) -> None:
    rig = stamped(serve)
    columns = rig.columns()
    before = len(rig.api.asked)
    read = rig.read(Span(after="2026-01-01 00:00:05+00", upto="2026-01-01 00:00:08+00"), columns)

    assert rig.api.asked[before].query["until"] == "2026-01-01T00:00:09Z"
    assert read.ids == [6, 7, 8]


def test_a_backfill_needs_a_parameter_for_its_upper_end(serve: Serve) -> None:
    rig = stamped(serve, incremental={"until": None})
    with pytest.raises(BadOrder, match="needs a parameter for its upper end"):
        plan(rig, "2026-01-01 00:00:10+00", mode="backfill")


def test_values_ahead_of_the_sources_clock_stop_the_load(serve: Serve) -> None:
    held = collection(5)
    held.put(item(6, updated_at="2026-01-01T09:00:00Z"))
    highest = {"highest": (("sort", "-updated_at"), ("limit", "1"))}
    rig = stamped(serve, held, incremental=highest)
    with pytest.raises(FutureCursor):
        plan(rig)


def test_what_is_known_of_the_highest_value_spares_a_read(serve: Serve) -> None:
    highest = {"highest": (("sort", "-updated_at"), ("limit", "1"))}
    rig = stamped(serve, incremental=highest)

    assert plan(rig, "2026-01-01 00:00:25+00").plan.slices == ()
    assert plan(rig, "2026-01-01 00:00:24+00").plan.slices[0].span.after == "2026-01-01 00:00:24+00"


@pytest.mark.parametrize(("nulls", "ids"), [("include", [1, 2, 3]), ("ignore", [1, 3])])
def test_records_without_a_cursor_value_are_treated_as_the_table_file_says(
    serve: Serve, nulls: str, ids: list[int]
) -> None:
    held = collection(3)
    held.put(item(2, updated_at=None))
    rig = stamped(serve, held, keys={"nulls": nulls})

    assert rig.read().ids == ids


def test_records_without_a_cursor_value_may_fail_the_load(serve: Serve) -> None:
    held = collection(3)
    held.put(item(2, updated_at=None))
    with pytest.raises(NullCursor):
        stamped(serve, held, keys={"nulls": "fail"}).read()


def test_a_number_is_bound_by_what_was_seen_before_the_margin(serve: Serve) -> None:
    numbered = {
        "incremental": replace(SINCE, param="after_id", highest=(("sort", "-id"), ("limit", "1")))
    }
    cursor = CursorSpec(kind="integer", column="id")
    rig = serve(25, "offset", numbered, keys={"cursor": cursor, "settle": timedelta(seconds=60)})
    rig.api.date = lambda: NOW
    marks = (Mark(seen_at="2026-01-01T00:05:00.000000", value="20"),)
    made = plan(rig, "12", marks=marks).plan

    assert made.bound.value == "20"
    assert made.slices[0].span == Span(after="12")
    before = len(rig.api.asked)
    assert rig.read(made.slices[0].span, made.columns).ids == list(range(13, 26))
    assert rig.api.asked[before].query["after_id"] == "12"


def test_days_are_asked_for_by_the_day_and_today_stays_open(serve: Serve) -> None:
    held = collection(0)
    held.put(*(item(n, updated_at=f"2025-12-{n:02d}") for n in range(20, 32)))
    rig = stamped(serve, held, keys={"cursor": CursorSpec(kind="date", column="updated_at")})
    made = plan(rig, "2025-12-25").plan

    assert made.bound.value == "2025-12-31"
    before = len(rig.api.asked)
    assert rig.read(made.slices[0].span, made.columns).ids == [26, 27, 28, 29, 30, 31]
    assert rig.api.asked[before].query["since"] == "2025-12-24"


def test_new_fields_of_new_records_become_columns(serve: Serve) -> None:
    held = collection(0)
    held.put(*(item(n, updated_at="2025-12-01T00:00:00Z") for n in range(1, 96)))
    rig = stamped(serve, held, rest={"sample": 1})
    columns = rig.columns()
    rig.api.collection.put(item(90, updated_at="2026-01-01T00:09:00Z", late=True))
    mark = Watermark(position="2025-12-02 00:00:00+00", how="settled", run_id="r", moved_at="t")
    made = plan(rig, None, watermark=mark, published_run_no=1, columns=columns).plan

    assert "column late (boolean) is new" in made.findings
    assert rig.read(made.slices[0].span, made.columns).rows[-1]["late"] is True


def test_a_statement_shows_what_is_asked_and_no_secret(serve: Serve) -> None:
    rig = stamped(serve, rest={"params": (("sort", "id"),)})
    with rig.session(rig.columns()) as session:
        told = session.statement(rig.spec, Span(after="2026-01-01 00:00:10+00"))

    assert told.sql == f"GET {rig.api.url}/offset"
    assert told.values == {"sort": "id", "since": "2026-01-01T00:00:09Z"}
