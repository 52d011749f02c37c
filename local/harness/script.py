"""The script of a run: everything that writers and callers do, as a list of typed operations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

# What a writer does within its transaction, with one exception: `pause` is for everybody.
Write = Literal[
    "insert",  # new rows, or the same ones again where they are there
    "update",  # values and cursor
    "unseen",  # values without the cursor
    "clear",  # values, and no cursor value any more
    "backdate",  # values, and a cursor value that lies back
    "rekey",  # another key, and the cursor
    "rekey_unseen",  # another key without the cursor
    "delete",
]
Control = Literal["begin", "savepoint", "undo", "commit", "roll_back", "prepare", "pause"]
Call = Literal[
    "load", "event", "backfill", "initial", "reconcile", "rerun", "cancel", "correct", "kill"
]
Action = Write | Control | Call
WRITES = frozenset(Write.__args__)
CALLS = frozenset(Call.__args__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One step of one actor: a writer (`w0`, `w1`, ...), `loads` or `calls`.

    `number` is unique, and is written to the rows that the operation changes. `key` is the first of
    `rows` keys; `to` the new one of a re-key. `seconds` is how long a pause lasts, how far a cursor
    value lies back, or how much of the past a backfill covers. `share` chooses among what is there
    when a call is made.
    """

    number: int
    actor: str
    action: Action
    table: str | None = None
    key: int = 0
    rows: int = 1
    to: int = 0
    seconds: float = 0.0
    share: float = 0.0

    @property
    def last(self) -> int:
        """The last of its keys."""
        return self.key + self.rows - 1

    def __str__(self) -> str:
        """Say it in one line."""
        words = [f"{self.number:>6} {self.actor:<6} {self.action}"]
        if self.table:
            words.append(self.table)
        if self.key:
            words.append(f"{self.key}" if self.rows == 1 else f"{self.key} to {self.last}")
        if self.to:
            words.append(f"becomes {self.to}")
        if self.seconds:
            words.append(f"{self.seconds:.2f} s")
        return " ".join(words)


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """Operations in the order in which one driver carries them out, over the tables of some kinds."""

    seed: int
    tables: tuple[str, ...]
    operations: tuple[Operation, ...]

    def without(self, left_out: Sequence[Operation]) -> Script:
        """Give the script without some of its operations."""
        numbers = {operation.number for operation in left_out}
        kept = tuple(each for each in self.operations if each.number not in numbers)
        return Script(seed=self.seed, tables=self.tables, operations=kept)

    def save(self, path: Path) -> None:
        """Write it as JSON."""
        path.write_bytes(msgspec.json.format(msgspec.json.encode(self), indent=1))


def read_script(path: Path) -> Script:
    """Read what `save` wrote. Raises msgspec.DecodeError."""
    return msgspec.json.decode(path.read_bytes(), type=Script)
