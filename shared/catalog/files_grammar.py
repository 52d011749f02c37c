"""The keys of a source and a table of kind files, and what has to hold between them."""

import codecs
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import combinations
from typing import get_args

from shared.catalog.files_spec import Compression, CsvSpec, FileFormat, FilesSpec
from shared.catalog.path_patterns import check_pattern, overlap
from shared.catalog.place import Place, Unread
from shared.catalog.section import EMPTY, Field, Fields, Section
from shared.catalog.shapes import Flag, Listing, Pairs, Text, Word
from shared.catalog.target import parse_target

_DECIMAL = re.compile(r"decimal\((\d{1,2}),\s?(\d{1,2})\)")
_TYPES = ("text", "integer", "double", "boolean", "date", "timestamp", "timestamptz")
_MOST_DIGITS = 38
# What a file brings along itself, by which its rows are ordered and found again.
FILE_COLUMNS = ("_file", "_modified", "_sequencer", "_line", "_rest")


def _parse_type(text: str) -> str:
    """Give a type of a column back. Raises ValueError."""
    match = _DECIMAL.fullmatch(text)
    if text in _TYPES:
        return text
    if match and 1 <= int(match[1]) <= _MOST_DIGITS and int(match[2]) <= int(match[1]):
        return f"decimal({int(match[1])},{int(match[2])})"
    raise ValueError(f'"{text}" is no type; write one of {", ".join(_TYPES)} or decimal(18,2)')


def _parse_location(text: str) -> str:
    """Give a folder of the landing zone back. Raises ValueError."""
    if text != "landing" and not text.startswith("landing/"):
        raise ValueError(f"{text!r} is not in the landing zone; write landing or landing/<folder>")
    return text if text == "landing" else parse_target(text)


def _parse_encoding(text: str) -> str:
    try:
        return codecs.lookup(text).name
    except LookupError:
        raise ValueError(f"{text!r} is no encoding; write utf-8, utf-16 or cp1252") from None


def _parse_character(text: str) -> str | None:
    if text == "none":
        return None
    text = "\t" if text == "tab" else text
    if len(text) != 1 or not text.isascii() or text in "\r\n":
        raise ValueError(f"{text!r} is not one character; write one, or a word for it: tab, none")
    return text


def _parse_share(text: str) -> float:
    match = re.fullmatch(r"(\d{1,3})%", text)
    if match is None or int(match[1]) > 100:  # noqa: PLR2004 - a share in percent
        raise ValueError(f"{text!r} is no share; write 0% to 100%")
    return int(match[1]) / 100


LOCATION: Field[str | None] = Field(
    name="location",
    shape=Text(parse=_parse_location, hint="write landing/<folder>"),
    meaning="Folder of the landing zone in the lake, as `landing/<folder>`. Only for kind files, and needed there.",
    default=None,
)
PATH = Field(
    name="path",
    shape=Text(parse=check_pattern, hint='write a pattern: "orders/*.csv"'),
    meaning="Which files are the table's, below the location: `*` and `?` stand for characters of a name, "
    "`**` for any folders. Names that begin with `_` or `.` are never read.",
    example='path: "orders/*.csv"',
)
FORMAT: Field[FileFormat] = Field(
    name="format",
    shape=Word(get_args(FileFormat)),
    meaning="What the files hold: CSV, one JSON document, JSON lines, or Parquet.",
    example="format: csv",
)
COMPRESSION: Field[Compression] = Field(
    name="compression",
    shape=Word(get_args(Compression)),
    meaning="How the files are compressed; auto looks at their first bytes. Not for parquet.",
    default="auto",
)
ENCODING = Field(
    name="encoding",
    shape=Text(parse=_parse_encoding, hint="write utf-8, utf-16 or cp1252"),
    meaning="Encoding of the text. Only for csv, json and ndjson.",
    default="utf-8",
)
TYPES: Field[tuple[tuple[str, str], ...]] = Field(
    name="columns",
    shape=Pairs(of=Text(parse=_parse_type, hint="write a type such as text or decimal(18,2)")),
    meaning="Columns of the files with their types: text, integer, double, boolean, date, timestamp, "
    "timestamptz or decimal(p,s). Needed for json and ndjson, and for csv without a header; else "
    "every column of a csv is text. Not for parquet.",
    default=(),
)
MOST_MALFORMED = Field(
    name="most_malformed",
    shape=Text(parse=_parse_share, hint="write a share: 10%", pattern=r"^\d{1,3}%$"),
    meaning="Share of malformed rows above which a file is not taken at all.",
    default=0.5,
    shown="50%",
)
DELIMITER: Field[str | None] = Field(
    name="delimiter",
    shape=Text(parse=_parse_character, hint='write one character in quotes: ";"'),
    meaning="Character between two fields; `tab` for a tabulator.",
    default=",",
)
QUOTE: Field[str | None] = Field(
    name="quote",
    shape=Text(parse=_parse_character, hint="write one character, or none"),
    meaning="Character around a field; written twice it stands for itself. `none`: fields are never quoted.",
    default='"',
)
ESCAPE: Field[str | None] = Field(
    name="escape",
    shape=Text(parse=_parse_character, hint="write one character, or none"),
    meaning="Character that takes the meaning from the next one, in place of a quote written twice.",
    default=None,
    shown="none",
)
HEADER = Field(
    name="header",
    shape=Flag(),
    meaning="Whether the first row of each file names the columns.",
    default=True,
)
NULL_TEXTS = Field(
    name="null_texts",
    shape=Listing(of=Text(parse=str, hint='write a text: "NULL"'), hint='["NULL"]', distinct=True),
    meaning="Unquoted texts that mean NULL, beside the empty field.",
    default=(),
)
CSV = Field(
    name="csv",
    shape=Section((DELIMITER, QUOTE, ESCAPE, HEADER, NULL_TEXTS)),
    meaning="The dialect of CSV files.",
    default=EMPTY,
)
FILES: Field[Fields | None] = Field(
    name="files",
    shape=Section((PATH, FORMAT, COMPRESSION, ENCODING, TYPES, MOST_MALFORMED, CSV)),
    meaning="Which files the table is made of. Only for sources of kind files, and needed there.",
    default=None,
)


