"""The Functions host: one app, one state directory, one port."""

import logging
import os
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from local import tether
from local.functions_host.app import load_app
from local.functions_host.clock import Clock, SystemClock
from local.functions_host.disturbance import Disturbance
from local.functions_host.errors import StateInUse
from local.functions_host.hub import TaskHub
from local.functions_host.keys import Keys, read_keys
from local.functions_host.parts import PATIENCE_SECONDS, Given, Parts
from local.functions_host.server import IDLE_SECONDS, Server
from local.functions_host.settings import read_host_file
from local.functions_host.status import status_payload

_log = logging.getLogger(__name__)

LARGEST_BODY_BYTES = 100 * 1024 * 1024
# One that is being killed holds its state until the last that it has forked is gone.
_CLAIM_SECONDS = 2.0


class FunctionsHost:
    """Serves a Python function app on 127.0.0.1, from `start` to `stop`.

    Args:
        app_dir: folder with function_app.py and host.json.
        state_dir: what survives the host: orchestrations, schedules, keys. Made if missing.
        port: 0 chooses a free one.
        require_keys: refuse requests without the right access key.
        clock: source of time; a `ManualClock` lets tests move it.
        disturbance: test modes; None reads them from the environment.
        environ: where the host looks up `%NAME%`; None is the process's environment, which is
            also what the app's own code reads.
        largest_body_bytes: larger requests are answered with 413.
        idle_seconds: a connection on which no request arrives whole in this time is closed.
    """

    def __init__(
        self,
        app_dir: Path,
        state_dir: Path,
        *,
        port: int = 0,
        require_keys: bool = False,
        clock: Clock | None = None,
        disturbance: Disturbance | None = None,
        environ: Mapping[str, str] | None = None,
        largest_body_bytes: int = LARGEST_BODY_BYTES,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        self._idle_seconds = idle_seconds
        self._app_dir = app_dir.resolve()
        self._state_dir = state_dir
        self._port = port
        self._require_keys = require_keys
        self._clock = clock or SystemClock()
        self._environ = os.environ if environ is None else environ
        self._disturbance = disturbance or Disturbance.from_env(self._environ)
        self._largest_body_bytes = largest_body_bytes
        self._claim: ExitStack | None = None
        self._parts: Parts | None = None
        self._keys: Keys | None = None

    def start(self) -> Self:
        """Import the app, go on with what is pending in the state, and serve.

        Raises:
            HostError: the app, its host.json or the state cannot be used; the message says why.
            OSError: the port is taken.
        """
        settings = read_host_file(self._app_dir, self._environ)
        self._state_dir.mkdir(parents=True, exist_ok=True)
        self._claim = _claim(self._state_dir)
        server = None
        try:
            app = load_app(self._app_dir)
            server = Server(
                self._port, self._largest_body_bytes, PATIENCE_SECONDS, self._idle_seconds
            )
            self._keys = read_keys(self._state_dir / "keys.json", app.names)
            given = Given(
                app=app,
                app_dir=self._app_dir,
                settings=settings,
                environ=self._environ,
                hub=TaskHub(self._state_dir / "hub.sqlite"),
                keys=self._keys,
                require_keys=self._require_keys,
                server=server,
                clock=self._clock,
                disturbance=self._disturbance,
                function_threads=_function_threads(self._environ),
            )
            self._parts = Parts(given)
        except BaseException:
            self._claim.close()
            if server is not None:
                server.stop()
            raise
        self._port = server.port
        self._parts.start()
        _log.info("host started", extra={"url": self.url, "functions": len(app.names)})
        return self

    def stop(self) -> None:
        """Take no more work, wait a few seconds for what runs, and leave the rest to the next start."""
        if self._parts is None or self._claim is None:
            return
        self._parts.stop()
        self._parts = None
        self._claim.close()
        _log.info("host stopped")

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Where it serves, without a slash at the end; right once started."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def keys(self) -> Keys:
        """The access keys.

        Raises:
            RuntimeError: the host was never started.
        """
        if self._keys is None:
            raise RuntimeError("start the host first")
        return self._keys

    def wait_for(self, instance_id: str, *, timeout: float = 60.0) -> dict[str, Any]:
        """The status of an orchestration (as its HTTP payload) once it has finished.

        Raises:
            TimeoutError: it has not, after `timeout` seconds.
            RuntimeError: the host does not run.
        """
        if self._parts is None:
            raise RuntimeError("start the host first")
        find = self._parts.operations.find
        self._parts.hub.wait_for(
            lambda: (found := find(instance_id)) is not None and found.status.is_final, timeout
        )
        instance = find(instance_id)
        if instance is None or not instance.status.is_final:
            standing = "unknown" if instance is None else instance.status
            raise TimeoutError(f"{instance_id!r} is {standing} after {timeout} s")
        return status_payload(instance, show_input=True)


def _claim(state_dir: Path) -> ExitStack:
    """Make this host the only one on a state directory; ends when what is given is closed."""
    claimed = ExitStack()
    try:
        claimed.enter_context(tether.claim(state_dir, patience=_CLAIM_SECONDS))
    except tether.StateInUse:
        raise StateInUse(
            f"another host works on {state_dir}; stop it or choose another state directory"
        ) from None
    return claimed


def _function_threads(environ: Mapping[str, str]) -> int:
    """PYTHON_THREADPOOL_THREAD_COUNT, else what Python itself would choose."""
    default = min(32, (os.cpu_count() or 1) + 4)
    return int(environ.get("PYTHON_THREADPOOL_THREAD_COUNT", default))
