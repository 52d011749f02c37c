"""The catalogue: every source and every table that Tidemark loads."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from shared.catalog.ordering import cut_waves
from shared.catalog.spec import SourceSpec, TableSpec


class UnknownTable(LookupError):
    """Ask for a table as `source/schema.table`, as it stands in the table files."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(name)
        self.name = name
        self.close = tuple(get_close_matches(name, known, n=3))

    def __str__(self) -> str:
        hint = f"; did you mean {' or '.join(self.close)}?" if self.close else ""
        return f"There is no table {self.name!r}{hint}"


class UnknownSource(LookupError):
    """Ask for a source by the name that stands in its table file."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(name)
        self.name = name
        self.known = tuple(known)

    def __str__(self) -> str:
        return f"There is no source {self.name!r}; there are {', '.join(self.known) or 'none'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """All sources and tables in the order of the files; iterates over the tables."""

    sources: tuple[SourceSpec, ...] = ()
    tables: tuple[TableSpec, ...] = ()

    def __iter__(self) -> Iterator[TableSpec]:
        return iter(self.tables)

    def __len__(self) -> int:
        return len(self.tables)

    @property
    def by_name(self) -> dict[str, TableSpec]:
        """All tables by their full names."""
        return {table.name: table for table in self.tables}

    def table(self, name: str) -> TableSpec:
        """Give the table with the full name `source/schema.table`. Raises UnknownTable."""
        for table in self.tables:
            if table.name == name:
                return table
        raise UnknownTable(name, [table.name for table in self.tables])

    def select(
        self, tables: Sequence[str] | None = None, source: str | None = None
    ) -> tuple[TableSpec, ...]:
        """Give tables by full name, by source, or all, each after those that it loads after.

        Raises:
            UnknownTable: a name is not in the catalogue, or not of the source that is asked for.
            UnknownSource: there is no such source.
        """
        known = {table.name: table for table in self._of(source)}
        for name in tables or ():
            if name not in known:
                raise UnknownTable(name, list(known))
        wanted = known if tables is None else set(tables)
        chosen = [table for table in known.values() if table.name in wanted]
        return tuple(table for wave in self.waves(chosen) for table in wave)

    def waves(self, tables: Sequence[TableSpec] | None = None) -> tuple[tuple[TableSpec, ...], ...]:
        """Cut tables (all, if none are given) into waves; within one, none waits for another."""
        chosen = {table.name: table for table in (self.tables if tables is None else tables)}
        after = {table.name: table.loads_after for table in self.tables}
        waves = cut_waves(list(chosen), after)
        return tuple(tuple(chosen[name] for name in wave) for wave in waves)

    def _of(self, source: str | None) -> list[TableSpec]:
        if source is not None and source not in {known.name for known in self.sources}:
            raise UnknownSource(source, [known.name for known in self.sources])
        return [table for table in self.tables if source in (None, table.source.name)]
