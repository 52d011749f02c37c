"""Any table that PostgreSQL can hold, of the types that the reference page publishes."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from hypothesis import strategies as st

# PostgreSQL's first day, and the last on which a timestamp can lie, counted from 1970-01-01.
FIRST_DAY, LAST_DAY = -2_440_588, 106_751_991 + 10_800
LAST_DATE = 2_145_031_948
DAY = 86_400_000_000
LONG = 20_000

Sql = st.SearchStrategy[str]


@dataclass(frozen=True, slots=True)
class Column:
    """A column's type, and its values as SQL."""

    declared: str
    values: tuple[str, ...]


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


# Surrogates and NUL are no text; what SQL, CSV and ODBC give a meaning to comes often.
_characters = st.one_of(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
    st.sampled_from("\"'\\,;(){}\n\r\t ?$%e\u00e9\U0001f600"),
)
_short = st.text(_characters, max_size=8)
_any_text = st.one_of(
    _short,
    st.builds(lambda text, times: text * times, _short, st.integers(0, LONG // 8)),
    # As long as a piece of a line on the wire, more or less.
    st.integers(3960, 4040).map(lambda length: "x" * length),
)


def _floats(width: int) -> Sql:
    return st.floats(width=width).map(lambda value: quoted(str(value)))


def _numerics(precision: int, scale: int) -> Sql:
    most = 10**precision - 1
    return st.integers(-most, most).map(lambda digits: f"{digits}e{-scale}::numeric")


def _arrays(element: str, values: Sql) -> Sql:
    some = st.lists(st.one_of(values, st.just("NULL")), max_size=4)
    return some.map(lambda each: f"ARRAY[{', '.join(each)}]::{element}[]")


_integers = {
    "smallint": st.integers(-(2**15), 2**15 - 1),
    "integer": st.integers(-(2**31), 2**31 - 1),
    "bigint": st.integers(-(2**63), 2**63 - 1),
}
_texts = _any_text.map(quoted)
_dates = st.integers(FIRST_DAY, LAST_DATE).map(lambda day: f"date '1970-01-01' + ({day})")
_infinities = st.sampled_from(["'infinity'", "'-infinity'"])
_times = st.integers(0, DAY - 1).map(lambda us: f"time '00:00' + interval '{us} microseconds'")
_timestamps = st.builds(
    lambda day, us: f"(date '1970-01-01' + ({day}))::timestamp + interval '{us} microseconds'",
    st.integers(FIRST_DAY, LAST_DAY),
    st.integers(0, DAY - 1),
)
_intervals = st.builds(
    lambda months, days, us: f"'{months} mons {days} days {us} microseconds'::interval",
    st.integers(-100_000, 100_000),
    st.integers(-100_000, 100_000),
    st.integers(-(10**15), 10**15),
)
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | _short,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_short, inner, max_size=3),
    max_leaves=6,
).map(lambda value: quoted(json.dumps(value)))
_bits = st.text("01", max_size=70).map(lambda bits: f"B'{bits}'")
_bytes = st.one_of(st.binary(max_size=40), st.integers(0, 9000).map(lambda size: b"\xff\0" * size))

_TYPES: dict[str, Sql] = {
    **{name: values.map(lambda value: f"'{value}'") for name, values in _integers.items()},
    "real": _floats(32),
    "double precision": _floats(64),
    "numeric(18,6)": st.one_of(_numerics(18, 6), st.just("'NaN'")),
    "numeric(38,0)": _numerics(38, 0),
    "numeric(2,-3)": st.integers(-99, 99).map(lambda digits: f"{digits}000"),
    "numeric(2,4)": _numerics(2, 4),
    "numeric(60,20)": _numerics(60, 20),
    "numeric": st.one_of(_numerics(120, 40), st.just("'NaN'")),
    "money": st.integers(-(2**62), 2**62).map(lambda cents: f"({cents}::numeric / 100)::money"),
    "boolean": st.sampled_from(["true", "false"]),
    "text": _texts,
    "varchar": _texts,
    "varchar(5)": st.text(_characters, max_size=5).map(quoted),
    "char(5)": st.text(_characters, max_size=5).map(quoted),
    "name": st.text(st.characters(codec="ascii", exclude_characters="\0"), max_size=63).map(quoted),
    "uuid": st.uuids().map(lambda value: quoted(str(value))),
    "bytea": _bytes.map(lambda value: f"'\\x{value.hex()}'::bytea"),
    "date": st.one_of(_dates, _infinities),
    "time": st.one_of(_times, st.just("'24:00:00'")),
    "timetz": _times.map(lambda time: f"({time})::timetz"),
    "timestamp": st.one_of(_timestamps, _infinities),
    "timestamptz": st.one_of(
        _timestamps.map(lambda value: f"({value}) AT TIME ZONE 'UTC'"), _infinities
    ),
    "interval": _intervals,
    "json": _json,
    "jsonb": _json,
    "bit varying": _bits,
    "inet": st.ip_addresses().map(lambda address: quoted(str(address))),
    "int4range": st.integers(0, 9).map(lambda low: f"int4range({low}, {low} + 5)"),
    "integer[]": _arrays("integer", st.integers(-9, 9).map(str)),
    "text[]": _arrays("text", _short.map(quoted)),
    "float8[]": _arrays("float8", _floats(64)),
    "bytea[]": _arrays("bytea", _bytes.map(lambda value: f"'\\x{value.hex()}'::bytea")),
}


@st.composite
def tables(draw: Callable[..., object]) -> list[Column]:
    """Some columns of any types, all with as many values."""
    names = st.sampled_from(sorted(_TYPES))
    declared = draw(st.lists(names, min_size=1, max_size=5))
    size = draw(st.integers(0, 6))
    assert isinstance(declared, list)

    def column(name: str) -> Column:
        values = st.one_of(st.just("NULL"), _TYPES[name], _TYPES[name], _TYPES[name])
        return Column(name, tuple(draw(st.lists(values, min_size=size, max_size=size))))  # type: ignore[arg-type]

    return [column(name) for name in declared]
