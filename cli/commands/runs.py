"""`tidemark runs`: the ledger of runs, one of them, or an order with all its runs."""

from __future__ import annotations

import click

from cli.answers import Order, Run, Runs
from cli.options import TABLE, takes_address
from cli.paths import RUNS, order_path, run_path
from cli.rendering import render_order, render_run, render_runs
from cli.session import Session, open_session

_STATES = ["queued", "running", "committing", "succeeded", "failed", "cancelled"]


@click.command("runs")
@click.argument("run_id", required=False, help="Id of a run, or of an order.")
@click.option("--status", type=click.Choice(_STATES), help="Only runs in this state.")
@click.option("--table", type=TABLE, help="Only runs of this table.")
@click.option("--since", metavar="TIME", help="Only runs started since, as 2026-01-31T00:00:00Z.")
@click.option("--limit", type=click.IntRange(min=1), help="How many at most; 100 if left out.")
@takes_address
def command(run_id: str | None, **query: str | int | None) -> None:
    """List runs, newest first, or show one run or order.

    An order's id shows the order with all its tables.
    """
    wanted = {name: str(value) for name, value in query.items() if value is not None}
    if run_id is not None and wanted:
        raise click.UsageError("give a RUN_ID or options that select runs, not both")
    session = open_session()
    if run_id is None:
        session.output.show(session.client.get(RUNS, wanted), Runs, render_runs)
    else:
        _show_one(session, run_id)


def _show_one(session: Session, name: str) -> None:
    # A run's id is its order's id, a dot and its table.
    if "." in name:
        raw = session.client.get(run_path(name))
        session.output.show(raw, Run, render_run)
    else:
        raw = session.client.get(order_path(name))
        session.output.show(raw, Order, render_order)
