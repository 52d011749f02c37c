"""Bronze as a reader sees it: by the contract, from plain files."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

OWN_COLUMNS = ("_op", "_run_no", "_read_at", "_run_id", "_loaded_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """One run as it appeared: its folder, what its manifest says, and the rows of its files."""

    folder: Path
    manifest: dict[str, Any]
    rows: list[dict[str, Any]]

    @property
    def run_no(self) -> int:
        return self.manifest["run_no"]


def published(lake: Path, target: str) -> list[Published]:
    """Every run of a table, by run number."""
    runs = [_read(folder) for folder in (lake / target).glob("run_id=*")]
    return sorted(runs, key=lambda run: run.run_no)


def images(lake: Path, target: str) -> list[dict[str, Any]]:
    """Every row image that was ever published."""
    return [row for run in published(lake, target) for row in run.rows]


def current(lake: Path, target: str) -> dict[Any, dict[str, Any]]:
    """The table's current state by `id`, without the columns that bronze adds."""
    runs = published(lake, target)
    snapshots = [run.run_no for run in runs if run.manifest["load_type"] == "snapshot"]
    first = max(snapshots, default=0)
    latest: dict[Any, dict[str, Any]] = {}
    for row in (row for run in runs if run.run_no >= first for row in run.rows):
        known = latest.get(row["id"])
        if known is None or _order(row) > _order(known):
            latest[row["id"]] = row
    return {
        key: {name: value for name, value in row.items() if name not in OWN_COLUMNS}
        for key, row in latest.items()
        if row["_op"] != "delete"
    }


def listing(lake: Path) -> dict[str, tuple[int, int]]:
    """Every file of the lake with its size and the time of its last change."""
    return {
        str(path.relative_to(lake)): (path.stat().st_size, path.stat().st_mtime_ns)
        for path in lake.rglob("*")
        if path.is_file() and ".tidemark-datalake" not in path.parts
    }


def _order(row: dict[str, Any]) -> tuple[Any, Any]:
    return row["_run_no"], row["_read_at"]


def _read(folder: Path) -> Published:
    manifest = json.loads((folder / "_manifest.json").read_text())
    tables = [pq.read_table(folder / file["name"]) for file in manifest["files"]]
    rows = pa.concat_tables(tables).to_pylist() if tables else []
    return Published(folder=folder, manifest=manifest, rows=rows)
