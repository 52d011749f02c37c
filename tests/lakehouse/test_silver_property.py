"""Whatever is handed over in whatever order, and wherever it dies, silver is what the rule says."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from bronze_runs import BronzeTable, handover, rows_of
from deltalake import DeltaTable
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mortal_lakes import MortalLake, ProcessDied
from pyspark.sql import SparkSession

from lakehouse.delta import Lake
from lakehouse.silver.refresh import refresh
from tests.conftest import LONG

COLUMNS = {"id": pa.int32(), "name": pa.string()}
GOOD = {"name": "good", "rule": "name <> 'bad'", "severity": "quarantine"}


@dataclass(frozen=True, kw_only=True)
class Case:
    """Runs by number (mode, rows by key), how they are handed over, and when the process dies."""

    runs: Mapping[int, tuple[str, Mapping[int, str]]]
    handovers: Sequence[Sequence[int]]
    dies_after: Sequence[int]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    value = st.sampled_from(["a", "b", "bad", "gone"])
    rows = st.dictionaries(st.integers(1, 3), value, max_size=3)
    modes = st.sampled_from(["incremental", "incremental", "snapshot"])
    runs = {
        number: (mode, found if mode == "snapshot" else (found or {1: "a"}))
        for number, (mode, found) in enumerate(
            draw(st.lists(st.tuples(modes, rows), min_size=2, max_size=5)), start=1
        )
    }
    order = draw(st.permutations(list(runs)))
    cut = draw(st.integers(1, len(order)))
    parts = [part for part in (order[:cut], order[cut:]) if part]
    # Several runs by one hand-over, the others one by one.
    handed = [parts[0], *([number] for part in parts[1:] for number in part)]
    dies_after = draw(st.lists(st.integers(0, 8), min_size=len(handed), max_size=len(handed)))
    return Case(runs=runs, handovers=handed, dies_after=dies_after)


def landed(case: Case, root: Path) -> BronzeTable:
    table = BronzeTable(root=root, columns=COLUMNS, quality=(GOOD,))
    for number, (mode, rows) in case.runs.items():
        kept = [row(key, value) for key, value in rows.items()]
        # A snapshot cannot tell that a row is gone but by leaving it out.
        table.land(number, [r for r in kept if mode != "snapshot" or "_op" not in r], mode=mode)
    return table


def row(key: int, value: str) -> dict[str, Any]:
    return {"id": key, "_op": "delete"} if value == "gone" else {"id": key, "name": value}


def expected(case: Case) -> list[tuple[int, str | None, str, int]]:
    """Apply the runs in their order, in plain Python: (key, name, deleted or not, run) of each key.

    A row that is set aside changes nothing, but it is there: a snapshot that holds it does not lack it.
    """
    state: dict[int, tuple[str | None, str, int]] = {}
    present: set[int] = set()
    for number, (mode, rows) in case.runs.items():
        held = {k: v for k, v in rows.items() if mode != "snapshot" or v != "gone"}
        if mode == "snapshot":
            for key in present - set(held):
                # Also of a key that was only ever set aside: a tombstone is all that silver has of it.
                state[key] = (None, "delete", number)
            present = set()
        for key, value in held.items():
            if value == "gone":
                present.discard(key)
                state[key] = (None, "delete", number)
                continue
            present.add(key)
            if value != "bad":
                state[key] = (value, "live", number)
    return sorted((key, *rest) for key, rest in state.items())


def found(lake: Lake, table: BronzeTable) -> list[tuple[Any, ...]]:
    rows = rows_of(lake, table.silver, "id", "name", "_op", "_run_no")
    return sorted(
        ((i, name, "delete" if op == "delete" else "live", run) for i, name, op, run in rows)
    )


def versions(lake: Lake) -> dict[str, int]:
    logs = Path(lake.root).rglob("_delta_log")
    return {str(log.parent): DeltaTable(log.parent).version() for log in logs}


@settings(
    max_examples=4 if LONG else 2,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(case=cases())
def test_silver_follows_from_the_runs_alone(spark: SparkSession, case: Case) -> None:
    with tempfile.TemporaryDirectory(prefix="silver_") as folder:
        lake = MortalLake(spark=spark, root=folder)
        table = landed(case, Path(folder))
        for number, numbers in enumerate(case.handovers, start=1):
            new = handover(lake, number, table.handed(*numbers))
            lake.left[:] = [case.dies_after[number - 1]]
            try:
                refresh(lake, new)
            except ProcessDied:
                refresh(lake, new)
            lake.left.clear()
        assert found(lake, table) == expected(case)
        before = versions(lake)
        refresh(lake, new)
        assert versions(lake) == before
        again = BronzeTable(root=Path(folder), columns=COLUMNS, quality=(GOOD,), runs=table.runs)
        rebuilt = {**again.handed(*case.runs), "silver": "silver/rebuilt/t", "table": "rebuilt/t"}
        refresh(lake, handover(lake, 99, rebuilt))
        for suffix in ("", "__history"):
            assert rows_of(lake, f"silver/rebuilt/t{suffix}") == rows_of(
                lake, f"{table.silver}{suffix}"
            )


def test_a_hand_over_that_died_between_two_tables_is_carried_to_its_end(
    spark: SparkSession, tmp_path: Path
) -> None:
    tables = [
        BronzeTable(root=tmp_path, columns=COLUMNS, name=f"shop/public.{name}")
        for name in ("first", "second")
    ]
    for table in tables:
        table.land(1, [{"id": 1, "name": "a"}])
    lake = MortalLake(spark=spark, root=str(tmp_path))
    new = handover(lake, 1, *(table.handed(1) for table in tables))
    # Four commits of the first table: history, runs, current, and none of the second.
    lake.left.append(3)
    with pytest.raises(ProcessDied):
        refresh(lake, new)
    assert not lake.exists(tables[1].silver) or lake.read(tables[1].silver).count() == 0
    refresh(lake, new)
    for table in tables:
        assert rows_of(lake, table.silver, "id", "name") == [(1, "a")]
