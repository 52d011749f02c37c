"""The outbox: messages that are written and not yet taken by every channel, and how channels do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.alerting.alert import Alert

MOST_MESSAGES = 50
# Longer than all channels together need for one message, unless each of them is close to its limits.
LEASE = timedelta(minutes=1)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(hours=1)
# A message that nobody takes is tried for so long.
KEPT = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """An alert on its way. Times are UTC, ISO 8601.

    `waiting` are the channels that have not taken it. Whoever sends it is `holder` until `until`.
    `next_at` is when it is tried again by itself.
    """

    id: str
    alert: Alert
    waiting: tuple[str, ...]
    orders: tuple[str, ...] = ()
    created_at: str
    next_at: str
    tries: int = 0
    holder: str | None = None
    until: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelState:
    """How a channel did last. `error` is there until it takes something again."""

    name: str
    delivered_at: str | None = None
    failed_at: str | None = None
    error: str | None = None


def is_free(message: Message, now: datetime) -> bool:
    """Say whether nobody sends a message, or whoever did must be dead."""
    return message.until is None or datetime.fromisoformat(message.until) <= now


def is_due(message: Message, now: datetime) -> bool:
    """Say whether it is time to try a message again by itself."""
    return datetime.fromisoformat(message.next_at) <= now


def claim(message: Message, holder: str, now: datetime) -> Message:
    """Take a free message, to send it."""
    return replace(message, holder=holder, until=(now + LEASE).isoformat())


def tried(
    message: Message, delivered: Iterable[str], known: Iterable[str], now: datetime
) -> Message | None:
    """Write down who has taken a message; None if nobody is left, or it is too old to be tried again.

    A channel that is not `known` is not set any more and waits for nothing.
    """
    gone = set(delivered)
    left = tuple(name for name in message.waiting if name not in gone and name in set(known))
    if not left or now - datetime.fromisoformat(message.created_at) > KEPT:
        return None
    pause = min(FIRST_PAUSE * 2 ** min(message.tries, 10), LONGEST_PAUSE)
    return replace(
        message,
        waiting=left,
        tries=message.tries + 1,
        next_at=(now + pause).isoformat(),
        holder=None,
        until=None,
    )


def note_channels(
    states: Iterable[ChannelState],
    delivered: Iterable[str],
    errors: Mapping[str, str],
    now: datetime,
) -> tuple[ChannelState, ...]:
    """Remember how channels did: one that takes something is well again."""
    at = now.isoformat()
    found = {state.name: state for state in states}
    for name in delivered:
        found[name] = replace(found.get(name, ChannelState(name=name)), delivered_at=at, error=None)
    for name, error in errors.items():
        found[name] = replace(found.get(name, ChannelState(name=name)), failed_at=at, error=error)
    return tuple(found[name] for name in sorted(found))
