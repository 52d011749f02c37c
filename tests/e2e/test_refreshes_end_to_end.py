"""What is published reaches the lakehouse's job once: by the tick, over failures, and over a death of everything."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from e2e_api import FINAL, Api
from e2e_job import RefreshJob, handed, handovers, published
from e2e_source import STAMPED, Source, create_items
from e2e_stack import EVERY_SECOND, Stack
from e2e_waiting import await_value
from e2e_webhook import Webhook

from local.stack_process import SERVE


@pytest.fixture(scope="module")
def job(place: Path) -> RefreshJob:
    return RefreshJob(folder=place / "refresh-job")


@pytest.fixture(scope="module")
def refreshed(place: Path, environ: dict[str, str], job: RefreshJob) -> Iterator[Stack]:
    """A stack that ticks and has a job."""
    state, tables = place / "refreshed", place / "refreshed-tables"
    launcher = (*SERVE, "--jobs", str(job.write()))
    own = Stack(state=state, tables=tables, environ=environ, tick=EVERY_SECOND, launcher=launcher)
    own.start()
    yield own
    own.stop()


@pytest.fixture
def two(refreshed: Stack, new_source: Callable[..., Source]) -> tuple[Source, list[str]]:
    """A source with two tables."""
    source = new_source(refreshed.tables)
    create_items(source)
    source.execute("CREATE TABLE whole AS SELECT * FROM item")
    tables = [source.declare("item", watermark=STAMPED)]
    tables.append(source.declare("whole", watermark={"kind": "none"}, on_empty="accept"))
    return source, tables


def settled(api: Api, source: Source, stack: Stack) -> dict[str, list[int]]:
    """Wait until everything that the source's tables published was handed over and carried out."""
    there = {
        source.full(name): published(stack.lake, source.target(name)) for name in ("item", "whole")
    }
    wanted = {table: runs for table, runs in there.items() if runs}

    def look() -> dict[str, list[int]] | None:
        found = {table: runs for table, runs in handed(stack.lake).items() if table in wanted}
        # The file of a hand-over is there a moment before its refresh is.
        written = handovers(stack.lake)[-1:]
        newest = api.get("/api/refreshes", limit=1)["refreshes"]
        done = [stack.lake / each["path"] for each in newest if each["state"] == "succeeded"]
        whole = {table: sorted(runs) for table, runs in found.items()} == wanted
        return found if whole and done == written else None

    return await_value(look, "a refresh of what was published", lambda: handed(stack.lake))


def job_runs(stack: Stack) -> list[dict[str, Any]]:
    """The runs that the workspace remembers."""
    # Closed here and not when it is collected, which takes a file away that others look at by then.
    with closing(sqlite3.connect(stack.state / "databricks" / "runs.db")) as rows:
        return [json.loads(body) for (body,) in rows.execute("SELECT body FROM runs")]


@pytest.mark.long
def test_what_is_published_is_handed_over_by_itself_each_run_once(
    refreshed: Stack, two: tuple[Source, list[str]], job: RefreshJob
) -> None:
    source, tables = two
    with Api(refreshed.url) as api:
        api.load(*tables)
        first = settled(api, source, refreshed)
        # A snapshot without a row has a manifest and no file.
        source.execute("INSERT INTO item (name) VALUES ('new'); DELETE FROM whole")
        api.load(*tables)
        second = settled(api, source, refreshed)
        newest = api.get("/api/refreshes", limit=1)["refreshes"][0]
        whole = api.get(f"/api/refreshes/{newest['number']}")
    assert [len(runs) for runs in first.values()] == [1, 1]
    assert [len(runs) for runs in second.values()] == [2, 2]
    assert all(runs == sorted(set(runs)) for runs in second.values())
    assert job.ran().count(newest["path"]) == 1
    assert {part["table"] for part in whole["handed_over"]} <= set(tables)
    assert newest["job_run_id"] in {run["run_id"] for run in job_runs(refreshed)}


