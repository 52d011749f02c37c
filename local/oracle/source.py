"""Reads a table of a PostgreSQL source as typed columns, by one SELECT in one snapshot."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import adbc_driver_postgresql.dbapi as postgresql
import pyarrow as pa

from shared.catalog import TableSpec

# Types of `information_schema.columns` whose binary form becomes an Arrow type of the same range.
_BINARY = frozenset(
    {
        "bigint",
        "boolean",
        "bytea",
        "character",
        "character varying",
        "date",
        "double precision",
        "integer",
        "real",
        "smallint",
        "text",
        "time without time zone",
        "timestamp with time zone",
        "timestamp without time zone",
    }
)
# The bronze contract for everything else: the server's own text under these settings.
_SETTINGS = """
SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'; SET IntervalStyle = 'iso_8601';
SET extra_float_digits = 1; SET bytea_output = 'hex'
"""
_COLUMNS = """
SELECT column_name::text, data_type::text FROM information_schema.columns
WHERE table_schema = $1 AND table_name = $2 ORDER BY ordinal_position
"""


class NotComparable(Exception):
    """Choose a table of a PostgreSQL source, not masked, whose columns are those of the lake."""


def read_source(
    uri: str, table: TableSpec, *, decimals: Mapping[str, pa.DataType], spool: Path
) -> pa.Table:
    """Copy the table's rows into the file `spool` and give them memory-mapped.

    `decimals` are the types in which columns of exact numbers are wanted; where none is given
    they stay text. Excluded columns are left out.

    Raises:
        NotComparable: the table is missing or masked, or a number does not fit its wanted type.
    """
    if table.columns.mask:
        raise NotComparable(f"{table.name} has masked columns, which no source value equals")
    with postgresql.connect(uri) as connection, connection.cursor() as cursor:
        cursor.executescript(_SETTINGS)
        cursor.execute(_COLUMNS, (table.schema_name, table.table_name))
        columns = [(str(name), str(kind)) for name, kind in cursor.fetchall()]
        if not columns:
            raise NotComparable(f"{table.table} is not in the database at {_place(uri)}")
        cursor.execute(_select(table, columns))
        _copy(cursor.fetch_record_batch(), decimals, spool)
    with pa.memory_map(str(spool)) as mapped:
        return pa.ipc.open_file(mapped).read_all()


def _select(table: TableSpec, columns: list[tuple[str, str]]) -> str:
    excluded = table.excluded([name for name, _ in columns])
    wanted = ", ".join(
        f"{_quote(name)}{_cast(kind)} AS {_quote(name)}"
        for name, kind in columns
        if name not in excluded
    )
    return f"SELECT {wanted} FROM {_quote(table.schema_name)}.{_quote(table.table_name)}"


def _cast(kind: str) -> str:
    if kind in _BINARY:
        return ""
    return "::numeric::text" if kind == "money" else "::text"


def _copy(rows: pa.RecordBatchReader, decimals: Mapping[str, pa.DataType], spool: Path) -> None:
    schema = pa.schema(
        [field.with_type(decimals.get(field.name, field.type)) for field in rows.schema]
    )
    with pa.OSFile(str(spool), "wb") as sink, pa.ipc.new_file(sink, schema) as target:
        for batch in rows:
            try:
                target.write_batch(batch.cast(schema))
            except pa.ArrowInvalid as error:
                raise NotComparable(f"a number does not fit the lake's type: {error}") from error


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _place(uri: str) -> str:
    return uri.rsplit("@", 1)[-1]
