"""Text that travels as the bytes of its UTF-16, little endian, as a server keeps it."""

# Arrow's stubs lag behind its compute functions.
# pyright: reportCallIssue=false, reportArgumentType=false

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from shared.loading.errors import ValueUnsupported

# Says of a field on the wire that its bytes are such text.
UTF16 = {b"tidemark.text": b"utf-16-le"}
_ONE = pa.scalar(1, pa.int32())


def decode_utf16(array: pa.Array, field: pa.Field) -> pa.Array:
    """Make text of bytes, character for character.

    Raises:
        ValueUnsupported: a value is no text: half of a surrogate pair stands alone. Names the column.
    """
    try:
        decoded = _decoded_as_ascii(array)
        return _decoded_one_by_one(array) if decoded is None else decoded
    except UnicodeDecodeError as error:
        raise ValueUnsupported(
            f"column {field.name}: half a surrogate pair is no character ({error.reason})"
        ) from error


def _decoded_as_ascii(array: pa.Array) -> pa.Array | None:
    """Decode all values at once, sixty times as fast; None where one holds more than ASCII.

    Such text has half as many bytes in UTF-8, so that each value begins at half its offset.
    """
    valid, offsets, data = array.buffers()
    if data is None or array.offset or not len(array):
        return None
    starts = pa.Array.from_buffers(pa.int32(), len(array) + 1, [None, offsets])
    size = starts[-1].as_py()
    text = data.slice(0, size).to_pybytes().decode("utf-16-le").encode()
    odd = pc.equal(pc.bit_wise_and(starts, _ONE), _ONE)
    if 2 * len(text) != size or pc.any(odd).as_py():
        return None
    halves = pc.shift_right(starts, _ONE).buffers()[1]
    return pa.Array.from_buffers(
        pa.string(), len(array), [valid, halves, pa.py_buffer(text)], array.null_count
    )


def _decoded_one_by_one(array: pa.Array) -> pa.Array:
    texts = [None if each is None else each.decode("utf-16-le") for each in array.to_pylist()]
    return pa.array(texts, pa.string())
