"""This package knows how orchestrators and activities speak to each other over Durable Functions."""

from shared.durable.answering import implements, offers
from shared.durable.protocol import (
    MOST_CHILDREN,
    Context,
    Flow,
    Retry,
    Step,
    StepFailed,
    Steps,
    blueprint,
    orchestrates,
    pause,
    start_over,
)

__all__ = [
    "MOST_CHILDREN",
    "Context",
    "Flow",
    "Retry",
    "Step",
    "StepFailed",
    "Steps",
    "blueprint",
    "implements",
    "offers",
    "orchestrates",
    "pause",
    "start_over",
]
