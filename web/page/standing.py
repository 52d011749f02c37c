"""How a table stands, in one word: what a person would want to know of it first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

from shared.catalog import TableSpec, parse_schedule
from shared.catalog.schedule import next_after
from shared.loading.order import ordered_at
from shared.loading.turn import Turn
from shared.operations.freshness import age_of, freshest
from shared.operations.records import RunRecord
from web.page.wording import span

# The most urgent first; a table has the first that is true of it.
Standing = Literal[
    "failed",
    "quarantined",
    "late",
    "held",
    "cancelled",
    "loading",
    "waiting",
    "never",
    "fresh",
]
STANDINGS: tuple[Standing, ...] = get_args(Standing)
NAMES: dict[Standing, str] = {
    "failed": "Failed",
    "quarantined": "Quarantined",
    "late": "Late",
    "held": "Held back",
    "cancelled": "Cancelled",
    "loading": "Loading",
    "waiting": "Waiting",
    "never": "Never loaded",
    "fresh": "Fresh",
}
# A load that is due is given this long to begin and to end before its table is called late.
GRACE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """A table's standing and why. `since` is when it was to be loaded at the latest, of one that is late."""

    is_: Standing
    why: str = ""


def find_standing(spec: TableSpec, turn: Turn, runs: Sequence[RunRecord], now: datetime) -> Stand:
    """Say how a table stands; `runs` are those of its runs that are seen, the newest first."""
    last = runs[0] if runs else None
    if turn.holder is not None:
        return Stand(is_="loading", why="committing" if turn.claim else "running")
    trouble = None if last is None else _trouble(last) or _late(spec, runs, now) or _halted(last)
    if trouble is not None:
        return trouble
    if turn.waiting is not None or turn.requested > turn.served:
        return Stand(is_="waiting", why="asked for and not loaded yet")
    return Stand(is_="fresh" if last or turn.published_run_no else "never")


def _trouble(last: RunRecord) -> Stand | None:
    if last.state == "failed":
        return Stand(is_="failed", why=last.error.type if last.error else "no cause was recorded")
    if last.outcome == "quarantined":
        return Stand(is_="quarantined", why="the last run was set aside")
    return None


def _late(spec: TableSpec, runs: Sequence[RunRecord], now: datetime) -> Stand | None:
    """Say that a table is older than it may be; where nothing is said of that, that a load is overdue."""
    if spec.fresh_within is not None:
        age = age_of(spec, freshest(runs).get(spec.name), now)
        if age is None or not age.late:
            return None
        wanted = f"to be fresh within {span(age.within_seconds)}"
        return Stand(is_="late", why=f"read {span(age.age_seconds)} ago, {wanted}")
    if spec.schedule is None or runs[0].state != "succeeded":
        return None
    due = next_after(parse_schedule(spec.schedule), ordered_at(runs[0].order_id))
    late = Stand(is_="late", why=f"due since {due:%Y-%m-%d %H:%M} UTC")
    return late if due + GRACE < now else None


def _halted(last: RunRecord) -> Stand | None:
    if last.bound.held_back_seconds:
        return Stand(is_="held", why=last.bound.held_back_by or "a transaction that is not shown")
    if last.state == "cancelled":
        return Stand(is_="cancelled", why="the last run was cancelled")
    return None
