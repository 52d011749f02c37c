"""Reads a table's rows by their keys: ranges of the first key column, and chosen keys."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace

import pyarrow as pa

from shared.adapters.postgresql import queries
from shared.adapters.postgresql.connection import Connection
from shared.adapters.postgresql.identifiers import quote
from shared.adapters.postgresql.relation import Relation, RelationColumn
from shared.adapters.postgresql.row_hash import row_hash
from shared.adapters.postgresql.schema import schema_of, wire_of
from shared.adapters.postgresql.types import find_landing
from shared.adapters.postgresql.values import land_batches
from shared.catalog import TableSpec
from shared.extraction.batches import typed_field
from shared.extraction.key_texts import write_keys
from shared.extraction.source import KeyScan
from shared.loading.span import Span

# The last column of a scan in which rows are hashed.
_HASH = typed_field("tidemark:hash", pa.binary(), "bytea")
# Types whose order is that of what lands, and what their edges are cast to.
_ORDERED = {
    "int2": "bigint",
    "int4": "bigint",
    "int8": "bigint",
    "numeric": "numeric",
    "date": "date",
    "timestamp": "timestamp",
    "timestamptz": "timestamptz",
    "uuid": "uuid",
}


def find_order(relation: Relation, table: TableSpec) -> tuple[RelationColumn, str] | None:
    """Give the first key column and the type of its edges; None where the two sides order it differently."""
    column = _column(relation, table.key[0])
    source = column.source
    cast = _ORDERED.get(source.name) if source.builtin else None
    landing = find_landing(column.name, source)
    if cast is None or (cast == "numeric" and not pa.types.is_decimal(landing.lands)):
        return None
    return column, cast


def by_key(relation: Relation, table: TableSpec, span: Span) -> Relation:
    """Give the relation with its first key column in place of the cursor, as far as a span has ends."""
    order = find_order(relation, table) if span != Span() else None
    if order is None:
        return replace(relation, cursor=None, cursor_cast="")
    return replace(relation, cursor=order[0], cursor_cast=order[1])


@contextmanager
def scan_keys(
    connection: Connection,
    table: TableSpec,
    relation: Relation,
    span: Span,
    *,
    columns: Sequence[str],
    hashed: Sequence[str],
    read_at: str,
) -> Generator[KeyScan]:
    """Scan in the transaction that is open, and find rows in it."""
    chosen = _choose(by_key(relation, table, span), columns)
    wire, schema, more = wire_of(chosen), schema_of(chosen), ""
    if hashed:
        wire, schema = wire.append(_HASH), schema.append(_HASH)
        more = f", {row_hash(_choose(relation, hashed))} AS {quote(_HASH.name)}"
    sql = queries.select(table, chosen, span, more=more)
    with closing(_stream(connection, sql, wire, schema)) as batches:
        yield KeyScan(
            read_at=read_at,
            schema=schema_of(relation),
            batches=batches,
            find=lambda keys: _find(connection, table, relation, keys),
        )


def _choose(relation: Relation, columns: Sequence[str]) -> Relation:
    return replace(relation, columns=tuple(_column(relation, name) for name in columns))


def _stream(
    connection: Connection, sql: str, wire: pa.Schema, schema: pa.Schema
) -> Generator[pa.RecordBatch]:
    """Stream a query to its end, after which the connection takes the next."""
    with connection.stream(sql, wire) as streamed:
        yield from land_batches(streamed, schema)


def _find(
    connection: Connection, table: TableSpec, relation: Relation, keys: pa.RecordBatch
) -> Iterator[pa.RecordBatch]:
    connection.rows(queries.BIND_KEYS, json.dumps(write_keys(keys), ensure_ascii=False))
    casts = [_cast(_column(relation, name).declared, n) for n, name in enumerate(keys.schema.names)]
    names = ", ".join(quote(name) for name in keys.schema.names)
    sql = queries.find(table, relation, names, casts)
    yield from _stream(connection, sql, wire_of(relation), schema_of(relation))


def _cast(declared: str, number: int) -> str:
    text = f"(entry ->> {number})"
    return f"decode({text}, 'hex')" if declared == "bytea" else f"{text}::{declared}"


def _column(relation: Relation, name: str) -> RelationColumn:
    return next(column for column in relation.columns if column.name == name)
