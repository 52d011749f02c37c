"""Write down how a refresh ended."""

from __future__ import annotations

from dataclasses import replace

from shared.durable import implements, steps
from shared.lakehouse.records import RefreshRecord, ended
from shared.runtime import wiring


@implements(steps.close_refresh)
def close_refresh(end: steps.RefreshEnd) -> RefreshRecord:
    """End the attempt; a late execution finds it ended, or another under way, and changes nothing."""
    app = wiring.app()
    at = app.now().isoformat()
    mends = end.state == "succeeded" and app.has_incidents("refresh")

    def step(known: RefreshRecord) -> RefreshRecord:
        closed = ended(known, end.attempt, state=end.state, error=end.error, over=end.over, at=at)
        return closed if closed == known else replace(closed, mended=mends)

    return app.refreshes.change_refresh(end.number, step)
