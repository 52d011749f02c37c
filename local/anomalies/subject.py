"""What the suite asks of a tool: to copy a table, to say what it holds, and to be killed."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

import pyarrow as pa

from local.anomalies.declared import Declared
from local.anomalies.gate import Gate


class Refusal(Exception):
    """The tool stopped loudly; `kind` is the name of its error."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(f"{kind}: {message}")
        self.kind = kind


class NotOffered(Exception):
    """The tool has nothing of the kind, and claims nothing of the kind; the message says what."""


class CopyBroken(Exception):
    """What lies in the copy is not what the tool itself says of it."""


class Running(Protocol):
    """A load that goes on beside what the script does."""

    def wait(self) -> None:
        """Wait for its end. Raises Refusal if it stopped loudly."""
        ...

    def join(self, timeout_seconds: float) -> bool:
        """Wait for its end, but not longer than that; say whether it has ended. What it raised is kept for `wait`."""
        ...


class Copy(Protocol):
    """One table's copy as one tool keeps it. Whatever loads raises Refusal if the tool stops loudly."""

    def load(self) -> None:
        """Load what is new, and wait."""
        ...

    def start_load(self) -> Running:
        """Begin a load as another worker would, beside those that are running."""
        ...

    def backfill(self, start: str, end: str) -> None:
        """Load the period [start, end) again, and wait."""
        ...

    def start_backfill(self, start: str, end: str) -> Running:
        """Begin a backfill as another worker would."""
        ...

    def reconcile(self) -> None:
        """Find and repair what no cursor shows. Raises NotOffered."""
        ...

    def accept_restored(self) -> None:
        """Do what the tool's documents advise once its stop has told that the source went back in time."""
        ...

    def crash_while_reading(self, gate: Gate) -> str:
        """Load, die while rows are read, and go on as the tool goes on; say how it was killed."""
        ...

    def crash_after_landing(self) -> str | None:
        """Load, die after the rows have landed and before that is recorded, and go on; say how.

        None if it died too late, when all was recorded.
        """
        ...

    def current_state(self) -> pa.Table:
        """Give the rows that the copy holds now, with the source's columns. Raises CopyBroken."""
        ...

    def images(self) -> pa.Table:
        """Give every row image that was ever landed, with the source's columns."""
        ...

    def published_twice(self) -> int:
        """Count keys of which one image was published more than once, by the tool's own contract."""
        ...

    def state_bytes(self) -> int:
        """Measure what is remembered of the table between loads."""
        ...


class Subject(Protocol):
    """A tool."""

    @property
    def name(self) -> str:
        """Its name in results."""
        ...

    @property
    def title(self) -> str:
        """Its name in tables."""
        ...

    @property
    def reads_like(self) -> str:
        """A regular expression for the statements by which it reads rows."""
        ...

    @property
    def takes_turns(self) -> bool:
        """Whether loads of one table wait for each other."""
        ...

    def prepare(self, declared: Declared) -> Copy:
        """Get ready to copy a table."""
        ...

    def peak_bytes(self) -> int | None:
        """Give the most memory that its worker has used so far, None if it has none of its own."""
        ...

    def in_zone(self, zone: str) -> AbstractContextManager[None]:
        """Run the tool's worker in a time zone meanwhile."""
        ...

    def repeating(self) -> AbstractContextManager[None]:
        """Run every activity twice meanwhile. Raises NotOffered."""
        ...

    def close(self) -> None:
        """Stop what was started."""
        ...
