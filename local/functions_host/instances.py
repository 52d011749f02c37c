"""Orchestration instances as rows: who they are and how they stand."""

from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from local.functions_host.database import Database


class RuntimeStatus(StrEnum):
    """The states of the durable extension's `OrchestrationRuntimeStatus` that occur here."""

    PENDING = "Pending"
    RUNNING = "Running"
    SUSPENDED = "Suspended"
    COMPLETED = "Completed"
    FAILED = "Failed"
    TERMINATED = "Terminated"

    @property
    def is_final(self) -> bool:
        """Nothing happens to the instance any more."""
        return self in FINAL


FINAL = frozenset({RuntimeStatus.COMPLETED, RuntimeStatus.FAILED, RuntimeStatus.TERMINATED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """One orchestration; `execution` changes with every start and every continue_as_new.

    `input`, `output` and `custom_status` are JSON text; times are POSIX seconds.
    """

    id: str
    execution: str
    name: str
    version: str | None
    input: str
    status: RuntimeStatus
    created_at: float
    updated_at: float
    output: str | None = None
    custom_status: str | None = None
    parent: str | None = None
    parent_execution: str | None = None
    parent_task: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceFilter:
    """Which instances a listing or a purge means; None is no condition."""

    created_from: float | None = None  # inclusive
    created_to: float | None = None  # inclusive
    statuses: frozenset[str] = frozenset()  # empty: any
    id_prefix: str = ""

    def where(self) -> tuple[str, list[Any]]:
        """The SQL condition and its values."""
        terms = ["substr(id, 1, ?) = ?"]
        values: list[Any] = [len(self.id_prefix), self.id_prefix]
        if self.created_from is not None:
            terms.append("created_at >= ?")
            values.append(self.created_from)
        if self.created_to is not None:
            terms.append("created_at <= ?")
            values.append(self.created_to)
        if self.statuses:
            terms.append(f"status in ({', '.join('?' * len(self.statuses))})")
            values.extend(sorted(self.statuses))
        return " and ".join(terms), values


_COLUMNS = tuple(field.name for field in fields(Instance))


class InstanceTable:
    """The instances of one task hub."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, instance: Instance) -> None:
        """Write a new instance."""
        self._database.change(
            f"insert into instances ({', '.join(_COLUMNS)}) values ({', '.join('?' * len(_COLUMNS))})",
            *(getattr(instance, column) for column in _COLUMNS),
        )

    def find(self, instance_id: str) -> Instance | None:
        """The instance of that id."""
        found = self._select("where id = ?", instance_id)
        return found[0] if found else None

    def page(self, wanted: InstanceFilter, after: tuple[float, str], limit: int) -> list[Instance]:
        """At most `limit` instances in the order of (created_at, id), after the given one."""
        where, values = wanted.where()
        tail = f"where (created_at, id) > (?, ?) and {where} order by created_at, id limit ?"
        return self._select(tail, *after, *values, limit)

    def children(self, parent: Instance) -> list[Instance]:
        """The sub-orchestrations that an execution started."""
        tail = "where parent = ? and parent_execution = ?"
        return self._select(tail, parent.id, parent.execution)

    def runnable(self, now: float) -> list[str]:
        """Ids of instances that have something to do now: a start, or a message that is due."""
        rows = self._database.rows(
            "select id from instances i where status in ('Pending', 'Running') and ("
            " not exists (select 1 from history where instance = i.id)"
            " or exists (select 1 from inbox where instance = i.id and due_at <= ?))"
            " order by created_at, id",
            now,
        )
        return [row["id"] for row in rows]

    def set_status(self, instance_id: str, status: RuntimeStatus, now: float) -> None:
        """Move between the states that are not final."""
        self._database.change(
            "update instances set status = ?, updated_at = ? where id = ?", status, now, instance_id
        )

    def set_custom_status(self, instance_id: str, custom_status: str) -> None:
        """Write what the orchestrator says about itself (JSON text)."""
        self._database.change(
            "update instances set custom_status = ? where id = ?", custom_status, instance_id
        )

    def set_outcome(self, instance_id: str, status: RuntimeStatus, output: str, now: float) -> None:
        """Move to a final state."""
        self._database.change(
            "update instances set status = ?, output = ?, updated_at = ? where id = ?",
            status,
            output,
            now,
            instance_id,
        )

    def begin_anew(self, instance_id: str, execution: str, given: str, now: float) -> None:
        """Give an instance a new execution with a new input (JSON text)."""
        self._database.change(
            "update instances set execution = ?, input = ?, updated_at = ? where id = ?",
            execution,
            given,
            now,
            instance_id,
        )

    def remove(self, instance_id: str) -> None:
        """Forget the row."""
        self._database.change("delete from instances where id = ?", instance_id)

    def _select(self, tail: str, *values: Any) -> list[Instance]:
        rows = self._database.rows(f"select {', '.join(_COLUMNS)} from instances {tail}", *values)
        return [
            Instance(**{**dict(row), "status": RuntimeStatus(row["status"])})  # type: ignore[arg-type]
            for row in rows
        ]
