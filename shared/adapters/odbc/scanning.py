"""Reads a table's rows by their keys: ranges of the first key column, and chosen keys."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from itertools import chain

import pyarrow as pa

from shared.adapters.odbc.dialect import Column, Dialect, Landing, Relation
from shared.adapters.odbc.landing import land_batches, schema_of
from shared.adapters.odbc.links import Link, RowLink
from shared.adapters.odbc.rows import Query
from shared.catalog import CursorSpec, TableSpec
from shared.catalog.spec import CursorKind
from shared.extraction.key_texts import write_keys
from shared.extraction.source import KeyScan
from shared.loading.errors import CompareUnsupported, CursorUnsound, KeyUnsound, TypeUnsupported
from shared.loading.span import Span

# SQL Server takes 2,100 parameters a statement, and planning one takes longer the more there are.
_MOST_PARAMETERS = 500
# The last column of a scan in which rows are hashed.
_HASH = "tidemark:hash"
_ORDERED: tuple[CursorKind, ...] = ("integer", "date", "timestamp")


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyed:
    """A table as its keys lead to it.

    `table` and `relation` have the first key column for their cursor, if its order at the source is that
    of what lands. `parameters` are SQL with one `?` that makes a text the value of a key column.
    """

    table: TableSpec
    relation: Relation
    parameters: Mapping[str, str]


def describe_keys(dialect: Dialect, link: RowLink, table: TableSpec) -> Keyed:
    """Look a table up by its key. Raises as `Dialect.describe`, and TypeUnsupported for a key of bytes."""
    plain = replace(table, cursor=CursorSpec(kind="none", column=None))
    relation = dialect.describe(link, plain)
    columns = {column.name: column for column in relation.columns}
    found = {name: _ordered(dialect, link, table, columns[name]) for name in table.key}
    parameters: dict[str, str] = {}
    for name, ordered in found.items():
        cursor = ordered[1].cursor if ordered else None
        parameter = dialect.key_parameter(columns[name], cursor.parameter if cursor else None)
        if parameter is None:
            raise TypeUnsupported(
                f"key column {name}: rows are not found by a {columns[name].declared}"
            )
        parameters[name] = parameter
    first = found[table.key[0]] or (plain, relation)
    return Keyed(table=first[0], relation=first[1], parameters=parameters)


def cut_keys(dialect: Dialect, link: RowLink, keyed: Keyed, parts: int) -> tuple[str, ...]:
    """Give values of the first key column that cut the table; none where it has no order."""
    cursor = keyed.relation.cursor
    if cursor is None:
        return ()
    nullable = any(c.nullable for c in keyed.relation.columns if c.name == cursor.name)
    if nullable and dialect.has_nulls(link, keyed.table, cursor):
        raise KeyUnsound(
            f"{keyed.table.table} has rows without a value in key column {cursor.name}"
        )
    return dialect.cut(link, keyed.table, keyed.relation, Span(), parts)


def hash_column(dialect: Dialect, relation: Relation, hashed: Sequence[str]) -> Column:
    """Give the hash of columns as a column to be read. Raises CompareUnsupported."""
    compared = tuple(c for name in hashed for c in relation.columns if c.name == name)
    sql = dialect.row_hash(replace(relation, columns=compared))
    if sql is None:
        raise CompareUnsupported(f"engine {dialect.engine} cannot hash rows as they land")
    landing = Landing(wire=pa.binary(), lands=pa.binary(), expression=sql)
    return Column(name=_HASH, declared="hash", nullable=False, landing=landing)


@contextmanager
def scan_keys(
    dialect: Dialect,
    link: Link,
    relation: Relation,
    keyed: Keyed,
    span: Span,
    *,
    columns: Sequence[str],
    hashed: Column | None,
    read_at: str,
) -> Generator[KeyScan]:
    """Scan in the snapshot that is open, and find rows in it; the relation is that of whole rows."""
    chosen = tuple(c for name in columns for c in keyed.relation.columns if c.name == name)
    wanted = replace(keyed.relation, columns=chosen if hashed is None else (*chosen, hashed))
    if span == Span():
        # As a range of its own it would leave out keys that are NULL.
        wanted = replace(wanted, cursor=None)

    def scanned() -> Iterator[pa.RecordBatch]:
        with dialect.stream(link, keyed.table, wanted, span) as batches:
            yield from land_batches(batches, schema_of(wanted))

    def find(keys: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
        for query in _queries(dialect, relation, keyed, keys):
            with link.stream(query.sql, query.values, relation.wire) as batches:
                yield from land_batches(batches, schema_of(relation))

    with closing(_generator(scanned())) as batches:
        yield KeyScan(read_at=read_at, schema=schema_of(relation), batches=batches, find=find)


def _generator(batches: Iterator[pa.RecordBatch]) -> Generator[pa.RecordBatch]:
    yield from batches


def _queries(
    dialect: Dialect, relation: Relation, keyed: Keyed, keys: pa.RecordBatch
) -> Iterator[Query]:
    """Ask for rows by their keys, so many at a time; the values are bound."""
    names = keys.schema.names
    one = " AND ".join(f"{dialect.quote(name)} = {keyed.parameters[name]}" for name in names)
    texts = write_keys(keys)
    at_once = max(1, _MOST_PARAMETERS // len(names))
    for start in range(0, len(texts), at_once):
        asked = texts[start : start + at_once]
        if len(names) == 1:
            listed = ", ".join([keyed.parameters[names[0]]] * len(asked))
            condition = f"{dialect.quote(names[0])} IN ({listed})"
        else:
            condition = " OR ".join([f"({one})"] * len(asked))
        bound = Query(sql=condition, values=tuple(chain(*asked)))
        yield dialect.ask(keyed.table, relation, bound, dialect.expressions(relation))


def _ordered(
    dialect: Dialect, link: RowLink, table: TableSpec, column: Column
) -> tuple[TableSpec, Relation] | None:
    """Give table and relation with a key column for their cursor; None where it cannot be one."""
    if not _has_order(column.landing.lands):
        return None
    for kind in _ORDERED:
        variant = replace(table, cursor=CursorSpec(kind=kind, column=column.name))
        try:
            return variant, dialect.describe(link, variant)
        except CursorUnsound:
            continue
    return None


def _has_order(kind: pa.DataType) -> bool:
    return (
        pa.types.is_integer(kind)
        or pa.types.is_decimal(kind)
        or pa.types.is_date(kind)
        or pa.types.is_timestamp(kind)
    )
