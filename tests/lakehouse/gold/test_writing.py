"""A table of gold is written by difference, by keys of which a part may be empty."""

from typing import Any

from gold_rig import SHOP, TOWNS
from pyspark.sql import DataFrame

from lakehouse.delta import Lake
from lakehouse.gold.parts import Ground, Part
from lakehouse.gold.writing import prepare_table, write_part
from lakehouse.handover import Handover


def test_a_row_whose_key_is_empty_is_replaced_and_removed_like_any_other(lake: Lake) -> None:
    ground = Ground(lake=lake, model=SHOP, handover=Handover(number=1, tables=()))
    prepare_table(lake, ground.model, TOWNS, TOWNS.partition)

    def write(*rows: tuple[Any, ...]) -> None:
        made: DataFrame = lake.spark.createDataFrame(list(rows), "town string, sales bigint")
        part = Part(rows=made, before=ground.read("towns"))
        write_part(ground, TOWNS, part, empty=False, needed_since=None)

    def held() -> list[tuple[Any, ...]]:
        return sorted((tuple(row) for row in ground.read("towns").collect()), key=repr)

    write((None, 1), ("K", 1))
    write((None, 2), ("K", 1))
    assert held() == [("K", 1), (None, 2)]
    write(("K", 1))
    assert held() == [("K", 1)]
