"""Deletes: rows that stay at the source with a mark that says deleted, and those that it tracked as gone."""

# Arrow's stubs lag behind its compute functions.
# pyright: reportCallIssue=false, reportArgumentType=false

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from shared.catalog import TableSpec
from shared.extraction.batches import SOURCE_TYPE
from shared.extraction.tracked import Rows
from shared.loading.errors import TypeUnsupported

# Types that land as text, by how the source names them: those of times and those of numbers.
_TIMES = ("date", "time")
_NUMBERS = ("numeric", "decimal")


def deleted(spec: TableSpec, rows: Rows) -> pa.Array | None:
    """Mark the rows that land as deletes; None if there can be none. Raises as `soft_deleted`."""
    if spec.deletes.how == "change_tracking":
        return rows.gone
    return soft_deleted(spec, rows.batch)


def soft_deleted(spec: TableSpec, batch: pa.RecordBatch) -> pa.Array | None:
    """Mark the rows whose soft delete column says deleted; None if the table has no such column.

    A truth value says so if it is true, a number if it is not 0, a time if there is one.

    Raises:
        TypeUnsupported: the column is of another type.
    """
    name = spec.deletes.column
    if name is None:
        return None
    column = batch.column(name)
    return _says_deleted(column, batch.schema.field(name))


def _says_deleted(column: pa.Array, field: pa.Field) -> pa.Array:
    kind = field.type
    if pa.types.is_boolean(kind):
        return pc.fill_null(column, False)  # noqa: FBT003 - Arrow takes it by position only
    if pa.types.is_temporal(kind):
        return column.is_valid()
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return pc.fill_null(pc.not_equal(column, pa.scalar(0, kind)), False)  # noqa: FBT003 - as above
    declared = (field.metadata or {}).get(SOURCE_TYPE, b"").decode()
    if pa.types.is_string(kind) and declared.startswith(_TIMES):
        return column.is_valid()
    if pa.types.is_string(kind) and declared.startswith(_NUMBERS):
        return pc.fill_null(pc.match_substring_regex(column, "[1-9N]"), False)  # noqa: FBT003 - as above
    raise TypeUnsupported(
        f"column {field.name}: a value of type {declared or kind} does not say whether a row is deleted"
    )
