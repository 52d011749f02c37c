"""Walking the pages of the ledger gives everything once, and a key or a cancellation counts at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from azure_interference import Interference, Request
from conftest import NewTable

from shared.adapters.azure.entities import Entities
from shared.adapters.azure.ledger import AzureLedger, LedgerTables
from shared.loading.errors import StateUnavailable
from shared.loading.order import Order, State, new_order_id, run_id
from shared.operations.ledger import OrderQuery, RunQuery
from shared.operations.pages import PageUnknown, encode_page
from shared.operations.records import KeyUse, OrderRecord, RunRecord

NOW = datetime.now(UTC)
TABLE = "spotify/dbo.DimUser"


@pytest.fixture
def tables(new_table: NewTable) -> LedgerTables:
    return LedgerTables(orders=new_table(), runs=new_table(), windows=new_table())


@pytest.fixture
def ledger(tables: LedgerTables) -> AzureLedger:
    return AzureLedger(tables)


@pytest.fixture
def through(tables: LedgerTables, disturbed: Callable[[Entities], Entities]) -> AzureLedger:
    """The same ledger through the proxy."""
    return AzureLedger(replace(tables, orders=disturbed(tables.orders)))


def order_at(moment: datetime, state: State = "queued") -> OrderRecord:
    order = Order(
        order_id=new_order_id(moment, "00000a"), tables=(TABLE,), created_at=moment.isoformat()
    )
    return OrderRecord(order=order, state=state)


def run_of(record: OrderRecord, state: State = "succeeded", table: str = TABLE) -> RunRecord:
    return RunRecord(
        run_id=run_id(record.order.order_id, table),
        order_id=record.order.order_id,
        table=table,
        mode="incremental",
        state=state,
        started_at=record.order.created_at,
    )


def fill(ledger: AzureLedger, days: list[int]) -> list[str]:
    """Write an order with a run for each day back; every third failed. Gives their ids, newest first."""
    for number, back in enumerate(days):
        state: State = "succeeded" if number % 3 else "failed"
        record = order_at(NOW - timedelta(days=back, seconds=number), state)
        ledger.open_order(record)
        ledger.record_run(run_of(record, state))
    return [
        order_at(NOW - timedelta(days=back, seconds=number)).order.order_id
        for number, back in enumerate(days)
    ]


def walk_runs(
    ledger: AzureLedger, query: RunQuery, meanwhile: Callable[[], object] = lambda: None
) -> list[list[str]]:
    pages: list[list[str]] = []
    page = None
    while page is not None or not pages:
        found = ledger.runs(replace(query, page=page))
        pages.append([run.order_id for run in found.items])
        page = found.next
        meanwhile()
    return pages


SINCE = (NOW - timedelta(days=80)).isoformat()
DAYS = [0, 0, 0, 5, 20, 40, 40, 60, 60, 75]


@pytest.mark.parametrize(
    ("most", "table"),
    [
        (3, None),
        (10, TABLE),
        *(
            pytest.param(most, table, marks=pytest.mark.long)
            for most in (1, 3, 5, 10, 100)
            for table in (None, TABLE)
            if (most, table) not in ((3, None), (10, TABLE))
        ),
    ],
)
def test_walking_the_pages_gives_every_run_once_over_months(
    ledger: AzureLedger, table: str | None, most: int
) -> None:
    ids = fill(ledger, DAYS)
    pages = walk_runs(ledger, RunQuery(table=table, since=SINCE, most=most))
    assert [each for page in pages for each in page] == ids
    assert [len(page) for page in pages[:-1]] == [most] * (len(pages) - 1)
    assert pages[-1]


def test_runs_that_come_while_pages_are_walked_disturb_nothing(ledger: AzureLedger) -> None:
    ids = fill(ledger, DAYS)
    coming = iter(range(1, 100))

    def more() -> None:
        record = order_at(datetime.now(UTC) + timedelta(seconds=next(coming)))
        ledger.record_run(run_of(record))

    pages = walk_runs(ledger, RunQuery(since=SINCE, most=2), more)
    assert [each for page in pages for each in page] == ids


def test_a_status_is_filtered_before_the_page_is_cut(ledger: AzureLedger) -> None:
    ids = fill(ledger, DAYS)
    pages = walk_runs(ledger, RunQuery(since=SINCE, status="failed", most=2))
    assert pages == [[ids[0], ids[3]], [ids[6], ids[9]]]


def test_without_since_all_pages_go_back_equally_far(ledger: AzureLedger) -> None:
    ids = fill(ledger, [0, 1, 200])
    assert walk_runs(ledger, RunQuery(most=1)) == [[ids[0]], [ids[1]]]


def test_walking_the_pages_gives_every_order_once(ledger: AzureLedger) -> None:
    ids = fill(ledger, DAYS)
    found: list[str] = []
    query = OrderQuery(since=SINCE, most=3)
    while True:
        page = ledger.orders(query)
        found += [record.order.order_id for record in page.items]
        if page.next is None:
            break
        query = replace(query, page=page.next)
    assert found == ids
    failed = ledger.orders(OrderQuery(since=SINCE, status="failed", most=2))
    assert [record.order.order_id for record in failed.items] == [ids[0], ids[3]]


@pytest.mark.parametrize(
    "token",
    [
        "x",
        encode_page("a"),
        encode_page("m-202601", "a"),
        encode_page("open", "0" * 17 + "-20260101"),
        encode_page("m-202601", "0" * 17 + "-202601" + "a" * 901),
        encode_page("m-202601", "0" * 17 + "-202601\n"),
    ],
)
def test_a_token_that_is_none_is_refused(ledger: AzureLedger, token: str) -> None:
    with pytest.raises(PageUnknown):
        ledger.runs(RunQuery(page=token))


@pytest.mark.parametrize("month", ["999912", "000001", "202699"])
def test_a_forged_token_asks_for_no_more_than_there_can_be(
    ledger: AzureLedger, through: AzureLedger, table_proxy: Interference, month: str
) -> None:
    token = encode_page("m-000001", f"{'0' * 17}-{month}01T000000000Z-00000a")
    through.orders(OrderQuery(page=token))
    assert len(table_proxy.seen) <= 12 * (NOW.year - 2026) + NOW.month


def key_use(number: int = 0, key: str = "k") -> KeyUse:
    order = order_at(NOW + timedelta(seconds=number)).order
    return KeyUse(key=key, fingerprint=str(number), order=order)


def test_of_many_first_uses_of_a_key_one_is_kept(ledger: AzureLedger) -> None:
    with ThreadPoolExecutor(8) as pool:
        kept = set(pool.map(lambda number: ledger.reserve(key_use(number)), range(8)))
    assert kept == {ledger.key_use("k")}


@pytest.mark.parametrize("key", ["a/b\\c#d?e", "'", " ", "~" * 200, "%00"])
def test_a_key_may_be_any_printable_text(ledger: AzureLedger, key: str) -> None:
    assert ledger.key_use(key) is None
    assert ledger.reserve(key_use(1, key)) == ledger.reserve(key_use(2, key)) == key_use(1, key)


def test_a_reservation_whose_answer_is_lost_is_found_by_the_next_try(
    ledger: AzureLedger, through: AzureLedger, table_proxy: Interference
) -> None:
    table_proxy.lose_answer(is_write)
    with pytest.raises(StateUnavailable):
        through.reserve(key_use(1))
    assert through.reserve(key_use(2)) == ledger.key_use("k") == key_use(1)


def is_write(request: Request) -> bool:
    return request.method != "GET"


def test_what_is_cancelled_is_so_for_its_attempt_only(ledger: AzureLedger) -> None:
    first, second = (order_at(NOW + timedelta(seconds=n)).order.order_id for n in (0, 1))
    a, b = run_id(first, TABLE), run_id(first, "spotify/o'b/c")
    assert not ledger.is_cancelled(a, 1)
    ledger.cancel(first, 1, b)
    assert [ledger.is_cancelled(each, 1) for each in (a, b)] == [False, True]
    ledger.cancel(first, 1, None)
    assert [ledger.is_cancelled(each, 1) for each in (a, b)] == [True, True]
    assert [ledger.is_cancelled(each, 2) for each in (a, b)] == [False, False]
    assert not ledger.is_cancelled(run_id(second, TABLE), 1)
    ledger.cancel(first, 2, None)
    assert ledger.is_cancelled(a, 2)
