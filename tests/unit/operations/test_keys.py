"""A key makes one order, whoever comes with it, however often, and wherever somebody died."""

import pytest
from memory_ledger import Office
from operations_samples import A, B, close

from shared.loading.order import Order
from shared.operations.keys import KeyReused, order_once


def once(office: Office, key: str = "k", fingerprint: str = "f", table: str = A) -> Order:
    return order_once(office.ledger, key, fingerprint, lambda: office.desk.draft_load([table]))


def test_the_same_key_gives_the_same_order(office: Office) -> None:
    first = once(office)
    office.wait(hours=30)
    assert once(office) == first
    assert once(office, key="another") != first


def test_a_key_with_another_request_is_refused(office: Office) -> None:
    once(office)
    with pytest.raises(KeyReused):
        once(office, fingerprint="g", table=B)


def test_of_two_first_uses_at_once_one_order_is_made(office: Office) -> None:
    other: list[Order] = []

    def draft() -> Order:
        other.append(once(office))
        return office.desk.draft_load([A])

    mine = order_once(office.ledger, "k", "f", draft)
    assert [mine] == other


def test_a_draft_that_is_refused_does_not_use_the_key(office: Office) -> None:
    def refuse() -> Order:
        raise KeyReused("whatever")

    with pytest.raises(KeyReused):
        order_once(office.ledger, "k", "f", refuse)
    assert office.ledger.key_use("k") is None


def test_an_order_that_was_never_placed_is_placed_by_the_next_use(office: Office) -> None:
    order = once(office)
    assert office.ledger.order(order.order_id) is None
    record = office.desk.place(once(office))
    assert (record.state, record.order) == ("queued", order)


def test_placing_an_order_again_leaves_it_as_it_stands(office: Office) -> None:
    order = once(office)
    office.desk.place(order)
    ended = close(office, order.order_id, state="succeeded")
    assert office.desk.place(once(office)) == ended


def test_a_rerun_is_placed_once_however_often_its_key_comes(office: Office) -> None:
    order_id = office.desk.load([A]).order.order_id
    close(office, order_id)

    def again() -> Order:
        return order_once(office.ledger, "k", "f", lambda: office.desk.draft_rerun(order_id))

    first = office.desk.place(again())
    assert first.order.attempt == 2
    assert office.desk.place(again()) == first
    ended = close(office, order_id)
    assert office.desk.place(again()) == ended
    assert ended.order.attempt == 2
