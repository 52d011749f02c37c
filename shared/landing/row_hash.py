"""The canonical text of a row, and its hash: what a source and a worker compute alike.

A row is its values in the order of its columns, joined by commas, in UTF-8. Each is written so that
Arrow and a database can compute it exactly, given the type that it lands with:

| Lands as | Its text |
|---|---|
| integer, decimal, date, time, timestamp, boolean | its number (see `shared.landing.numbers`) in decimal |
| float | its number, which is its bits, in 16 hexadecimal digits |
| bytes | hexadecimal |
| text | its length in bytes, a colon, and itself |
| NULL of any type | `-` |

Nothing but a text holds commas, and its length says where it ends. So two rows of one schema have
the same text only if they are equal, and NULL is not the empty text (`0:`).
"""

# Arrow's stubs lag behind its compute functions.
# pyright: reportCallIssue=false, reportArgumentType=false

from __future__ import annotations

from array import array
from collections.abc import Iterable
from hashlib import md5

import pyarrow as pa
import pyarrow.compute as pc

from shared.landing.numbers import find_bytes, find_numbers

HASH_BYTES = 16
NULL = "-"
_DOUBLE_DIGITS = 16


def hash_rows(batch: pa.RecordBatch) -> list[bytes]:
    """Give the MD5 of each row's canonical text, `HASH_BYTES` long.

    MD5 because every database has it. It finds what goes wrong by itself, not what is forged.
    """
    return [md5(row, usedforsecurity=False).digest() for row in write_rows(batch)]


def sum_hashes(hashes: Iterable[bytes]) -> int:
    """Add up hashes, whatever their order: of each its first 8 bytes, as a signed number."""
    return sum(int.from_bytes(each[:8], "big", signed=True) for each in hashes)


def write_rows(batch: pa.RecordBatch) -> list[bytes]:
    """Give the canonical text of each row. Raises TypeError on a type that never lands."""
    if batch.num_columns == 0:
        return [b""] * batch.num_rows
    texts = [pc.fill_null(_write(column), NULL.encode()) for column in batch.columns]
    return pc.binary_join_element_wise(*texts, pa.scalar(b",", pa.binary())).to_pylist()


def _write(column: pa.Array) -> pa.Array:
    data, numbers = find_bytes(column), find_numbers(column)
    if data is not None:
        return _with_length(data) if pa.types.is_string(column.type) else _hexadecimal(data)
    if numbers is None:
        raise TypeError(f"a column of {column.type} has no canonical text")
    return _hexadecimal_bits(numbers) if pa.types.is_floating(column.type) else _digits(numbers)


def _digits(numbers: pa.Array) -> pa.Array:
    return numbers.cast(pa.string()).cast(pa.binary())


def _with_length(text: pa.Array) -> pa.Array:
    length = _digits(pc.binary_length(text))
    return pc.binary_join_element_wise(length, text, pa.scalar(b":", pa.binary()))


def _hexadecimal_bits(numbers: pa.Array) -> pa.Array:
    bits = array("q", pc.fill_null(numbers, 0).to_pylist())
    bits.byteswap()
    ends = array("i", range(0, _DOUBLE_DIGITS * (len(bits) + 1), _DOUBLE_DIGITS))
    return _texts(numbers, ends, bits.tobytes())


def _hexadecimal(data: pa.Array) -> pa.Array:
    values = [value or b"" for value in data.to_pylist()]
    ends = array("i", [0])
    for value in values:
        ends.append(ends[-1] + 2 * len(value))
    return _texts(data, ends, b"".join(values))


def _texts(column: pa.Array, ends: array[int], content: bytes) -> pa.Array:
    """Write the bytes of all values at once, each to its end; NULL where the column has it."""
    text = pa.py_buffer(content.hex().encode())
    written = pa.Array.from_buffers(
        pa.binary(), len(column), [None, pa.py_buffer(ends), text], null_count=0
    )
    return pc.if_else(column.is_valid(), written, pa.scalar(None, pa.binary()))
