"""Runs Azurite (Table, Queue and Blob) on loopback, such that acknowledged writes survive a kill."""

import re
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from local import tether
from local.azurite.install import node_folder

ACCOUNT = "devstoreaccount1"
# Published by Microsoft for emulators; it protects nothing.
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="

_PRELOADS = [Path(__file__).with_name(name) for name in ("quick.cjs", "durable.cjs")]
_LISTENING = re.compile(
    r"Azurite (Blob|Queue|Table) service is successfully listening at (http://127\.0\.0\.1:\d+)"
)
_START_SECONDS = 60
_STOP_SECONDS = 10
_POLL_SECONDS = 0.02


class AzuriteFailed(RuntimeError):
    """Azurite ended, or did not come up in time. The message holds what it printed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Where the three services listen; 0 lets the system choose."""

    blob: int = 0
    queue: int = 0
    table: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningAzurite:
    """A started Azurite. The URLs end in the account's name, as the Azure SDKs want them."""

    table_url: str
    queue_url: str
    blob_url: str
    account: str
    key: str
    pid: int
    process: subprocess.Popen[bytes] = field(repr=False)

    def stop(self) -> None:
        """End it and wait until it is gone. Stopping twice is allowed."""
        tether.stop(self.process, ask=signal.SIGTERM, patience=_STOP_SECONDS)


def start(state: Path, *, install: Path, ports: Ports | None = None) -> RunningAzurite:
    """Start Azurite on what `state` holds and wait until all three services listen.

    `install` is what `ensure_installed` returned. Azurite dies with the process whose thread
    called this. Its output is in `state`/azurite.log.

    Raises:
        AzuriteFailed: it ended or did not listen within a minute.
        StateInUse: another Azurite works on the same state.
    """
    state.mkdir(parents=True, exist_ok=True)
    log = state / "azurite.log"
    command = _command(state, install, ports or Ports())
    with tether.claim(state, patience=_STOP_SECONDS) as lock:
        process = tether.spawn(command, lock=lock, log=log, farewell=signal.SIGKILL)
    try:
        found = _await_listening(process, log)
    except BaseException:
        tether.stop(process, ask=signal.SIGKILL, patience=_STOP_SECONDS)
        raise
    return RunningAzurite(
        table_url=f"{found['Table']}/{ACCOUNT}",
        queue_url=f"{found['Queue']}/{ACCOUNT}",
        blob_url=f"{found['Blob']}/{ACCOUNT}",
        account=ACCOUNT,
        key=KEY,
        pid=process.pid,
        process=process,
    )


def _command(state: Path, install: Path, ports: Ports) -> list[str]:
    main = install / "node_modules" / "azurite" / "dist" / "src" / "azurite.js"
    node = node_folder() / "bin" / "node"
    preloads = [part for file in _PRELOADS for part in ("--require", str(file))]
    command = [str(node), *preloads, str(main), "--location", str(state)]
    for service, port in (("blob", ports.blob), ("queue", ports.queue), ("table", ports.table)):
        command += [f"--{service}Host", "127.0.0.1", f"--{service}Port", str(port)]
        # The default of 5 s closes pooled connections under the client's hands.
        command += [f"--{service}KeepAliveTimeout", "120"]
    # The SDKs speak newer API versions than Azurite lists; telemetry would leave the machine.
    return [*command, "--silent", "--disableTelemetry", "--skipApiVersionCheck"]


def _await_listening(process: subprocess.Popen[bytes], log: Path) -> dict[str, str]:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        ended = process.poll() is not None
        text = log.read_text(errors="replace")
        found = dict(_LISTENING.findall(text))
        if ended:
            raise AzuriteFailed(f"Azurite ended with {process.returncode}. It said:\n{text}")
        if len(found) == len(("Blob", "Queue", "Table")):
            return found
        if time.monotonic() > deadline:
            raise AzuriteFailed(f"Azurite did not listen in {_START_SECONDS} s. It said:\n{text}")
        time.sleep(_POLL_SECONDS)
