"""The embedded stack as a process of its own, which outlives the demo that started it."""

from __future__ import annotations

import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from local.demo.failure import DemoFailed
from local.stack import DEFAULT_TICK, REPOSITORY, StackOptions, run

TABLES = REPOSITORY / "tables"
LOOPBACK = "127.0.0.1"
_MODULE = "local.demo.background"
# A folder without this file was not made by the demo, so the demo does not empty it.
_MARK = "tidemark-demo"
_START_SECONDS = 120
_STOP_SECONDS = 60
_POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A stack that is up: its address, and the URI of its sample database."""

    url: str
    database: str
    pid: int


def start(state: Path, port: int) -> Running:
    """Begin in an empty `state` and give the stack once it is ready; port 0 chooses a free one.

    Its output goes to `state`/stack.log and its process id to `state`/stack.pid. It holds none of
    the caller's files, so whoever waits for the caller's output does not wait for the stack.

    Raises:
        DemoFailed: it ended or was not ready in two minutes.
    """
    log = state / "stack.log"
    command = [sys.executable, "-m", _MODULE, str(state), str(port)]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=REPOSITORY,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    _pid_file(state).write_text(f"{process.pid}\n")
    url = _await_ready(process, log)
    return Running(url=url, database=_database(state), pid=process.pid)


def stop(state: Path) -> int | None:
    """End the stack that was started on `state` and wait; give its process id, None if there is none.

    Raises:
        DemoFailed: it does not end.
    """
    pid = _running_pid(state)
    if pid is not None:
        for number in (signal.SIGTERM, signal.SIGKILL):
            os.kill(pid, number)
            if _ended(pid):
                break
        else:
            raise DemoFailed(f"The stack (process {pid}) does not end; see {state}/stack.log")
    _pid_file(state).unlink(missing_ok=True)
    return pid


def empty(state: Path) -> None:
    """Make `state` an empty folder of the demo's.

    Raises:
        DemoFailed: it holds what the demo did not make.
    """
    if state.exists() and any(state.iterdir()) and not (state / _MARK).exists():
        raise DemoFailed(f"{state} holds files that are not the demo's. Choose another --state")
    if state.exists():
        shutil.rmtree(state)
    state.mkdir(parents=True)
    (state / _MARK).touch()


def is_free(port: int) -> bool:
    """Say whether nobody listens on a port of this machine's loopback address."""
    with socket.socket() as probe:
        # As servers do: connections that have just ended do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def _await_ready(process: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        for line in log.read_text(errors="replace").splitlines():
            if line.startswith("ready http"):
                return line.removeprefix("ready ").strip()
        time.sleep(_POLL_SECONDS)
    if process.poll() is None:
        process.terminate()
        raise DemoFailed(f"The stack was not ready in {_START_SECONDS} s; see {log}")
    raise DemoFailed(f"The stack ended with status {process.returncode}:\n{log.read_text()}")


def _database(state: Path) -> str:
    """Find the sample's port where PostgreSQL writes it: the fourth line of postmaster.pid."""
    port = (state / "postgres" / "data" / "postmaster.pid").read_text().splitlines()[3].strip()
    return f"postgresql://postgres@{LOOPBACK}:{port}/postgres"


def _pid_file(state: Path) -> Path:
    return state / "stack.pid"


def _running_pid(state: Path) -> int | None:
    """Give the stack's process id if that process still is the stack: ids are used again."""
    try:
        pid = int(_pid_file(state).read_text())
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError, ValueError):
        return None
    ours = _MODULE.encode() in words and str(state).encode() in words
    return pid if ours else None


def _ended(pid: int) -> bool:
    """Wait until a process, which need not be a child of ours, is gone."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([descriptor], [], [], _STOP_SECONDS)[0])
    finally:
        os.close(descriptor)


if __name__ == "__main__":
    sys.exit(
        run(
            StackOptions(
                state=Path(sys.argv[1]),
                tables=TABLES,
                port=int(sys.argv[2]),
                tick=DEFAULT_TICK,
                sample=True,
                lakehouse=True,
            )
        )
    )
