"""`tidemark dev`: the embedded stack in the foreground."""

from __future__ import annotations

from pathlib import Path

import click

_FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command("dev")
@click.option(
    "--state",
    type=_FOLDER,
    default=Path(".tidemark"),
    show_default=True,
    help="Folder for all that is kept; started again with the same one, work goes on.",
)
@click.option(
    "--tables",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path("tables"),
    show_default=True,
    help="Folder of the table files.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=7071,
    show_default=True,
    help="Port on 127.0.0.1; 0 takes a free one.",
)
@click.option("--keys", is_flag=True, help="Refuse requests without a function key.")
@click.option(
    "--tick",
    metavar="NCRONTAB",
    default="*/10 * * * * *",
    show_default=True,
    help="How often schedules are looked at: six fields, UTC.",
)
@click.option("--sample", is_flag=True, help="Start the sample source, a PostgreSQL of its own.")
@click.option(
    "--jobs",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Job file of the Databricks workspace; else the lakehouse's own, if it is installed.",
)
@click.option("--no-lakehouse", is_flag=True, help="Hand nothing to the lakehouse.")
def command(
    state: Path,
    tables: Path,
    port: int,
    tick: str,
    jobs: Path | None,
    *,
    keys: bool,
    sample: bool,
    no_lakehouse: bool,
) -> None:
    """Run everything on this machine, for development.

    Serves on the loopback address only, in the foreground, until Ctrl-C. When it is up, prints
    `ready` and the address, and that of the operations page. Never meant for production.
    """
    # Imported here: it brings in the whole app, which nobody needs to read this command's help.
    from local import stack  # noqa: PLC0415

    options = stack.StackOptions(
        state=state,
        tables=tables,
        port=port,
        require_keys=keys,
        tick=tick,
        sample=sample,
        jobs=None if no_lakehouse else jobs,
        lakehouse=not no_lakehouse,
    )
    raise click.exceptions.Exit(stack.run(options))
