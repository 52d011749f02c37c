"""One Sail server and one session for all tests of the lakehouse, and a lake for each of them."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from lakehouse.delta import Lake
from lakehouse.session import connect, served

# PySpark takes a process whose main module has no file, as pytest-xdist's workers, for its own doctests.
if not hasattr(sys.modules["__main__"], "__file__"):
    sys.modules["__main__"].__file__ = __file__


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    with served() as address:
        yield address


@pytest.fixture(scope="session")
def spark(server: str) -> Iterator[SparkSession]:
    session = connect(server)
    yield session
    session.stop()


@pytest.fixture
def lake(spark: SparkSession, tmp_path: Path) -> Lake:
    return Lake(spark=spark, root=str(tmp_path))
