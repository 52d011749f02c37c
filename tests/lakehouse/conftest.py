"""One Sail server and one session for all tests of the lakehouse, and a lake for each of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from mortal_lakes import put_aside_mortally
from pyspark.sql import SparkSession

from lakehouse import parquet
from lakehouse.delta import Lake
from lakehouse.session import connect, served


@pytest.fixture(scope="session", autouse=True)
def mortal_asides() -> Iterator[None]:
    """Where gold puts rows aside is a place to die at."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(parquet, "put_aside", put_aside_mortally)
        yield


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
