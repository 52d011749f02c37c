"""Publication on the real lake: what a writer does on its way must not be seen in bronze."""

from collections.abc import Callable, Iterator

import pytest

from local.datalake.process import RunningDatalake, start
from shared.adapters.azure.clients import lake_service
from shared.adapters.azure.lake import AzureLake
from shared.landing import paths
from shared.landing.publication import publish
from tests.unit.landing.landing_samples import RUN, TARGET, landing, plan

FOLDER = paths.published(TARGET, RUN)
LANDING = landing(2)


class Died(BaseException):
    """The worker is killed."""


class StoppedLake(AzureLake):
    """Something happens just before the manifest is written, or just after."""

    def __init__(self, lake: AzureLake, happens: Callable[[], None], *, when: str) -> None:
        super().__init__(lake._service)  # pyright: ignore[reportPrivateUsage] - the same lake, watched
        self._happens, self._when = happens, when

    def write(self, path: str, content: bytes) -> None:
        watched = path.endswith(paths.MANIFEST)
        if watched and self._when == "before":
            self._happens()
        super().write(path, content)
        if watched and self._when == "after":
            self._happens()


@pytest.fixture
def own_datalake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDatalake]:
    with start(tmp_path_factory.mktemp("bronze")) as server:
        yield server


@pytest.fixture
def staged(own_datalake: RunningDatalake) -> Iterator[AzureLake]:
    with lake_service(own_datalake.url, own_datalake.key) as service:
        lake = AzureLake(service)
        lake.make_folder(LANDING.files[0].path.rsplit("/", 1)[0])
        for file in LANDING.files:
            lake.write(file.path, b"1234")
        yield lake


def published(lake: AzureLake) -> set[str]:
    return {entry.path.removeprefix(f"{FOLDER}/") for entry in lake.list(FOLDER)}


EXPECTED = {paths.MANIFEST, *(file.name for file in LANDING.files)}


def test_a_run_is_published_with_its_files_and_its_manifest(staged: AzureLake) -> None:
    assert publish(staged, plan(), LANDING) == FOLDER
    assert publish(staged, plan(), LANDING) == FOLDER
    assert published(staged) == EXPECTED


@pytest.mark.parametrize("when", ["before", "after"])
def test_what_the_dead_have_begun_is_published_by_the_next(staged: AzureLake, when: str) -> None:
    def die() -> None:
        raise Died

    with pytest.raises(Died):
        publish(StoppedLake(staged, die, when=when), plan(), LANDING)
    assert published(staged) == set()
    publish(staged, plan(), LANDING)
    assert published(staged) == EXPECTED


@pytest.mark.parametrize("when", ["before", "after"])
def test_whoever_is_overtaken_at_the_manifest_finds_the_run_published(
    staged: AzureLake, when: str
) -> None:
    def overtake() -> None:
        publish(staged, plan(), LANDING)

    assert publish(StoppedLake(staged, overtake, when=when), plan(), LANDING) == FOLDER
    assert published(staged) == EXPECTED
