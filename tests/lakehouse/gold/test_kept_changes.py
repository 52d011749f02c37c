"""What a refresh changes is known to those who ask later, whatever became of the refresh."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from gold_rig import SHOP, TOWNS

from lakehouse.delta import Lake
from lakehouse.errors import KeysRepeated
from lakehouse.gold.journal import journal_path, read_changes
from lakehouse.gold.parts import Ground, Part
from lakehouse.gold.writing import prepare_table, write_part
from lakehouse.handover import Handover

Rows = list[tuple[Any, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Towns:
    """A table that is brought to have some rows by hand-overs."""

    lake: Lake

    def write(self, handover: int, rows: Rows, *, needed_since: int | None) -> None:
        ground = Ground(lake=self.lake, model=SHOP, handover=Handover(number=handover, tables=()))
        made = self.lake.spark.createDataFrame(rows, "town string, sales bigint")
        part = Part(rows=made, before=ground.read("towns"))
        write_part(ground, TOWNS, part, empty=False, needed_since=needed_since)

    def changes(self, handover: int, *, through: int) -> tuple[Rows, Rows] | None:
        """Give the rows that were, and those that are now."""
        found = read_changes(self.lake, SHOP, TOWNS, handover, through)
        if found is None:
            return None
        was, now = (sorted(map(tuple, rows.collect())) for rows in (found.was, found.now))
        return was, now


@pytest.fixture
def towns(lake: Lake) -> Towns:
    prepare_table(lake, SHOP, TOWNS, TOWNS.partition)
    return Towns(lake=lake)


def test_what_the_last_refresh_changed_is_told_to_those_who_have_not_gone_through_it(
    towns: Towns,
) -> None:
    towns.write(1, [("K", 1), ("L", 1)], needed_since=0)
    towns.write(2, [("K", 2), ("L", 1)], needed_since=1)
    assert towns.changes(2, through=1) == ([("K", 1)], [("K", 2)])
    assert towns.changes(3, through=2) is None


def test_what_earlier_refreshes_changed_is_told_as_long_as_someone_has_not_gone_through_it(
    towns: Towns,
) -> None:
    for number, sales in ((1, 1), (2, 2), (3, 3)):
        towns.write(number, [("K", sales)], needed_since=0)
    assert towns.changes(3, through=0) == ([("K", 1), ("K", 2)], [("K", 1), ("K", 2), ("K", 3)])
    towns.write(4, [("K", 4)], needed_since=3)
    assert towns.changes(4, through=3) == ([("K", 3)], [("K", 4)])


def test_a_refresh_that_is_run_again_tells_what_it_had_changed_before_it_died(
    towns: Towns,
) -> None:
    towns.write(1, [("K", 1)], needed_since=0)
    towns.write(2, [("K", 2)], needed_since=1)
    towns.write(2, [("K", 2)], needed_since=1)
    assert towns.changes(2, through=1) == ([("K", 1)], [("K", 2)])


def test_changes_that_all_have_gone_through_are_not_written_a_second_time(towns: Towns) -> None:
    towns.write(1, [("K", 1)], needed_since=0)
    towns.write(2, [("K", 2)], needed_since=1)
    assert not Path(towns.lake.location(journal_path(SHOP, TOWNS))).exists()


def test_rows_that_were_refused_are_no_changes(towns: Towns) -> None:
    towns.write(1, [("K", 1)], needed_since=0)
    with pytest.raises(KeysRepeated, match="K"):
        towns.write(2, [("K", 2), ("K", 3)], needed_since=1)
    assert towns.changes(2, through=1) is None
