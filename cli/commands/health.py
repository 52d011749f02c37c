"""`tidemark health`: whether the app and all that it depends on are there, as after a deployment."""

from __future__ import annotations

from time import monotonic, sleep
from typing import Any

import click

from cli.answers import read
from cli.client import Client
from cli.errors import FAILED, Unreachable
from cli.health import Examined, Health, render_examined
from cli.options import TABLE, takes_address
from cli.paging import gather
from cli.paths import HEALTH, OPENAPI, ORDERS, PLANS, REFRESHES
from cli.session import open_session

_PAUSE_SECONDS = 5.0
# How often in a row nothing may run: what was begun just before the pause shows itself by then.
_LOOKS = 3


@click.command("health")
@click.option(
    "--plan",
    "tables",
    multiple=True,
    type=TABLE,
    help="Ask what a load of this table would do; may be repeated.",
)
@click.option(
    "--drained", is_flag=True, help="Also ask that no order runs, and that the app is paused."
)
@click.option(
    "--wait",
    "seconds",
    type=click.FloatRange(min=0),
    default=0,
    help="Ask again until all is well, for so many seconds at most.",
)
@takes_address
def command(tables: tuple[str, ...], *, drained: bool, seconds: float) -> None:
    """Ask whether the app and all that it depends on are there.

    Asks every dependency, the description of the API, and what a load would do. Nothing is
    written. Ends with 1 if something is down, a plan would be stopped, or --drained and
    something runs.
    """
    session = open_session()
    until = monotonic() + seconds
    quiet = 0
    while True:
        late = monotonic() >= until
        try:
            raw = _examine(session.client, tables, drained=drained)
        except Unreachable:
            if late:
                raise
            sleep(_PAUSE_SECONDS)
            continue
        found = read(raw, Examined)
        quiet = quiet + 1 if found.is_well and (found.is_drained or not drained) else 0
        if quiet >= (_LOOKS if drained else 1) or late:
            break
        sleep(_PAUSE_SECONDS)
    session.output.show(raw, Examined, render_examined)
    if not found.is_well or (drained and not found.is_drained):
        raise click.exceptions.Exit(FAILED)


def _examine(client: Client, tables: tuple[str, ...], *, drained: bool) -> dict[str, Any]:
    health = client.examine(HEALTH)
    described = client.get(OPENAPI)
    return {
        "health": health,
        "version": str(described["info"]["version"]),
        "operations": sum(len(methods) for methods in described["paths"].values()),
        "plans": [
            {"table": table, "stops": client.consult(PLANS, {"table": table}).get("stops")}
            for table in tables
        ],
        "running": _running(client, read(health, Health)) if drained else None,
    }


def _running(client: Client, health: Health) -> int:
    """Count what has begun and not ended: orders, and the refresh of the lakehouse."""
    count = 0
    for state in ("running", "committing"):
        found = gather(client, ORDERS, {"status": state}, items="orders")
        count += len(found["orders"])
    if "lakehouse" in health.checks:
        newest = client.get(REFRESHES, {"limit": "1"})["refreshes"]
        count += sum(refresh["state"] == "running" for refresh in newest)
    return count
