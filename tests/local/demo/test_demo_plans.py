"""A plan before each load of the demo says about how much will be read, and writes nothing at all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from rich.console import Console

from local.demo.acts import MONTH, STREAMS, Demo
from local.demo.api import Api
from local.demo.estimates import Estimate, add_up, compare_rows
from local.sample.changes import make_changes
from shared.catalog import read_catalog
from tests.local.demo.conftest import REPOSITORY
from tests.local.demo.quiet_stack import QuietStack, serve_quietly


@pytest.fixture(scope="module")
def quiet() -> Iterator[QuietStack]:
    with serve_quietly() as stack:
        yield stack


@pytest.fixture
def demo(quiet: QuietStack) -> Demo:
    return Demo(
        console=Console(quiet=True),
        api=Api(url=quiet.url),
        database=quiet.database,
        lake=quiet.state / "lake",
        catalog=read_catalog(REPOSITORY / "tables"),
    )


def plan_quietly(quiet: QuietStack, demo: Demo, *, past: bool = False) -> dict[str, int]:
    """Plan a load of every table, and a backfill, and see that nothing at all was written."""
    before = quiet.remembered()
    plans = [demo.api.plan(table.name) for table in demo.catalog]
    if past:
        demo.api.plan(STREAMS, *MONTH)
    assert quiet.remembered() == before
    assert before.lake
    assert before.tables
    return {plan["table"]: plan["estimated_rows"] for plan in plans}


def load(demo: Demo) -> list[dict[str, object]]:
    return demo.api.await_end(demo.api.order_load())["tables"]


@pytest.mark.long
def test_a_plan_before_each_load_estimates_its_rows_and_writes_nothing(
    quiet: QuietStack, demo: Demo
) -> None:
    # Whatever is asked first makes the tables, empty as they are then.
    assert httpx.get(f"{quiet.url}/api/tables").status_code == 200
    planned = plan_quietly(quiet, demo)
    untouched = quiet.remembered()
    loaded = {table["table"]: table["rows"] for table in load(demo)}
    assert planned == {name: pytest.approx(rows, rel=0.2) for name, rows in loaded.items()}
    # What a load writes does show, or being equal would prove nothing.
    touched = quiet.remembered()
    assert touched.lake != untouched.lake
    assert touched.tables != untouched.tables
    assert touched.hub != untouched.hub
    plan_quietly(quiet, demo, past=True)
    make_changes(demo.database)
    plan_quietly(quiet, demo, past=True)
    load(demo)
    plan_quietly(quiet, demo, past=True)


def estimate(estimated: int, read: int | None) -> Estimate:
    return Estimate(table="a", estimated=estimated, read=read, landed=0)


def test_the_deviation_is_told_in_percent_of_what_was_read() -> None:
    assert estimate(110, 100).deviation == pytest.approx(10)
    assert estimate(0, 100).deviation == pytest.approx(-100)
    assert estimate(3, 0).deviation is None
    assert estimate(3, None).deviation is None


def test_what_was_read_is_told_by_the_manifests_of_a_tables_runs(tmp_path: Path) -> None:
    runs: list[dict[str, object]] = []
    for number, table in enumerate(("a", "a", "b")):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "_manifest.json").write_text('{"receipt": [{"read": 3}, {"read": 4}]}')
        runs.append({"table": table, "rows": 5, "folder": folder.name})
    plan = {"table": "a", "mode": "backfill", "estimated_rows": 12}
    found = compare_rows([plan], runs, tmp_path)
    assert found == (Estimate(table="a, backfill", estimated=12, read=14, landed=10),)


def test_a_run_that_landed_nothing_does_not_say_what_it_read(tmp_path: Path) -> None:
    plan = {"table": "a", "mode": "incremental", "estimated_rows": 12}
    run = {"table": "a", "rows": 0, "folder": None}
    [found] = compare_rows([plan], [run], tmp_path)
    assert found.read is None
    assert add_up([found, estimate(8, 9)]) == replace(estimate(8, 9), table="together")
