"""The stack with many tables and many runs in its ledger, a source of its own, and a real browser."""

import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from playwright.sync_api import Browser, StorageState

# The stack and the source are those of the end-to-end tests.
sys.path.append(str(Path(__file__).parents[1] / "e2e"))

from e2e_api import Api
from e2e_job import RefreshJob
from e2e_secrets import with_password
from e2e_source import SETTING, Gate, Source
from e2e_stack import Stack
from page_browser import Visitor, running_chromium
from page_filling import Filled, fill, write_wide_source

from local import postgres
from local.stack_process import SERVE

_schemas = count(1)


@pytest.fixture(scope="session")
def place() -> Iterator[Path]:
    # Not below pytest's own folder: PostgreSQL runs as another user, who must pass through.
    with tempfile.TemporaryDirectory(prefix="tidemark-page-") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def database(place: Path) -> Iterator[str]:
    server = postgres.start(place / "postgres", fsync=False)
    try:
        yield server.uri
    finally:
        server.stop()


@pytest.fixture(scope="session")
def stack(place: Path, database: str) -> Iterator[Stack]:
    """The stack; its timer never ticks, and its lakehouse has a job of one small task."""
    job = RefreshJob(folder=place / "refresh-job")
    tables = place / "tables"
    write_wide_source(tables)
    running = Stack(
        state=place / "state",
        tables=tables,
        environ={SETTING: with_password(database, "PlantedDatabase-8d3m")},
        launcher=(*SERVE, "--jobs", str(job.write())),
    )
    running.start()
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="session")
def filled(stack: Stack) -> Filled:
    """Everything that the ledger was filled with."""
    return fill(json.loads((stack.state / "stack.json").read_text())["TIDEMARK_STATE_URL"])


@pytest.fixture
def api(stack: Stack, filled: Filled) -> Iterator[Api]:
    with Api(stack.url) as client:
        yield client


@pytest.fixture
def source(stack: Stack, database: str) -> Iterator[Source]:
    """A source of its own for every test; its file is taken away at the end."""
    made = Source(name=f"p{next(_schemas):03d}", uri=database, tables=stack.tables)
    made.execute(f"CREATE SCHEMA {made.name}")
    yield made
    made.forget()


@pytest.fixture
def gate(source: Source) -> Iterator[Gate]:
    made = Gate(source)
    yield made
    made.open()


# Not for the session: while Playwright is started its event loop runs in this thread, and no test
# of another module could run one of its own.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with running_chromium() as browser:
        yield browser


@pytest.fixture
def new_visitor(chromium: Browser, stack: Stack) -> Iterator[Callable[..., Visitor]]:
    """Opens browsers of people who are not signed in; what a page complained of fails the test."""
    opened: list[Visitor] = []

    def open_one(**options: object) -> Visitor:
        opened.append(Visitor.open(chromium, stack.url, **options))
        return opened[-1]

    yield open_one
    complaints = [each for visitor in opened for each in visitor.complaints]
    for visitor in opened:
        visitor.close()
    assert complaints == []


@pytest.fixture(scope="module")
def signed_in(chromium: Browser, stack: Stack, filled: Filled) -> StorageState:
    """The cookies of somebody who has signed in."""
    first = Visitor.open(chromium, stack.url)
    first.sign_in()
    kept = first.context.storage_state()
    first.close()
    return kept


@pytest.fixture
def visitor(new_visitor: Callable[..., Visitor], signed_in: StorageState) -> Visitor:
    """Somebody who is signed in."""
    return new_visitor(storage_state=signed_in)
