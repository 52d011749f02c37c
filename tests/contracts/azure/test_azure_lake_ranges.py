"""Files of the lake are read anywhere in them, in bounded memory, and never less than there is."""

import os
import tracemalloc

import pytest
from azure_interference import Interference, Refusal

from shared.adapters.azure.lake import PIECE, AzureLake
from shared.landing.lake import PathMissing
from shared.loading.errors import LakeUnavailable

CONTENT = os.urandom(2 * PIECE + 4321)
PLACES = [
    (0, 10),
    (len(CONTENT) - 8, 8),
    (len(CONTENT) - 8, 100),
    (len(CONTENT), 5),
    (PIECE - 3, 6),
    (5, PIECE + 5),
    (3, -1),
    (0, 0),
]


@pytest.fixture
def path(lake: AzureLake, place: str) -> str:
    lake.write(f"{place}/file", CONTENT)
    return f"{place}/file"


def test_any_range_of_a_file_is_what_was_written_there(lake: AzureLake, path: str) -> None:
    with lake.open(path) as source:
        for begin, size in PLACES * 2:
            assert source.seek(begin) == begin
            wanted = CONTENT[begin:] if size < 0 else CONTENT[begin : begin + size]
            assert source.read(size) == wanted
            assert source.tell() == begin + len(wanted)
        assert source.seek(0, os.SEEK_END) == len(CONTENT)
        source.seek(-5, os.SEEK_END)
        source.seek(1, os.SEEK_CUR)
        assert source.read() == CONTENT[-4:]


def test_a_file_is_read_from_its_beginning_to_its_end_in_few_requests(
    disturbed_lake: AzureLake, lake_proxy: Interference, path: str
) -> None:
    got: list[bytes] = []
    with disturbed_lake.open(path) as source:
        while piece := source.read(100_000):
            got.append(piece)
    assert b"".join(got) == CONTENT
    assert len(lake_proxy.seen) <= 2 + len(CONTENT) // PIECE + 1


def test_a_large_file_is_read_in_bounded_memory(lake: AzureLake, place: str) -> None:
    with lake.create(f"{place}/large") as sink:
        for _ in range(48):
            sink.write(os.urandom(1024 * 1024))
    tracemalloc.start()
    try:
        with lake.open(f"{place}/large") as source:
            while source.read(1024 * 1024):
                pass
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 12 * PIECE


def test_a_file_that_is_not_there_is_missing(lake: AzureLake, place: str) -> None:
    with pytest.raises(PathMissing), lake.open(f"{place}/none"):
        pass


def test_a_lake_that_does_not_answer_is_no_damaged_file(
    disturbed_lake: AzureLake, lake_proxy: Interference, path: str
) -> None:
    with disturbed_lake.open(path) as source:
        refusal = Refusal(status=429, headers={"Retry-After": "1"})
        lake_proxy.refuse(lambda request: request.method == "GET", refusal)
        with pytest.raises(LakeUnavailable):
            source.read(10)
