from collections.abc import Callable

import pytest
from azure.core.credentials import AzureNamedKeyCredential
from azure.data.tables import TableServiceClient
from azure_interference import Interference, Refusal, Request

from local.azurite.process import RunningAzurite
from shared.adapters.azure.clients import table_service
from shared.adapters.azure.entities import Entities, Row, RowModified, StateRefused
from shared.loading.errors import CredentialRejected, StateUnavailable

Through = Callable[[Entities], Entities]


def writes(request: Request) -> bool:
    return request.method in ("PUT", "POST", "PATCH")


def keys(rows: Entities) -> list[str]:
    return [row.key for row in rows.range("p")]


def etag_of(rows: Entities, key: str) -> str:
    row = rows.get("p", key)
    assert row is not None
    return row.etag


def body_of(rows: Entities, key: str) -> bytes | None:
    row = rows.get("p", key)
    return row.body if row else None


def test_what_was_put_is_read_and_replaced_entirely(rows: Entities) -> None:
    rows.put("p", "k", {"long": "x" * 40_000})
    rows.put("p", "k", [1])
    assert body_of(rows, "k") == b"[1]"
    assert rows.get("p", "none") is None


@pytest.mark.parametrize("character", ["x", '"', "ö", "語", "🙂"])
def test_a_body_far_larger_than_a_property_is_kept_exactly(rows: Entities, character: str) -> None:
    rows.put("p", "k", character * 60_000)
    assert body_of(rows, "k") == ('"' + character.replace('"', '\\"') * 60_000 + '"').encode()


def test_a_body_that_no_entity_can_hold_is_refused_for_good(rows: Entities) -> None:
    with pytest.raises(StateRefused):
        rows.put("p", "k", "x" * 1_200_000)
    assert keys(rows) == []


def test_a_transaction_that_is_too_large_is_refused_for_good(
    rows: Entities, disturbed: Through, table_proxy: Interference
) -> None:
    table_proxy.refuse(writes, Refusal(status=413))
    with pytest.raises(StateRefused):
        disturbed(rows).swap_all([("k", 1, None), ("l", 1, None)], partition="p")


def test_a_row_that_must_be_new_is_written_once(rows: Entities) -> None:
    rows.swap("p", "k", 1, etag=None)
    with pytest.raises(RowModified):
        rows.swap("p", "k", 2, etag=None)
    assert body_of(rows, "k") == b"1"


def test_a_row_that_was_changed_or_removed_since_is_not_written(rows: Entities) -> None:
    old = rows.swap("p", "k", 1, etag=None)
    new = rows.swap("p", "k", 2, etag=old)
    assert new == etag_of(rows, "k")
    with pytest.raises(RowModified):
        rows.swap("p", "k", 3, etag=old)
    rows.remove("p", "k")
    with pytest.raises(RowModified):
        rows.swap("p", "k", 3, etag=new)
    assert rows.get("p", "k") is None


@pytest.mark.parametrize("broken", ["taken", "changed", "removed"])
def test_rows_are_written_together_or_not_at_all(rows: Entities, broken: str) -> None:
    first = rows.swap("p", "first", 1, etag=None)
    second: str | None = rows.swap("p", "second", 1, etag=None)
    if broken == "changed":
        rows.put("p", "second", 2)
    elif broken == "removed":
        rows.remove("p", "second")
    else:
        second = None
    with pytest.raises(RowModified):
        rows.swap_all([("first", 9, first), ("second", 9, second)], partition="p")
    assert body_of(rows, "first") == b"1"
    assert body_of(rows, "second") in (b"1", b"2", None)


def test_more_rows_than_a_transaction_holds_are_put_all_the_same(rows: Entities) -> None:
    rows.put_all("p", [(f"{number:03d}", number) for number in range(201)])
    rows.put_all("p", [])
    assert keys(rows) == [f"{number:03d}" for number in range(201)]


