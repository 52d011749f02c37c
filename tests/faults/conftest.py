"""A source, a webhook for alerts, and rigs: workers on storage of their own that can be made to fail.

TIDEMARK_FAULTS says how many kills to make, and that all the rest is to be done as well; without it
a short sample is. TIDEMARK_FAULTS_SEED is what everything follows from that is left to chance.
"""

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import pytest

from local import postgres

# The source and the client of the API are those of the end-to-end tests.
sys.path.append(str(Path(__file__).parents[1] / "e2e"))

from e2e_source import SETTING, Source
from e2e_webhook import Webhook, listening
from faults_extent import SEED
from faults_rig import Rig, rigged

_numbers = count(1)


def pytest_report_header() -> str:
    return f"faults: TIDEMARK_FAULTS_SEED={SEED}"


@pytest.fixture(scope="session")
def place() -> Iterator[Path]:
    # Not below pytest's own folder: PostgreSQL runs as another user, who must pass through.
    with tempfile.TemporaryDirectory(prefix="tidemark-faults-") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def database(place: Path) -> Iterator[str]:
    """The URI of the PostgreSQL that all sources lie in."""
    server = postgres.start(place / "postgres", fsync=False)
    try:
        yield server.uri
    finally:
        server.stop()


@pytest.fixture(scope="session")
def webhook() -> Iterator[Webhook]:
    with listening() as receiver:
        yield receiver


@pytest.fixture(scope="module")
def new_shared_rig(place: Path, database: str, webhook: Webhook) -> Iterator[Callable[..., Rig]]:
    """Makes rigs for all tests of a module."""
    yield from _rigs(place, database, webhook)


@pytest.fixture
def new_rig(place: Path, database: str, webhook: Webhook) -> Iterator[Callable[..., Rig]]:
    """Makes rigs on fresh state; all are stopped at the end."""
    yield from _rigs(place, database, webhook)


def _rigs(place: Path, database: str, webhook: Webhook) -> Iterator[Callable[..., Rig]]:
    with ExitStack() as running:

        def make(**environ: str) -> Rig:
            folder = place / f"rig{next(_numbers)}"
            settings = {SETTING: database, "TIDEMARK_ALERT_WEBHOOK": webhook.url, **environ}
            rig = Rig(state=folder / "state", tables=folder / "tables", environ=settings)
            return running.enter_context(rigged(rig))

        yield make


@pytest.fixture
def new_source(database: str) -> Callable[..., Source]:
    """Makes sources, each a schema of its own."""

    def make(rig: Rig, **options: int) -> Source:
        source = Source(name=f"f{next(_numbers):03d}", uri=database, tables=rig.tables, **options)
        source.execute(f"CREATE SCHEMA {source.name}")
        return source

    return make


@pytest.fixture
def seed() -> int:
    """From what everything follows that is left to chance."""
    return SEED
