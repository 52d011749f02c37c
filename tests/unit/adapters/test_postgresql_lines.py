"""Lines of text become rows wherever they were cut."""

import pyarrow as pa
import pytest

from shared.adapters.postgresql.lines import PIECE_BYTES, read_lines, write_lines
from shared.loading.errors import SourceUnavailable

WIRE = pa.schema([("id", pa.int32()), ("note", pa.string()), ("raw", pa.binary())])


def pieces_of(line: bytes) -> list[bytes]:
    """Cut a line as the query does: its last piece is short, and empty if nothing is left for it."""
    return [line[at : at + PIECE_BYTES] for at in range(0, len(line) + 1, PIECE_BYTES)]


def line_of(number: int, note: str) -> bytes:
    return f'(0,{number},"{note}",00ff,0)\n'.encode()


def read(fetched: list[list[bytes]]) -> list[dict[str, object]]:
    return [row for batch in read_lines(fetched, WIRE) for row in batch.to_pylist()]


@pytest.mark.parametrize("at_a_time", [1, 2, 3, 100])
@pytest.mark.parametrize("length", [1, PIECE_BYTES - 1, 3 * PIECE_BYTES])
def test_a_row_comes_whole_wherever_its_line_was_cut(at_a_time: int, length: int) -> None:
    notes = ["é\n" * length, "short", "x" * length]
    pieces = [p for number, note in enumerate(notes) for p in pieces_of(line_of(number, note))]
    fetched = [pieces[at : at + at_a_time] for at in range(0, len(pieces), at_a_time)]
    assert read(fetched) == [
        {"id": number, "note": note, "raw": b"\0\xff"} for number, note in enumerate(notes)
    ]


def test_a_line_as_long_as_its_pieces_ends_with_an_empty_one() -> None:
    line = line_of(1, "x" * (PIECE_BYTES - len(line_of(1, ""))))
    assert [len(piece) for piece in pieces_of(line)] == [PIECE_BYTES, 0]
    assert len(read([pieces_of(line)])) == 1


def test_a_batch_holds_only_rows_that_have_ended() -> None:
    pieces = [*pieces_of(line_of(1, "a")), *pieces_of(line_of(2, "x" * PIECE_BYTES))]
    batches = read_lines([pieces[:2], pieces[2:]], WIRE)
    assert [batch.num_rows for batch in batches] == [1, 1]


def test_pieces_that_end_within_a_line_are_an_error_and_no_end() -> None:
    with pytest.raises(SourceUnavailable, match="in the middle"):
        read([pieces_of(line_of(1, "x" * PIECE_BYTES))[:-1]])


def test_null_and_empty_stay_apart() -> None:
    lines = [b'(0,1,"","",0)\n', b"(0,2,,,0)\n"]
    assert read([lines]) == [
        {"id": 1, "note": "", "raw": b""},
        {"id": 2, "note": None, "raw": None},
    ]


def test_a_name_is_quoted_into_the_query_as_it_is() -> None:
    sql = write_lines("SELECT 1", pa.schema([('"{}"', pa.timestamp("us"))]))
    assert 'encode(timestamp_send(streamed."""{}"""), \'hex\')' in sql
