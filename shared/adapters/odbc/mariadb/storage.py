"""What a table is stored in: only InnoDB can be read as it stood at one moment."""

from __future__ import annotations

import re

from shared.adapters.odbc.links import Link
from shared.adapters.sqlglot.selecting import read_query
from shared.catalog import TableSpec
from shared.loading.errors import SnapshotUnavailable

_TABLE = """
SELECT TABLE_TYPE AS type, COALESCE(ENGINE, '') AS engine
FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?
"""
_VIEW = """
SELECT VIEW_DEFINITION AS definition
FROM information_schema.VIEWS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?
"""
# The server writes a view's tables with their database, both in backticks; columns of an alias look
# the same, but no table has that name.
_NAMES = re.compile(r"`((?:[^`]|``)+)`\.`((?:[^`]|``)+)`")


def is_locked(table: TableSpec) -> bool:
    """Say whether the table is read under a lock instead of in a snapshot."""
    return table.source.isolation == "serializable"


def check_readable(link: Link, table: TableSpec) -> tuple[str, ...]:
    """Raise SnapshotUnavailable unless all that is read is InnoDB, or locked while it is read."""
    if is_locked(table):
        return ("the table is locked against writers while it is read (isolation: serializable)",)
    for name, engine in sorted(_engines(link, table).items()):
        if engine != "InnoDB":
            raise SnapshotUnavailable(
                f"{name} is stored in {engine or 'no engine'}, which has no snapshots. Convert it "
                f"(ALTER TABLE … ENGINE=InnoDB), or set `isolation: serializable` on the source, "
                "which locks a table against writers while it is read"
            )
    return ()


def _engines(link: Link, table: TableSpec) -> dict[str, str]:
    """Give the engine of the table, or of every table below the view, by their names."""
    found: dict[str, str] = {}
    seen: set[tuple[str, str]] = set()
    open_ = [(table.schema_name, table.table_name)]
    if table.query is not None:
        here = link.rows("SELECT COALESCE(DATABASE(), '') AS name")[0]["name"]
        named = read_query(table.query, "mariadb").tables
        open_ = [(schema or here, name) for schema, name in named]
    while open_:
        name = open_.pop()
        if name in seen:
            continue
        seen.add(name)
        described = link.rows(_TABLE, *name)
        if not described:
            continue
        if described[0]["type"] == "VIEW":
            open_ += _below(link, name)
        else:
            found[".".join(name)] = described[0]["engine"]
    return found


def _below(link: Link, view: tuple[str, str]) -> list[tuple[str, str]]:
    definition = link.rows(_VIEW, *view)[0]["definition"]
    if not definition:
        raise SnapshotUnavailable(
            f"what the view {'.'.join(view)} reads cannot be seen: GRANT SHOW VIEW on it to the login"
        )
    pairs = [(a.replace("``", "`"), b.replace("``", "`")) for a, b in _NAMES.findall(definition)]
    return list(dict.fromkeys(pairs))
