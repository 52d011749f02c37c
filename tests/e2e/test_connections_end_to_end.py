"""A source's connections are capped over all runs, however much is ordered at once."""

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager

import pytest
from e2e_api import Api
from e2e_comparing import differing
from e2e_source import STAMPED, Source, create_items
from e2e_stack import Stack

MOST = 2
# Counted while they do something: a session that has ended is shown for a moment longer, idle.
_BUSY = """SELECT count(*) AS busy FROM pg_stat_activity
           WHERE application_name = 'tidemark' AND xact_start IS NOT NULL"""


@contextmanager
def watching(source: Source) -> Generator[list[int]]:
    """Count busy sessions of Tidemark's all the while."""
    seen: list[int] = []
    done = threading.Event()

    def watch() -> None:
        with source.transaction() as ours, ours.connection.cursor() as cursor:
            while not done.is_set():
                cursor.execute(_BUSY)
                seen.append(cursor.fetch_arrow_table().to_pylist()[0]["busy"])
                ours.connection.rollback()

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield seen
    finally:
        done.set()
        watcher.join()


@pytest.mark.long
def test_a_source_never_has_more_than_its_connections_open(
    api: Api, stack: Stack, new_source: Callable[..., Source]
) -> None:
    source = new_source(stack.tables, max_connections=MOST)
    names = [f"t{number}" for number in range(3)]
    tables: list[str] = []
    for name in names:
        create_items(source, name, rows=1500)
        slices = {"rows": 500, "parallel": 2}
        tables.append(source.declare(name, watermark=STAMPED, slices=slices))
    with watching(source) as seen:
        orders = [api.order(tables[:2]), api.order(tables[1:])]
        states = [api.wait_for_order(order)["state"] for order in orders]
    assert states == ["succeeded", "succeeded"]
    assert max(seen) == MOST
    assert differing(source, stack.lake, *names) == []
