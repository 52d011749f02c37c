"""A source and a stack for each way to serve, shared by the tests of a session."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.harness.trial import Place, place


@pytest.fixture(scope="session")
def sound() -> Iterator[Place]:
    """The stack as it is."""
    with place() as given:
        yield given


@pytest.fixture(scope="session")
def hasty() -> Iterator[Place]:
    """The stack with a bound that passes over what is not committed yet."""
    with place(launcher=[str(Path(__file__).with_name("serve_hasty.py"))]) as given:
        yield given
