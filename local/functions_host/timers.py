"""Timer triggers: fire on schedule, one run of a function at a time, and once for what was missed."""

import json
import logging
import threading
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from azure.functions.meta import Datum

from local.functions_host.alarms import Alarms
from local.functions_host.app import Function
from local.functions_host.clock import Clock
from local.functions_host.database import Database
from local.functions_host.history import timestamp
from local.functions_host.invocation import Invoker
from local.functions_host.ncrontab import Schedule, read
from local.functions_host.settings import resolve

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Timer:
    function: Function
    expression: str
    schedule: Schedule

    def next_after(self, at: float) -> float:
        return self.schedule.after(datetime.fromtimestamp(at, UTC)).timestamp()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Standing:
    """When a timer ran last and is due next; POSIX seconds."""

    last_at: float | None
    next_at: float
    updated_at: float


class Timers:
    """Runs the timer functions of an app.

    The next due time is written down before it comes and moved on only after
    the run, so a killed host runs the function again.
    """

    def __init__(
        self,
        *,
        functions: Iterable[Function],
        environ: Mapping[str, str],
        database: Database,
        clock: Clock,
        alarms: Alarms,
        invoker: Invoker,
    ) -> None:
        self._database = database
        self._clock = clock
        self._alarms = alarms
        self._invoker = invoker
        self._timers: dict[str, _Timer] = {}
        for function in functions:
            expression = resolve(str(getattr(function.trigger, "schedule", "")), environ)
            self._timers[function.name] = _Timer(
                function=function, expression=expression, schedule=read(expression)
            )
        self._lock = threading.Lock()
        self._running: set[str] = set()
        self._stopped = False

    def start(self) -> None:
        """Run what was missed or wants to run at the start, and wait for the rest."""
        now = self._clock.now()
        for timer in self._timers.values():
            standing = self._standing(timer)
            missed = standing is not None and standing.next_at <= now
            if standing is None:
                standing = _Standing(last_at=None, next_at=timer.next_after(now), updated_at=now)
                self._write(timer, standing)
            if missed or getattr(timer.function.trigger, "run_on_startup", False):
                self._fire(timer, past_due=missed)
            else:
                self._alarms.at(standing.next_at, partial(self._fire, timer))

    def stop(self) -> None:
        """Fire no more."""
        with self._lock:
            self._stopped = True

    def fire(self, name: str) -> "Future[Any] | None":
        """Run a timer function now, beside its schedule; None when it runs already.

        Raises:
            KeyError: there is no such timer.
        """
        timer = self._timers[name]
        return self._run(timer, past_due=False)

    def _fire(self, timer: _Timer, *, past_due: bool = False) -> None:
        future = self._run(timer, past_due=past_due)
        if future is None:
            # Run by hand just now: the occurrence waits for its end.
            self._alarms.at(timer.next_after(self._clock.now()), partial(self._fire, timer))
            return
        future.add_done_callback(partial(self._reschedule, timer))

    def _run(self, timer: _Timer, *, past_due: bool) -> "Future[Any] | None":
        name = timer.function.name
        with self._lock:
            if self._stopped or name in self._running:
                return None
            self._running.add(name)
        _log.info("timer fired", extra={"function": name, "past_due": past_due})
        given = Datum(json.dumps(self._timer_payload(timer, past_due=past_due)), "json")
        future = self._invoker.invoke(timer.function, given)
        future.add_done_callback(partial(self._finished, timer))
        return future

    def _finished(self, timer: _Timer, future: "Future[Any]") -> None:
        name = timer.function.name
        with self._lock:
            self._running.discard(name)
        if (error := future.exception()) is not None:
            _log.error("timer function failed", exc_info=error, extra={"function": name})

    def _reschedule(self, timer: _Timer, _: "Future[Any]") -> None:
        now = self._clock.now()
        with self._lock:
            if self._stopped:
                return
        standing = _Standing(last_at=now, next_at=timer.next_after(now), updated_at=now)
        self._write(timer, standing)
        self._alarms.at(standing.next_at, partial(self._fire, timer))

    def _timer_payload(self, timer: _Timer, *, past_due: bool) -> dict[str, Any]:
        standing = self._standing(timer)
        status = None
        if standing is not None:
            status = {
                "Last": None if standing.last_at is None else timestamp(standing.last_at),
                "Next": timestamp(standing.next_at),
                "LastUpdated": timestamp(standing.updated_at),
            }
        return {
            "Schedule": {"AdjustForDST": True},
            "ScheduleStatus": status,
            "IsPastDue": past_due,
        }

    def _standing(self, timer: _Timer) -> _Standing | None:
        """What is written down, unless the schedule has been changed since."""
        rows = self._database.rows(
            "select last_at, next_at, updated_at from schedules"
            " where function = ? and expression = ?",
            timer.function.name,
            timer.expression,
        )
        return _Standing(**dict(rows[0])) if rows else None

    def _write(self, timer: _Timer, standing: _Standing) -> None:
        self._database.change(
            "insert or replace into schedules (function, expression, last_at, next_at, updated_at)"
            " values (?, ?, ?, ?, ?)",
            timer.function.name,
            timer.expression,
            standing.last_at,
            standing.next_at,
            standing.updated_at,
        )
