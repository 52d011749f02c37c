"""Starts the workspace as a process of its own, for the embedded stack and for tests."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

# Known to everybody, as the keys of the other parts of the embedded stack are.
DEVELOPMENT_TOKEN = "tidemark-development-token"  # noqa: S105 - no secret
_REPOSITORY = Path(__file__).resolve().parents[2]
_PATIENCE_SECONDS = 10.0


class WorkspaceNotStarted(Exception):
    """The workspace ended before it was ready; what it wrote to stderr says why."""

    def __init__(self, status: int) -> None:
        super().__init__(f"The Databricks workspace ended with status {status}; see its stderr.")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningWorkspace:
    """A workspace that is up; a context manager that stops it."""

    url: str
    pid: int
    token: str = DEVELOPMENT_TOKEN
    _process: subprocess.Popen[str] = field(repr=False)

    def stop(self) -> None:
        """End it and the tasks that it runs; harmless when it is gone already."""
        self._process.terminate()
        try:
            self._process.wait(_PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
        self._close()

    def kill(self) -> None:
        """Kill it where it stands (SIGKILL), and with it the tasks that it runs."""
        self._process.kill()
        self._process.wait()
        self._close()

    def _close(self) -> None:
        if self._process.stdout is not None:
            self._process.stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def start(
    state: Path, jobs: Path, *, port: int = 0, environ: Mapping[str, str] | None = None
) -> RunningWorkspace:
    """Start a workspace on 127.0.0.1 and wait until it is ready; it ends with the thread that calls this.

    Args:
        state: the folder that it keeps.
        jobs: the job file.
        port: 0 takes a free one.
        environ: what the tasks find in their environment beside our own.

    Raises:
        WorkspaceNotStarted: it ended instead.
    """
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "local.databricks"),
            *("--state", str(state.resolve()), "--jobs", str(jobs.resolve())),
            *("--port", str(port)),
        ],
        cwd=_REPOSITORY,
        env={**os.environ, **(environ or {})},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None  # noqa: S101 - a pipe, by the argument above
    word, _, url = process.stdout.readline().strip().partition(" ")
    if word != "ready":
        process.stdout.close()
        raise WorkspaceNotStarted(process.wait())
    return RunningWorkspace(url=url, pid=process.pid, _process=process)
