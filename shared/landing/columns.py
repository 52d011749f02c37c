"""The columns that every bronze row carries beside the source's own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import pyarrow as pa

from shared.loading.errors import TypeUnsupported
from shared.loading.plan import LoadPlan

FIELDS: tuple[pa.Field, ...] = (
    pa.field("_op", pa.string(), nullable=False),
    pa.field("_run_no", pa.int64(), nullable=False),
    pa.field("_read_at", pa.timestamp("us", "UTC"), nullable=False),
    pa.field("_run_id", pa.string(), nullable=False),
    pa.field("_loaded_at", pa.timestamp("us", "UTC"), nullable=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What is the same in every row of one slice."""

    operation: str
    run_no: int
    read_at: datetime
    run_id: str
    loaded_at: datetime


def stamp_of(plan: LoadPlan, read_at: str, now: datetime) -> Stamp:
    """Make the stamp of a slice whose snapshot was opened at `read_at`, the source's clock in UTC."""
    return Stamp(
        operation=plan.operation,
        run_no=plan.run_no,
        read_at=datetime.fromisoformat(read_at).replace(tzinfo=UTC),
        run_id=plan.run_id,
        loaded_at=now,
    )


def bronze_schema(source: pa.Schema) -> pa.Schema:
    """Add the bronze columns to what the source gives. Raises TypeUnsupported on a name in use."""
    taken = {field.name for field in FIELDS} & set(source.names)
    if taken:
        raise TypeUnsupported(f"column {min(taken)}: Tidemark's own bronze column has this name")
    return pa.schema([*source, *FIELDS])


def stamped(batch: pa.RecordBatch, schema: pa.Schema, stamp: Stamp) -> pa.RecordBatch:
    """Give the batch with the bronze columns behind its own."""
    values = (stamp.operation, stamp.run_no, stamp.read_at, stamp.run_id, stamp.loaded_at)
    constants = [
        pa.repeat(pa.scalar(value, type=field.type), batch.num_rows)
        for field, value in zip(FIELDS, values, strict=True)
    ]
    return pa.RecordBatch.from_arrays([*batch.columns, *constants], schema=schema)
