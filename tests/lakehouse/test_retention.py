"""What retention removes is missed by nobody: silver goes on, and is made anew, as if it were there."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from bronze_runs import START, BronzeTable, handover, rows_of
from pyspark.sql import SparkSession

from lakehouse.delta import Lake
from lakehouse.errors import FileMissing, RetentionShort
from lakehouse.handover import Handover, read_handover
from lakehouse.maintenance import DeltaRsMaintenance
from lakehouse.retention import retain_bronze, retain_quarantine
from lakehouse.silver.rebuilding import rebuild
from lakehouse.silver.refresh import refresh

KNOWN = {"name": "known_plan", "rule": "plan IN ('Free', 'Premium')", "severity": "quarantine"}
COLUMNS = {"id": pa.int32(), "plan": pa.string()}
ASIDE = "quarantine/shop/public.orders__silver"
WEEK = timedelta(days=7)
LATER = START + timedelta(days=60)

NewShop = Callable[..., tuple[Lake, BronzeTable]]


class Died(Exception):
    """The process was ended here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dying(DeltaRsMaintenance):
    """Removes so many runs, and half of the next."""

    removed: list[str] = field(default_factory=list)
    until: int = 0

    def remove_run(self, location: str) -> None:
        if len(self.removed) == self.until:
            Path(location, "_manifest.json").unlink()
            raise Died
        self.removed.append(location)
        DeltaRsMaintenance.remove_run(self, location)


def user(number: int, plan: str) -> dict[str, object]:
    return {"id": number, "plan": plan}


def shop(root: Path, key: tuple[str, ...] = ("id",)) -> BronzeTable:
    """Deletes, rows set aside in snapshots and between them, a release, versions before and after."""
    table = BronzeTable(root=root, columns=COLUMNS, key=key, quality=(KNOWN,))
    table.land(1, [user(1, "Free"), user(2, "Free"), user(3, "Free"), user(4, "Gold")])
    third = [user(1, "Free"), user(3, "Gold"), user(5, "Lead"), user(6, "Lead")]
    table.land(2, third, mode="snapshot")
    table.land(3, [user(7, "Free"), user(4, "Free")])
    fifth = [user(1, "Free"), user(3, "Free"), user(7, "Gold"), user(5, "Lead")]
    table.land(4, fifth, mode="snapshot")
    table.land(5, [user(8, "Lead"), user(1, "Premium")])
    table.land(6, [user(6, "Free")])
    return table


def hand_over(lake: Lake, table: BronzeTable) -> None:
    """Hand all of it over, with a release in between."""
    release = (table.name, {"id": "5"} if table.key else {})
    given = [
        handover(lake, 1, table.handed(1, 2)),
        handover(lake, 2, table.handed(3, 4, 5), releases=[release]),
        handover(lake, 3, table.handed(6)),
    ]
    for each in given:
        refresh(lake, each)


def folders(lake: Lake) -> list[int]:
    """The runs that are in bronze."""
    found = Path(lake.root, "bronze/shop/public.orders").glob("run_id=*")
    return sorted(int(path.name.rpartition(".")[2]) for path in found)


def silver(lake: Lake, table: BronzeTable) -> list[list[tuple[Any, ...]]]:
    paths = [table.silver, f"{table.silver}__history"] if table.key else [table.silver]
    return [rows_of(lake, path) for path in paths]


def made_of(handover: Handover) -> list[int]:
    """The runs that a rebuild read."""
    return [run.run_no for table in handover.tables for run in table.runs]


def retain(lake: Lake, older: timedelta = WEEK) -> int:
    return len(retain_bronze(lake, DeltaRsMaintenance(), older, LATER))


