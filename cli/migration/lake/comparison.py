"""Compares two lakes key by key and value by value, one bucket of keys after the other."""

# Arrow's stubs lag behind its compute functions.
# pyright: reportCallIssue=false, reportArgumentType=false, reportAttributeAccessIssue=false

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as is_

from cli.migration.lake.column_types import Matched, match_types
from cli.migration.lake.difference import Difference, Example, Tally, ValueChange, make_rows
from cli.migration.lake.errors import NotComparable
from cli.migration.lake.images import Lake
from cli.migration.lake.period import Period, read_period
from cli.migration.lake.spool import count_buckets, spool
from cli.migration.lake.state import find_state, number_rows

_OLD, _NEW = "_old", "_new"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is compared: by which key, which columns (all if empty), and in which period."""

    key: tuple[str, ...]
    cursor: str | None
    columns: tuple[str, ...] = ()
    since: str | None = None
    until: str | None = None
    limit: int = 20


def compare_lakes(old: Lake, new: Lake, question: Question) -> Difference:
    """Compare the current states of two lakes.

    Memory holds one bucket of keys, about a million row images; the rest is spooled to temporary
    files as large as the compared columns of both lakes.

    Raises:
        NotComparable: a column of the question is missing, the key is none, or a file is broken.
    """
    matched = _match(old, new, question)
    kinds = {each.column: each.kind for each in matched if each.kind is not None}
    for each in matched:
        if each.column in question.key and each.kind is None:
            types = f"{'/'.join(each.old)} and {'/'.join(each.new)}"
            raise NotComparable(f"key column {each.column} is {types}; give another --key")
    wanted = pa.schema(kinds)
    period = read_period(
        question.cursor, kinds.get(question.cursor or ""), question.since, question.until
    )
    tally = Tally(limit=question.limit)
    buckets = count_buckets(old, new)
    with TemporaryDirectory(prefix="diff-lake-") as scratch:
        sides = [
            spool(lake, wanted, question.key, buckets=buckets, folder=Path(scratch))
            for lake in (old, new)
        ]
        for bucket in range(buckets):
            states = [_state(side.read(bucket), question) for side in sides]
            _compare(states[0], states[1], question.key, period, tally)
    return _result(old, new, question, matched, tally)


def _match(old: Lake, new: Lake, question: Question) -> tuple[Matched, ...]:
    # A snapshot of nothing has no columns of its own.
    shared = [column for column in old.columns if not new.parts or column in new.columns]
    asked = question.columns or tuple(shared)
    cursor = (question.cursor,) if question.cursor else ()
    wanted = dict.fromkeys([*question.key, *asked, *cursor])
    for lake in (old, new):
        missing = [name for name in wanted if lake.parts and name not in lake.columns]
        if missing:
            raise NotComparable(
                f"the {lake.side} lake has no column {', '.join(missing)}; it has "
                f"{', '.join(lake.columns)}"
            )
    return tuple(match_types(name, old.types(name), new.types(name)) for name in wanted)


def _state(images: pa.Table, question: Question) -> pa.Table:
    cursor = question.cursor if question.cursor in images.column_names else None
    return find_state(images, question.key, cursor)


def _compare(
    old: pa.Table, new: pa.Table, key: Sequence[str], period: Period, tally: Tally
) -> None:
    pairs = _pair(old, new, key)
    if not period.is_whole:
        within = _within(old, new, pairs, period)
        tally.outside += pairs.num_rows - (pc.sum(within).as_py() or 0)
        pairs = pairs.filter(within)
    for group, missing, side in (("only_old", _NEW, old), ("only_new", _OLD, new)):
        alone = pairs.filter(pairs[missing].is_null())
        at = alone[_OLD if missing == _NEW else _NEW]
        tally.add(group, alone.num_rows, _examples(side, at, key, tally.room(group)))
    both = pairs.filter(pc.and_(pairs[_OLD].is_valid(), pairs[_NEW].is_valid()))
    _compare_values(old.take(both[_OLD]), new.take(both[_NEW]), key, tally)


def _pair(old: pa.Table, new: pa.Table, key: Sequence[str]) -> pa.Table:
    """Join both sides' keys; `_old` and `_new` are the rows' positions, NULL where there is none."""
    left = old.select(list(key)).append_column(_OLD, number_rows(old.num_rows))
    right = new.select(list(key)).append_column(_NEW, number_rows(new.num_rows))
    return left.join(right, keys=list(key), join_type="full outer")


def _within(
    old: pa.Table, new: pa.Table, pairs: pa.Table, period: Period
) -> pa.ChunkedArray | pa.BooleanArray:
    """Mark the pairs that lie in the period with every row they have.

    A row that one side knows from before the period's end and the other from after it was changed
    since, which says nothing of either lake.
    """
    within = pa.chunked_array([pa.repeat(pa.scalar(value=True), pairs.num_rows)])
    for side, column in ((old, _OLD), (new, _NEW)):
        at = pairs[column]
        marked = period.mark(side[period.column]).take(at)
        within = pc.and_(within, pc.or_(at.is_null(), pc.fill_null(marked, False)))  # noqa: FBT003 - a value
    return within


def _compare_values(old: pa.Table, new: pa.Table, key: Sequence[str], tally: Tally) -> None:
    """Compare rows that stand beside each other."""
    differs = pa.chunked_array([pa.repeat(pa.scalar(value=False), old.num_rows)])
    unlike: dict[str, pa.ChunkedArray | pa.BooleanArray] = {}
    for column in old.column_names:
        marked = _unlike(old[column], new[column])
        if count := pc.sum(marked).as_py():
            unlike[column] = marked
            tally.columns[column] = tally.columns.get(column, 0) + count
            differs = pc.or_(differs, marked)
    at = pc.indices_nonzero(differs)
    tally.equal += old.num_rows - len(at)
    first = at.slice(0, max(tally.room("different"), 0))
    keys = _texts(old.select(list(key)).take(first))
    changes: list[list[ValueChange]] = [[] for _ in first]
    for column, marked in unlike.items():
        here = marked.take(first).to_pylist()
        sides = zip(_text(old[column].take(first)), _text(new[column].take(first)), strict=True)
        for row, (is_unlike, (left, right)) in enumerate(zip(here, sides, strict=True)):
            if is_unlike:
                changes[row].append(ValueChange(column=column, old=left, new=right))
    examples = [
        Example(key=key, changes=tuple(found)) for key, found in zip(keys, changes, strict=True)
    ]
    tally.add("different", len(at), examples)


def _unlike(old: pa.ChunkedArray, new: pa.ChunkedArray) -> pa.ChunkedArray | pa.BooleanArray:
    """Mark where two columns differ. NULL equals NULL and nothing else, NaN equals NaN."""
    equal = pc.fill_null(pc.equal(_bits(old), _bits(new)), False)  # noqa: FBT003 - a value
    equal = pc.or_(equal, pc.and_(old.is_null(), new.is_null()))
    if is_.is_floating(old.type):
        nans = pc.and_(pc.is_nan(old), pc.is_nan(new))
        equal = pc.or_(equal, pc.fill_null(nans, False))  # noqa: FBT003 - a value
    return pc.invert(equal)


def _bits(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Give floats as integers, so that 0.0 is not -0.0."""
    if not is_.is_floating(column.type):
        return column
    whole = {16: pa.int16(), 32: pa.int32(), 64: pa.int64()}[column.type.bit_width]
    return pa.chunked_array([chunk.view(whole) for chunk in column.chunks], whole)


