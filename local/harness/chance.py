"""Writes scripts from a seed: what every writer and every caller will do, and in which order.

The same seed gives the same operations, whether they are carried out at once or step by step.
"""

# ruff: noqa: PLR2004, S311 - the numbers say how often, and chance has to be repeatable

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from random import Random

from local.harness.kinds import KINDS, OLD_ROWS, TableKind
from local.harness.script import WRITES, Action, Call, Operation, Script

# Keys of a writer's own rows begin here, so that two never insert the same.
KEYS_PER_WRITER = 10_000_000
MOST_TIED_ROWS = 300
_SHORT, _LONG = 0.4, 6.0


class WriterChance:
    """What one writer does, transaction by transaction, without end."""

    def __init__(self, seed: int, writer: int, writers: int, tables: Sequence[str]) -> None:
        self._chance = Random(f"{seed} writer {writer}")
        self._kinds = [KINDS[name] for name in tables]
        self.actor = f"w{writer}"
        self._numbers = count(writer + 1, writers + 2)
        self._keys = count((writer + 1) * KEYS_PER_WRITER)
        self._own: dict[str, list[int]] = {name: [] for name in tables}

    def operations(self, *, pauses: bool) -> Iterator[Operation]:
        """Give transaction after transaction. `pauses` also between and within them."""
        while True:
            yield from self._transaction(pauses=pauses)
            if pauses:
                yield self._pause(self._chance.uniform(0, 0.1))

    def _transaction(self, *, pauses: bool) -> Iterator[Operation]:
        chance = self._chance
        yield self._make("begin")
        saved = False
        for _ in range(chance.choice((1, 1, 1, 2, 2, 3, 5))):
            yield self._write(chance.choice(self._kinds))
            if saved and chance.random() < 0.5:
                yield self._make("undo")
                saved = False
            elif chance.random() < 0.15:
                yield self._make("savepoint")
                saved = True
            if pauses and chance.random() < 0.5:
                yield self._pause(self._hold())
        end = chance.random()
        if end < 0.1:
            yield self._make("roll_back")
            return
        if end < 0.13:
            yield self._make("prepare")
            if pauses:
                yield self._pause(self._hold())
        yield self._make("commit")

    def _write(self, kind: TableKind) -> Operation:
        chance = self._chance
        action = self._action(kind)
        own = self._own[kind.name]
        if action == "insert":
            again = bool(own) and chance.random() < 0.1
            if again:
                return self._make("insert", kind, key=chance.choice(own))
            rows = chance.choice((1, 1, 1, 2, 5, 20))
            if kind.tie and chance.random() < 0.3:
                rows = chance.randint(20, MOST_TIED_ROWS)
            keys = [next(self._keys) for _ in range(rows)]
            own += keys[:3]
            return self._make("insert", kind, key=keys[0], rows=rows)
        old = not own or chance.random() < 0.6
        key = chance.randint(1, OLD_ROWS) if old else chance.choice(own)
        rows = chance.randint(1, OLD_ROWS + 1 - key) if old and chance.random() < 0.1 else 1
        if action in ("rekey", "rekey_unseen"):
            new = next(self._keys)
            own.append(new)
            return self._make(action, kind, key=key, to=new)
        back = chance.choice((0.5, 2.0, 20.0, 300.0)) if action == "backdate" else 0.0
        return self._make(action, kind, key=key, rows=rows, seconds=back)

    def _action(self, kind: TableKind) -> Action:
        weights: dict[Action, float] = {"insert": 8, "update": 8, "rekey": 0.7 * kind.deletes}
        weights["unseen"] = 1.0 * kind.unseen
        weights["rekey_unseen"] = 0.3 * (kind.unseen and kind.deletes)
        weights["backdate"] = 1.0 * kind.backdates
        weights["clear"] = 2.0 * kind.nulls
        weights["delete"] = 1.5 * kind.deletes
        return self._chance.choices(list(weights), list(weights.values()))[0]

    def _hold(self) -> float:
        short = self._chance.random() < 0.95
        return self._chance.uniform(0, _SHORT) if short else self._chance.uniform(_SHORT, _LONG)

    def _pause(self, seconds: float) -> Operation:
        return self._make("pause", seconds=round(seconds, 3))

    def _make(
        self,
        action: Action,
        kind: TableKind | None = None,
        *,
        key: int = 0,
        rows: int = 1,
        to: int = 0,
        seconds: float = 0.0,
    ) -> Operation:
        return Operation(
            number=next(self._numbers),
            actor=self.actor,
            action=action,
            table=kind.name if kind else None,
            key=key,
            rows=rows,
            to=to,
            seconds=seconds,
        )


