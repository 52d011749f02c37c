"""The canonical text of a row is the one that the documents give, and its hash is the MD5 of it."""

import hashlib
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from shared.landing.row_hash import hash_rows, sum_hashes, write_rows

NAN = "7ff8000000000000"
WRITTEN: list[tuple[pa.DataType, Any, str]] = [
    (pa.int16(), -1, "-1"),
    (pa.int64(), 2**63 - 1, "9223372036854775807"),
    (pa.bool_(), True, "1"),
    (pa.bool_(), False, "0"),
    (pa.decimal128(18, 6), Decimal("-0.000001"), "-1"),
    (pa.decimal128(18, 6), Decimal("1.5"), "1500000"),
    (pa.decimal128(38, 0), Decimal(10**37), "1" + "0" * 37),
    (pa.decimal256(76, 70), Decimal("1e-70"), "1"),
    (pa.date32(), date(1969, 12, 31), "-1"),
    (pa.time64("us"), time(0, 0, 1, 1), "1000001"),
    (pa.timestamp("us"), datetime(1970, 1, 1, 0, 0, 1, 1), "1000001"),  # noqa: DTZ001 - zoneless on purpose
    (pa.timestamp("us", "UTC"), datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC), "-1000000"),
    (pa.float64(), 0.0, "0000000000000000"),
    (pa.float64(), -0.0, "8000000000000000"),
    (pa.float64(), 1.0, "3ff0000000000000"),
    (pa.float64(), float("nan"), NAN),
    (pa.float32(), 1.0, "3ff0000000000000"),
    (pa.float32(), -float("nan"), NAN),
    (pa.string(), "", "0:"),
    (pa.string(), "-", "1:-"),
    (pa.string(), "a,é", "4:a,é"),
    (pa.binary(), b"", ""),
    (pa.binary(), b"\x00\xff", "00ff"),
    (pa.binary(2), b"\x00\xff", "00ff"),
]


def batch(*columns: pa.Array) -> pa.RecordBatch:
    names = [f"c{number}" for number in range(len(columns))]
    return pa.RecordBatch.from_arrays(list(columns), names=names)


@pytest.mark.parametrize(("kind", "value", "text"), WRITTEN, ids=lambda each: str(each)[:20])
def test_a_value_is_written_as_documented_wherever_it_stands(
    kind: pa.DataType, value: Any, text: str
) -> None:
    column = pa.array([None, value, None, value], kind)
    assert write_rows(batch(column)) == [b"-", text.encode(), b"-", text.encode()]
    assert write_rows(batch(column.slice(1, 2))) == [text.encode(), b"-"]


def test_values_are_joined_by_commas() -> None:
    rows = write_rows(batch(pa.array([1, None]), pa.array(["x", None]), pa.array([b"x", b""])))
    assert rows == [b"1,1:x,78", b"-,-,"]


def test_a_hash_is_the_md5_of_the_text() -> None:
    [found] = hash_rows(batch(pa.array([1]), pa.array(["x"])))
    assert found == hashlib.md5(b"1,1:x").digest()  # noqa: S324 - no secret
    assert sum_hashes([found, found]) == 2 * int.from_bytes(found[:8], "big", signed=True)


def test_a_type_that_never_lands_has_no_text() -> None:
    with pytest.raises(TypeError, match="duration"):
        write_rows(batch(pa.array([1], pa.duration("us"))))
