"""Many clients at once on the same paths."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from email.utils import formatdate
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError
from azure.storage.filedatalake import FileSystemClient
from datalake_client import Lake, PlainClient


def race(works: list[Callable[[], object]]) -> list[object]:
    """Do all works at the same moment; an SDK error counts as a result."""
    line = threading.Barrier(len(works))

    def run(work: Callable[[], object]) -> object:
        line.wait()
        try:
            return work()
        except HttpResponseError as error:
            return error

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def errors(results: list[object]) -> list[str | None]:
    return [found.error_code for found in results if isinstance(found, HttpResponseError)]


def test_of_renames_to_one_destination_exactly_one_wins(
    filesystem: FileSystemClient, folder: Path
) -> None:
    name = filesystem.file_system_name
    for turn in range(10):
        sources = [filesystem.create_directory(f"{turn}-{number}") for number in range(6)]
        works = [
            lambda source=source, turn=turn: source.rename_directory(
                f"{name}/won-{turn}", match_condition=MatchConditions.IfMissing
            )
            for source in sources
        ]
        results = race(works)
        assert errors(results) == ["PathAlreadyExists"] * 5
        assert len(list(folder.glob(f"{turn}-*"))) == 5


def test_of_creations_that_must_be_the_first_exactly_one_is(filesystem: FileSystemClient) -> None:
    for turn in range(10):
        file = filesystem.get_file_client(str(turn))
        results = race([lambda file=file: file.create_file(if_none_match="*")] * 6)
        assert errors(results) == ["PathAlreadyExists"] * 5


def test_of_changes_to_one_state_exactly_one_wins(filesystem: FileSystemClient) -> None:
    file = filesystem.create_file("x")
    for _ in range(10):
        etag = file.get_file_properties().etag
        works = [
            lambda number=number, etag=etag: file.set_metadata(
                {"n": str(number)}, etag=etag, match_condition=MatchConditions.IfNotModified
            )
            for number in range(6)
        ]
        assert errors(race(works)) == ["ConditionNotMet"] * 5


def test_of_lease_seekers_exactly_one_is_served(filesystem: FileSystemClient) -> None:
    file = filesystem.create_file("x")
    results = race([lambda: file.acquire_lease(60)] * 6)
    assert errors(results) == ["LeaseAlreadyPresent"] * 5


def test_parallel_appends_come_together(filesystem: FileSystemClient) -> None:
    file = filesystem.create_file("x")
    size = 300_000
    works = [
        lambda number=number: file.append_data(bytes([number]) * size, number * size)
        for number in range(8)
    ]
    assert errors(race(works)) == []
    file.flush_data(8 * size)
    assert file.download_file().readall() == b"".join(bytes([n]) * size for n in range(8))


def test_parallel_creations_share_their_parents(filesystem: FileSystemClient) -> None:
    works = [lambda n=n: filesystem.create_file(f"a/b/c/{n}") for n in range(8)]
    assert errors(race(works)) == []
    assert len(list(filesystem.get_paths("a/b/c"))) == 8


def test_a_reader_sees_one_state_whatever_is_written(filesystem: FileSystemClient) -> None:
    """An uploaded file is empty from its creation until its flush, and whole afterwards."""
    file = filesystem.get_file_client("x")
    contents = {bytes([number]) * 50_000 for number in range(1, 6)}
    file.upload_data(bytes([1]) * 50_000, overwrite=True)
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            for content in contents:
                file.upload_data(content, overwrite=True)

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write)
        seen = {file.download_file().readall() for _ in range(60)}
        stop.set()
        writing.result()
    assert seen <= contents | {b""}


def test_a_directory_is_never_half_renamed(filesystem: FileSystemClient) -> None:
    name = filesystem.file_system_name
    for number in range(30):
        filesystem.create_file(f"here/{number}")
    stop = threading.Event()

    def move() -> None:
        while not stop.is_set():
            filesystem.get_directory_client("here").rename_directory(f"{name}/there")
            filesystem.get_directory_client("there").rename_directory(f"{name}/here")

    def count(directory: str) -> int | None:
        try:
            return len(list(filesystem.get_paths(directory)))
        except HttpResponseError:
            return None

    with ThreadPoolExecutor(1) as pool:
        moving = pool.submit(move)
        seen = [count(directory) for _ in range(40) for directory in ("here", "there")]
        stop.set()
        moving.result()
    assert set(seen) <= {None, 30}


def test_other_tools_never_see_a_file_half_flushed(
    filesystem: FileSystemClient, folder: Path
) -> None:
    piece = bytes(2_000_000)
    file = filesystem.create_file("x")
    sizes = set[int]()
    stop = threading.Event()

    def watch() -> None:
        while not stop.is_set():
            sizes.add((folder / "x").stat().st_size)

    with ThreadPoolExecutor(1) as pool:
        watching = pool.submit(watch)
        for number in range(10):
            file.append_data(piece, number * len(piece))
            file.flush_data((number + 1) * len(piece))
        stop.set()
        watching.result()
    assert {size % len(piece) for size in sizes} == {0}


@contextmanager
def append_under_way(
    lake: Lake, plain: PlainClient, path: str, *, begun: bytes
) -> Iterator[socket.socket]:
    """Begin to send `bbbb` for position 4, and wait until the server has opened and written."""
    target = f"{path}?action=append&position=4"
    headers = {"x-ms-date": formatdate(usegmt=True), "Content-Length": "4"}
    headers["Authorization"] = plain.authorization("PATCH", target, headers)
    lines = [f"{name}: {value}" for name, value in headers.items()]
    head = "\r\n".join([f"PATCH /devstoreaccount1{target} HTTP/1.1", *lines, "", ""])
    address = urlsplit(lake.server.url)
    with socket.create_connection((address.hostname, address.port)) as connection:
        connection.sendall(head.encode() + begun)
        deadline = time.monotonic() + 30
        while not is_open_with(lake, b"aaaa" + begun):
            assert time.monotonic() < deadline
        yield connection


def is_open_with(lake: Lake, content: bytes) -> bool:
    """Whether the server holds a part open that has just this content."""
    parts = lake.root / ".tidemark-datalake/parts"
    links = Path(f"/proc/{lake.server.pid}/fd").iterdir()
    held = {str(link.readlink()) for link in links if link.is_symlink()}
    return any(str(part) in held and part.read_bytes() == content for part in parts.glob("*.data"))


@pytest.mark.parametrize("begun", [b"", b"bb"])
def test_a_flush_during_an_append_publishes_nothing_of_it(
    lake: Lake, plain: PlainClient, filesystem: FileSystemClient, begun: bytes
) -> None:
    file = filesystem.create_file("x")
    file.append_data(b"aaaa", 0)
    path = f"/{filesystem.file_system_name}/x"
    with append_under_way(lake, plain, path, begun=begun) as connection:
        file.flush_data(4)
        connection.sendall(b"bbbb"[len(begun) :])
        assert connection.recv(65536).startswith(b"HTTP/1.1 503 ")
    assert file.download_file().readall() == b"aaaa"


def test_an_append_into_data_that_is_gone_is_not_counted(
    lake: Lake, plain: PlainClient, filesystem: FileSystemClient
) -> None:
    file = filesystem.create_file("x")
    file.append_data(b"aaaa", 0)
    path = f"/{filesystem.file_system_name}/x"
    with append_under_way(lake, plain, path, begun=b"bb") as connection:
        file.flush_data(4)
        file.append_data(b"cccc", 8)
        connection.sendall(b"bb")
        assert connection.recv(65536).startswith(b"HTTP/1.1 503 ")
    with pytest.raises(HttpResponseError) as caught:
        file.flush_data(12)
    assert caught.value.error_code == "InvalidFlushPosition"
