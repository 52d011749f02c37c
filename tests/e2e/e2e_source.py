"""The source of a test: a schema of its own, its tables, and the file that tells Tidemark of them."""

import json
from collections.abc import Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from adbc_driver_postgresql import dbapi
from e2e_waiting import PATIENCE_SECONDS, await_value

SETTING = "TIDEMARK_E2E_DB"
# The same database by its ODBC connection string.
ODBC_SETTING = "TIDEMARK_E2E_ODBC"
# What masked columns are hashed with, in the setting that is read where a file names none.
MASK_KEY = "PlantedMaskKey, which is long enough to be one"
MASK_SETTING = "TIDEMARK_MASK_KEY"
_GATE = 4711


@dataclass(frozen=True, slots=True)
class Transaction:
    """A transaction that stays open until it is committed."""

    connection: dbapi.Connection

    def execute(self, sql: str) -> None:
        """Execute statements, all in one call: ADBC commits what was executed by an earlier one."""
        with self.connection.cursor() as cursor:
            cursor.executescript(sql)

    def commit(self) -> None:
        self.connection.commit()


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A schema, which is also the source's name. `max_connections` is written to its file."""

    name: str
    uri: str
    tables: Path
    max_connections: int = 10
    _specs: dict[str, dict[str, Any]] = field(default_factory=dict)

    def execute(self, sql: str) -> None:
        """Run statements, committed together."""
        with self.transaction() as transaction:
            transaction.execute(sql)
            transaction.commit()

    @contextmanager
    def transaction(self) -> Generator[Transaction]:
        """Open a transaction; what is not committed is rolled back."""
        # A lock that nobody gives back fails a test; it does not hold it up.
        options = f"-csearch_path%3D{self.name}%20-cstatement_timeout%3D{PATIENCE_SECONDS:.0f}s"
        address = f"{self.uri}?options={options}"
        with closing(dbapi.connect(address)) as connection:
            yield Transaction(connection)

    def rows(self, sql: str) -> list[dict[str, Any]]:
        with self.transaction() as transaction, transaction.connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetch_arrow_table().to_pylist()

    def value(self, sql: str) -> Any:
        [row] = self.rows(sql)
        return next(iter(row.values()))

    def full(self, table: str) -> str:
        """A table's full name, as the API wants it."""
        return f"{self.name}/{self.name}.{table}"

    def target(self, table: str) -> str:
        """Where a table lands."""
        return f"bronze/{self.name}/{self.name}.{table}"

    def declare(self, table: str, *, watermark: dict[str, Any], **keys: Any) -> str:
        """Write a table into the file, anew if it is there; gives its full name."""
        spec = {"table": f"{self.name}.{table}", "key": ["id"], "watermark": watermark}
        self._specs[table] = {**spec, "settle": "1s", **keys}
        self._write()
        return self.full(table)

    def forget(self) -> None:
        """Take the file away."""
        (self.tables / f"{self.name}.yml").unlink(missing_ok=True)

    @property
    def file(self) -> Path:
        return self.tables / f"{self.name}.yml"

    def _write(self) -> None:
        document = {
            "source": {
                "name": self.name,
                "kind": "sql",
                "engine": "postgresql",
                "connection": f"${{{SETTING}}}",
                "max_connections": self.max_connections,
            },
            "tables": list(self._specs.values()),
        }
        fresh = self.file.with_suffix(".new")
        fresh.write_text(json.dumps(document, indent=1))
        fresh.replace(self.file)


STAMPED = {"column": "updated_at", "kind": "timestamp"}


def create_items(source: Source, table: str = "item", *, rows: int = 10) -> None:
    """Make a table of rows that changed one after the other, the last of them an hour ago."""
    source.execute(
        f"""
        CREATE TABLE {table} (
            id bigserial PRIMARY KEY,
            name text NOT NULL,
            price numeric(12, 2),
            updated_at timestamp(6) DEFAULT clock_timestamp()
        );
        INSERT INTO {table} (name, price, updated_at)
        SELECT 'old ' || n, n * 1.25,
               localtimestamp - interval '1 hour' - interval '1 minute' * ({rows} - n)
        FROM generate_series(1, {rows}) AS n;
        ANALYZE {table}
        """
    )


@dataclass(slots=True)
class Gate:
    """Holds up whoever reads the rows of a view; planning passes, since only reading is by COPY."""

    source: Source
    _holder: dbapi.Connection | None = None

    def create(self, view: str, table: str) -> None:
        """Make the view of a table's rows."""
        self._define(f"PERFORM pg_advisory_xact_lock_shared({_GATE});")
        self.source.execute(f"CREATE VIEW {view} AS SELECT * FROM {table} WHERE gate()")

    def let_others_pass(self) -> None:
        """Whoever waits goes on waiting, and nobody else has to."""
        self._define("")

    def close(self) -> None:
        self._holder = dbapi.connect(self.source.uri)
        with self._holder.cursor() as cursor:
            cursor.executescript(f"SELECT pg_advisory_lock({_GATE})")

    def open(self) -> None:
        if self._holder is not None:
            self._holder.close()
            self._holder = None

    def await_waiting(self, readers: int = 1) -> None:
        """Wait until so many readers stand at the gate."""
        sql = """SELECT count(*) FROM pg_stat_activity
                 WHERE application_name = 'tidemark' AND wait_event = 'advisory'"""
        await_value(lambda: self.source.value(sql) >= readers, f"{readers} readers at the gate")

    def await_nobody(self) -> None:
        """Wait until nobody of Tidemark's is connected any more."""
        sql = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'tidemark'"
        await_value(lambda: self.source.value(sql) == 0, "the last reader to leave")

    def _define(self, wait: str) -> None:
        self.source.execute(
            f"""
            CREATE OR REPLACE FUNCTION gate() RETURNS boolean LANGUAGE plpgsql STABLE AS $$
            BEGIN
                IF current_query() LIKE 'COPY%' THEN {wait} NULL; END IF;
                RETURN true;
            END $$
            """
        )
