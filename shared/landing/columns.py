"""The columns that every bronze row carries beside the source's own."""

# Arrow's stubs lag behind its compute functions.
# pyright: reportCallIssue=false, reportArgumentType=false

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from shared.loading.errors import TypeUnsupported
from shared.loading.plan import LoadPlan

DELETE = "delete"
# Where a row stood at a source that is read page by page. They say nothing of the row itself.
PLACES = ("_page", "_position")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIELDS: tuple[pa.Field, ...] = (
    pa.field("_op", pa.string(), nullable=False),
    pa.field("_run_no", pa.int64(), nullable=False),
    pa.field("_read_at", pa.timestamp("us", "UTC"), nullable=False),
    pa.field("_run_id", pa.string(), nullable=False),
    pa.field("_loaded_at", pa.timestamp("us", "UTC"), nullable=False),
)
# What rows in quarantine have beside these: why they are there, and of which table they are.
ASIDE_FIELDS: tuple[pa.Field, ...] = (
    pa.field("_reasons", pa.list_(pa.string()), nullable=False),
    pa.field("_table", pa.string(), nullable=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What is the same in every row of one slice. `reasons` are there if it is set aside."""

    operation: str
    run_no: int
    read_at: datetime
    run_id: str
    loaded_at: datetime
    table: str = ""
    reasons: tuple[str, ...] = ()


def stamp_of(plan: LoadPlan, read_at: str, now: datetime) -> Stamp:
    """Make the stamp of a slice whose snapshot was opened at `read_at`, the source's clock in UTC."""
    return Stamp(
        operation=plan.operation,
        run_no=plan.run_no,
        read_at=datetime.fromisoformat(read_at).replace(tzinfo=UTC),
        run_id=plan.run_id,
        loaded_at=now,
        table=plan.table,
        reasons=plan.reasons,
    )


def bronze_schema(source: pa.Schema, *, aside: bool = False) -> pa.Schema:
    """Add the bronze columns to what the source gives, and those of quarantine if it is set `aside`.

    Raises:
        TypeUnsupported: one of these names is in use.
    """
    own = (*FIELDS, *ASIDE_FIELDS) if aside else FIELDS
    taken = {field.name for field in own} & set(source.names)
    if taken:
        raise TypeUnsupported(f"column {min(taken)}: Tidemark's own bronze column has this name")
    return pa.schema([*source, *own])


def stamped(
    batch: pa.RecordBatch,
    schema: pa.Schema,
    stamp: Stamp,
    deleted: pa.Array | None = None,
    first: int | None = None,
) -> pa.RecordBatch:
    """Give the batch with the bronze columns behind its own; `deleted` marks rows that are deletes.

    Where rows were read one after the other instead of in one snapshot, `first` is the number of the
    first of them: each counts as read a microsecond after the one before, so that of one key the later
    image wins by the rule that holds everywhere.
    """
    values = (stamp.operation, stamp.run_no, stamp.read_at, stamp.run_id, stamp.loaded_at)
    pairs: list[tuple[pa.Field, Any]] = list(zip(FIELDS, values, strict=True))
    if stamp.reasons:
        pairs += [(ASIDE_FIELDS[0], list(stamp.reasons)), (ASIDE_FIELDS[1], stamp.table)]
    constants = [
        pa.repeat(pa.scalar(value, type=field.type), batch.num_rows) for field, value in pairs
    ]
    if first is not None:
        constants[2] = _one_after_the_other(stamp.read_at, first, batch.num_rows)
    if deleted is not None:
        constants[0] = pc.if_else(deleted, pa.scalar(DELETE), constants[0])
    return pa.RecordBatch.from_arrays([*batch.columns, *constants], schema=schema)


def _one_after_the_other(begin: datetime, first: int, rows: int) -> pa.Array:
    since = (begin - _EPOCH) // timedelta(microseconds=1) + first
    return pa.array(range(since, since + rows), pa.int64()).cast(FIELDS[2].type)
