"""An alert says what failed, why, and where to look and to run it again."""

from operations_samples import FAILURE, A, B, run

from shared.loading.bound import Bound
from shared.loading.order import Order
from shared.operations.alerts import (
    MOST_TABLES,
    compose_alert,
    compose_held_alert,
    with_runbook,
)
from shared.operations.records import OrderRecord, RunRecord

ORDER = Order(order_id="20260101T000000000Z-00000a", tables=(A, B), created_at="")
BASE = "https://tidemark.example"


def failed(table: str) -> RunRecord:
    return run(ORDER, table, state="failed", outcome=None, error=FAILURE)


def record(**fields: object) -> OrderRecord:
    return OrderRecord(order=ORDER, state="failed", **fields)  # type: ignore[arg-type] - fields of the record


def test_the_first_failed_table_speaks_for_the_order() -> None:
    alert = compose_alert(record(failed=2), [failed(A), failed(B)], BASE)
    assert alert.text == f"{A} and 1 more failed. QueryRefused: no such column"
    assert (alert.table, alert.run_id, alert.error) == (A, failed(A).run_id, FAILURE)
    assert (alert.failed, [each.table for each in alert.tables]) == (2, [A, B])


def test_links_lead_to_the_order_to_each_run_and_to_the_rerun() -> None:
    alert = compose_alert(record(), [failed(A)], BASE)
    assert alert.link == f"{BASE}/api/orders/{ORDER.order_id}"
    assert alert.rerun == f"{BASE}/api/runs/{ORDER.order_id}/rerun"
    assert alert.tables[0].link == f"{BASE}/api/runs/{failed(A).run_id}"


def test_an_order_that_broke_before_any_run_tells_its_own_cause() -> None:
    alert = compose_alert(record(error=FAILURE), [], BASE)
    assert (alert.table, alert.run_id, alert.error) == (A, None, FAILURE)
    assert "QueryRefused" in alert.text


def test_a_failure_without_a_cause_says_so() -> None:
    assert compose_alert(record(), [], BASE).text.endswith("no cause was recorded")


def test_an_alert_stays_short_however_many_tables_failed() -> None:
    alert = compose_alert(record(), [failed(f"crm/dbo.T{n}") for n in range(500)], BASE)
    assert (alert.failed, len(alert.tables)) == (500, MOST_TABLES)


HELD = Bound(
    value="2026-01-01 00:00:00.000000",
    how="exact",
    held_back_since="2026-01-01T00:00:01.000000",
    held_back_seconds=7_200,
    held_back_by="pid 4711, user app, application billing, idle in transaction",
)


def held(table: str) -> RunRecord:
    return run(ORDER, table, state="succeeded", outcome="loaded", bound=HELD)


def test_a_bound_that_is_held_back_is_told_of_as_no_failure() -> None:
    alert = compose_held_alert(record(), [held(A), held(B)], BASE)
    assert (alert.status, alert.failed, alert.error, alert.tables) == ("held_back", 0, None, ())
    assert (alert.table, alert.run_id, alert.rerun) == (A, held(A).run_id, None)
    assert "2:00:00" in alert.text
    assert "pid 4711, user app, application billing" in alert.text
    assert [(each.table, each.seconds, each.by) for each in alert.held] == [
        (A, 7_200, HELD.held_back_by),
        (B, 7_200, HELD.held_back_by),
    ]
    assert alert.held[0].link == f"{BASE}/api/runs/{held(A).run_id}"


def test_an_alert_of_a_failure_is_as_it_was() -> None:
    alert = compose_alert(record(), [failed(A)], BASE)
    assert (alert.status, alert.held) == ("failed", ())


def test_an_alert_leads_to_the_runbook_by_its_error_or_else_by_its_status() -> None:
    book = "https://wiki.example/runbook"
    alert = compose_alert(record(), [failed(A)], BASE)
    assert with_runbook(alert, book).runbook == f"{book}#queryrefused"
    told = with_runbook(compose_held_alert(record(), [held(A)], BASE), book)
    assert told.runbook == f"{book}#held_back"
    assert with_runbook(alert, None) == alert
