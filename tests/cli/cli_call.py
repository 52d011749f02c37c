"""How tests call the command line."""

from typing import Protocol

from click.testing import Result


class Call(Protocol):
    """Runs `tidemark` with these arguments against the playback server."""

    def __call__(self, *arguments: str) -> Result: ...