@pytest.mark.long
def test_a_refresh_that_fails_is_repaired_once_then_told_of_and_taken_up_again(
    refreshed: Stack, two: tuple[Source, list[str]], job: RefreshJob, webhook: Webhook
) -> None:
    source, tables = two
    job.fail(times=2)
    with Api(refreshed.url) as api:
        api.load(tables[0])

        def failed() -> Any:
            newest = api.get("/api/refreshes", limit=1)["refreshes"]
            return newest[0] if newest and newest[0]["alert"] == "sent" else None

        refresh = await_value(failed, "a refresh that failed")
        assert (refresh["state"], refresh["error"]["type"]) == ("failed", "RefreshFailed")
        assert "told to fail" in refresh["tasks"][0]["message"]
        [alert] = [each for each in webhook.received if each.get("refresh") == refresh["number"]]
        assert alert["link"] == refresh["run_page"]
        assert job.ran().count(refresh["path"]) == 2
        again = api.post("/api/refreshes")
        assert (again["number"], again["attempt"]) == (refresh["number"], 2)
        settled(api, source, refreshed)
    assert job.ran().count(refresh["path"]) == 3


@pytest.mark.long
def test_a_cancelled_refresh_ends_its_job_run(
    refreshed: Stack, two: tuple[Source, list[str]], job: RefreshJob
) -> None:
    source, tables = two
    job.hold()
    with Api(refreshed.url) as api:
        api.load(tables[0])

        def running() -> Any:
            newest = api.get("/api/refreshes", limit=1)["refreshes"]
            return newest[0] if newest and newest[0]["state"] == "running" else None

        number = await_value(running, "a refresh")["number"]
        assert api.http.delete(f"/api/refreshes/{number}").status_code == 202

        def ended() -> Any:
            found = api.get(f"/api/refreshes/{number}")
            return found if found["state"] in FINAL else None

        assert await_value(ended, "its end")["state"] == "cancelled"
        job.release()
        api.post("/api/refreshes")
        settled(api, source, refreshed)


def test_everything_killed_between_start_and_observation_leaves_one_job_run(
    refreshed: Stack, two: tuple[Source, list[str]], job: RefreshJob
) -> None:
    source, tables = two
    job.hold()
    before = len(job_runs(refreshed))
    with Api(refreshed.url) as api:
        api.load(*tables)
    await_value(lambda: len(job_runs(refreshed)) > before, "a job run")
    refreshed.kill()
    job.release()
    refreshed.start()
    with Api(refreshed.url) as api:
        settled(api, source, refreshed)
        number = api.get("/api/refreshes", limit=1)["refreshes"][0]["number"]
    started = [run for run in job_runs(refreshed)[before:] if run["life"] != "SKIPPED"]
    paths = [run["parameters"]["handover"] for run in started]
    assert len(paths) == len(set(paths))
    assert all(path in job.ran() for path in paths)
    assert number >= len(set(paths))


@pytest.mark.long
def test_a_release_that_is_asked_while_a_refresh_runs_is_in_the_next_and_no_other(
    refreshed: Stack, two: tuple[Source, list[str]], job: RefreshJob
) -> None:
    source, tables = two
    with Api(refreshed.url) as api:
        api.load(tables[0])
        settled(api, source, refreshed)
        job.hold()
        api.load(tables[0], mode="initial")
        before = api.post("/api/refreshes")["number"]
        asked = {"release": [{"table": tables[0], "key": {"id": 1}}, {"table": tables[0]}]}
        answers = [api.post("/api/refreshes", asked, key="once") for _ in range(2)]
        assert [(each["number"], each["releases_waiting"]) for each in answers] == [(before, 2)] * 2
        job.release()

        def carried() -> Any:
            found = api.http.get(f"/api/refreshes/{before + 1}")
            ended = found.status_code == 200 and found.json()["state"] == "succeeded"
            return found.json() if ended else None

        refresh = await_value(carried, "the refresh after")
        assert [each["key"] for each in refresh["released"]] == [{"id": "1"}, {}]
        assert (refresh["releases"], refresh["runs"]) == (2, 0)
        assert api.http.post("/api/refreshes", json={}).json()["state"] == "nothing_new"
    assert refresh["path"] in job.ran()


def test_the_health_names_the_lakehouse_only_where_there_is_a_job(
    refreshed: Stack, api: Api
) -> None:
    assert "lakehouse" not in api.http.get("/api/health").json()["checks"]
    refused = api.http.post("/api/refreshes", json={})
    assert (refused.status_code, "TIDEMARK_LAKEHOUSE_JOB" in refused.json()["remedy"]) == (
        409,
        True,
    )
    with Api(refreshed.url) as own:
        assert own.http.get("/api/health").json()["checks"]["lakehouse"]["status"] == "up"
