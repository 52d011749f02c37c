"""One embedded stack as a process group of its own, which can be killed and started again."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from azure.core.credentials import AzureNamedKeyCredential
from azure.data.tables import TableServiceClient
from e2e_waiting import PATIENCE_SECONDS

from local.azurite.process import ACCOUNT, KEY

REPOSITORY = Path(__file__).parents[2]
NEVER = "0 0 0 1 1 *"
EVERY_SECOND = "* * * * * *"
_STOP_SECONDS = 30


@dataclass(slots=True, kw_only=True)
class Stack:
    """The stack on one state folder. `tables` holds the table files, `environ` what is added."""

    state: Path
    tables: Path
    environ: Mapping[str, str]
    tick: str = NEVER
    url: str = field(init=False, default="")
    _process: subprocess.Popen[str] | None = field(init=False, default=None)

    def start(self) -> None:
        """Start it and wait until it is ready; its address is new each time."""
        self.state.mkdir(parents=True, exist_ok=True)
        self.tables.mkdir(parents=True, exist_ok=True)
        with (self.state / "stack.err").open("a") as errors:
            process = subprocess.Popen(
                [
                    *(sys.executable, str(Path(__file__).with_name("e2e_serve.py"))),
                    *("--state", str(self.state), "--tables", str(self.tables)),
                    *("--tick", self.tick),
                ],
                cwd=REPOSITORY,
                env={**os.environ, **self.environ, "PYTHONPATH": str(REPOSITORY)},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                start_new_session=True,
            )
        self._process = process
        assert process.stdout is not None
        impatience = threading.Timer(PATIENCE_SECONDS, process.kill)
        impatience.start()
        word, _, url = process.stdout.readline().strip().partition(" ")
        impatience.cancel()
        assert word == "ready", (self.state / "stack.err").read_text()
        self.url = url

    def stop(self) -> None:
        """End it in order, if it runs."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Kill the whole process group where it stands."""
        self._end(signal.SIGKILL)

    def _end(self, number: signal.Signals) -> None:
        process = self._process
        if process is None:
            return
        if number == signal.SIGKILL:
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
        process.wait(_STOP_SECONDS)
        for pipe in (process.stdin, process.stdout):
            assert pipe is not None
            pipe.close()
        self._process = None

    @property
    def lake(self) -> Path:
        """The folder under which every filesystem of the lake lies."""
        return self.state / "lake"

    def log(self) -> list[dict[str, Any]]:
        """Every complete line of the host's log, of earlier lives too."""
        path = self.state / "host.log"
        text = path.read_text() if path.exists() else ""
        return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]

    def lines(self, wanted: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The lines of the log that have these fields with these values."""
        return [line for line in self.log() if wanted.items() <= line.items()]

    def remembered(self) -> list[tuple[str, str, str, str]]:
        """Everything in Table Storage: table, partition, row, and the version of the row."""
        return sorted(self._entities())

    def _entities(self) -> Iterator[tuple[str, str, str, str]]:
        address = json.loads((self.state / "stack.json").read_text())["TIDEMARK_STATE_URL"]
        login = AzureNamedKeyCredential(ACCOUNT, KEY)
        with TableServiceClient(address, credential=login) as service:
            for table in service.list_tables():
                for row in service.get_table_client(table.name).list_entities():
                    etag = row.metadata["etag"]
                    yield table.name, row["PartitionKey"], row["RowKey"], str(etag)
