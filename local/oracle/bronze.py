"""Reads a table's runs in the lake from plain disk, and checks each manifest against its files."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

_MANIFEST = "_manifest.json"
_RUN = "run_id="


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One published run; `files` are its Parquet files, `load_type` is the manifest's."""

    run_id: str
    run_no: int
    load_type: str
    files: tuple[Path, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bronze:
    """All runs of a table, what they hold together, and what is wrong with them."""

    runs: tuple[Run, ...]
    rows: int
    bytes: int
    faults: tuple[str, ...]

    @property
    def files(self) -> int:
        """How many Parquet files there are."""
        return sum(len(run.files) for run in self.runs)

    @property
    def last_snapshot(self) -> int:
        """The number of the last run that replaced all before it; 0 if none did."""
        return max((run.run_no for run in self.runs if run.load_type == "snapshot"), default=0)


def survey(folder: Path) -> Bronze:
    """Read every run below a table's target; a missing folder is a table without runs."""
    faults: list[str] = []
    runs: list[Run] = []
    rows = size = 0
    for entry in sorted(folder.iterdir()) if folder.is_dir() else ():
        manifest = _read_manifest(entry, faults)
        if manifest is None:
            continue
        faults += _check(entry, manifest)
        runs.append(_run(entry, manifest))
        rows += manifest["rows"]
        size += sum(file["bytes"] for file in manifest["files"])
    faults += _check_unique(runs)
    return Bronze(runs=tuple(runs), rows=rows, bytes=size, faults=tuple(faults))


def _read_manifest(entry: Path, faults: list[str]) -> dict[str, Any] | None:
    if not entry.name.startswith(_RUN):
        faults.append(f"{entry.name} is no run")
        return None
    try:
        return json.loads((entry / _MANIFEST).read_bytes())
    except FileNotFoundError:
        faults.append(f"{entry.name} has no manifest")
    except ValueError as error:
        faults.append(f"{entry.name}: its manifest is not JSON: {error}")
    return None


def _run(entry: Path, manifest: dict[str, Any]) -> Run:
    named = (entry / file["name"] for file in manifest["files"])
    return Run(
        run_id=manifest["run_id"],
        run_no=manifest["run_no"],
        load_type=manifest["load_type"],
        files=tuple(sorted(file for file in named if file.is_file())),
    )


def _check(entry: Path, manifest: dict[str, Any]) -> Iterator[str]:
    files: list[dict[str, Any]] = manifest["files"]
    found = {path.name for path in entry.iterdir()} - {_MANIFEST}
    named = [file["name"] for file in files]
    if entry.name != f"{_RUN}{manifest['run_id']}":
        yield f"{entry.name}: its manifest is that of {manifest['run_id']}"
    for name in sorted(found ^ set(named)):
        yield f"{entry.name}: {name} is {'not in the manifest' if name in found else 'missing'}"
    if len(named) != len(set(named)):
        yield f"{entry.name}: its manifest names a file twice"
    if manifest["rows"] != sum(file["rows"] for file in files):
        yield f"{entry.name}: its manifest says {manifest['rows']} rows, its files add up to others"
    landed = sum(receipt["landed"] for receipt in manifest["receipt"])
    if manifest["rows"] != landed:
        yield f"{entry.name}: its manifest says {manifest['rows']} rows, its receipts {landed}"
    for file in files:
        if file["name"] in found:
            yield from _check_file(entry / file["name"], file)


def _check_file(path: Path, said: dict[str, Any]) -> Iterator[str]:
    size = path.stat().st_size
    if size != said["bytes"]:
        yield f"{path.parent.name}/{path.name} has {size} bytes, its manifest says {said['bytes']}"
        return
    rows = pq.read_metadata(path).num_rows
    if rows != said["rows"]:
        yield f"{path.parent.name}/{path.name} has {rows} rows, its manifest says {said['rows']}"


def _check_unique(runs: list[Run]) -> Iterator[str]:
    for what, values in (
        ("run", [run.run_id for run in runs]),
        ("run number", [str(run.run_no) for run in runs]),
    ):
        for value, times in Counter(values).items():
            if times > 1:
                yield f"{what} {value} was published {times} times"
