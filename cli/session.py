"""What a command that talks to the app works with, made from the options it was given."""

from __future__ import annotations

from dataclasses import dataclass

import click

from cli.client import Client
from cli.options import given
from cli.output import Output


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A connection to the app, closed when the command ends, and where its results go."""

    client: Client
    output: Output


def open_session() -> Session:
    """Open the session of the command that is running. Raises Refused for a bad address, key or token."""
    client = Client(url=given("url"), key=given("key"), token=given("token"))
    click.get_current_context().with_resource(client)
    return Session(client=client, output=Output(as_json=given("as_json")))
