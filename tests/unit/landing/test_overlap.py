"""Digests tell rows apart by every bit of every value, and by nothing else."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from shared.landing.overlap import DIGEST, digest_rows, pack, unpack

DAY = datetime(2026, 1, 1, 12, 0, 0, 1)  # noqa: DTZ001 - zoneless on purpose

# Every type that the PostgreSQL adapter lands, with values that a careless digest takes for one.
VALUES: list[tuple[pa.DataType, list[Any]]] = [
    (pa.bool_(), [True, False]),
    (pa.int16(), [0, 1, -1, 2**15 - 1]),
    (pa.int32(), [0, 1, -1, 10]),
    (pa.int64(), [0, 2**63 - 1, -(2**63)]),
    (pa.float32(), [0.0, -0.0, 1.5, float("nan"), float("inf")]),
    (pa.float64(), [0.0, -0.0, 0.1, 0.1 + 2**-56, float("nan"), float("inf"), float("-inf")]),
    (pa.string(), ["", " ", "a", "A", "a ", "-", "0", "\x00", "é", "e\u0301"]),
    (pa.binary(), [b"", b"\x00", b"\x00\x00", b"\xff", b"-"]),
    (pa.date32(), [date(1970, 1, 1), date(1969, 12, 31), date(9999, 12, 31)]),
    (pa.time64("us"), [time(0), time(0, 0, 0, 1), time(23, 59, 59, 999_999)]),
    (pa.timestamp("us"), [DAY, DAY.replace(microsecond=2), datetime(1, 1, 1)]),  # noqa: DTZ001 - zoneless on purpose
    (pa.timestamp("us", "UTC"), [DAY.replace(tzinfo=UTC), datetime(1970, 1, 1, tzinfo=UTC)]),
    (pa.decimal128(38, 6), [Decimal("0.000001"), Decimal("-0.000001"), Decimal(10**31)]),
    (pa.decimal256(76, 2), [Decimal("0.01"), Decimal(10**73), Decimal(0)]),
]


def digests(*columns: pa.Array) -> list[bytes]:
    names = [f"c{number}" for number in range(len(columns))]
    return digest_rows(pa.RecordBatch.from_arrays(list(columns), names=names))


@pytest.mark.parametrize(("kind", "values"), VALUES, ids=lambda value: str(value)[:20])
def test_different_values_have_different_digests(kind: pa.DataType, values: list[Any]) -> None:
    found = digests(pa.array([*values, None], kind))
    assert len(set(found)) == len(values) + 1
    assert {len(digest) for digest in found} == {DIGEST}


@pytest.mark.parametrize(("kind", "values"), VALUES, ids=lambda value: str(value)[:20])
def test_a_value_has_one_digest_wherever_it_stands(kind: pa.DataType, values: list[Any]) -> None:
    rows = [None, *values, None]
    whole = pa.array(rows, kind)
    alone = [digests(pa.array([value], kind))[0] for value in rows]
    assert digests(whole) == alone
    assert digests(whole.slice(1)) == alone[1:]
    assert digests(whole.slice(1, len(values))) == alone[1:-1]


def test_nan_is_the_same_as_nan() -> None:
    first, second = digests(pa.array([float("nan")] * 2, pa.float64()))
    assert first == second


def test_neighbours_are_kept_apart() -> None:
    rows = digests(pa.array(["ab", "a", "", "abc"]), pa.array(["c", "bc", "abc", ""]))
    assert len(set(rows)) == 4


def test_separators_in_values_do_not_pretend_to_be_columns() -> None:
    rows = digests(pa.array(["1|a|1", "1", "-", None]), pa.array(["b", "a|1|b", None, "-"]))
    assert len(set(rows)) == 4


def test_null_is_not_the_empty_text_in_any_column() -> None:
    rows = digests(pa.array(["", None, "", None]), pa.array(["", "", None, None]))
    assert len(set(rows)) == 4


def test_columns_in_another_order_are_another_row() -> None:
    first, second = pa.array(["x"]), pa.array(["y"])
    assert digests(first, second) != digests(second, first)


def test_digests_are_packed_and_unpacked_whole() -> None:
    found = frozenset(digests(pa.array(range(1_000))))
    assert unpack(pack(found)) == found
    assert pack(found) == pack(sorted(found, reverse=True))
    assert unpack(b"") == frozenset()


def test_a_batch_without_rows_has_no_digest() -> None:
    assert digests(pa.array([], pa.string())) == []
