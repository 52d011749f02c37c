"""Lets what the app does be seen from outside, as the settings ask: logs, traces, measures, lineage."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import cache

from shared.durable import watch as watch_steps
from shared.lakehouse.handover import HandOver
from shared.operations.records import RunRecord
from shared.runtime import wiring
from shared.runtime.telling import is_told
from shared.telemetry.answered import Answered, Watcher
from shared.telemetry.json_lines import tell_logs


def watch(environ: Mapping[str, str]) -> None:
    """Begin to tell. Whatever takes long to import waits for the first step."""
    tell_logs(environ, logging.getLogger().handlers)
    if is_told(environ):
        watch_steps(_Late(_telemetry_watchers))


class _Late:
    """Watchers that are made when the first step is told of: they need the app."""

    def __init__(self, make: Callable[[], Sequence[Watcher]]) -> None:
        self._make = cache(make)

    def __call__(self, answered: Answered) -> None:
        for watcher in self._make():
            watcher(answered)


def _telemetry_watchers() -> Sequence[Watcher]:
    # Imported here: only for whom telemetry is set.
    from shared.telemetry.endings import EndingWatch  # noqa: PLC0415
    from shared.telemetry.steps import StepWatch  # noqa: PLC0415

    telemetry = wiring.app().telemetry
    ending = EndingWatch(
        telemetry=telemetry,
        specs=lambda: wiring.app().find_specs(),
        runs_of_order=_runs_of_order,
        handover=_handover,
    )
    return (StepWatch(telemetry=telemetry), ending)


def _runs_of_order(order_id: str) -> Sequence[RunRecord]:
    return wiring.app().ledger.runs_of_order(order_id)


def _handover(number: int) -> HandOver | None:
    from shared.lakehouse.log import read_handover  # noqa: PLC0415 - as above

    found = read_handover(wiring.app().lake, number)
    return found.handover if found else None
