"""The steps of a refresh, each of which may be carried out again after any death."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from lakehouse_samples import AT, MemoryRefreshes, MemoryWorkspace, run, spec

from activities.alert_refresh import alert_refresh
from activities.close_refresh import close_refresh
from activities.observe_refresh import observe_refresh
from activities.repair_refresh import repair_refresh
from activities.start_refresh import start_refresh
from shared.alerting.alert import Alert
from shared.durable.steps import JobStarted, JobWanted, RefreshEnd
from shared.lakehouse.errors import RefreshFailed
from shared.lakehouse.handover import next_handover
from shared.lakehouse.records import RefreshRecord, cancel, record_of, take_up
from shared.lakehouse.workspace import JobRun
from shared.operations.telling import Teller
from shared.runtime import wiring
from shared.runtime.alert_settings import AlertSettings
from tests.unit.alerting.memory_boards import Office

NOW = datetime(2026, 1, 1, tzinfo=UTC)
WANTED = JobWanted(number=1, attempt=1)


@dataclass
class App:
    """What the steps work with."""

    refreshes: MemoryRefreshes = field(default_factory=MemoryRefreshes)
    job_workspace: MemoryWorkspace = field(default_factory=MemoryWorkspace)
    now: Callable[[], datetime] = lambda: NOW
    settings: Any = field(
        default_factory=lambda: SimpleNamespace(base_url="http://app", alerts=AlertSettings())
    )
    office: Office = field(default_factory=Office)

    @property
    def teller(self) -> Teller:
        return self.office.teller

    @property
    def alerts(self) -> list[Alert]:
        return self.office.got

    def has_incidents(self, _kind: str) -> bool:
        return bool(self.office.boards.read().open)

    @property
    def record(self) -> RefreshRecord:
        return self.refreshes.records[1]

    def show(self, **how: Any) -> None:
        """Let the workspace show the first job run otherwise."""
        self.job_workspace.runs[1] = JobRun(run_id=1, **how)


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> App:
    made = App()
    first = next_handover(None, {"crm/dbo.A": [run("A", 1)]}, {"crm/dbo.A": spec("A")}, AT)
    assert first is not None
    made.refreshes.records[1] = record_of(first, "bronze/_handover/00000001.json", "d" * 64)
    monkeypatch.setattr(wiring, "app", lambda: made)
    return made


def test_a_start_whose_answer_was_lost_finds_its_job_run_again(app: App) -> None:
    before = app.record
    first = start_refresh(WANTED)
    app.refreshes.records[1] = before  # as if it had died before it was written down
    assert start_refresh(WANTED) == first
    assert app.job_workspace.handed == {1: "bronze/_handover/00000001.json"}
    assert (app.record.job_run_id, app.record.state) == (1, "running")


def test_the_next_attempt_starts_another_job_run_with_the_same_hand_over(app: App) -> None:
    start_refresh(WANTED)
    start_refresh(JobWanted(number=1, attempt=2))
    late = start_refresh(WANTED)
    assert late.run_id == 1
    assert app.job_workspace.handed == dict.fromkeys((1, 2), "bronze/_handover/00000001.json")
    assert (app.record.attempt, app.record.job_run_id) == (2, 2)


def test_a_repair_is_begun_once_however_often_it_is_asked_for(app: App) -> None:
    job = start_refresh(WANTED)
    app.show(life="ended", result="failed")
    assert observe_refresh(job).decision == "repair"
    repair_refresh(job)
    repair_refresh(job)
    assert observe_refresh(job).decision == "wait"
    app.show(life="ended", result="failed", repairs=1)
    repair_refresh(job)
    assert observe_refresh(job).decision == "failed"
    assert app.job_workspace.asked == ["repair 1"]


def test_a_run_whose_repair_is_refused_has_failed(app: App) -> None:
    job = start_refresh(WANTED)
    app.job_workspace.repairable = False
    app.show(life="ended", result="failed")
    repair_refresh(job)
    assert observe_refresh(job).decision == "failed"


def test_who_cancels_before_the_start_finds_the_job_run_cancelled(app: App) -> None:
    app.refreshes.change_refresh(1, cancel)
    job = start_refresh(WANTED)
    assert observe_refresh(job).decision == "wait"
    assert app.job_workspace.asked == ["cancel 1"]
    app.show(life="ended", result="cancelled")
    assert observe_refresh(job).decision == "cancelled"


def test_a_job_run_that_was_deleted_has_failed(app: App) -> None:
    job = JobStarted(number=1, attempt=1, run_id=99)
    seen = observe_refresh(job)
    assert seen.decision == "failed"
    assert seen.error is not None
    assert seen.error.type == "JobRunUnknown"


def test_a_failure_is_told_of_once_an_attempt_with_the_run_page(app: App) -> None:
    job = start_refresh(WANTED)
    app.show(life="active", page="http://adb/run/1")
    observe_refresh(job)
    why = RefreshFailed("task silver failed").failure
    end = RefreshEnd(number=1, attempt=1, state="failed", over=True, error=why)
    record = close_refresh(end)
    for _ in range(2):
        alert_refresh(record)
    [alert] = app.alerts
    assert (alert.refresh, alert.link, alert.status) == (1, "http://adb/run/1", "failed")
    assert app.record.alert == "sent"
    app.refreshes.change_refresh(1, take_up)
    again = replace(app.record, job_run_id=2, state="running")
    app.refreshes.records[1] = again
    alert_refresh(close_refresh(replace(end, attempt=2)))
    assert len(app.alerts) == 1  # the same incident goes on


def test_a_refresh_that_goes_well_ends_what_was_told_of_the_lakehouse(app: App) -> None:
    start_refresh(WANTED)
    why = RefreshFailed("task silver failed").failure
    end = RefreshEnd(number=1, attempt=1, state="failed", over=True, error=why)
    alert_refresh(close_refresh(end))
    app.refreshes.change_refresh(1, take_up)
    app.refreshes.records[1] = replace(app.record, job_run_id=2, state="running")
    record = close_refresh(RefreshEnd(number=1, attempt=2, state="succeeded", over=True))
    assert record.mended
    for _ in range(2):
        alert_refresh(record)
    assert [alert.status for alert in app.alerts] == ["failed", "resolved"]
    app.refreshes.records[2] = replace(record, number=2, state="running", mended=False)
    quiet = close_refresh(RefreshEnd(number=2, attempt=2, state="succeeded", over=True))
    assert not quiet.mended


def test_a_late_end_of_an_attempt_ends_no_later_one(app: App) -> None:
    start_refresh(WANTED)
    start_refresh(JobWanted(number=1, attempt=2))
    close_refresh(RefreshEnd(number=1, attempt=1, state="failed", over=True))
    assert app.record.state == "running"
