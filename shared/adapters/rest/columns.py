"""The columns of a table over REST: found out from records, and filled with those that come.

Behind the record's own stand `_rest`, the fields that are no columns as one JSON object, and the place of
the record: `_page`, the answer in which it came, counted from 1, and `_position` in it, from 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from shared.adapters.rest.documents import write_document
from shared.adapters.rest.flattening import flatten
from shared.adapters.rest.kinds import (
    JSON,
    TEXT,
    Misfit,
    convert,
    infer,
    infer_cursor,
    joined,
    lands_as,
)
from shared.adapters.rest.walking import Page
from shared.catalog import TableSpec
from shared.catalog.rest_spec import RestTableSpec
from shared.extraction.batches import typed_field
from shared.extraction.source import Column
from shared.loading.errors import (
    AnswerUnreadable,
    ColumnMissing,
    SchemaDrifted,
    TypeUnsupported,
    ValueUnsupported,
)
from shared.loading.plan import PlannedColumn

REST, PAGE, POSITION = "_rest", "_page", "_position"
OWN = {REST: JSON, PAGE: "integer", POSITION: "integer"}
Kinds = Mapping[str, str]


def find_kinds(
    spec: TableSpec, rest: RestTableSpec, known: Sequence[PlannedColumn], records: Sequence[Any]
) -> dict[str, str]:
    """Say which columns there are and of which type: declared, known, and those that records show.

    A column that is known and not shown stays: a record may leave a field out. One that shows another
    type gets it, which is drift; only a known text keeps its type, as all that lands as text looks alike.

    Raises:
        ColumnMissing: no record has a field of the key, or the cursor.
        TypeUnsupported: a field has a name that Tidemark needs.
        CursorUnsound: the cursor's values are not of its kind.
    """
    excluded = frozenset(spec.columns.exclude)
    shown = _gather([flatten(record, rest.depth, excluded) for record in records])
    kinds = {column.name: column.source_type for column in known if column.name not in OWN}
    _check_needed(spec, rest, kinds, shown, any_record=bool(records))
    cursor = spec.cursor.column
    for name, values in shown.items():
        found = infer(values)
        if name in OWN:
            raise TypeUnsupported(f"field {name}: Tidemark's own column has this name; exclude it")
        if found is not None and name != cursor:
            before = kinds.get(name, found)
            kinds[name] = before if before in (TEXT, JSON) else _moved(before, found)
    if (
        cursor is not None
        and rest.type_of(cursor) is None
        and (shown.get(cursor) or cursor not in kinds)
    ):
        found = infer_cursor(spec.cursor.kind, shown.get(cursor, ()))
        if any(value is not None for value in shown.get(cursor, ())) or cursor not in kinds:
            kinds[cursor] = found
    kinds |= {name: kind for name, kind in rest.types if name not in OWN}
    return kinds | OWN


def _gather(records: Iterable[Mapping[str, Any]]) -> dict[str, list[Any]]:
    shown: dict[str, list[Any]] = {}
    for record in records:
        for name, value in record.items():
            shown.setdefault(name, []).append(value)
    return shown


def _moved(before: str, found: str) -> str:
    """Give the type after more values were seen: a type that was declared or found holds what fits it."""
    if before in ("double", "number") or before.startswith("decimal"):
        return before if found in ("integer", "number") or found == before else JSON
    if before in ("date", "timestamp", "timestamptz", "instant"):
        return before if found == TEXT else joined(TEXT, found)
    if before in ("unix", "unix_ms"):
        return before if found in ("integer", "number") else found
    return joined(before, found)


def _check_needed(
    spec: TableSpec,
    rest: RestTableSpec,
    kinds: dict[str, str],
    shown: Kinds | Mapping[str, Any],
    *,
    any_record: bool,
) -> None:
    cursor = () if spec.cursor.column is None else (spec.cursor.column,)
    for name in (*spec.key, *cursor):
        if name in shown or name in kinds or rest.type_of(name) is not None:
            continue
        if any_record:
            raise ColumnMissing(f"{spec.table}: no record has a field {name}")
        if name not in cursor:
            # Nothing is known of a table without a record; what comes first says more.
            kinds[name] = TEXT


@dataclass(slots=True, kw_only=True)
class Filling:
    """Fills batches of one schema with records. `unknown` are the fields that went into `_rest`."""

    spec: TableSpec
    rest: RestTableSpec
    kinds: Kinds
    unknown: set[str] = field(default_factory=set[str])
    _excluded: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self._excluded = frozenset(self.spec.columns.exclude)

    @property
    def schema(self) -> pa.Schema:
        """What lands, without what the table file excludes."""
        return pa.schema(
            typed_field(name, lands_as(kind), kind)
            for name, kind in self.kinds.items()
            if name not in self._excluded
        )

    def fill(self, pages: Sequence[Page]) -> pa.RecordBatch:
        """Give the records of some pages as a batch.

        Raises:
            SchemaDrifted: a field is of another type than its column, or new where that is not wanted.
            ValueUnsupported: a value cannot land exactly.
            AnswerUnreadable: a record is no object.
        """
        places = [(page.number, at) for page in pages for at, _ in page.records]
        records = [self._columns(record) for page in pages for _, record in page.records]
        own: dict[str, list[Any]] = {
            REST: [self._left_over(record) for record in records],
            PAGE: [page for page, _ in places],
            POSITION: [at for _, at in places],
        }
        schema = self.schema
        arrays: list[pa.Array] = []
        for name in schema.names:
            values = own[name] if name in own else [record.get(name) for record in records]
            arrays.append(self._convert(name, values, places))
        return pa.RecordBatch.from_arrays(arrays, schema=schema)

    def _columns(self, record: Any) -> Mapping[str, Any]:
        return flatten(check_record(record), self.rest.depth, self._excluded)

    def _left_over(self, record: Mapping[str, Any]) -> dict[str, Any] | None:
        over = {
            name: value
            for name, value in record.items()
            if name not in self.kinds and name not in self._excluded and value is not None
        }
        if not over:
            return None
        hidden = over.keys() & dict(self.spec.columns.mask).keys()
        if self.spec.on_drift != "add" or hidden or REST in self._excluded:
            raise SchemaDrifted(
                f"field {min(hidden or over)} was not there when the load was planned [declare it under "
                "`rest: {types: ...}`, or exclude it]"
            )
        self.unknown |= over.keys()
        return over

    def _convert(
        self, name: str, values: Sequence[Any], places: Sequence[tuple[int, int]]
    ) -> pa.Array:
        kind = self.kinds[name]
        if name == REST:
            values = [None if each is None else write_document(each) for each in values]
            return pa.array(values, pa.string())
        if kind == TEXT and self.rest.type_of(name) is None:
            strange = next(
                (at for at, v in enumerate(values) if v is not None and not isinstance(v, str)),
                None,
            )
            if strange is not None:
                raise self._drifted(name, Misfit(strange, "a value is no text"), places)
        try:
            return convert(kind, values)
        except Misfit as fault:
            raise self._drifted(name, fault, places) from None

    def _drifted(
        self, name: str, fault: Misfit, places: Sequence[tuple[int, int]]
    ) -> SchemaDrifted | ValueUnsupported:
        page, position = places[fault.at]
        told = f"column {name} ({self.kinds[name]}), page {page}, record {position + 1}: {fault}"
        way = "declare its type under `rest: {types: ...}` and order a snapshot or initial load, or exclude it"
        return (SchemaDrifted if fault.of_another_type else ValueUnsupported)(f"{told} [{way}]")


def check_record(record: Any) -> Mapping[str, Any]:
    """Give a record. Raises AnswerUnreadable if it is no object."""
    if not isinstance(record, dict):
        raise AnswerUnreadable("`records` leads to a list of something else than objects")
    return record


def shape_columns(kinds: Kinds) -> tuple[Column, ...]:
    """Describe the columns as a source does."""
    return tuple(
        Column(
            name=name,
            source_type=kind,
            nullable=name not in (PAGE, POSITION),
            lands=str(lands_as(kind)),
        )
        for name, kind in kinds.items()
    )
