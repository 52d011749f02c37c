"""Masked columns: what lands is the mask of the value and nothing else, and NULL stays NULL."""

import hmac
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from traceback import format_exception
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from landing_samples import SPEC

from shared.catalog import ColumnSpec, MaskSpec
from shared.landing.calendar import floor_days
from shared.landing.discretion import discreet
from shared.landing.masking import MASK, Masking, masking_of
from shared.loading.errors import (
    MaskKeyMissing,
    MaskUnfit,
    QueryRefused,
    TableMissing,
    Unexpected,
    ValueUnsupported,
)
from shared.loading.masks import MaskKey, mask_key, tell_mask

SECRET = "a key of more than thirty-two characters"
KEY = MaskKey(secret=SECRET.encode())
HASHED = MaskSpec(how="sha256")
REDACTED = MaskSpec(how="redact")
MASKS = (HASHED, REDACTED)
SECRET_SPEC = replace(SPEC, columns=ColumnSpec(mask=(("v", HASHED),)))


def cut(length: int) -> MaskSpec:
    return MaskSpec(how="truncate", length=length)


def masking(array: pa.Array, mask: MaskSpec, key: MaskKey | None = KEY) -> Masking:
    spec = replace(SPEC, columns=ColumnSpec(mask=(("v", mask),)))
    return masking_of(spec, pa.schema([("v", array.type)]), key)


def masked(array: pa.Array, mask: MaskSpec) -> list[Any]:
    made = masking(array, mask).mask(pa.record_batch({"v": array}))
    assert made.schema.field("v").metadata[MASK].decode() == tell_mask(mask, KEY)
    return made.column("v").to_pylist()


def hashed(value: bytes) -> str:
    return hmac.new(SECRET.encode(), value, "sha256").hexdigest()


@pytest.mark.parametrize(
    ("array", "text"),
    [
        (pa.array(["a@b.c", None, "", "a@b.c"]), [b"a@b.c", None, b"", b"a@b.c"]),
        (pa.array(["zürich \U0001f600"]), ["zürich \U0001f600".encode()]),
        (pa.array([b"\x00\xff"], pa.binary()), [b"\x00\xff"]),
        (pa.array([7, -7, None], pa.int16()), [b"7", b"-7", None]),
        (pa.array([Decimal("1.50")], pa.decimal128(5, 2)), [b"150"]),
        (pa.array([date(1970, 1, 2)], pa.date32()), [b"1"]),
        (pa.array([datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)], pa.timestamp("us")), [b"1000000"]),
        (pa.array([True, False]), [b"1", b"0"]),
        (pa.array([], pa.string()), []),
    ],
)
def test_a_hash_is_that_of_the_value_by_the_key(array: pa.Array, text: list[bytes | None]) -> None:
    wanted = [None if value is None else hashed(value) for value in text]
    assert masked(array, HASHED) == wanted
    assert masked(array.slice(min(1, len(array))), HASHED) == wanted[1:]


@given(st.lists(st.none() | st.text(), max_size=20), st.sampled_from([*MASKS, cut(3)]))
def test_null_alone_stays_null_and_nothing_else_shows(
    values: list[str | None], mask: MaskSpec
) -> None:
    array = pa.array(values, pa.string())
    made = masked(array, mask)
    assert [value is None for value in made] == [value is None for value in values]
    if mask.how == "truncate":
        assert made == [None if value is None else value[:3] for value in values]
    if mask.how == "redact":
        assert set(made) <= {None, "redacted"}


@pytest.mark.parametrize("kind", [pa.int64(), pa.bool_(), pa.binary(), pa.timestamp("us", "UTC")])
def test_another_type_is_redacted_to_text(kind: pa.DataType) -> None:
    array = pa.array([b"x" if kind == pa.binary() else 1, None]).cast(kind)
    assert masked(array, REDACTED) == ["redacted", None]


