"""What Sail gets wrong without an error is refused, and our way of it gives the right result."""

import threading
from decimal import Decimal
from pathlib import Path

import pytest
from deltalake import DeltaTable
from pyspark.sql import DataFrame

from lakehouse.delta import Lake
from lakehouse.errors import (
    ColumnsUnknown,
    GlobRefused,
    KeysRepeated,
    LakehouseError,
    NameRefused,
    OptionRefused,
    PathRefused,
    TypeRefused,
    TypesDiffer,
)
from lakehouse.parquet import read_files
from lakehouse.session import connect

TABLE = "silver/shop/public.orders"
COLUMNS = {"id": "bigint", "name": "string", "part": "string"}


def rows(
    lake: Lake, *values: tuple[object, ...], schema: str = "id bigint, name string"
) -> DataFrame:
    return lake.spark.createDataFrame(list(values), schema)


def held(lake: Lake, table: str = TABLE) -> list[tuple[object, ...]]:
    return sorted(tuple(row) for row in lake.read(table).collect())


def version(lake: Lake, table: str = TABLE) -> int:
    return DeltaTable(lake.location(table)).version()


def made(lake: Lake, *values: tuple[object, ...]) -> None:
    lake.create(TABLE, COLUMNS)
    schema = "id bigint, name string, part string"
    lake.merge(TABLE, rows(lake, *values, schema=schema), on=["id"])


def test_a_table_can_be_read_by_readers_of_version_1(lake: Lake) -> None:
    made(lake, (1, "a", "x"))
    lake.evolve(TABLE, {"more": "decimal(10,2)"})
    table = DeltaTable(lake.location(TABLE))
    assert table.protocol().min_reader_version == 1
    assert table.metadata().configuration["delta.enableDeletionVectors"] == "false"
    assert table.metadata().configuration["delta.checkpointPolicy"] == "classic"


def test_making_a_table_again_changes_nothing(lake: Lake) -> None:
    made(lake, (1, "a", "x"))
    before = version(lake)
    lake.create(TABLE, {"id": "bigint"})
    assert (version(lake), held(lake)) == (before, [(1, "a", "x")])


def test_a_merge_writes_what_changed_and_nothing_the_second_time(lake: Lake) -> None:
    made(lake, (1, "a", "x"), (2, "b", "x"))
    new = rows(lake, (1, "a"), (2, None), (3, "c"))
    lake.merge(TABLE, new, on=["id"])
    before = version(lake)
    lake.merge(TABLE, new, on=["id"])
    assert held(lake) == [(1, "a", "x"), (2, None, "x"), (3, "c", None)]
    assert version(lake) == before


def test_a_merge_deletes_what_it_is_told_and_what_is_absent(lake: Lake) -> None:
    made(lake, (1, "a", "x"), (2, "b", "x"), (3, "c", "y"))
    new = rows(lake, (1, "a", True), (4, "d", True), schema="id bigint, name string, _gone boolean")
    lake.merge(TABLE, new, on=["id"], delete_when="s._gone", delete_absent_when="t.part = 'x'")
    assert held(lake) == [(3, "c", "y")]


def test_a_key_that_repeats_among_new_rows_is_refused(lake: Lake) -> None:
    made(lake, (1, "a", "x"))
    with pytest.raises(KeysRepeated, match="id=2"):
        lake.merge(TABLE, rows(lake, (2, "b"), (2, "c")), on=["id"])
    lake.merge(TABLE, rows(lake, (2, "b")), on=["id"])
    assert held(lake) == [(1, "a", "x"), (2, "b", None)]


@pytest.mark.parametrize("way", ["merge", "append"])
def test_a_column_that_the_table_lacks_is_refused_until_it_was_added(lake: Lake, way: str) -> None:
    made(lake, (1, "a", "x"))
    new = rows(lake, (2, "b", 7), schema="id bigint, name string, age int")
    with pytest.raises(ColumnsUnknown, match="age"):
        getattr(lake, way)(TABLE, new, on=["id"])
    lake.evolve(TABLE, {"age": "int"})
    getattr(lake, way)(TABLE, new, on=["id"])
    assert [tuple(row) for row in lake.read(TABLE).select("id", "age").orderBy("id").collect()] == [
        (1, None),
        (2, 7),
    ]