def _examples(side: pa.Table, at: pa.ChunkedArray, key: Sequence[str], room: int) -> list[Example]:
    rows = side.select(list(key)).take(at.slice(0, max(room, 0)))
    return [Example(key=key) for key in _texts(rows)]


def _texts(rows: pa.Table) -> list[tuple[tuple[str, str | None], ...]]:
    names = rows.column_names
    columns = [_text(rows[name]) for name in names]
    return [tuple(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]


def _text(column: pa.ChunkedArray) -> list[str | None]:
    if is_.is_binary(column.type):
        return [None if value is None else value.hex() for value in column.to_pylist()]
    return column.cast(pa.string()).to_pylist()


def _result(
    old: Lake, new: Lake, question: Question, matched: Sequence[Matched], tally: Tally
) -> Difference:
    named = {each.column for each in matched} if question.columns else set[str]()
    only_old = [name for name in old.columns if new.parts and name not in new.columns]
    only_new = [name for name in new.columns if name not in old.columns]
    return Difference(
        only_old=make_rows(tally, "only_old"),
        only_new=make_rows(tally, "only_new"),
        different=make_rows(tally, "different"),
        equal=tally.equal,
        outside=tally.outside,
        columns=tuple(sorted(tally.columns.items())),
        matched=tuple(matched),
        columns_only_old=() if named else tuple(only_old),
        columns_only_new=() if named else tuple(only_new),
    )
