"""One stack for all pages, over a PostgreSQL with a small music service, and a folder to work in."""

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree

import pytest
from adbc_driver_postgresql import dbapi
from docs_pages import ROOT
from docs_shell import Shell
from docs_source import DDL_AND_ROWS

from local import postgres
from local.databricks.refresh_job import write_refresh_job
from local.stack_process import SERVE, StackProcess
from tests.long_forms import LONG

_IN_ORDER = "test_the_commands_of_a_page_run"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Take the pages in the order in which they are listed: one leaves the next what it needs."""
    places = [at for at, item in enumerate(items) if item.name.startswith(_IN_ORDER)]
    pages = sorted((items[at] for at in places), key=lambda item: item.callspec.indices["name"])
    for at, item in zip(places, pages, strict=True):
        items[at] = item


@pytest.fixture(scope="session")
def place() -> Iterator[Path]:
    # Not below pytest's own folder: PostgreSQL runs as another user, who must pass through.
    with tempfile.TemporaryDirectory(prefix="tidemark-docs-") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def database(place: Path) -> Iterator[str]:
    server = postgres.start(place / "postgres", fsync=False)
    try:
        with (
            dbapi.connect(server.uri, autocommit=True) as connection,
            connection.cursor() as cursor,
        ):
            cursor.executescript(DDL_AND_ROWS)
        yield server.uri
    finally:
        server.stop()


@pytest.fixture(scope="session")
def stack(place: Path, database: str) -> Iterator[StackProcess]:
    """The stack of all pages; it makes silver and gold in the long form only."""
    state = place / "state"
    state.mkdir()
    launcher = list(SERVE)
    if LONG:
        model = ROOT / "lakehouse" / "models" / "spotify"
        jobs = write_refresh_job(state / "jobs.json", lake=state / "lake", models=[model])
        launcher += ["--jobs", str(jobs)]
    running = StackProcess(
        state=state,
        tables=place / "my-tables",
        environ={"SHOP_DB": database, "SPOTIFY_DB": database},
        launcher=launcher,
    )
    running.start()
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="session")
def shell(place: Path, database: str, stack: StackProcess) -> Shell:
    """A folder as that of the repository, in which the reader of a page types."""
    for name, target in {
        ".venv": Path(sys.prefix),
        "adf": stack.state,
        "adf-tables": stack.tables,
    }.items():
        (place / name).symlink_to(target)
    copytree(ROOT / "tables", place / "tables")
    # A statement that fails ends the command that sent it.
    (place / ".psqlrc").write_text("\\set ON_ERROR_STOP on\n")
    path = f"{Path(sys.executable).parent}:{postgres.find_programs()}:{os.environ['PATH']}"
    environ = {
        "HOME": str(place),
        "PATH": path,
        "SSL_CERT_FILE": os.environ["SSL_CERT_FILE"],
        "TIDEMARK_URL": stack.url,
        "SHOP_DB": database,
        "SPOTIFY_DB": database,
    }
    return Shell(folder=place, stack=stack, environ=environ)
