"""A database of MariaDB's for one test, as its owner sees it, and specs of its tables."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

import pyodbc

from shared.catalog.column_spec import ColumnSpec
from shared.catalog.spec import CursorKind, CursorSpec, SourceSpec, TableSpec


class Shop:
    """One database of the server; what is run in it is somebody else's session, in autocommit mode."""

    def __init__(self, server: str, name: str) -> None:
        self.server = server
        self.name = name

    @property
    def connection(self) -> str:
        """The connection string that a table file would hold."""
        return f"{self.server};CHARSET=utf8mb4"

    @contextmanager
    def open(self) -> Iterator[pyodbc.Connection]:
        with closing(pyodbc.connect(self.connection, autocommit=True)) as connection:
            connection.execute(f"USE `{self.name}`")
            yield connection

    def run(self, *statements: str) -> None:
        with self.open() as connection:
            for statement in statements:
                connection.execute(statement)

    def ask(self, sql: str) -> list[tuple[object, ...]]:
        with self.open() as connection:
            return [tuple(row) for row in connection.execute(sql).fetchall()]

    def spec(
        self,
        table: str,
        kind: CursorKind = "none",
        column: str | None = None,
        *,
        key: tuple[str, ...] = (),
        exclude: tuple[str, ...] = (),
    ) -> TableSpec:
        return TableSpec(
            source=SourceSpec(name="shop", kind="sql", engine="odbc", connection="${SHOP_DB}"),
            table=f"{self.name}.{table}",
            key=key,
            cursor=CursorSpec(kind=kind, column=column),
            target=f"bronze/shop/{table}",
            columns=ColumnSpec(exclude=exclude),
        )
