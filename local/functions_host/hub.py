"""The task hub: one app's orchestrations and everything stored about them."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from local.functions_host.database import Database
from local.functions_host.instances import InstanceTable
from local.functions_host.lifecycle import Lifecycle
from local.functions_host.mailbox import Mailbox

T = TypeVar("T")


class TaskHub:
    """The tables of a hub and the one database they share."""

    def __init__(self, path: Path) -> None:
        self.database = Database(path)
        self.instances = InstanceTable(self.database)
        self.mailbox = Mailbox(self.database)
        self.lifecycle = Lifecycle(self.instances, self.mailbox)
        self._changed = threading.Condition()

    def announce(self) -> None:
        """Let those look again who wait for something to happen."""
        with self._changed:
            self._changed.notify_all()

    def wait_for(self, look: Callable[[], T], timeout: float | None) -> T:
        """Wait until `look` gives something true, at most `timeout` seconds; what it gave last."""
        with self._changed:
            return self._changed.wait_for(look, timeout)
