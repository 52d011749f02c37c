from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from azure_interference import Interference, Request
from conftest import NewTable

from shared.adapters.azure.entities import Entities
from shared.adapters.azure.ledger import AzureLedger, LedgerTables
from shared.loading.errors import BadOrder, StateUnavailable
from shared.loading.order import Order, State, new_order_id, run_id
from shared.loading.span import Span
from shared.operations.ledger import RunQuery
from shared.operations.records import OrderRecord, RunRecord, WindowRecord

NOW = datetime.now(UTC)
TABLE = "spotify/dbo.DimUser"

Through = Callable[[Entities], Entities]


@pytest.fixture
def tables(new_table: NewTable) -> LedgerTables:
    return LedgerTables(orders=new_table(), runs=new_table(), windows=new_table())


@pytest.fixture
def ledger(tables: LedgerTables) -> AzureLedger:
    return AzureLedger(tables)


@pytest.fixture
def through(tables: LedgerTables, disturbed: Through) -> AzureLedger:
    """The same ledger through the proxy."""
    return AzureLedger(
        LedgerTables(
            orders=disturbed(tables.orders),
            runs=disturbed(tables.runs),
            windows=disturbed(tables.windows),
        )
    )


def order_at(moment: datetime, entropy: str = "000000", state: State = "queued") -> OrderRecord:
    order = Order(
        order_id=new_order_id(moment, entropy), tables=(TABLE,), created_at=moment.isoformat()
    )
    return OrderRecord(order=order, state=state)


def run_of(
    record: OrderRecord, table: str = TABLE, state: State = "succeeded", attempt: int = 1
) -> RunRecord:
    return RunRecord(
        run_id=run_id(record.order.order_id, table),
        order_id=record.order.order_id,
        table=table,
        mode="incremental",
        state=state,
        started_at=record.order.created_at,
        attempt=attempt,
    )


def succeeded(record: OrderRecord) -> OrderRecord:
    return replace(record, state="succeeded")


def test_an_order_is_opened_once_and_the_second_time_given_as_it_is(ledger: AzureLedger) -> None:
    record = order_at(NOW)
    assert ledger.open_order(record) == record
    running = ledger.change_order(
        record.order.order_id, lambda known: replace(known, state="running")
    )
    assert ledger.open_order(record) == running
    assert ledger.order(record.order.order_id) == running


def test_an_unknown_order_is_none_and_cannot_be_changed(ledger: AzureLedger) -> None:
    unknown = order_at(NOW).order.order_id
    for name in (unknown, "nonsense", "it's"):
        assert ledger.order(name) is None
        with pytest.raises(BadOrder):
            ledger.change_order(name, succeeded)


def test_an_order_is_unfinished_from_its_opening_to_its_end(ledger: AzureLedger) -> None:
    first, second = (order_at(NOW, entropy) for entropy in ("00000a", "00000b"))
    for record in (first, second):
        ledger.open_order(record)
    ledger.change_order(first.order.order_id, lambda known: replace(known, state="running"))
    assert list(ledger.unfinished_orders()) == [first.order.order_id, second.order.order_id]
    ledger.change_order(first.order.order_id, succeeded)
    ledger.change_order(first.order.order_id, lambda known: replace(known, alert="sent"))
    assert list(ledger.unfinished_orders()) == [second.order.order_id]
    ledger.change_order(first.order.order_id, lambda known: replace(known, state="queued"))
    assert len(list(ledger.unfinished_orders())) == 2


def test_an_order_opened_again_is_unfinished_even_if_its_opener_dies_on_the_way(
    tables: LedgerTables, through: AzureLedger, ledger: AzureLedger, table_proxy: Interference
) -> None:
    record = order_at(NOW)
    ledger.open_order(record)
    ledger.change_order(record.order.order_id, succeeded)
    writes = [request for request in recorded(through, table_proxy, record) if is_write(request)]
    assert ["'open'" in request.target for request in writes] == [True, False]


def recorded(through: AzureLedger, table_proxy: Interference, record: OrderRecord) -> list[Request]:
    """Give the store calls of opening an order again."""
    table_proxy.seen.clear()
    through.change_order(record.order.order_id, lambda known: replace(known, state="queued"))
    return list(table_proxy.seen)


def is_write(request: Request) -> bool:
    return request.method != "GET"


def test_an_order_with_very_many_tables_is_kept(ledger: AzureLedger) -> None:
    record = order_at(NOW)
    names = tuple(f"source/schema.a_rather_long_name_of_a_table_{n:05d}" for n in range(4000))
    record = replace(record, order=replace(record.order, tables=names))
    ledger.open_order(record)
    assert ledger.order(record.order.order_id) == record


