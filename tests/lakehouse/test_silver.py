"""Silver follows what a hand-over brings: last version, tombstones, drift, and nothing twice."""

from datetime import UTC, datetime, time
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from bronze_runs import BronzeTable, handover, live, rows_of
from deltalake import DeltaTable

from lakehouse.delta import Lake
from lakehouse.errors import BronzeDamaged, FileMissing, TypesDiffer
from lakehouse.silver.refresh import refresh

TWO = {"id": pa.int32(), "name": pa.string()}


@pytest.fixture
def orders(tmp_path: Path) -> BronzeTable:
    return BronzeTable(root=tmp_path, columns=TWO)


def versions(lake: Lake) -> dict[str, int]:
    logs = Path(lake.root).rglob("_delta_log")
    return {str(log.parent): DeltaTable(log.parent).version() for log in logs}


def test_of_every_key_the_last_version_counts(lake: Lake, orders: BronzeTable) -> None:
    orders.land(1, [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}], mode="initial")
    orders.land(2, [{"id": 1, "name": "old"}, {"id": 1, "name": "new", "_slice": 1}])
    refresh(lake, handover(lake, 1, orders.handed(1, 2)))
    assert live(lake, orders.silver) == [(1, "new"), (2, "b")]
    history = rows_of(lake, f"{orders.silver}__history", "id", "name", "_run_no")
    assert history == [(1, "a", 1), (1, "new", 2), (1, "old", 2), (2, "b", 1)]


@pytest.mark.long
def test_a_backfill_that_comes_late_does_not_win(lake: Lake, orders: BronzeTable) -> None:
    orders.land(2, [{"id": 1, "name": "older"}], mode="backfill")
    orders.land(3, [{"id": 1, "name": "newer"}])
    refresh(lake, handover(lake, 1, orders.handed(3)))
    refresh(lake, handover(lake, 2, orders.handed(2)))
    assert rows_of(lake, orders.silver, "name", "_run_no", "_handover") == [("newer", 3, 1)]


def test_a_deleted_row_stays_as_a_tombstone_and_does_not_come_back(
    lake: Lake, orders: BronzeTable
) -> None:
    orders.land(1, [{"id": 1, "name": "a"}])
    orders.land(2, [{"id": 1, "_op": "delete"}], mode="reconcile")
    refresh(lake, handover(lake, 1, orders.handed(2)))
    refresh(lake, handover(lake, 2, orders.handed(1)))
    assert rows_of(lake, orders.silver, "id", "name", "_op", "_run_no") == [(1, None, "delete", 2)]


@pytest.mark.long
def test_a_row_comes_back_after_its_delete(lake: Lake, orders: BronzeTable) -> None:
    orders.land(1, [{"id": 1, "name": "a"}])
    orders.land(2, [{"id": 1, "_op": "delete"}])
    orders.land(3, [{"id": 1, "name": "again"}])
    refresh(lake, handover(lake, 1, orders.handed(1, 2)))
    refresh(lake, handover(lake, 2, orders.handed(3)))
    assert live(lake, orders.silver) == [(1, "again")]


@pytest.mark.long
def test_a_snapshot_replaces_everything_and_its_absent_rows_become_tombstones(
    lake: Lake, orders: BronzeTable
) -> None:
    orders.land(1, [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}])
    orders.land(2, [{"id": 2, "name": "b"}, {"id": 3, "name": "c"}], mode="snapshot")
    refresh(lake, handover(lake, 1, orders.handed(1)))
    refresh(lake, handover(lake, 2, orders.handed(2)))
    assert live(lake, orders.silver) == [(2, "b"), (3, "c")]
    gone = rows_of(lake, orders.silver, "id", "_run_no", "_run_id", where="_op = 'delete'")
    assert gone == [(1, 2, "public.orders.0002")]
    assert rows_of(lake, f"{orders.silver}__history", "id", where="_op = 'delete'") == [(1,)]


def test_a_snapshot_without_a_row_leaves_tombstones_only(lake: Lake, orders: BronzeTable) -> None:
    orders.land(1, [{"id": 1, "name": "a"}])
    orders.land(2, [], mode="snapshot")
    refresh(lake, handover(lake, 1, orders.handed(1)))
    refresh(lake, handover(lake, 2, orders.handed(2)))
    assert rows_of(lake, orders.silver, "id", "_op", "_run_no") == [(1, "delete", 2)]


def test_a_table_whose_first_run_is_empty_has_its_columns(lake: Lake, orders: BronzeTable) -> None:
    orders.land(1, [], mode="snapshot")
    refresh(lake, handover(lake, 1, orders.handed(1)))
    assert lake.read(orders.silver).dtypes[:2] == [("id", "bigint"), ("name", "string")]
    orders.land(2, [{"id": 1, "name": "a"}], mode="snapshot")
    refresh(lake, handover(lake, 2, orders.handed(2)))
    assert live(lake, orders.silver) == [(1, "a")]


