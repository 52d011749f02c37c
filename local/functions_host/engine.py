"""Schedules orchestrator episodes and activities; woken by what happens, never by a poll."""

import logging
import threading
from functools import partial
from itertools import islice

from local.functions_host.activity_runs import ActivityRuns
from local.functions_host.alarms import Alarms
from local.functions_host.app import App
from local.functions_host.clock import Clock
from local.functions_host.disturbance import Disturbance
from local.functions_host.episode import Effects, Episodes
from local.functions_host.hub import TaskHub
from local.functions_host.invocation import Invoker
from local.functions_host.settings import HostSettings
from local.functions_host.settlement import Vocabulary
from local.functions_host.threads import DaemonPool

_log = logging.getLogger(__name__)


class Engine:
    """Wakes instances and plays their episodes.

    What is to be done stands in the database; the sets kept here are hints
    about where to look. A hint too many costs a query, and none is missing:
    they are given after each commit, and all anew at the start.
    """

    def __init__(
        self,
        *,
        hub: TaskHub,
        app: App,
        settings: HostSettings,
        clock: Clock,
        alarms: Alarms,
        invoker: Invoker,
        disturbance: Disturbance,
    ) -> None:
        self._hub = hub
        self._clock = clock
        self._alarms = alarms
        self._episodes = Episodes(
            hub=hub,
            clock=clock,
            orchestrators={name: one.code for name, one in app.orchestrators.items()},
            vocabulary=_vocabulary(app, settings),
            disturbance=disturbance,
        )
        self._activities = ActivityRuns(
            hub=hub,
            clock=clock,
            alarms=alarms,
            invoker=invoker,
            activities=app.activities,
            at_most=settings.max_activities,
            timeout=settings.function_timeout,
            disturbance=disturbance,
            wake=self.wake,
        )
        self._pool = DaemonPool("orchestrator", settings.max_orchestrators)
        self._at_most = settings.max_orchestrators
        self._changed = threading.Condition()
        self._ready: dict[str, None] = {}  # a set that keeps its order
        self._playing: set[str] = set()
        self._stopped = False

    def start(self) -> None:
        """Go on with everything that is pending."""
        now = self._clock.now()
        for due_at, instance in self._hub.mailbox.later(now):
            self._wake_at(due_at, instance)
        self.wake(*self._hub.instances.runnable(now))
        self._activities.look()

    def stop(self, patience_seconds: float) -> None:
        """Begin nothing new, let what runs end for a moment, and abandon the rest."""
        with self._changed:
            self._stopped = True
        self._activities.stop(patience_seconds)
        with self._changed:
            self._changed.wait_for(lambda: not self._playing, patience_seconds)
        self._pool.stop()

    def wake(self, *instances: str) -> None:
        """Look into the inboxes of instances as soon as there is a free place."""
        with self._changed:
            self._ready.update(dict.fromkeys(instances))
            self._fill()

    def _fill(self) -> None:
        """Give free places to instances that are ready; the lock is held."""
        if self._stopped:
            return
        # One that is being played stays ready and is looked at again afterwards.
        idle = (name for name in self._ready if name not in self._playing)
        for instance in list(islice(idle, self._at_most - len(self._playing))):
            del self._ready[instance]
            self._playing.add(instance)
            self._pool.submit(partial(self._play, instance))

    def _play(self, instance: str) -> None:
        effects = Effects()
        try:
            effects = self._episodes.play(instance)
        except Exception:  # noqa: BLE001  a thread's boundary: nothing was committed, nobody else would say so
            _log.exception("episode broke off", extra={"instance": instance})
        for due_at in effects.timers:
            self._wake_at(due_at, instance)
        with self._changed:
            self._playing.remove(instance)
            self._ready.update(dict.fromkeys(effects.wake))
            self._fill()
            self._changed.notify_all()
        self._hub.announce()
        if effects.calls_activities:
            self._activities.look()

    def _wake_at(self, due_at: float, instance: str) -> None:
        self._alarms.at(due_at, partial(self.wake, instance))


def _vocabulary(app: App, settings: HostSettings) -> Vocabulary:
    return Vocabulary(
        orchestrators=app.orchestrators.keys(),
        activities=app.activities.keys(),
        default_version=settings.default_version,
    )
