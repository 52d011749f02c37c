"""What tells a table of a SQL Server database from any other, as far as the login may see it."""

from __future__ import annotations

from shared.adapters.odbc.links import Link

# The fork of the log changes when a database is restored to an earlier time, and the date of creation
# when it is made from a backup ("sys.database_recovery_status", "sys.databases"). The former is
# shown to few; without a row of it that part is left out. A view has no rows of its own.
_IDENTITY = """
SELECT CONVERT(varchar(36), d.service_broker_guid) AS broker,
       CONVERT(varchar(36), r.recovery_fork_guid) AS fork,
       CONVERT(varchar(23), d.create_date, 126) AS created,
       CASE WHEN o.type = 'U' THEN CONVERT(varchar(12), o.object_id) END AS object,
       CASE WHEN o.type = 'U' THEN CONVERT(varchar(23), o.create_date, 126) END AS object_created
FROM sys.databases AS d
LEFT JOIN sys.database_recovery_status AS r ON r.database_id = d.database_id
LEFT JOIN sys.objects AS o ON o.object_id = OBJECT_ID(?)
WHERE d.database_id = DB_ID()
"""
_NAMES = {
    "broker": "broker",
    "fork": "fork",
    "created": "database",
    "object": "table",
    "object_created": "table_created",
}
# Azure SQL Database does not have it at all.
_WITHOUT_FORK = _IDENTITY.replace("r.recovery_fork_guid", "NULL").replace(
    "LEFT JOIN sys.database_recovery_status AS r ON r.database_id = d.database_id\n", ""
)
_EDITION = "SELECT CONVERT(int, SERVERPROPERTY('EngineEdition')) AS edition"
_AZURE_DATABASE = 5


def find_identity(link: Link, quoted: str) -> str | None:
    """Write the identity of a table, by its quoted name: see `shared.extraction.source.TableShape`."""
    edition = int(link.rows(_EDITION)[0]["edition"])
    sql = _WITHOUT_FORK if edition == _AZURE_DATABASE else _IDENTITY
    rows = link.rows(sql, quoted)
    parts = {name: rows[0][column] for column, name in _NAMES.items()} if rows else {}
    written = [f"{name}={value}" for name, value in parts.items() if value is not None]
    return " ".join(written) or None
