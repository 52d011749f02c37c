"""Write down how a group of windows of a backfill ended."""

from __future__ import annotations

from dataclasses import replace

from shared.durable import implements, steps
from shared.runtime import wiring


@implements(steps.close_windows)
def close_windows(ended: steps.GroupEnded) -> steps.GroupEnded:
    """Give every window of the group the state of the run that loaded them; what is loaded stays so."""
    app = wiring.app()
    group = [
        window
        for window in app.ledger.windows(ended.order_id)
        if window.part == ended.part and (window.state != "succeeded" or ended.state == "succeeded")
    ]
    changed = [
        replace(window, state=ended.state, run_id=ended.run_id, error=ended.error)
        for window in group
    ]
    app.ledger.write_windows(ended.order_id, changed)
    return ended
