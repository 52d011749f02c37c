"""The sweep takes up what a dead worker left, and touches nothing that lives."""

from dataclasses import replace
from datetime import timedelta

import pytest
from memory_ledger import Office
from operations_samples import A, B, close, run

from shared.loading.turn import Claim, request, take
from shared.operations.sweep import GRACE, Suspect, Sweep


def held(office: Office, instance: str = "i-1") -> None:
    office.states.change_turn(
        A, lambda t: take(request(t, "o").turn, run_id="r", instance=instance, at="")
    )


def test_a_young_order_is_not_suspected(office: Office) -> None:
    office.desk.load([A])
    assert list(Sweep(office.desk).suspects()) == []
    office.now += GRACE + timedelta(milliseconds=1)
    [suspect] = Sweep(office.desk).suspects()
    assert suspect.order_id is not None


def test_an_order_that_never_began_is_started(office: Office) -> None:
    start = office.desk.load([A])
    office.wait(minutes=1)
    sweep = Sweep(office.desk)
    [suspect] = sweep.suspects()
    assert suspect.instance == start.instance
    assert sweep.settle(suspect, "unknown") == start


def test_an_order_that_lives_is_left_alone(office: Office) -> None:
    start = office.desk.load([A])
    sweep = Sweep(office.desk)
    suspect = Suspect(instance=start.instance, order_id=start.order.order_id)
    assert sweep.settle(suspect, "alive") is None
    record = office.ledger.order(start.order.order_id)
    assert record is not None
    assert record.state == "queued"


def test_an_order_that_was_ended_from_outside_is_closed_by_an_orchestration_of_its_own(
    office: Office,
) -> None:
    start = office.desk.load([A])
    suspect = Suspect(instance=start.instance, order_id=start.order.order_id)
    found = Sweep(office.desk).settle(suspect, "ended")
    assert found == replace(start, flow="end_order", instance=f"{start.instance}-end")


def test_a_rerun_is_not_ended_because_the_attempt_before_it_was(office: Office) -> None:
    start = office.desk.load([A])
    close(office, start.order.order_id)
    office.desk.rerun(start.order.order_id)
    suspect = Suspect(instance=start.instance, order_id=start.order.order_id)
    assert Sweep(office.desk).settle(suspect, "ended") is None


@pytest.mark.parametrize("life", ["unknown", "ended"])
def test_an_order_that_closed_itself_meanwhile_stays_as_it_is(office: Office, life: str) -> None:
    start = office.desk.load([A])
    before = close(office, start.order.order_id, state="succeeded")
    suspect = Suspect(instance=start.instance, order_id=start.order.order_id)
    assert Sweep(office.desk).settle(suspect, life) is None  # type: ignore[arg-type] - a literal
    assert office.ledger.order(start.order.order_id) == before


def test_a_rerun_that_never_began_is_started_with_only_what_failed(office: Office) -> None:
    order = office.desk.load([A, B]).order
    office.ledger.record_run(run(order, A))
    office.ledger.record_run(run(order, B, state="failed", outcome=None))
    close(office, order.order_id)
    wanted = office.desk.rerun(order.order_id)
    office.wait(minutes=1)
    sweep = Sweep(office.desk)
    [suspect] = [each for each in sweep.suspects() if each.order_id]
    assert sweep.settle(suspect, "unknown") == wanted


def test_a_young_rerun_of_an_old_order_is_not_suspected(office: Office) -> None:
    order = office.desk.load([A]).order
    close(office, order.order_id)
    office.wait(hours=1)
    office.desk.rerun(order.order_id)
    assert [each for each in Sweep(office.desk).suspects() if each.order_id] == []


def test_a_turn_whose_holder_is_dead_is_freed_and_what_it_owed_stays_asked_for(
    office: Office,
) -> None:
    held(office)
    sweep = Sweep(office.desk)
    [suspect] = sweep.suspects()
    assert sweep.settle(suspect, "ended") is None
    turn = office.states.turn(A)
    assert (turn.holder, turn.requested, turn.served) == (None, 1, 0)
    assert sweep.forgotten() == [A]


def test_a_turn_that_has_passed_on_meanwhile_is_not_freed(office: Office) -> None:
    held(office)
    sweep = Sweep(office.desk)
    [suspect] = sweep.suspects()
    office.states.turns.clear()
    held(office, instance="i-2")
    sweep.settle(suspect, "ended")
    assert office.states.turn(A).instance == "i-2"


def test_a_request_whose_order_is_on_its_way_is_not_forgotten(office: Office) -> None:
    office.desk.request([A], "event")
    office.wait(hours=1)
    assert Sweep(office.desk).forgotten() == []


def test_a_request_whose_order_ended_without_serving_it_is_forgotten(office: Office) -> None:
    start = office.desk.request([A], "event")
    assert start is not None
    close(office, start.order.order_id)
    assert Sweep(office.desk).forgotten() == [A]
    assert office.states.turn(A).waiting is None


def test_a_request_whose_order_was_never_written_down_is_forgotten_after_a_while(
    office: Office,
) -> None:
    start = office.desk.request([A], "event")
    assert start is not None
    office.ledger.orders_by_id.clear()
    assert Sweep(office.desk).forgotten() == []
    office.wait(minutes=1)
    assert Sweep(office.desk).forgotten() == [A]


def test_a_commit_left_half_done_is_forgotten_by_its_run_and_found_here(office: Office) -> None:
    claim = Claim(run_id="r", epoch=1, run_no=1, plan="p", landing="l")
    office.states.change_turn(A, lambda t: replace(t, claim=claim))
    assert Sweep(office.desk).forgotten() == [A]


def test_a_turn_that_is_held_is_not_forgotten(office: Office) -> None:
    held(office)
    assert Sweep(office.desk).forgotten() == []


def test_what_was_forgotten_is_ordered_once(office: Office) -> None:
    start = office.desk.request([A], "event")
    assert start is not None
    close(office, start.order.order_id)
    sweep = Sweep(office.desk)
    assert office.desk.request(sweep.forgotten(), "schedule") is not None
    assert sweep.forgotten() == []
