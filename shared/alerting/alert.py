"""An alert, and the port by which it leaves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from shared.loading.errors import Failure, PermanentError, TransientError


class AlertUndelivered(TransientError):
    """Check `TIDEMARK_ALERT_WEBHOOK` and its receiver. The order itself is not touched by this."""


class AlertRefused(PermanentError):
    """The receiver does not want the alert. Check `TIDEMARK_ALERT_WEBHOOK`; the order is not touched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedTable:
    """One table of an alert, with the page of its run."""

    table: str
    run_id: str
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
    says. Of a refresh `refresh` is its number, `link` leads to
    the job run and there is no order. Holds no row value, no statement and no secret.
    """

    title: str
    text: str
    status: Literal["failed", "held_back", "unread"] = "failed"
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


class Notifier(Protocol):
    """Where alerts go."""

    def send(self, alert: Alert) -> bool:
        """Deliver an alert; False if nobody is set to receive it. Raises AlertUndelivered."""
        ...
