import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from azure.core.exceptions import AzureError
from azure.data.tables import TableClient, TableServiceClient, UpdateMode
from azure.storage.blob import BlobServiceClient

from local.azurite.process import AzuriteFailed, Ports, RunningAzurite, start
from local.tether import StateInUse
from tests.local.stack_parts.conftest import StartAzurite, await_end, tables_of


def kill(server: RunningAzurite) -> None:
    os.kill(server.pid, signal.SIGKILL)
    await_end(server.pid)
    server.stop()


def entity(row: str, **properties: Any) -> dict[str, Any]:
    return {"PartitionKey": "p", "RowKey": row, **properties}


def rows(table: TableClient) -> dict[str, dict[str, Any]]:
    return {each["RowKey"]: dict(each) for each in table.list_entities()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Survivor:
    """A server in its third life, and what was acknowledged in the first."""

    server: RunningAzurite
    state: Path
    first: RunningAzurite
    rows: dict[str, dict[str, Any]]
    etag: str


@pytest.fixture(scope="module")
def survivor(azurite_install: Path) -> Iterator[Survivor]:
    """Killed twice: the second life saves what it replayed, the third reads the save."""
    with tempfile.TemporaryDirectory(prefix="tidemark-") as folder:
        state = Path(folder) / "state"
        first = start(state, install=azurite_install)
        with tables_of(first) as service, blobs_of(first) as blobs:
            kept, etag = write_tables(service)
            write_blobs(blobs)
        kill(first)
        kill(start(state, install=azurite_install))
        port = int(first.table_url.rsplit(":", 1)[1].split("/")[0])
        server = start(state, install=azurite_install, ports=Ports(table=port))
        yield Survivor(server=server, state=state, first=first, rows=kept, etag=etag)
        server.stop()


def write_tables(service: TableServiceClient) -> tuple[dict[str, dict[str, Any]], str]:
    """Write rows in all ways; give those that are left, and the ETag of one."""
    service.create_table("dropped")
    service.delete_table("dropped")
    table = service.create_table("kept")
    for row in ("inserted", "merged", "replaced", "deleted"):
        table.create_entity(entity(row, a=1, text="ö\n☃", ttl=5))
    table.update_entity(entity("merged", b=2), mode=UpdateMode.MERGE)
    table.update_entity(entity("replaced", b=2), mode=UpdateMode.REPLACE)
    table.delete_entity("p", "deleted")
    table.submit_transaction([("create", entity("one")), ("upsert", entity("two"))])
    marks = service.create_table("marks")
    etag = marks.create_entity(entity("r", ttl=5, constraints="none"))["etag"]
    refused = service.create_table("refused")
    refused.create_entity(entity("there", n=1))
    with pytest.raises(AzureError):
        refused.submit_transaction(
            [
                ("create", entity("new")),
                ("update", entity("there", n=2), {"mode": UpdateMode.REPLACE}),
                ("create", entity("there")),
            ]
        )
    return rows(table), etag


def write_blobs(service: BlobServiceClient) -> None:
    container = service.create_container("box")
    container.upload_blob("small", b"abc" * 1000, metadata={"k": "v"})
    container.upload_blob("gone", b"")
    container.delete_blob("gone")


def test_acknowledged_table_writes_survive_a_kill(survivor: Survivor) -> None:
    with tables_of(survivor.server) as service:
        assert {each.name for each in service.list_tables()} >= {"kept", "marks", "refused"}
        assert "dropped" not in {each.name for each in service.list_tables()}
        assert rows(service.get_table_client("kept")) == survivor.rows
    assert survivor.rows.keys() == {"inserted", "merged", "replaced", "one", "two"}


def test_etags_survive_a_kill(survivor: Survivor) -> None:
    with tables_of(survivor.server) as service:
        found = service.get_table_client("marks").get_entity("p", "r")
    assert found.metadata["etag"] == survivor.etag


def test_a_property_called_like_bookkeeping_survives_a_save(survivor: Survivor) -> None:
    with tables_of(survivor.server) as service:
        found = service.get_table_client("marks").get_entity("p", "r")
    assert (found["ttl"], found["constraints"]) == (5, "none")


def test_a_refused_transaction_leaves_nothing_behind_after_a_kill(survivor: Survivor) -> None:
    with tables_of(survivor.server) as service:
        found = rows(service.get_table_client("refused"))
    assert {row: each["n"] for row, each in found.items()} == {"there": 1}


def test_a_transaction_is_written_down_whole(survivor: Survivor) -> None:
    with tables_of(survivor.server) as service:
        table = service.create_table("whole")
        table.submit_transaction([("create", entity(f"{row:03}")) for row in range(100)])
    (journal,) = survivor.state.glob("__azurite_db_table__.json.journal.*")
    assert journal.read_text().splitlines()[-1].count('"op":"put"') == 100


def write_until_cut(server: RunningAzurite, writer: int, enough: Event) -> dict[str, int]:
    """Write rows and whole transactions; give the last acknowledged version of each row."""
    acknowledged: dict[str, int] = {}
    with tables_of(server) as service:
        table = service.get_table_client("marks")
        for version in _versions():
            pair = [entity(f"{writer}-{row}", version=version) for row in ("a", "b")]
            try:
                table.upsert_entity(
                    entity(f"{writer}-single", version=version), mode=UpdateMode.REPLACE
                )
                acknowledged[f"{writer}-single"] = version
                table.submit_transaction(
                    [("upsert", each, {"mode": UpdateMode.REPLACE}) for each in pair]
                )
            except AzureError:
                return acknowledged
            acknowledged |= {each["RowKey"]: version for each in pair}
            if version > 10:
                enough.set()
    raise AssertionError("the server was not cut off")


def _versions() -> Iterator[int]:
    yield from range(1_000_000)


def test_a_kill_under_load_loses_nothing_acknowledged_and_halves_no_transaction(
    start_azurite: StartAzurite, state: Path
) -> None:
    server = start_azurite(state)
    with tables_of(server) as service:
        service.create_table("marks")
    enough = Event()
    with ThreadPoolExecutor(4) as pool:
        writers = [pool.submit(write_until_cut, server, each, enough) for each in range(4)]
        assert enough.wait(120)
        kill(server)
        acknowledged = {row: at for each in writers for row, at in each.result().items()}
    with tables_of(start_azurite(state)) as service:
        found = {
            row: each["version"] for row, each in rows(service.get_table_client("marks")).items()
        }
    # One request more may have been carried out than was answered.
    assert {row: found[row] - at for row, at in acknowledged.items() if found[row] - at > 1} == {}
    assert [row for row, at in acknowledged.items() if found[row] < at] == []
    assert [each for each in range(4) if found[f"{each}-a"] != found[f"{each}-b"]] == []


def test_acknowledged_blobs_survive_a_kill(survivor: Survivor) -> None:
    with blobs_of(survivor.server) as service:
        container = service.get_container_client("box")
        assert [each.name for each in container.list_blobs()] == ["small"]
        blob = container.get_blob_client("small")
        assert blob.download_blob().readall() == b"abc" * 1000
        assert blob.get_blob_properties().metadata == {"k": "v"}


def blobs_of(server: RunningAzurite) -> BlobServiceClient:
    credential = {"account_name": server.account, "account_key": server.key}
    return BlobServiceClient(server.blob_url, credential=credential)


PARENT = """
import sys
from pathlib import Path
from local.azurite.process import start
print(start(Path(sys.argv[1]), install=Path(sys.argv[2])).pid, flush=True)
sys.stdin.read()
"""


def test_it_dies_with_a_killed_parent_and_lets_the_next_one_start(
    start_azurite: StartAzurite, azurite_install: Path, state: Path
) -> None:
    command = [sys.executable, "-c", PARENT, str(state), str(azurite_install)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        server = int(parent.stdout.readline())
        parent.kill()
    start_azurite(state)
    await_end(server)


@pytest.mark.long
def test_a_second_azurite_on_the_same_state_is_refused(
    survivor: Survivor, azurite_install: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("local.azurite.process._STOP_SECONDS", 0)
    with pytest.raises(StateInUse, match="another state folder"):
        start(survivor.state, install=azurite_install)


def test_a_port_can_be_chosen_and_a_taken_one_is_told(
    survivor: Survivor, azurite_install: Path, state: Path
) -> None:
    assert survivor.server.table_url == survivor.first.table_url
    taken = int(survivor.server.table_url.rsplit(":", 1)[1].split("/")[0])
    with pytest.raises(AzuriteFailed, match="EADDRINUSE"):
        start(state, install=azurite_install, ports=Ports(table=taken))
