"""Alerts: what is wrong now, what was lately, and how the channels do that tell of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from shared.alerting.incident import Incident
from shared.alerting.outbox import ChannelState
from shared.runtime.wiring import App

LISTED_RESOLVED = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertsPage:
    """Incidents, the newest first. `waiting` counts messages that no channel has taken yet."""

    now: datetime
    open: tuple[Incident, ...]
    resolved: tuple[Incident, ...]
    more_resolved: int
    channels: tuple[ChannelState, ...]
    known: tuple[str, ...]
    waiting: int
    runbook: str


def look_at_alerts(app: App) -> AlertsPage:
    """Look at the board, which is one value of the store."""
    board = app.boards.read()
    return AlertsPage(
        now=app.now(),
        open=tuple(sorted(board.open, key=lambda each: each.opened_at, reverse=True)),
        resolved=board.resolved[:LISTED_RESOLVED],
        more_resolved=max(0, len(board.resolved) - LISTED_RESOLVED),
        channels=board.channels,
        known=tuple(channel.name for channel in app.channels),
        waiting=len(board.outbox),
        runbook=app.settings.alerts.runbook or "",
    )
