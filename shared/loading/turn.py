"""Turns: one load per table at a time, whoever asks, and what a late executor may still do.

Every change is a pure step from one `Turn` to the next; the store applies it by compare-and-set.
The epoch grows whenever the turn is taken, so whoever holds an older one has lost it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.loading.bound import Mark
from shared.loading.errors import ConflictError, TurnLost
from shared.loading.plan import PlannedColumn
from shared.loading.sentinels import NullShare

# Longer than the pauses between two questions of a load that waits for its turn.
COURTESY = timedelta(seconds=15)


class TableBusy(ConflictError):
    """Wait until the table is not being loaded any more, or cancel what loads it; then try again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A commit that will be carried to its end, by its own run or by whoever comes next.

    `plan` and `landing` are lake paths; `epoch` and `run_no` are those of the run that claimed.
    """

    run_id: str
    epoch: int
    run_no: int
    plan: str
    landing: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """What a run has set aside in quarantine: `drift` stands for why, so that it is done once."""

    drift: str
    run_id: str
    run_no: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """The state of one table: who loads it now, what is asked for, what is half committed.

    `epoch` counts takings; `last_run` held the turn last; `published_run_no` and `published_run` are
    the last run whose rows went to bronze. `requested` counts requests to bring the table up to date, `served` how
    many of them a finished load covers; `serving` is what the present load will cover, and `serving_since`
    when the last load that covers any took the turn (UTC, ISO 8601, as all times here).
    `waiting` is the order on its way to serve what is requested and not yet served, `asked_at` when a
    load last found the turn taken (UTC, ISO 8601). `columns` and `identity` are those of the table
    that was published last, `null_share` what it had of rows without a cursor value, `marks` the
    sightings of an integer cursor. `set_aside` is what went to quarantine since then.
    `held_alerted` names who held the bound back at the last alert.
    """

    epoch: int = 0
    holder: str | None = None
    instance: str | None = None
    taken_at: str | None = None
    last_run: str | None = None
    published_run_no: int = 0
    published_run: str | None = None
    requested: int = 0
    served: int = 0
    serving: int = 0
    serving_since: str | None = None
    waiting: str | None = None
    asked_at: str | None = None
    claim: Claim | None = None
    columns: tuple[PlannedColumn, ...] = ()
    marks: tuple[Mark, ...] = ()
    set_aside: SetAside | None = None
    identity: str | None = None
    null_share: NullShare | None = None
    held_alerted: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Requested:
    """A request counted. `started` says whether its own order has to be started for it."""

    turn: Turn
    started: bool


def request(turn: Turn, order_id: str) -> Requested:
    """Count a request; join the order that is already on its way, if it has not begun."""
    counted = replace(turn, requested=turn.requested + 1)
    if turn.waiting is not None:
        return Requested(turn=counted, started=False)
    return Requested(turn=replace(counted, waiting=order_id), started=True)


def is_served(turn: Turn, order_id: str) -> bool:
    """Say whether everything asked for so far is loaded already, so that a waiting order may end."""
    return turn.waiting != order_id and turn.served == turn.requested


def is_free(turn: Turn, run_id: str) -> bool:
    """Say whether a run may take the turn: nobody holds it, or it is taken again by the same run."""
    return turn.holder in (None, run_id)


def gives_way(turn: Turn, at: str) -> bool:
    """Say whether a backfill has to leave the turn to a load that has asked for it lately."""
    if turn.asked_at is None:
        return False
    return datetime.fromisoformat(at) - datetime.fromisoformat(turn.asked_at) < COURTESY


def opens_at(turn: Turn, window: timedelta) -> str:
    """Say from when on events may have their next load, a window after the last began; "" for at once.

    An order is named before its request is counted, so that it may be a little older than the load
    that has just begun, and its own window may end too early.
    """
    if turn.serving_since is None or not window:
        return ""
    return (datetime.fromisoformat(turn.serving_since) + window).isoformat()


def take(turn: Turn, *, run_id: str, instance: str, at: str, serves: bool = True) -> Turn:
    """Take a free turn: a new epoch, and every request so far will be served by it.

    A backfill or reconciliation serves none (`serves` False): it does not bring the table up to date. Taking it again
    from the same orchestration changes nothing, so that a repeated activity is harmless.
    """
    if turn.holder == run_id and turn.instance == instance:
        return turn
    taken = replace(turn, epoch=turn.epoch + 1, holder=run_id, instance=instance, taken_at=at)
    if not serves:
        return replace(taken, serving=turn.served)
    return replace(taken, serving=turn.requested, serving_since=at, waiting=None, asked_at=None)


def claim(turn: Turn, claimed: Claim) -> Turn:
    """Claim the commit. From here on the run goes only forward.

    Raises:
        TurnLost: the epoch has moved on, or another commit is under way.
    """
    check_epoch(turn, claimed.run_id, claimed.epoch)
    aside = turn.set_aside.run_no if turn.set_aside else 0
    if max(turn.published_run_no, aside) >= claimed.run_no:
        return turn  # carried to its end already: this is a repeated execution
    if turn.published_run == claimed.run_id:
        # Its folder is there and never changes: a claim that nobody can carry out would block the table.
        raise TurnLost(f"run {claimed.run_id} was published before, as {turn.published_run_no}")
    if turn.claim is not None and turn.claim != claimed:
        raise TurnLost(f"run {turn.claim.run_id} has a commit under way")
    return replace(turn, claim=claimed)


def close_claim(
    turn: Turn,
    claimed: Claim,
    columns: tuple[PlannedColumn, ...],
    *,
    drift: str | None = None,
    identity: str | None = None,
    null_share: NullShare | None = None,
) -> Turn:
    """Mark a claimed commit as done: published and advanced, or with `drift` set aside.

    What is None stays as it was known.
    """
    if turn.claim != claimed:
        return turn
    if drift is not None:
        aside = SetAside(drift=drift, run_id=claimed.run_id, run_no=claimed.run_no)
        return replace(turn, claim=None, set_aside=aside)
    return replace(
        turn,
        claim=None,
        published_run_no=claimed.run_no,
        published_run=claimed.run_id,
        columns=columns,
        set_aside=None,
        identity=identity or turn.identity,
        null_share=null_share or turn.null_share,
    )


def end(turn: Turn, *, run_id: str, epoch: int) -> Turn:
    """Give the turn back; a turn already lost stays as it is.

    A load that failed has served its requests too: its order says so and is alerted, and asking
    again at once would fail again.
    """
    if turn.holder != run_id or turn.epoch != epoch:
        return turn
    return replace(release(turn), served=max(turn.served, turn.serving))


def release(turn: Turn) -> Turn:
    """Free a turn whose holder is dead. What it was to serve stays asked for."""
    return replace(turn, holder=None, instance=None, taken_at=None, last_run=turn.holder)


def abandon(turn: Turn, *, run_id: str, epoch: int) -> Turn:
    """Give the turn back unserved, as the load was cancelled; a turn already lost stays as it is.

    What was asked for stays asked for: an event tells of rows that somebody still has to load.
    """
    if turn.holder != run_id or turn.epoch != epoch:
        return turn
    return release(turn)


def withdraw(turn: Turn, order_id: str) -> Turn:
    """Take back that an order is on its way, so that the next request orders another."""
    return replace(turn, waiting=None) if turn.waiting == order_id else turn


def correct(turn: Turn) -> Turn:
    """Let the watermark be moved by hand: nobody may be working from where it stood.

    It counts as a taking, so that whoever worked before has lost the turn. No rerun adopts a plan
    that was made from the old watermark, and no earlier sighting of a cursor counts any more: the
    source may not be the one that it was. Whoever moves it vouches for the source that is there now.

    Raises:
        TableBusy: a run holds the turn, or a claimed commit has not been carried to its end.
    """
    if turn.holder is not None:
        raise TableBusy(f"run {turn.holder} is loading the table")
    if turn.claim is not None:
        raise TableBusy(f"the commit of run {turn.claim.run_id} is not finished yet")
    return replace(turn, epoch=turn.epoch + 1, last_run=None, marks=(), identity=None)


def check_epoch(turn: Turn, run_id: str, epoch: int) -> None:
    """Raise TurnLost unless this run still holds the turn it took."""
    if turn.holder != run_id or turn.epoch != epoch:
        raise TurnLost(
            f"run {run_id} worked in epoch {epoch}; the turn is in epoch {turn.epoch}, "
            f"held by {turn.holder or 'nobody'}"
        )
