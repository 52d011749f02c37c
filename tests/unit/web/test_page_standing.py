"""How a table stands: the most urgent of what is true of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.catalog import CursorSpec, SourceSpec, TableSpec
from shared.loading.bound import Bound
from shared.loading.errors import Failure
from shared.loading.order import run_id
from shared.loading.turn import Claim, Turn
from shared.operations.records import RunRecord
from web.page.standing import GRACE, find_standing
from web.page.views.quality import find_trends
from web.page.views.run import StepTaken, read_steps

SPEC = TableSpec(
    source=SourceSpec(name="crm", kind="sql", engine="postgresql", connection="${CRM_DB}"),
    table="dbo.A",
    key=("id",),
    cursor=CursorSpec(kind="timestamp", column="at"),
    target="bronze/crm/a",
    schedule="0 0 * * * *",
)
ORDER = "20260101T000500000Z-00000a"
NOW = datetime(2026, 1, 1, 0, 30, tzinfo=UTC)
RUN = RunRecord(
    run_id=run_id(ORDER, SPEC.name),
    order_id=ORDER,
    table=SPEC.name,
    mode="incremental",
    state="succeeded",
    outcome="loaded",
    started_at="2026-01-01T00:05:01+00:00",
)
FREE = Turn(epoch=1, published_run_no=1)
HELD = Bound(value="1", how="exact", held_back_seconds=60, held_back_by="pid 7")
FAILED = replace(RUN, state="failed", error=Failure(type="QueryRefused", message="m", remedy="r"))
CLAIM = Claim(run_id="r", epoch=1, run_no=1, plan="p", landing="l")


@pytest.mark.parametrize(
    ("turn", "run", "wanted", "why"),
    [
        (Turn(), None, "never", ""),
        (FREE, None, "fresh", ""),
        (FREE, RUN, "fresh", ""),
        (FREE, FAILED, "failed", "QueryRefused"),
        (FREE, replace(RUN, outcome="quarantined"), "quarantined", "the last run was set aside"),
        (FREE, replace(RUN, bound=HELD), "held", "pid 7"),
        (FREE, replace(RUN, state="cancelled"), "cancelled", "the last run was cancelled"),
        (replace(FREE, holder="r"), FAILED, "loading", "running"),
        (replace(FREE, holder="r", claim=CLAIM), RUN, "loading", "committing"),
        (replace(FREE, requested=2, served=1), RUN, "waiting", "asked for and not loaded yet"),
    ],
)
def test_a_table_has_one_standing(turn: Turn, run: RunRecord | None, wanted: str, why: str) -> None:
    found = find_standing(SPEC, turn, [run] if run else [], NOW)
    assert (found.is_, found.why) == (wanted, why)


def test_a_table_is_late_once_a_load_that_was_due_has_had_its_time() -> None:
    due = datetime(2026, 1, 1, 1, tzinfo=UTC)
    assert find_standing(SPEC, FREE, [RUN], due + GRACE).is_ == "fresh"
    late = find_standing(SPEC, FREE, [RUN], due + GRACE + timedelta(seconds=1))
    assert (late.is_, late.why) == ("late", "due since 2026-01-01 01:00 UTC")
    free_of_time = replace(SPEC, schedule=None)
    assert find_standing(free_of_time, FREE, [RUN], NOW + timedelta(days=9)).is_ == "fresh"


def test_a_table_that_has_to_be_fresh_is_late_by_the_start_of_its_last_good_load() -> None:
    hurried = replace(SPEC, fresh_within=timedelta(minutes=20))
    assert find_standing(hurried, FREE, [RUN], NOW).is_ == "late"
    good = replace(RUN, started_at="2026-01-01T00:29:00+00:00")
    compared = replace(RUN, mode="reconcile", started_at="2026-01-01T00:29:30+00:00")
    assert find_standing(hurried, FREE, [compared, good], NOW).is_ == "fresh"
    assert find_standing(hurried, FREE, [compared, RUN], NOW).is_ == "late"


def test_rules_that_runs_have_broken_are_gathered_by_table_and_rule() -> None:
    said = ("rule a (b) (warn) is broken by 3 of 1200 rows", "column x is new")
    newest = replace(RUN, findings=("rule a (b) (warn) is broken by 1 of 10 rows",))
    [trend] = find_trends([newest, replace(RUN, findings=said), RUN])
    assert (trend.table, trend.rule, trend.severity) == (SPEC.name, "a (b)", "warn")
    assert [(each.rows, each.of) for each in trend.breaches] == [(3, 1200), (1, 10)]


def test_steps_are_read_from_what_the_host_tells() -> None:
    at = "2026-01-01T00:00:00.5Z"
    told = [
        {"EventType": "ExecutionStarted", "FunctionName": "load_table", "Timestamp": at},
        {
            "EventType": "TaskCompleted",
            "FunctionName": "plan_load",
            "Timestamp": at,
            "ScheduledTime": at,
        },
        {"EventType": "TimerFired", "Timestamp": at},
        {"EventType": "TaskScheduled", "FunctionName": "publish", "Timestamp": at},
    ]
    moment = "2026-01-01T00:00:00.500000+00:00"
    assert read_steps(told) == (
        StepTaken(name="plan_load", asked=moment, at=moment, ended="succeeded"),
        StepTaken(name="publish", asked=moment, at=None, ended="running"),
    )
