"""A running data lake and clients for it."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from azure.storage.filedatalake import DataLakeServiceClient, FileSystemClient
from datalake_client import Lake, PlainClient, connect

from local.datalake import start

_numbers = count()


@pytest.fixture(scope="session")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    root = tmp_path_factory.mktemp("lake")
    with start(root) as server:
        yield Lake(server=server, root=root)


@pytest.fixture(scope="session")
def service(lake: Lake) -> Iterator[DataLakeServiceClient]:
    with connect(lake.server) as client:
        yield client


@pytest.fixture
def filesystem(service: DataLakeServiceClient) -> FileSystemClient:
    """A filesystem of the test's own."""
    return service.create_file_system(f"test-{next(_numbers)}")


@pytest.fixture
def folder(lake: Lake, filesystem: FileSystemClient) -> Path:
    """Where the test's filesystem is on disk."""
    return lake.root / filesystem.file_system_name


@pytest.fixture
def plain(lake: Lake) -> Iterator[PlainClient]:
    client = PlainClient(lake.server.url)
    yield client
    client.close()
