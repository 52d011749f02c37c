"""A writer: one connection that carries out operations as they come, and writes down what it did."""

from __future__ import annotations

import time
from contextlib import closing
from types import TracebackType
from typing import Self

from adbc_driver_manager import Error as SourceError
from adbc_driver_postgresql import dbapi

from local.harness.journal import Entry, Journal, Transaction
from local.harness.kinds import CACHE_SECONDS, KINDS, TableKind, literal
from local.harness.script import WRITES, Operation


class Writer:
    """Carries out the operations of one actor. An operation that fails ends its transaction.

    `patience` is how long it waits for another's row lock, in milliseconds; `skew` how far the
    clock of its application is from the source's, in seconds.
    """

    def __init__(
        self, uri: str, schema: str, journal: Journal, *, patience: int, skew: float
    ) -> None:
        self._connection = dbapi.connect(uri, autocommit=True)
        self._journal, self._schema, self._skew = journal, schema, skew
        self._open: Transaction | None = None
        self._saved: int | None = None
        self._drawn_since = 0.0
        self.failed = 0
        self._run(f"SET search_path = {schema}; SET TimeZone = 'UTC'")
        self._run(f"SET lock_timeout = {patience}; SET deadlock_timeout = 200")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.close()

    def do(self, operation: Operation) -> None:
        """Carry out one operation. What needs an open transaction is left out without one."""
        if operation.action == "begin":
            self._begin(operation)
            return
        if self._open is None:
            return
        try:
            self._within(operation, self._open)
        except SourceError:
            self.failed += 1
            self._end("failed", "ROLLBACK")

    def finish(self) -> None:
        """Commit what is open."""
        if self._open is not None:
            self._commit(self._open)

    def _begin(self, operation: Operation) -> None:
        if self._open is not None:
            self._commit(self._open)
        now = time.time()
        draws = ""
        if now - self._drawn_since > CACHE_SECONDS:
            # Numbers that the session holds in its cache are given up, so that none is too old.
            draws, self._drawn_since = "DISCARD SEQUENCES; ", now
        self._open = Transaction(number=operation.number, actor=operation.actor, began=now)
        self._saved = None
        self._journal.transactions.append(self._open)
        self._run(f"{draws}BEGIN")

    def _within(self, operation: Operation, transaction: Transaction) -> None:
        match operation.action:
            case action if action in WRITES:
                if not transaction.prepared:
                    self._write(operation, transaction)
            case "savepoint" if not transaction.prepared:
                self._run("SAVEPOINT here")
                self._saved = len(transaction.writes)
            case "undo" if self._saved is not None and not transaction.prepared:
                self._run("ROLLBACK TO SAVEPOINT here")
                for entry in transaction.writes[self._saved :]:
                    entry.undone = True
            case "prepare" if not transaction.prepared:
                self._run(f"PREPARE TRANSACTION '{self._name(transaction)}'")
                transaction.prepared = True
            case "commit":
                self._commit(transaction)
            case "roll_back":
                self._end("rolled back", "ROLLBACK")
            case _:
                pass

    def _commit(self, transaction: Transaction) -> None:
        sent = time.time()
        self._end("committed", "COMMIT")
        transaction.committed = (sent, time.time())

    def _end(self, how: str, word: str) -> None:
        transaction = self._open
        if transaction is None:
            return
        prepared = f" PREPARED '{self._name(transaction)}'" if transaction.prepared else ""
        self._run(f"{word}{prepared}")
        transaction.ended, self._open = how, None

    def _name(self, transaction: Transaction) -> str:
        return f"{self._schema} {transaction.number}"

    def _write(self, operation: Operation, transaction: Transaction) -> None:
        kind = KINDS[operation.table or ""]
        sent = time.time()
        value, base, cursor = self._value(kind, operation, transaction)
        self._run(statement(kind, operation, value))
        transaction.writes.append(
            Entry(
                operation=operation,
                transaction=transaction,
                sent=sent,
                done=time.time(),
                base=base,
                cursor=cursor,
            )
        )

    def _value(
        self, kind: TableKind, operation: Operation, transaction: Transaction
    ) -> tuple[str | None, float, str]:
        """Choose the SQL of the cursor's value (None leaves it), the time it stands for, and what it is."""
        if operation.action in ("unseen", "rekey_unseen") or kind.column is None:
            return None, transaction.began, "same"
        if operation.action == "clear":
            return "NULL", transaction.began, "null"
        if kind.promise == "margin":
            moment = kind.moment(time.time() + self._skew, operation.seconds)
            return literal(moment), moment, literal(moment)
        base = self._drawn_since if kind.promise == "drawn" else transaction.began
        if operation.action == "backdate" and kind.backdated:
            value = kind.backdated.format(seconds=operation.seconds)
            return value, base, value
        return kind.touch or None, base, kind.touch or "by the trigger"

    def _run(self, sql: str) -> None:
        with closing(self._connection.cursor()) as cursor:
            cursor.executescript(sql)


def statement(kind: TableKind, operation: Operation, value: str | None) -> str:
    """Write an operation as SQL; `value` is what its cursor becomes, None if it is not named."""
    number = operation.number
    if operation.action == "delete":
        return f"DELETE FROM {kind.name} WHERE {kind.where(operation.key, operation.last)}"
    if operation.action == "insert":
        return _insert(kind, operation, value)
    changes = [f"op = {number}", f"name = '{operation.action} {number}'", "amount = amount + 0.25"]
    if operation.to:
        changes.append(f"id = {operation.to}")
        if kind.composite:
            changes.append(f"region = 'r{operation.to % 3}'")
    if value is not None:
        changes.append(f"cursor = {value}")
    where = kind.where(operation.key, operation.last)
    return f"UPDATE {kind.name} SET {', '.join(changes)} WHERE {where}"


def _insert(kind: TableKind, operation: Operation, value: str | None) -> str:
    number = operation.number
    columns = ["id", "op", "name", "amount"]
    values = ["n", f"{number}", f"'insert {number}'", "(n % 1000) / 8.0"]
    if kind.composite:
        columns.append("region")
        values.append("'r' || n % 3")
    if value is not None:
        columns.append("cursor")
        values.append(value)
    changed = ", ".join(f"{name} = excluded.{name}" for name in columns if name not in kind.key)
    return f"""
        INSERT INTO {kind.name} ({", ".join(columns)})
        SELECT {", ".join(values)} FROM generate_series({operation.key}, {operation.last}) AS n
        ON CONFLICT ({", ".join(kind.key)}) DO UPDATE SET {changed}
    """
