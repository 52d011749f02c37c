"""Runs MariaDB from the packages of the distribution, on loopback."""

import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from local import tether
from local.ports import free_port
from local.system_user import unprivileged_user

# MariaDB refuses to run as root; then it runs as this user, which the package brings.
SYSTEM_USER = "mysql"
# Not on every user's path.
_FOLDERS = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/bin"

_SETTINGS = {
    "bind-address": "127.0.0.1",
    # Over TCP only: a path below a state folder can be longer than a socket's address may be.
    "socket": "",
    "default-time-zone": "+00:00",
    "character-set-server": "utf8mb4",
    "innodb-buffer-pool-size": "128M",
    "max-connections": "100",
}
_CARELESS = {"innodb-flush-method": "nosync", "innodb-flush-log-at-trx-commit": "2"}
_PORT_ATTEMPTS = 5
_START_SECONDS = 60
_STOP_SECONDS = 30
_POLL_SECONDS = 0.02


class MariadbFailed(RuntimeError):
    """MariaDB could not be set up or started. The message holds what it printed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningMariadb:
    """A started server. `connection` is the string for its ODBC driver, "MariaDB Unicode"."""

    host: str
    port: int
    user: str
    password: str
    pid: int
    process: subprocess.Popen[bytes] = field(repr=False)

    @property
    def connection(self) -> str:
        """An ODBC connection string, without a database."""
        login = f"User={self.user};Password={self.password}"
        return f"Driver={{MariaDB Unicode}};Server={self.host};Port={self.port};{login}"

    def stop(self) -> None:
        """End it in order, open sessions included, and wait. Stopping twice is allowed."""
        tether.stop(self.process, ask=signal.SIGTERM, patience=_STOP_SECONDS)


def start(state: Path, *, fsync: bool = True) -> RunningMariadb:
    """Start a server on the databases in `state`, which are made when there are none.

    Without `fsync` a commit survives the death of the server but not of the machine. Anyone on
    this machine may connect as root, without a password. The server dies with the process whose
    thread called this; its output is in `state`/mariadb.log. As root this makes the system user
    `mysql`, if there is none, and lets it pass through (not list) the folders above `state`.

    Raises:
        MariadbFailed: MariaDB is not installed, or its setup or the server failed.
        StateInUse: another server works on the same state.
    """
    server, setup = _program("mariadbd"), _program("mariadb-install-db")
    state.mkdir(parents=True, exist_ok=True)
    user = unprivileged_user(SYSTEM_USER, [state / "data"])
    log = state / "mariadb.log"
    for _ in range(_PORT_ATTEMPTS):
        port = free_port()
        command = _command(state, server, port, fsync=fsync)
        with tether.claim(state, patience=_STOP_SECONDS) as lock:
            _prepare(state, setup, user)
            process = tether.spawn(command, lock=lock, log=log, farewell=signal.SIGTERM, user=user)
        if _await_ready(process, log):
            return RunningMariadb(
                host="127.0.0.1",
                port=port,
                user="root",
                password="",
                pid=process.pid,
                process=process,
            )
        if "Address already in use" not in log.read_text(errors="replace"):
            raise MariadbFailed(f"MariaDB ended at once. It said:\n{log.read_text()}")
    raise MariadbFailed(f"No free port was found in {_PORT_ATTEMPTS} attempts. Try again.")


def _program(name: str) -> str:
    found = shutil.which(name, path=_FOLDERS)
    if found is None:
        raise MariadbFailed(
            f"MariaDB is missing ({name}). Install it and its ODBC driver: "
            "apt-get install mariadb-server-core mariadb-client-core odbc-mariadb"
        )
    return found


def _prepare(state: Path, setup: str, user: str | None) -> None:
    """Make the system tables if there are none. The lock is held, so no other server is on them."""
    data, temporary = state / "data", _temporary(state)
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(mode=0o700)
    if user:
        shutil.chown(temporary, user, user)
    if data.exists():
        return
    unfinished = state / "data.new"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    if user:
        shutil.chown(unfinished, user, user)
    options = ["--auth-root-authentication-method=normal", "--skip-name-resolve", "--skip-test-db"]
    done = subprocess.run(
        [setup, "--no-defaults", *options, f"--datadir={unfinished}", f"--tmpdir={temporary}"],
        check=False,
        capture_output=True,
        text=True,
        user=user,
        group=user,
        extra_groups=[] if user else None,
        cwd="/",
    )
    if done.returncode != 0:
        raise MariadbFailed(f"mariadb-install-db failed in {unfinished}: {done.stderr.strip()}")
    unfinished.rename(data)


def _temporary(state: Path) -> Path:
    """A folder of the server's own: one that starts removes the temporary files of all others."""
    return state / "temporary"


def _command(state: Path, server: str, port: int, *, fsync: bool) -> list[str]:
    data = state / "data"
    settings = _SETTINGS | {
        "port": str(port),
        "datadir": str(data),
        "tmpdir": str(_temporary(state)),
    }
    settings |= {} if fsync else _CARELESS
    command = [server, "--no-defaults", "--skip-name-resolve", f"--pid-file={data / 'server.pid'}"]
    return command + [f"--{name}={value}" for name, value in settings.items()]


def _await_ready(process: subprocess.Popen[bytes], log: Path) -> bool:
    """Wait until the server takes connections; False if it ended instead."""
    deadline = time.monotonic() + _START_SECONDS
    while process.poll() is None:
        if "ready for connections" in log.read_text(errors="replace"):
            return True
        if time.monotonic() > deadline:
            tether.stop(process, ask=signal.SIGKILL, patience=_STOP_SECONDS)
            raise MariadbFailed(f"MariaDB did not start in {_START_SECONDS} s. See {log}.")
        time.sleep(_POLL_SECONDS)
    return False
