"""Any table that PostgreSQL can hold, odd names and types of its own included, and how it is loaded."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from hypothesis import strategies as st

from shared.catalog.spec import CursorKind, Future
from tests.contracts.odbc.postgresql_values import _TYPES as USUAL
from tests.contracts.odbc.postgresql_values import Sql, quoted

# Types of a user's own, each with what it is made of. Made once, in a schema of a name that needs quotes.
OWN = '"Own Types"'
TYPES = f"""
CREATE SCHEMA {OWN};
SET search_path = {OWN};
CREATE TYPE mood AS ENUM ('sad', 'it''s "ok"', 'größer, 好', '');
CREATE DOMAIN "Weight" AS numeric(9, 3);
CREATE DOMAIN heavier AS "Weight" CHECK (value >= 0);
CREATE DOMAIN label AS varchar(5);
CREATE DOMAIN fee AS money;
CREATE DOMAIN place AS regclass;
CREATE DOMAIN numbers AS integer[];
CREATE TYPE pair AS (a int, "b B" text);
CREATE TYPE deal AS (id int, at timestamptz, raw bytea, took interval);
CREATE TYPE priced AS (id int, price money);
CREATE TYPE seated AS (id int, at regclass);
CREATE TYPE nested AS (inner_one priced);
CREATE DOMAIN sold AS priced;
CREATE TYPE floats AS RANGE (subtype = float8, subtype_diff = float8mi);
CREATE TYPE prices AS RANGE (subtype = money);
RESET search_path;
"""

_money = st.sampled_from(["'1.50'", "'-0.01'", "'92233720368547758.07'"])
_row = st.builds(
    lambda number, text: f"ROW({number}, {quoted(text)})",
    st.integers(-9, 9),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6),
)
_moods = st.sampled_from(["'sad'", "'it''s \"ok\"'", "'größer, 好'", "''"])
# Whatever lands as the server's own text.
_TEXTUAL: dict[str, Sql] = {
    "char(1)": st.sampled_from(["''", "' '", "'é'"]),
    '"char"': st.sampled_from(["''", "'a'", "'\"'"]),
    "jsonb[]": st.sampled_from(['ARRAY[\'{"a": "}\\""}\'::jsonb]', "'{}'"]),
    "bit(3)": st.sampled_from(["B'101'", "B'000'"]),
    "cidr": st.sampled_from(["'10.0.0.0/8'", "'::/0'"]),
    "macaddr": st.just("'08:00:2b:01:02:03'"),
    "numrange": st.sampled_from(["'empty'", "'[1.50,)'", "'(,)'"]),
    "tstzrange": st.sampled_from(["'[2024-01-01 00:00+05,infinity)'", "'empty'"]),
    "nummultirange": st.sampled_from(["'{}'", "'{[1,2),[5,6)}'"]),
    "point": st.just("'(0.1,1e300)'"),
    "circle": st.just("'<(0,0),0.1>'"),
    "oid": st.sampled_from(["0", "4294967295"]),
    "xid8": st.just("'18446744073709551615'"),
    "tsvector": st.just("'fat:2 ''it''''s'''"),
    "tsquery": st.just("'a & !b'"),
    "interval second(0)": st.just("'1 day 0.6 s'"),
    "date[]": st.sampled_from(["'{infinity,0044-03-15 BC}'", "'{{2024-01-01},{NULL}}'"]),
    "timetz[]": st.just("'{24:00:00+00}'"),
    f"{OWN}.mood": _moods,
    f"{OWN}.mood[]": st.lists(_moods, max_size=3).map(
        lambda each: f"ARRAY[{', '.join(each)}]::{OWN}.mood[]"
    ),
    f"{OWN}.label": st.sampled_from(["''", "'ab  '", "'ééééé'"]),
    f"{OWN}.numbers": st.sampled_from(["'{}'", "'{1,NULL}'", "'[0:1]={1,2}'"]),
    f"{OWN}.pair": _row,
    f"{OWN}.pair[]": _row.map(lambda row: f"ARRAY[{row}::{OWN}.pair, NULL]"),
    f"{OWN}.deal": st.just(
        "ROW(1, '2024-01-01 00:00+05'::timestamptz, '\\x00ff'::bytea, '1 day'::interval)"
    ),
    f"{OWN}.floats": st.sampled_from(["'[0.1,1e300]'", "'empty'"]),
    f"{OWN}.fee": _money,
    "text GENERATED ALWAYS AS ('né ' || 1) STORED": st.just("DEFAULT"),
}
_EXACT: dict[str, Sql] = {
    f"{OWN}.heavier": st.sampled_from(["0", "999999.999"]),
    "integer GENERATED ALWAYS AS (6 * 7) STORED": st.just("DEFAULT"),
    "bigint GENERATED ALWAYS AS IDENTITY": st.just("DEFAULT"),
    "numeric(76,38)": st.sampled_from(["0", "-1e37", "1e-38"]),
    "timestamp(0)": st.sampled_from(["'2024-01-01 00:00:00.5'", "'0001-01-01 BC'"]),
    "time(0)": st.sampled_from(["'00:00'", "'23:59:59'"]),
}
# No value of these has an exact text: they are refused by their type, however deep it lies.
_INEXACT: dict[str, Sql] = {
    "regclass": st.just("'pg_class'"),
    "regtype[]": st.just("'{int4}'"),
    "money[]": _money.map(lambda value: f"ARRAY[{value}]::money[]"),
    f"{OWN}.place": st.just("'pg_class'"),
    f"{OWN}.place[]": st.just("'{pg_class}'"),
    f"{OWN}.fee[]": st.just("'{1.50}'"),
    f"{OWN}.priced": st.just("ROW(1, 1.50::money)"),
    f"{OWN}.priced[]": st.just(f"ARRAY[ROW(1, 1.50::money)::{OWN}.priced]"),
    f"{OWN}.seated": st.just("ROW(1, 'pg_class'::regclass)"),
    f"{OWN}.nested": st.just(f"ROW(ROW(1, 1.50::money)::{OWN}.priced)"),
    f"{OWN}.sold": st.just(f"ROW(1, 1.50::money)::{OWN}.priced"),
    f"{OWN}.prices": st.just("'[1.50,2.50]'"),
}
# Some value of these is refused when it comes: infinity, NaN, 24:00:00, or far away in time.
_MAY_STOP = {
    name for name in USUAL if name.startswith(("date", "time")) or name == "numeric(18,6)"
} - {"timetz"}
_CURSORS: dict[str, CursorKind] = {
    "smallint": "integer",
    "integer": "integer",
    "bigint": "integer",
    "numeric(38,0)": "integer",
    "numeric(2,-3)": "integer",
    "date": "date",
    "timestamp": "timestamp",
    "timestamptz": "timestamp",
    "timestamp(0)": "timestamp",
}
_ALL = {**USUAL, **_TEXTUAL, **_EXACT}
_ORDERED = {name: _ALL[name] for name in _CURSORS}
_LARGE = st.sampled_from(["repeat('é', 300000)", "repeat('ab,\"', 500000)"])

_odd = st.sampled_from(
    [
        *(
            "select",
            "ID",
            "id",
            "Id",
            'a"b',
            "a'b",
            "a.b",
            "a{b}",
            "{}",
            "%s",
            "100%",
            "?",
            " ",
            "$1",
        ),
        *(
            "Ünïcödé",
            "好",
            "\U0001f600",
            "a\nb",
            "\t",
            "tidemark:hash",
            "streamed",
            "line",
            "piece",
        ),
        *(
            "value",
            "landed",
            "0",
            "é" * 31,
            "x" * 63,
            "\\",
            "--",
            "/*",
            ";",
            "oid_",
            "row",
            "entry",
        ),
    ]
)
_names = st.one_of(
    _odd,
    st.text(
        st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=9
    ),
    st.from_regex(r"[a-z]{1,6}", fullmatch=True),
)


@dataclass(frozen=True, slots=True)
class AnyColumn:
    """A column's name and type, and its values as SQL."""

    name: str
    declared: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyTable:
    """A table and how it is loaded. `form` is what it is at the source."""

    name: str
    columns: tuple[AnyColumn, ...]
    form: str
    key: tuple[str, ...]
    kind: CursorKind
    cursor: str | None
    future: Future
    receipt: Any

    @property
    def stops(self) -> bool:
        """Whether a type of it has no exact form."""
        return any(column.declared in _INEXACT for column in self.columns)

    @property
    def lands(self) -> bool:
        """Whether nothing of it can be refused."""
        plain = all(c.declared in _ALL and c.declared not in _MAY_STOP for c in self.columns)
        return plain and self.kind == "none" and bool(self.columns)


