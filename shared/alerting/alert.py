"""An alert, and the port by which it leaves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from shared.loading.errors import Failure, PermanentError, TransientError

Status = Literal["failed", "held_back", "unread", "late", "resolved"]
Event = Literal["opened", "updated", "resolved"]


class AlertUndelivered(TransientError):
    """Check the channel that the message names: its `TIDEMARK_ALERT_…` settings and its receiver. What the alert is about is not touched by this."""


class AlertRefused(PermanentError):
    """The receiver does not want the alert. Check the `TIDEMARK_ALERT_…` settings of the channel that the message names; what the alert is about is not touched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedTable:
    """One table of an alert, with the page of its run."""

    table: str
    run_id: str | None
    error: Failure | None
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldTable:
    """One table whose bound is held back: since when (the source's clock, UTC), by whom, with its run."""

    table: str
    run_id: str
    since: str
    seconds: int
    by: str | None
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """What is told of an order or a refresh; its fields are those of the JSON that is posted.

    `failed`: `table`, `run_id` and `error` are those of the first failed table. `held_back`: the order
    went well, but an open transaction keeps the bounds of the tables in `held` from moving; `table`
    and `run_id` are those of the first of them. `unread`: versions of files did not land, as the run
    says. `late`: a table was not brought up to date within its `fresh_within`. `resolved`: what was
    told of before is over. Of a refresh `refresh` is its number, `link` leads to
    the job run and there is no order. Holds no row value, no statement and no secret.

    `id` is the same whenever this alert is sent again; `thread` are the ids of the alerts that it
    follows. `rows` is what the first table's run landed, `lag_seconds` how long ago the last good
    load of that table had begun. `page` leads to the operations page, `runbook` to what to do.
    `at` is when it was made, UTC, ISO 8601.
    """

    title: str
    text: str
    status: Status = "failed"
    order_id: str | None
    table: str | None
    run_id: str | None
    error: Failure | None
    failed: int
    tables: tuple[FailedTable, ...]
    link: str
    rerun: str | None
    held: tuple[HeldTable, ...] = ()
    refresh: int | None = None
    id: str = ""
    event: Event = "opened"
    thread: tuple[str, ...] = ()
    incidents: tuple[str, ...] = ()
    rows: int | None = None
    lag_seconds: int | None = None
    page: str | None = None
    runbook: str | None = None
    at: str | None = None


class Channel(Protocol):
    """One way by which alerts leave. `name` is how settings and health call it."""

    @property
    def name(self) -> str:
        """Give its name."""
        ...

    def send(self, alert: Alert) -> None:
        """Deliver an alert. Raises AlertUndelivered, AlertRefused; neither repeats a secret."""
        ...
