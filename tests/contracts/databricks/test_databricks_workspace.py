"""The adapter with the real SDK against the workspace of the embedded stack."""

from types import SimpleNamespace
from urllib.request import urlopen

import pytest
from workspace_rig import JOB, Rig, await_value

from shared.adapters.databricks import login
from shared.adapters.databricks.workspace import DatabricksWorkspace
from shared.lakehouse.errors import (
    JobRefused,
    JobRunUnknown,
    JobUnknown,
    WorkspaceRefused,
    WorkspaceUnavailable,
)

FILE = "bronze/_handover/00000001.json"
GIVEN = {"handover": FILE}
TOKEN = "a" * 64


def test_one_token_starts_one_run_and_its_tasks_are_given_the_hand_over(rig: Rig) -> None:
    first, again = (rig.workspace.start(GIVEN, TOKEN) for _ in range(2))
    run = rig.ended(first)
    assert first == again
    assert (run.life, run.result, run.repairs) == ("ended", "success", 0)
    assert rig.record == [f"silver {FILE}", f"gold {FILE}"]
    assert rig.workspace.start(GIVEN, TOKEN) == first
    assert rig.workspace.start(GIVEN, "b" * 64) != first


def test_a_run_beside_an_active_one_is_skipped(rig: Rig) -> None:
    rig.hold("silver")
    first = rig.workspace.start(GIVEN, TOKEN)
    second = rig.workspace.start(GIVEN, "b" * 64)
    assert rig.workspace.look(first).life == "active"
    assert rig.workspace.look(second).life == "skipped"
    rig.release("silver")
    assert rig.ended(first).result == "success"


def test_a_failed_run_says_why_and_its_repair_runs_only_what_did_not_succeed(rig: Rig) -> None:
    rig.fail("gold", times=1)
    run_id = rig.workspace.start(GIVEN, TOKEN)
    failed = rig.ended(run_id)
    tasks = {task.task: task for task in failed.tasks}
    assert (failed.result, failed.repairs) == ("failed", 0)
    assert (tasks["silver"].state, tasks["gold"].state) == ("SUCCESS", "FAILED")
    assert "told to fail" in tasks["gold"].message
    rig.hold("gold")
    rig.workspace.repair(run_id)
    await_value(lambda: len(rig.record) == 3 or None)
    busy = rig.workspace.look(run_id)
    assert (busy.life, busy.repairs) == ("active", 1)
    with pytest.raises(JobRefused):
        rig.workspace.repair(run_id)
    rig.release("gold")
    repaired = rig.ended(run_id)
    assert (repaired.result, repaired.repairs) == ("success", 1)
    assert [line.split()[0] for line in rig.record] == ["silver", "gold", "gold"]


def test_what_depends_on_a_failed_task_does_not_run(rig: Rig) -> None:
    rig.fail("silver", times=1)
    failed = rig.ended(rig.workspace.start(GIVEN, TOKEN))
    assert [task.state for task in failed.tasks] == ["FAILED", "UPSTREAM_FAILED"]
    assert len(rig.record) == 1


def test_a_cancelled_run_ends_and_another_one_may_begin(rig: Rig) -> None:
    rig.hold("silver")
    run_id = rig.workspace.start(GIVEN, TOKEN)
    await_value(lambda: rig.record or None)
    rig.workspace.cancel(run_id)
    run = rig.ended(run_id)
    assert (run.life, run.result) == ("ended", "cancelled")
    rig.workspace.cancel(run_id)
    rig.release("silver")
    assert rig.ended(rig.workspace.start(GIVEN, "b" * 64)).result == "success"


def test_a_killed_workspace_goes_on_with_its_runs_under_their_tokens(rig: Rig) -> None:
    rig.hold("silver")
    run_id = rig.workspace.start(GIVEN, TOKEN)
    await_value(lambda: rig.record or None)
    rig.restart()
    assert rig.workspace.start(GIVEN, TOKEN) == run_id
    rig.release("silver")
    assert rig.ended(run_id).result == "success"


def test_what_is_not_there_or_not_allowed_is_told_apart(rig: Rig) -> None:
    rig.workspace.ping()
    with pytest.raises(JobUnknown):
        rig.at(JOB + 1).ping()
    with pytest.raises(JobUnknown):
        rig.at(JOB + 1).start(GIVEN, TOKEN)
    with pytest.raises(JobRunUnknown):
        rig.workspace.look(12)
    with pytest.raises(JobRunUnknown):
        rig.workspace.cancel(12)
    with pytest.raises(WorkspaceRefused) as refused:
        rig.at(JOB, token="another-token").ping()
    assert "another-token" not in str(refused.value)
    with pytest.raises(JobRefused):
        rig.workspace.start({"what": "x"}, TOKEN)
    with pytest.raises(JobRefused):
        rig.workspace.start(GIVEN, "a" * 65)


def test_without_a_token_the_identity_is_asked_for_one(rig: Rig) -> None:
    scopes: list[str] = []

    def get_token(scope: str) -> SimpleNamespace:
        scopes.append(scope)
        return SimpleNamespace(token=rig.server.token)

    workspace = DatabricksWorkspace(
        host=rig.server.url,
        token=None,
        job_id=JOB,
        identity=lambda: SimpleNamespace(get_token=get_token),
    )
    workspace.ping()
    assert set(scopes) == {"2ff814a6-3304-4ab8-85cb-cd0e6f879c1d/.default"}


def test_the_environment_of_other_tools_changes_nothing(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABRICKS_HOST", "https://elsewhere.example")
    monkeypatch.setenv("DATABRICKS_TOKEN", "another-token")
    monkeypatch.setenv("ARM_CLIENT_SECRET", "x")
    monkeypatch.setenv("DATABRICKS_CLIENT_ID", "x")
    rig.workspace.ping()


def test_a_workspace_that_is_gone_is_a_passing_fault(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(login, "RETRY_SECONDS", 1)
    rig.server.kill()
    with pytest.raises(WorkspaceUnavailable):
        rig.workspace.ping()


def test_the_run_page_shows_what_the_tasks_wrote(rig: Rig) -> None:
    rig.fail("gold", times=1)
    run = rig.ended(rig.workspace.start(GIVEN, TOKEN))
    assert run.page is not None
    with urlopen(run.page) as answer:  # noqa: S310 - our own server
        text = answer.read().decode()
    assert FILE in text
    assert "told to fail" in text
