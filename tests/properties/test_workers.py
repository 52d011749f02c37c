"""Several workers on one table, whatever happens to them: nothing lost, nothing doubled, nobody forgotten.

The second half tells chosen stories, and breaks one rule on purpose: it has to be noticed each time.
"""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from modelled_source import Stamping
from modelled_workers import Workers

import activities
from shared.catalog import CursorSpec
from shared.extraction import planning
from shared.landing.plans import find_plan
from shared.loading import turn as turns
from shared.loading.bound import Bound
from shared.loading.cursor import SECOND, CursorType
from shared.loading.span import Observation
from shared.loading.turn import Claim, Turn, release
from tests.conftest import LONG

THOROUGH = settings(
    max_examples=40 if LONG else 20,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
_BY_DATABASE = CursorSpec(kind="timestamp", column="c", assigned="database")
STAMPINGS = {
    "timestamp": Stamping(cursor=_BY_DATABASE, resolution="0.000001"),
    "integer": Stamping(cursor=replace(_BY_DATABASE, kind="integer")),
}


def machine(name: str) -> type[Workers]:
    return type("WorkersOfOneTable", (Workers,), {"stamping": STAMPINGS[name]})


@pytest.mark.parametrize("name", STAMPINGS)
def test_nothing_is_lost_doubled_or_forgotten_whatever_happens_to_workers(name: str) -> None:
    run_state_machine_as_test(machine(name), settings=THOROUGH)


WRITES: tuple[Any, ...] = (
    "write",
    {"actions": [("write", 0, 1), ("commit", 0), ("wait", 60 * SECOND)]},
)
READ: tuple[Any, ...] = ("go_on", {"which": 0, "steps": 3})  # turn, plan, slice
CLAIMED: tuple[Any, ...] = ("go_on", {"which": 0, "steps": 5})
ENDS: tuple[Any, ...] = ("go_on", {"which": 0, "steps": 9})
ORDER: tuple[Any, ...] = ("order", {"mode": "incremental"})
# A load is cancelled after it has read, another loads, and the first is run again.
RUN_AGAIN = (WRITES, ORDER, READ, ("cancel", {"which": 0}), ENDS, WRITES, ORDER, ENDS)
RUN_AGAIN += (("rerun", {"which": 0}), ENDS)
# A row is committed, and asked for, after a load has read and before it ends.
ASKED_LATE = (WRITES, ORDER, READ, WRITES, ("ask", {}), ENDS)
ASKED = (WRITES, ("ask", {}), ENDS)
# A load's orchestration is ended before it claims; its claim comes while another holds the turn.
ZOMBIE: tuple[Any, ...] = (WRITES, ORDER, READ, ("step", {"which": 0}), ("terminate", {"which": 0}))
ZOMBIE += (("sweep", {}), ORDER, READ, ("come_late", {"which": 4}), ENDS)
HALF_COMMITTED = (WRITES, ORDER, CLAIMED)
# A lower value is written, and not yet committed, when a higher one is.
OUT_OF_ORDER: tuple[Any, ...] = (
    ("write", {"actions": [("write", 0, 1), ("write", 1, 2), ("commit", 1)]}),
    ORDER,
    ENDS,
)
STORIES = [RUN_AGAIN, ASKED_LATE, ASKED, ZOMBIE, HALF_COMMITTED, OUT_OF_ORDER]


def tell(story: tuple[tuple[str, dict[str, Any]], ...], name: str = "timestamp") -> None:
    """Let a chosen thing happen, where chance would need long to come upon it; nothing may be wrong."""
    workers = machine(name)()
    workers.begin()
    try:
        for step, given in story:
            getattr(workers, step)(**given)
            workers.nothing_happens_that_never_may()
            workers.no_row_is_passed_by()
            workers.what_was_asked_for_and_is_called_served_is_in_the_lake()
    finally:
        workers.teardown()


@pytest.mark.parametrize("name", STAMPINGS)
@pytest.mark.parametrize("story", STORIES)
def test_nothing_is_wrong_in_the_stories_that_are_broken_below(story: Any, name: str) -> None:
    tell(story, name)


def test_a_zombie_that_may_claim_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "check_epoch", lambda *_: None)
    with pytest.raises(AssertionError, match="does not hold the turn"):
        tell(ZOMBIE)


def test_a_claim_that_replaces_another_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def claim(turn: Turn, claimed: Claim) -> Turn:
        return replace(turn, claim=claimed)

    monkeypatch.setattr(activities.claim_commit, "claim", claim)
    with pytest.raises(AssertionError, match="does not hold the turn"):
        tell(ZOMBIE)


def test_a_turn_that_forgets_its_requests_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def end(turn: Turn, *, run_id: str, epoch: int) -> Turn:
        return release(turn) if turn.holder == run_id and turn.epoch == epoch else turn

    monkeypatch.setattr(activities.end_turn, "end", end)
    with pytest.raises(AssertionError, match="a request was forgotten"):
        tell(ASKED)


def test_a_watermark_that_moves_before_the_rows_appear_is_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The commit is closed at the claim, and published afterwards: whoever dies between loses rows."""
    body = activities.claim_commit.claim_commit

    def claim_commit(wanted: Any) -> Any:
        claimed = body(wanted)
        activities.advance_watermark.advance_watermark(claimed)
        return claimed

    monkeypatch.setattr(activities.claim_commit, "claim_commit", claim_commit)
    with pytest.raises(AssertionError, match="loaded what nobody sees"):
        tell(HALF_COMMITTED)


def test_a_published_run_that_nobody_writes_down_is_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(activities.advance_watermark, "_published", lambda *_: None)
    with pytest.raises(AssertionError, match="not what will be handed over"):
        tell(ASKED)


@pytest.mark.parametrize("name", STAMPINGS)
def test_a_bound_at_the_highest_value_is_noticed(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def highest(_spec: CursorSpec, _cursor: CursorType, seen: Observation, **_: Any) -> Bound:
        return Bound(value=seen.max_cursor, how="exact")

    monkeypatch.setattr(planning, "find_bound", highest)
    with pytest.raises(AssertionError, match="a row is lost"):
        tell(OUT_OF_ORDER, name)


def test_a_plan_that_is_adopted_after_others_have_loaded_is_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def find(lake: Any, spec: Any, run_id: str, turn: Turn) -> Any:
        return find_plan(lake, spec, run_id, replace(turn, last_run=run_id))

    monkeypatch.setattr(activities.plan_load, "find_plan", find)
    with pytest.raises(AssertionError):
        tell(RUN_AGAIN)


def test_a_turn_that_serves_what_was_asked_for_later_is_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def end(turn: Turn, *, run_id: str, epoch: int) -> Turn:
        held = turn.holder == run_id and turn.epoch == epoch
        return replace(release(turn), served=turn.requested) if held else turn

    monkeypatch.setattr(activities.end_turn, "end", end)
    with pytest.raises(AssertionError):
        tell(ASKED_LATE)
