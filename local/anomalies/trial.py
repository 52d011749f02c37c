"""What a case's script works with: the writers' database, the copy, and a gate between the two."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Self

from local.anomalies.database import Database
from local.anomalies.gate import Gate
from local.anomalies.subject import Copy, NotOffered, Refusal, Running, Subject
from local.anomalies.waiting import PATIENCE_SECONDS

_MOMENT_SECONDS = 2.0


@dataclass(slots=True, kw_only=True)
class Trial:
    """One case on one tool. `refusals` are the stops on the way; `notes` say how it went about.

    `declined` is what the case asked for and the tool does not have.
    """

    database: Database
    subject: Subject
    copy: Copy
    gate: Gate
    random: Random
    rows: int
    refusals: list[Refusal] = field(default_factory=list[Refusal])
    notes: list[str] = field(default_factory=list[str])
    declined: list[str] = field(default_factory=list[str])

    def execute(self, sql: str) -> None:
        """Write, committed together."""
        self.database.execute(sql)

    def load(self) -> bool:
        """Load and wait; False if the tool stopped loudly, which is kept."""
        try:
            self.copy.load()
        except Refusal as refusal:
            self.refusals.append(refusal)
            return False
        return True

    def load_at_gate(self, during: str = "", *, if_any: bool = False) -> None:
        """Begin a load, wait until its reader has its snapshot, write, and let it go on.

        With `if_any` the load may find no row to read, and so end without coming to the gate.
        """
        with self.held_load(if_any=if_any) as held:
            self.execute(during)
        held.wait()

    def held_load(self, *, if_any: bool = False) -> HeldLoad:
        """Begin a load that is held at the gate for as long as the block lasts."""
        return HeldLoad(trial=self, if_any=if_any)

    def wait_beside(self, running: Running) -> None:
        """Wait for a load beside one that is held; where it waits for that one, only a moment."""
        held_up = self.subject.takes_turns
        running.join(_MOMENT_SECONDS if held_up else PATIENCE_SECONDS)

    def finish(self, running: Running) -> None:
        """Wait for the end of a load; a stop is kept."""
        try:
            running.wait()
        except Refusal as refusal:
            self.refusals.append(refusal)

    def backfill(self, start: str, end: str) -> None:
        """Load a period again; a stop is kept."""
        try:
            self.copy.backfill(start, end)
        except Refusal as refusal:
            self.refusals.append(refusal)

    def reconcile(self) -> None:
        """Look for what no cursor shows, if the tool can."""
        try:
            self.copy.reconcile()
        except NotOffered as missing:
            self.declined.append(str(missing))
        except Refusal as refusal:
            self.refusals.append(refusal)


@dataclass(slots=True, kw_only=True)
class HeldLoad:
    """A load whose reader stands at the gate; with `if_any` it may have ended, having found no row to read."""

    trial: Trial
    if_any: bool
    _running: Running = field(init=False)

    def __enter__(self) -> Self:
        gate = self.trial.gate
        gate.close()
        self._running = self.trial.copy.start_load()
        gate.await_reader(lambda: self._running.join(0.0), if_any=self.if_any)
        return self

    def __exit__(self, *_error: object) -> None:
        self.trial.gate.open()

    def wait(self) -> None:
        """Wait until the load has ended; a stop is kept."""
        self.trial.finish(self._running)
