"""`tidemark plan`: what a load or a backfill would do."""

from __future__ import annotations

import click

from cli.answers import read
from cli.errors import FAILED
from cli.options import TABLE, takes_address
from cli.paths import PLANS
from cli.plans import Plan, render_plan
from cli.session import open_session

# The parameters of the command, and their names in the request.
_FIELDS = {"mode": "mode", "after": "after", "start": "from", "end": "to"}


@click.command("plan")
@click.argument("table", type=TABLE, help="Full name of the table.")
@click.option(
    "--mode",
    type=click.Choice(["incremental", "initial", "snapshot"]),
    help="As in `load`; incremental if it is left out.",
)
@click.option("--after", help="Read above this cursor value instead of the watermark.")
@click.option("--from", "start", help="Plan a backfill: first cursor value, included.")
@click.option("--to", "end", help="Plan a backfill: where the period ends, excluded.")
@click.option("--all", "whole", is_flag=True, help="Plan a backfill of all that is loaded.")
@takes_address
def command(table: str, *, whole: bool, **wanted: str | None) -> None:
    """Show what a load or a backfill would do, without doing it.

    Prints the bound and what it was made of, the slices with the rows they are estimated to
    have, the SQL that would be sent, drift, and what would stop the load. Nothing is written.
    Ends with 1 if the load would be stopped.
    """
    body = {_FIELDS[name]: value for name, value in wanted.items() if value is not None}
    period = body.keys() & {"from", "to"}
    if (whole and body) or (period and body.keys() & {"mode", "after"}):
        raise click.UsageError("a backfill is planned by --from and --to, or by --all, alone")
    if whole:
        body["mode"] = "backfill"
    session = open_session()
    raw = session.client.consult(PLANS, {"table": table, **body})
    session.output.show(raw, Plan, render_plan)
    if read(raw, Plan).stops is not None:
        raise click.exceptions.Exit(FAILED)
