"""Refuses a value that is larger than a worker's memory is meant for, whatever its source is."""

# Arrow's stubs lag behind its compute functions.
# pyright: reportCallIssue=false, reportArgumentType=false

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from shared.catalog import TableSpec
from shared.landing.numbers import find_bytes
from shared.loading.errors import ValueTooLarge


def check_sizes(spec: TableSpec, batch: pa.RecordBatch) -> None:
    """Look for a value that is too large. A source that can refuses it before it is sent.

    Raises:
        ValueTooLarge: names the column, and the row by its key, but for what is masked of it.
    """
    # A batch that is no larger has no larger value either.
    if batch.nbytes <= spec.max_value_bytes:
        return
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        if pa.types.is_string(column.type) or pa.types.is_binary(column.type):
            sizes = pc.binary_length(find_bytes(column))
            large = pc.max(sizes).as_py() or 0
            if large > spec.max_value_bytes:
                row = pc.index(sizes, large).as_py()
                raise too_large(spec, name, large, _key(spec, batch, row))


def too_large(spec: TableSpec, column: str, size: int, key: str | None) -> ValueTooLarge:
    """Make the error. `key` is None where the table has none."""
    row = "a row without a key" if key is None else f"the row with the key {key}"
    return ValueTooLarge(
        f"column {column}: {row} has a value of {size} bytes, "
        f"more than max_value_bytes of {spec.max_value_bytes}"
    )


def _key(spec: TableSpec, batch: pa.RecordBatch, row: int) -> str | None:
    names = [name for name in spec.key if name in batch.schema.names]
    masked = spec.masks(names)
    values = [
        "(masked)" if name in masked else str(batch.column(name)[row].as_py())[:100]
        for name in names
    ]
    return ", ".join(values) or None
