"""Starts the data lake as a process of its own, for the embedded stack and for tests."""

import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from local.datalake.signature import DEVELOPMENT_ACCOUNT, DEVELOPMENT_KEY

_REPOSITORY = Path(__file__).resolve().parents[2]
_PATIENCE_SECONDS = 10.0


class DatalakeNotStarted(Exception):
    """The server ended before it was ready; what it wrote to stderr says why."""

    def __init__(self, status: int) -> None:
        super().__init__(f"The data lake ended with status {status}; see its stderr.")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningDatalake:
    """A server that is up; a context manager that stops it.

    Args:
        url: the account address for `DataLakeServiceClient`.
        pid: of the server's process.
        account: name of the account, the development one.
        key: its key, Base64.
    """

    url: str
    pid: int
    account: str = DEVELOPMENT_ACCOUNT
    key: str = DEVELOPMENT_KEY
    _process: "subprocess.Popen[str]" = field(repr=False)

    def stop(self) -> None:
        """End the server and wait until it is gone; harmless when it is gone already."""
        self._process.terminate()
        try:
            self._process.wait(_PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
        self._close()

    def kill(self) -> None:
        """Kill the server where it stands (SIGKILL) and wait until it is gone."""
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


def start(root: Path, port: int = 0) -> RunningDatalake:
    """Start a server on 127.0.0.1 and wait until it is ready.

    The server ends with the thread that calls this: Linux takes that thread for the parent.

    Args:
        root: the folder of the filesystems; made if missing.
        port: 0 takes a free one.

    Raises:
        DatalakeNotStarted: it ended instead.
    """
    process = subprocess.Popen(
        [
            sys.executable,
            *("-m", "local.datalake"),
            *("--root", str(root.resolve())),
            *("--port", str(port)),
        ],
        cwd=_REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None  # noqa: S101 - a pipe, by the argument above
    word, _, url = process.stdout.readline().strip().partition(" ")
    if word != "ready":
        process.stdout.close()
        raise DatalakeNotStarted(process.wait())
    return RunningDatalake(url=url, pid=process.pid, _process=process)
