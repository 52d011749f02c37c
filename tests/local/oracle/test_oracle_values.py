"""Which rows and values the oracle tells apart."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from local.oracle import NotComparable
from tests.local.oracle.conftest import Shop


def replaced(rows: pa.Table, number: int, column: str, value: Any) -> pa.Table:
    """One row of the table, with one value replaced."""
    [row] = [row for row in rows.to_pylist() if row["number"] == number]
    return pa.Table.from_pylist([row | {column: value}], schema=rows.schema)


def test_an_exact_copy_is_equal(copied: Shop) -> None:
    found = copied.compare()
    assert found.equal, found
    assert (found.source_rows, found.lake_rows, found.files) == (30, 30, 2)


def test_an_empty_table_without_runs_is_equal(shop: Shop) -> None:
    shop.do("DELETE FROM orders")
    assert shop.compare().equal


def test_a_missing_row_is_found(copied: Shop) -> None:
    copied.do("INSERT INTO orders (region, number) VALUES ('new', 99)")
    found = copied.compare()
    assert not found.equal
    assert (found.missing.count, found.missing.examples) == (1, ("new 99",))


def test_a_table_that_never_landed_is_missing_entirely(shop: Shop) -> None:
    found = shop.compare()
    assert (found.equal, found.missing.count, len(found.missing.examples)) == (False, 30, 20)


def test_an_extra_row_is_found(copied: Shop) -> None:
    copied.do("DELETE FROM orders WHERE number = 5")
    found = copied.compare()
    assert not found.equal
    assert (found.extra.count, found.extra.examples) == (1, ("r2 5",))


@pytest.mark.parametrize(
    ("number", "column", "value"),
    [
        (2, "amount", Decimal("2.000002")),
        (2, "ratio", 0.6666666666666667),
        (1, "note", None),
        (3, "note", ""),
        (2, "note", "X"),
        (2, "tag", "00000000-0000-0000-0000-000000000003"),
        (2, "raw", b"\x00\xfe"),
        (2, "paid", False),
        (7, "ratio", None),
    ],
)
def test_a_changed_value_is_found(copied: Shop, number: int, column: str, value: Any) -> None:
    copied.bronze.publish(2, replaced(copied.rows(), number, column, value))
    found = copied.compare()
    assert (found.equal, found.different.count, found.columns) == (False, 1, (column,))


@pytest.mark.parametrize(
    "change",
    [
        "amount = amount + 0.000001",
        "placed = placed + interval '1 microsecond'",
        "local = local + interval '1 millisecond'",
        "day = day + 1",
        "note = NULL",
        "ratio = '-0.0'",
    ],
)
def test_a_change_at_the_source_is_found(shop: Shop, change: str) -> None:
    shop.do("UPDATE orders SET ratio = 0.0 WHERE number = 2")
    shop.bronze.publish(1, shop.rows())
    shop.do(f"UPDATE orders SET {change} WHERE number = 2")
    found = shop.compare()
    assert (found.different.count, found.different.examples) == (1, ("r2 2",))


def test_a_column_of_another_type_is_found(shop: Shop) -> None:
    rows = shop.rows()
    at = rows.schema.get_field_index("day")
    shop.bronze.publish(1, rows.set_column(at, "day", rows["day"].cast(pa.timestamp("us"))))
    found = shop.compare()
    assert not found.equal
    assert found.faults == ("column day is date32[day] at the source, timestamp[us] in the lake",)


def test_a_column_that_only_the_lake_has_is_found(shop: Shop) -> None:
    rows = shop.rows()
    shop.bronze.publish(1, rows.append_column("ghost", pa.nulls(rows.num_rows, pa.int32())))
    assert shop.compare().faults == ("column ghost is in the lake, but not at the source",)


def test_files_from_before_a_column_was_added_hold_null_in_it(copied: Shop) -> None:
    copied.do("ALTER TABLE orders ADD COLUMN late text")
    assert copied.compare().equal
    copied.do("UPDATE orders SET late = 'x' WHERE number = 1")
    assert copied.compare().columns == ("late",)


def test_a_key_that_is_not_unique_at_the_source_is_found(copied: Shop) -> None:
    copied.do("ALTER TABLE orders DROP CONSTRAINT orders_pkey")
    copied.do("INSERT INTO orders SELECT * FROM orders WHERE number = 1")
    assert copied.compare().faults == ("1 keys are there more than once at the source",)


def test_a_table_that_is_not_there_cannot_be_compared(copied: Shop) -> None:
    copied.do("DROP TABLE orders")
    with pytest.raises(NotComparable, match="is not in the database"):
        copied.compare()


def test_a_decimal_too_fine_for_the_lake_cannot_be_compared(shop: Shop) -> None:
    rows = shop.rows()
    at = rows.schema.get_field_index("amount")
    coarse = pa.nulls(rows.num_rows, pa.decimal128(18, 2))
    shop.bronze.publish(1, rows.set_column(at, "amount", coarse))
    with pytest.raises(NotComparable, match="does not fit"):
        shop.compare()
