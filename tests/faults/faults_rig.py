"""A stack in pieces: the storage, and workers on it that are killed and started again.

A worker is a process group of its own. Where only it is killed, the storage lives on, as on Azure,
and carries out what was on its way; a whole life is one group with everything in it.
"""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from local.azurite.install import ensure_installed
from local.azurite.process import RunningAzurite
from local.azurite.process import start as start_azurite
from local.datalake.process import RunningDatalake
from local.datalake.process import start as start_datalake
from local.stack import CACHE, REPOSITORY, free_connection_slots

START_SECONDS = 90.0
EVERY_THIRD_SECOND = "*/3 * * * * *"
# What a worker's births, deaths and readiness are told by.
_SAID = ("born ", "ready ", "ended ")


@dataclass(slots=True, kw_only=True)
class Storage:
    """Azurite and the lake's endpoint on a state folder, which is laid out as the stack's."""

    state: Path
    _azurite: RunningAzurite | None = None
    _datalake: RunningDatalake | None = None

    def start(self) -> None:
        """Start both, unless they run. They die with the thread that calls this."""
        if self._azurite is None:
            azurite = self.state / "azurite"
            self._azurite = start_azurite(azurite, install=ensure_installed(CACHE))
            self._datalake = start_datalake(self.state / "lake")

    def stop(self) -> None:
        """Stop both, if they run."""
        if self._azurite is not None and self._datalake is not None:
            self._azurite.stop()
            self._datalake.stop()
            self._azurite = self._datalake = None

    def settings(self) -> dict[str, str]:
        """The settings that lead a worker here."""
        assert self._azurite is not None
        assert self._datalake is not None
        return {
            "TIDEMARK_LAKE_URL": self._datalake.url,
            "TIDEMARK_LAKE_KEY": self._datalake.key,
            "TIDEMARK_STATE_URL": self._azurite.table_url,
            "TIDEMARK_STATE_KEY": self._azurite.key,
        }

    def free_slots(self) -> None:
        """Free the connections that a killed worker held, as the stack does at its start."""
        assert self._azurite is not None
        free_connection_slots(self._azurite.table_url, self._azurite.account, self._azurite.key)


@dataclass(slots=True, kw_only=True)
class Rig:
    """A state folder and the one worker that lives on it now. `environ` is added to its own."""

    state: Path
    tables: Path
    environ: Mapping[str, str]
    tick: str = EVERY_THIRD_SECOND
    url: str = field(init=False, default="")
    storage: Storage = field(init=False)
    _cradle: subprocess.Popen[str] | None = field(init=False, default=None)
    _said: SimpleQueue[str] = field(init=False, default_factory=SimpleQueue)
    _pid: int | None = field(init=False, default=None)
    _logged: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self.storage = Storage(state=self.state)
        self.state.mkdir(parents=True, exist_ok=True)
        self.tables.mkdir(parents=True, exist_ok=True)

    @property
    def lake(self) -> Path:
        """The folder under which every filesystem of the lake lies."""
        return self.state / "lake"

    def start(self, *, whole: bool = False, keep_slots: bool = False, **environ: str) -> bool:
        """Start a life and wait until it serves; False if it has died before that.

        With `whole` the storage lives and dies with it. `keep_slots` is for a worker beside others,
        who hold connections. `environ` are more settings of its own.
        """
        settings = {"TIDEMARK_TABLES": str(self.tables), "TIDEMARK_TICK": self.tick}
        if whole:
            self.storage.stop()
        else:
            self.storage.start()
            if not keep_slots:
                self.storage.free_slots()
            settings |= self.storage.settings()
        given = {
            "state": str(self.state),
            "tables": str(self.tables),
            "tick": self.tick,
            "whole": whole,
            "environ": {**settings, **self.environ, **environ},
        }
        log = self.state / "host.log"
        self._logged = log.stat().st_size if log.exists() else 0
        cradle = self._cradle or self._make_cradle()
        assert cradle.stdin is not None
        cradle.stdin.write(json.dumps(given) + "\n")
        cradle.stdin.flush()
        self._pid = int(self._hear("born"))
        word, _, rest = self._said.get(timeout=START_SECONDS).partition(" ")
        if word == "ended":
            self._mourn(rest)
            return False
        assert word == "ready", word
        self.url = rest
        return True

    def await_death(self, seconds: float) -> bool:
        """Wait for so long at most until the worker has died by itself; say whether it has."""
        try:
            said = self._said.get(timeout=max(seconds, 0.0))
        except Empty:
            return False
        self._mourn(said.removeprefix("ended "))
        return True

    def kill(self) -> None:
        """Kill the worker's whole process group where it stands."""
        assert self._pid is not None
        os.killpg(self._pid, signal.SIGKILL)
        self._mourn(self._hear("ended"))

    def stop(self) -> None:
        """End everything in order."""
        if self._pid is not None:
            os.kill(self._pid, signal.SIGTERM)
            self._hear("ended")
            self._pid = None
        if self._cradle is not None:
            assert self._cradle.stdin is not None
            self._cradle.stdin.close()
            self._cradle.wait()
            self._cradle = None
        self.storage.stop()

    def steps_begun(self) -> int:
        """How many activities this life has begun."""
        with (self.state / "host.log").open() as log:
            log.seek(self._logged)
            return log.read().count('"activity started"')

    def log(self, **wanted: Any) -> list[dict[str, Any]]:
        """Every complete line of the log that has these fields, of earlier lives too."""
        path = self.state / "host.log"
        text = path.read_text() if path.exists() else ""
        lines = (json.loads(each) for each in text.splitlines() if each.endswith("}"))
        return [line for line in lines if wanted.items() <= line.items()]

    def _make_cradle(self) -> subprocess.Popen[str]:
        self._cradle = cradle = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("faults_worker.py"))],
            cwd=REPOSITORY,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

        def listen() -> None:
            assert cradle.stdout is not None
            with cradle.stdout as lines:
                for line in lines:
                    # The whole stack says more, for users.
                    if line.startswith(_SAID):
                        self._said.put(line.strip())

        threading.Thread(target=listen, daemon=True).start()
        return cradle

    def _hear(self, word: str) -> str:
        said, _, rest = self._said.get(timeout=START_SECONDS).partition(" ")
        assert said == word, (said, rest, self._complaint())
        return rest

    def _mourn(self, status: str) -> None:
        self._pid = None
        assert int(status) == -signal.SIGKILL, (status, self._complaint())

    def _complaint(self) -> str:
        path = self.state / "worker.err"
        text = path.read_text() if path.exists() else ""
        return text[max(text.rfind("Fatal Python error"), 0) :][:4000]


@contextmanager
def rigged(rig: Rig) -> Generator[Rig]:
    """Stop at the end whatever lives then."""
    try:
        yield rig
    finally:
        rig.stop()
