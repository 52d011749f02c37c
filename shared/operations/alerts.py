"""Writes alerts of incidents: of what failed, of bounds that are held back, of what is well again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from shared.alerting.alert import Alert, Event, FailedTable, HeldTable, Status
from shared.alerting.incident import Incident, Mended

MOST_TABLES = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertWriter:
    """Implements `shared.alerting.board.Writer`. The addresses are without a slash at their end."""

    base_url: str
    runbook: str | None = None

    def __call__(
        self, message_id: str, event: Event, incidents: Sequence[Incident], now: datetime
    ) -> Alert:
        """Say what is the matter with incidents of one kind, or that they are over."""
        alert = self._resolved(incidents) if event == "resolved" else self._wrong(incidents, event)
        threads = tuple(dict.fromkeys(each.thread for each in incidents if each.thread))
        return replace(
            alert,
            id=message_id,
            event=event,
            thread=threads[:MOST_TABLES],
            incidents=tuple(each.id for each in incidents[:MOST_TABLES]),
            page=f"{self.base_url}/api/",
            runbook=self._entry(alert),
            at=now.isoformat(),
        )

    def _entry(self, alert: Alert) -> str | None:
        """Give the entry of the runbook: that of the error, or else of the status."""
        if self.runbook is None:
            return None
        name = alert.error.type if alert.error else alert.status
        return f"{self.runbook}#{name.lower()}"

    def _wrong(self, incidents: Sequence[Incident], event: Event) -> Alert:
        first = incidents[0].last
        orders = {each.last.order_id for each in incidents}
        order_id = first.order_id if len(orders) == 1 else None
        status: Status = "failed" if first.kind == "refresh" else first.kind
        counted = status in ("failed", "late")
        return Alert(
            title=f"Tidemark: {_title(incidents, order_id)}",
            text=_text(incidents, event),
            status=status,
            order_id=order_id,
            table=None if first.kind == "refresh" else first.subject,
            run_id=first.run_id,
            error=first.error,
            failed=len(incidents) if counted else 0,
            tables=self._tables(incidents) if counted and first.kind != "refresh" else (),
            link=first.page or self._link(incidents, order_id),
            rerun=self._rerun(incidents, order_id),
            held=_held(incidents),
            refresh=first.refresh,
            rows=first.rows,
            lag_seconds=first.lag_seconds,
        )

    def _resolved(self, incidents: Sequence[Incident]) -> Alert:
        first = incidents[0]
        ends = [each.mended for each in incidents if each.mended is not None]
        orders = {each.order_id for each in ends}
        order_id = ends[0].order_id if len(orders) == 1 else None
        is_refresh = first.last.kind == "refresh"
        subjects = _subjects(incidents)
        times = "once" if first.count == 1 else f"{first.count} times"
        counted = "" if first.last.kind == "late" else f" {times}, first"
        was = f"{_DID[first.last.kind]}{counted} at {first.opened_at}"
        return Alert(
            title=f"Tidemark: {subjects} {_are(incidents)} {_over(ends)}",
            text=f"{subjects}: {was}. {ends[0].text}".strip(),
            status="resolved",
            order_id=order_id,
            table=None if is_refresh else first.last.subject,
            run_id=ends[0].run_id,
            error=None,
            failed=0,
            tables=() if is_refresh else self._tables(incidents),
            link=f"{self.base_url}/api/{f'orders/{order_id}' if order_id else 'incidents'}",
            rerun=None,
            refresh=first.last.refresh,
            rows=ends[0].rows,
        )

    def _tables(self, incidents: Sequence[Incident]) -> tuple[FailedTable, ...]:
        runs = [
            each.mended.run_id if each.mended else each.last.run_id
            for each in incidents[:MOST_TABLES]
        ]
        return tuple(
            FailedTable(
                table=each.last.subject,
                run_id=run,
                error=each.last.error,
                link=f"{self.base_url}/api/runs/{run}" if run else f"{self.base_url}/api/incidents",
            )
            for each, run in zip(incidents, runs, strict=False)
        )

    def _link(self, incidents: Sequence[Incident], order_id: str | None) -> str:
        first = incidents[0].last
        if first.kind == "refresh":
            return f"{self.base_url}/api/refreshes/{first.refresh}"
        if first.kind == "unread" and len(incidents) == 1:
            return f"{self.base_url}/api/runs/{first.run_id}"
        if first.kind == "late" and len(incidents) == 1:
            return f"{self.base_url}/api/tables/{first.subject}"
        return f"{self.base_url}/api/{f'orders/{order_id}' if order_id else 'incidents'}"

    def _rerun(self, incidents: Sequence[Incident], order_id: str | None) -> str | None:
        """Lead to the form that asks once more: a link in a message is only followed."""
        first = incidents[0].last
        if first.kind == "refresh":
            return f"{self.base_url}/api/page/do/refresh"
        return (
            f"{self.base_url}/api/page/do/rerun?id={order_id}"
            if first.kind == "failed" and order_id
            else None
        )


_DID = {
    "failed": "failed",
    "held_back": "was held back",
    "unread": "left files unread",
    "late": "was late",
    "refresh": "failed",
}


def _title(incidents: Sequence[Incident], order_id: str | None) -> str:
    first = incidents[0].last
    subjects = _subjects(incidents)
    if first.kind == "refresh":
        return f"refresh {first.refresh} of the lakehouse failed"
    if first.kind == "failed":
        return f"order {order_id} failed" if order_id else f"{subjects} failed"
    if first.kind == "late":
        return f"{subjects} {_are(incidents)} late"
    if first.kind == "held_back":
        return f"the bound of {subjects} is held back"
    return f"files of {subjects} did not land"


def _text(incidents: Sequence[Incident], event: Event) -> str:
    first = incidents[0]
    subjects, last = _subjects(incidents), first.last
    why = f"{last.error.type}: {last.error.message}" if last.error else "no cause was recorded"
    times = "" if last.kind == "late" else f"{first.count} times "
    again = f", {times}since {first.opened_at}" if event == "updated" else ""
    if last.kind == "refresh":
        return f"{last.text}{again}. {why}"
    if last.kind == "failed":
        return f"{subjects} failed{again}. {why}"
    return f"{subjects}{again}: {last.text}"


def _subjects(incidents: Sequence[Incident]) -> str:
    first = incidents[0].last
    name = "the lakehouse" if first.kind == "refresh" else first.subject
    more = len({each.last.subject for each in incidents}) - 1
    return f"{name} and {more} more" if more > 0 else name


def _are(incidents: Sequence[Incident]) -> str:
    return "is" if len({each.last.subject for each in incidents}) == 1 else "are"


def _over(ends: Sequence[Mended]) -> str:
    """Say how it ended: nothing is well of a table that nobody loads any more."""
    gone = sum(each.gone for each in ends)
    if gone == 0:
        return "well again"
    return "loaded no more" if gone == len(ends) else "well again or loaded no more"


def _held(incidents: Sequence[Incident]) -> tuple[HeldTable, ...]:
    held = (each.last.held for each in incidents[:MOST_TABLES])
    return tuple(each for each in held if each is not None)
