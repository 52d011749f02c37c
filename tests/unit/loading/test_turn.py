"""Turns: one holder, growing epochs, requests that are never forgotten, and powerless latecomers."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from shared.loading.errors import TurnLost
from shared.loading.plan import PlannedColumn
from shared.loading.sentinels import NullShare
from shared.loading.turn import (
    Claim,
    SetAside,
    Turn,
    check_epoch,
    claim,
    close_claim,
    correct,
    end,
    is_free,
    is_served,
    opens_at,
    release,
    request,
    take,
)

AT = "2026-01-01T00:00:00+00:00"
COLUMNS = (PlannedColumn(name="id", source_type="int4"),)


def taken(turn: Turn, run: str = "a", instance: str = "i-a") -> Turn:
    return take(turn, run_id=run, instance=instance, at=AT)


def claim_of(turn: Turn, run: str = "a") -> Claim:
    return Claim(run_id=run, epoch=turn.epoch, run_no=turn.epoch, plan="p.json", landing="l.json")


def test_taking_a_fresh_turn_opens_the_first_epoch() -> None:
    turn = taken(Turn())
    assert (turn.epoch, turn.holder, turn.instance, turn.taken_at) == (1, "a", "i-a", AT)


def test_taking_it_twice_from_the_same_orchestration_changes_nothing() -> None:
    turn = taken(Turn())
    assert take(turn, run_id="a", instance="i-a", at="later") == turn


def test_the_same_run_takes_it_from_its_dead_orchestration_with_a_new_epoch() -> None:
    first = taken(Turn())
    assert is_free(first, "a")
    again = taken(first, instance="i-a.2")
    assert again.epoch == 2
    with pytest.raises(TurnLost):
        claim(again, claim_of(first))


def test_a_turn_that_is_held_is_not_free_for_others() -> None:
    assert not is_free(taken(Turn()), "b")
    assert is_free(Turn(), "b")


def test_ending_gives_the_turn_back_and_remembers_who_held_it() -> None:
    turn = end(taken(Turn()), run_id="a", epoch=1)
    assert (turn.holder, turn.instance, turn.taken_at, turn.last_run) == (None, None, None, "a")
    assert turn.epoch == 1


def test_a_window_of_events_opens_with_the_load_that_serves_them_and_outlives_it() -> None:
    window = timedelta(seconds=3)
    assert opens_at(Turn(), window) == ""
    turn = end(taken(Turn()), run_id="a", epoch=1)
    assert opens_at(turn, window) == (datetime.fromisoformat(AT) + window).isoformat()
    assert opens_at(turn, timedelta(0)) == ""


def test_a_backfill_that_serves_no_event_opens_no_window() -> None:
    turn = take(Turn(), run_id="a", instance="i-a", at=AT, serves=False)
    assert opens_at(turn, timedelta(seconds=3)) == ""


@pytest.mark.parametrize(("run", "epoch"), [("b", 2), ("a", 1), ("b", 1)])
def test_who_has_lost_the_turn_ends_nothing(run: str, epoch: int) -> None:
    turn = taken(taken(Turn()), instance="i-a.2")
    assert end(turn, run_id=run, epoch=epoch) == turn


def test_ending_twice_is_as_ending_once() -> None:
    once = end(taken(Turn()), run_id="a", epoch=1)
    assert end(once, run_id="a", epoch=1) == once


def test_a_request_is_counted_and_starts_one_order() -> None:
    first = request(Turn(), "o1")
    second = request(first.turn, "o2")
    assert (first.started, second.started) == (True, False)
    assert (second.turn.requested, second.turn.waiting) == (2, "o1")


def test_a_load_serves_every_request_that_came_before_it_began() -> None:
    asked = request(request(Turn(), "o1").turn, "o2").turn
    turn = taken(asked)
    assert (turn.serving, turn.waiting) == (2, None)
    done = end(turn, run_id="a", epoch=1)
    assert (done.requested, done.served) == (2, 2)
    assert is_served(done, "o2")


def test_a_request_during_a_load_asks_for_another_one() -> None:
    turn = taken(request(Turn(), "o1").turn)
    late = request(turn, "o2")
    done = end(late.turn, run_id="a", epoch=1)
    assert late.started
    assert (done.requested, done.served, done.waiting) == (2, 1, "o2")
    assert not is_served(done, "o2")


def test_an_order_on_its_way_is_not_served_before_it_began() -> None:
    asked = request(replace(Turn(), requested=3, served=3), "o1").turn
    assert not is_served(asked, "o1")


def test_a_released_turn_leaves_asked_for_what_it_was_to_serve() -> None:
    freed = release(taken(request(Turn(), "o1").turn))
    assert (freed.holder, freed.requested, freed.served) == (None, 1, 0)
    assert not is_served(freed, "o1")


def test_what_was_served_never_goes_down() -> None:
    turn = replace(taken(Turn()), requested=5, served=5, serving=3)
    assert end(turn, run_id="a", epoch=1).served == 5


def test_a_claim_is_kept_until_it_is_closed() -> None:
    turn = taken(Turn())
    claimed = claim(turn, claim_of(turn))
    ended = end(claimed, run_id="a", epoch=1)
    assert ended.claim == claim_of(turn)
    closed = close_claim(ended, claim_of(turn), COLUMNS)
    assert (closed.claim, closed.published_run_no, closed.columns) == (None, 1, COLUMNS)


def test_claiming_twice_is_as_claiming_once() -> None:
    turn = taken(Turn())
    once = claim(turn, claim_of(turn))
    assert claim(once, claim_of(turn)) == once


def test_a_claim_repeated_after_the_commit_is_closed_opens_nothing() -> None:
    turn = taken(Turn())
    closed = close_claim(claim(turn, claim_of(turn)), claim_of(turn), COLUMNS)
    assert claim(closed, claim_of(turn)) == closed


def test_a_run_that_was_published_is_never_claimed_again() -> None:
    turn = taken(Turn())
    closed = release(close_claim(claim(turn, claim_of(turn)), claim_of(turn), COLUMNS))
    again = taken(closed, instance="i-a.2")
    with pytest.raises(TurnLost, match="run a was published before"):
        claim(again, claim_of(again))


def test_what_is_set_aside_leaves_all_that_was_published_and_claims_no_more() -> None:
    turn = taken(Turn(published_run_no=0, columns=COLUMNS))
    closed = close_claim(claim(turn, claim_of(turn)), claim_of(turn), (), drift="d")
    assert closed.set_aside == SetAside(drift="d", run_id="a", run_no=1)
    assert (closed.claim, closed.published_run_no, closed.columns) == (None, 0, COLUMNS)
    assert claim(closed, claim_of(turn)) == closed


def test_a_run_that_lands_ends_what_was_set_aside() -> None:
    known = SetAside(drift="d", run_id="a", run_no=1)
    turn = taken(Turn(epoch=1, set_aside=known), run="b")
    closed = close_claim(claim(turn, claim_of(turn, "b")), claim_of(turn, "b"), COLUMNS)
    assert closed.set_aside is None


def test_a_lost_epoch_never_claims() -> None:
    old = taken(Turn())
    new = taken(release(old), run="b", instance="i-b")
    with pytest.raises(TurnLost, match="epoch 1; the turn is in epoch 2, held by b"):
        claim(new, claim_of(old))


def test_nobody_claims_over_a_commit_under_way() -> None:
    first = taken(Turn())
    left = release(claim(first, claim_of(first)))
    second = taken(left, run="b", instance="i-b")
    with pytest.raises(TurnLost, match="run a has a commit under way"):
        claim(second, claim_of(second, "b"))


def test_closing_another_claim_changes_nothing() -> None:
    turn = taken(Turn())
    claimed = claim(turn, claim_of(turn))
    assert close_claim(claimed, replace(claim_of(turn), landing="other"), COLUMNS) == claimed


def test_who_takes_over_sees_the_unfinished_claim() -> None:
    first = taken(Turn())
    left = release(claim(first, claim_of(first)))
    assert taken(left, run="b", instance="i-b").claim == claim_of(first)


def test_an_epoch_is_checked_with_its_run() -> None:
    turn = taken(Turn())
    check_epoch(turn, "a", 1)
    with pytest.raises(TurnLost):
        check_epoch(turn, "b", 1)
    with pytest.raises(TurnLost, match="held by nobody"):
        check_epoch(end(turn, run_id="a", epoch=1), "a", 1)


def test_a_closed_claim_remembers_the_table_and_what_is_not_known_stays_as_it_was() -> None:
    turn = taken(Turn())
    share = NullShare(nulls=1, rows=10)
    closed = close_claim(
        claim(turn, claim_of(turn)), claim_of(turn), COLUMNS, identity="table=1", null_share=share
    )
    assert (closed.identity, closed.null_share) == ("table=1", share)
    again = replace(closed, claim=claim_of(turn))
    kept = close_claim(again, claim_of(turn), COLUMNS)
    assert (kept.identity, kept.null_share) == ("table=1", share)


def test_whoever_moves_the_watermark_vouches_for_the_table_that_is_there() -> None:
    assert correct(Turn(identity="table=1")).identity is None
