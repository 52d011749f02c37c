"""`tidemark relay`: publish what a PostgreSQL source writes into its outbox."""

from __future__ import annotations

import time

import click

from cli.formats import format_count
from cli.layout import plural
from cli.publishing import ending, open_topic, secret_of, takes_topic


@click.command("relay")
@click.argument("source", help="Name of the source, as its table file has it.")
@click.option(
    "--database-from",
    metavar="NAME",
    required=True,
    help="Environment variable that holds the postgresql:// address of the database.",
)
@click.option(
    "--every",
    type=click.FloatRange(min=0.1),
    default=1.0,
    show_default=True,
    help="Seconds between two looks at an outbox that was empty.",
)
@click.option("--once", is_flag=True, help="End as soon as the outbox is empty.")
@takes_topic
def command(
    source: str,
    database_from: str,
    every: float,
    endpoint: str,
    key_from: str | None,
    *,
    once: bool,
) -> None:
    """Publish what a PostgreSQL source writes into its outbox.

    The outbox is the table tidemark_outbox; see the page on events. A row is removed once its event
    is published. Runs until it is stopped, and ends with 3 where the database or the topic does
    not answer: let it be started again by what keeps it running.
    """
    from shared.adapters.postgresql.outbox import PostgresOutbox  # noqa: PLC0415 - slow to import
    from shared.operations.outbox import relay  # noqa: PLC0415

    outbox = PostgresOutbox(secret_of(database_from))
    topic = open_topic(endpoint, key_from)
    relayed = 0
    while True:
        with ending():
            rows = relay(outbox, topic, source=source, origin=f"/tidemark/outbox/{source}")
        relayed += rows
        if rows == 0 and once:
            break
        if rows == 0:
            time.sleep(every)
    click.echo(f"{format_count(relayed)} {plural('change', relayed)} relayed.", err=True)
