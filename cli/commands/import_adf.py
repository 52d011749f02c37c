"""`tidemark import-adf`: a table file from a Data Factory pipeline, with what was unsound in it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from cli.errors import FAILED, Refused
from cli.formats import clean
from cli.migration.design_faults import find_design_faults
from cli.migration.errors import InputUnreadable, KeysUnknown
from cli.migration.finding import Finding
from cli.migration.keys import unknown_names
from cli.migration.loop_input import Entry, read_loop_input
from cli.migration.node import read_json
from cli.migration.pipeline import read_pipeline
from cli.migration.report import ImportReport
from cli.migration.table_file import SourceDraft, write_table_file
from cli.migration.translation import Draft, translate
from cli.options import given, takes_json
from shared.catalog import CatalogInvalid, NameUnencodable, encode_name, parse_catalog

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


class KeyColumns(click.ParamType[tuple[str, tuple[str, ...]]]):
    """A table and its key columns, `table=column[,column]`."""

    name = "table=column[,column]"

    def convert(
        self,
        value: str | tuple[str, tuple[str, ...]],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> tuple[str, tuple[str, ...]]:
        if isinstance(value, tuple):
            return value
        table, _, listed = value.partition("=")
        columns = tuple(column.strip() for column in listed.split(","))
        if not table or not all(columns) or len(set(columns)) < len(columns):
            self.fail(f"{value!r} names no key: write table=column or table=one,two", param, ctx)
        return table, columns


@click.command("import-adf")
@click.option("--loop-input", type=_FILE, help="JSON of the tables that the pipeline loops over.")
@click.option("--pipeline", type=_FILE, help="JSON of the pipeline, to be looked at for faults.")
@click.option("--cdc-dir", type=_FOLDER, help="Folder with the watermarks, TABLE_cdc/cdc.json.")
@click.option("--source-name", default="adf", show_default=True, help="Name of the source.")
@click.option("--engine", default="sqlserver", show_default=True, help="Its database engine.")
@click.option(
    "--connection",
    metavar="'${NAME}'",
    help="Setting with the connection string; named for the source if it is left out.",
)
@click.option(
    "--key", "keys", type=KeyColumns(), multiple=True, help="Key columns of a table; repeatable."
)
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("tables"),
    show_default=True,
    help="Folder to write the file to, which is named for the source.",
)
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@takes_json
def command(
    loop_input: Path | None,
    pipeline: Path | None,
    cdc_dir: Path | None,
    keys: tuple[tuple[str, tuple[str, ...]], ...],
    output: Path,
    *,
    force: bool,
    **source: str | None,
) -> None:
    """Write a table file from a Data Factory pipeline.

    Takes the tables from --loop-input, or else from the default that --pipeline gives them, and
    reports every unsound choice with what was done about it. Talks to no app, source or cloud.
    Keys are guessed for tables called Dim... and Fact... only: DimUser has user_id.
    """
    draft = _source(source)
    try:
        file = output / f"{encode_name(draft.name)}.yml"
        entries, design = _read(loop_input, pipeline)
        drafts = translate(entries, _keys(keys, entries), cdc_dir)
    except (InputUnreadable, NameUnencodable) as error:
        raise Refused(str(error)) from error
    except KeysUnknown as error:
        click.echo(clean(str(error)), err=True)
        raise click.exceptions.Exit(FAILED) from error
    _write(file, _check(file, draft, drafts), force=force)
    report = ImportReport(file=str(file), source=draft.name, drafts=drafts, design=design)
    if given("as_json"):
        click.echo(json.dumps(report.view(), indent=2))
    else:
        click.echo("\n".join(clean(line) for line in report.lines()))


def _source(given_options: Mapping[str, str | None]) -> SourceDraft:
    name = given_options["source_name"] or ""
    setting = "".join(sign if sign.isascii() and sign.isalnum() else "_" for sign in name.upper())
    return SourceDraft(
        name=name,
        engine=given_options["engine"] or "",
        connection=given_options["connection"] or f"${{{setting}_DB}}",
    )


def _read(
    loop_input: Path | None, pipeline: Path | None
) -> tuple[tuple[Entry, ...], tuple[Finding, ...]]:
    """Read the tables, and the faults of the pipeline if there is one."""
    found = None if pipeline is None else read_pipeline(read_json(pipeline))
    if loop_input is not None:
        root = read_json(loop_input)
    elif found is not None:
        root = found.default_input()
    else:
        raise click.UsageError("give the tables by --loop-input, --pipeline or both")
    return read_loop_input(root), () if found is None else tuple(find_design_faults(found))


def _keys(
    keys: Sequence[tuple[str, tuple[str, ...]]], entries: Sequence[Entry]
) -> dict[str, tuple[str, ...]]:
    named = dict(keys)
    if unknown := unknown_names(named, entries):
        known = ", ".join(entry.name for entry in entries)
        raise click.UsageError(f"--key names {', '.join(unknown)}; the tables are {known}")
    return named


def _check(file: Path, source: SourceDraft, drafts: Sequence[Draft]) -> str:
    """Give the text, once the catalogue has found nothing wrong with it."""
    text = write_table_file(source, drafts)
    try:
        parse_catalog({file.name: text})
    except CatalogInvalid as error:
        problems = "\n".join(f"  {each.field}: {each.message}" for each in error.problems)
        raise Refused(
            f"no table file can be made of this; nothing is written:\n{problems}"
        ) from error
    return text


def _write(file: Path, text: str, *, force: bool) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("w" if force else "x", encoding="utf-8") as opened:
            opened.write(text)
    except FileExistsError as error:
        raise Refused(f"{file} is there already; move it away, or add --force") from error
    except OSError as error:
        raise Refused(f"{file} cannot be written: {error.strerror}") from error
