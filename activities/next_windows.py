"""Give the next group of windows of a backfill."""

from __future__ import annotations

from dataclasses import replace

from shared.durable import implements, steps
from shared.loading.order import FINAL
from shared.operations.records import WindowGroup
from shared.runtime import wiring

NOTHING_LEFT = WindowGroup(part=0, spans=())


@implements(steps.next_windows)
def next_windows(wanted: steps.GroupWanted) -> WindowGroup:
    """Find the first group at or after a number with a window not yet loaded.

    Nothing is left once the backfill has been cancelled, or has ended: what is loaded stays loaded.
    """
    app = wiring.app()
    record = app.ledger.order(wanted.order_id)
    if record is None or record.cancel_requested or record.state in FINAL:
        return NOTHING_LEFT
    windows = app.ledger.windows(wanted.order_id)
    left = [w.part for w in windows if w.part >= wanted.part and w.state != "succeeded"]
    if not left:
        return NOTHING_LEFT
    group = [window for window in windows if window.part == left[0]]
    app.ledger.write_windows(wanted.order_id, [replace(each, state="running") for each in group])
    return WindowGroup(part=left[0], spans=tuple(window.span for window in group))
