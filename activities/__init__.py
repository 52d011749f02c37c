"""One file per step: the core called with real adapters."""

from activities import (
    advance_watermark,
    claim_commit,
    close_order,
    close_windows,
    end_turn,
    extract_slice,
    judge_quality,
    next_windows,
    open_order,
    plan_backfill,
    plan_load,
    publish,
    raise_alert,
    take_turn,
)

__all__ = [
    "advance_watermark",
    "claim_commit",
    "close_order",
    "close_windows",
    "end_turn",
    "extract_slice",
    "judge_quality",
    "next_windows",
    "open_order",
    "plan_backfill",
    "plan_load",
    "publish",
    "raise_alert",
    "take_turn",
]
