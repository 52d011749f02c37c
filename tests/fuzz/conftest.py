"""A stack with three small tables, which is asked what nobody would ask."""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from local import postgres

# The stack and the source are those of the end-to-end tests.
sys.path.append(str(Path(__file__).parents[1] / "e2e"))

from e2e_api import Api
from e2e_source import SETTING, Source, create_items
from e2e_stack import Stack
from e2e_waiting import PATIENCE_SECONDS
from fuzz_schema import IDS, NAMES, SOURCE, TABLES


@pytest.fixture(scope="session")
def fuzzed() -> Iterator[Stack]:
    """A stack whose three tables have been loaded once, and one of them backfilled."""
    # Not below pytest's own folder: PostgreSQL runs as another user, who must pass through.
    with tempfile.TemporaryDirectory(prefix="tidemark-fuzz-") as folder:
        place = Path(folder)
        server = postgres.start(place / "postgres", fsync=False)
        stack = Stack(state=place / "state", tables=place / "tables", environ={SETTING: server.uri})
        try:
            stack.tables.mkdir()
            _fill(Source(name=SOURCE, uri=server.uri, tables=stack.tables))
            stack.start()
            yield stack
        finally:
            stack.stop()
            server.stop()


@pytest.fixture(scope="session")
def http(fuzzed: Stack) -> Iterator[httpx.Client]:
    """A client of the stack that asks in the usual way."""
    with httpx.Client(base_url=fuzzed.url, timeout=PATIENCE_SECONDS) as client:
        yield client


@pytest.fixture(scope="session")
def known(fuzzed: Stack) -> dict[str, str]:
    """The ids of an order, of one of its runs, and of a backfill, by the names that stand for them."""
    with Api(fuzzed.url) as api:
        order = api.load(*NAMES)
        period = {"table": NAMES[0], "from": "2000-01-01", "to": "2000-01-03", "window": "1d"}
        backfill = api.post("/api/backfills", period)["order_id"]
        api.wait_for_order(backfill, "backfills")
    run = order["tables"][0]["run_id"]
    return {IDS["orders"]: order["order_id"], IDS["backfills"]: backfill, IDS["runs"]: run}


def _fill(source: Source) -> None:
    source.execute(f"CREATE SCHEMA {source.name}")
    for name, watermark in TABLES.items():
        create_items(source, name)
        source.declare(name, watermark=watermark)