@given(st.dates(), st.sampled_from(["year", "month", "day"]))
def test_a_date_keeps_its_year_or_month(day: date, unit: Any) -> None:
    wanted = {"year": day.replace(month=1, day=1), "month": day.replace(day=1), "day": day}[unit]
    assert masked(pa.array([day, None]), MaskSpec(how="truncate", unit=unit)) == [wanted, None]


@given(
    st.datetimes(), st.sampled_from(["year", "month", "day"]), st.sampled_from(["s", "ms", "us"])
)
def test_a_timestamp_keeps_its_year_or_month(moment: datetime, unit: Any, step: Any) -> None:
    array = pa.array([moment.replace(microsecond=0)], pa.timestamp(step, "UTC"))
    day = moment.date()
    day = {"year": day.replace(month=1, day=1), "month": day.replace(day=1), "day": day}[unit]
    [made] = masked(array, MaskSpec(how="truncate", unit=unit))
    assert made == datetime(day.year, day.month, day.day, tzinfo=UTC)


@pytest.mark.parametrize("days", [-2_440_588, 2_145_031_948, -719_163, 0])
def test_days_beyond_pythons_calendar_are_floored_too(days: int) -> None:
    column = pa.array([days], pa.int32()).view(pa.date32())
    for unit, most in (("year", 366), ("month", 31)):
        [first] = floor_days(column, unit).view(pa.int32()).to_pylist()  # pyright: ignore[reportArgumentType]
        assert 0 <= days - first < most
        again = floor_days(pa.array([first - 1, first], pa.int32()).view(pa.date32()), unit)  # pyright: ignore[reportArgumentType]
        before, same = again.view(pa.int32()).to_pylist()
        assert (before < first, same) == (True, first)


@pytest.mark.parametrize(
    ("kind", "mask"),
    [
        (pa.int64(), cut(2)),
        (pa.date32(), cut(2)),
        (pa.string(), MaskSpec(how="truncate", unit="year")),
        (pa.time64("us"), MaskSpec(how="truncate", unit="day")),
    ],
)
def test_a_mask_that_does_not_fit_is_refused_by_name(kind: pa.DataType, mask: MaskSpec) -> None:
    with pytest.raises(MaskUnfit, match="column v lands as"):
        masking(pa.array([], kind), mask)


def test_without_a_key_nothing_is_hashed() -> None:
    with pytest.raises(MaskKeyMissing):
        masking(pa.array(["a"]), HASHED, None)
    with pytest.raises(MaskKeyMissing, match="MASK has 5 characters"):
        mask_key("short", "MASK")


def test_a_key_is_never_shown_and_its_mark_changes_with_it() -> None:
    other = MaskKey(secret=SECRET.encode() + b"!")
    assert SECRET not in repr(KEY)
    assert KEY.mark != other.mark
    assert tell_mask(HASHED, KEY) == f"sha256 {KEY.mark}"


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (QueryRefused('invalid: "a@b.c" (SQLSTATE 22P02)'), "(SQLSTATE 22P02)"),
        (ValueUnsupported("column v: a@b.c does not fit"), "column v:"),
        (pa.ArrowInvalid("could not convert a@b.c"), "ArrowInvalid"),
    ],
)
def test_errors_do_not_repeat_what_was_said_of_masked_columns(error: Exception, told: str) -> None:
    refused = (QueryRefused, ValueUnsupported, Unexpected)
    with pytest.raises(refused) as raised, discreet(SECRET_SPEC):
        raise error
    assert "a@b.c" not in str(raised.value)
    assert told in str(raised.value)
    assert "a@b.c" not in "".join(format_exception(raised.value))


@pytest.mark.parametrize(
    "error", [TableMissing("crm.users is gone"), ValueUnsupported("column w: infinity is none")]
)
def test_errors_that_tell_of_no_masked_value_stay_as_they_are(error: Exception) -> None:
    with pytest.raises(type(error), match=str(error)), discreet(SECRET_SPEC):
        raise error
