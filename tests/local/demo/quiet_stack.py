"""The demo's stack with a timer that never ticks, and all that it remembers."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from azure.core.credentials import AzureNamedKeyCredential
from azure.data.tables import TableServiceClient

from local.azurite.process import ACCOUNT, KEY
from tests.local.demo.conftest import REPOSITORY

_SERVE = """
import sys
from pathlib import Path
from local.stack import StackOptions, run
state, tables = map(Path, sys.argv[1:])
options = StackOptions(state=state, tables=tables, port=0, tick="0 0 0 1 1 *", sample=True)
sys.exit(run(options))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Every file of the lake, every row of Table Storage by version, and every history."""

    lake: dict[str, tuple[int, int]]
    tables: list[tuple[str, str, str, str]]
    hub: dict[str, list[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietStack:
    """A stack that does nothing unless it is asked."""

    url: str
    state: Path

    @property
    def database(self) -> str:
        port = (self.state / "postgres" / "data" / "postmaster.pid").read_text().splitlines()[3]
        return f"postgresql://postgres@127.0.0.1:{port.strip()}/postgres"

    def remembered(self) -> Memory:
        """Everything that the stack has written so far."""
        lake = self.state / "lake"
        files = {
            str(path.relative_to(lake)): (path.stat().st_size, path.stat().st_mtime_ns)
            for path in lake.rglob("*")
        }
        return Memory(lake=files, tables=sorted(self._rows()), hub=self._histories())

    def _rows(self) -> Iterator[tuple[str, str, str, str]]:
        address = json.loads((self.state / "stack.json").read_text())["TIDEMARK_STATE_URL"]
        with TableServiceClient(
            address, credential=AzureNamedKeyCredential(ACCOUNT, KEY)
        ) as service:
            for table in service.list_tables():
                yield table.name, "", "", ""
                for row in service.get_table_client(table.name).list_entities():
                    key = row["PartitionKey"], row["RowKey"]
                    yield table.name, *key, str(row.metadata["etag"])

    def _histories(self) -> dict[str, list[Any]]:
        path = self.state / "host" / "hub.sqlite"
        tables = ("instances", "history", "inbox", "activities")
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as hub:
            return {name: hub.execute(f"SELECT * FROM {name}").fetchall() for name in tables}


@contextmanager
def serve_quietly() -> Iterator[QuietStack]:
    """Serve the demo's tables from its own sample."""
    # Not below pytest's own folder, which keeps PostgreSQL out when it runs as another user.
    with tempfile.TemporaryDirectory(prefix="tidemark-") as folder:
        state = Path(folder) / "state"
        command = [sys.executable, "-c", _SERVE, str(state), str(REPOSITORY / "tables")]
        with subprocess.Popen(
            command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            try:
                word, _, url = process.stdout.readline().strip().partition(" ")
                assert word == "ready"
                yield QuietStack(url=url, state=state)
            finally:
                process.terminate()
                process.wait()
