"""Reads JSON objects one by one, every value as it is written: no number is rounded on the way."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec
import pyarrow as pa

from shared.files.columns import REST
from shared.files.rows import Chunk, Malformed, malformed_row

_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_TEXT = msgspec.json.Decoder(str)


def read_records(
    records: Sequence[tuple[int, bytes]],
    columns: Sequence[tuple[str, str]],
    dropped: Collection[str] = (),
) -> Chunk:
    """Read objects, given with their lines. Values come as text, and fields not declared in `_rest`.

    Fields that are `dropped` leave no trace.

    A text column takes a value of another kind as its JSON text.
    """
    texts: list[list[str | None]] = [[] for _ in range(len(columns) + 1)]
    good: list[tuple[int, bytes]] = []
    malformed: list[Malformed] = []
    for line, raw in records:
        if not raw.strip():
            continue
        try:
            found = _OBJECT.decode(raw)
            values = [_text(found.pop(name, None)) for name, _ in columns]
            values.append(_rest({n: raw for n, raw in found.items() if n not in dropped}))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            malformed.append(malformed_row(line, f"no JSON object: {error}", raw))
            continue
        good.append((line, raw))
        for column, value in zip(texts, values, strict=True):
            column.append(value)
    names = [*(name for name, _ in columns), REST]
    arrays = [pa.array(column, pa.string()) for column in texts]
    schema = pa.schema([(name, pa.string()) for name in names])
    return Chunk(
        rows=pa.RecordBatch.from_arrays(arrays, schema=schema),
        lines=pa.array([line for line, _ in good], pa.int64()),
        raw=lambda number: good[number][1],
        malformed=tuple(malformed),
    )


def _text(raw: msgspec.Raw | None) -> str | None:
    if raw is None:
        return None
    written = bytes(raw)
    if written == b"null":
        return None
    return _TEXT.decode(written) if written.startswith(b'"') else written.decode()


def _rest(found: dict[str, msgspec.Raw]) -> str | None:
    return msgspec.json.encode(found).decode() if found else None
