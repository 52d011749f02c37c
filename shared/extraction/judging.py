"""What a load says of its source before it reads, beside its bound: who holds it back, what is left out."""

from __future__ import annotations

from shared.catalog import TableSpec
from shared.extraction.source import TableShape
from shared.loading.bound import Bound
from shared.loading.errors import ColumnMissing, NullCursor
from shared.loading.span import Observation


def judge_fence(spec: TableSpec, bound: Bound, seen: Observation) -> tuple[str, ...]:
    """Tell who holds the bound back, and why it is not exact where the table file says that it can be."""
    held = bound.held_back if bound.held_back_seconds else None
    doubts = seen.doubts if spec.cursor.assigned == "database" else ()
    return (*((held,) if held else ()), *doubts)


def judge_nulls(spec: TableSpec, seen: Observation) -> tuple[str, ...]:
    """Tell of rows without a cursor value that are left out. Raises NullCursor."""
    if not seen.has_nulls or spec.nulls == "include":
        return ()
    if spec.nulls == "fail":
        raise NullCursor(f"{spec.name} has rows without a value in {spec.cursor.column}")
    return (f"rows without a value in {spec.cursor.column} are left out (nulls: ignore)",)


def check_soft_deletes(spec: TableSpec, shape: TableShape) -> None:
    """Raise ColumnMissing if the column that marks deleted rows is not there."""
    wanted = spec.deletes.column
    if wanted is not None and all(column.name != wanted for column in shape.columns):
        raise ColumnMissing(f"{spec.table} has no column {wanted} (deletes: soft)")
