"""What writers did, and what follows from it: which rows a load has to have seen, and which it cannot.

Times are seconds since 1970 in UTC by the clock of this machine, which is the source's as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from local.harness.kinds import TableKind
from local.harness.script import Operation


@dataclass(slots=True, kw_only=True)
class Transaction:
    """One transaction of a writer. `committed` is when COMMIT was sent and when it was answered."""

    number: int
    actor: str
    began: float
    writes: list[Entry] = field(default_factory=list["Entry"])
    prepared: bool = False
    ended: str = "open"
    committed: tuple[float, float] | None = None


@dataclass(slots=True, kw_only=True)
class Entry:
    """One write. `base` is the time that its cursor value stands for, or was drawn after.

    `undone`: taken back by a savepoint.
    """

    operation: Operation
    transaction: Transaction
    sent: float
    done: float
    base: float
    cursor: str
    undone: bool = False

    @property
    def lasting(self) -> bool:
        """Whether it has been committed."""
        return self.transaction.committed is not None and not self.undone


@dataclass(slots=True)
class Row:
    """What is known of a key. `op` is the operation that wrote it last, None while there is no row.

    `placed`: a load must find the row; `current`: it must find it as it is now. `was`: a row with
    this key was there once, so that a copy of it may be in the lake.
    """

    op: int | None = None
    placed: bool = True
    current: bool = True
    was: bool = False
    null: bool = False
    writer: Transaction | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What may differ in one table before its rows are reconciled, by key, and nothing else."""

    missing: frozenset[str]
    different: frozenset[str]
    extra: frozenset[str]
    rows: dict[str, int]

    @property
    def unseen(self) -> int:
        """How many rows no load of the table can be held to have seen."""
        return len(self.missing | self.different | self.extra)


def is_promised(kind: TableKind, entry: Entry) -> bool:
    """Say whether the row that a write left must be seen by the next load of its table."""
    if kind.promise == "whole" or (kind.nulls and entry.cursor == "null"):
        return True
    committed = entry.transaction.committed
    within = committed is not None and committed[1] <= entry.base + kind.margin
    if kind.promise == "database":
        # Of a prepared transaction the server does not know the start: then the margin counts.
        exact = entry.operation.action != "backdate" and not entry.transaction.prepared
        return exact or (entry.operation.action != "backdate" and within)
    return within


def expect(kind: TableKind, old_rows: int, entries: Iterable[Entry]) -> Expectation:
    """Fold the committed writes of a table, in the order in which they held their rows' locks."""
    rows = {
        key: Row(op=0, was=True, null=kind.nulls and key % 7 == 0) for key in range(1, old_rows + 1)
    }
    for entry in sorted((e for e in entries if e.lasting), key=lambda each: each.done):
        for key in range(entry.operation.key, entry.operation.last + 1):
            _apply(kind, rows, key, entry)
    named = {kind.key_text(key): row for key, row in rows.items()}
    there = {name: row for name, row in named.items() if row.op is not None}
    whole = kind.promise == "whole"
    gone = {name for name, row in named.items() if row.op is None and row.was and not whole}
    return Expectation(
        missing=frozenset(name for name, row in there.items() if not row.placed),
        different=frozenset(name for name, row in there.items() if not row.current),
        extra=frozenset(gone),
        rows={name: row.op for name, row in there.items() if row.op is not None},
    )


def _apply(kind: TableKind, rows: dict[int, Row], key: int, entry: Entry) -> None:
    action = entry.operation.action
    row = rows.setdefault(key, Row())
    if row.op is None and action != "insert":
        return
    if action == "delete":
        rows[key] = Row(was=row.was)
        return
    if action in ("rekey", "rekey_unseen"):
        rows[key] = Row(was=row.was)
        row = rows[entry.operation.to] = Row(op=0, placed=False, current=False, null=row.null)
    row.op, row.was = entry.operation.number, True
    if entry.cursor == "same" and kind.promise != "whole":
        _leave_cursor(row, entry)
        return
    row.null = entry.cursor == "null"
    row.placed = row.current = is_promised(kind, entry)
    row.writer = entry.transaction


def _leave_cursor(row: Row, entry: Entry) -> None:
    """Change a row without its cursor: seen only where it is read again whatever its cursor says."""
    if row.null:
        row.placed = row.current = True
        return
    # What the same transaction wrote with its cursor becomes visible with it.
    row.current = row.current and row.writer is entry.transaction


class Journal:
    """All transactions of a run. Each writer adds its own."""

    def __init__(self) -> None:
        self.transactions: list[Transaction] = []

    def entries(self, table: str) -> Iterator[Entry]:
        """Give every write to a table, also those that were rolled back."""
        for transaction in list(self.transactions):
            for entry in transaction.writes:
                if entry.operation.table == table:
                    yield entry

    def of_key(self, kind: TableKind, name: str) -> list[Entry]:
        """Give every write to one row, in order of time."""
        found = [each for each in self.entries(kind.name) if name in _names(kind, each.operation)]
        return sorted(found, key=lambda each: each.done)


def _names(kind: TableKind, operation: Operation) -> set[str]:
    keys = [*range(operation.key, operation.last + 1), *([operation.to] if operation.to else [])]
    return {kind.key_text(key) for key in keys}
