"""Scanned rows of a source, in the form in which they are joined: which count, and which loads leave out."""

# Arrow's stubs lag behind its compute functions.
# pyright: reportCallIssue=false, reportArgumentType=false

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from shared.landing.cursor_column import cursor_column
from shared.landing.row_hash import hash_rows
from shared.landing.soft_deletes import soft_deleted
from shared.loading.plan import LoadPlan
from shared.reconciliation.differences import HASH_FIELD, ROW_FIELDS
from shared.reconciliation.keys import check_not_null


def row_schema(plan: LoadPlan, fields: pa.Schema, *, hashed: bool) -> pa.Schema:
    """Give the columns of the key, whether the row counts, and its hash."""
    key = [fields.field(name) for name in plan.spec.key]
    return pa.schema([*key, *ROW_FIELDS, *([HASH_FIELD] if hashed else [])])


def joinable_rows(
    plan: LoadPlan,
    batches: Iterable[pa.RecordBatch],
    schema: pa.Schema,
    *,
    hashed: Sequence[str] = (),
) -> Iterator[pa.RecordBatch]:
    """Make scanned batches joinable, with a hash of the columns `hashed` if the source gave none.

    Raises KeyUnsound where a key is NULL.
    """
    for batch in batches:
        check_not_null(batch, plan.spec.key)
        gone = soft_deleted(plan.spec, batch)
        arrays = [batch.column(name) for name in plan.spec.key]
        arrays += [_left_out(plan, batch), _none(batch) if gone is None else gone]
        if HASH_FIELD.name in schema.names:
            made = batch.column(batch.num_columns - 1)
            if hashed:
                made = pa.array(hash_rows(batch.select(list(hashed))), HASH_FIELD.type)
            arrays.append(made)
        yield pa.RecordBatch.from_arrays(arrays, schema=schema)


def _left_out(plan: LoadPlan, batch: pa.RecordBatch) -> pa.Array:
    """Mark the rows that no load reads: without a cursor value, or below where the first load begins."""
    spec, column, cursor = plan.spec, cursor_column(plan), plan.cursor
    if column is None or cursor is None or column.name not in batch.schema.names:
        return _none(batch)
    left_out = _none(batch)
    if spec.cursor.start is not None:
        first = cursor.format(cursor.parse(spec.cursor.start) - cursor.step)
        above = column.above(batch, first)
        below = pc.invert(_none(batch) if above is None else above)
        left_out = pc.and_(below, batch.column(column.name).is_valid())
    if spec.nulls == "ignore":
        left_out = pc.or_(left_out, batch.column(column.name).is_null())
    return left_out


def _none(batch: pa.RecordBatch) -> pa.Array:
    return pa.repeat(pa.scalar(value=False), batch.num_rows)
