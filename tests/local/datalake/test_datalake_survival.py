"""What a killed server leaves, and what the next one makes of it."""

import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from azure.core.exceptions import AzureError, HttpResponseError
from datalake_client import connect

from local.datalake import RunningDatalake, start
from local.datalake.process import DatalakeNotStarted


def test_everything_acknowledged_survives_a_kill(tmp_path: Path) -> None:
    first = start(tmp_path)
    with connect(first) as client:
        filesystem = client.create_file_system("lake", metadata={"of": "fs"})
        flushed = filesystem.create_file("d/flushed", metadata={"a": "1"})
        flushed.append_data(b"committed", 0, flush=True)
        etag = flushed.get_file_properties().etag
        filesystem.create_file("appended").append_data(b"uncommitted", 0)
        lease = filesystem.create_file("leased").acquire_lease()
        filesystem.create_file("before")
        filesystem.get_file_client("before").rename_file("lake/after")
        first.kill()
    with start(tmp_path) as second, connect(second) as client:
        filesystem = client.get_file_system_client("lake")
        assert filesystem.get_file_system_properties().metadata == {"of": "fs"}
        flushed = filesystem.get_file_client("d/flushed")
        assert flushed.download_file().readall() == b"committed"
        assert flushed.get_file_properties().etag == etag
        assert flushed.get_file_properties().metadata == {"a": "1"}
        appended = filesystem.get_file_client("appended")
        assert appended.get_file_properties().size == 0
        appended.flush_data(11)
        assert appended.download_file().readall() == b"uncommitted"
        with pytest.raises(HttpResponseError) as caught:
            filesystem.get_file_client("leased").delete_file()
        assert caught.value.error_code == "LeaseIdMissing"
        filesystem.get_file_client("leased").delete_file(lease=lease)
        assert filesystem.get_file_client("after").exists()
        assert not filesystem.get_file_client("before").exists()


def until_killed(server: RunningDatalake, work: Callable[[], None], *, after: int) -> int:
    """Repeat work, kill the server amid it, and return how often it was acknowledged."""
    acknowledged = 0
    reached = threading.Event()

    def repeat() -> None:
        nonlocal acknowledged
        while True:
            try:
                work()
            except AzureError:
                return
            acknowledged += 1
            if acknowledged == after:
                reached.set()

    worker = threading.Thread(target=repeat)
    worker.start()
    assert reached.wait(30)
    server.kill()
    worker.join()
    return acknowledged


@pytest.mark.parametrize(
    "after", [1, *(pytest.param(after, marks=pytest.mark.long) for after in (10, 40, 61)), 23]
)
def test_a_flush_happens_wholly_or_not_at_all(tmp_path: Path, after: int) -> None:
    piece = os.urandom(200_000)
    server = start(tmp_path)
    with connect(server) as client:
        file = client.create_file_system("lake").create_file("x")
        length = 0

        def grow() -> None:
            nonlocal length
            file.append_data(piece, length)
            file.flush_data(length + len(piece))
            length += len(piece)

        acknowledged = until_killed(server, grow, after=after)
    content = (tmp_path / "lake/x").read_bytes()
    pieces = len(content) // len(piece)
    assert acknowledged <= pieces <= acknowledged + 1
    assert content == piece * pieces
    with start(tmp_path) as second, connect(second) as client:
        file = client.get_file_client("lake", "x")
        file.append_data(piece, len(content))
        file.flush_data(len(content) + len(piece))
        assert file.download_file().readall() == piece * (pieces + 1)
        assert list((tmp_path / ".tidemark-datalake/parts").iterdir()) == []


@pytest.mark.parametrize("after", [1, 17, pytest.param(50, marks=pytest.mark.long)])
def test_a_rename_happens_wholly_or_not_at_all(tmp_path: Path, after: int) -> None:
    server = start(tmp_path)
    with connect(server) as client:
        filesystem = client.create_file_system("lake")
        for number in range(10):
            filesystem.create_file(f"0/{number}", metadata={"n": str(number)})
        step = 0

        def move() -> None:
            nonlocal step
            filesystem.get_directory_client(str(step)).rename_directory(f"lake/{step + 1}")
            step += 1

        acknowledged = until_killed(server, move, after=after)
    (directory,) = (tmp_path / "lake").iterdir()
    assert acknowledged <= int(directory.name) <= acknowledged + 1
    with start(tmp_path) as second, connect(second) as client:
        filesystem = client.get_file_system_client("lake")
        for number in range(10):
            file = filesystem.get_file_client(f"{directory.name}/{number}")
            assert file.get_file_properties().metadata == {"n": str(number)}


def test_a_flush_cut_off_after_it_published_can_be_followed_by_appends(tmp_path: Path) -> None:
    """The one moment a kill rarely meets: the part is the committed file and not yet cleared."""
    parts = tmp_path / ".tidemark-datalake/parts"
    with start(tmp_path) as server, connect(server) as client:
        file = client.create_file_system("lake").create_file("x")
        file.append_data(b"abc", 0)
        (log,) = parts.glob("*.log")
        kept = log.read_bytes()
        file.flush_data(3)
        log.write_bytes(kept)
        os.link(tmp_path / "lake/x", log.with_suffix(".data"))
        file.append_data(b"def", 3)
        assert (tmp_path / "lake/x").read_bytes() == b"abc"
        file.flush_data(6)
        assert (tmp_path / "lake/x").read_bytes() == b"abcdef"


def test_the_next_server_clears_up(tmp_path: Path) -> None:
    hidden = tmp_path / ".tidemark-datalake"
    with start(tmp_path):
        pass
    (hidden / "trash/gone/deep").mkdir(parents=True)
    (hidden / "trash/gone/deep/x").write_bytes(b"x")
    (hidden / "new/half").write_bytes(b"x")
    with start(tmp_path):
        assert list((hidden / "trash").iterdir()) == []
        assert list((hidden / "new").iterdir()) == []


def test_two_servers_do_not_share_a_root(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with start(tmp_path):
        with pytest.raises(DatalakeNotStarted):
            start(tmp_path)
        assert "Another server uses" in capfd.readouterr().err
    with start(tmp_path):
        pass


def test_the_server_leaves_on_sigterm(tmp_path: Path) -> None:
    server = start(tmp_path)
    os.kill(server.pid, signal.SIGTERM)
    server.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(server.pid, 0)


PARENT = """
import sys
from pathlib import Path
from local.datalake import start
server = start(Path(sys.argv[1]))
print(server.pid, flush=True)
sys.stdin.read()
"""


def test_the_server_dies_with_its_parent(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path)],
        cwd=request.config.rootpath,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout is not None
        server = os.pidfd_open(int(parent.stdout.readline()))
        parent.kill()
    with open(server, closefd=True, mode="rb", buffering=0) as ended:  # noqa: PTH123 - a descriptor
        poll_until_readable(ended.fileno())


def poll_until_readable(descriptor: int) -> None:
    """Wait until the process behind a pidfd has ended."""
    poller = select.poll()
    poller.register(descriptor, select.POLLIN)
    assert poller.poll(30_000)


def test_other_addresses_cannot_be_asked_for(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "local.datalake", "--root", str(tmp_path), "--port", "0"]
    result = subprocess.run([*command, "--host", "0.0.0.0"], capture_output=True, check=False)  # noqa: S104
    assert result.returncode == 2
