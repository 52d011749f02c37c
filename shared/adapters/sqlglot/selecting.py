"""A query that stands for a table: one SELECT that can be read again and again, as part of another."""

from __future__ import annotations

from dataclasses import dataclass

import sqlglot
from sqlglot import expressions as e
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.normalize_identifiers import normalize_identifiers

from shared.loading.errors import QueryUnsound

_WRITES = (e.Insert, e.Update, e.Delete, e.Merge, e.Copy, e.Create, e.Into, e.Command)
# The names of dialects, where they are not those of engines.
_DIALECTS = {"postgresql": "postgres", "sqlserver": "tsql", "mariadb": "mysql", "mysql": "mysql"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Selected:
    """What a query says of itself.

    `columns` are the names of what it gives, None where that is for the source to say (`*`). `tables`
    are those that it names, each with its schema or None, and without what it defines itself.
    """

    columns: tuple[str, ...] | None
    tables: tuple[tuple[str | None, str], ...]


def read_query(query: str, engine: str) -> Selected:
    """Read a query in the SQL of its engine.

    Raises:
        QueryUnsound: it cannot stand for a table, and why.
    """
    root = _parse(query, engine)
    _check_reads_only(root)
    if root.args.get("order") and not _is_limited(root):
        raise QueryUnsound("its rows have no order; remove ORDER BY")
    if engine == "sqlserver" and root.args.get("with_"):
        raise QueryUnsound(
            "SQL Server takes no WITH where a table stands; write it as subqueries, or make a view"
        )
    return Selected(columns=_outputs(root), tables=_tables(root))


def _parse(query: str, engine: str) -> e.Query:
    try:
        statements = sqlglot.parse(query, dialect=_DIALECTS.get(engine))
    except (SqlglotError, RecursionError) as error:
        # The rest shows the text with terminal colours.
        first = str(error).split("\n", 1)[0].strip()
        raise QueryUnsound(f"it cannot be read: {first}") from error
    if len(statements) != 1:
        raise QueryUnsound("it has to be one statement")
    if query.rstrip().endswith(";"):
        raise QueryUnsound("it stands within another statement; remove the semicolon at its end")
    root = statements[0]
    if not isinstance(root, e.Query):
        raise QueryUnsound("it has to be a SELECT")
    # Where names without quotes are folded, what the query gives is named as it is folded.
    return normalize_identifiers(root, dialect="postgres") if engine == "postgresql" else root


def _check_reads_only(root: e.Query) -> None:
    """Refuse what writes, locks, or waits for values that nobody gives."""
    for node in root.walk():
        if isinstance(node, _WRITES):
            raise QueryUnsound("it has to read only: a SELECT without INTO or changes of data")
        if isinstance(node, e.Lock):
            raise QueryUnsound("it may not lock rows; remove FOR UPDATE or FOR SHARE")
        if isinstance(node, e.Placeholder | e.Parameter | e.SessionParameter):
            raise QueryUnsound("it has a parameter or a variable, which nobody gives a value")
        if node.comments:
            raise QueryUnsound(
                "it holds a comment, which could swallow what comes behind; remove it"
            )


def _is_limited(root: e.Query) -> bool:
    return any(root.args.get(part) for part in ("limit", "offset", "fetch"))


def _outputs(root: e.Query) -> tuple[str, ...] | None:
    if root.is_star:
        return None
    names = tuple(root.named_selects)
    if not names or not all(names) or len(names) < len(root.selects):
        raise QueryUnsound("a column that it gives has no name; write AS and one")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise QueryUnsound(f"it gives two columns of the name {twice[0]}")
    return names


def _tables(root: e.Query) -> tuple[tuple[str | None, str], ...]:
    defined = {each.alias for each in root.find_all(e.CTE)}
    found = [(table.db or None, table.name) for table in root.find_all(e.Table)]
    return tuple(dict.fromkeys(each for each in found if each[0] or each[1] not in defined))