def test_adding_columns_that_are_there_makes_no_commit(lake: Lake) -> None:
    made(lake)
    lake.evolve(TABLE, {"Name": "string", "more": "int"})
    before = version(lake)
    lake.evolve(TABLE, {"more": "int"})
    assert (version(lake), lake.read(TABLE).columns) == (before, ["id", "name", "part", "more"])


@pytest.mark.parametrize(
    "option", ["partitionOverwriteMode", "txnAppId", "txnVersion", "mergeSchema", "replaceWhere"]
)
def test_options_that_an_engine_ignores_are_refused(lake: Lake, option: str) -> None:
    made(lake, (1, "a", "x"), (2, "b", "y"))
    new = rows(lake, (3, "c", "y"), schema="id bigint, name string, part string")
    with pytest.raises(OptionRefused, match=option):
        lake.overwrite(TABLE, new, options={option: "dynamic"})
    with pytest.raises(OptionRefused, match=option):
        lake.append(TABLE, new, on=["id"], options={option: "dynamic"})
    lake.merge(TABLE, new, on=["id"], delete_absent_when="t.part = 'y'")
    assert held(lake) == [(1, "a", "x"), (3, "c", "y")]


def test_an_append_repeated_adds_nothing(lake: Lake) -> None:
    made(lake)
    new = rows(lake, (1, "a"), (1, "a"))
    lake.append(TABLE, new, on=["id"])
    before = version(lake)
    lake.append(TABLE, new, on=["id"])
    assert held(lake) == [(1, "a", None), (1, "a", None)]
    assert version(lake) == before


def test_overwriting_replaces_all_rows_and_needs_all_columns(lake: Lake) -> None:
    made(lake, (1, "a", "x"))
    with pytest.raises(ColumnsUnknown, match="part"):
        lake.overwrite(TABLE, rows(lake, (2, "b")))
    lake.overwrite(TABLE, rows(lake, (2, "b", "y"), schema="id bigint, name string, part string"))
    assert held(lake) == [(2, "b", "y")]


def test_columns_change_their_types_only_by_overwriting(lake: Lake) -> None:
    made(lake, (1, "a", "x"))
    wider = lake.read(TABLE).selectExpr("CAST(id AS decimal(20,0)) id", "name", "part")
    lake.overwrite(TABLE, wider, options={"overwriteSchema": "true"})
    assert held(lake) == [(Decimal(1), "a", "x")]
    assert DeltaTable(lake.location(TABLE)).protocol().min_reader_version == 1


@pytest.mark.parametrize("kind", ["timestamp_ntz", "array<timestamp_ntz>", "time(6)"])
def test_types_that_need_a_newer_reader_are_refused(lake: Lake, kind: str) -> None:
    made(lake, (1, "a", "x"))
    with pytest.raises(TypeRefused, match="at"):
        lake.create("silver/shop/other", {"at": kind})
    with pytest.raises(TypeRefused, match="at"):
        lake.evolve(TABLE, {"at": kind})


@pytest.mark.parametrize("name", ["unit price", "a=b", "NAME"])
def test_names_that_need_a_newer_reader_or_repeat_are_refused(lake: Lake, name: str) -> None:
    with pytest.raises(NameRefused):
        lake.create(TABLE, {**COLUMNS, name: "string"})


def test_an_added_column_is_null_in_the_rows_from_before(lake: Lake) -> None:
    made(lake, (1, "a", "x"))
    lake.evolve(TABLE, {"age": "int", "sure": "boolean", "price": "decimal(10,2)"})
    assert held(lake) == [(1, "a", "x", None, None, None)]