def test_runs_are_given_newest_first_over_months_and_by_table(ledger: AzureLedger) -> None:
    orders = [order_at(NOW - timedelta(days=days)) for days in (0, 1, 29, 31, 45)]
    for record in orders:
        for table in ("a/x.y", "a/x.yz"):
            ledger.record_run(run_of(record, table))
    since = (NOW - timedelta(days=60)).isoformat()
    listed = [run.order_id for run in ledger.runs(RunQuery(since=since)).items]
    assert listed == [record.order.order_id for record in orders for _ in range(2)]
    by_table = ledger.runs(RunQuery(table="a/x.y")).items
    assert [run.order_id for run in by_table] == [record.order.order_id for record in orders]
    assert {run.table for run in by_table} == {"a/x.y"}
    recent = {run.order_id for run in ledger.runs(RunQuery()).items}
    assert recent >= {record.order.order_id for record in orders[:4]}


def test_runs_are_given_from_a_moment_on_by_status_and_no_more_than_asked(
    ledger: AzureLedger,
) -> None:
    orders = [order_at(NOW - timedelta(milliseconds=ms)) for ms in range(6)]
    for number, record in enumerate(orders):
        ledger.record_run(run_of(record, state="failed" if number % 2 else "succeeded"))
    since = (NOW - timedelta(milliseconds=3)).isoformat()
    for query in (RunQuery(since=since), RunQuery(since=since, table=TABLE)):
        assert [run.order_id for run in ledger.runs(query).items] == [
            record.order.order_id for record in orders[:4]
        ]
    failed = ledger.runs(RunQuery(status="failed", most=2)).items
    assert [run.order_id for run in failed] == [orders[1].order.order_id, orders[3].order.order_id]


