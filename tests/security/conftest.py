"""A stack that believes it stands behind App Service Authentication and is full of secrets, with a source of its own."""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from local import postgres

# The stack and the source are those of the end-to-end tests.
sys.path.append(str(Path(__file__).parents[1] / "e2e"))

from e2e_source import STAMPED, Source, create_items
from e2e_stack import Stack
from e2e_webhook import Webhook, listening
from security_plants import planted_settings
from security_rig import ENTRA, SOURCE, Person


@pytest.fixture(scope="session")
def place() -> Iterator[Path]:
    # Not below pytest's own folder: PostgreSQL runs as another user, who must pass through.
    with tempfile.TemporaryDirectory(prefix="tidemark-security-") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def database(place: Path) -> Iterator[str]:
    server = postgres.start(place / "postgres", fsync=False)
    try:
        yield server.uri
    finally:
        server.stop()


@pytest.fixture(scope="session")
def webhook() -> Iterator[Webhook]:
    """Where the alerts of the stack arrive."""
    with listening() as made:
        yield made


@pytest.fixture(scope="session")
def guarded(place: Path, database: str, webhook: Webhook) -> Iterator[Stack]:
    """The stack, with one table of ten rows."""
    traces = place / "state" / "traces.jsonl"
    environ = {**ENTRA, **planted_settings(database, webhook, traces)}
    stack = Stack(state=place / "state", tables=place / "tables", environ=environ)
    try:
        stack.tables.mkdir()
        source = Source(name=SOURCE, uri=database, tables=stack.tables)
        source.execute(f"CREATE SCHEMA {SOURCE}")
        create_items(source)
        source.declare("item", watermark=STAMPED)
        stack.start()
        yield stack
    finally:
        stack.stop()


@pytest.fixture(scope="session")
def nobody(guarded: Stack) -> Iterator[httpx.Client]:
    """Somebody who is not signed in."""
    with httpx.Client(base_url=guarded.url) as client:
        yield client


@pytest.fixture(scope="session")
def reader(guarded: Stack) -> Iterator[Person]:
    with Person(guarded.url, "rita@example.com", "Tidemark.Read") as person:
        yield person


@pytest.fixture(scope="session")
def operator(guarded: Stack) -> Iterator[Person]:
    with Person(guarded.url, "otto@example.com", "Tidemark.Operate") as person:
        yield person


@pytest.fixture(scope="session")
def administrator(guarded: Stack) -> Iterator[Person]:
    with Person(guarded.url, "anna@example.com", "Tidemark.Administer") as person:
        yield person
