"""Orders are written down before they begin; requests are counted; a rerun takes only what failed."""

import pytest
from memory_ledger import Office
from operations_samples import FAILURE, PERIOD, A, B, C, close, run, window

from shared.loading.errors import BadOrder
from shared.loading.order import OrderWork, State
from shared.loading.turn import end, take
from shared.operations.ordering import OrderActive, OrderUnknown
from shared.operations.records import begin


def test_an_order_is_written_down_before_it_is_started(office: Office) -> None:
    start = office.desk.load([A, B], mode="initial")
    record = office.ledger.order(start.order.order_id)
    assert record is not None
    assert (record.state, record.order) == ("queued", start.order)
    assert (start.flow, start.instance, start.given) == (
        "load_batch",
        start.order.order_id,
        OrderWork(order=start.order),
    )


def test_a_backfill_begins_with_its_first_group(office: Office) -> None:
    start = office.desk.backfill(A, PERIOD)
    assert (start.flow, start.given) == ("backfill", OrderWork(order=start.order, part=0))
    assert (start.order.mode, start.order.backfill) == ("backfill", PERIOD)


def test_requests_that_meet_join_one_order(office: Office) -> None:
    first = office.desk.request([A], "event")
    assert first is not None
    assert office.desk.request([A], "event") is None
    turn = office.states.turn(A)
    assert (turn.requested, turn.waiting) == (2, first.order.order_id)


def test_an_order_takes_only_the_tables_for_which_none_is_on_its_way(office: Office) -> None:
    office.desk.request([A], "schedule")
    second = office.desk.request([A, B], "schedule")
    assert second is not None
    assert second.order.tables == (B,)
    assert office.states.turn(A).requested == 2


def test_a_request_during_a_load_orders_another(office: Office) -> None:
    office.desk.request([A], "event")
    office.states.change_turn(A, lambda t: take(t, run_id="r", instance="i", at=""))
    assert office.desk.request([A], "event") is not None
    office.states.change_turn(A, lambda t: end(t, run_id="r", epoch=1))
    turn = office.states.turn(A)
    assert (turn.requested, turn.served) == (2, 1)


def test_a_rerun_of_an_order_takes_only_what_failed(office: Office) -> None:
    order = office.desk.load([A, B, C]).order
    office.ledger.record_run(run(order, A))
    office.ledger.record_run(run(order, B, state="failed", outcome=None))
    close(office, order.order_id, failed=2, error=FAILURE, alert="sent")
    start = office.desk.rerun(order.order_id)
    assert (start.order.tables, start.order.attempt) == ((B, C), 2)
    assert start.instance == f"{order.order_id}.2"
    record = office.ledger.order(order.order_id)
    assert record is not None
    assert (record.state, record.failed, record.error, record.alert) == ("queued", 0, None, "none")
    assert record.order.tables == (A, B, C)


def test_a_rerun_of_a_run_takes_its_table_only(office: Office) -> None:
    order = office.desk.load([A, B]).order
    for table in (A, B):
        office.ledger.record_run(run(order, table, state="failed", outcome=None))
    close(office, order.order_id)
    assert office.desk.rerun(run(order, B).run_id).order.tables == (B,)


def test_what_has_not_ended_is_not_rerun(office: Office) -> None:
    order = office.desk.load([A]).order
    with pytest.raises(OrderActive, match="is queued"):
        office.desk.rerun(order.order_id)


def test_what_did_not_fail_is_not_rerun(office: Office) -> None:
    order = office.desk.load([A, B]).order
    office.ledger.record_run(run(order, A))
    close(office, order.order_id)
    with pytest.raises(BadOrder, match="nothing of"):
        office.desk.rerun(run(order, A).run_id)


def test_a_failed_order_whose_runs_another_worker_has_completed_is_run_again_whole(
    office: Office,
) -> None:
    order = office.desk.load([A, B]).order
    for table in (A, B):
        office.ledger.record_run(run(order, table))
    close(office, order.order_id)
    assert office.desk.rerun(order.order_id).order.tables == (A, B)


def test_two_reruns_at_once_make_one(office: Office) -> None:
    order = office.desk.load([A]).order
    close(office, order.order_id)
    office.desk.rerun(order.order_id)
    with pytest.raises(OrderActive):
        office.desk.rerun(order.order_id)


@pytest.mark.parametrize("name", ["20260101T000000000Z-ffffff", "20260101T000000000Z-ffffff.a.b"])
def test_an_unknown_order_is_not_rerun(office: Office, name: str) -> None:
    with pytest.raises(OrderUnknown):
        office.desk.rerun(name)


def test_what_is_no_id_at_all_is_not_rerun(office: Office) -> None:
    with pytest.raises(BadOrder, match="not a run id"):
        office.desk.rerun("nonsense")


@pytest.mark.parametrize("state", ["failed", "cancelled"])
def test_a_backfill_goes_on_with_the_windows_that_are_left(office: Office, state: str) -> None:
    order = office.desk.backfill(A, PERIOD).order
    office.ledger.write_windows(
        order.order_id, [window(0, state="succeeded"), window(1, state="failed")]
    )
    close(office, order.order_id, state=state, cancel_requested=state == "cancelled")
    start = office.desk.rerun(order.order_id)
    assert start.flow == "backfill"
    assert isinstance(start.given, OrderWork)
    assert start.given.order.attempt == 2
    record = office.ledger.order(order.order_id)
    assert record is not None
    assert not record.cancel_requested


def test_a_backfill_whose_windows_are_all_loaded_is_not_rerun(office: Office) -> None:
    order = office.desk.backfill(A, PERIOD).order
    office.ledger.write_windows(order.order_id, [window(0, state="succeeded")])
    close(office, order.order_id, state="succeeded")
    with pytest.raises(BadOrder, match="nothing of"):
        office.desk.rerun(order.order_id)


@pytest.mark.parametrize("state", ["succeeded", "failed", "cancelled"])
def test_an_order_that_has_ended_is_not_opened_again_by_a_late_execution(
    office: Office, state: State
) -> None:
    order = office.desk.load([A]).order
    ended = close(office, order.order_id, state=state)
    assert begin(ended, order.attempt, "2026-01-01T00:00:00+00:00") == ended


def test_an_attempt_is_not_begun_by_a_late_execution_of_the_one_before(office: Office) -> None:
    order = office.desk.load([A]).order
    office.ledger.record_run(run(order, A, state="failed", outcome=None))
    close(office, order.order_id, failed=1)
    again = office.desk.rerun(order.order_id).order
    record = office.ledger.order(order.order_id)
    assert record is not None
    assert begin(record, order.attempt, "later") == record
    assert begin(record, again.attempt, "later").state == "running"
