"""The board: all incidents that are open, those that were lately, and what has still to be told.

It is one value, changed by compare-and-set, so that an incident and the message that tells of it
change together: whatever is to be told is written down before anybody sends it, and stays written
until a channel has taken it. Whoever dies in between has told it once more, with the same id.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Protocol

from shared.alerting.alert import Alert, Event
from shared.alerting.incident import (
    Incident,
    Kind,
    Mended,
    Trouble,
    go_on,
    is_over,
    knows,
    open_incident,
    resolve,
)
from shared.alerting.outbox import MOST_MESSAGES, ChannelState, Message

MOST_RESOLVED = 200

# Writes the alert of some incidents of one kind: its id, what of it, which ones, and when.
Writer = Callable[[str, Event, Sequence[Incident], datetime], Alert]


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """`resolved` are the last ones, the newest first. `told` says when a source was told of last."""

    open: tuple[Incident, ...] = ()
    resolved: tuple[Incident, ...] = ()
    outbox: tuple[Message, ...] = ()
    channels: tuple[ChannelState, ...] = ()
    told: dict[str, str] = field(default_factory=dict[str, str])


class Boards(Protocol):
    """Where the board is kept. Raises StateUnavailable when the store does not answer."""

    def read(self) -> Board:
        """Give the board; an empty one at first."""
        ...

    def change(self, step: Callable[[Board], Board]) -> Board:
        """Apply a pure step by compare-and-set. A step that changes nothing writes nothing."""
        ...


def report(board: Board, troubles: Iterable[Trouble], now: datetime) -> Board:
    """Count reports: each opens an incident, or is one more of it. What was seen counts once."""
    known = {incident.key: incident for incident in board.open}
    for trouble in troubles:
        there = known.get(trouble.key)
        if there is not None:
            known[trouble.key] = go_on(there, trouble, now)
        elif not any(knows(each, trouble) for each in board.resolved):
            known[trouble.key] = open_incident(trouble, now)
    return replace(board, open=tuple(known.values()))


def mend(board: Board, mended: Iterable[Mended], now: datetime) -> Board:
    """End the incidents that are over by what went well."""
    ends = _ends(board, mended)
    if not ends:
        return board
    over = [resolve(each, ends[each.id], now) for each in board.open if each.id in ends]
    left = tuple(each for each in board.open if each.id not in ends)
    return replace(board, open=left, resolved=(*over, *board.resolved))


def count_over(board: Board, mended: Iterable[Mended]) -> int:
    """Count the incidents that would be over by what went well."""
    return len(_ends(board, mended))


def gather(
    board: Board, now: datetime, *, pause: timedelta, channels: Sequence[str], write: Writer
) -> Board:
    """Put what is news into messages: one for what failed, one for what is late, and so on.

    The news of a source that was told of less than `pause` ago waits, so that it is told together
    with what comes until then. Without a channel nobody is told anything.
    """
    news = [each for each in (*board.resolved, *board.open) if each.news is not None]
    ready = [each for each in news if not channels or _may_be_told(board, each, now, pause)]
    if not ready:
        return board
    groups: dict[Kind | str, list[Incident]] = {}
    for each in ready:
        groups.setdefault("resolved" if each.news == "resolved" else each.last.kind, []).append(
            each
        )
    messages: list[Message] = []
    told: dict[str, Incident] = {}
    for group in groups.values():
        message = _message(group, now, channels, write) if channels else None
        messages += [message] if message else []
        told |= {each.id: _told(each, message and message.id, now) for each in group}
    # Only where something has gone out: what nobody was told needs no pause.
    clocks = {_clock(each): now.isoformat() for each in ready} if channels else {}
    return replace(
        board,
        open=tuple(told.get(each.id, each) for each in board.open),
        resolved=_kept([told.get(each.id, each) for each in board.resolved]),
        # The oldest are given up where nobody has taken any of many.
        outbox=(*board.outbox, *messages)[-MOST_MESSAGES:],
        told={name: at for name, at in board.told.items() if now - _at(at) < pause} | clocks,
    )


def _ends(board: Board, mended: Iterable[Mended]) -> dict[str, Mended]:
    by_subject: dict[str, list[Mended]] = {}
    for each in mended:
        by_subject.setdefault(each.subject, []).append(each)
    return {
        incident.id: each
        for incident in board.open
        for each in by_subject.get(incident.last.subject, ())
        if is_over(incident, each)
    }


def _kept(resolved: Sequence[Incident]) -> tuple[Incident, ...]:
    """Keep the newest; one that has not been told of stays whatever its age."""
    return tuple(
        each
        for place, each in enumerate(resolved)
        if place < MOST_RESOLVED or each.news is not None
    )


def _message(
    incidents: Sequence[Incident], now: datetime, channels: Sequence[str], write: Writer
) -> Message:
    events = {each.news for each in incidents}
    event: Event = next(each for each in ("opened", "updated", "resolved") if each in events)
    named = sorted(f"{each.id}-{each.news}-{each.count}" for each in incidents)
    message_id = f"msg_{sha256(' '.join(named).encode()).hexdigest()[:24]}"
    orders = {each.last.order_id for each in incidents}
    orders |= {each.mended.order_id for each in incidents if each.mended}
    return Message(
        id=message_id,
        alert=write(message_id, event, incidents, now),
        waiting=tuple(channels),
        orders=tuple(sorted(each for each in orders if each is not None)),
        created_at=now.isoformat(),
        next_at=now.isoformat(),
    )


def _told(incident: Incident, message: str | None, now: datetime) -> Incident:
    at = now.isoformat() if message else incident.told_at
    return replace(incident, news=None, told_at=at, thread=incident.thread or message)


def _may_be_told(board: Board, incident: Incident, now: datetime, pause: timedelta) -> bool:
    last = board.told.get(_clock(incident))
    return last is None or now - _at(last) >= pause


def _clock(incident: Incident) -> str:
    """What went wrong and what is well again have each its own pause."""
    return f"{incident.source} {'resolved' if incident.news == 'resolved' else incident.last.kind}"


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)