def test_a_row_is_removed_only_as_it_was_read(rows: Entities) -> None:
    old = rows.swap("p", "k", 1, etag=None)
    rows.put("p", "k", 1)
    with pytest.raises(RowModified):
        rows.remove("p", "k", etag=old)
    rows.remove("p", "k", etag=etag_of(rows, "k"))
    rows.remove("p", "k", etag=old)
    rows.remove("p", "k")
    assert keys(rows) == []


def test_a_range_is_one_query_of_one_partition_page_by_page(
    rows: Entities, disturbed: Callable[[Entities], Entities], table_proxy: Interference
) -> None:
    rows.put_all("p", [(f"{number:02d}", number) for number in range(25)])
    rows.put("it's", "10", 0)
    found = list(disturbed(rows).range("p", low="05", high="20", page=10))
    assert [row.key for row in found] == [f"{number:02d}" for number in range(5, 20)]
    first, second = (request.target for request in table_proxy.seen)
    wanted = "$filter=PartitionKey eq 'p' and RowKey ge '05' and RowKey lt '20'"
    assert wanted in first
    assert wanted in second
    assert "NextRowKey" in second
    table_proxy.seen.clear()
    assert [row.key for row in disturbed(rows).range("it's")] == ["10"]
    [whole] = table_proxy.seen
    assert whole.target.endswith("$filter=PartitionKey eq 'it''s'")


def test_keys_with_every_odd_character_of_a_name_are_told_apart(rows: Entities) -> None:
    odd = ["a.b", "a~2Fb", "a~2fb", "A.B", "-", "~", "a'b", "ä"]
    rows.put_all("p", [(key, key) for key in odd])
    assert keys(rows) == sorted(odd)
    for key in odd:
        assert rows.get("p", key) is not None


def test_a_step_that_changes_nothing_writes_nothing(rows: Entities) -> None:
    before = rows.swap("p", "k", 1, etag=None)
    assert rows.change("p", "k", int, None, lambda number: number) == 1
    assert etag_of(rows, "k") == before


def test_what_is_not_there_is_made_only_from_something_fresh(rows: Entities) -> None:
    assert rows.change("p", "k", int, None, lambda number: number + 1) is None
    assert rows.change("p", "k", int, 5, lambda number: number + 1) == 6


def test_a_step_is_applied_to_what_came_between(rows: Entities) -> None:
    rows.put("p", "k", [])
    coming = ["first", "second"]

    def step(known: list[str]) -> list[str]:
        if coming:
            rows.put("p", "k", [*known, coming.pop(0)])
        return [*known, "mine"]

    assert rows.change("p", "k", list[str], None, step) == ["first", "second", "mine"]


def test_a_change_whose_answer_is_lost_is_never_lost_itself(
    rows: Entities, disturbed: Through, table_proxy: Interference
) -> None:
    through = disturbed(rows)
    through.put("p", "k", 0)
    table_proxy.lose_answer(writes)
    through.change("p", "k", int, None, lambda number: number + 1)
    assert not table_proxy.is_pending
    # Twice: a step has to bear its own result.
    assert body_of(rows, "k") == b"2"


def test_a_new_row_whose_answer_is_lost_is_unavailable_or_taken(
    rows: Entities, disturbed: Through, table_proxy: Interference
) -> None:
    table_proxy.lose_answer(writes)
    with pytest.raises((StateUnavailable, RowModified)):
        disturbed(rows).swap("p", "k", 1, etag=None)
    assert body_of(rows, "k") == b"1"


def test_an_answer_that_breaks_off_is_a_fault_of_the_connection(
    rows: Entities, disturbed: Through, table_proxy: Interference
) -> None:
    through = disturbed(rows)
    for ask in (
        lambda: through.swap("p", "k", 1, etag=None),
        lambda: through.swap_all([("l", 1, None), ("m", 1, None)], partition="p"),
    ):
        table_proxy.cut_answer(writes)
        with pytest.raises(StateUnavailable):
            ask()
    table_proxy.cut_answer(lambda request: request.method == "GET")
    assert body_of(through, "k") == b"1"
    assert keys(rows) == ["k", "l", "m"]
    assert not table_proxy.is_pending


