"""Reads the table files into a catalogue, or says everything that is wrong with them."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from shared.catalog import grammar as g
from shared.catalog import source_grammar as s
from shared.catalog.agreement import Entry, check_sources, check_tables
from shared.catalog.assembly import assemble_source, assemble_table
from shared.catalog.catalog import Catalog
from shared.catalog.column_rules import needed_columns
from shared.catalog.document import read_document
from shared.catalog.place import Place, Unread
from shared.catalog.problem import CatalogInvalid, Problem
from shared.catalog.queries import QueryReader, check_query
from shared.catalog.rules import check_conditions, check_table
from shared.catalog.section import Fields
from shared.catalog.source_rules import check_source

FaultFinder: TypeAlias = Callable[[str], str | None]


def parse_catalog(files: Mapping[str, str]) -> Catalog:
    """Read table files, given as text by file name.

    Raises:
        CatalogInvalid: something is wrong; it lists all that was found, by file and line.
    """
    return _parse(files, [], look=_Look(None, None))


def read_catalog(
    folder: Path,
    *,
    find_fault: FaultFinder | None = None,
    read_query: QueryReader | None = None,
) -> Catalog:
    """Read every `*.yml` file in a folder, by name; its subfolders are not looked at.

    `find_fault` says what is wrong with the condition of a rule of quality; without it they are
    taken as they are, and are looked at when rows are judged. So it is with `read_query` and the
    queries that stand for tables, which are looked at when they are read.

    Raises:
        CatalogInvalid: as `parse_catalog`, or the folder is missing or holds no table file.
    """
    problems: list[Problem] = []
    files: dict[str, str] = {}
    if not folder.is_dir():
        raise CatalogInvalid((_of_file(str(folder), "is not a folder; name one with *.yml files"),))
    for path in sorted(folder.iterdir()):
        if path.suffix == ".yaml":
            problems.append(_of_file(path.name, "is not read; rename it to end in .yml"))
        elif path.suffix == ".yml":
            _read_file(path, files, problems)
    if not files and not problems:
        raise CatalogInvalid((_of_file(str(folder), "holds no table file; write one, *.yml"),))
    return _parse(files, problems, look=_Look(find_fault, read_query))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sheet:
    """One file as written: its source, and its tables with the file's defaults beneath them."""

    source: Fields
    tables: tuple[Fields, ...]

    @property
    def names_all(self) -> bool:
        """Whether the source and every table in it have a name that could be read."""
        try:
            return bool(self.source[s.NAME] and [table[g.TABLE] for table in self.tables])
        except Unread:
            return False


@dataclass(frozen=True, slots=True)
class _Look:
    """What reads the SQL in a table file, where somebody is there to read it."""

    find_fault: FaultFinder | None
    read_query: QueryReader | None

    def at(self, table: Fields, source: Fields) -> None:
        """Report what is wrong with the SQL of a table."""
        if self.find_fault is not None:
            check_conditions(table, self.find_fault)
        if self.read_query is not None:
            check_query(table, source, needed_columns(table), self.read_query)


def _parse(
    files: Mapping[str, str],
    problems: list[Problem],
    *,
    look: "_Look",
) -> Catalog:
    whole = not problems
    sheets: list[_Sheet] = []
    for file, text in files.items():
        try:
            sheets.append(_read_sheet(file, text, problems))
        except Unread:
            whole = False
    complete = whole and all(sheet.names_all for sheet in sheets)
    _check(sheets, complete=complete)
    for sheet in sheets:
        for table in sheet.tables:
            look.at(table, sheet.source)
    if problems:
        raise CatalogInvalid(_in_order(problems, list(files)))
    return _assemble(sheets)


def _read_sheet(file: str, text: str, problems: list[Problem]) -> _Sheet:
    place = Place(file=file, line=1, field="", problems=problems, lines={})
    root = g.FILE_SECTION.read(read_document(text, place), place)
    source, defaults, tables = Fields(place=place), Fields(place=place), ()
    with suppress(Unread):
        source = root[g.SOURCE]
    with suppress(Unread):
        defaults = root[g.DEFAULTS]
    with suppress(Unread):
        tables = root[g.TABLES]
    return _Sheet(source=source, tables=tuple(table.over(defaults) for table in tables))


def _check(sheets: Sequence[_Sheet], *, complete: bool) -> None:
    for sheet in sheets:
        check_source(sheet.source)
        for table in sheet.tables:
            check_table(table, sheet.source)
    check_sources([sheet.source for sheet in sheets])
    entries = [
        Entry(source=sheet.source, table=table) for sheet in sheets for table in sheet.tables
    ]
    check_tables(entries, complete=complete)


def _assemble(sheets: Sequence[_Sheet]) -> Catalog:
    sources = tuple(assemble_source(sheet.source) for sheet in sheets)
    tables = tuple(
        assemble_table(Entry(source=sheet.source, table=table), source)
        for sheet, source in zip(sheets, sources, strict=True)
        for table in sheet.tables
    )
    return Catalog(sources=sources, tables=tables)


def _in_order(problems: Sequence[Problem], files: Sequence[str]) -> tuple[Problem, ...]:
    """Order by file and line. A fault in `defaults` is found once per table and told once."""
    position = {file: number for number, file in enumerate(files)}
    distinct = dict.fromkeys(problems)
    return tuple(sorted(distinct, key=lambda it: (position.get(it.file, -1), it.line)))


def _of_file(file: str, message: str) -> Problem:
    return Problem(file=file, line=0, field="", message=message)


def _read_file(path: Path, files: dict[str, str], problems: list[Problem]) -> None:
    raw = path.read_bytes()
    try:
        files[path.name] = raw.decode()
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        message = "is not UTF-8 text; save the file as UTF-8"
        problems.append(Problem(file=path.name, line=line, field="", message=message))
