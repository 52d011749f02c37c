import os
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import count
from threading import Barrier

import pytest

from local.datalake.process import RunningDatalake
from shared.adapters.azure.clients import lake_service
from shared.adapters.azure.lake import AzureLake
from shared.adapters.azure.zone import AzureLandingZone
from shared.landing.lake import LakePath, PathMissing, PathTaken

MEGABYTE = 1024 * 1024
ODD_NAMES = [
    "a~20b",
    "100%25",
    "%",
    "with space",
    "run_id=20260101T000000000Z-abcdef",
    "naïve-日本-🙂",
    "a+b&c#d?e",
    "it's;a,(b)",
]
_numbers = count()


class Stopped(Exception):
    pass


def names(lake: AzureLake, folder: str) -> set[str]:
    return {entry.path.removeprefix(f"{folder}/") for entry in lake.list(folder)}


def test_a_new_file_holds_nothing_until_its_block_ends_well(lake: AzureLake, place: str) -> None:
    with lake.create(f"{place}/f") as sink:
        sink.write(os.urandom(5 * MEGABYTE))
        assert lake.read(f"{place}/f") == b""
    assert len(lake.read(f"{place}/f")) == 5 * MEGABYTE


def test_a_file_whose_block_raises_holds_nothing(lake: AzureLake, place: str) -> None:
    def stop_amid() -> None:
        with lake.create(f"{place}/f") as sink:
            sink.write(bytes(5 * MEGABYTE))
            raise Stopped

    with pytest.raises(Stopped):
        stop_amid()
    assert [(entry.path, entry.bytes) for entry in lake.list(place)] == [(f"{place}/f", 0)]


def test_a_new_file_makes_its_folders(lake: AzureLake, place: str) -> None:
    lake.write(f"{place}/a/b/c", b"1")
    assert lake.read(f"{place}/a/b/c") == b"1"


def test_a_large_file_streams_in_bounded_memory(lake: AzureLake, place: str) -> None:
    piece = os.urandom(MEGABYTE)
    with lake.create(f"{place}/large") as sink:
        sink.write(piece)  # what is imported and cached at first is not the file's
        tracemalloc.start()
        try:
            for _ in range(63):
                sink.write(piece)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert [entry.bytes for entry in lake.list(place)] == [64 * MEGABYTE]
    assert peak < 20 * MEGABYTE


def test_a_write_larger_than_an_append_arrives_whole_and_in_order(
    lake: AzureLake, place: str
) -> None:
    content = os.urandom(13 * MEGABYTE + 7)
    with lake.create(f"{place}/f") as sink:
        sink.write(content[:3])
        sink.write(content[3:])
        assert sink.tell() == len(content)
    assert lake.read(f"{place}/f") == content


def test_an_empty_file_can_be_written(lake: AzureLake, place: str) -> None:
    lake.write(f"{place}/empty", b"")
    assert lake.read(f"{place}/empty") == b""


def test_write_never_replaces_a_file_and_leaves_nothing_else(lake: AzureLake, place: str) -> None:
    lake.write(f"{place}/f", b"first")
    with pytest.raises(PathTaken):
        lake.write(f"{place}/f", b"second")
    assert lake.read(f"{place}/f") == b"first"
    assert names(lake, place) == {"f"}


def test_of_two_writers_at_once_one_wins_and_the_others_are_told(
    lake: AzureLake, place: str
) -> None:
    together = Barrier(6)

    def write(number: int) -> bool:
        together.wait()
        try:
            lake.write(f"{place}/f", b"%d" % number)
        except PathTaken:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        won = [number for number, wrote in enumerate(pool.map(write, range(6))) if wrote]
    assert [lake.read(f"{place}/f")] == [b"%d" % number for number in won]
    assert names(lake, place) == {"f"}


def test_reading_what_is_not_there_is_told(lake: AzureLake, place: str) -> None:
    with pytest.raises(PathMissing):
        lake.read(f"{place}/none")
    with pytest.raises(PathMissing):
        lake.read("no-such-filesystem/none")


def test_files_and_folders_exist_and_others_do_not(lake: AzureLake, place: str) -> None:
    lake.write(f"{place}/folder/f", b"")
    found = [lake.exists(f"{place}/{name}") for name in ("folder", "folder/f", "none")]
    assert found == [True, True, False]
    assert not lake.exists("no-such-filesystem/none")