def test_zoneless_times_among_new_rows_are_refused_and_cast_ones_kept(lake: Lake) -> None:
    made(lake)
    lake.evolve(TABLE, {"at": "timestamp"})
    zoneless = lake.spark.sql("SELECT 1L AS id, TIMESTAMP_NTZ'2024-02-29 12:00:00' AS at")
    for write in (lake.merge, lake.append):
        with pytest.raises(TypeRefused, match="at"):
            write(TABLE, zoneless, on=["id"])
    lake.merge(TABLE, zoneless.selectExpr("id", "CAST(at AS timestamp) AS at"), on=["id"])
    found = lake.read(TABLE).selectExpr("CAST(at AS string)").collect()
    assert found[0][0] == "2024-02-29 12:00:00"


def test_a_pattern_is_refused_where_the_folders_by_name_are_found(
    lake: Lake, tmp_path: Path
) -> None:
    for run in ("run_id=a", "run_id=b"):
        rows(lake, (1, run)).write.parquet(str(tmp_path / "bronze" / "shop~20x" / run))
    with pytest.raises(GlobRefused):
        read_files(lake, ["bronze/shop~20x/run_id=*"])
    both = read_files(lake, ["bronze/shop~20x/run_id=a", "bronze/shop~20x/run_id=b"])
    assert sorted(row.name for row in both.collect()) == ["run_id=a", "run_id=b"]


def test_an_encoded_name_becomes_a_location_that_can_be_written_again(lake: Lake) -> None:
    table = "silver/shop/dbo.Order~20Details"
    lake.create(table, COLUMNS)
    lake.merge(table, rows(lake, (1, "a")), on=["id"])
    lake.merge(table, rows(lake, (1, "b")), on=["id"])
    assert lake.location(table).endswith("/silver/shop/dbo.Order=20Details")
    assert held(lake, table) == [(1, "b", None)]


@pytest.mark.parametrize(
    "root", ["relative/lake", "/home/a b/lake", "/home/jos\N{LATIN SMALL LETTER E WITH ACUTE}"]
)
def test_a_lake_whose_path_engines_encode_differently_is_refused(lake: Lake, root: str) -> None:
    with pytest.raises(PathRefused):
        Lake(spark=lake.spark, root=root).create(TABLE, COLUMNS)


def test_the_first_segment_of_a_path_is_the_filesystem_of_an_account(lake: Lake) -> None:
    azure = Lake(spark=lake.spark, root="abfss://acme.dfs.core.windows.net")
    assert azure.location("silver/a/b") == "abfss://silver@acme.dfs.core.windows.net/a/b"


def test_writers_that_collide_try_again_and_lose_nothing(lake: Lake, server: str) -> None:
    made(lake, (0, "a", "x"))

    def write(number: int) -> None:
        session = connect(server)
        own = Lake(spark=session, root=lake.root)
        for step in range(3):
            own.merge(
                TABLE, rows(own, (0, f"{number}.{step}"), (10 * number + step, "b")), on=["id"]
            )
        session.stop()

    writers = [threading.Thread(target=write, args=(number,)) for number in (1, 2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [row[0] for row in held(lake)] == [0, 10, 11, 12, 20, 21, 22]


def test_rows_are_added_beside_those_that_are_there_and_have_null_where_they_lack_a_column(
    lake: Lake,
) -> None:
    lake.create(TABLE, {"id": "bigint", "name": "string", "part": "int"}, partition="part")
    lake.add(TABLE, rows(lake, (1, 7), schema="id bigint, part int"), partition="part")
    lake.add(TABLE, rows(lake, ("a", 1), schema="name string, id bigint"), partition="part")
    found = lake.read(TABLE).select("id", "name", "part").collect()
    assert sorted(found, key=str) == [(1, "a", None), (1, None, 7)]


@pytest.mark.parametrize(
    ("schema", "refused"),
    [("id bigint, more string", ColumnsUnknown), ("id int, name string", TypesDiffer)],
)
def test_rows_that_do_not_fit_are_not_added(
    lake: Lake, schema: str, refused: type[LakehouseError]
) -> None:
    made(lake)
    with pytest.raises(refused):
        lake.add(TABLE, rows(lake, (1, "a"), schema=schema))
