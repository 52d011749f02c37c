"""A table of files in a catalogue of the test's own, on real storage, loaded step by step."""

import sys
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from local.azurite.install import ensure_installed
from local.azurite.process import RunningAzurite
from local.azurite.process import start as start_azurite
from local.datalake.process import RunningDatalake
from local.datalake.process import start as start_datalake
from shared.adapters.azure.clients import lake_service
from shared.runtime.wiring import App

# Loads are carried out by hand as the tests of faults do.
sys.path.append(str(Path(__file__).parents[2] / "faults"))

from faults_by_hand import working_on
from files_shop import Shop

REPOSITORY = Path(__file__).parents[3]
_numbers = count()


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
def settings(
    azurite: RunningAzurite, datalake: RunningDatalake, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    return {
        "TIDEMARK_LAKE_URL": datalake.url,
        "TIDEMARK_LAKE_KEY": datalake.key,
        "TIDEMARK_STATE_URL": azurite.table_url,
        "TIDEMARK_STATE_KEY": azurite.key,
        "TIDEMARK_TABLES": str(tmp_path_factory.mktemp("tables")),
    }


@pytest.fixture(scope="module")
def app(settings: dict[str, str]) -> Iterator[App]:
    with working_on(settings) as app:
        yield app


@pytest.fixture
def shop(settings: dict[str, str], app: App, datalake: RunningDatalake) -> Iterator[Shop]:
    """A source of files with a name and a folder of the test's own."""
    with lake_service(datalake.url, datalake.key) as service:
        yield Shop(
            app=app,
            service=service.paths,
            tables=Path(settings["TIDEMARK_TABLES"]),
            name=f"shop{next(_numbers)}",
        )
