"""The oracle of the suite: the source compared in full with what a copy holds, each kind of fault counted apart."""

# Arrow's stubs lag behind its compute functions.
# pyright: reportCallIssue=false, reportArgumentType=false, reportAttributeAccessIssue=false

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from local.anomalies.declared import KEY

# NULL becomes this text, so that it can be compared; no case writes it.
_NULL = "\x00"


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What is wrong with a copy, in keys.

    `missing` rows are at the source only, `stale` ones have other values in the copy, `ghosts` are
    deleted at the source and still there in the copy. `doubled` keys are in the current state more
    than once. `landed` counts all row images, `landed_again` those beyond one per version.
    """

    missing: int
    stale: int
    ghosts: int
    doubled: int
    landed: int
    landed_again: int

    @property
    def lost(self) -> int:
        """Count the changes that did not arrive: rows, newer values, and deletes."""
        return self.missing + self.stale + self.ghosts


def judge(source: pa.Table, current: pa.Table, images: pa.Table, *, twice: int) -> Score:
    """Compare a source with the current state of its copy and with all that was landed.

    Columns of the copy that the source does not have are left out of the comparison, and those
    that it lacks count as NULL. `twice` are keys that the copy itself shows to be published twice.
    """
    names = source.column_names
    ours, theirs, landed = (_as_text(rows, names) for rows in (source, current, images))
    missing = _without(ours, theirs, [KEY])
    unlike = _without(ours, theirs, names)
    keys = theirs.select([KEY])
    return Score(
        missing=missing,
        stale=unlike - missing,
        ghosts=_without(keys, ours, [KEY]),
        doubled=keys.num_rows - _distinct(keys) + twice,
        landed=landed.num_rows,
        landed_again=landed.num_rows - _distinct(landed),
    )


def _as_text(rows: pa.Table, names: list[str]) -> pa.Table:
    """Write every value in one way, whatever type the tool gave it: times in UTC, microseconds."""
    return pa.table({name: _column(rows, name) for name in names})


def _column(rows: pa.Table, name: str) -> pa.ChunkedArray:
    if name not in rows.column_names:
        return pa.chunked_array([pa.repeat(pa.scalar(_NULL), rows.num_rows)])
    column = rows[name]
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.timestamp("us"))
    return pc.fill_null(column.cast(pa.string()), _NULL)


def _without(left: pa.Table, right: pa.Table, names: list[str]) -> int:
    """Count the distinct rows of `left` that are not in `right`."""
    first, second = (side.group_by(names).aggregate([]) for side in (left, right))
    return first.join(second, keys=names, join_type="left anti").num_rows


def _distinct(rows: pa.Table) -> int:
    return rows.group_by(rows.column_names).aggregate([]).num_rows
