"""Rows as lines of text, in pieces of one size: a form that any driver carries, whatever they hold."""

from __future__ import annotations

from binascii import unhexlify
from collections.abc import Iterable, Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from shared.adapters.postgresql.identifiers import quote
from shared.loading.errors import SourceUnavailable, ValueUnsupported

PIECE_BYTES = 4000

# Times travel as the numbers that PostgreSQL keeps, and bytes in hexadecimal; everything else as
# the text of its type, which the session's settings make exact.
_NUMBER = "('x' || encode({send}({{}}), 'hex'))::bit({bits})::{integer}"
_MICROSECONDS = {"bits": 64, "integer": "bigint"}
_EXPRESSIONS: dict[pa.DataType, str] = {
    pa.date32(): _NUMBER.format(send="date_send", bits=32, integer="integer"),
    pa.time64("us"): _NUMBER.format(send="time_send", **_MICROSECONDS),
    pa.timestamp("us"): _NUMBER.format(send="timestamp_send", **_MICROSECONDS),
    pa.timestamp("us", "UTC"): _NUMBER.format(send="timestamptz_send", **_MICROSECONDS),
    pa.binary(): "encode({}, 'hex')",
}
# PostgreSQL counts from 2000-01-01, Arrow from 1970-01-01.
_EPOCH_DAYS = 10_957
_EPOCH = pa.scalar(_EPOCH_DAYS * 86_400_000_000, pa.int64())

_PARSING = csv.ParseOptions(escape_char="\\", newlines_in_values=True, ignore_empty_lines=False)


def write_lines(sql: str, wire: pa.Schema) -> str:
    """Give the query for a query's rows as pieces of lines, in order, in a column `piece`.

    A line is the text of the row as a record (see "Composite Type Input and Output Syntax" in the
    PostgreSQL documentation) in UTF-8, between two fields of no meaning that keep the brackets.
    All its pieces but the last have `PIECE_BYTES` bytes, the last has fewer and may be empty. They
    stay together only where no plan is parallel, as for a cursor.
    """
    fields = ", ".join(_expression(field) for field in wire)
    # The offset keeps the planner from writing each line twice, once for its length.
    return f"""
        SELECT substr(
            line,
            generate_series(0, octet_length(line) / {PIECE_BYTES}) * {PIECE_BYTES} + 1,
            {PIECE_BYTES}
        ) AS piece
        FROM (
            SELECT convert_to(ROW(0, {fields}, 0)::text || chr(10), 'UTF8') AS line
            FROM ({sql}) AS streamed
            OFFSET 0
        ) AS lines
    """


def read_lines(fetched: Iterable[Sequence[bytes]], wire: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Give the rows whose lines have come to their end, batch by batch, in the schema `wire`.

    Raises:
        SourceUnavailable: the pieces end in the middle of a line.
    """
    begun: list[bytes] = []
    for pieces in fetched:
        lengths = [*map(len, pieces)]
        rows = len(pieces) - lengths.count(PIECE_BYTES)
        end = len(pieces)
        while end and lengths[end - 1] == PIECE_BYTES:
            end -= 1
        if rows:
            yield _parse(b"".join((*begun, *pieces[:end])), rows, wire)
            begun = []
        begun += pieces[end:]
    if begun:
        raise SourceUnavailable("the rows ended in the middle of one")


def count_microseconds(kind: pa.DataType) -> str:
    """Give SQL for the number that PostgreSQL keeps of a time or timestamp, `{}` standing for its name."""
    return _EXPRESSIONS[kind]


def _expression(field: pa.Field) -> str:
    # Replaced, not formatted: a name may hold braces.
    return _EXPRESSIONS.get(field.type, "{}").replace("{}", f"streamed.{quote(field.name)}")


def _parse(lines: bytes, rows: int, wire: pa.Schema) -> pa.RecordBatch:
    """Read whole lines. A record's text is CSV that doubles backslashes too."""
    names = [str(number) for number in range(len(wire) + 2)]
    types = dict(zip(names[1:-1], (_travels(kind) for kind in wire.types), strict=True))
    table = csv.read_csv(
        pa.BufferReader(lines),  # pyright: ignore[reportArgumentType] # the stubs lack Arrow's own files
        csv.ReadOptions(use_threads=False, block_size=len(lines) + 1, column_names=names),
        _PARSING,
        csv.ConvertOptions(
            column_types=types,
            include_columns=list(types),
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            true_values=["t"],
            false_values=["f"],
        ),
    )
    if table.num_rows != rows:
        raise ValueUnsupported(f"{rows} lines were streamed, and read as {table.num_rows} rows")
    [batch] = table.combine_chunks().to_batches()
    arrays = [_arrive(*pair) for pair in zip(batch.columns, wire.types, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=wire)


def _travels(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_date32(kind):
        return pa.int32()
    if pa.types.is_temporal(kind):
        return pa.int64()
    return pa.string() if pa.types.is_binary(kind) else kind


def _arrive(array: pa.Array, kind: pa.DataType) -> pa.Array:
    # Sums beyond the range of their type wrap around, as in ADBC's binary reader: infinity, and
    # times after 294247-01-10, come out before PostgreSQL's first day and are refused by that.
    if pa.types.is_date32(kind):
        return pc.add(array, pa.scalar(_EPOCH_DAYS, pa.int32())).view(kind)
    if pa.types.is_timestamp(kind):
        return pc.add(array, _EPOCH).view(kind)
    if pa.types.is_time(kind):
        return array.view(kind)
    return _unhex(array) if pa.types.is_binary(kind) else array


def _unhex(array: pa.Array) -> pa.Array:
    """Turn hexadecimal text into bytes, all values at once: their ends lie at half the distance."""
    validity, offsets, text = array.buffers()
    ends = pa.Array.from_buffers(pa.int32(), len(array) + 1, [None, offsets])
    halved = pc.divide(ends, pa.scalar(2, pa.int32())).buffers()[1]
    digits = text.to_pybytes()[: ends[-1].as_py()] if text else b""
    data = pa.py_buffer(unhexlify(digits))
    return pa.Array.from_buffers(pa.binary(), len(array), [validity, halved, data])