@st.composite
def any_tables(draw: Callable[[Any], Any]) -> AnyTable:
    """Draw a table of up to 12 columns and 6 rows; one of a few has no column, or a type that is refused."""
    names = cast("list[str]", draw(st.lists(_names, max_size=12, unique=True)))
    rows = cast("int", draw(st.integers(0, 6)))
    refused = bool(names) and draw(st.integers(0, 5)) == 0
    columns = [_column(draw, name, rows, {}) for name in names]
    cursor = None
    if names and draw(st.booleans()):
        cursor = columns[-1] = _column(draw, names[-1], rows, _ORDERED)
    if refused and cursor is not columns[0]:
        columns[0] = _column(draw, names[0], rows, _INEXACT)
    identities = [c for c in columns if "IDENTITY" in c.declared]
    for column in identities[1:]:
        columns[columns.index(column)] = AnyColumn(column.name, "integer", ("1",) * rows)
    # A child has no identity by inheritance.
    forms = ["table", "table", "view", "altered", *([] if identities else ["inherited"])]
    return AnyTable(
        name=draw(_names),
        columns=tuple(columns),
        form=draw(st.sampled_from(forms)),
        key=tuple(draw(st.lists(st.sampled_from(names), max_size=2, unique=True)) if names else ()),
        kind=_CURSORS[cursor.declared] if cursor else "none",
        cursor=cursor.name if cursor else None,
        future=draw(st.sampled_from(["stop", "read", "read"])),
        receipt=draw(st.sampled_from(["rows", "values", "hashes"])),
    )


def _column(draw: Callable[[Any], Any], name: str, rows: int, types: dict[str, Sql]) -> AnyColumn:
    types = types or _ALL
    declared = cast("str", draw(st.sampled_from(sorted(types))))
    values = types[declared]
    if "GENERATED" in declared:
        return AnyColumn(name, declared, ("DEFAULT",) * rows)
    if declared == "text":
        values = st.one_of(values, values, _LARGE)
    some = st.one_of(st.just("NULL"), values, values, values)
    return AnyColumn(name, declared, tuple(draw(st.lists(some, min_size=rows, max_size=rows))))
