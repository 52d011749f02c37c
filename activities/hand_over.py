"""Hand over what was published since, or take up what was handed over and not carried out."""

from __future__ import annotations

from shared.durable import implements, steps
from shared.runtime import wiring


@implements(steps.hand_over)
def hand_over(_work: steps.RefreshWork) -> steps.HandedOver:
    """Give the hand-over to be carried out; repeated, it gives the same in the same attempt."""
    app = wiring.app()
    record = app.refresh_desk.hand_over(app.catalog.by_name)
    if record is None:
        return steps.HandedOver()
    return steps.HandedOver(
        number=record.number, attempt=record.attempt, traceparent=record.traceparent
    )
