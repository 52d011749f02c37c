"""Columns: which of a table's a load reads, and as what each lands."""

from __future__ import annotations

from dataclasses import replace

from shared.catalog import TableSpec
from shared.extraction.source import TableShape
from shared.loading.errors import ColumnMissing
from shared.loading.masks import MaskKey, masked_type, tell_mask
from shared.loading.plan import PlannedColumn


def plan_columns(
    spec: TableSpec, shape: TableShape, key: MaskKey | None = None
) -> tuple[PlannedColumn, ...]:
    """Give the columns that a load reads, in their order, and as what each lands.

    Raises:
        ColumnMissing: one that is to be masked or included is not there. A mask that is taken for
            one of nothing would let the values of a misspelt column land.
        MaskKeyMissing: one is to be hashed, and there is no key.
        MaskUnfit: a mask does not fit its column's values.
    """
    names = [column.name for column in shape.columns]
    if unknown := spec.unknown(names):
        raise ColumnMissing(f"{spec.table} has no column {unknown[0]} (columns: include or mask)")
    excluded, masks = spec.excluded(names), spec.masks(names)
    columns: list[PlannedColumn] = []
    for column in shape.columns:
        if column.name in excluded:
            continue
        planned = PlannedColumn(
            name=column.name,
            source_type=column.source_type,
            lands=column.lands,
            nullable=column.nullable,
        )
        if mask := masks.get(column.name):
            lands = masked_type(column.name, column.lands, mask)
            planned = replace(planned, lands=lands, mask=tell_mask(mask, key))
        columns.append(planned)
    return tuple(columns)
