"""Tell somebody that the lakehouse was not brought up to date, once an attempt."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from shared.durable import implements, steps
from shared.lakehouse.records import RefreshRecord
from shared.operations.alerts import compose_refresh_alert, with_runbook
from shared.runtime import wiring


@implements(steps.alert_refresh)
def alert_refresh(record: RefreshRecord) -> RefreshRecord:
    """Send the alert. Until it is delivered the record says `failed`, so that a lost one is visible."""
    app = wiring.app()
    known = app.refreshes.refresh(record.number) or record
    if known.state != "failed" or known.alert == "sent":
        return known
    _mark(app, record, "failed")
    alert = compose_refresh_alert(known, app.settings.base_url)
    sent = app.notifier.send(with_runbook(alert, app.settings.alerts.runbook))
    return _mark(app, record, "sent" if sent else "none")


def _mark(
    app: wiring.App, record: RefreshRecord, state: Literal["none", "sent", "failed"]
) -> RefreshRecord:
    def step(known: RefreshRecord) -> RefreshRecord:
        same = (known.attempt, known.ended_at) == (record.attempt, record.ended_at)
        return replace(known, alert=state) if same else known

    return app.refreshes.change_refresh(record.number, step)
