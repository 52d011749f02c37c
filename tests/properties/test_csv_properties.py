"""Any CSV that Python's own module writes comes back as it was, whatever its dialect and wherever blocks end."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.catalog.files_spec import CsvSpec
from shared.files import csv_blocks, csv_exact
from shared.files.csv_blocks import CsvReader

# Few characters, so that what means something to the dialect is often there.
FIELDS = st.text(alphabet="ab,;\"'\n\r\\ é\t", max_size=8)
BROKEN = ('x"y,1', '"x"y,1', "1", "1,2,3,4,5,6,7", "a\rb,2", '"', '1,"')


def cut(content: bytes, size: int) -> Iterator[bytes]:
    return iter([content[at : at + size] for at in range(0, len(content), size)])


def read(
    content: bytes, dialect: CsvSpec, width: int, size: int
) -> tuple[list[object], list[object]]:
    reader = CsvReader(dialect=dialect, blocks=cut(content, size))
    if dialect.header:
        reader.read_header()
    else:
        reader.names = tuple(f"c{number}" for number in range(width))
    rows: list[object] = []
    malformed: list[object] = []
    for chunk in reader.chunks():
        columns = [column.to_pylist() for column in chunk.rows.columns]
        rows += zip(chunk.lines.to_pylist(), *columns, strict=True)
        malformed += [(each.line, each.text) for each in chunk.malformed]
    return rows, malformed


@st.composite
def written(draw: st.DrawFn) -> tuple[bytes, CsvSpec, int, list[object], list[int]]:
    """A file, its dialect and width, and what it holds: rows with their lines, and malformed lines."""
    quote = draw(st.sampled_from(['"', "'"]))
    dialect = CsvSpec(
        delimiter=draw(st.sampled_from([",", ";", "\t"])),
        quote=quote,
        escape=draw(st.sampled_from([None, "\\"])),
        header=False,
    )
    width = draw(st.integers(2, 3))
    ending = draw(st.sampled_from(["\n", "\r\n"]))
    text, rows, broken = "", list[object](), list[int]()
    for _ in range(draw(st.integers(0, 6))):
        line = text.count("\n") + 1
        kind = draw(st.sampled_from(["row", "row", "row", "few", "quote", "blank"]))
        if kind == "row":
            fields = draw(st.lists(FIELDS, min_size=width, max_size=width))
            text += _row(fields, dialect, ending)
            rows.append((line, *fields))
        elif kind == "blank":
            text += ending
        else:
            broken.append(line)
            text += (f"{quote}x{quote}y" if kind == "quote" else "x") + ending
    return text.encode(), dialect, width, rows, broken


def _row(fields: list[str], dialect: CsvSpec, ending: str) -> str:
    sink = io.StringIO()
    csv.writer(
        sink,
        delimiter=dialect.delimiter,
        quotechar=dialect.quote,
        doublequote=dialect.escape is None,
        escapechar=dialect.escape,
        quoting=csv.QUOTE_ALL,
        lineterminator=ending,
    ).writerow(fields)
    return sink.getvalue()


@given(file=written(), size=st.integers(1, 64))
def test_every_row_and_every_malformed_line_is_found_whatever_the_blocks(
    file: tuple[bytes, CsvSpec, int, list[object], list[int]], size: int
) -> None:
    content, dialect, width, rows, broken = file

    found, malformed = read(content, dialect, width, size)

    assert found == rows
    assert [line for line, _ in malformed] == broken


@given(
    rows=st.lists(st.lists(FIELDS, min_size=2, max_size=2), max_size=5),
    size=st.integers(1, 40),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
)
def test_python_reads_the_same(rows: list[list[str]], size: int, quoting: int) -> None:
    sink = io.StringIO(newline="")
    writer = csv.writer(sink, quoting=quoting)
    writer.writerows(rows)
    text = sink.getvalue()
    expected = [row for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row]

    found, malformed = read(text.encode(), CsvSpec(header=False), 2, size)

    assert not malformed
    # An empty field without quotes is NULL here, an empty text there.
    assert [[value or "" for value in row[1:]] for row in found] == expected  # type: ignore[index]


@given(st.data())
def test_a_quote_that_is_never_closed_takes_its_line_and_no_more(data: st.DataObject) -> None:
    before, after = data.draw(st.integers(0, 3)), data.draw(st.integers(0, 3))
    lines = ["1,2"] * before + ['1,"2'] + ["3,4"] * after
    size = data.draw(st.integers(1, 20))

    found, malformed = read(("\n".join(lines) + "\n").encode(), CsvSpec(header=False), 2, size)

    assert malformed == [(before + 1, '1,"2')]
    assert len(found) == before + after


def test_a_line_without_end_is_malformed_and_is_not_held(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (csv_exact, csv_blocks):
        monkeypatch.setattr(module, "MOST_RECORD", 50)
    content = b"1,2\n" + b"x" * 500 + b",\n3,4\n"

    found, malformed = read(content, CsvSpec(header=False), 2, 16)

    assert [row[0] for row in found] == [1, 3]  # type: ignore[index]
    assert [line for line, _ in malformed] == [2]


def test_bytes_that_are_no_text_make_their_row_malformed() -> None:
    found, malformed = read(b"1,2\n\xff,4\n5,6\n", CsvSpec(header=False), 2, 1000)

    assert [row[0] for row in found] == [1, 3]  # type: ignore[index]
    assert [line for line, _ in malformed] == [2]
