"""The embedded stack, with what the suite wants to know of its memory and its state."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from signal import Signals

from azure.core.credentials import AzureNamedKeyCredential
from azure.data.tables import TableServiceClient

from local.azurite.process import ACCOUNT, KEY
from local.stack_process import StackProcess

_PEAK = re.compile(r"VmHWM:\s+(\d+) kB")
_LEDGER = ("tidemarkorders", "tidemarkruns")


@dataclass(slots=True, kw_only=True)
class Stack(StackProcess):
    """The stack, measured from outside."""

    _peak: int = field(init=False, default=0)

    def peak_bytes(self) -> int:
        """Give the most memory that its process has used, over all its lives."""
        if self.pid is not None:
            status = Path(f"/proc/{self.pid}/status").read_text()
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

    def end(self, number: Signals) -> None:
        """Note its memory, and end it."""
        self.peak_bytes()
        StackProcess.end(self, number)