def test_a_tombstone_names_the_first_snapshot_that_lacks_the_row_whatever_came_first(
    lake: Lake, orders: BronzeTable
) -> None:
    orders.land(1, [{"id": 1, "name": "a"}])
    orders.land(2, [{"id": 2, "name": "b"}], mode="snapshot")
    orders.land(3, [{"id": 2, "name": "b"}], mode="snapshot")
    for number, run in enumerate((3, 1, 2), start=1):
        refresh(lake, handover(lake, number, orders.handed(run)))
    for table in (orders.silver, f"{orders.silver}__history"):
        assert rows_of(lake, table, "id", "_run_no", where="_op = 'delete'") == [(1, 2)]


@pytest.mark.long
def test_the_same_hand_over_again_makes_no_commit(lake: Lake, orders: BronzeTable) -> None:
    orders.quality = [{"name": "short", "rule": "length(name) < 3", "severity": "quarantine"}]
    orders.land(1, [{"id": 1, "name": "a"}, {"id": 2, "name": "long"}], mode="snapshot")
    orders.land(2, [{"id": 1, "name": "b"}], mode="snapshot")
    given = handover(lake, 1, orders.handed(1, 2))
    refresh(lake, given)
    before = versions(lake)
    refresh(lake, given)
    assert versions(lake) == before


def test_a_soft_delete_column_makes_a_row_deleted(lake: Lake, tmp_path: Path) -> None:
    kinds = {"id": pa.int64(), "gone_at": pa.timestamp("us")}
    table = BronzeTable(root=tmp_path, columns=kinds, soft_delete="gone_at")
    when = datetime(2026, 1, 1, 12)  # noqa: DTZ001 - the column has no zone
    table.land(1, [{"id": 1, "gone_at": None}, {"id": 2, "gone_at": when}])
    refresh(lake, handover(lake, 1, table.handed(1)))
    assert live(lake, table.silver, "id") == [(1,)]
    assert rows_of(lake, table.silver, "id", "_op") == [(1, "upsert"), (2, "delete")]


def test_a_table_without_a_key_keeps_equal_rows_and_is_replaced_by_a_snapshot(
    lake: Lake, tmp_path: Path
) -> None:
    table = BronzeTable(root=tmp_path, columns=TWO, key=())
    table.land(1, [{"id": 1, "name": "a"}, {"id": 1, "name": "a"}])
    table.land(2, [{"id": 1, "name": "a"}])
    table.land(3, [{"id": 2, "name": "b"}, {"id": 2, "name": "b"}], mode="snapshot")
    table.land(4, [{"id": 3, "name": "c"}])
    refresh(lake, handover(lake, 1, table.handed(1, 2)))
    assert live(lake, table.silver) == [(1, "a"), (1, "a"), (1, "a")]
    refresh(lake, handover(lake, 2, table.handed(4)))
    last = handover(lake, 3, table.handed(3))
    refresh(lake, last)
    before = versions(lake)
    refresh(lake, last)
    assert live(lake, table.silver) == [(2, "b"), (2, "b"), (3, "c")]
    assert versions(lake) == before


def test_columns_come_go_and_widen(lake: Lake, tmp_path: Path) -> None:
    first = {"id": pa.int16(), "note": pa.string(), "price": pa.decimal128(6, 2)}
    second = {"id": pa.int64(), "price": pa.decimal128(20, 2), "age": pa.int8()}
    table = BronzeTable(root=tmp_path, columns=first)
    table.land(1, [{"id": 1, "note": "n", "price": Decimal("1.50")}])
    later = [{"id": 2, "price": Decimal("123456789012.25"), "age": 7}]
    table.land(2, later, columns=second)
    for number in (1, 2):
        refresh(lake, handover(lake, number, table.handed(number)))
    found = live(lake, table.silver, "id", "note", "price", "age")
    assert found == [(1, "n", Decimal("1.50"), None), (2, None, Decimal("123456789012.25"), 7)]
    assert DeltaTable(lake.location(table.silver)).protocol().min_reader_version == 1


def test_a_column_of_another_type_stops(lake: Lake, orders: BronzeTable) -> None:
    orders.land(1, [{"id": 1, "name": "a"}])
    orders.land(2, [{"id": 1, "name": 5}], columns={"id": pa.int32(), "name": pa.int32()})
    refresh(lake, handover(lake, 1, orders.handed(1)))
    with pytest.raises(TypesDiffer, match="name is string in silver and comes as bigint"):
        refresh(lake, handover(lake, 2, orders.handed(2)))


