"""Where results go: to standard output, for people or as JSON; everything else to standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TextIO, TypeVar

import click
from rich.console import Console, RenderableType

from cli.answers import read
from cli.formats import clean

Kind = TypeVar("Kind")

# A pipe has no width: nothing is cut or folded there.
_UNBOUNDED = 100_000


def open_console(stream: TextIO) -> Console:
    """Give a console that shows texts as they are, coloured on a terminal only."""
    width = None if stream.isatty() else _UNBOUNDED
    return Console(file=stream, width=width, markup=False, emoji=False, highlight=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """How a command says what it found. `as_json` asks for the API's own form."""

    as_json: bool

    def show(self, raw: Any, kind: type[Kind], render: Callable[[Kind], RenderableType]) -> None:
        """Print a result, which has the form of `kind`. Raises Refused if it has not."""
        if self.as_json:
            # Escaped, so that it stays JSON whatever the encoding of the stream.
            click.echo(json.dumps(raw, indent=2))
        else:
            open_console(sys.stdout).print(render(read(raw, kind)))

    def note(self, text: str) -> None:
        """Say something that is not the result."""
        click.echo(clean(text), err=True)
