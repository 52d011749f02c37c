"""Rows take the place of those that have their keys, and every other row stays."""

from dataclasses import replace

import pytest
from deltalake import DeltaTable
from pyspark.sql import functions as F  # noqa: N812 - as Spark's own documents call it

from lakehouse.delta import Lake
from lakehouse.replacing import replace_rows

TABLE = "silver/shop/public.orders"
KEYS = {
    "whole numbers": ("bigint", "CAST(id - 500 AS BIGINT)"),
    "days": ("date", "date_add(DATE '2024-01-01', CAST(id AS INT))"),
    "texts": ("string", "CAST(id AS STRING)"),
}


@pytest.mark.parametrize("merges", [True, False], ids=["by a merge", "by rewriting"])
def test_rows_take_the_place_of_those_with_their_keys_in_one_commit(
    lake: Lake, *, merges: bool
) -> None:
    schema = "id bigint, name string, part string"
    lake.create(TABLE, {"id": "bigint", "name": "string", "part": "string"})
    lake.add(TABLE, lake.spark.createDataFrame([(1, "a", "x"), (2, "b", "x")], schema))
    before = DeltaTable(lake.location(TABLE)).version()
    way = replace(lake, merges=merges)
    replace_rows(
        way,
        TABLE,
        lake.spark.createDataFrame(
            [("p", 2, "c"), (None, 3, "d")], "part string, id bigint, name string"
        ),
        on=["id"],
    )
    assert DeltaTable(lake.location(TABLE)).version() == before + 1
    assert sorted(lake.read(TABLE).select("id", "name", "part").collect(), key=str) == [
        (1, "a", "x"),
        (2, "c", "p"),
        (3, "d", None),
    ]


@pytest.mark.parametrize("optimised", [False, True], ids=["as written", "optimised"])
@pytest.mark.parametrize("key", KEYS)
def test_all_rows_stay_but_those_that_are_replaced_whatever_the_key_is_made_of(
    lake: Lake, key: str, *, optimised: bool
) -> None:
    kind, made_of = KEYS[key]
    # So many columns before the key that Delta keeps no least and greatest value of it.
    others = {f"c{number}": "int" for number in range(40)}
    lake.create(TABLE, {**others, "k": kind, "v": "int"})
    several = lake.spark.range(0, 1000, 1, 4)
    lake.add(TABLE, several.selectExpr(f"{made_of} AS k", "IF(id % 2 = 0, NULL, 1) AS v"))
    lake.add(TABLE, lake.spark.range(1).selectExpr(f"CAST(NULL AS {kind}) AS k", "0 AS v"))
    if optimised:
        DeltaTable(lake.location(TABLE)).optimize.compact()
    new = lake.spark.range(990, 1010).selectExpr(f"{made_of} AS k", "2 AS v")
    nothing = ", ".join(f"CAST(NULL AS INT) AS {name}" for name in others)
    replace_rows(lake, TABLE, new.selectExpr("*", *nothing.split(", ")), on=["k"])
    found = lake.read(TABLE).groupBy("v").agg(F.count("*"), F.count_distinct("k")).collect()
    assert {tuple(row) for row in found} == {
        (None, 495, 495),
        (1, 495, 495),
        (2, 20, 20),
        (0, 1, 0),
    }


def test_only_files_are_rewritten_in_which_a_key_may_be(lake: Lake) -> None:
    lake.create(TABLE, {"id": "bigint"})
    for start in (0, 100, 200):
        lake.add(TABLE, lake.spark.range(start, start + 100, 1, 1))
    before = set(DeltaTable(lake.location(TABLE)).file_uris())
    replace_rows(lake, TABLE, lake.spark.range(250, 260), on=["id"])
    assert len(before & set(DeltaTable(lake.location(TABLE)).file_uris())) == 2
