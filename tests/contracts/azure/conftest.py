"""Azurite and the lake endpoint, the adapters on them, and a proxy before each."""

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest
from azure.core.credentials import AzureNamedKeyCredential

# What proxies have in common lies with the end-to-end tests.
sys.path.append(str(Path(__file__).parents[2] / "e2e"))

from azure_interference import Interference, interfering

from local.azurite.install import ensure_installed
from local.azurite.process import RunningAzurite
from local.azurite.process import start as start_azurite
from local.datalake.process import RunningDatalake
from local.datalake.process import start as start_datalake
from shared.adapters.azure.clients import lake_service, table_service
from shared.adapters.azure.entities import Entities
from shared.adapters.azure.lake import AzureLake

REPOSITORY = Path(__file__).parents[3]
_numbers = count()

NewTable = Callable[[], Entities]


@pytest.fixture(scope="session")
def azurite() -> Iterator[RunningAzurite]:
    with tempfile.TemporaryDirectory(prefix="tidemark-") as folder:
        server = start_azurite(Path(folder), install=ensure_installed(REPOSITORY / ".cache"))
        try:
            yield server
        finally:
            server.stop()


@pytest.fixture(scope="session")
def datalake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDatalake]:
    with start_datalake(tmp_path_factory.mktemp("lake")) as server:
        yield server


@pytest.fixture(scope="session")
def lake(datalake: RunningDatalake) -> Iterator[AzureLake]:
    with lake_service(datalake.url, datalake.key) as service:
        yield AzureLake(service)


@pytest.fixture
def place(lake: AzureLake) -> str:
    """A folder of the test's own, in a filesystem of its own."""
    folder = f"test-{next(_numbers)}/place"
    lake.make_folder(folder)
    return folder


@pytest.fixture
def lake_proxy(datalake: RunningDatalake) -> Iterator[Interference]:
    with interfering(datalake.url) as interference:
        yield interference


@pytest.fixture
def disturbed_lake(datalake: RunningDatalake, lake_proxy: Interference) -> Iterator[AzureLake]:
    """The same lake through the proxy."""
    with lake_service(lake_proxy.url, datalake.key) as service:
        yield AzureLake(service)


def table_key(server: RunningAzurite) -> AzureNamedKeyCredential:
    return AzureNamedKeyCredential(server.account, server.key)


@pytest.fixture
def new_table(azurite: RunningAzurite) -> Iterator[NewTable]:
    """Makes tables of the test's own."""
    with table_service(azurite.table_url, table_key(azurite)) as service:
        yield lambda: Entities(service.create_table(f"test{next(_numbers)}"))


@pytest.fixture
def rows(new_table: NewTable) -> Entities:
    return new_table()


@pytest.fixture
def table_proxy(azurite: RunningAzurite) -> Iterator[Interference]:
    with interfering(azurite.table_url) as interference:
        yield interference


@pytest.fixture
def disturbed(
    azurite: RunningAzurite, table_proxy: Interference
) -> Iterator[Callable[[Entities], Entities]]:
    """Gives the same table through the proxy."""
    with closing(table_service(table_proxy.url, table_key(azurite))) as service:
        yield lambda rows: Entities(
            service.get_table_client(rows._client.table_name)  # pyright: ignore[reportPrivateUsage] - the name is nobody else's business
        )