def test_a_moment_without_a_zone_is_utc(
    ledger: AzureLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    ledger.record_run(run_of(order_at(NOW)))
    since = NOW.replace(tzinfo=None)
    assert len(ledger.runs(RunQuery(since=since.isoformat())).items) == 1
    assert ledger.runs(RunQuery(since=(since + timedelta(seconds=1)).isoformat())).items == ()


def test_an_order_has_all_its_runs_and_no_others(ledger: AzureLedger, tables: LedgerTables) -> None:
    mine, others = order_at(NOW, "abcdef"), order_at(NOW, "abcdee")
    names = [f"a/t{number}" for number in range(300)]
    for record in (mine, others):
        tables.runs.put_all(
            f"m-{record.order.order_id[:6]}",
            [(key_of(run_of(record, name)), run_of(record, name)) for name in names],
        )
    found = ledger.runs_of_order(mine.order.order_id)
    assert [run.run_id for run in found] == sorted(run_of(mine, name).run_id for name in names)
    assert ledger.runs_of_order(order_at(NOW, "abcdff").order.order_id) == ()


def key_of(record: RunRecord) -> str:
    digits = record.order_id[:8] + record.order_id[9:18]
    return f"{10**17 - 1 - int(digits):017d}-{record.run_id}"


def test_a_run_is_found_by_its_id_as_it_was_written_last(ledger: AzureLedger) -> None:
    record = order_at(NOW)
    for table in ("s/a.b", "s/a.b.c", "s/Ünï 表'"):
        for state in ("running", "committing", "failed", "succeeded"):
            run = run_of(record, table, state)
            ledger.record_run(run)
            assert ledger.run(run.run_id) == run
    assert ledger.run(run_id(record.order.order_id, "s/a")) is None
    assert [run.state for run in ledger.runs_of_order(record.order.order_id)] == ["succeeded"] * 3


@pytest.mark.parametrize("state", ["running", "committing", "failed"])
def test_an_overtaken_execution_does_not_undo_what_is_written(
    ledger: AzureLedger, state: State
) -> None:
    record = order_at(NOW)
    done = run_of(record)
    ledger.record_run(done)
    ledger.record_run(run_of(record, state=state))
    assert ledger.run(done.run_id) == done
    published = replace(run_of(record, table="s/a.published"), outcome="loaded", rows=7)
    ledger.record_run(published)
    ledger.record_run(run_of(record, table="s/a.published", state="running", attempt=2))
    assert ledger.run(published.run_id) == published
    again = run_of(record, state="running", attempt=2)
    ledger.record_run(again)
    ledger.record_run(run_of(record, state="failed"))
    assert ledger.run(done.run_id) == again
    assert ledger.runs_of_order(record.order.order_id) == (published, again)


@pytest.mark.parametrize("state", ["queued", "running"])
def test_a_late_execution_does_not_take_the_numbers_from_a_run_that_commits(
    ledger: AzureLedger, state: State
) -> None:
    record = order_at(NOW)
    commits = replace(run_of(record, state="committing"), outcome="loaded", rows=7)
    ledger.record_run(commits)
    ledger.record_run(run_of(record, state=state))
    assert ledger.run(commits.run_id) == commits


@pytest.mark.parametrize("state", ["queued", "running"])
def test_a_late_execution_does_not_bring_a_run_back_that_has_failed(
    ledger: AzureLedger, state: State
) -> None:
    record = order_at(NOW)
    failed = run_of(record, state="failed")
    ledger.record_run(failed)
    ledger.record_run(run_of(record, state=state))
    assert ledger.run(failed.run_id) == failed
    ledger.record_run(run_of(record, state="committing"))
    assert ledger.run(failed.run_id) == run_of(record, state="committing")


def test_a_run_is_changed_wherever_it_is_listed_and_an_unknown_one_nowhere(
    ledger: AzureLedger,
) -> None:
    record = order_at(NOW)
    ledger.change_run(run_of(record).run_id, lambda known: replace(known, rows=1))
    assert ledger.run(run_of(record).run_id) is None
    ledger.record_run(run_of(record))
    ledger.change_run(run_of(record).run_id, lambda known: replace(known, rows=1))
    changed = replace(run_of(record), rows=1)
    assert ledger.run(changed.run_id) == changed
    assert ledger.runs_of_order(record.order.order_id) == (changed,)


def test_a_run_whose_answer_is_lost_is_written_once_it_is_repeated(
    ledger: AzureLedger, through: AzureLedger, table_proxy: Interference
) -> None:
    run = run_of(order_at(NOW))
    table_proxy.lose_answer(is_write)
    with pytest.raises(StateUnavailable):
        through.record_run(run)
    through.record_run(run)
    assert ledger.run(run.run_id) == run
    assert ledger.runs_of_order(run.order_id) == (run,)


def test_every_question_is_a_range_of_one_partition(
    through: AzureLedger, table_proxy: Interference
) -> None:
    record = order_at(NOW)
    through.open_order(record)
    through.record_run(run_of(record))
    table_proxy.seen.clear()
    through.runs_of_order(record.order.order_id)
    through.runs(RunQuery(since=NOW.isoformat(), most=1))
    through.runs(RunQuery(table=TABLE, since=NOW.isoformat(), most=1))
    list(through.unfinished_orders())
    through.windows(record.order.order_id)
    filters = [request.target.partition("$filter=")[2] for request in table_proxy.seen]
    month, key = f"m-{record.order.order_id[:6]}", key_of(run_of(record)).split(".")[0]
    assert [text.partition("&")[0] for text in filters] == [
        f"PartitionKey eq '{month}' and RowKey ge '{key}' and RowKey lt '{key}~'",
        f"PartitionKey eq '{month}' and RowKey lt '{key[:17]}~'",
        f"PartitionKey eq 't-spotify.dbo.DimUser' and RowKey lt '{key[:17]}~'",
        "PartitionKey eq 'open'",
        f"PartitionKey eq '{record.order.order_id}'",
    ]


def window(number: int, state: State = "queued") -> WindowRecord:
    return WindowRecord(
        number=number,
        part=number // 4,
        start=str(number),
        end=str(number + 1),
        span=Span(after=str(number - 1), upto=str(number)),
        state=state,
    )


def test_windows_are_kept_in_order_and_changed_one_by_one(ledger: AzureLedger) -> None:
    first, other = "20260101T000000000Z-00000a", "20260101T000000000Z-00000ab"
    ledger.write_windows(first, [window(number) for number in range(1204)])
    ledger.write_windows(other, [window(0)])
    ledger.write_windows(first, [window(7, "succeeded")])
    found = ledger.windows(first)
    assert [each.number for each in found] == list(range(1204))
    assert [each.number for each in found if each.state == "succeeded"] == [7]


def test_the_tick_is_remembered(ledger: AzureLedger) -> None:
    assert ledger.tick() is None
    for at in ("2026-01-01T00:00:00+00:00", "2026-01-01T00:00:10+00:00"):
        ledger.ticked(at)
        assert ledger.tick() == at
    ledger.ping()