def test_a_removal_whose_answer_is_lost_has_happened(
    rows: Entities, disturbed: Through, table_proxy: Interference
) -> None:
    etag = rows.swap("p", "k", 1, etag=None)
    table_proxy.lose_answer(lambda request: request.method == "DELETE")
    disturbed(rows).remove("p", "k", etag=etag)
    assert not table_proxy.is_pending
    assert keys(rows) == []


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_table_is_asked_again_when_it_says(
    rows: Entities, disturbed: Through, table_proxy: Interference, status: int
) -> None:
    table_proxy.refuse(writes, Refusal(status=status, headers={"Retry-After": "1"}))
    disturbed(rows).put("p", "k", 1)
    assert body_of(rows, "k") == b"1"


@pytest.mark.parametrize(
    ("refusal", "told"),
    [
        (
            Refusal(status=403, headers={"x-ms-error-code": "AuthorizationPermissionMismatch"}),
            CredentialRejected,
        ),
        (Refusal(status=401), CredentialRejected),
    ],
)
def test_refusals_are_typed(
    rows: Entities,
    disturbed: Through,
    table_proxy: Interference,
    refusal: Refusal,
    told: type[Exception],
) -> None:
    through = disturbed(rows)
    for ask in asks(through):
        table_proxy.refuse(lambda _: True, refusal, times=4)
        with pytest.raises(told):
            ask()
        table_proxy.forget()


def test_a_table_that_stays_busy_is_unavailable(
    rows: Entities, disturbed: Through, table_proxy: Interference
) -> None:
    table_proxy.refuse(writes, Refusal(status=503), times=4)
    with pytest.raises(StateUnavailable):
        disturbed(rows).put("p", "k", 1)


def asks(rows: Entities) -> list[Callable[[], object]]:
    return [
        lambda: rows.get("p", "k"),
        lambda: rows.put("p", "k", 1),
        lambda: rows.swap("p", "k", 1, etag=None),
        lambda: rows.swap_all([("k", 1, None), ("l", 1, None)], partition="p"),
        lambda: rows.remove("p", "k"),
        lambda: list(rows.range("p")),
    ]


def test_a_wrong_key_is_told_as_such(azurite: RunningAzurite) -> None:
    login = AzureNamedKeyCredential(azurite.account, "d3Jvbmc=")
    with table_service(azurite.table_url, login) as service:
        for ask in asks(Entities(service.get_table_client("anytable"))):
            with pytest.raises(CredentialRejected):
                ask()


def test_a_missing_table_is_not_taken_for_a_missing_row(azurite: RunningAzurite) -> None:
    login = AzureNamedKeyCredential(azurite.account, azurite.key)
    with table_service(azurite.table_url, login) as service:
        missing = Entities(service.get_table_client("nosuchtable"))
        for ask in (
            lambda: missing.get("p", "k"),
            lambda: missing.put("p", "k", 1),
            lambda: missing.swap("p", "k", 1, etag=None),
            lambda: list(missing.range("p")),
        ):
            with pytest.raises(StateUnavailable):
                ask()


def test_a_store_that_is_gone_is_unavailable(azurite: RunningAzurite) -> None:
    # Nothing can listen on port 0.
    login = AzureNamedKeyCredential(azurite.account, azurite.key)
    service: TableServiceClient = table_service("http://127.0.0.1:0/devstoreaccount1", login)
    with service, pytest.raises(StateUnavailable):
        Entities(service.get_table_client("any")).get("p", "k")


def test_a_row_knows_where_it_lies(rows: Entities) -> None:
    etag = rows.swap("p", "k", 1, etag=None)
    assert list(rows.range("p")) == [Row(partition="p", key="k", body=b"1", etag=etag)]