def assemble_files(written: Fields | None) -> FilesSpec | None:
    """Give the files of a table that a checked entry describes."""
    if written is None:
        return None
    csv = written[CSV]
    return FilesSpec(
        path=written[PATH],
        format=written[FORMAT],
        compression=written[COMPRESSION],
        encoding=written[ENCODING],
        columns=written[TYPES],
        most_malformed=written[MOST_MALFORMED],
        csv=CsvSpec(
            delimiter=csv[DELIMITER] or ",",
            quote=csv[QUOTE],
            escape=csv[ESCAPE],
            header=csv[HEADER],
            null_texts=csv[NULL_TEXTS],
        ),
    )


def check_files(written: Fields, *, needed: Sequence[str]) -> None:
    """Report what contradicts itself among the files of a table; `needed` columns have to be there."""
    with suppress(Unread):
        _check_columns(written, needed)
    with suppress(Unread):
        _check_dialect(written)


def _check_columns(written: Fields, needed: Sequence[str]) -> None:
    kind, columns = written[FORMAT], [name for name, _ in written[TYPES]]
    if kind in ("json", "ndjson") and not columns:
        written.at(TYPES).report(f"is missing; format {kind} needs it: columns: {{id: integer}}")
    if kind == "csv" and not columns and not written[CSV][HEADER]:
        written.at(TYPES).report("is missing; a csv without a header needs it")
    if kind == "parquet" and columns:
        written.at(TYPES).report(
            "does not go with format parquet, whose files have types; remove it"
        )
    for name in columns:
        if name in FILE_COLUMNS:
            written.at(TYPES).key(name).report("is a name of Tidemark's own; rename the column")
    for name in needed if columns else ():
        if name not in columns and name not in FILE_COLUMNS:
            written.at(TYPES).report(f'has no column "{name}", which the table needs; add it')


def _check_dialect(written: Fields) -> None:
    kind, csv = written[FORMAT], written[CSV]
    if kind != "csv" and written.wrote(CSV):
        written.at(CSV).report(f"does not go with format {kind}; remove it")
    if kind == "parquet":
        for key in (COMPRESSION, ENCODING):
            if written.wrote(key):
                written.at(key).report("does not go with format parquet; remove it")
    if csv[DELIMITER] is None:
        csv.at(DELIMITER).report("has to be a character")
    marks = [csv[key] for key in (DELIMITER, QUOTE, ESCAPE) if csv[key] is not None]
    if len(set(marks)) < len(marks):
        csv.at(DELIMITER).report("delimiter, quote and escape have to be different characters")


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """The files that one table claims, for the comparison with others."""

    table: str
    location: str
    pattern: str
    at: Place


def check_overlaps(claimed: Sequence[Claimed]) -> None:
    """Report two tables that one file could belong to."""
    for first, other in combinations(claimed, 2):
        ours, theirs = (f"{each.location}/{each.pattern}" for each in (first, other))
        if overlap(ours, theirs):
            other.at.report(
                f"{other.pattern} and {first.pattern} of {first.table} can match one file; "
                "every file belongs to one table"
            )
