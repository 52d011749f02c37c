"""Incidents: one for each thing that is wrong, from the first alert of it until it is over.

Every change is a pure step; the board that holds the incidents applies it by compare-and-set.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Literal

from shared.alerting.alert import Event, HeldTable
from shared.loading.errors import Failure

Kind = Literal["failed", "held_back", "unread", "late", "refresh"]
Work = Literal["load", "backfill", "reconcile", "refresh"]
Key = tuple[str, str, str, str]

# What goes on is told of again after so long.
REMINDER = timedelta(days=1)
# So many of the last reports of one incident are known again.
_TOKENS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """One report of something that is wrong.

    `subject` is a table, or the lakehouse; `work` is what of it is wrong, and `what` the error's
    type: together with the kind they name the incident. `detail` may change, which is told at once.
    A report whose `token` was seen is no other. `at` is when it went wrong; of a late table when
    its last good load began. `text` says it in a sentence that goes after the subject's name.
    """

    kind: Kind
    subject: str
    work: Work = "load"
    what: str = ""
    detail: str = ""
    token: str
    at: str
    text: str = ""
    error: Failure | None = None
    order_id: str | None = None
    run_id: str | None = None
    rows: int | None = None
    lag_seconds: int | None = None
    refresh: int | None = None
    page: str | None = None
    held: HeldTable | None = None

    @property
    def key(self) -> Key:
        """What tells this incident from others."""
        return (self.kind, self.subject, self.work, self.what)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """Something went well, so that incidents of these kinds are over. Times are UTC, ISO 8601.

    `gone`: nothing went well, but the subject is not Tidemark's any more.
    """

    subject: str
    work: Work = "load"
    kinds: tuple[Kind, ...]
    began_at: str
    at: str
    order_id: str | None = None
    run_id: str | None = None
    rows: int | None = None
    text: str = ""
    gone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One thing that is wrong, or was. Times are UTC, ISO 8601.

    `last` is the last report, `count` how many there were. `news` has to be told and is in no
    message yet. `told_at` is when it went into a message last, `thread` the message that told of it
    first. `mended` is what ended it.
    """

    id: str
    opened_at: str
    count: int = 1
    last: Trouble
    tokens: tuple[str, ...] = ()
    news: Event | None = "opened"
    told_at: str | None = None
    thread: str | None = None
    resolved_at: str | None = None
    mended: Mended | None = None

    @property
    def key(self) -> Key:
        """What tells it from others."""
        return self.last.key

    @property
    def source(self) -> str:
        """The source of its table; the lakehouse is its own."""
        return self.last.subject.partition("/")[0]


def open_incident(trouble: Trouble, now: datetime) -> Incident:
    """Begin an incident with its first report."""
    stamp = now.isoformat()
    digest = sha256("\0".join((*trouble.key, trouble.token, stamp)).encode()).hexdigest()[:16]
    return Incident(id=f"inc_{digest}", opened_at=stamp, last=trouble, tokens=(trouble.token,))


def go_on(incident: Incident, trouble: Trouble, now: datetime) -> Incident:
    """Count a further report; it is news if something changed, or nothing was told for a day."""
    if trouble.token in incident.tokens:
        return incident
    told = incident.told_at
    is_due = told is not None and now - datetime.fromisoformat(told) >= REMINDER
    changed = trouble.detail != incident.last.detail
    return replace(
        incident,
        count=incident.count + 1,
        last=trouble,
        tokens=(*incident.tokens, trouble.token)[-_TOKENS:],
        news=incident.news or _news(told, is_due=is_due or changed),
    )


def _news(told: str | None, *, is_due: bool) -> Event | None:
    # One that nobody was told of, as nobody was set to be told, is as good as new.
    if told is None:
        return "opened"
    return "updated" if is_due else None


def is_over(incident: Incident, mended: Mended) -> bool:
    """Say whether what went well ends an incident: it has to be later than what went wrong."""
    last = incident.last
    if (mended.subject, mended.work) != (last.subject, last.work) or last.kind not in mended.kinds:
        return False
    # A late table is mended by a load that has seen more than the one that it waits after.
    if last.kind == "late":
        return mended.began_at > last.at
    return mended.at >= last.at


def resolve(incident: Incident, mended: Mended, now: datetime) -> Incident:
    """End an incident; that is told, once."""
    return replace(incident, news="resolved", resolved_at=now.isoformat(), mended=mended)


def knows(incident: Incident, trouble: Trouble) -> bool:
    """Say whether a report is one that an incident has counted."""
    return incident.key == trouble.key and trouble.token in incident.tokens
