"""The command line, as the tasks of the job run it, and maintenance by delta-rs."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from bronze_runs import BronzeTable, handover, live
from deltalake import DeltaTable

from lakehouse.delta import Lake
from lakehouse.errors import HandoverInvalid, RetentionShort
from lakehouse.handover import parse_handover
from lakehouse.main import main
from lakehouse.maintenance import DeltaRsMaintenance, maintain
from lakehouse.silver.refresh import refresh

COMMAND = Path(sys.executable).parent / "tidemark-lakehouse"
FIRST = "bronze/_handover/00000001.json"


@pytest.fixture
def orders(tmp_path: Path) -> BronzeTable:
    return BronzeTable(root=tmp_path, columns={"id": pa.int32(), "name": pa.string()})


@dataclass(frozen=True, kw_only=True)
class Done:
    """What a process would have ended with and said."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def run(
    server: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Done]:
    """Runs a command in this process, at the server that is there; how a process does is seen below once."""
    monkeypatch.setenv("SPARK_REMOTE", server)

    def run(*arguments: str) -> Done:
        try:
            main(arguments)
        except SystemExit as ended:
            code = ended.code
        else:
            code = 0
        assert isinstance(code, int)
        said = capsys.readouterr()
        return Done(returncode=code, stdout=said.out, stderr=said.err)

    return run


def test_silver_is_brought_up_to_date_by_its_command_with_a_server_of_its_own(
    lake: Lake, orders: BronzeTable
) -> None:
    orders.land(1, [{"id": 1, "name": "a"}])
    handover(lake, 1, orders.handed(1))
    command = [COMMAND, "silver", "--lake", lake.root, "--handover", FIRST]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "hand-over 1: 1 tables brought up to date\n")
    assert live(lake, orders.silver) == [(1, "a")]


def test_a_failure_is_told_with_its_remedy_and_a_status(
    run: Callable[..., Done], tmp_path: Path
) -> None:
    done = run("silver", "--lake", str(tmp_path), "--handover", FIRST)
    assert done.returncode == 1
    assert "FileMissing: bronze/_handover/00000001.json is not in the lake" in done.stderr
    assert "Restore the file in the lake" in done.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is no JSON"),
        ("[]", "is no object"),
        ('{"format": 2}', "has format 2, not 1"),
        ('{"format": 1, "number": true, "tables": []}', "number is True"),
        ('{"format": 1, "number": 1, "tables": [{"runs": []}]}', r"tables\[0\].table is None"),
    ],
)
def test_a_hand_over_that_is_not_as_agreed_says_where(text: str, said: str) -> None:
    with pytest.raises(HandoverInvalid, match=said):
        parse_handover(text, "h.json")


def test_maintenance_leaves_the_rows_and_few_files(lake: Lake, orders: BronzeTable) -> None:
    for number in range(1, 4):
        orders.land(number, [{"id": number, "name": "a"}])
        refresh(lake, handover(lake, number, orders.handed(number)))
    history = lake.location(f"{orders.silver}__history")
    assert len(DeltaTable(history).file_uris()) == 3
    paths = maintain(lake, DeltaRsMaintenance(), timedelta(days=7))
    assert orders.silver in paths
    assert len(DeltaTable(history).file_uris()) == 1
    assert live(lake, orders.silver) == [(1, "a"), (2, "a"), (3, "a")]
    orders.land(4, [{"id": 1, "name": "b"}])
    refresh(lake, handover(lake, 4, orders.handed(4)))
    assert live(lake, orders.silver) == [(1, "b"), (2, "a"), (3, "a")]


def test_files_that_are_made_few_stay_as_small_as_they_are_written(lake: Lake) -> None:
    lake.create("silver/numbers", {"n": "bigint"})
    lake.add("silver/numbers", lake.spark.range(0, 1_200_000, 1, 1).selectExpr("xxhash64(id) AS n"))
    place = lake.location("silver/numbers")
    written = len(DeltaTable(place).file_uris())
    DeltaRsMaintenance().optimize(place)
    assert len(DeltaTable(place).file_uris()) == written > 1


@pytest.mark.long
def test_retention_is_asked_for_and_silver_is_made_anew_from_what_is_left(
    lake: Lake, orders: BronzeTable, run: Callable[..., Done]
) -> None:
    orders.land(1, [{"id": 1, "name": "a"}, {"id": 2, "name": "a"}])
    orders.land(2, [{"id": 1, "name": "b"}], mode="snapshot")
    orders.land(3, [{"id": 3, "name": "c"}])
    for number in (1, 2, 3):
        refresh(lake, handover(lake, number, orders.handed(number)))
    days = ("--retain-bronze-days", "7", "--retain-quarantine-days", "7")
    done = run("maintain", "--lake", lake.root, *days)
    told = "1 runs removed from bronze\n0 rows removed from quarantine\n"
    assert (done.returncode, done.stdout.startswith(told)) == (0, True), done.stderr
    last = ("--handover", "bronze/_handover/00000003.json", "--table", orders.name)
    done = run("rebuild", "--lake", lake.root, *last)
    assert (done.returncode, done.stdout) == (
        0,
        f"{orders.name}: made anew of 2 runs\n",
    )
    assert live(lake, orders.silver) == [(1, "b"), (3, "c")]


def test_a_retention_under_a_week_is_refused(lake: Lake) -> None:
    with pytest.raises(RetentionShort):
        maintain(lake, DeltaRsMaintenance(), timedelta(days=6))
