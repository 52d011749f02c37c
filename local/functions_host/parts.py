"""Puts a host together: every part with the parts it needs."""

from collections.abc import Mapping
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


class Parts:
    """The running parts of one host."""

    def __init__(
        self,
        *,
        app: App,
        app_dir: Path,
        settings: HostSettings,
        environ: Mapping[str, str],
        hub: TaskHub,
        keys: Keys,
        require_keys: bool,
        server: Server,
        clock: Clock,
        disturbance: Disturbance,
        function_threads: int,
    ) -> None:
        self.hub = hub
        self._server = server
        self._alarms = Alarms(clock)
        links = Links(settings.hub_name, keys.system["durabletask_extension"])
        origin = f"http://127.0.0.1:{server.port}"
        self._pools = (
            DaemonPool("function", function_threads),
            DaemonPool("activity", _ACTIVITY_THREADS),
        )
        functions, activities = (
            Invoker(app_dir, lambda: links.client_binding(origin), pool) for pool in self._pools
        )
        self._engine = Engine(
            hub=hub,
            app=app,
            settings=settings,
            clock=clock,
            alarms=self._alarms,
            invoker=activities,
            disturbance=disturbance,
        )
        self.operations = Operations(
            hub=hub,
            clock=clock,
            orchestrators=app.orchestrators.keys(),
            default_version=settings.default_version,
            wake=self._engine.wake,
        )
        self._timers = Timers(
            functions=app.timers.values(),
            environ=environ,
            database=hub.database,
            clock=clock,
            alarms=self._alarms,
            invoker=functions,
        )
        self._doors = Doors(
            functions=HttpFunctions(
                functions=app.http.values(),
                prefix=settings.route_prefix,
                environ=environ,
                invoker=functions,
                timeout=settings.function_timeout,
            ),
            management=ManagementApi(self.operations, links),
            event_grid=EventGridWebhook(app.event_grid, functions),
            timers=self._timers,
            keys=keys if require_keys else None,
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
