"""Runs scheduled activities: a bounded number at once, each at least once."""

import logging
import threading
import traceback
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import replace
from datetime import timedelta
from functools import partial
from random import Random
from typing import Any

from azure.functions.meta import Datum

from local.functions_host.alarms import Alarm, Alarms
from local.functions_host.app import Function
from local.functions_host.clock import Clock
from local.functions_host.disturbance import Disturbance
from local.functions_host.history import Event, EventType, event
from local.functions_host.holding import held_up
from local.functions_host.hub import TaskHub
from local.functions_host.invocation import Invoker
from local.functions_host.mailbox import ScheduledActivity

_log = logging.getLogger(__name__)

LATEST_SECONDS = 6.0


class _Run:
    """One execution of an activity; whoever claims it first says how it ended.

    Executions of the same activity share `ends`: the first to end is reported, the others' results
    are dropped. Only some count towards the number that may run at once.
    """

    def __init__(
        self, activity: ScheduledActivity, *, of: "_Run | None" = None, counts: bool = True
    ) -> None:
        self.activity = activity
        self.repeats = of is not None
        self.ends: list[_Run] = of.ends if of else []
        self.counts = counts
        self.claimed = False
        self.alarm: Alarm | None = None


class ActivityRuns:
    """Takes activities in the order in which they were scheduled.

    A row stays in the table until its result is posted in the same
    transaction, so whatever a killed host had begun is begun again by the next.
    """

    def __init__(
        self,
        *,
        hub: TaskHub,
        clock: Clock,
        alarms: Alarms,
        invoker: Invoker,
        activities: Mapping[str, Function],
        at_most: int,
        timeout: timedelta | None,
        disturbance: Disturbance,
        wake: Callable[[str], None],
    ) -> None:
        self._hub = hub
        self._clock = clock
        self._alarms = alarms
        self._invoker = invoker
        self._activities = activities
        self._at_most = at_most
        self._timeout = timeout
        self._disturbance = disturbance
        self._wake = wake
        self._changed = threading.Condition()
        self._running = 0
        self._last = 0  # the greatest number taken
        self._waiting = True  # rows may be there that were not taken
        self._stopped = False
        self._abandoned = False

    def look(self, *, new: bool = True) -> None:
        """Start as many activities as may run; `new` when some were scheduled."""
        with self._changed:
            self._waiting = self._waiting or new
            free = self._at_most - self._running
            if self._stopped or not self._waiting or free <= 0:
                return
            taken = self._hub.mailbox.scheduled(self._last, free)
            self._waiting = len(taken) == free
            self._running += len(taken)
            if taken:
                self._last = taken[-1].number
        for activity in taken:
            run = _Run(activity)
            self._start(run)
            if self._disturbance.activities_at_once:
                self._start(_Run(activity, of=run, counts=False))

    def stop(self, patience_seconds: float) -> None:
        """Start none any more, give those that run a moment to end, and abandon the rest."""
        with self._changed:
            self._stopped = True
            self._changed.wait_for(lambda: self._running == 0, patience_seconds)
            self._abandoned = True

    def _start(self, run: _Run) -> None:
        activity = run.activity
        function = self._activities.get(activity.name)
        if function is None:
            self._settle(run, self._failure(activity, "the app does not have it any more", ""))
            return
        _log.info("activity started", extra=_facts(activity))
        self._disturbance.passes(f"activity begins {activity.name}")
        if self._disturbance.hold is not None and not function.is_async:
            code = held_up(self._disturbance.hold, activity.name, function.code)
            function = replace(function, code=code)
        future = self._invoker.invoke(function, Datum(activity.input, "json"), self._encode)
        if self._timeout is not None:
            due = self._clock.now() + self._timeout.total_seconds()
            run.alarm = self._alarms.at(due, partial(self._time_out, run, future))
        future.add_done_callback(partial(self._ended, run))

    def _encode(self, result: Any) -> str:
        return self._invoker.encode("activityTrigger", result).value

    def _ended(self, run: _Run, future: "Future[Any]") -> None:
        if not self._claim(run):
            return
        self._disturbance.passes(f"activity ended {run.activity.name}")
        error = future.exception()
        if error is None:
            outcome = event(EventType.TASK_COMPLETED, self._clock.now(), Result=future.result())
            _log.info("activity completed", extra=_facts(run.activity))
        else:
            what = f"{type(error).__name__}: {error}"
            outcome = self._failure(run.activity, what, _stack(error))
        self._settle(run, outcome)

    def _time_out(self, run: _Run, future: "Future[Any]") -> None:
        if not self._claim(run):
            return
        name = run.activity.name
        what = f"FunctionTimeoutException: Timeout value of {self._timeout} exceeded by {name}"
        self._settle(run, self._failure(run.activity, what, ""))
        # A coroutine stops here; a thread cannot be stopped and its result will be dropped.
        future.cancel()

    def _claim(self, run: _Run) -> bool:
        """Whether the caller is the first to speak for a run."""
        with self._changed:
            first = not (run.claimed or self._abandoned)
            run.claimed = True
        if run.alarm is not None:
            run.alarm.cancel()
        return first

    def _settle(self, run: _Run, outcome: Event) -> None:
        with self._changed:
            run.ends.append(run)
            first = run.ends[0] is run
        if first:
            self._report(run.activity, outcome)
        if not run.repeats and self._disturbance.activities_twice:
            self._start(_Run(run.activity, of=run))
            return
        if not run.repeats and self._disturbance.activities_late_seed is not None:
            self._repeat_later(run, self._disturbance.activities_late_seed)
        if run.counts:
            with self._changed:
                self._running -= 1
                self._changed.notify_all()
            self.look(new=False)

    def _repeat_later(self, run: _Run, seed: int) -> None:
        chance = Random(f"{seed}/{run.activity.instance}/{run.activity.task}")  # noqa: S311  a repeatable pause, no secret
        due = self._clock.now() + chance.uniform(0, LATEST_SECONDS)
        again = _Run(run.activity, of=run, counts=False)
        self._alarms.at(due, partial(self._start_late, again))

    def _start_late(self, run: _Run) -> None:
        with self._changed:
            if self._stopped:
                return
        self._start(run)

    def _failure(self, activity: ScheduledActivity, what: str, stack: str) -> Event:
        _log.warning("activity failed", extra=_facts(activity) | {"error": what.partition(":")[0]})
        _log.debug("activity failed: %s\n%s", what, stack, extra=_facts(activity))
        reason = f"Activity function '{activity.name}' failed: {what}"
        return event(EventType.TASK_FAILED, self._clock.now(), Reason=reason, Details=stack)

    def _report(self, activity: ScheduledActivity, outcome: Event) -> None:
        with self._hub.database.transaction():
            self._hub.mailbox.take_out(activity.number)
            instance = self._hub.instances.find(activity.instance)
            if instance is None or instance.status.is_final:
                return
            self._hub.mailbox.post(
                activity.instance,
                outcome | {"TaskScheduledId": activity.task},
                due_at=self._clock.now(),
                execution=activity.execution,
                task=activity.task,
            )
        self._disturbance.passes(f"activity recorded {activity.name}")
        self._wake(activity.instance)


def _facts(activity: ScheduledActivity) -> dict[str, Any]:
    return {
        "activity": activity.name,
        "instance": activity.instance,
        "task": activity.task,
    }


def _stack(error: BaseException) -> str:
    return "".join(traceback.format_exception(error))
