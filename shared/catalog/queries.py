"""Tables that are queries: what of them can be said before a source is asked."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TypeAlias

from shared.catalog import grammar as g
from shared.catalog import source_grammar as s
from shared.catalog.place import Unread
from shared.catalog.section import Fields
from shared.catalog.spec import FOLDING_ENGINES, QUERY_ENGINES

# Gives the columns of a query in the SQL of an engine, None where only the source knows them. Raises
# ValueError with what is wrong with it.
QueryReader: TypeAlias = Callable[[str, str], Sequence[str] | None]


def query_fits(table: Fields, source: Fields) -> None:
    """Report a query where nothing can act on it."""
    if table[g.QUERY] is None:
        return
    if source[s.SOURCE_KIND] != "sql":
        table.at(g.QUERY).report(f"does not go with kind {source[s.SOURCE_KIND]}; remove it")
        return
    engine, kind = source[s.ENGINE], table[g.WATERMARK][g.CURSOR_KIND]
    if engine is not None and engine not in QUERY_ENGINES:
        table.at(g.QUERY).report(
            f"is read of {', '.join(QUERY_ENGINES)} only; make a view of it at the source"
        )
    if kind == "change_tracking":
        table.at(g.QUERY).report(
            "does not go with kind change_tracking: only the changes of a table are tracked"
        )
    if source[s.ISOLATION] == "serializable":
        table.at(g.QUERY).report("does not go with isolation: serializable, which locks one table")


def check_query(
    table: Fields, source: Fields, needed: Mapping[str, str], read: QueryReader
) -> None:
    """Report what is wrong with a query, and columns that are `needed` and that it does not give."""
    with suppress(Unread):
        query, engine = table[g.QUERY], source[s.ENGINE]
        if query is None or engine not in QUERY_ENGINES:
            return
        try:
            columns = read(query, engine)
        except ValueError as error:
            table.at(g.QUERY).report(f"cannot stand for a table: {error}")
            return
        if columns is not None:
            _report_missing(table, columns, needed, folds=engine in FOLDING_ENGINES)


def _report_missing(
    table: Fields, columns: Sequence[str], needed: Mapping[str, str], *, folds: bool
) -> None:
    given = {name.casefold() if folds else name for name in columns}
    for column, what in needed.items():
        if (column.casefold() if folds else column) not in given:
            table.at(g.QUERY).report(f'does not give "{column}", {what}')
