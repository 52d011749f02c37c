"""What a driver says of its engine: see SQLGetInfo in Microsoft's ODBC reference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shared.adapters.odbc.libraries import pyodbc
from shared.adapters.odbc.links import RowLink
from shared.catalog import TableSpec
from shared.loading.errors import CredentialRejected

# Engines that have a dialect of their own, by SQL_DBMS_NAME. Their drivers change values on the
# way (infinity, dates that are none) that only the engine's own SQL brings out exactly. MariaDB has
# one too, and is let in: what its driver changes is seen here.
_OWN_DIALECT: Mapping[str, str] = {
    "PostgreSQL": "postgresql",
    "Microsoft SQL Server": "sqlserver",
    "MySQL": "mariadb",
}
# Where a SELECT needs a table, by the beginning of SQL_DBMS_NAME.
_ONE_ROW: Mapping[str, str] = {
    "Oracle": "DUAL",
    "DB2": "SYSIBM.SYSDUMMY1",
    "Firebird": "RDB$DATABASE",
    "HDB": "DUMMY",
}

# Not among pyodbc's names: bits of SQL_SCHEMA_USAGE and SQL_CATALOG_USAGE, and SQL_TXN_CAPABLE.
_IN_STATEMENTS = 1
_NO_TRANSACTIONS = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """The traits of an engine that statements depend on.

    `mark` is put around a name, `escape` before a pattern's wildcards. `by_catalog` says that the
    first part of a table's name is a catalog, as in MariaDB, not a schema. `one_row` is the clause
    that gives one row, empty where none is needed.
    """

    name: str
    mark: str
    escape: str
    by_catalog: bool
    transactions: bool
    serializable: bool
    one_row: str

    def quote(self, name: str) -> str:
        """Quote an identifier: a mark inside it is doubled, as standard SQL has it."""
        return self.mark + name.replace(self.mark, 2 * self.mark) + self.mark

    def quote_table(self, table: TableSpec) -> str:
        """Give the qualified name of a table."""
        return f"{self.quote(table.schema_name)}.{self.quote(table.table_name)}"


def find_engine(link: RowLink) -> Engine:
    """Ask the driver.

    Raises:
        CredentialRejected: the engine has a dialect of its own, or names cannot be quoted, or tables
            have no name in two parts.
    """
    with link.faults.translated():
        ask = link.raw.getinfo
        name = str(ask(pyodbc.SQL_DBMS_NAME))
        mark = str(ask(pyodbc.SQL_IDENTIFIER_QUOTE_CHAR)).strip()
        schemas = int(ask(pyodbc.SQL_SCHEMA_USAGE)) & _IN_STATEMENTS
        catalogs = int(ask(pyodbc.SQL_CATALOG_USAGE)) & _IN_STATEMENTS
        levels = int(ask(pyodbc.SQL_TXN_ISOLATION_OPTION))
        engine = Engine(
            name=name,
            mark=mark,
            escape=str(ask(pyodbc.SQL_SEARCH_PATTERN_ESCAPE)),
            by_catalog=not schemas,
            transactions=int(ask(pyodbc.SQL_TXN_CAPABLE)) != _NO_TRANSACTIONS,
            serializable=bool(levels & pyodbc.SQL_TXN_SERIALIZABLE),
            one_row=_one_row(name),
        )
    if name in _OWN_DIALECT:
        raise CredentialRejected(f"the server is {name}: write `engine: {_OWN_DIALECT[name]}`")
    if not mark:
        raise CredentialRejected(f"the driver of {name} knows no quotes around names")
    if not schemas and not catalogs:
        raise CredentialRejected(f"the driver of {name} knows neither schemas nor catalogs")
    return engine


def _one_row(name: str) -> str:
    found = (table for begin, table in _ONE_ROW.items() if name.startswith(begin))
    return "".join(f" FROM {table}" for table in found)
