"""The stack, a source of its own for every test, and a webhook for the alerts."""

import tempfile
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from e2e_api import Api
from e2e_rest import REST_KEY, REST_SETTING
from e2e_secrets import with_password
from e2e_source import MASK_KEY, MASK_SETTING, ODBC_SETTING, SETTING, Gate, Source
from e2e_stack import EVERY_SECOND, Stack
from e2e_webhook import Webhook, listening

from local import postgres

_schemas = count(1)


@pytest.fixture(scope="session")
def place() -> Iterator[Path]:
    # Not below pytest's own folder: PostgreSQL runs as another user, who must pass through.
    with tempfile.TemporaryDirectory(prefix="tidemark-e2e-") as folder:
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


@contextmanager
def _serving(stack: Stack) -> Generator[Stack]:
    stack.start()
    try:
        yield stack
    finally:
        stack.stop()


@pytest.fixture(scope="session")
def environ(database: str, webhook: Webhook) -> dict[str, str]:
    port = urlsplit(database).port
    odbc = (
        f"Driver={{PostgreSQL Unicode}};Server=127.0.0.1;Port={port};Database=postgres;"
        "UID=postgres;PWD=PlantedOdbc-6h1k"
    )
    return {
        SETTING: with_password(database, "PlantedDatabase-2b9s"),
        ODBC_SETTING: odbc,
        REST_SETTING: REST_KEY,
        MASK_SETTING: MASK_KEY,
        "TIDEMARK_ALERT_WEBHOOK": f"{webhook.url}?token=PlantedWebhook-5t7c",
        "TIDEMARK_ALERT_WEBHOOK_SECRET": "whsec_UGxhbnRlZFNpZ25hdHVyZS0zdzhkLWFuZC1sb25n",
        # Each order tells at once what it has to say.
        "TIDEMARK_ALERT_GATHER": "0s",
    }


@pytest.fixture(scope="session")
def stack(place: Path, environ: dict[str, str]) -> Iterator[Stack]:
    """The stack that most tests share; its timer never ticks."""
    with _serving(
        Stack(state=place / "state", tables=place / "tables", environ=environ)
    ) as running:
        yield running


@pytest.fixture(scope="session")
def ticking(place: Path, environ: dict[str, str]) -> Iterator[Stack]:
    """A stack whose timer ticks every second."""
    state, tables = place / "ticking", place / "ticking-tables"
    with _serving(Stack(state=state, tables=tables, environ=environ, tick=EVERY_SECOND)) as running:
        yield running


@pytest.fixture
def api(stack: Stack) -> Iterator[Api]:
    with Api(stack.url) as client:
        yield client


@pytest.fixture
def ticking_api(ticking: Stack) -> Iterator[Api]:
    with Api(ticking.url) as client:
        yield client


@pytest.fixture
def new_source(database: str) -> Iterator[Callable[..., Source]]:
    """Makes sources; their files are taken away at the end."""
    with ExitStack() as made:

        def make(tables: Path, max_connections: int = 10) -> Source:
            source = Source(
                name=f"s{next(_schemas):03d}",
                uri=database,
                tables=tables,
                max_connections=max_connections,
            )
            source.execute(f"CREATE SCHEMA {source.name}")
            made.callback(source.forget)
            return source

        yield make


@pytest.fixture
def source(stack: Stack, new_source: Callable[..., Source]) -> Source:
    """A source of the shared stack."""
    return new_source(stack.tables)


@pytest.fixture
def ticking_source(ticking: Stack, new_source: Callable[..., Source]) -> Source:
    """A source of the stack that ticks."""
    return new_source(ticking.tables)


@pytest.fixture
def gate(source: Source) -> Iterator[Gate]:
    made = Gate(source)
    yield made
    made.open()


@pytest.fixture
def ticking_gate(ticking_source: Source) -> Iterator[Gate]:
    made = Gate(ticking_source)
    yield made
    made.open()
