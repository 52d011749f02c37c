"""The watermark: how far a table is loaded, and which run carried it there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from shared.loading.bound import Bound

Mover = Literal["load", "set", "rollback"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Watermark:
    """A position in the source's exact text. `moved_at` is UTC, ISO 8601; `version` counts moves.

    `overlap` is the lake path of the digests of rows landed above `position`, None if there are
    none; it holds only while `overlap_run_no` is the last run of the table that published. `by` says
    what moved it: a load, of which `run_id` is the run, or a person, who gave a `reason`. `zoned` says
    whether the column carried a time zone when the position was written; None if nobody knows.
    """

    position: str
    how: str
    run_id: str | None
    moved_at: str
    version: int = 1
    overlap: str | None = None
    overlap_run_no: int = 0
    by: Mover = "load"
    reason: str | None = None
    zoned: bool | None = None


def advance(
    before: Watermark | None,
    bound: Bound,
    *,
    run_id: str,
    at: str,
    overlap: str | None,
    run_no: int,
    zoned: bool | None = None,
) -> Watermark | None:
    """Give the watermark after a load, or the old one if nothing is safe yet."""
    if bound.value is None:
        return before
    return Watermark(
        position=bound.value,
        how=bound.how,
        run_id=run_id,
        moved_at=at,
        version=1 if before is None else before.version + 1,
        overlap=overlap,
        overlap_run_no=run_no,
        zoned=zoned,
    )


def correct(
    before: Watermark | None,
    *,
    position: str,
    how: str,
    by: Mover,
    reason: str,
    at: str,
    zoned: bool | None = None,
) -> Watermark:
    """Give the watermark that a person puts in place of `before`.

    It names no digests: what lies above it is landed anew, whatever was landed before.
    """
    return Watermark(
        position=position,
        how=how,
        run_id=None,
        moved_at=at,
        version=1 if before is None else before.version + 1,
        by=by,
        reason=reason,
        zoned=zoned,
    )
