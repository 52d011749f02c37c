"""`tidemark validate`: what is wrong with the table files, by file and line."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import click

from cli.errors import FAILED, Refused
from cli.formats import clean
from cli.options import given, takes_json
from shared.catalog import Catalog, CatalogInvalid, Problem, read_catalog
from shared.loading.errors import QueryUnsound


@click.command("validate")
@click.argument(
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path("tables"),
    help="Folder of the table files; `tables` if it is left out.",
)
@takes_json
def command(folder: Path) -> None:
    """Check the table files of a folder.

    Reads every .yml file in it, lists each problem as file:line, and ends with 1 if there is
    any. Talks to no app and no source.
    """
    try:
        catalog, problems = _read(folder), ()
    except CatalogInvalid as error:
        catalog, problems = Catalog(), tuple(_under(folder, it) for it in error.problems)
    except OSError as error:
        raise Refused(f"{error.filename} cannot be read: {error.strerror}") from error
    if given("as_json"):
        click.echo(json.dumps(_view(catalog, problems), indent=2))
    else:
        _print(folder, catalog, problems)
    if problems:
        raise click.exceptions.Exit(FAILED)


def _read(folder: Path) -> Catalog:
    return read_catalog(folder, find_fault=_find_fault, read_query=_read_query)


def _read_query(query: str, engine: str) -> tuple[str, ...] | None:
    # Imported here, as below.
    from shared.adapters.sqlglot.selecting import read_query  # noqa: PLC0415

    try:
        return read_query(query, engine).columns
    except QueryUnsound as error:
        raise ValueError(str(error)) from error


def _find_fault(rule: str) -> str | None:
    # Imported here: what reads SQL is slow to import, and not every table has rules.
    from shared.adapters.duckdb.conditions import find_fault  # noqa: PLC0415

    return find_fault(rule)


def _under(folder: Path, problem: Problem) -> Problem:
    """Name a file so that it can be opened from here; a problem may be the folder's own."""
    if problem.file == str(folder):
        return problem
    return replace(problem, file=str(folder / problem.file))


def _view(catalog: Catalog, problems: tuple[Problem, ...]) -> dict[str, object]:
    return {
        "valid": not problems,
        "sources": len(catalog.sources),
        "tables": len(catalog),
        "problems": [asdict(problem) for problem in problems],
    }


def _print(folder: Path, catalog: Catalog, problems: tuple[Problem, ...]) -> None:
    for problem in problems:
        click.echo(clean(str(problem)))
    if problems:
        click.echo(f"{len(problems)} problem(s) in {folder}", err=True)
    else:
        sources, tables = len(catalog.sources), len(catalog)
        click.echo(f"{folder}: {sources} source(s), {tables} table(s), no problem")
