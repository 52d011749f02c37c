"""The stack of the end-to-end tests."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from azure.core.credentials import AzureNamedKeyCredential
from azure.data.tables import TableServiceClient
from e2e_secrets import marked_below

from local.azurite.process import ACCOUNT, KEY
from local.stack import REPOSITORY
from local.stack_process import StackProcess
from shared.runtime.wiring import STATE_TABLES

__all__ = ["EVERY_SECOND", "REPOSITORY", "Stack"]

EVERY_SECOND = "* * * * * *"


@dataclass(slots=True, kw_only=True)
class Stack(StackProcess):
    """The stack, with its log and all that it remembers. Its timer never ticks unless it is told to."""

    def stop(self) -> None:
        """End it in order, if it runs. No test's stack may leave a secret behind, whatever the test is about."""
        StackProcess.stop(self)
        found = marked_below(self.state)
        assert found == {}, found

    def log(self) -> list[dict[str, Any]]:
        """Every complete line of the host's log, of earlier lives too."""
        path = self.state / "host.log"
        text = path.read_text() if path.exists() else ""
        return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]

    def lines(self, wanted: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The lines of the log that have these fields with these values."""
        return [line for line in self.log() if wanted.items() <= line.items()]

    def remembered(self) -> list[tuple[str, str, str, str]]:
        """Everything in Table Storage but who asked: table, partition, row, and the version of the row."""
        return sorted(each for each in self._entities() if each[0] != STATE_TABLES["audit"])

    def _entities(self) -> Iterator[tuple[str, str, str, str]]:
        address = json.loads((self.state / "stack.json").read_text())["TIDEMARK_STATE_URL"]
        login = AzureNamedKeyCredential(ACCOUNT, KEY)
        with TableServiceClient(address, credential=login) as service:
            for table in service.list_tables():
                for row in service.get_table_client(table.name).list_entities():
                    etag = row.metadata["etag"]
                    yield table.name, row["PartitionKey"], row["RowKey"], str(etag)
