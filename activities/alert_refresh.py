"""Tell somebody that the lakehouse was not brought up to date, once an attempt, or that it is again."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from shared.durable import implements, steps
from shared.lakehouse.records import RefreshRecord
from shared.operations.troubles import mended_by_refresh, troubles_of_refresh
from shared.runtime import wiring


@implements(steps.alert_refresh)
def alert_refresh(record: RefreshRecord) -> RefreshRecord:
    """Send the alert. Until it is delivered the record says `failed`, so that a lost one is visible.

    Raises:
        AlertUndelivered: a channel may take it later, or somebody else is sending it.
        AlertRefused: a channel does not want it.
    """
    app = wiring.app()
    known = app.refreshes.refresh(record.number) or record
    if known.state not in ("failed", "succeeded") or known.alert == "sent":
        return known
    board = app.teller.take_in(troubles_of_refresh(known), mended_by_refresh(known))
    waits = any(message.alert.refresh is not None for message in board.outbox)
    if not waits:
        return _mark(app, record, "sent" if known.alert == "failed" else "none")
    _mark(app, record, "failed")
    app.teller.deliver(lambda message: message.alert.refresh is not None).check()
    return _mark(app, record, "sent")


def _mark(
    app: wiring.App, record: RefreshRecord, state: Literal["none", "sent", "failed"]
) -> RefreshRecord:
    def step(known: RefreshRecord) -> RefreshRecord:
        same = (known.attempt, known.ended_at) == (record.attempt, record.ended_at)
        return replace(known, alert=state) if same else known

    return app.refreshes.change_refresh(record.number, step)
