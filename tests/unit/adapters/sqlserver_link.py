"""A link that answers from a script instead of a server, and remembers what it was asked."""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from functools import lru_cache
from typing import Any

import pyarrow as pa
import pyodbc
import pytest
import sqlglot

from shared.adapters.odbc.sqlserver.address import find_driver
from shared.catalog.column_spec import ColumnSpec
from shared.catalog.spec import CursorKind, CursorSpec, SourceSpec, TableSpec
from shared.loading.errors import CredentialRejected

ANSWERS: dict[str, dict[str, Any]] = {
    "FROM sys.databases": {
        "versions_by_transaction": 1,
        "versions_by_statement": True,
        "updateability": "READ_WRITE",
        "name": "[shop]",
    },
    "FROM sys.objects": {
        "id": "77",
        "type": "U",
        "in_memory": 0,
        "elsewhere": 0,
        "by_columns": 0,
        "filtered": 0,
        "updateability": "READ_WRITE",
    },
    "SYSUTCDATETIME": {"clock": "2026-01-01T00:00:00.000001"},
    "EngineEdition": {"edition": 5, "version": 12, "permitted": 1},
    "MIN_ACTIVE_ROWVERSION": {"lowest": "0x00000000000007D1"},
}


@lru_cache
def parse_tsql(sql: str) -> None:
    """Fail unless a query is T-SQL, as far as sqlglot knows it: no server reads it in these tests."""
    # Of settings and transactions it knows little.
    if sql.split(maxsplit=1)[0] not in ("SELECT", "WITH"):
        return
    known = sql.replace(
        "CHANGETABLE(CHANGES ", "CHANGETABLE("
    )  # a word that it does not know there
    assert sqlglot.parse(known, dialect="tsql", error_level=sqlglot.ErrorLevel.RAISE)


def need_sqlserver_driver() -> None:
    """Skip a whole module where Microsoft's driver is not installed: its licence is not ours to accept."""
    try:
        find_driver(pyodbc.drivers())
    except CredentialRejected as error:
        pytest.skip(str(error), allow_module_level=True)


def catalog_column(name: str, kind: str, **said: object) -> dict[str, object]:
    """Give a column as the query of the catalog would."""
    plain: dict[str, object] = {
        "name": name,
        "type": kind,
        "length": 8,
        "digits": 0,
        "scale": 0,
        "nullable": True,
        "encrypted": 0,
        "masked": 0,
        "granted": 1,
    }
    return plain | said


class ScriptedLink:
    """Answers each statement by the first part of it that the script knows, else with no rows."""

    def __init__(
        self, columns: Sequence[dict[str, object]] = (), **changes: dict[str, object]
    ) -> None:
        self.asked: list[str] = []
        self.values: list[tuple[str | None, ...]] = []
        self.answers: list[tuple[str, list[dict[str, Any]]]] = [
            (part, [row | changes.get(part.split()[-1].replace(".", "_"), {})])
            for part, row in ANSWERS.items()
        ]
        self.answers.append(("FROM sys.columns", list(columns)))

    def answer(self, part: str, rows: Iterable[dict[str, Any]]) -> None:
        self.answers.insert(0, (part, list(rows)))

    def rows(self, sql: str, *parameters: str | None) -> list[dict[str, Any]]:
        parse_tsql(sql)
        self.asked.append(" ".join(sql.split()))
        self.values.append(parameters)
        return next((rows for part, rows in self.answers if part in sql), [])

    def stream(
        self, sql: str, parameters: Sequence[str], wire: pa.Schema
    ) -> AbstractContextManager[Any]:
        raise NotImplementedError

    def close(self) -> None:
        pass


def spec(
    kind: CursorKind = "none",
    column: str | None = None,
    *,
    table: str = "dbo.Orders",
    exclude: tuple[str, ...] = (),
    serializable: bool = False,
) -> TableSpec:
    return TableSpec(
        source=SourceSpec(
            name="shop",
            kind="sql",
            engine="sqlserver",
            connection="${SHOP_DB}",
            isolation="serializable" if serializable else "snapshot",
        ),
        table=table,
        key=(),
        cursor=CursorSpec(kind=kind, column=column),
        target="bronze/shop/orders",
        columns=ColumnSpec(exclude=exclude),
    )
