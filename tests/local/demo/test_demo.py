"""The demo from end to end. What it leaves in the lake is compared once more."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import httpx
import pytest

from local.oracle import Comparison, compare
from shared.catalog import read_catalog
from tests.local.demo.conftest import REPOSITORY, Played

# The whole demo is played before the first test: `make demo` in CI, and these in the long form, see it.
pytestmark = [pytest.mark.long, pytest.mark.timeout(1800)]
TABLES = [table.name for table in read_catalog(REPOSITORY / "tables")]


def compared(played: Played, name: str) -> Comparison:
    table = read_catalog(REPOSITORY / "tables").table(name)
    return compare(played.database, table, played.state / "lake")


def test_the_demo_ends_well(played: Played) -> None:
    assert played.status == 0, played.output


@pytest.mark.parametrize("table", TABLES)
def test_source_and_lake_are_equal_after_the_demo(played: Played, table: str) -> None:
    assert compared(played, table).equal, compared(played, table)


def test_rows_added_at_the_highest_time_there_is_reach_the_lake(played: Played) -> None:
    found = compared(played, "spotify/dbo.DimArtist")
    assert found.missing.count == 0, found.missing
    assert found.source_rows == 207


def test_rows_that_the_cursor_cannot_see_are_named_and_then_repaired(played: Played) -> None:
    [expected] = [line for line in played.output.splitlines() if line.startswith("Expected: ")]
    assert "spotify/dbo.FactStream differs in listen_duration" in expected
    assert "10000001, 10000002, 10000003, 10000004, 10000005, and in nothing else" in expected
    assert "streams_corrected_without_a_trace" in expected
    assert "\n  spotify/dbo.FactStream: equal\n" in played.output


def test_backfills_and_incremental_loads_of_one_table_take_turns(played: Played) -> None:
    runs = httpx.get(f"{played.url}/api/runs?table=spotify/dbo.FactStream").json()["runs"]
    runs.sort(key=lambda run: run["started_at"])
    modes = [run["mode"] for run in runs]
    # Six groups of windows beside an incremental load, and the repair.
    assert modes.count("backfill") == 7
    assert modes.count("incremental") >= 2
    assert all(a["ended_at"] <= b["started_at"] for a, b in pairwise(runs))


def test_each_act_shows_its_plans_beside_what_was_then_read(played: Played) -> None:
    lines = [line.split() for line in played.output.splitlines()]
    sums = [line for line in lines if line[:1] == ["together"]]
    # The first load, the changes, and the load beside the backfill.
    assert len(sums) == 3
    # Every quarter of an hour the tables are loaded besides, which leaves less to a load planned before.
    orders = httpx.get(f"{played.url}/api/orders").json()["orders"]
    besides = any(order["reason"] == "schedule" for order in orders)
    for _, estimated, read, *_ in sums:
        planned, rows = (int(number.replace(",", "")) for number in (estimated, read))
        assert planned == pytest.approx(rows, rel=0.2) or (besides and planned > rows)
    assert sum(line[1:2] == ["backfill"] for line in lines) == 2


def test_gold_answers_what_the_source_answers(played: Played) -> None:
    answers = [line for line in played.output.splitlines() if line.endswith("; the source agrees)")]
    assert len(answers) == 3
    assert "DIFFER" not in played.output


RULES = {
    "known_plan": 2,
    "has_a_length": 1,
    "listened_forwards": 3,
    "no_negative_rain": 2,
    "covers_a_distance": 2,
}
RELEASED = {"known_plan": 1, "listened_forwards": 3}


def test_just_the_rows_that_break_a_rule_are_set_aside_and_arrive_in_the_end(
    played: Played,
) -> None:
    told = [line.split() for line in played.output.splitlines()]
    lines = [line for line in told if line and line[0] in RULES]
    counts = {
        rule: [list(map(int, line[2:])) for line in lines if line[0] == rule] for rule in RULES
    }
    for rule, rows in RULES.items():
        released = RELEASED.get(rule, 0)
        assert counts[rule] == [[rows, rows, 0], [rows - released, released, rows, rows]], rule
    catalog = read_catalog(REPOSITORY / "tables")
    declared = {r.name for t in catalog for r in t.quality if r.severity == "quarantine"}
    assert declared == set(RULES)


def test_the_stack_is_left_running_and_says_where(played: Played) -> None:
    assert httpx.get(f"{played.url}/api/health").json()["status"] == "up"
    pid = int((played.state / "stack.pid").read_text())
    assert f"process {pid}," in played.output
    assert (Path("/proc") / str(pid)).exists()


def test_output_that_is_not_read_in_a_terminal_is_plain(played: Played) -> None:
    assert "\x1b" not in played.output
