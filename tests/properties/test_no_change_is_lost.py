"""Whatever writers and cleanups do beside the loads, no tracked change is passed by, deletes included.

Below, one rule at a time is broken, each with the story in which it matters: told as it is the story ends
well, and with the rule broken the same simulation notices.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import modelled_tracked_loads
import modelled_tracking
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from modelled_tracked_loads import TrackedLoads

from shared.extraction import planning
from shared.extraction.tracked import Rows
from shared.loading.plan import LoadPlan
from shared.loading.watermark import Watermark, advance
from tests.long_forms import LONG

THOROUGH = settings(
    max_examples=1_000 if LONG else 50,
    stateful_step_count=15,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
Actions = Sequence[tuple[Any, ...]]


def test_no_change_is_lost_whatever_happens_beside_the_loads() -> None:
    run_state_machine_as_test(TrackedLoads, settings=THOROUGH)


def written(**rows: int | None) -> Actions:
    """Write rows, named k0, k1 and so on, in one transaction."""
    actions = [("write", 0, int(name[1:]), value) for name, value in rows.items()]
    return [*actions, ("commit", 0)]


def deleted(key: int) -> Actions:
    return [("delete", 0, key, None), ("commit", 0)]


class Story(TrackedLoads):
    """Told step by step; what the machine holds to be true is looked at after each."""

    def tell(self, step: Actions, *, load: Sequence[Actions] | None = None) -> None:
        for action in step:
            self.source.act(action)
        if load is not None:
            self.load(gaps=load, cleaned=None, dies=False)
        self.what_the_lake_has_not_is_above_the_watermark()


# The gaps of a first load in two slices lie behind the version, the cuts and the plan, and before each
# slice; those of a later load behind the version and the plan, and before its one slice.
def changed_behind_a_slice(story: Story) -> None:
    story.tell(written(k0=1, k1=1, k2=1, k3=1), load=[[], [], [], [], written(k0=2)])


def emptied_where_nothing_changed(story: Story) -> None:
    story.tell(written(k1=1), load=[])
    story.tell([("truncate",)], load=[])


def emptied_at_the_version_of_the_first_load(story: Story) -> None:
    story.tell(written(k1=1, k2=1))
    story.tell([("track anew",)], load=[])
    story.tell([("truncate",), *written(k2=2)], load=[])


def empty_from_the_first_load_on(story: Story) -> None:
    story.tell([], load=[])
    story.tell(written(k1=1), load=[])


def emptied_by_deletes_that_are_cleaned_up(story: Story) -> None:
    story.tell(written(k1=1), load=[])
    story.tell(deleted(1), load=[])
    story.tell([("clean up", 0)], load=[])


def emptied_and_left_so(story: Story) -> None:
    story.tell(written(k1=1), load=[])
    story.tell([("truncate",)], load=[])
    story.tell([], load=[])


def cleaned_up_behind_the_plan(story: Story) -> None:
    story.tell(written(k1=1), load=[])
    story.tell(written(k2=1), load=[[], [], [("clean up", 0)]])


def deleted_with_nothing_but_a_key(story: Story) -> None:
    story.tell(written(k1=1), load=[])
    story.tell(written(k1=2), load=[[], [], written(k1=None)])
    story.tell(deleted(1), load=[])


STORIES = (
    changed_behind_a_slice,
    emptied_where_nothing_changed,
    emptied_at_the_version_of_the_first_load,
    empty_from_the_first_load_on,
    emptied_by_deletes_that_are_cleaned_up,
    emptied_and_left_so,
    cleaned_up_behind_the_plan,
    deleted_with_nothing_but_a_key,
)


def told(story: Callable[[Story], None]) -> None:
    teller = Story()
    teller.begin()
    story(teller)
    teller.teardown()


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_each_story_ends_well_as_it_is(story: Callable[[Story], None]) -> None:
    told(story)


def ends_badly(story: Callable[[Story], None]) -> None:
    with pytest.raises(AssertionError):
        told(story)


def test_a_version_taken_after_the_read_loses_what_changed_between_slices(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    publish = TrackedLoads._publish

    def late(self: TrackedLoads, lake: Any, plan: LoadPlan, receipts: Any) -> None:
        version = str(self.source.state.version)
        publish(self, lake, replace(plan, bound=replace(plan.bound, value=version)), receipts)

    monkeypatch.setattr(TrackedLoads, "_publish", late)
    ends_badly(changed_behind_a_slice)


def test_a_truncated_table_keeps_rows_in_the_lake_unless_its_tracking_is_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(planning, "check_tracking", lambda *_, **__: None)
    ends_badly(emptied_where_nothing_changed)


def test_a_table_truncated_at_the_version_of_its_first_load_is_known_by_its_rows_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kept = modelled_tracking._kept
    monkeypatch.setattr(modelled_tracking, "_kept", lambda state, *_: kept(state))
    ends_badly(emptied_at_the_version_of_the_first_load)


@pytest.mark.parametrize(
    ("story", "stops"),
    [
        (empty_from_the_first_load_on, 0),
        (emptied_by_deletes_that_are_cleaned_up, 0),
        # Where it is truncated, and then no more.
        (emptied_and_left_so, 1),
    ],
)
def test_a_table_that_was_known_to_hold_no_row_is_not_taken_for_a_truncated_one(
    story: Callable[[Story], None], stops: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders: list[str] = []
    run = TrackedLoads._run

    def remember(self: TrackedLoads, mode: Any, *args: Any, **options: Any) -> None:
        orders.append(mode)
        run(self, mode, *args, **options)

    monkeypatch.setattr(TrackedLoads, "_run", remember)
    told(story)
    assert orders.count("initial") == stops


def test_a_cleanup_between_plan_and_read_needs_the_second_look(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(modelled_tracking.TrackedSession, "checks", False)
    ends_badly(cleaned_up_behind_the_plan)


def test_a_deleted_row_is_told_from_one_with_a_key_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Rows, "told_apart", property(lambda rows: rows.batch))
    ends_badly(deleted_with_nothing_but_a_key)


def test_an_idle_tables_watermark_moves_so_that_nothing_is_cleaned_up_above_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    moved: list[str] = []

    def remember(before: Watermark | None, *args: Any, **options: Any) -> Watermark | None:
        after = advance(before, *args, **options)
        moved.append(after.position if after else "")
        return after

    monkeypatch.setattr(modelled_tracked_loads, "advance", remember)
    loads = Story()
    loads.begin()
    loads.tell(written(k1=1), load=[])
    loads.tell([("elsewhere",)] * 3, load=[])
    assert moved == ["1", "4"]
