"""Writes down beside a hand-over what it brought to which table of gold, and what that was made of.

The function app reads it when the job has ended, and tells it to whom it tells lineage.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from lakehouse.gold.model import Kind, Table
from lakehouse.gold.parts import Ground
from lakehouse.handover import path_of, tables_of
from lakehouse.texts import write_text

FORMAT: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Computed:
    """A table that was computed, whole or in part: when, and how many rows were written. Times are UTC."""

    table: Table
    written: int
    began: datetime
    ended: datetime


def lineage_path(number: int, model: str) -> str:
    """Give the file of a model, in the folder that is named for the hand-over."""
    return f"{path_of(number).removesuffix('.json')}.gold/{model}.json"


def write_lineage(ground: Ground, computed: Sequence[Computed]) -> None:
    """Write the file, unless nothing was computed: then a refresh before has written it."""
    if not computed:
        return
    document = {"format": FORMAT, "tables": [_described(ground, each) for each in computed]}
    path = lineage_path(ground.handover.number, ground.model.name)
    write_text(ground.lake, path, json.dumps(document, indent=2) + "\n")


def _described(ground: Ground, computed: Computed) -> dict[str, object]:
    table = computed.table
    return {
        "path": ground.model.path(table),
        "reads": _reads(ground, table),
        "columns": [[column.name, column.type] for column in table.layout],
        "written": computed.written,
        "began": computed.began.isoformat(),
        "ended": computed.ended.isoformat(),
    }


def _reads(ground: Ground, table: Table) -> list[str]:
    """Give the paths of all tables that a table is made of, each once."""
    silver = {each.table: each.silver for each in ground.handover.tables}
    found: list[str] = []
    if table.silver in silver:
        current, versions, _ = tables_of(silver[table.silver])
        found.append(versions if table.kind is Kind.SCD2 else current)
    for name in [*(each.dimension for each in table.relationships), *table.reads]:
        if "/" not in name:
            found.append(ground.model.path(ground.model.table(name)))
        elif name in silver:
            found.append(silver[name])
    return list(dict.fromkeys(found))
