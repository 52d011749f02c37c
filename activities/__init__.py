"""One file per step: the core called with real adapters. Each is imported when it is first needed."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from shared.durable import offers, steps

if TYPE_CHECKING:
    from activities import (
        advance_watermark,
        alert_refresh,
        claim_commit,
        close_order,
        close_refresh,
        close_windows,
        end_turn,
        extract_slice,
        hand_over,
        judge_quality,
        next_windows,
        observe_refresh,
        open_order,
        plan_backfill,
        plan_load,
        publish,
        raise_alert,
        repair_refresh,
        start_refresh,
        take_turn,
    )

__all__ = [
    "advance_watermark",
    "alert_refresh",
    "claim_commit",
    "close_order",
    "close_refresh",
    "close_windows",
    "end_turn",
    "extract_slice",
    "hand_over",
    "judge_quality",
    "next_windows",
    "observe_refresh",
    "open_order",
    "plan_backfill",
    "plan_load",
    "publish",
    "raise_alert",
    "repair_refresh",
    "start_refresh",
    "take_turn",
]

for _name in __all__:
    offers(getattr(steps, _name), f"{__name__}.{_name}")


def __getattr__(name: str) -> object:
    if name in __all__:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"there is no activity {name}")