def test_times_are_kept_as_instants_of_utc_and_times_of_day_as_text(
    lake: Lake, tmp_path: Path
) -> None:
    kinds = {"id": pa.int64(), "at": pa.timestamp("us"), "day": pa.date32(), "t": pa.time64("us")}
    table = BronzeTable(root=tmp_path, columns=kinds)
    at = datetime(2026, 3, 29, 2, 30, 0, 123456)  # noqa: DTZ001 - the column has no zone
    table.land(1, [{"id": 1, "at": at, "day": at.date(), "t": time(23, 59, 59, 5)}])
    refresh(lake, handover(lake, 1, table.handed(1)))
    text = lake.read(table.silver).selectExpr("CAST(at AS string)", "CAST(day AS string)", "t")
    assert tuple(text.collect()[0]) == (
        "2026-03-29 02:30:00.123456",
        "2026-03-29",
        "23:59:59.000005",
    )


def test_null_and_value_in_different_columns_are_different_versions(
    lake: Lake, tmp_path: Path
) -> None:
    table = BronzeTable(root=tmp_path, columns={"id": pa.int64(), "a": pa.int64(), "b": pa.int64()})
    table.land(1, [{"id": 1, "a": 5, "b": None}, {"id": 1, "a": None, "b": 5}])
    refresh(lake, handover(lake, 1, table.handed(1)))
    assert lake.read(f"{table.silver}__history").count() == 2


def test_a_run_that_lost_a_file_or_its_manifest_stops(lake: Lake, orders: BronzeTable) -> None:
    orders.land(1, [{"id": 1, "name": "a"}, {"id": 2, "name": "b", "_slice": 1}])
    folder = Path(lake.root) / orders.runs[1]["folder"]
    pq.write_table(pa.table({"id": [9]}), folder / "stray.parquet")
    refresh(lake, handover(lake, 1, orders.handed(1)))
    assert live(lake, orders.silver) == [(1, "a"), (2, "b")]
    (folder / "part-00001-0.parquet").unlink()
    with pytest.raises(BronzeDamaged, match="has 1 rows, its manifest says 2"):
        refresh(lake, handover(lake, 2, orders.handed(1)))
    (folder / "_manifest.json").unlink()
    with pytest.raises(FileMissing):
        refresh(lake, handover(lake, 3, orders.handed(1)))


def test_of_a_key_that_came_on_two_pages_the_later_place_counts_and_is_no_value(
    lake: Lake, tmp_path: Path
) -> None:
    places = {"_page": pa.int64(), "_position": pa.int64()}
    orders = BronzeTable(root=tmp_path, columns={**TWO, **places})
    # Landing lets `_read_at` grow with page and position; here a slice stands for a row.
    rows = [("z", 1, 9), ("m", 2, 0), ("a", 2, 1)]
    orders.land(
        1,
        [
            {"id": 1, "name": name, "_page": page, "_position": position, "_slice": at}
            for at, (name, page, position) in enumerate(rows)
        ],
    )
    orders.land(2, [{"id": 2, "name": "b", "_page": 1, "_position": 0}])
    orders.land(3, [{"id": 2, "name": "b", "_page": 7, "_position": 3}])
    orders.land(4, [], mode="incremental")
    refresh(lake, handover(lake, 1, orders.handed(1, 2, 3, 4)))

    assert live(lake, orders.silver) == [(1, "a"), (2, "b")]
    assert "_page" not in lake.read(orders.silver).columns
    history = f"{orders.silver}__history"
    assert rows_of(lake, history, "name", where="id = 1") == [("a",), ("m",), ("z",)]
    assert len({*rows_of(lake, history, "_row_hash", where="id = 2")}) == 1


def test_a_file_that_is_found_late_does_not_win_over_a_newer_one(
    lake: Lake, tmp_path: Path
) -> None:
    place = {
        "_file": pa.string(),
        "_modified": pa.timestamp("us", "UTC"),
        "_sequencer": pa.string(),
        "_line": pa.int64(),
    }
    orders = BronzeTable(root=tmp_path, columns={**TWO, **place})
    noon = datetime(2026, 1, 31, 12, tzinfo=UTC)

    def row(name: str, minute: int, line: int) -> dict[str, object]:
        at = {"_file": f"{minute}.csv", "_modified": noon.replace(minute=minute)}
        return {"id": 1, "name": name, **at, "_sequencer": "", "_line": line}

    orders.land(1, [row("newer", 5, 2), row("newest", 5, 10)])
    orders.land(2, [row("older", 1, 99)])
    refresh(lake, handover(lake, 1, orders.handed(1)))
    refresh(lake, handover(lake, 2, orders.handed(2)))
    assert live(lake, orders.silver, "name", "_line") == [("newest", 10)]

    orders.land(3, [row("again", 5, 1)])
    refresh(lake, handover(lake, 3, orders.handed(3)))
    assert live(lake, orders.silver, "name", "_line") == [("again", 1)]
