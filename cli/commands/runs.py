"""`tidemark runs`: the ledger of runs, one of them, or an order with all its runs."""

from __future__ import annotations

import click

from cli.answers import Order, Run, Runs
from cli.options import TABLE, takes_address
from cli.paging import gather
from cli.paths import RUNS, is_run, order_path, run_path
from cli.rendering import render_order, render_run, render_runs
from cli.session import Session, open_session

_STATES = ["queued", "running", "committing", "succeeded", "failed", "cancelled"]
_LISTED = 100


@click.command("runs")
@click.argument("run_id", required=False, help="Id of a run, or of an order.")
@click.option("--status", type=click.Choice(_STATES), help="Only runs in this state.")
@click.option("--table", type=TABLE, help="Only runs of this table.")
@click.option("--since", metavar="TIME", help="Only runs started since, as 2026-01-31T00:00:00Z.")
@click.option(
    "--limit", type=click.IntRange(min=1), help=f"How many at most; {_LISTED} if left out."
)
@takes_address
def command(run_id: str | None, limit: int | None, **query: str | None) -> None:
    """List runs, newest first, or show one run or order.

    An order's id shows the order with all its tables.
    """
    wanted = {name: value for name, value in query.items() if value is not None}
    if run_id is not None and (wanted or limit is not None):
        raise click.UsageError("give a RUN_ID or options that select runs, not both")
    session = open_session()
    if run_id is None:
        found = gather(session.client, RUNS, wanted, items="runs", most=limit or _LISTED)
        session.output.show(found, Runs, render_runs)
    else:
        _show_one(session, run_id)


def _show_one(session: Session, name: str) -> None:
    if is_run(name):
        raw = session.client.get(run_path(name))
        session.output.show(raw, Run, render_run)
    else:
        raw = session.client.get(order_path(name))
        session.output.show(raw, Order, render_order)
