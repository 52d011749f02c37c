"""Runs commands of the lakehouse in forks of one process that has it loaded."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import IO, Any, Self

_REPOSITORY = Path(__file__).resolve().parents[2]


class LakehouseNotLoaded(Exception):
    """The lakehouse could not be loaded; the file named says why."""


@dataclass(slots=True, kw_only=True)
class ForkedTask:
    """A command that runs; `wait` gives its exit status, -9 if it was killed."""

    pid: int
    cpu: float = 0.0
    """Seconds of CPU that it took, once it has ended."""
    memory: int = 0
    """MB at its highest, once it has ended."""
    _connection: socket.socket = field(repr=False)
    _said: IO[str] = field(repr=False)

    def wait(self) -> int:
        """Wait for its end."""
        try:
            line = self._said.readline()
        except ConnectionError:
            line = ""
        self._said.close()
        self._connection.close()
        if not line:
            return -signal.SIGKILL
        ended: dict[str, Any] = json.loads(line)
        self.cpu, self.memory = ended["cpu"], ended["memory"]
        return ended["status"]

    def send_signal(self, signal: signal.Signals) -> None:
        """Send it a signal; harmless when it has just ended."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal)


class WarmLakehouse:
    """A process that has the lakehouse loaded, started with the first command. A context manager.

    Args:
        log: file for what the process itself writes.
        lock: descriptor that it and the commands keep while they live, or none.
    """

    def __init__(self, log: Path, lock: int | None = None) -> None:
        self._log, self._lock = log, lock
        self._guard = Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    def run(self, arguments: list[str], log: Path) -> ForkedTask:
        """Start a command, which writes to `log`. Raises LakehouseNotLoaded."""
        connection, its = socket.socketpair()
        with its:
            self._hand_over(its)
        said = connection.makefile("rw")
        try:
            said.write(json.dumps({"arguments": arguments, "log": str(log)}) + "\n")
            said.flush()
            pid = json.loads(said.readline())["pid"]
        except (ConnectionError, ValueError) as error:
            raise LakehouseNotLoaded(str(self._log)) from error
        return ForkedTask(pid=pid, _connection=connection, _said=said)

    def stop(self) -> None:
        """End the process and the commands that it runs; harmless when there is none."""
        with self._guard:
            if self._process is not None and self._control is not None:
                self._control.close()
                self._process.wait()
                self._process = None

    def _hand_over(self, connection: socket.socket) -> None:
        with self._guard:
            if self._process is None or self._process.poll() is not None:
                self._start()
            assert self._control is not None  # noqa: S101 - it was started
            socket.send_fds(self._control, [b"."], [connection.fileno()])

    def _start(self) -> None:
        self._control, its = socket.socketpair()
        kept = [its.fileno()] if self._lock is None else [its.fileno(), self._lock]
        with its, self._log.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "local.databricks.warm", str(its.fileno())],
                cwd=_REPOSITORY,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=kept,
                # Ctrl-C in a terminal goes to the workspace, who stops its tasks in order.
                start_new_session=True,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
