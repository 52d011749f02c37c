"""What ends a command early: each with its exit status and a message that says what to do."""

from __future__ import annotations

from typing import ClassVar

import click

from cli.formats import clean

FAILED = 1


class CommandEnded(click.ClickException):
    """A command that cannot go on; its message is printed to standard error."""

    def __init__(self, message: str) -> None:
        super().__init__(clean(message))


class Refused(CommandEnded):
    """The request cannot be carried out as it is: correct it."""

    exit_code: ClassVar[int] = 2


class Unreachable(CommandEnded):
    """The app does not answer, or says that it cannot work now: try again later."""

    exit_code: ClassVar[int] = 3


class StoppedWaiting(CommandEnded):
    """The user stopped waiting by Ctrl-C; the order goes on."""

    # What shells give a command that ended by SIGINT: 128 and the signal's number.
    exit_code: ClassVar[int] = 130
