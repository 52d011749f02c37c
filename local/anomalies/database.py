"""The source of a case as its writers use it: a schema of its own on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass

import pyarrow as pa
from adbc_driver_postgresql import dbapi

# The login of the tools: it may read everything and see everybody's sessions, and write nothing.
READER = "reader"
_PATIENCE_SECONDS = 120
_READER_ROLE = f"""
CREATE ROLE {READER} LOGIN;
GRANT pg_read_all_data, pg_monitor TO {READER};
ALTER ROLE {READER} SET statement_timeout = '{_PATIENCE_SECONDS}s'
"""


@dataclass(frozen=True, slots=True)
class Transaction:
    """A writer's transaction that stays open until it is committed."""

    connection: dbapi.Connection

    def execute(self, sql: str) -> None:
        """Run statements in it."""
        with self.connection.cursor() as cursor:
            cursor.executescript(sql)

    def commit(self) -> None:
        """Let everybody see what it wrote."""
        self.connection.commit()


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """One schema. `uri` is the writers' login."""

    uri: str
    schema: str

    @property
    def reader_uri(self) -> str:
        """The login of the tools."""
        return self.uri.replace("//postgres@", f"//{READER}@")

    def create(self) -> None:
        """Make the schema."""
        self.execute(f"CREATE SCHEMA {self.schema}")

    def execute(self, sql: str) -> None:
        """Run statements, committed together."""
        with self.transaction() as transaction:
            transaction.execute(sql)
            transaction.commit()

    @contextmanager
    def transaction(self) -> Generator[Transaction]:
        """Open a transaction; what is not committed is rolled back."""
        options = f"-csearch_path%3D{self.schema}%20-cstatement_timeout%3D{_PATIENCE_SECONDS}s"
        with closing(dbapi.connect(f"{self.uri}?options={options}")) as connection:
            yield Transaction(connection)

    def read(self, sql: str) -> pa.Table:
        """Give the rows of a query."""
        with self.transaction() as transaction, transaction.connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetch_arrow_table()

    def value(self, sql: str) -> str:
        """Give the one value of a query as text."""
        return str(self.read(sql).column(0)[0].as_py())


def admit_reader(uri: str) -> None:
    """Make the login of the tools on a new server."""
    Database(uri=uri, schema="public").execute(_READER_ROLE)
