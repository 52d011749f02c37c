"""The entry point: finds the command that is called and imports only that one."""

from __future__ import annotations

import io
import sys
from importlib import import_module

import click

from cli import __version__
from cli.options import takes_address

# What `tidemark --help` lists. Kept here so that it imports no command; a test compares the two.
COMMANDS = {
    "validate": "Check the table files of a folder.",
    "plan": "Show what a load or a backfill would do, without doing it.",
    "load": "Load tables and wait until they are loaded.",
    "backfill": "Load a past period of a table again, window by window.",
    "reconcile": "Compare a table's copy with its source, and repair it.",
    "refresh": "Hand what was published to the lakehouse, and see it through.",
    "release": "Let rows through that broke a rule and wait in quarantine, as they are.",
    "health": "Ask whether the app and all that it depends on are there.",
    "status": "Show how far every table is, or one in detail.",
    "runs": "List runs, newest first, or show one run or order.",
    "incidents": "List what is wrong, and what was lately.",
    "rerun": "Run again what failed of a run, an order or a backfill.",
    "replay": "List what could not be taken up, and take it up again.",
    "publish": "Say that tables have changed, as a source system would.",
    "relay": "Publish what a PostgreSQL source writes into its outbox.",
    "cancel": "Cancel an order, a backfill or one run.",
    "watermark": "Look at watermarks, and correct them.",
    "audit": "List who did what, the newest first.",
    "import-adf": "Write a table file from a Data Factory pipeline.",
    "diff-lake": "Compare what Data Factory landed with what Tidemark did.",
    "anomalies": "Try every known way to lose, double or misread rows.",
    "dev": "Run everything on this machine, for development.",
}


class _Commands(click.Group):
    """A group whose commands are modules."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        cmd_name: str,
    ) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = cmd_name.replace("-", "_")
        return import_module(f"cli.commands.{module}").command

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        formatter: click.HelpFormatter,
    ) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.command(cls=_Commands)
@takes_address
@click.version_option(__version__, message="tidemark %(version)s")
def tidemark() -> None:
    """Order loads of source tables into the lake, and see how they stand.

    The options below may also stand after the command's name. Tables are named
    source/schema.table; times are UTC.

    Exit status: 0 all succeeded, 1 something failed or was cancelled, 2 wrong use,
    3 the app cannot be reached, 130 stopped by Ctrl-C while an order goes on.
    Commands that only show something end with 0, whatever they show; `plan` ends with 1
    if the load would be stopped.
    """


def main() -> None:
    """Run the command line and exit with its status."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal without Unicode shows an escape instead of ending the command.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    tidemark(prog_name="tidemark")
