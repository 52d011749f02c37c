"""Lets what the app does be seen from outside, as the settings ask: logs, traces, measures, lineage."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from urllib.parse import urlsplit

from shared.durable import watch as watch_steps
from shared.lakehouse.handover import HandOver
from shared.operations.records import RunRecord
from shared.runtime import wiring
from shared.runtime.settings import LINEAGE
from shared.runtime.telling import is_told
from shared.telemetry.answered import Answered, Watcher
from shared.telemetry.json_lines import tell_logs


def watch(environ: Mapping[str, str]) -> None:
    """Begin to tell. Whatever takes long to import waits for the first step."""
    tell_logs(environ, logging.getLogger().handlers)
    if is_told(environ):
        watch_steps(_Late(_telemetry_watchers))
    if environ.get(LINEAGE):
        watch_steps(_Late(_lineage_watchers))


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


def _lineage_watchers() -> Sequence[Watcher]:
    from shared.runtime.lineage import place_of  # noqa: PLC0415 - as above
    from shared.telemetry.lineage_watch import LineageWatch  # noqa: PLC0415 - as above

    app = wiring.app()
    if app.lineage is None:
        return ()
    watcher = LineageWatch(
        lineage=app.lineage,
        lake=app.lake,
        lake_host=urlsplit(app.settings.lake_url).netloc,
        place_of=lambda source, table: place_of(source, table, app.sources.environ),
        handover=_handover,
    )
    return (watcher,)


def _runs_of_order(order_id: str) -> Sequence[RunRecord]:
    return wiring.app().ledger.runs_of_order(order_id)


def _handover(number: int) -> HandOver | None:
    from shared.lakehouse.log import read_handover  # noqa: PLC0415 - as above

    found = read_handover(wiring.app().lake, number)
    return found.handover if found else None