@pytest.fixture(scope="module")
def built(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> NewShop:
    """Makes lakes in which all of it was handed over: once, then copied."""
    made: dict[tuple[str, ...], Path] = {}

    def copy(root: Path, key: tuple[str, ...] = ("id",)) -> tuple[Lake, BronzeTable]:
        if key not in made:
            made[key] = tmp_path_factory.mktemp("built")
            hand_over(Lake(spark=spark, root=str(made[key])), shop(made[key], key))
        shutil.copytree(made[key], root, dirs_exist_ok=True)
        return Lake(spark=spark, root=str(root)), replace(shop(root / "again", key), root=root)

    return copy


@pytest.mark.long
@pytest.mark.parametrize("key", [("id",), ()], ids=["by key", "without a key"])
def test_silver_goes_on_and_is_made_anew_as_if_nothing_were_removed(
    built: NewShop, tmp_path: Path, key: tuple[str, ...]
) -> None:
    whole, all_of_it = built(tmp_path / "whole", key)
    kept, table = built(tmp_path / "kept", key)
    before = silver(whole, all_of_it)
    assert retain(kept) == 3
    assert folders(kept) == [4, 5, 6]
    assert retain(kept) == 0
    last = handover(kept, 4, table.handed())
    assert retain_quarantine(kept, last, WEEK, LATER) > 0
    assert made_of(rebuild(kept, "bronze/_handover/00000004.json")) == [4, 5, 6]
    assert silver(kept, table) == before
    # What comes next has the same to go on from: a release, versions, and a snapshot.
    for own, rows in ((whole, all_of_it), (kept, table)):
        rows.land(7, [user(4, "Free"), user(9, "Lead")])
        rows.land(8, [user(2, "Free"), user(7, "Premium"), user(9, "Lead")], mode="snapshot")
        again = [(rows.name, {"id": "8"} if key else {})]
        refresh(own, handover(own, 5, rows.handed(7, 8), releases=again))
    assert silver(kept, table) == silver(whole, all_of_it)


def current(lake: Lake) -> list[tuple[object, ...]]:
    """The current state as it is read from bronze: by manifests, from the last snapshot on."""
    found = Path(lake.root, "bronze").rglob("_manifest.json")
    runs = {(m := json.loads(path.read_text()))["run_no"]: (m, path.parent) for path in found}
    last = max(number for number, (m, _) in runs.items() if m["load_type"] == "snapshot")
    rows: dict[int, tuple[object, ...]] = {}
    for number in sorted(number for number in runs if number >= last):
        for file in runs[number][0]["files"]:
            for row in pq.read_table(runs[number][1] / file["name"]).to_pylist():
                rows[row["id"]] = (row["id"], row["plan"])
    return sorted(rows.values())


@pytest.mark.long
def test_readers_of_bronze_and_repeated_hand_overs_miss_nothing(
    built: NewShop, tmp_path: Path
) -> None:
    lake, table = built(tmp_path)
    before = (current(lake), silver(lake, table))
    assert retain(lake)
    for number in (1, 2, 3):
        refresh(lake, read_handover(lake, f"bronze/_handover/{number:08d}.json"))
    assert (current(lake), silver(lake, table)) == before
    table.runs[99] = table.runs[6] | {"run_no": 99, "folder": "bronze/shop/public.orders/none"}
    with pytest.raises(FileMissing):
        refresh(lake, handover(lake, 6, table.handed(1, 99)))


def test_only_old_runs_go_that_a_snapshot_replaced_and_no_hand_over_may_repeat(
    lake: Lake, tmp_path: Path
) -> None:
    table = shop(tmp_path)
    refresh(lake, handover(lake, 1, table.handed(1)))
    assert retain(lake) == 0  # no snapshot
    refresh(lake, handover(lake, 2, table.handed(2, 3, 4)))
    assert retain_bronze(lake, DeltaRsMaintenance(), WEEK, START + WEEK) == []
    # The last hand-over, which may have to be repeated, keeps its runs: just those before it go.
    assert retain(lake) == 1
    assert folders(lake) == [2, 3, 4, 5, 6]
    with pytest.raises(RetentionShort):
        retain(lake, timedelta(days=6))


@pytest.mark.long
def test_whoever_dies_while_removing_is_made_up_for(built: NewShop, tmp_path: Path) -> None:
    lake, table = built(tmp_path)
    before = silver(lake, table)
    for until in (0, 1):
        with pytest.raises(Died):
            retain_bronze(lake, Dying(until=until), WEEK, LATER)
    handover(lake, 4, table.handed())
    assert made_of(rebuild(lake, "bronze/_handover/00000004.json", [table.name])) == [4, 5, 6]
    assert silver(lake, table) == before
    assert retain(lake) == 3
    assert (folders(lake), retain(lake)) == ([4, 5, 6], 0)


def test_rows_leave_quarantine_once_they_are_dealt_with_and_cannot_be_read_again(
    built: NewShop, tmp_path: Path
) -> None:
    lake, table = built(tmp_path)
    last = handover(lake, 3, table.handed(6))
    names = ("id", "_run_no", "_released_in")
    rows = rows_of(lake, ASIDE, *names)
    assert retain_quarantine(lake, last, WEEK, LATER) == 0  # all runs may be read again
    retain(lake)
    assert retain_quarantine(lake, last, WEEK, START + WEEK) == 0
    assert retain_quarantine(lake, last, WEEK, LATER) == 2
    # User 4 has a later version, 5 was released; 3 and 6 have none up to the checkpoint.
    assert sorted(set(rows) - set(rows_of(lake, ASIDE, *names))) == [(4, 1, None), (5, 2, 2)]
    assert set(rows_of(lake, ASIDE, *names)) < set(rows)
