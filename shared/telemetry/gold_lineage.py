"""What the job wrote beside a hand-over: which tables of gold it computed, and what they were made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import msgspec

from shared.lakehouse.log import path_of
from shared.landing.lake import Lake
from shared.loading.decoding import prepare
from shared.telemetry.lineage import Dataset, LineageEvent, LineageRun


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldTable:
    """A table that was computed: paths in the lake, columns with types, rows written, UTC in ISO 8601."""

    path: str
    reads: tuple[str, ...]
    columns: tuple[tuple[str, str], ...]
    written: int
    began: str
    ended: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Document:
    format: int
    tables: tuple[GoldTable, ...]


prepare(_Document)


def read_gold(lake: Lake, number: int) -> tuple[GoldTable, ...]:
    """Read what a hand-over brought to gold, of all models; nothing where there is no gold.

    Raises:
        LakeUnavailable: the lake does not answer.
    """
    folder = f"{path_of(number).removesuffix('.json')}.gold"
    found: list[GoldTable] = []
    for entry in lake.list(folder):
        if entry.path.endswith(".json"):
            found += msgspec.json.decode(lake.read(entry.path), type=_Document).tables
    return tuple(found)


def gold_events(
    tables: tuple[GoldTable, ...], parent: LineageRun, landed: Callable[[str], Dataset]
) -> Iterator[LineageEvent]:
    """Give the begin and end of every table's run below the refresh; `landed` names a path of the lake."""
    for table in tables:
        end = LineageEvent(
            moment="COMPLETE",
            at=table.ended,
            run=LineageRun(job=table.path, key=f"{parent.key} {table.path}", kind="TABLE"),
            parent=parent,
            inputs=tuple(landed(path) for path in table.reads),
            outputs=(replace(landed(table.path), columns=table.columns, rows=table.written),),
        )
        yield replace(end, moment="START", at=table.began, outputs=(landed(table.path),))
        yield end
