"""The hand-over file: which runs of which tables are new, as the function app wrote it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from lakehouse.delta import Lake
from lakehouse.errors import HandoverInvalid
from lakehouse.texts import read_text

FORMAT = 1
# What a rule of this severity does to a row that breaks it: counted only, or set aside as well.
# A rule that blocks at landing sets aside here what had landed before there was the rule.
SEVERITIES = ("warn", "quarantine", "block")

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A condition that every row has to meet."""

    name: str
    rule: str
    severity: str

    @property
    def sets_aside(self) -> bool:
        """Whether a row that breaks it stays out of silver."""
        return self.severity != "warn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A published run of bronze; `folder` is its path from the root of the lake.

    `traceparent` is its place in a trace, empty if the file says none.
    """

    run_id: str
    run_no: int
    mode: str
    folder: str
    traceparent: str = ""

    @property
    def is_snapshot(self) -> bool:
        """Whether it replaces all earlier runs."""
        return self.mode == "snapshot"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table with its new runs, ascending by number; `silver` is the path of its current state."""

    table: str
    silver: str
    key: tuple[str, ...]
    soft_delete: str | None
    valid_from: str | None
    quality: tuple[Rule, ...]
    runs: tuple[Run, ...]

    @property
    def history(self) -> str:
        """The path of every version of every key."""
        return tables_of(self.silver)[1]

    @property
    def quarantine(self) -> str:
        """The path of the rows that broke a rule."""
        return tables_of(self.silver)[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """Rows that broke a rule and are to be let through: of one key as texts by column, or all of a table."""

    table: str
    key: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """What a number hands over; `tables` are all that ever were, with and without new runs.

    `traceparent` is its place in a trace, empty if the file says none.
    """

    number: int
    tables: tuple[Table, ...]
    releases: tuple[Release, ...] = ()
    traceparent: str = ""

    def table(self, name: str) -> Table | None:
        """Give a table by name, None if it was never handed over."""
        return next((table for table in self.tables if table.table == name), None)


def tables_of(silver: str) -> tuple[str, str, str]:
    """Give the paths of a table's current state, of its history and of its rows set aside."""
    return silver, f"{silver}__history", f"quarantine/{silver.partition('/')[2]}__silver"


def path_of(number: int, folder: str = "bronze/_handover") -> str:
    """Give the path of the hand-over file of a number."""
    return f"{folder}/{number:08d}.json"


def read_handover(lake: Lake, path: str) -> Handover:
    """Read and check a hand-over file.

    Raises:
        FileMissing: there is none.
        HandoverInvalid: it is not as this version reads it.
    """
    return parse_handover(read_text(lake, path), path)


def parse_handover(text: str, path: str) -> Handover:
    """Make a hand-over of its text; `path` is for messages only.

    Raises:
        HandoverInvalid: it is not as this version reads it.
    """
    try:
        document = json.loads(text)
    except ValueError as error:
        raise HandoverInvalid(f"{path} is no JSON: {error}") from error
    top = _Fields(path, document)
    if top.take("format", int) != FORMAT:
        raise HandoverInvalid(f"{path} has format {document['format']}, not {FORMAT}")
    tables = tuple(_table(fields) for fields in top.each("tables"))
    names = [table.table for table in tables]
    if len(set(names)) != len(names):
        raise HandoverInvalid(f"{path} has a table twice")
    # Optional: files from before there were any have none.
    releases = tuple(_release(each) for each in top.each("releases")) if top.has("releases") else ()
    return Handover(
        number=top.take("number", int),
        tables=tables,
        releases=releases,
        traceparent=top.take_or_none("traceparent", str) or "",
    )


def _table(fields: _Fields) -> Table:
    runs = tuple(
        Run(
            run_id=run.take("run_id", str),
            run_no=run.take("run_no", int),
            mode=run.take("mode", str),
            folder=run.take("folder", str),
            traceparent=run.take_or_none("traceparent", str) or "",
        )
        for run in fields.each("runs")
    )
    numbers = [run.run_no for run in runs]
    if numbers != sorted(set(numbers)):
        raise HandoverInvalid(f"{fields.place}: runs have to ascend by run_no, which are {numbers}")
    return Table(
        table=fields.take("table", str),
        silver=fields.take("silver", str),
        key=tuple(fields.texts("key")),
        soft_delete=fields.take_or_none("soft_delete", str),
        valid_from=fields.take_or_none("valid_from", str),
        quality=tuple(_rule(rule) for rule in fields.each("quality")),
        runs=runs,
    )


def _rule(fields: _Fields) -> Rule:
    severity = fields.take("severity", str)
    if severity not in SEVERITIES:
        raise HandoverInvalid(f"{fields.place}.severity is {severity!r}, none of {SEVERITIES}")
    return Rule(name=fields.take("name", str), rule=fields.take("rule", str), severity=severity)


def _release(fields: _Fields) -> Release:
    key = fields.take("key", dict)
    if not all(isinstance(text, str) for text in (*key, *key.values())):
        raise HandoverInvalid(f"{fields.place}.key is {key!r}, not texts by column")
    return Release(table=fields.take("table", str), key=key)


class _Fields:
    """An object of the file that knows its place in it."""

    def __init__(self, place: str, value: object) -> None:
        if not isinstance(value, dict):
            raise HandoverInvalid(f"{place} is no object")
        self.place = place
        self._value: Mapping[str, Any] = value

    def has(self, name: str) -> bool:
        return name in self._value

    def take(self, name: str, kind: type[_T]) -> _T:
        value = self._value.get(name)
        if not isinstance(value, kind) or isinstance(value, bool):
            raise HandoverInvalid(f"{self.place}.{name} is {value!r}, not of type {kind.__name__}")
        return value

    def take_or_none(self, name: str, kind: type[_T]) -> _T | None:
        return None if self._value.get(name) is None else self.take(name, kind)

    def each(self, name: str) -> list[_Fields]:
        items = self.take(name, list)
        return [_Fields(f"{self.place}.{name}[{at}]", item) for at, item in enumerate(items)]

    def texts(self, name: str) -> list[str]:
        items = self.take(name, list)
        if not all(isinstance(item, str) for item in items):
            raise HandoverInvalid(f"{self.place}.{name} is {items!r}, not a list of texts")
        return items
