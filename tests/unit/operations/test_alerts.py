"""What an order says is wrong or well again, and how that is told."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from operations_samples import FAILURE, A, B, run

from shared.alerting.alert import Alert
from shared.alerting.board import Board, gather, mend, report
from shared.alerting.incident import Mended
from shared.loading.bound import Bound
from shared.loading.errors import Failure
from shared.loading.order import Order
from shared.operations.alerts import MOST_TABLES, AlertWriter
from shared.operations.records import OrderRecord, RunRecord
from shared.operations.troubles import gone, mended_by, troubles_of
from tests.unit.alerting.memory_boards import BASE, START

ORDER = Order(order_id="20260101T000000000Z-00000a", tables=(A, B), created_at="")
ENDED = "2026-01-01T00:05:00+00:00"


def failed(table: str, **fields: Any) -> RunRecord:
    return run(ORDER, table, state="failed", outcome=None, error=FAILURE, ended_at=ENDED, **fields)


def record(**fields: object) -> OrderRecord:
    return OrderRecord(order=ORDER, state="failed", ended_at=ENDED, **fields)  # type: ignore[arg-type] - fields of the record


def tell(
    record: OrderRecord, runs: list[RunRecord], held: list[RunRecord] | None = None
) -> list[Alert]:
    """What is told after an order that ended when nothing was wrong before."""
    return tell_after(Board(), record, runs, held)[1]


def tell_after(
    board: Board, record: OrderRecord, runs: list[RunRecord], held: list[RunRecord] | None = None
) -> tuple[Board, list[Alert]]:
    write = AlertWriter(base_url=BASE, runbook=f"{BASE}/runbook")
    after = report(board, troubles_of(record, runs, held or [], BASE), START)
    after = mend(after, mended_by(record, runs), START)
    after = gather(after, START, pause=timedelta(0), channels=["webhook"], write=write)
    return replace(after, outbox=()), [message.alert for message in after.outbox]


def test_the_first_failed_table_speaks_for_the_order() -> None:
    [alert] = tell(record(failed=2), [failed(A), failed(B)])
    assert alert.title == f"Tidemark: order {ORDER.order_id} failed"
    assert alert.text == f"{A} and 1 more failed. QueryRefused: no such column"
    assert (alert.table, alert.run_id, alert.error) == (A, failed(A).run_id, FAILURE)
    assert (alert.failed, [each.table for each in alert.tables]) == (2, [A, B])
    assert (alert.status, alert.event, alert.held) == ("failed", "opened", ())


def test_links_lead_to_the_order_to_each_run_to_the_rerun_and_to_the_runbook() -> None:
    [alert] = tell(record(), [failed(A)])
    assert alert.link == f"{BASE}/api/orders/{ORDER.order_id}"
    assert alert.rerun == f"{BASE}/api/page/do/rerun?id={ORDER.order_id}"
    assert alert.tables[0].link == f"{BASE}/api/runs/{failed(A).run_id}"
    assert alert.runbook == f"{BASE}/runbook#queryrefused"


def test_an_order_that_broke_before_any_run_tells_its_own_cause() -> None:
    [alert] = tell(record(error=FAILURE), [])
    assert (alert.table, alert.run_id, alert.error) == (A, None, FAILURE)
    assert "QueryRefused" in alert.text


def test_a_failure_without_a_cause_says_so() -> None:
    assert tell(record(), [])[0].text.endswith("no cause was recorded")


def test_an_alert_stays_short_however_many_tables_failed() -> None:
    [alert] = tell(record(), [failed(f"crm/dbo.T{n}") for n in range(500)])
    assert (alert.failed, len(alert.tables)) == (500, MOST_TABLES)


def test_a_secret_in_an_error_is_not_told() -> None:
    error = Failure(type="SourceUnavailable", message="host=x password=s3cret", remedy="")
    assert "s3cret" not in str(tell(record(error=error), [replace(failed(A), error=error)]))


HELD = Bound(
    value="2026-01-01 00:00:00.000000",
    how="exact",
    held_back_since="2026-01-01T00:00:01.000000",
    held_back_seconds=7_200,
    held_back_by="pid 4711, user app, application billing, idle in transaction",
)


def held(table: str) -> RunRecord:
    return run(ORDER, table, state="succeeded", outcome="loaded", bound=HELD, ended_at=ENDED)


def test_a_bound_that_is_held_back_is_told_of_as_no_failure() -> None:
    both = [held(A), held(B)]
    [alert] = tell(replace(record(), state="succeeded"), both, both)
    assert (alert.status, alert.failed, alert.error, alert.tables) == ("held_back", 0, None, ())
    assert (alert.table, alert.run_id, alert.rerun) == (A, held(A).run_id, None)
    assert "2:00:00" in alert.text
    assert "pid 4711, user app, application billing" in alert.text
    assert [(each.table, each.seconds, each.by) for each in alert.held] == [
        (A, 7_200, HELD.held_back_by),
        (B, 7_200, HELD.held_back_by),
    ]
    assert alert.held[0].link == f"{BASE}/api/runs/{held(A).run_id}"
    assert alert.runbook == f"{BASE}/runbook#held_back"


LATER = "2026-01-01T00:10:00+00:00"


def well(table: str, **fields: Any) -> RunRecord:
    return run(ORDER, table, started_at=LATER, ended_at=LATER, rows=7, **fields)


def test_the_next_success_of_all_tables_is_one_message_that_says_what_was_wrong() -> None:
    board, [first] = tell_after(Board(), record(), [failed(A), failed(B)])
    _, [alert] = tell_after(board, replace(record(), state="succeeded"), [well(A), well(B)])
    assert (alert.status, alert.event, alert.error, alert.rerun) == ("resolved",) * 2 + (None,) * 2
    assert alert.title == f"Tidemark: {A} and 1 more are well again"
    assert alert.runbook == f"{BASE}/runbook#resolved"
    assert "7 rows" in alert.text
    assert [each.error for each in alert.tables] == [FAILURE, FAILURE]
    assert (alert.thread, alert.incidents) == ((first.id,), first.incidents)


def test_a_table_that_is_in_no_file_any_more_is_not_called_well() -> None:
    board, _ = tell_after(Board(), record(), [failed(A), failed(B)])
    later = datetime.fromisoformat(LATER)
    ends = [gone(each, later) for each in board.open]
    write = AlertWriter(base_url=BASE)

    def title(*ends: Mended) -> str:
        after = gather(
            mend(board, ends, START), START, pause=timedelta(0), channels=["webhook"], write=write
        )
        [message] = after.outbox
        return message.alert.title

    assert title(*ends) == f"Tidemark: {A} and 1 more are loaded no more"
    assert title(ends[0]) == f"Tidemark: {A} is loaded no more"
    assert title(replace(ends[0], gone=False), ends[1]) == (
        f"Tidemark: {A} and 1 more are well again or loaded no more"
    )


@pytest.mark.parametrize(("mode", "count"), [("backfill", 0), ("reconcile", 0), ("snapshot", 1)])
def test_a_load_is_mended_by_a_load_and_nothing_else(mode: Any, count: int) -> None:
    board, _ = tell_after(Board(), record(), [failed(A)])
    order = replace(ORDER, mode=mode)
    _, told = tell_after(board, OrderRecord(order=order, state="succeeded"), [well(A)])
    assert len(told) == count


def test_a_backfill_is_mended_by_a_whole_backfill_only() -> None:
    order = replace(ORDER, mode="backfill")
    wrong = OrderRecord(order=order, state="failed", ended_at=ENDED)
    board, [alert] = tell_after(Board(), wrong, [failed(A), failed(A)])
    assert (alert.failed, alert.table) == (1, A)
    assert tell_after(board, wrong, [failed(A), well(A)])[1] == []
    assert tell_after(board, record(), [well(A)])[1] != []  # a load says nothing of it
    _, [over] = tell_after(board, replace(wrong, state="succeeded"), [well(A)])
    assert over.status == "resolved"


def test_what_is_set_aside_brings_no_table_up_to_date() -> None:
    [aside] = mended_by(record(), [well(A, outcome="quarantined")])
    assert "late" not in aside.kinds
    [loaded] = mended_by(record(), [well(A)])
    assert set(loaded.kinds) == {"failed", "late", "unread", "held_back"}


def test_files_that_were_not_read_are_told_of_until_a_load_leaves_none() -> None:
    runs = [well(A, unread=2, findings=("2 files were overwritten",))]
    board, [alert] = tell_after(Board(), replace(record(), state="succeeded", unread=2), runs)
    assert (alert.status, alert.failed) == ("unread", 0)
    assert "2 files were overwritten" in alert.text
    _, [over] = tell_after(board, replace(record(), state="succeeded"), [well(A)])
    assert over.status == "resolved"
