"""The cursor column of a batch is counted exactly, in the unit of its cursor."""

from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest
from landing_samples import SPEC, plan

from shared.catalog import CursorSpec
from shared.landing.cursor_column import CursorColumn, Range, cursor_column
from shared.loading.cursor import CursorType

MICRO = CursorType(kind="timestamp", step=1_000, zoned=False)
ZONED = CursorType(kind="timestamp", step=1_000, zoned=True)
DATE = CursorType(kind="date", step=1, zoned=False)
INTEGER = CursorType(kind="integer", step=1, zoned=False)
VERSION = CursorType(kind="rowversion", step=1, zoned=False)
TENTHS = CursorType(kind="timestamp", step=100, zoned=False)
DAY = 86_400_000_000


def column(cursor: CursorType, kind: pa.DataType, counts: list[int | None]) -> tuple[Any, Any]:
    width = pa.int32() if kind in (pa.date32(), pa.int32()) else pa.int64()
    values = pa.array(counts, width).cast(kind)
    return CursorColumn(name="no", cursor=cursor), pa.record_batch([values], names=["no"])


@pytest.mark.parametrize(
    ("cursor", "kind", "counts", "position"),
    [
        (MICRO, pa.timestamp("us"), [DAY, DAY + 1, None, DAY + 2], "1970-01-02 00:00:00.000001"),
        (
            ZONED,
            pa.timestamp("us", "UTC"),
            [DAY, DAY + 1, None, DAY + 2],
            "1970-01-02 00:00:00.000001+00",
        ),
        (DATE, pa.date32(), [4, 5, None, 6], "1970-01-06"),
        (INTEGER, pa.int64(), [4, 5, None, 6], "5"),
        (INTEGER, pa.int32(), [4, 5, None, 6], "5"),
        (INTEGER, pa.int64(), [-6, -5, None, -4], "-5"),
    ],
)
def test_rows_above_a_position_are_marked_and_null_is_not_above(
    cursor: CursorType, kind: pa.DataType, counts: list[int | None], position: str
) -> None:
    found, batch = column(cursor, kind, counts)
    assert found.above(batch, position).to_pylist() == [False, False, False, True]


@pytest.mark.parametrize("kind", [pa.int16(), pa.int64()])
def test_a_position_beyond_what_the_column_can_hold_has_all_or_no_value_above_it(
    kind: pa.DataType,
) -> None:
    batch = pa.record_batch([pa.array([4, None], kind)], names=["no"])
    found = CursorColumn(name="no", cursor=INTEGER)
    assert found.above(batch, str(-(2**63) - 1)).to_pylist() == [True, False]
    assert found.above(batch, str(2**63)) is None


def test_versions_are_counted_from_their_bytes() -> None:
    values = [b"\0\0\0\0\0\0\x0f\xa0", b"\0\0\0\0\0\0\x0f\xa1", None, b"\xff" * 8]
    batch = pa.record_batch([pa.array(values, pa.binary(8))], names=["no"])
    found, seen = CursorColumn(name="no", cursor=VERSION), Range()
    assert found.above(batch, "0x0000000000000FA0").to_pylist() == [False, True, False, True]
    found.widen(seen, batch)
    assert (found.text(seen.low), found.text(seen.high)) == (
        "0x0000000000000FA0",
        "0xFFFFFFFFFFFFFFFF",
    )


def test_times_that_land_as_text_keep_all_their_digits() -> None:
    values = ["9999-12-31 23:59:59.9999999", "2026-01-01 00:00:00.0000001", None]
    batch = pa.record_batch([pa.array(values)], names=["no"])
    found, seen = CursorColumn(name="no", cursor=TENTHS), Range()
    assert found.above(batch, values[1]).to_pylist() == [True, False, False]  # type: ignore[arg-type] - a text
    found.widen(seen, batch)
    assert (found.text(seen.low), found.text(seen.high)) == (values[1], values[0])


def test_texts_with_offsets_are_compared_by_the_instants_that_they_name() -> None:
    values = ["2026-01-01 01:00:00.0000000 +02:00", "2026-01-01 00:30:00.0000000 +00:00"]
    batch = pa.record_batch([pa.array(values)], names=["no"])
    found, seen = CursorColumn(name="no", cursor=replace(TENTHS, zoned=True)), Range()
    assert found.above(batch, "2026-01-01 00:00:00+00").to_pylist() == [False, True]
    found.widen(seen, batch)
    assert found.text(seen.low) == "2025-12-31 23:00:00.0000000+00"


def test_a_batch_with_nothing_above_says_so() -> None:
    found, batch = column(INTEGER, pa.int64(), [1, None])
    assert found.above(batch, "1") is None


@pytest.mark.parametrize(
    ("cursor", "kind", "counts", "low", "high"),
    [
        (
            MICRO,
            pa.timestamp("us"),
            [3, None, -1],
            "1969-12-31 23:59:59.999999",
            "1970-01-01 00:00:00.000003",
        ),
        (DATE, pa.date32(), [3, None, -1], "1969-12-31", "1970-01-04"),
        (INTEGER, pa.int64(), [3, None, -1], "-1", "3"),
        (
            MICRO,
            pa.timestamp("us"),
            [9_223_371_244_800_000_000],
            "294247-01-01 00:00:00.000000",
            "294247-01-01 00:00:00.000000",
        ),
    ],
)
def test_a_range_is_written_as_the_source_would(
    cursor: CursorType, kind: pa.DataType, counts: list[int | None], low: str, high: str
) -> None:
    found, batch = column(cursor, kind, counts)
    seen = Range()
    found.widen(seen, batch)
    assert (found.text(seen.low), found.text(seen.high)) == (low, high)


def test_a_range_grows_over_batches_and_nulls_leave_it() -> None:
    seen = Range()
    for counts in ([5], [None, None], [], [7], [2]):
        found, batch = column(INTEGER, pa.int64(), counts)
        found.widen(seen, batch)
    assert (seen.low, seen.high) == (2, 7)


def test_a_range_of_nothing_has_no_text() -> None:
    found, _ = column(INTEGER, pa.int64(), [])
    assert found.text(Range().low) is None


def test_an_integer_cursor_may_be_a_decimal_of_38_digits() -> None:
    found = CursorColumn(name="no", cursor=INTEGER)
    values = pa.array([10**30, 10**30 + 1, None], pa.decimal128(38, 0))
    batch = pa.record_batch([values], names=["no"])
    seen = Range()
    found.widen(seen, batch)
    assert found.text(seen.high) == str(10**30 + 1)
    above = found.above(batch, str(10**30))
    assert above is not None
    assert above.to_pylist() == [False, True, False]


def test_a_table_without_a_cursor_has_no_cursor_column() -> None:
    spec = replace(SPEC, cursor=CursorSpec(kind="none", column=None))
    assert cursor_column(plan(cursor=None, spec=spec)) is None
    assert cursor_column(plan()) is not None
