"""The embedded stack as a process group of its own, which can be killed and started again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from local.stack import REPOSITORY

# When a stack is to tick that does only what it is told.
NEVER = "0 0 0 1 1 *"
SERVE = ("-m", "local.serve")
_READY_SECONDS = 120
_STOP_SECONDS = 60


class StackNotStarted(Exception):
    """See what its parts said, which is in the message, and start it again."""


@dataclass(slots=True, kw_only=True)
class StackProcess:
    """The stack on one state folder: `environ` is added to its environment, `tick` is an NCRONTAB.

    `launcher` is what Python is given to serve it. The address, `url`, is new with each start.
    """

    state: Path
    tables: Path
    environ: Mapping[str, str]
    tick: str = NEVER
    launcher: Sequence[str] = SERVE
    url: str = field(init=False, default="")
    _process: subprocess.Popen[str] | None = field(init=False, default=None)

    def start(self, more: Mapping[str, str] | None = None) -> None:
        """Start it and wait until it is ready; `more` is added to its environment this time.

        Raises:
            StackNotStarted: it ended, or was not ready in two minutes.
        """
        for folder in (self.state, self.tables):
            folder.mkdir(parents=True, exist_ok=True)
        errors = self.state / "stack.err"
        with errors.open("a") as output:
            process = subprocess.Popen(
                [
                    *(sys.executable, *self.launcher, "--state", str(self.state)),
                    *("--tables", str(self.tables), "--tick", self.tick),
                ],
                cwd=REPOSITORY,
                env={**os.environ, **self.environ, "PYTHONPATH": str(REPOSITORY), **(more or {})},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                text=True,
                start_new_session=True,
            )
        self._process = process
        impatience = threading.Timer(_READY_SECONDS, process.kill)
        impatience.start()
        line = process.stdout.readline() if process.stdout else ""
        impatience.cancel()
        word, _, url = line.strip().partition(" ")
        if word != "ready":
            raise StackNotStarted(f"the stack did not start:\n{errors.read_text()}")
        self.url = url

    def stop(self) -> None:
        """End it in order, if it runs."""
        self.end(signal.SIGTERM)

    def kill(self) -> None:
        """Kill the whole process group where it stands."""
        self.end(signal.SIGKILL)

    @property
    def pid(self) -> int | None:
        """The process that serves, None if it does not run."""
        return self._process.pid if self._process else None

    @property
    def ended(self) -> str | None:
        """Say how the process has ended that nobody ended, None while it runs."""
        status = self._process.poll() if self._process else None
        return None if status is None else f"the stack has ended with status {status}"

    @property
    def lake(self) -> Path:
        """The folder under which every filesystem of the lake lies."""
        return self.state / "lake"

    def end(self, number: signal.Signals) -> None:
        """End it by a signal, if it runs; what does not heed it is killed after a minute."""
        # First of all, so that nobody who looks meanwhile takes it for one that has ended by itself.
        process, self._process = self._process, None
        if process is None:
            return
        if number == signal.SIGKILL:
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
