"""Which of many landed images the oracle takes for a row's current one."""

from __future__ import annotations

from datetime import timedelta

import pyarrow.parquet as pq

from tests.local.oracle.conftest import Shop
from tests.local.oracle.oracle_lake import START, stamp


def test_the_image_of_the_later_run_wins(shop: Shop) -> None:
    old = shop.rows()
    shop.do("UPDATE orders SET note = 'new' WHERE number = 4")
    shop.bronze.publish(1, old)
    shop.bronze.publish(2, shop.rows("number = 4"))
    assert shop.compare().equal


def test_run_numbers_count_and_not_the_names_of_folders(shop: Shop) -> None:
    old = shop.rows()
    shop.do("UPDATE orders SET note = 'new' WHERE number = 4")
    # As text, "run-10" comes before "run-9".
    shop.bronze.publish(10, shop.rows("number = 4"))
    shop.bronze.publish(9, old)
    assert shop.compare().equal


def test_the_run_number_counts_before_the_clock(shop: Shop) -> None:
    old = shop.rows()
    shop.do("UPDATE orders SET note = 'new' WHERE number = 4")
    shop.bronze.publish(1, old, hour=5)
    # The source's clock was set back in between.
    shop.bronze.publish(2, shop.rows("number = 4"), hour=3)
    assert shop.compare().equal


def test_within_a_run_the_image_that_was_read_later_wins(shop: Shop) -> None:
    old = shop.rows()
    shop.do("UPDATE orders SET note = 'new' WHERE number = 4")
    shop.bronze.publish(1, old, shop.rows("number = 4"))
    assert shop.compare().equal
    shop.bronze.publish(2, shop.rows("number = 4"), old)
    assert shop.compare().different.count == 1


def test_a_deleted_row_is_gone_until_it_comes_again(copied: Shop) -> None:
    row = copied.rows("number = 4")
    copied.bronze.publish(2, row, operation="delete")
    assert copied.compare().missing.examples == ("r1 4",)
    copied.bronze.publish(3, row)
    assert copied.compare().equal


def test_a_snapshot_replaces_all_earlier_runs(copied: Shop) -> None:
    copied.do("DELETE FROM orders WHERE number > 10")
    copied.bronze.publish(2, copied.rows(), operation="snapshot", mode="snapshot")
    assert copied.compare().equal


def test_an_empty_snapshot_empties_the_table(copied: Shop) -> None:
    copied.bronze.publish(2, mode="snapshot")
    found = copied.compare()
    assert (found.lake_rows, found.missing.count) == (0, 30)
    copied.do("DELETE FROM orders")
    assert copied.compare().equal


def test_loads_after_a_snapshot_add_to_it(shop: Shop) -> None:
    shop.bronze.publish(1, shop.rows("number <= 10"), operation="snapshot", mode="snapshot")
    shop.bronze.publish(2, shop.rows("number > 10"))
    assert shop.compare().equal


def test_a_type_that_only_replaced_runs_have_does_not_count(shop: Shop) -> None:
    rows = shop.rows()
    at = rows.schema.get_field_index("paid")
    shop.bronze.publish(1, rows.set_column(at, "paid", rows["paid"].cast("int8")))
    shop.bronze.publish(2, rows, operation="snapshot", mode="snapshot")
    assert shop.compare().equal


def test_one_image_in_two_files_was_published_twice(shop: Shop) -> None:
    shop.bronze.publish(1, shop.rows())
    folder = shop.bronze.publish(2, shop.rows("number = 4"), shop.rows("number = 5"))
    # The second file now holds the first one's image, as if a slice had been landed twice.
    read_at = START + timedelta(hours=2)
    doubled = stamp(shop.rows("number = 4"), 2, "run-2", read_at, "upsert")
    pq.write_table(doubled, folder / "part-00001-0.parquet")
    found = shop.compare()
    assert not found.equal
    assert (found.published_twice.count, found.published_twice.examples) == (1, ("r1 4",))


def test_a_row_doubled_within_a_file_was_published_twice(shop: Shop) -> None:
    shop.bronze.publish(1, shop.rows(), shop.rows("number = 30 OR number = 29"))
    assert shop.compare().equal
    shop.bronze.publish(2, shop.rows("number = 4").take([0, 0]))
    assert shop.compare().published_twice.examples == ("r1 4",)
