"""Turns columns of text into columns of declared types, and says which rows cannot be."""

# Arrow's stubs lag behind its compute functions.
# pyright: reportCallIssue=false, reportArgumentType=false

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from shared.files.parquet import parquet_type
from shared.loading.plan import PlannedColumn

_DECIMAL = re.compile(r"decimal\((\d+),(\d+)\)")
_ARROW: Mapping[str, pa.DataType] = {
    "text": pa.string(),
    "integer": pa.int64(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
    "timestamptz": pa.timestamp("us", "UTC"),
}
# Arrow also takes hexadecimal numbers, and texts of other lengths.
_DAY = r"\d{4}-\d\d-\d\d"
_TIME = r"\d\d:\d\d(:\d\d(\.\d{1,6})?)?"
_NUMBER = r"-?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"
_FORMS: Mapping[str, str] = {
    "integer": r"^-?\d+$",
    "double": rf"^({_NUMBER}|NaN|nan|-?[Ii]nf(inity)?)$",
    "boolean": r"^([Tt]rue|TRUE|[Ff]alse|FALSE|0|1)$",
    "date": rf"^{_DAY}$",
    "timestamp": rf"^{_DAY}([ T]{_TIME})?$",
    "timestamptz": rf"^{_DAY}[ T]{_TIME}(Z|[+-]\d\d(:?\d\d)?)$",
    "decimal": r"^-?(\d+\.?\d*|\.\d+)$",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column as declared: its name, its type as a table file writes it, and as Arrow does."""

    name: str
    declared: str

    @property
    def lands(self) -> pa.DataType:
        """The type in the lake."""
        return arrow_type(self.declared)


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """Values of one column; `bad` are the numbers of rows whose text is no value of its type, there NULL."""

    values: pa.Array
    bad: tuple[int, ...] = ()


def arrow_type(declared: str) -> pa.DataType:
    """Give the type that a declared one lands as."""
    if match := _DECIMAL.fullmatch(declared):
        return pa.decimal128(int(match[1]), int(match[2]))
    return _ARROW[declared]


def read_texts(texts: pa.Array, declared: str) -> Typed:
    """Read texts as values of a type; what has one already stays as it is."""
    is_text = declared == "text" or not _is_declared(declared)
    if is_text or not pa.types.is_string(texts.type):
        return Typed(values=texts)
    kind = arrow_type(declared)
    if declared == "integer" and pc.any(pc.match_substring(texts, "x", ignore_case=True)).as_py():
        # Arrow would take a hexadecimal number.
        return _read_fitting(texts, declared, kind)
    try:
        values = texts.cast(kind)
    except pa.ArrowInvalid:
        return _read_fitting(texts, declared, kind)
    bad: list[int] = []
    if pa.types.is_floating(kind) and pc.any(pc.is_inf(values)).as_py():
        # Written with digits it is a number that is too large, not infinity.
        pairs = zip(pc.is_inf(values).to_pylist(), texts.to_pylist(), strict=True)
        bad += [
            n for n, (inf, text) in enumerate(pairs) if inf and text and text[-1] in "0123456789."
        ]
    return Typed(values=values, bad=tuple(bad))


def _read_fitting(texts: pa.Array, declared: str, kind: pa.DataType) -> Typed:
    """Read those texts that have the form of the type, most of which are of it; the others are bad."""
    form = _FORMS["decimal" if declared.startswith("decimal") else declared]
    fits = pc.fill_null(pc.match_substring_regex(texts, form), True)  # noqa: FBT003 - Arrow takes it by position
    bad = [number for number, each in enumerate(fits.to_pylist()) if not each]
    fitting = pc.if_else(fits, texts, pa.scalar(None, pa.string()))
    try:
        return Typed(values=fitting.cast(kind), bad=tuple(bad))
    except pa.ArrowInvalid:
        return _read_each(fitting, kind, bad)


def _read_each(texts: pa.Array, kind: pa.DataType, bad: list[int]) -> Typed:
    """Look for the values that are beyond the type: out of range, too precise, or days that are none."""
    values = [_read_one(texts[number : number + 1], kind) for number in range(len(texts))]
    beyond = [number for number, each in enumerate(values) if each is None]
    read = [pa.nulls(1, kind) if each is None else each for each in values]
    return Typed(values=pa.concat_arrays(read), bad=tuple(sorted({*bad, *beyond})))


def _read_one(text: pa.Array, kind: pa.DataType) -> pa.Array | None:
    try:
        return text.cast(kind)
    except pa.ArrowInvalid:
        return None


def arrow_of(column: PlannedColumn) -> pa.DataType:
    """Give the type of a planned column: the one declared, or of a Parquet file the one that it has."""
    declared = column.source_type
    return arrow_type(declared) if _is_declared(declared) else parquet_type(column.lands)


def _is_declared(kind: str) -> bool:
    return kind in _ARROW or kind.startswith("decimal(")
