"""Finds the runs whose bound has been held back for longer than their table file allows, and was not told of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from shared.catalog import TableSpec
from shared.loading.bound import Bound
from shared.loading.cursor import SECOND, parse_clock
from shared.loading.turn import Turn
from shared.operations.records import RunRecord

# Some engines tell only the whole seconds since a transaction began: its start wavers by as much.
_SAME_START = timedelta(seconds=5)


def find_held(
    runs: Sequence[RunRecord],
    find_specs: Callable[[], Mapping[str, TableSpec]],
    turn_of: Callable[[str], Turn],
) -> tuple[RunRecord, ...]:
    """Give the succeeded runs of which somebody has to be told.

    A table that is gone from the table files is left out: nobody can say any more what it allows.
    The files are read only where a bound is held back at all.
    """
    held = [run for run in runs if run.state == "succeeded" and run.bound.held_back_seconds]
    specs = find_specs() if held else {}
    return tuple(
        run
        for run in held
        if _is_long(run, specs.get(run.table))
        and not _is_told(turn_of(run.table).held_alerted, run.bound)
    )


def tell(turn: Turn, bound: Bound) -> Turn:
    """Remember that somebody was told who holds the bound back."""
    return replace(turn, held_alerted=_incident(bound))


def _is_long(run: RunRecord, spec: TableSpec | None) -> bool:
    age = spec.held_back_alert if spec is not None else None
    return age is not None and timedelta(seconds=run.bound.held_back_seconds or 0) >= age


def _incident(bound: Bound) -> str:
    """Name a holder by its start and its session; what it is doing now may change."""
    session = (bound.held_back_by or "").partition(",")[0]
    return f"{bound.held_back_since}|{session}"


def _is_told(told: str | None, bound: Bound) -> bool:
    if told is None or bound.held_back_since is None:
        return False
    since, _, session = told.partition("|")
    apart = abs(parse_clock(since) - parse_clock(bound.held_back_since)) / SECOND
    same = session == _incident(bound).partition("|")[2]
    return same and timedelta(seconds=apart) < _SAME_START
