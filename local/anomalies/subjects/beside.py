"""A load in a thread of its own, beside what the script does."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Beside:
    """Begins at once; `wait` waits for the end and raises what the load raised."""

    def __init__(self, load: Callable[[], object]) -> None:
        self._load = load
        self._raised: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._load()
        except BaseException as error:  # noqa: BLE001 - handed to whoever waits
            self._raised = error

    def wait(self) -> None:
        """Wait for the end. Raises what the load raised."""
        self._thread.join()
        if self._raised is not None:
            raise self._raised

    def join(self, timeout_seconds: float) -> bool:
        """Wait for the end, but not longer than that; say whether it has come."""
        self._thread.join(timeout_seconds)
        return not self._thread.is_alive()
