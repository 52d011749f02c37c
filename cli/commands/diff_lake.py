"""`tidemark diff-lake`: whether a table in bronze is what Data Factory had landed, row by row."""

from __future__ import annotations

import json
from pathlib import Path

import click

from cli.errors import FAILED, Refused
from cli.formats import clean
from cli.options import TABLE, given, takes_json
from shared.catalog import CatalogInvalid, TableSpec, UnknownTable, read_catalog


def _columns(_ctx: click.Context, _param: click.Parameter, text: str | None) -> tuple[str, ...]:
    names = tuple(name.strip() for name in (text or "").split(",")) if text else ()
    if not all(names) or len(set(names)) < len(names):
        raise click.BadParameter(f"{text!r} names no columns: write one,two")
    return names


@click.command("diff-lake")
@click.argument("old", help="Folder of the files of Data Factory, or a pattern in quotes.")
@click.argument(
    "new",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of the table in bronze, with its run_id=... folders.",
)
@click.option("--table", type=TABLE, required=True, help="Full name of the table.")
@click.option(
    "--tables",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path("tables"),
    show_default=True,
    help="Folder of the table files, for the table's key and cursor.",
)
@click.option(
    "--key", "key_columns", callback=_columns, help="Other key columns, parted by commas."
)
@click.option("--columns", callback=_columns, help="Columns to compare; all if it is left out.")
@click.option("--since", help="Compare rows from this cursor value on only.")
@click.option("--until", help="Compare rows below this cursor value only.")
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    default=20,
    show_default=True,
    help="How many rows of each class to show.",
)
@takes_json
def command(
    old: str,
    new: Path,
    *,
    table: str,
    tables: Path,
    key_columns: tuple[str, ...],
    columns: tuple[str, ...],
    since: str | None,
    until: str | None,
    limit: int,
) -> None:
    """Compare what Data Factory landed with what Tidemark did.

    Both sides are reduced to the current state of the table and compared by key and value. Ends
    with 0 if they are equal, with 1 if they are not. Reads plain files; talks to no app.
    """
    # Imported here: they bring in Arrow, which nobody needs to read this command's help.
    from cli.migration.errors import InputUnreadable  # noqa: PLC0415
    from cli.migration.lake.comparison import Question, compare_lakes  # noqa: PLC0415
    from cli.migration.lake.errors import NotComparable  # noqa: PLC0415
    from cli.migration.lake.extracts import find_extracts  # noqa: PLC0415
    from cli.migration.lake.report import DifferenceReport  # noqa: PLC0415
    from cli.migration.lake.runs import find_runs  # noqa: PLC0415

    spec = _find(tables, table)
    question = Question(
        key=key_columns or spec.key,
        cursor=spec.cursor.column,
        columns=columns,
        since=since,
        until=until,
        limit=limit,
    )
    try:
        before, after = find_extracts(old, spec.table_name), find_runs(new)
        found = compare_lakes(before, after, question)
    except (NotComparable, InputUnreadable) as error:
        raise Refused(str(error)) from error
    report = DifferenceReport(table=table, old=before, new=after, difference=found)
    if given("as_json"):
        click.echo(json.dumps(report.view(), indent=2))
    else:
        click.echo("\n".join(clean(line) for line in report.lines()))
    if not found.is_equal:
        raise click.exceptions.Exit(FAILED)


def _find(tables: Path, name: str) -> TableSpec:
    try:
        return read_catalog(tables).table(name)
    except (CatalogInvalid, UnknownTable) as error:
        raise Refused(str(error)) from error
    except OSError as error:
        raise Refused(f"{error.filename} cannot be read: {error.strerror}") from error