# What comes out of the same call is always the same, so that a script is.
_REPEATABLE: dict[Call, float] = {
    "event": 6,
    "load": 1,
    "backfill": 3,
    "reconcile": 1,
    "initial": 0.7,
    "correct": 0.5,
}
_ANY: dict[Call, float] = {**_REPEATABLE, "cancel": 1.5, "rerun": 2}


class CallChance:
    """What is asked of the stack beside the loads that come by the clock, without end."""

    def __init__(self, seed: int, writers: int, tables: Sequence[str]) -> None:
        self._chance = Random(f"{seed} calls")
        self._tables = tables
        self._numbers = count(writers + 1, writers + 2)

    def operations(self, *, pauses: bool) -> Iterator[Operation]:
        """Give call after call."""
        while True:
            if pauses:
                yield self.pause(round(self._chance.uniform(0, 3), 3))
            yield self.call(_ANY)

    def call(self, weights: dict[Call, float] = _REPEATABLE) -> Operation:
        """Choose one call."""
        return self._make(self._chance.choices(list(weights), list(weights.values()))[0])

    def load(self) -> Operation:
        """Order a load of all tables."""
        return self._make("load")

    def pause(self, seconds: float) -> Operation:
        """Let time pass."""
        return self._make("pause", seconds=seconds)

    def _make(self, action: Action, *, seconds: float = 0.0) -> Operation:
        whole = action in ("pause", "load")
        return Operation(
            number=next(self._numbers),
            actor="calls",
            action=action,
            table=None if whole else self._chance.choice(self._tables),
            seconds=seconds or (round(self._chance.uniform(1, 300), 1) if not whole else 0.0),
            share=round(self._chance.random(), 4),
        )


def write_script(seed: int, tables: Sequence[str], *, writers: int, steps: int) -> Script:
    """Write a script to be carried out step by step: few writers, and calls between their steps."""
    chance = Random(f"{seed} order")
    each = [
        WriterChance(seed, number, writers, tables).operations(pauses=False)
        for number in range(writers)
    ]
    calls = CallChance(seed, writers, tables)
    operations = [calls.load()]
    # What each writer has written in a transaction that is still open.
    held = dict.fromkeys(range(writers), 0)
    while len(operations) < steps:
        drawn = chance.random()
        if drawn < 0.02:
            operations.append(calls.call())
        elif drawn < 0.04:
            operations.append(calls.pause(round(chance.uniform(0, 0.5), 3)))
        else:
            writer = chance.randrange(writers)
            operation = next(each[writer])
            wrote, held[writer] = held[writer], _held(operation, held[writer])
            operations.append(operation)
            # A load can do harm while some have committed and others have not: then it comes most often.
            ended = wrote > 0 and held[writer] == 0
            if chance.random() < (0.4 if ended and any(held.values()) else 0.01):
                operations.append(calls.load())
    return Script(seed=seed, tables=tuple(tables), operations=tuple(operations))


def _held(operation: Operation, before: int) -> int:
    if operation.action in WRITES:
        return before + 1
    return 0 if operation.action in ("begin", "commit", "roll_back") else before
