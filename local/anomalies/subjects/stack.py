"""The embedded stack as a process group of its own, which can be killed and started again."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from azure.core.credentials import AzureNamedKeyCredential
from azure.data.tables import TableServiceClient

from local.anomalies.waiting import PATIENCE_SECONDS, WaitedInVain
from local.azurite.process import ACCOUNT, KEY
from local.stack import REPOSITORY

_MODULE = "local.anomalies.subjects.serving"
# Schedules play no part; what a killed stack left is taken up by the loads themselves.
_NEVER = "0 0 0 1 1 *"
_STOP_SECONDS = 60
_PEAK = re.compile(r"VmHWM:\s+(\d+) kB")
_LEDGER = ("tidemarkorders", "tidemarkruns")


@dataclass(slots=True, kw_only=True)
class Stack:
    """The stack on one state folder; `environ` is added to its environment at every start."""

    state: Path
    tables: Path
    environ: Mapping[str, str]
    url: str = field(init=False, default="")
    _process: subprocess.Popen[str] | None = field(init=False, default=None)
    _peak: int = field(init=False, default=0)

    def start(self, more: Mapping[str, str] | None = None) -> None:
        """Start it and wait until it is ready; its address is new each time.

        Raises:
            WaitedInVain: it did not get ready.
        """
        for folder in (self.state, self.tables):
            folder.mkdir(parents=True, exist_ok=True)
        options = ["--state", str(self.state), "--tables", str(self.tables), "--tick", _NEVER]
        with (self.state / "stack.err").open("a") as errors:
            process = subprocess.Popen(
                [sys.executable, "-m", _MODULE, *options],
                cwd=REPOSITORY,
                env={**os.environ, **self.environ, **(more or {})},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                start_new_session=True,
            )
        self._process = process
        self.url = self._await_ready(process)

    def stop(self) -> None:
        """End it in order, if it runs."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Kill the whole process group where it stands."""
        self._end(signal.SIGKILL)

    @property
    def lake(self) -> Path:
        """The folder under which every filesystem of the lake lies."""
        return self.state / "lake"

    def peak_bytes(self) -> int:
        """Give the most memory that its process has used, over all its lives."""
        if self._process is not None:
            status = Path(f"/proc/{self._process.pid}/status").read_text()
            if found := _PEAK.search(status):
                self._peak = max(self._peak, int(found[1]) * 1024)
        return self._peak

    def has_done(self, activity: str, order_id: str) -> bool:
        """Say whether the host's log tells that an activity of an order was completed."""
        text = (self.state / "host.log").read_text()
        lines = [json.loads(line) for line in text.splitlines(keepends=True) if line[-1:] == "\n"]
        return any(
            line.get("message") == "activity completed"
            and line.get("activity") == activity
            and str(line.get("instance")).startswith(order_id)
            for line in lines
        )

    def remembered_bytes(self, name: str) -> int:
        """Measure all entities of Table Storage that name a table, those of the ledger left out."""
        address = json.loads((self.state / "stack.json").read_text())["TIDEMARK_STATE_URL"]
        login = AzureNamedKeyCredential(ACCOUNT, KEY)
        with TableServiceClient(address, credential=login) as service:
            texts = [
                json.dumps(dict(row), default=str)
                for table in service.list_tables()
                if table.name not in _LEDGER
                for row in service.get_table_client(table.name).list_entities()
            ]
        return sum(len(text.encode()) for text in texts if name in text)

    def _await_ready(self, process: subprocess.Popen[str]) -> str:
        impatience = threading.Timer(PATIENCE_SECONDS, process.kill)
        impatience.start()
        line = process.stdout.readline() if process.stdout else ""
        impatience.cancel()
        word, _, url = line.strip().partition(" ")
        if word != "ready":
            raise WaitedInVain(
                f"the stack did not start:\n{(self.state / 'stack.err').read_text()}"
            )
        return url

    def _end(self, number: signal.Signals) -> None:
        process = self._process
        if process is None:
            return
        self.peak_bytes()
        if number == signal.SIGKILL:
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
        process.wait(_STOP_SECONDS)
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
        self._process = None
