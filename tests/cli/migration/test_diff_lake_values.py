"""When two values of two lakes are equal."""

import math
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from lake_samples import Lakes

NAN = math.nan
MOMENT = datetime(2025, 10, 7, 12, 34, 56, 126_000)  # noqa: DTZ001 - the column has no zone
LONG_AGO = MOMENT.replace(year=1066)
FINE = MOMENT.replace(microsecond=126_667)


def compare(tmp_path: Path, old: tuple[pa.DataType, Any], new: tuple[pa.DataType, Any]) -> Any:
    """Compare one value of each side, each in its own type."""
    lakes = Lakes(root=tmp_path)
    lakes.describe("{kind: none}")
    schemas = [pa.schema({"id": pa.int64(), "v": kind}) for kind, _ in (old, new)]
    path = lakes.extract([], time="20251007123456", schema=schemas[0])
    # Not INT96 here: it has no units.
    pq.write_table(pa.Table.from_pylist([{"id": 1, "v": old[1]}], schema=schemas[0]), path)
    lakes.publish([{"id": 1, "v": new[1]}], number=1, schema=schemas[1])
    return lakes.compare()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ((pa.int32(), 7), (pa.int64(), 7)),
        ((pa.int16(), -7), (pa.decimal128(9, 2), Decimal("-7.00"))),
        ((pa.uint64(), 2**64 - 1), (pa.decimal128(38, 4), Decimal(2**64 - 1))),
        ((pa.decimal128(18, 2), Decimal("1.50")), (pa.decimal128(38, 10), Decimal("1.5"))),
        ((pa.decimal128(38, 0), Decimal("9" * 38)), (pa.decimal256(60, 20), Decimal("9" * 38))),
        ((pa.float64(), NAN), (pa.float64(), NAN)),
        ((pa.float64(), NAN), (pa.float64(), -NAN)),
        ((pa.float64(), 0.1), (pa.float64(), 0.1)),
        ((pa.float32(), 0.5), (pa.float64(), 0.5)),
        ((pa.string(), "Größe "), (pa.large_string(), "Größe ")),
        ((pa.dictionary(pa.int32(), pa.string()), "x"), (pa.string(), "x")),
        ((pa.binary(), b"\0\1"), (pa.large_binary(), b"\0\1")),
        ((pa.bool_(), True), (pa.bool_(), True)),
        ((pa.timestamp("us"), MOMENT), (pa.timestamp("ms"), MOMENT)),
        ((pa.timestamp("us"), FINE), (pa.timestamp("ms"), MOMENT)),
        ((pa.timestamp("us"), MOMENT), (pa.timestamp("us", "UTC"), MOMENT.replace(tzinfo=UTC))),
        ((pa.timestamp("ms"), datetime(2025, 10, 7)), (pa.date32(), date(2025, 10, 7))),  # noqa: DTZ001
        ((pa.timestamp("us"), LONG_AGO), (pa.timestamp("ms"), LONG_AGO)),
        ((pa.time32("ms"), time(1, 2, 3)), (pa.time64("us"), time(1, 2, 3, 4))),
        ((pa.null(), None), (pa.string(), None)),
        ((pa.string(), None), (pa.large_string(), None)),
    ],
)
def test_equal_values_of_different_types_are_equal(
    tmp_path: Path, old: tuple[pa.DataType, Any], new: tuple[pa.DataType, Any]
) -> None:
    assert compare(tmp_path, old, new)["equal"] is True


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ((pa.int32(), 7), (pa.int64(), 8)),
        ((pa.decimal128(18, 2), Decimal("1.50")), (pa.decimal128(38, 10), Decimal("1.5000000001"))),
        ((pa.float64(), 0.0), (pa.float64(), -0.0)),
        ((pa.float64(), NAN), (pa.float64(), None)),
        ((pa.float32(), 0.1), (pa.float64(), 0.1)),
        ((pa.string(), "a"), (pa.string(), "a ")),
        ((pa.string(), "é"), (pa.string(), "e\u0301")),
        ((pa.string(), ""), (pa.string(), None)),
        ((pa.timestamp("us"), FINE), (pa.timestamp("us"), MOMENT)),
        ((pa.timestamp("ms"), MOMENT), (pa.date32(), date(2025, 10, 7))),
        ((pa.int32(), 1), (pa.bool_(), True)),
        ((pa.string(), "1"), (pa.int32(), 1)),
        ((pa.string(), "1"), (pa.float64(), 1.0)),
        ((pa.list_(pa.int32()), [1]), (pa.list_(pa.int32()), [1])),
    ],
)
def test_other_values_and_values_of_foreign_types_are_not(
    tmp_path: Path, old: tuple[pa.DataType, Any], new: tuple[pa.DataType, Any]
) -> None:
    assert compare(tmp_path, old, new)["equal"] is False


def test_how_types_were_matched_is_told(tmp_path: Path) -> None:
    report = compare(
        tmp_path,
        (pa.timestamp("us"), FINE),
        (pa.timestamp("ms", "UTC"), MOMENT.replace(tzinfo=UTC)),
    )
    assert report["columns"]["matched"] == [
        {
            "column": "v",
            "old": ["timestamp[us]"],
            "new": ["timestamp[ms, tz=UTC]"],
            "compared_as": "timestamp[ms]",
            "how": "to the ms, without a zone taken for UTC",
        }
    ]


def test_types_that_cannot_be_equal_are_told(tmp_path: Path) -> None:
    report = compare(tmp_path, (pa.string(), "1"), (pa.int32(), 1))
    [told] = report["columns"]["matched"]
    assert (told["column"], told["compared_as"]) == ("v", None)


def test_a_key_may_have_another_type_on_each_side(tmp_path: Path) -> None:
    lakes = Lakes(root=tmp_path)
    lakes.describe("{kind: none}")
    narrow = pa.schema({"id": pa.int32(), "v": pa.string()})
    wide = pa.schema({"id": pa.decimal128(20, 0), "v": pa.string()})
    lakes.extract([{"id": 7, "v": "x"}], time="20251007123456", schema=narrow)
    lakes.publish([{"id": Decimal(7), "v": "x"}], number=1, schema=wide)
    assert lakes.counts()["equal"] == 1
