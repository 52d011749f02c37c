"""What `make bench` and `make bench-scale` do, with few rows: everyone has a turn, and all rows arrive."""

import json
import os
import sys
from pathlib import Path

import pytest

from benchmarks import __main__ as speed
from benchmarks import report, scale
from benchmarks.usage import Cost
from benchmarks.whole import Loaded

OVER_ODBC = ["tidemark-odbc", "pyodbc"]
WITHOUT_ODBC = os.environ.get("TIDEMARK_WITHOUT_ODBC") == "1"
# One of each kind: a program, Tidemark as a whole, and a process of ours.
FEW = ["copy", "tidemark", "adbc"]
QUICK = ["connectorx", "dlt-connectorx"]


def run(
    module: object, arguments: list[str], into: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, object]:
    monkeypatch.setattr(sys, "argv", ["benchmarks", *arguments, "--into", str(into)])
    module.main()  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]
    return {file.stem: json.loads(file.read_text()) for file in into.glob("*.json")}


OTHERS = [
    "tidemark-one-slice",
    "tidemark-odbc-one-slice",
    "dlt-connectorx-stream",
    "dlt-pyarrow",
    "dlt-sqlalchemy",
]


@pytest.mark.parametrize(
    "names",
    [
        FEW,
        pytest.param(
            QUICK if WITHOUT_ODBC else [*QUICK, *OVER_ODBC], marks=pytest.mark.long, id="quick"
        ),
        pytest.param(OTHERS, marks=pytest.mark.long, id="others"),
    ],
)
def test_everyone_lands_every_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, names: list[str]
) -> None:
    sizes = ["--rows", "500", "--rounds", "1", "--only", *names]
    found = run(speed, sizes, tmp_path, monkeypatch)
    assert set(found["speed"]["turns"]) == set(names)  # type: ignore[index,call-overload]
    assert (tmp_path / "speed.svg").read_text().count("<rect") == 2 * len(names)


@pytest.mark.long
def test_rows_and_tables_are_measured_at_every_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = ["--rows", "1000", "--tables", "2", "4", "--events", "0"]
    found = run(scale, sizes, tmp_path, monkeypatch)
    assert {name: set(found[name][name]) for name in found} == {  # type: ignore[index,call-overload]
        "rows": {"1000"},
        "tables": {"2", "4"},
    }
    assert {file.name for file in tmp_path.glob("*.svg")} == {
        "memory.svg",
        "rows.svg",
        "tables.svg",
    }


def test_what_tables_took_is_written_and_drawn(tmp_path: Path) -> None:
    cost = Cost(clock=2.0, cpu=4.0, memory=100.0)
    took = {size: Loaded(cost=cost, rows=0, bytes=0) for size in (2, 4)}
    scale.write_tables(took, tmp_path)
    written = json.loads((tmp_path / "tables.json").read_text())["tables"]
    assert {size: said["cost"]["cpu"] for size, said in written.items()} == {"2": 4.0, "4": 4.0}
    assert "with nothing new" in (tmp_path / "tables.svg").read_text()


def test_a_ratio_above_one_says_that_the_first_is_faster() -> None:
    ours = Cost(clock=2.0, cpu=4.0, memory=100.0)
    theirs = Cost(clock=5.0, cpu=2.0, memory=900.0)
    told = report.table(
        {"tidemark": ours, "dlt-connectorx": theirs}, {"tidemark": 3, "dlt-connectorx": 3}, 1_000
    )
    [ratio] = [line for line in told.splitlines() if "against" in line]
    assert ratio.split()[:2] == ["2.50", "0.50"]
