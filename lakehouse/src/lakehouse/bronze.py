"""Runs of bronze as rows: just the files that their manifests name, brought to silver's types."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import Any

from pyspark.sql import DataFrame

from lakehouse.delta import Lake
from lakehouse.errors import BronzeDamaged
from lakehouse.handover import Run
from lakehouse.kinds import joined, kept_as, kept_as_arrow, projected
from lakehouse.parquet import read_files
from lakehouse.texts import read_text

# What bronze says of every row. `_loaded_at` is the worker's clock, which orders nothing.
STAMP = {"_op": "string", "_run_no": "bigint", "_read_at": "timestamp", "_run_id": "string"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Where a row stood at a source that is read page by page: its place is in `_read_at` already, and it says
# nothing of the row itself.
_PLACES = {"_page", "_position"}
_OWN = {*STAMP, *_PLACES, "_loaded_at"}


@dataclass(frozen=True, slots=True, kw_only=True)
class LandedRun:
    """A run with what its manifest says.

    `read_micros` is when its last slice was read, in microseconds since 1970 in UTC. `columns` are
    the source's own with Arrow's types, which early manifests leave empty; `files` are paths from
    the root of the lake.
    """

    run: Run
    rows: int
    read_micros: int
    columns: tuple[tuple[str, str], ...]
    files: tuple[str, ...]

    @property
    def layout(self) -> tuple[tuple[str, str], ...]:
        """What is the same for two runs whose files can be read at once."""
        told = all(lands for _, lands in self.columns)
        return self.columns if told else (("", str(self.run.run_no)),)


@dataclass(frozen=True, slots=True, kw_only=True)
class BronzeRows:
    """Rows with the source's `columns` in silver's types, then `STAMP`. None: no run has a row."""

    columns: Mapping[str, str]
    rows: DataFrame | None


def read_manifests(lake: Lake, runs: Sequence[Run]) -> list[LandedRun]:
    """Give the runs with what their manifests say.

    Raises:
        FileMissing: a run has no manifest.
        BronzeDamaged: a manifest is of another run.
    """
    return [
        _landed(run, json.loads(read_text(lake, _inside(run, "_manifest.json")))) for run in runs
    ]


def read_rows(lake: Lake, landed: Sequence[LandedRun]) -> BronzeRows:
    """Give the rows of all runs, whose columns may differ: what a run lacks is NULL in its rows.

    Raises:
        BronzeDamaged: a run has fewer or more rows than its manifest says.
        TypeRefused: silver has no type for a column.
        TypesDiffer: two runs have types for a column that do not fit.
    """
    alike: dict[tuple[tuple[str, str], ...], list[LandedRun]] = {}
    columns: dict[str, str] = {}
    for run in landed:
        if run.files:
            alike.setdefault(run.layout, []).append(run)
        else:
            told = {n: kept_as_arrow(n, lands) for n, lands in run.columns if n not in _PLACES}
            _join(columns, told)
    frames = [read_files(lake, [f for run in runs for f in run.files]) for runs in alike.values()]
    for frame in frames:
        _join(columns, {n: kept_as(n, kind) for n, kind in frame.dtypes if n not in _OWN})
    if not frames:
        return BronzeRows(columns=columns, rows=None)
    rows = reduce(DataFrame.unionAll, [projected(frame, {**columns, **STAMP}) for frame in frames])
    _check_counts(rows, landed)
    return BronzeRows(columns=columns, rows=rows)


def _landed(run: Run, manifest: Mapping[str, Any]) -> LandedRun:
    if (manifest["run_id"], manifest["run_no"]) != (run.run_id, run.run_no):
        raise BronzeDamaged(f"{run.folder} holds run {manifest['run_id']}, not {run.run_id}")
    times = [receipt["read_at"] for receipt in manifest["receipt"]]
    if not times:
        raise BronzeDamaged(f"The manifest of {run.folder} does not say when it was read")
    return LandedRun(
        run=run,
        rows=manifest["rows"],
        read_micros=max(_micros(time) for time in times),
        columns=tuple((column["name"], column["lands"]) for column in manifest["columns"]),
        files=tuple(_inside(run, file["name"]) for file in manifest["files"]),
    )


def _micros(time: str) -> int:
    return (datetime.fromisoformat(time).replace(tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)


def _inside(run: Run, name: str) -> str:
    return f"{run.folder}/{name}"


def _join(columns: dict[str, str], more: Mapping[str, str]) -> None:
    for name, kind in more.items():
        columns[name] = joined(name, columns.get(name, kind), kind)


def _check_counts(rows: DataFrame, landed: Sequence[LandedRun]) -> None:
    """Compare with the manifests: an engine may take a file that is gone for an empty one."""
    counted = {row[0]: row[1] for row in rows.groupBy("_run_no").count().collect()}
    for run in landed:
        found = counted.pop(run.run.run_no, 0)
        if found != run.rows:
            raise BronzeDamaged(f"{run.run.folder} has {found} rows, its manifest says {run.rows}")
    if counted:
        raise BronzeDamaged(f"Rows of runs {sorted(counted)} lie in the folders of others")
