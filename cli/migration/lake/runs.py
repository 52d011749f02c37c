"""Finds the files of a bronze table on disk, by the manifests of its runs and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cli.migration.lake.errors import NotComparable
from cli.migration.lake.images import OPERATION, READ_AT, RUN_NO, Lake, Part, open_part
from cli.migration.node import Node, read_json

_MANIFEST = "_manifest.json"
_RUN = "run_id="


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    number: int
    is_snapshot: bool
    files: tuple[Path, ...]


def find_runs(folder: Path) -> Lake:
    """Find what counts of a bronze table: its last snapshot and the runs after it, or all runs.

    Raises:
        NotComparable: the folder holds no run, or a file that a manifest names is missing.
        InputUnreadable: a manifest is missing or is none.
    """
    if not folder.is_dir():
        raise NotComparable(f"{folder} is no folder; name a table's target, bronze/source/table")
    entries = sorted(folder.iterdir())
    runs = [_read(entry) for entry in entries if entry.name.startswith(_RUN)]
    if not runs:
        raise NotComparable(f"{folder} holds no run; name a table's target, bronze/source/table")
    # A snapshot replaces all earlier runs, also when it holds no row.
    first = max((run.number for run in runs if run.is_snapshot), default=0)
    counting = [run for run in runs if run.number >= first]
    return Lake(
        side="new",
        parts=tuple(part for run in counting for part in _parts(run)),
        loads=len(counting),
        ignored=tuple(entry.name for entry in entries if not entry.name.startswith(_RUN)),
    )


def _read(entry: Path) -> _Run:
    fields = read_json(entry / _MANIFEST)
    return _Run(
        number=_number(_field(fields, "run_no")),
        is_snapshot=_field(fields, "load_type").text() == "snapshot",
        files=tuple(
            entry / _file_name(_field(file, "name")) for file in _field(fields, "files").items()
        ),
    )


def _field(node: Node, name: str) -> Node:
    found = node.fields().get(name)
    if found is None:
        node.refuse(f"has no {name}; is this the manifest of a run?")
    return found


def _number(node: Node) -> int:
    if not isinstance(node.value, int) or isinstance(node.value, bool):
        node.refuse("is no whole number; is this the manifest of a run?")
    return node.value


def _file_name(node: Node) -> str:
    name = node.text()
    if Path(name).name != name:
        node.refuse("is no plain file name; is this the manifest of a run?")
    return name


def _parts(run: _Run) -> Iterator[Part]:
    for path in run.files:
        part = open_part(path, run.number)
        if missing := {OPERATION, RUN_NO, READ_AT} - set(part.schema.names):
            raise NotComparable(f"{path} lacks {', '.join(sorted(missing))}; it is not of bronze")
        yield part
