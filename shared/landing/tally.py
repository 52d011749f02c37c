"""Counts record batches up to a proof, exactly and whatever the order of their rows."""

# Arrow's stubs lag behind its compute functions.
# pyright: reportCallIssue=false, reportArgumentType=false

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from shared.landing.numbers import find_numbers
from shared.landing.row_hash import hash_rows, sum_hashes
from shared.loading.proof import ColumnProof, Measure, Proof, ProofLevel

_HALF = 32
_LOW = pa.scalar(2**_HALF - 1, pa.int64())
_SHIFT = pa.scalar(_HALF, pa.int64())
_WIDE = pa.decimal256(76, 0)
# The sum of as many rows as a batch can have gets no more digits than this longer.
_DIGITS_OF_ROWS = 19
_MOST_DIGITS = 76
# Characters that UTF-16 writes in four bytes; UTF-8 writes those in four as well.
_BEYOND = "[\\x{10000}-\\x{10FFFF}]"


@dataclass(slots=True)
class Tally:
    """What the rows that were added add up to. `hashed`: their hashes too, which costs most."""

    measures: Mapping[str, Measure]
    hashed: bool = False
    _rows: int = 0
    _values: dict[str, int] = field(default_factory=dict[str, int])
    _sums: dict[str, int] = field(default_factory=dict[str, int])
    _hashes: int = 0

    def add(self, batch: pa.RecordBatch) -> None:
        """Add rows; the batch has the columns that are measured, and to be hashed no others."""
        self._rows += batch.num_rows
        for name, measure in self.measures.items():
            column = batch.column(batch.schema.get_field_index(name))
            self._values[name] = self._values.get(name, 0) + len(column) - column.null_count
            self._sums[name] = self._sums.get(name, 0) + _add_up(column, measure)
        if self.hashed:
            self._hashes += sum_hashes(hash_rows(batch))

    def proof(self, level: ProofLevel) -> Proof:
        """Give what was added so far."""
        columns = tuple(
            ColumnProof(
                column=name,
                values=self._values.get(name, 0),
                measure=measure,
                sum=str(self._sums.get(name, 0)),
            )
            for name, measure in self.measures.items()
        )
        hashes = str(self._hashes) if self.hashed else None
        return Proof(level=level, rows=self._rows, columns=columns, hashes=hashes)


def find_measures(schema: pa.Schema) -> dict[str, Measure]:
    """Say what is added up of each column where the source does not."""
    return {field.name: _measure_of(field.type) for field in schema}


def _measure_of(kind: pa.DataType) -> Measure:
    return "numbers" if find_numbers(pa.array([], kind)) is not None else "bytes"


def _add_up(column: pa.Array, measure: Measure) -> int:
    if measure == "numbers":
        numbers = find_numbers(column)
        # Of another type than the source had, so that there is nothing to add.
        return 0 if numbers is None else _add_numbers(numbers)
    if measure == "bytes":
        return int(pc.sum(pc.binary_length(column)).as_py() or 0)
    characters = pc.add(pc.utf8_length(column), pc.count_substring_regex(column, _BEYOND))
    return 2 * int(pc.sum(characters).as_py() or 0)


def _add_numbers(numbers: pa.Array) -> int:
    if pa.types.is_decimal(numbers.type):
        return _add_decimals(numbers)
    if numbers.type.bit_width < 2 * _HALF:
        return int(pc.sum(numbers).as_py() or 0)
    # A sum of 64 bits would wrap around; in halves it cannot.
    high = pc.sum(pc.shift_right(numbers, _SHIFT)).as_py() or 0
    low = pc.sum(pc.bit_wise_and(numbers, _LOW)).as_py() or 0
    return (int(high) << _HALF) + int(low)


def _add_decimals(numbers: pa.Array) -> int:
    kind = numbers.type
    if kind.precision + _DIGITS_OF_ROWS <= _MOST_DIGITS:
        return int(pc.sum(numbers.cast(_WIDE)).as_py() or 0)
    return sum(int(value) for value in numbers.to_pylist() if value is not None)
