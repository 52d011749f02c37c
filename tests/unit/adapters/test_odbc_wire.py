"""What is fetched becomes Arrow value for value, and what would change is refused by name."""

# ruff: noqa: DTZ001 - columns without a zone hold times without one

import struct
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from shared.adapters.odbc.rawtimes import text_of
from shared.adapters.odbc.wire import array_of, cast_array, fetched
from shared.loading.errors import SchemaDrifted, ValueUnsupported


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1.5], pa.int64()),
        ([Decimal("1.5")], pa.int64()),
        (["1"], pa.int64()),
        ([300], pa.int8()),
        ([2], pa.bool_()),
        ([-1], pa.bool_()),
        ([datetime(2024, 1, 1, 5)], pa.date32()),
        ([date(2024, 1, 1)], pa.timestamp("us")),
        ([5], pa.timestamp("us")),
        ([datetime(2024, 1, 1, tzinfo=UTC)], pa.timestamp("us")),
        ([Decimal("1.25")], pa.decimal128(5, 1)),
        ([Decimal(12345)], pa.decimal128(5, 1)),
        ([Decimal("NaN")], pa.decimal128(5, 1)),
        ([1.5], pa.decimal128(5, 1)),
        (["a"], pa.binary()),
        ([b"a"], pa.string()),
        (["\ud800"], pa.string()),
        ([1e300], pa.float32()),
        ([None, time(1)], pa.int64()),
    ],
    ids=str,
)
def test_an_object_that_would_change_is_refused_by_column(
    values: list[Any], kind: pa.DataType
) -> None:
    with pytest.raises(ValueUnsupported, match="column v"):
        array_of(values, pa.field("v", kind))


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([True, None, False], pa.bool_()),
        ([-128, None], pa.int8()),
        ([float("inf"), float("-inf"), None], pa.float32()),
        ([Decimal("1.20"), None], pa.decimal128(5, 2)),
        ([date(1, 1, 1), None], pa.date32()),
        ([datetime(9999, 12, 31, 23, 59, 59, 999999), None], pa.timestamp("us")),
        ([time(23, 59, 59, 999999), None], pa.time64("us")),
        (["", "😀", None], pa.string()),
        ([b"", b"\x00", None], pa.binary()),
        ([None], pa.string()),
    ],
    ids=str,
)
def test_an_object_that_fits_is_kept(values: list[Any], kind: pa.DataType) -> None:
    assert array_of(values, pa.field("v", kind)).to_pylist() == values


def test_a_bit_may_come_as_a_number() -> None:
    assert array_of([1, 0, None], pa.field("v", pa.bool_())).to_pylist() == [True, False, None]


@pytest.mark.parametrize(
    ("inferred", "wire", "as_what"),
    [
        # On one that is none arrow-odbc ends the process.
        (pa.time64("us"), pa.time64("us"), pa.string()),
        (pa.timestamp("ns"), pa.timestamp("us"), pa.string()),
        (pa.date32(), pa.date32(), pa.string()),
        (pa.binary(2), pa.binary(2), pa.binary()),
        # It reads NaN as 0.
        (pa.decimal128(9, 2), pa.decimal128(9, 2), pa.string()),
        # A driver may describe a double as a float.
        (pa.float32(), pa.float64(), pa.float64()),
        # MariaDB's gives a BIT as NULL.
        (pa.bool_(), pa.bool_(), pa.int64()),
        (pa.int32(), pa.int64(), pa.int64()),
        (pa.string(), pa.decimal128(9, 2), pa.string()),
    ],
    ids=str,
)
def test_blocks_are_fetched_in_types_that_arrow_odbc_reads_right(
    inferred: pa.DataType, wire: pa.DataType, as_what: pa.DataType
) -> None:
    got = fetched(pa.schema([("x", inferred)]), pa.schema([("v", wire)]))
    assert got == pa.schema([("v", as_what)])


@pytest.mark.parametrize(
    ("inferred", "wire"),
    [
        (pa.float64(), pa.int64()),
        (pa.float64(), pa.decimal128(9, 2)),
        (pa.int64(), pa.float64()),
        (pa.int64(), pa.string()),
        (pa.int64(), pa.timestamp("us")),
        (pa.binary(), pa.string()),
        (pa.string(), pa.binary()),
        (pa.string(), pa.bool_()),
    ],
    ids=str,
)
def test_a_column_of_another_kind_is_drift(inferred: pa.DataType, wire: pa.DataType) -> None:
    with pytest.raises(SchemaDrifted, match="column v"):
        fetched(pa.schema([("v", inferred)]), pa.schema([("v", wire)]))


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        (
            "2024-02-29 23:59:59.123456",
            pa.timestamp("us"),
            datetime(2024, 2, 29, 23, 59, 59, 123456),
        ),
        ("2024-02-29 23:59:59", pa.timestamp("us"), datetime(2024, 2, 29, 23, 59, 59)),
        ("2024-02-29", pa.date32(), date(2024, 2, 29)),
        ("23:59:59.5", pa.time64("us"), time(23, 59, 59, 500000)),
        ("-1.50", pa.decimal128(5, 2), Decimal("-1.50")),
    ],
)
def test_a_text_is_read_as_what_it_says(text: str, kind: pa.DataType, value: object) -> None:
    array = cast_array(pa.array([text, None]), pa.field("v", kind))
    assert (array.type, array.to_pylist()) == (kind, [value, None])


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("0000-00-00", pa.date32()),
        ("2024-02-30", pa.date32()),
        ("10000-01-01", pa.date32()),
        ("2024-01-01 00:00:00.1234567", pa.timestamp("us")),
        ("0000-00-00 00:00:00", pa.timestamp("us")),
        ("10000-01-01 00:00:00", pa.timestamp("us")),
        ("2024-01-01 01:02", pa.timestamp("us")),
        ("2024-01-01", pa.timestamp("us")),
        ("24:00:00", pa.time64("us")),
        ("-01:00:0", pa.time64("us")),
        ("-01:00:00", pa.time64("us")),
        ("01:00", pa.time64("us")),
        ("NaN", pa.decimal128(5, 2)),
        ("1.234", pa.decimal128(5, 2)),
        ("1.5", pa.int64()),
    ],
)
def test_a_text_that_says_something_else_is_refused(text: str, kind: pa.DataType) -> None:
    with pytest.raises(ValueUnsupported, match="column v"):
        cast_array(pa.array([text]), pa.field("v", kind))


@pytest.mark.parametrize(
    ("code", "raw", "text"),
    [
        (91, struct.pack("=hHH", 2024, 2, 29), "2024-02-29"),
        (91, b"0000-00-00", "0000-00-00"),
        (92, struct.pack("=HHH", 23, 59, 58), "23:59:58"),
        (92, b"23:59:59.123456", "23:59:59.123456"),
        (93, struct.pack("=hHHHHHI", 2024, 2, 29, 1, 2, 3, 4000), "2024-02-29 01:02:03.000004"),
        (93, struct.pack("=hHHHHHI", -44, 3, 15, 0, 0, 0, 0), "-044-03-15 00:00:00"),
        (93, struct.pack("=hHHHHHI", 2024, 2, 29, 1, 2, 3, 1), "2024-02-29 01:02:03.000000001"),
        (93, b"2024-02-29 01:02:03", "2024-02-29 01:02:03"),
        (93, None, None),
    ],
)
def test_raw_times_become_their_text(code: int, raw: bytes | None, text: str | None) -> None:
    assert text_of(code)(raw) == text
