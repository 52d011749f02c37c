"""Great Expectations says of the source's state what silver says of it, and tells no value of a row."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from bronze_runs import BronzeTable, handover

from lakehouse.delta import Lake
from lakehouse.errors import ExtraMissing, RuleInvalid
from lakehouse.handover import Handover
from lakehouse.releasing import release
from lakehouse.reports.state import present_state
from lakehouse.reports.suites import expect
from lakehouse.reports.trend import read_trends
from lakehouse.silver.refresh import refresh

COMMAND = Path(sys.executable).parent / "tidemark-lakehouse"
KNOWN = {"name": "known_plan", "rule": "plan IN ('Free', 'Premium')", "severity": "quarantine"}
ADULT = {"name": "adult", "rule": "age >= 18", "severity": "warn"}
BRACED = {"name": "braced", "rule": "plan <> '{x}' OR plan IS NULL", "severity": "block"}
COLUMNS = {"id": pa.int32(), "plan": pa.string(), "age": pa.int32()}


def user(number: int | None, plan: str | None, age: int | None = 30) -> dict[str, Any]:
    return {"id": number, "plan": plan, "age": age}


@pytest.fixture
def users(tmp_path: Path) -> BronzeTable:
    return BronzeTable(root=tmp_path, columns=COLUMNS, quality=(KNOWN, ADULT, BRACED))


def states(lake: Lake, given: Handover) -> list[tuple[int | None, str | None]]:
    rows = present_state(lake, given.tables[0]).select("id", "plan").collect()
    return sorted(((row[0], row[1]) for row in rows), key=repr)


def test_of_a_key_its_last_version_counts_also_where_it_was_set_aside(
    lake: Lake, users: BronzeTable
) -> None:
    users.land(1, [user(1, "Free"), user(2, "Free"), user(3, "Gold"), user(None, "Free")])
    users.land(2, [user(1, "Gold"), {"id": 2, "_op": "delete"}])
    given = handover(lake, 1, users.handed(1, 2))
    refresh(lake, given)
    assert states(lake, given) == [(1, "Gold"), (3, "Gold"), (None, "Free")]
    users.land(3, [user(3, "Premium")])
    refresh(lake, handover(lake, 2, users.handed(3)))
    release(lake, given, users.name, {"id": "1"})
    assert states(lake, given) == [(1, "Gold"), (3, "Premium"), (None, "Free")]


@pytest.mark.long
def test_without_a_key_rows_from_before_the_last_snapshot_do_not_count(
    lake: Lake, users: BronzeTable
) -> None:
    users.key = ()
    users.land(1, [user(1, "Gold")])
    users.land(2, [user(2, "Gold"), user(2, "Gold"), user(3, "Free")], mode="snapshot")
    given = handover(lake, 1, users.handed(1, 2))
    refresh(lake, given)
    assert states(lake, given) == [(2, "Gold"), (2, "Gold"), (3, "Free")]


@pytest.mark.long
def test_the_command_writes_suites_results_and_documents_that_agree_with_silver(
    lake: Lake, users: BronzeTable, server: str, tmp_path: Path
) -> None:
    users.land(1, [user(1, "Free", 3), user(2, "Sesame"), user(3, "{x}"), user(None, "Free")])
    given = handover(lake, 1, users.handed(1))
    refresh(lake, given)
    into = tmp_path / "gx"
    path = "bronze/_handover/00000001.json"
    done = subprocess.run(
        [COMMAND, "expectations", "--lake", lake.root, "--handover", path, "--into", into],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "SPARK_REMOTE": server},
    )
    assert done.returncode == 0, done.stderr
    assert f"{users.name}, known_plan: broken by 2 of 4 rows" in done.stdout

    [suite] = [json.loads(file.read_text()) for file in (into / "suites").rglob("*.json")]
    rules = {each["meta"]["rule"]: each["severity"] for each in suite["expectations"]}
    assert rules["known_plan"] == rules["braced"] == "critical"
    assert rules["adult"] == "warning"

    [file] = (into / "results").rglob("*.json")
    results = json.loads(file.read_text())["results"]
    told = {
        each["expectation_config"]["meta"]["rule"]: each["result"]["observed_value"]
        for each in results
    }
    trends = {trend.rule: trend for trend in read_trends(lake)}
    judged = {rule: trend.points[-1].failed for rule, trend in trends.items() if trend.points}
    assert told == {**judged, "_no_key": trends["_no_key"].waiting}
    assert told == {"known_plan": 2, "adult": 1, "braced": 1, "_no_key": 1}

    pages = [page.read_text() for page in (into / "docs").rglob("*.html")]
    assert (into / "docs" / "index.html").exists()
    assert any("known_plan" in page for page in pages)
    for written in (*pages, file.read_text()):
        assert "Sesame" not in written


def test_a_rule_that_cannot_be_computed_is_not_told_as_one_that_holds(
    lake: Lake, users: BronzeTable, tmp_path: Path
) -> None:
    users.land(1, [user(1, "Free")])
    refresh(lake, handover(lake, 1, users.handed(1)))
    users.quality = ({"name": "odd", "rule": "nothing > 1", "severity": "warn"},)
    with pytest.raises(RuleInvalid, match="odd"):
        expect(lake, handover(lake, 2, users.handed()), tmp_path / "gx")


def test_without_the_extra_it_is_said_how_to_install_it(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "great_expectations", None)
    with pytest.raises(ExtraMissing) as missing:
        expect(lake, Handover(number=1, tables=()), tmp_path / "gx")
    assert "tidemark-lakehouse[expectations]" in (type(missing.value).__doc__ or "")