def test_a_folder_moves_at_once_with_all_below_it(lake: AzureLake, place: str) -> None:
    lake.write(f"{place}/from/a/f", b"1")
    lake.write(f"{place}/from/g", b"22")
    lake.make_folder(f"{place}/into")
    lake.move(f"{place}/from", f"{place}/into/to")
    assert sorted(lake.list(f"{place}/into"), key=lambda entry: entry.path) == [
        LakePath(path=f"{place}/into/to", is_folder=True, bytes=0),
        LakePath(path=f"{place}/into/to/a", is_folder=True, bytes=0),
        LakePath(path=f"{place}/into/to/a/f", is_folder=False, bytes=1),
        LakePath(path=f"{place}/into/to/g", is_folder=False, bytes=2),
    ]
    assert not lake.exists(f"{place}/from")


@pytest.mark.parametrize("source", ["file", "folder"])
@pytest.mark.parametrize("target", ["other-file", "other-folder", "empty-folder"])
def test_a_move_never_goes_over_or_into_something(
    lake: AzureLake, place: str, source: str, target: str
) -> None:
    for path in ("file", "folder/f", "other-file", "other-folder/f"):
        lake.write(f"{place}/{path}", path.encode())
    lake.make_folder(f"{place}/empty-folder")
    before = set(lake.list(place))
    with pytest.raises(PathTaken):
        lake.move(f"{place}/{source}", f"{place}/{target}")
    assert set(lake.list(place)) == before


def test_moving_what_is_not_there_is_told_also_where_the_target_is(
    lake: AzureLake, place: str
) -> None:
    lake.write(f"{place}/there", b"")
    for target in ("new", "there"):
        with pytest.raises((PathMissing, PathTaken)):
            lake.move(f"{place}/none", f"{place}/{target}")
    with pytest.raises(PathMissing):
        lake.move(f"{place}/none", f"{place}/new")


def test_moving_below_a_folder_that_is_not_there_is_told(lake: AzureLake, place: str) -> None:
    lake.write(f"{place}/f", b"1")
    with pytest.raises(PathMissing):
        lake.move(f"{place}/f", f"{place}/none/f")
    assert lake.read(f"{place}/f") == b"1"


def test_nothing_is_listed_where_nothing_is(lake: AzureLake, place: str) -> None:
    assert list(lake.list(f"{place}/none")) == []
    assert list(lake.list("no-such-filesystem/none")) == []


def test_removing_takes_all_below_and_may_be_repeated(lake: AzureLake, place: str) -> None:
    lake.write(f"{place}/folder/a/f", b"")
    lake.write(f"{place}/file", b"")
    for path in ("folder", "folder", "file", "file"):
        lake.remove(f"{place}/{path}")
    lake.remove("no-such-filesystem/none")
    assert list(lake.list(place)) == []


def test_making_a_folder_again_leaves_what_is_in_it(lake: AzureLake, place: str) -> None:
    lake.write(f"{place}/folder/f", b"1")
    lake.make_folder(f"{place}/folder")
    assert lake.read(f"{place}/folder/f") == b"1"


def test_ten_may_make_the_first_folder_of_a_filesystem_at_once(lake: AzureLake) -> None:
    filesystem, together = f"raced-{next(_numbers)}", Barrier(10)

    def make(number: int) -> None:
        together.wait()
        lake.make_folder(f"{filesystem}/same/{number % 2}")

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(make, range(10)))
    assert names(lake, f"{filesystem}/same") == {"0", "1"}


@pytest.mark.parametrize("name", ODD_NAMES)
def test_every_name_means_the_same_to_every_operation(
    lake: AzureLake, place: str, name: str
) -> None:
    lake.make_folder(f"{place}/{name}")
    lake.write(f"{place}/{name}/{name}", name.encode())
    assert names(lake, place) == {name, f"{name}/{name}"}
    assert lake.exists(f"{place}/{name}/{name}")
    lake.move(f"{place}/{name}/{name}", f"{place}/{name}/moved {name}")
    lake.make_folder(f"{place}/other")
    lake.move(f"{place}/{name}", f"{place}/other/{name}")
    assert lake.read(f"{place}/other/{name}/moved {name}") == name.encode()
    lake.remove(f"{place}/other/{name}")
    assert names(lake, place) == {"other"}


def test_ping_is_quiet_where_the_lake_answers(lake: AzureLake) -> None:
    lake.ping()


def test_the_time_of_the_zone_is_the_servers_also_before_there_is_a_zone(
    datalake: RunningDatalake,
) -> None:
    with lake_service(datalake.url, datalake.key) as service:
        before = datetime.now(UTC) - timedelta(seconds=1)
        assert before <= AzureLandingZone(service.paths).clock() <= datetime.now(UTC)
