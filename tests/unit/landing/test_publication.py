"""A run appears in bronze entirely or not at all, whoever breaks off where and whoever goes on."""

from contextlib import suppress

import pytest
from landing_samples import RUN, TARGET, landing, plan
from memory_lake import MemoryLake, WatchedLake, breaks_at

from shared.landing import paths
from shared.landing.lake import PathMissing
from shared.landing.publication import publish, read_manifest
from shared.loading.errors import IngestError, LakeUnavailable, PlanUnreadable
from shared.loading.receipt import Landing

FOLDER = paths.published(TARGET, RUN)
LANDING = landing(2)


def staged(what: Landing = LANDING) -> MemoryLake:
    lake = MemoryLake()
    for number, file in enumerate(what.files):
        lake.make_folder(file.path.rsplit("/", 1)[0])
        lake.write(file.path, b"%04d" % number)
    return lake


def bronze(lake: MemoryLake) -> dict[str, bytes]:
    return {path: content for path, content in lake.files.items() if path.startswith(TARGET)}


def undisturbed() -> tuple[dict[str, bytes], int]:
    lake = staged()
    watched = WatchedLake(lake)
    publish(watched, plan(), LANDING)
    return bronze(lake), watched.calls


EXPECTED, CALLS = undisturbed()


def look(lake: MemoryLake) -> None:
    """See what a reader may see at any moment: nothing, or all of it."""
    assert bronze(lake) in ({}, EXPECTED)


def test_a_published_run_holds_its_files_and_its_manifest_and_nothing_else() -> None:
    lake = staged()
    lake.write("bronze/_staging/other/x.parquet", b"not receipted")
    assert publish(lake, plan(), LANDING) == FOLDER
    assert set(bronze(lake)) == {
        f"{FOLDER}/part-00000-0.parquet",
        f"{FOLDER}/part-00000-1.parquet",
        f"{FOLDER}/{paths.MANIFEST}",
    }


def test_files_of_an_execution_without_a_receipt_are_not_published() -> None:
    lake = staged()
    stray = landing(1, execution="stray").files[0].path
    lake.write(stray, b"stray")
    publish(lake, plan(), LANDING)
    assert bronze(lake) == EXPECTED
    assert lake.read(stray) == b"stray"


def test_an_empty_landing_appears_as_its_manifest_alone() -> None:
    lake = MemoryLake()
    publish(lake, plan(mode="snapshot"), landing(0))
    assert set(bronze(lake)) == {f"{FOLDER}/{paths.MANIFEST}"}


def test_the_manifest_says_what_was_published() -> None:
    lake = staged()
    manifest = read_manifest(lake, publish(lake, plan(), LANDING))
    assert (manifest.run_id, manifest.run_no, manifest.rows) == (RUN, 3, 20)
    assert [file.name for file in manifest.files] == [
        "part-00000-0.parquet",
        "part-00000-1.parquet",
    ]
    assert manifest.bound.value == "20"
    assert manifest.receipt[0].read == 20


@pytest.mark.parametrize("answer", ["before", "after"])
@pytest.mark.parametrize("call", range(1, CALLS + 1))
def test_a_publisher_that_breaks_off_is_carried_on_by_the_next(call: int, answer: str) -> None:
    lake = staged()
    first = WatchedLake(lake)
    setattr(first, answer, breaks_at(call))
    with pytest.raises(LakeUnavailable):
        publish(first, plan(), LANDING)
    look(lake)
    publish(lake, plan(), LANDING)
    assert bronze(lake) == EXPECTED


@pytest.mark.parametrize("call", range(1, CALLS + 1))
def test_another_publisher_may_do_it_all_in_between(call: int) -> None:
    lake = staged()
    first = WatchedLake(lake)

    def other(number: int) -> None:
        look(lake)
        if number == call:
            publish(lake, plan(), LANDING)
            assert bronze(lake) == EXPECTED

    first.before = other
    assert publish(first, plan(), LANDING) == FOLDER
    assert bronze(lake) == EXPECTED


@pytest.mark.parametrize("dies_at", range(1, CALLS + 1))
@pytest.mark.parametrize("call", range(1, CALLS + 1))
def test_another_publisher_may_die_in_between(call: int, dies_at: int) -> None:
    lake = staged()
    first, second = WatchedLake(lake), WatchedLake(lake)
    second.before = breaks_at(dies_at)
    second.after = lambda _: look(lake)

    def other(number: int) -> None:
        look(lake)
        if number == call:
            with suppress(LakeUnavailable):
                publish(second, plan(), LANDING)

    first.before = other
    publish(first, plan(), LANDING)
    assert bronze(lake) == EXPECTED


def test_publishing_again_after_staging_was_cleared_changes_nothing() -> None:
    lake = staged()
    publish(lake, plan(), LANDING)
    lake.remove(paths.staging(TARGET, RUN))
    assert publish(lake, plan(), LANDING) == FOLDER
    assert lake.files == EXPECTED


def test_a_receipted_file_that_is_gone_stops_before_anything_appears() -> None:
    lake = staged()
    lake.remove(LANDING.files[1].path)
    with pytest.raises(PlanUnreadable, match=r"part-00000-1\.parquet is gone"):
        publish(lake, plan(), LANDING)
    assert bronze(lake) == {}


def test_a_published_run_is_not_taken_for_another_landing_of_the_same_run() -> None:
    lake = staged()
    publish(lake, plan(), LANDING)
    later = landing(1, execution="later")
    lake.write(later.files[0].path, b"new rows")
    with pytest.raises(IngestError):
        publish(lake, plan(run_no=9), later)


def test_a_run_without_a_manifest_is_not_there() -> None:
    with pytest.raises(PathMissing):
        read_manifest(MemoryLake(), FOLDER)


def test_what_is_set_aside_appears_in_quarantine_with_its_reasons_and_not_in_bronze() -> None:
    what, folder = landing(0), f"quarantine/crm/dbo.Users/run_id={RUN}"
    lake = MemoryLake()
    assert publish(lake, plan(reasons=("a is new",)), what) == folder
    assert read_manifest(lake, folder).reasons == ("a is new",)
    assert bronze(lake) == {}
