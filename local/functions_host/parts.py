"""Puts a host together: every part with the parts it needs."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from local.functions_host.alarms import Alarms
from local.functions_host.app import App
from local.functions_host.clock import Clock
from local.functions_host.disturbance import Disturbance
from local.functions_host.engine import Engine
from local.functions_host.eventgrid import EventGridWebhook
from local.functions_host.http_functions import HttpFunctions
from local.functions_host.hub import TaskHub
from local.functions_host.invocation import Invoker, close_client_session
from local.functions_host.keys import Keys
from local.functions_host.management import Links, ManagementApi
from local.functions_host.operations import Operations
from local.functions_host.server import Doors, Server
from local.functions_host.settings import HostSettings
from local.functions_host.threads import DaemonPool
from local.functions_host.timers import Timers

PATIENCE_SECONDS = 2.0
# More than activities may run at once: those that timed out but cannot be stopped keep theirs.
_ACTIVITY_THREADS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What a host is made from."""

    app: App
    app_dir: Path
    settings: HostSettings
    environ: Mapping[str, str]
    hub: TaskHub
    keys: Keys
    require_keys: bool
    server: Server
    clock: Clock
    disturbance: Disturbance
    function_threads: int


class Parts:
    """The running parts of one host."""

    def __init__(self, given: Given) -> None:
        self.hub = given.hub
        self._server = given.server
        self._alarms = Alarms(given.clock)
        links = Links(given.settings.hub_name, given.keys.system["durabletask_extension"])
        origin = f"http://127.0.0.1:{given.server.port}"
        self._pools = (
            DaemonPool("function", given.function_threads),
            DaemonPool("activity", _ACTIVITY_THREADS),
        )
        functions, activities = (
            Invoker(given.app_dir, lambda: links.client_binding(origin), pool)
            for pool in self._pools
        )
        self._engine = Engine(
            hub=given.hub,
            app=given.app,
            settings=given.settings,
            clock=given.clock,
            alarms=self._alarms,
            invoker=activities,
            disturbance=given.disturbance,
        )
        self.operations = Operations(
            hub=given.hub,
            clock=given.clock,
            orchestrators=given.app.orchestrators.keys(),
            default_version=given.settings.default_version,
            wake=self._engine.wake,
        )
        self._timers = self._make_timers(given, functions)
        self._doors = self._make_doors(given, functions, links)

    def _make_timers(self, given: Given, invoker: Invoker) -> Timers:
        return Timers(
            functions=given.app.timers.values(),
            environ=given.environ,
            database=given.hub.database,
            clock=given.clock,
            alarms=self._alarms,
            invoker=invoker,
        )

    def _make_doors(self, given: Given, invoker: Invoker, links: Links) -> Doors:
        functions = HttpFunctions(
            functions=given.app.http.values(),
            prefix=given.settings.route_prefix,
            environ=given.environ,
            invoker=invoker,
            timeout=given.settings.function_timeout,
        )
        return Doors(
            functions=functions,
            management=ManagementApi(self.operations, links),
            event_grid=EventGridWebhook(given.app.event_grid, invoker),
            timers=self._timers,
            keys=given.keys if given.require_keys else None,
            body_seconds=given.server.idle_seconds,
        )

    def start(self) -> None:
        """Start everything; the server first, as functions call it."""
        self._server.start(self._doors)
        self._alarms.start()
        self._engine.start()
        self._timers.start()

    def stop(self) -> None:
        """Take no more work, let what runs end for a moment, and abandon the rest."""
        self._timers.stop()
        self._server.stop()
        self._engine.stop(PATIENCE_SECONDS)
        self._alarms.stop()
        close_client_session(PATIENCE_SECONDS)
        for pool in self._pools:
            pool.stop()
        self.hub.database.close()
