"""This package knows how orchestrators and activities speak to each other over Durable Functions."""

from shared.durable.answering import implements, offers, watch
from shared.durable.protocol import (
    MOST_CHILDREN,
    Context,
    Flow,
    Retry,
    Step,
    StepFailed,
    Steps,
    blueprint,
    go_on_at,
    orchestrates,
    pause,
    start_over,
    traceparent_of,
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
    "go_on_at",
    "implements",
    "offers",
    "orchestrates",
    "pause",
    "start_over",
    "traceparent_of",
    "watch",
]
