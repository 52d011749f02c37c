"""Where a run takes place: a schema of its own at the source, and the file that tells the stack of it."""

from __future__ import annotations

import json
from collections.abc import Generator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from adbc_driver_postgresql import dbapi

from local.harness.kinds import KINDS, TableKind
from shared.catalog import TableSpec, read_catalog

SETTING = "TIDEMARK_HARNESS_DB"
_CONNECTIONS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Arena:
    """A schema, which is also the source's name in the stack, with one table of each kind."""

    uri: str
    schema: str
    tables: Path
    kinds: tuple[TableKind, ...]

    def full(self, kind: TableKind) -> str:
        """Name a table as the API wants it."""
        return f"{self.schema}/{self.schema}.{kind.name}"

    @property
    def names(self) -> list[str]:
        """Name all its tables as the API wants them."""
        return [self.full(kind) for kind in self.kinds]

    def spec(self, kind: TableKind) -> TableSpec:
        """Give a table as the catalogue has it."""
        return read_catalog(self.tables).table(self.full(kind))

    def rows(self, sql: str) -> pa.Table:
        """Ask the source, in this schema."""
        with closing(dbapi.connect(self.uri)) as connection, connection.cursor() as cursor:
            cursor.executescript(f"SET search_path = {self.schema}")
            cursor.execute(sql)
            return cursor.fetch_arrow_table()

    def ops(self, kind: TableKind) -> dict[str, int]:
        """Give the number of the operation that wrote each row, by key."""
        key = ", ".join(kind.key)
        found = self.rows(f"SELECT {key}, op FROM {kind.name}").to_pylist()
        return {" ".join(str(row[name]) for name in kind.key): row["op"] for row in found}


@contextmanager
def made(uri: str, schema: str, tables: Path, names: Sequence[str]) -> Generator[Arena]:
    """Make schema, tables and file; take them away at the end, but leave what was landed."""
    kinds = tuple(KINDS[name] for name in names)
    arena = Arena(uri=uri, schema=schema, tables=tables, kinds=kinds)
    ddl = ";".join(kind.ddl() for kind in kinds)
    _execute(
        uri, f"CREATE SCHEMA {schema}; SET search_path = {schema}; SET TimeZone = 'UTC'; {ddl}"
    )
    tables.mkdir(parents=True, exist_ok=True)
    file = tables / f"{schema}.yml"
    fresh = file.with_suffix(".new")
    fresh.write_text(json.dumps(_document(schema, kinds), indent=1))
    fresh.replace(file)
    try:
        yield arena
    finally:
        file.unlink(missing_ok=True)
        _execute(uri, f"DROP SCHEMA {schema} CASCADE")


def _document(schema: str, kinds: Sequence[TableKind]) -> dict[str, Any]:
    source = {
        "name": schema,
        "kind": "sql",
        "engine": "postgresql",
        "connection": f"${{{SETTING}}}",
    }
    return {
        "source": {**source, "max_connections": _CONNECTIONS},
        "tables": [kind.spec(schema) for kind in kinds],
    }


def _execute(uri: str, sql: str) -> None:
    with closing(dbapi.connect(uri)) as connection, connection.cursor() as cursor:
        cursor.executescript(sql)
        connection.commit()
