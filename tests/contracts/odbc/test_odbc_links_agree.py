"""Both ways to a server give the same batches for the same columns."""

from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Context, Decimal
from typing import Any

import pyarrow as pa
import pyodbc
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.adapters.odbc.address import parse_address
from shared.adapters.odbc.faults import Faults
from shared.adapters.odbc.links import Dial, dial_arrow, dial_rows
from tests.conftest import LONG


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One type: how it is declared, how it travels, and what it may hold."""

    declared: str
    wire: pa.DataType
    values: st.SearchStrategy[Any]


def whole(bits: int) -> st.SearchStrategy[int]:
    return st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def decimals(precision: int, scale: int) -> st.SearchStrategy[Decimal]:
    most = 10**precision - 1
    return st.integers(-most, most).map(lambda n: Decimal(n).scaleb(-scale, context=WIDE))


WIDE = Context(prec=100)
# No U+0000: PostgreSQL has none, and MariaDB's driver ends a text at the first.
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
KINDS = (
    Kind(declared="SMALLINT", wire=pa.int16(), values=whole(16)),
    Kind(declared="INTEGER", wire=pa.int32(), values=whole(32)),
    Kind(declared="BIGINT", wire=pa.int64(), values=whole(64)),
    Kind(declared="DECIMAL(18,6)", wire=pa.decimal128(18, 6), values=decimals(18, 6)),
    Kind(declared="DECIMAL(60,20)", wire=pa.decimal256(60, 20), values=decimals(60, 20)),
    Kind(
        declared="DOUBLE PRECISION",
        wire=pa.float64(),
        values=st.floats(allow_nan=False, allow_infinity=False),
    ),
    Kind(declared="VARCHAR(20)", wire=pa.string(), values=TEXTS),
    Kind(declared="DATE", wire=pa.date32(), values=st.dates(min_value=date(1000, 1, 1))),
    Kind(
        declared="{seconds}",
        wire=pa.timestamp("us"),
        values=st.datetimes(min_value=datetime(1000, 1, 1)).map(lambda t: t.replace(microsecond=0)),  # noqa: DTZ001 - zoneless, as the column
    ),
)
WIRE = pa.schema([(f"c{number}", kind.wire) for number, kind in enumerate(KINDS)])
ROWS = st.lists(st.tuples(*(st.none() | kind.values for kind in KINDS)), max_size=8)


def read(dial: Dial, connection: str, table: str) -> pa.Table:
    with closing(dial(parse_address(connection), Faults())) as link:
        names = ", ".join(WIRE.names)
        sql = f"SELECT {names} FROM {table} ORDER BY n"
        with link.stream(sql, (), WIRE) as batches:
            return pa.Table.from_batches(batches, schema=WIRE).combine_chunks()


@pytest.fixture
def table(connection: str) -> str:
    """An empty table with one column of each kind; the last test's is replaced."""
    postgres = "PostgreSQL" in connection
    seconds = "TIMESTAMP(0)" if postgres else "DATETIME"
    name = "public.agreed" if postgres else "agreed.agreed"
    columns = [f"c{n} {k.declared.format(seconds=seconds)}" for n, k in enumerate(KINDS)]
    with closing(pyodbc.connect(connection, autocommit=True)) as owner:
        if not postgres:
            owner.execute("CREATE DATABASE IF NOT EXISTS agreed CHARACTER SET utf8mb4")
        owner.execute(f"DROP TABLE IF EXISTS {name}")
        owner.execute(f"CREATE TABLE {name} (n INTEGER, {', '.join(columns)})")
    return name


@settings(
    max_examples=30 if LONG else 12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(rows=ROWS)
def test_both_links_give_the_same_batches_and_what_was_written(
    connection: str, table: str, rows: list[tuple[Any, ...]]
) -> None:
    with closing(pyodbc.connect(connection, autocommit=True)) as owner:
        # As the links do: MariaDB's driver writes some wide texts wrongly.
        owner.setencoding(encoding="utf-8", ctype=pyodbc.SQL_CHAR)
        owner.execute(f"DELETE FROM {table}")
        marks = ", ".join("?" for _ in range(len(KINDS) + 1))
        for number, row in enumerate(rows):
            values = [str(value) if isinstance(value, Decimal) else value for value in row]
            owner.execute(f"INSERT INTO {table} VALUES ({marks})", number, *values)
    by_rows, by_blocks = read(dial_rows, connection, table), read(dial_arrow, connection, table)
    assert by_rows.equals(by_blocks)
    assert [tuple(row.values()) for row in by_rows.to_pylist()] == rows
