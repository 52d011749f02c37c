"""The embedded stack as the harness runs it: a process group that can be killed and started again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from local.harness.failure import HarnessFailed
from local.stack import REPOSITORY

# Sweeps up soon after a kill what was going on.
TICK = "*/5 * * * * *"
_PATIENCE_SECONDS = 120
_STOP_SECONDS = 60
SERVE = ("-m", "local.harness.serve")


@dataclass(slots=True, kw_only=True)
class Serving:
    """The stack on one state folder. `launcher` is what Python is given to serve it."""

    state: Path
    tables: Path
    environ: Mapping[str, str]
    launcher: Sequence[str] = SERVE
    url: str = field(init=False, default="")
    _process: subprocess.Popen[str] | None = field(init=False, default=None)

    def start(self) -> None:
        """Start it and wait until it is ready; its address is new each time.

        Raises:
            HarnessFailed: it ended, or was not ready in two minutes.
        """
        self.state.mkdir(parents=True, exist_ok=True)
        self.tables.mkdir(parents=True, exist_ok=True)
        errors = self.state / "stack.err"
        with errors.open("a") as output:
            process = subprocess.Popen(
                [
                    *(sys.executable, *self.launcher, "--state", str(self.state)),
                    *("--tables", str(self.tables), "--tick", TICK),
                ],
                cwd=REPOSITORY,
                env={**os.environ, **self.environ, "PYTHONPATH": str(REPOSITORY)},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                text=True,
                start_new_session=True,
            )
        self._process = process
        impatience = threading.Timer(_PATIENCE_SECONDS, process.kill)
        impatience.start()
        word, _, url = process.stdout.readline().strip().partition(" ") if process.stdout else ""
        impatience.cancel()
        if word != "ready":
            raise HarnessFailed(f"the stack did not start:\n{errors.read_text()}")
        self.url = url

    def stop(self) -> None:
        """End it in order, if it runs."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Kill the whole process group where it stands."""
        self._end(signal.SIGKILL)

    @property
    def ended(self) -> str | None:
        """Say how the process has ended that nobody ended, None while it runs."""
        status = self._process.poll() if self._process else None
        return None if status is None else f"the stack has ended with status {status}"

    @property
    def lake(self) -> Path:
        """The folder under which every filesystem of the lake lies."""
        return self.state / "lake"

    def _end(self, number: signal.Signals) -> None:
        process = self._process
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
        self._process = None
