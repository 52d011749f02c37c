"""Interfaces that are served while a test runs."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from rest_rig import Rig, collection, table

from local.rest_api import Collection, RestApi


@pytest.fixture
def serve() -> Iterator[Callable[..., Rig]]:
    """Serves a collection, or so many records, in a way of paging; gives the rig."""
    with ExitStack() as served:

        def start(
            records: int | Collection = 25, way: str = "offset", rest: Any = None, **fields: Any
        ) -> Rig:
            held = collection(records) if isinstance(records, int) else records
            api = served.enter_context(RestApi(collection=held).serving())
            return Rig(api=api, rest=table(way, **(rest or {})), **fields)

        yield start
