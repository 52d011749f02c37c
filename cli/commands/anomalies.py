"""`tidemark anomalies`: every known way to lose rows, tried on Tidemark and on other tools."""

from __future__ import annotations

import json
import re
from pathlib import Path

import click

from cli.errors import FAILED, CommandEnded, Refused
from cli.options import given, takes_json

_SUBJECTS = ("tidemark", "dlt", "seed")
_CASE = re.compile(r"[0-9]+[a-z]?")


def _case(_ctx: click.Context, _param: click.Parameter, names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        if not _CASE.fullmatch(name):
            raise click.BadParameter(
                f"{name!r} is no case: write 16, or 16b for one of its variants"
            )
    return names


@click.command("anomalies")
@click.option(
    "--against",
    type=click.Choice(_SUBJECTS),
    multiple=True,
    default=("tidemark",),
    show_default=True,
    help="Tool to try; can be given more than once. seed is the Data Factory pipeline's logic.",
)
@click.option(
    "--case",
    "names",
    metavar="N",
    multiple=True,
    callback=_case,
    help="Only this case of the catalogue, or one variant of it, as 16b; can be given more than once.",
)
@click.option(
    "--seed", type=int, default=20260101, show_default=True, help="Where chance plays a part."
)
@click.option(
    "--markdown",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the table to this file as well, as the reference page has it.",
)
@takes_json
def command(
    against: tuple[str, ...], names: tuple[str, ...], *, seed: int, markdown: Path | None
) -> None:
    """Try every known way to lose, double or misread rows.

    Starts a PostgreSQL and what the tools need, runs the cases that can run there, and compares
    the source in full with each copy. Nothing of it is kept. Ends with 1 if Tidemark loses or
    doubles a row, or stops where it should not. Needs the development requirements.
    """
    # Imported here: it brings in the embedded stack, which nobody needs to read this command's help.
    from local.anomalies.asking import CannotRun, UnknownCase, ask  # noqa: PLC0415
    from local.anomalies.page import write_page  # noqa: PLC0415
    from local.anomalies.record import failed  # noqa: PLC0415

    try:
        record = ask(tuple(dict.fromkeys(against)), names, seed=seed, quiet=given("as_json"))
    except UnknownCase as error:
        raise Refused(str(error)) from error
    except CannotRun as error:
        raise CommandEnded(str(error)) from error
    if given("as_json"):
        click.echo(json.dumps(record, indent=2))
    if markdown is not None:
        markdown.write_text(write_page(record), encoding="utf-8")
    if failed(record):
        raise click.exceptions.Exit(FAILED)
