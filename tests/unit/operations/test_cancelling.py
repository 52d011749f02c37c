"""What is cancelled ends before it commits anything more, and is told apart by its attempt."""

import pytest
from memory_ledger import Office
from operations_samples import PERIOD, A, B, close, run

from shared.loading.order import run_id
from shared.operations.ordering import OrderUnknown, PartOfBackfill


def is_cancelled(office: Office, order_id: str, table: str, attempt: int = 1) -> bool:
    return office.ledger.is_cancelled(run_id(order_id, table), attempt)


def test_a_cancelled_order_cancels_every_run_of_it(office: Office) -> None:
    order_id = office.desk.load([A, B]).order.order_id
    assert not is_cancelled(office, order_id, A)
    record = office.desk.cancel(order_id)
    assert (record.state, record.cancel_requested) == ("queued", True)
    assert is_cancelled(office, order_id, A)
    assert is_cancelled(office, order_id, B)


def test_a_cancelled_run_leaves_its_neighbours_alone(office: Office) -> None:
    order_id = office.desk.load([A, B]).order.order_id
    record = office.desk.cancel(run_id(order_id, A))
    assert not record.cancel_requested
    assert is_cancelled(office, order_id, A)
    assert not is_cancelled(office, order_id, B)


def test_a_rerun_of_what_was_cancelled_is_not_cancelled(office: Office) -> None:
    order = office.desk.load([A, B]).order
    office.ledger.record_run(run(order, B))
    office.desk.cancel(order.order_id)
    close(office, order.order_id, state="cancelled")
    again = office.desk.rerun(order.order_id).order
    assert (again.tables, again.attempt) == ((A,), 2)
    assert not is_cancelled(office, order.order_id, A, attempt=2)
    record = office.ledger.order(order.order_id)
    assert record is not None
    assert not record.cancel_requested


def test_what_has_ended_is_given_as_it_is(office: Office) -> None:
    order_id = office.desk.load([A]).order.order_id
    ended = close(office, order_id, state="succeeded")
    for name in (order_id, run_id(order_id, A)):
        assert office.desk.cancel(name) == ended
    assert not is_cancelled(office, order_id, A)


def test_a_backfill_is_cancelled_as_a_whole(office: Office) -> None:
    order = office.desk.backfill(A, PERIOD).order
    with pytest.raises(PartOfBackfill, match=order.order_id):
        office.desk.cancel(run_id(order.order_id, A, 1))
    assert office.desk.cancel(order.order_id).cancel_requested


@pytest.mark.parametrize(
    "name",
    ["nonsense", "20260101T000000000Z-ffffff", "20260101T000000000Z-ffffff.a.b"],
)
def test_what_there_is_not_is_not_cancelled(office: Office, name: str) -> None:
    with pytest.raises(OrderUnknown):
        office.desk.cancel(name)


def test_a_table_that_an_order_does_not_load_has_no_run_to_cancel(office: Office) -> None:
    order_id = office.desk.load([A]).order.order_id
    with pytest.raises(OrderUnknown):
        office.desk.cancel(run_id(order_id, B))
