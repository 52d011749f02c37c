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
class Alert:
    """What is told of a failed order; its fields are those of the JSON that is posted.

    `table`, `run_id` and `error` are those of the first failed table. Holds no row value and no secret.
    """

    title: str
    text: str
    status: Literal["failed"] = "failed"
    order_id: str
    table: str | None
    run_id: str | None
    error: Failure | None
    failed: int
    tables: tuple[FailedTable, ...]
    link: str
    rerun: str


class Notifier(Protocol):
    """Where alerts go."""

    def send(self, alert: Alert) -> bool:
        """Deliver an alert; False if nobody is set to receive it. Raises AlertUndelivered."""
        ...
