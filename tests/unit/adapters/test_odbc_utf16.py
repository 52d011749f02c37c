"""Text that travels as UTF-16: character for character, or refused by name."""

import pyarrow as pa
import pytest

from shared.adapters.odbc.landing import land_batches
from shared.adapters.odbc.utf16 import UTF16, decode_utf16
from shared.loading.errors import ValueUnsupported

FIELD = pa.field("v", pa.string())


def encoded(texts: list[str | None]) -> pa.Array:
    values = [None if text is None else text.encode("utf-16-le") for text in texts]
    return pa.array(values, pa.binary())


@pytest.mark.parametrize(
    "texts",
    [
        [],
        [None],
        [""],
        ["", None, "plain", "with\0nul", ""],
        ["é", "😀", None, "", "ascii"],
        ["\ufffd"],
        ["x" * 4000, None, "y"],
    ],
)
def test_text_is_decoded_character_for_character(texts: list[str | None]) -> None:
    decoded = decode_utf16(encoded(texts), FIELD)
    decoded.validate(full=True)
    assert decoded.type == pa.string()
    assert decoded.to_pylist() == texts


def test_a_piece_of_an_array_is_decoded_as_that_piece() -> None:
    assert decode_utf16(encoded(["a", "bc", None, "d"]).slice(1, 2), FIELD).to_pylist() == [
        "bc",
        None,
    ]


@pytest.mark.parametrize(
    "values",
    [
        [b"\x00\xd8"],
        [b"a\x00", b"\x00\xdc"],
        # The halves of one pair in two values are two halves.
        [b"\x00\xd8", b"\x00\xdc"],
        [b"a"],
        # Two odd lengths that make an even one.
        [b"a\x00b", b"\x00c\x00"],
    ],
)
def test_what_is_no_text_is_refused_with_its_column(values: list[bytes]) -> None:
    with pytest.raises(ValueUnsupported, match="column v"):
        decode_utf16(pa.array(values, pa.binary()), FIELD)


def test_only_a_column_that_says_so_is_read_as_utf16() -> None:
    wire = pa.schema([pa.field("v", pa.binary(), metadata=UTF16), pa.field("w", pa.binary())])
    lands = pa.schema([pa.field("v", pa.string()), pa.field("w", pa.string())])
    batch = pa.RecordBatch.from_arrays([encoded(["é"]), pa.array(["é".encode()])], schema=wire)
    [landed] = land_batches([batch], lands)
    assert landed.to_pylist() == [{"v": "é", "w": "é"}]
