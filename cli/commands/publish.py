"""`tidemark publish`: say that tables have changed, as a source system would."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import click

from cli.formats import format_count
from cli.layout import plural
from cli.options import TABLE, given, takes_json
from cli.output import Output
from cli.publishing import ending, open_topic, takes_topic

_LARGEST = 1_000


@click.command("publish")
@click.option(
    "--table", "tables", type=TABLE, multiple=True, required=True, help="A table that has changed."
)
@click.option(
    "--count",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Events for each table, each with an id of its own.",
)
@click.option(
    "--origin", default="/tidemark/publish", show_default=True, help="The events' source."
)
@takes_topic
@takes_json
def command(
    tables: tuple[str, ...], count: int, origin: str, endpoint: str, key_from: str | None
) -> None:
    """Say that tables have changed, as a source system would.

    Publishes CloudEvents of type Tidemark.TableChanged to an Event Grid topic. Ends with 3 if the
    topic does not answer, with 2 if it refuses.
    """
    # Imported here: `--help` needs nothing of it.
    from shared.operations.outbox import Notice  # noqa: PLC0415

    topic = open_topic(endpoint, key_from)
    notices = [
        Notice(id=str(uuid4()), table=table, at=datetime.now(UTC))
        for table in tables
        for _ in range(count)
    ]
    with ending():
        for start in range(0, len(notices), _LARGEST):
            topic.publish(origin, notices[start : start + _LARGEST])
    published = len(notices)
    if given("as_json"):
        click.echo(f'{{"published": {published}}}')
    else:
        Output(as_json=False).note(
            f"{format_count(published)} {plural('event', published)} published."
        )
