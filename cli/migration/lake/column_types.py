"""As what two columns of different types are compared, so that equal values are found equal."""

# Arrow's stubs know units only of types that are told apart by class.
# pyright: reportAttributeAccessIssue=false

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.types as is_

# Holds every integer and decimal that a database has.
_MOST_DIGITS = 76
_UNITS = ("s", "ms", "us", "ns")


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """One column on both sides. `kind` is the type of the comparison, None if there is none.

    `how` says what the match takes for granted, where it takes anything.
    """

    column: str
    old: tuple[str, ...]
    new: tuple[str, ...]
    kind: pa.DataType | None
    how: str = ""

    @property
    def differs(self) -> bool:
        """Whether the files do not all have the one type."""
        return len({*self.old, *self.new}) > 1


def match_types(column: str, old: Iterable[pa.DataType], new: Iterable[pa.DataType]) -> Matched:
    """Find the type in which all values of a column can be compared."""
    old, new = list(old), list(new)
    kinds = {_plain(kind) for kind in (*old, *new) if not is_.is_null(kind)}
    kind, how = _common(kinds)
    return Matched(
        column=column,
        old=tuple(sorted(map(str, old))),
        new=tuple(sorted(map(str, new))),
        kind=kind,
        how=how,
    )


def _plain(kind: pa.DataType) -> pa.DataType:
    """Give the type of the values themselves, however they are stored."""
    if is_.is_dictionary(kind):
        return _plain(kind.value_type)
    if is_.is_large_string(kind) or is_.is_string_view(kind):
        return pa.string()
    if is_.is_large_binary(kind) or is_.is_fixed_size_binary(kind) or is_.is_binary_view(kind):
        return pa.binary()
    return kind


def _common(kinds: set[pa.DataType]) -> tuple[pa.DataType | None, str]:
    if not kinds:
        return pa.null(), ""
    if any(is_.is_nested(kind) for kind in kinds):
        return None, "nested values are not compared"
    if len(kinds) == 1:
        return next(iter(kinds)), ""
    for fits, build in _FAMILIES:
        if all(fits(kind) for kind in kinds):
            return build(kinds)
    return None, "values of such different types cannot be equal"


def _integers(kinds: set[pa.DataType]) -> tuple[pa.DataType, str]:
    # No signed type of 64 bits holds every unsigned one.
    return pa.decimal128(20, 0) if pa.uint64() in kinds else pa.int64(), "by value"


def _numbers(kinds: set[pa.DataType]) -> tuple[pa.DataType, str]:
    scale = max(kind.scale if is_.is_decimal(kind) else 0 for kind in kinds)
    return pa.decimal256(_MOST_DIGITS, scale), "by value"


def _floats(_: set[pa.DataType]) -> tuple[pa.DataType, str]:
    return pa.float64(), "widened, which is exact"


def _times(kinds: set[pa.DataType]) -> tuple[pa.DataType, str]:
    stamps = [kind for kind in kinds if is_.is_timestamp(kind)]
    if not stamps:
        return pa.date32(), "by day"
    coarsest = min(stamps, key=lambda kind: _UNITS.index(kind.unit))
    notes = [f"to the {coarsest.unit}"] if len({kind.unit for kind in stamps}) > 1 else []
    if len(stamps) < len(kinds):
        notes.append("a day as its midnight")
    if len({kind.tz is None for kind in stamps}) > 1:
        notes.append("without a zone taken for UTC")
    return pa.timestamp(coarsest.unit), ", ".join(notes) or "by instant"


def _clock_times(kinds: set[pa.DataType]) -> tuple[pa.DataType, str]:
    # The units of 32 bits are the coarser ones.
    narrow = [kind for kind in kinds if is_.is_time32(kind)]
    kind = min(narrow or kinds, key=lambda kind: _UNITS.index(kind.unit))
    return kind, f"to the {kind.unit}"


def _is_number(kind: pa.DataType) -> bool:
    return is_.is_integer(kind) or is_.is_decimal(kind)


def _is_time(kind: pa.DataType) -> bool:
    return is_.is_timestamp(kind) or is_.is_date(kind)


_FAMILIES: tuple[
    tuple[Callable[[pa.DataType], bool], Callable[[set[pa.DataType]], tuple[pa.DataType, str]]],
    ...,
] = (
    (is_.is_integer, _integers),
    (_is_number, _numbers),
    (is_.is_floating, _floats),
    (_is_time, _times),
    (is_.is_time, _clock_times),
)
