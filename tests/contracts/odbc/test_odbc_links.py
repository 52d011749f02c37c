"""The two ways to a server: what both give alike, value for value."""

import math
from collections.abc import Iterator
from contextlib import closing
from datetime import date, time
from decimal import Decimal

import pyarrow as pa
import pytest

from shared.adapters.odbc.address import parse_address
from shared.adapters.odbc.faults import Faults
from shared.adapters.odbc.links import Link, dial_arrow, dial_rows
from shared.loading.errors import SchemaDrifted, ValueUnsupported


@pytest.fixture(params=[dial_rows, dial_arrow], ids=["rows", "arrow"])
def link(request: pytest.FixtureRequest, connection: str) -> Iterator[Link]:
    with closing(request.param(parse_address(connection), Faults())) as opened:
        yield opened


def stream(link: Link, sql: str, *parameters: str, **wire: pa.DataType) -> pa.Table:
    schema = pa.schema(wire)
    with link.stream(sql, parameters, schema) as batches:
        return pa.Table.from_batches(batches, schema=schema)


@pytest.mark.parametrize(
    ("sql", "wire", "value"),
    [
        ("-32768", pa.int16(), -32768),
        ("9223372036854775807", pa.int64(), 9223372036854775807),
        ("CAST(0.1 AS DECIMAL(38,20))", pa.decimal128(38, 20), Decimal("0.1")),
        ("CAST(-1.5 AS DECIMAL(60,1))", pa.decimal256(60, 1), Decimal("-1.5")),
        ("ACOS(-1)", pa.float64(), math.pi),
        ("CAST('2024-02-29' AS DATE)", pa.date32(), date(2024, 2, 29)),
        ("CAST('23:59:59' AS TIME)", pa.time64("us"), time(23, 59, 59)),
        ("CAST('emoji 😀 é' AS CHAR(9))", pa.string(), "emoji 😀 é"),
    ],
    ids=str,
)
def test_a_value_comes_as_it_is(link: Link, sql: str, wire: pa.DataType, value: object) -> None:
    rows = stream(link, f"SELECT {sql} AS v UNION ALL SELECT NULL", v=wire)["v"].to_pylist()
    assert sorted(rows, key=lambda each: each is None) == [value, None]


def test_an_empty_text_is_not_a_missing_one(link: Link) -> None:
    rows = stream(
        link, "SELECT SUBSTRING('ab', 3) AS a, NULLIF('x', 'x') AS b", a=pa.string(), b=pa.string()
    ).to_pylist()
    assert rows == [{"a": "", "b": None}]


def test_a_result_without_rows_has_no_batches(link: Link) -> None:
    assert stream(link, "SELECT 1 AS a WHERE 1 = 0", a=pa.int64()).num_rows == 0


def test_values_are_bound_and_not_read_as_sql(link: Link) -> None:
    hostile = "'; DROP TABLE t; -- \\ \" ` 😀"
    assert link.rows("SELECT ? AS a, ? AS b", hostile, None) == [{"a": hostile, "b": None}]


def test_a_statement_without_a_result_has_no_rows(link: Link) -> None:
    assert link.rows("START TRANSACTION") == []
    assert link.rows("SELECT 1 AS a") == [{"a": 1}]
    assert link.rows("ROLLBACK") == []


def test_columns_that_are_not_those_described_are_drift(link: Link) -> None:
    with pytest.raises(SchemaDrifted, match="2 columns were streamed, not 1"):
        stream(link, "SELECT 1 AS a, 2 AS b", a=pa.int64())


@pytest.mark.parametrize(
    ("sql", "wire"),
    [
        ("1.5", pa.int64()),
        ("300", pa.int8()),
        ("CAST('2024-02-29' AS DATE)", pa.int64()),
        ("'x'", pa.int64()),
        ("2", pa.bool_()),
        ("CAST(1.25 AS DECIMAL(9,2))", pa.decimal128(9, 1)),
        ("CAST(123456 AS DECIMAL(9,0))", pa.decimal128(5, 0)),
    ],
    ids=str,
)
def test_a_value_of_another_type_is_refused_by_column(
    link: Link, sql: str, wire: pa.DataType
) -> None:
    with pytest.raises((ValueUnsupported, SchemaDrifted), match="column v"):
        stream(link, f"SELECT {sql} AS v", v=wire)


def test_a_link_reads_on_after_a_stream(link: Link) -> None:
    assert stream(link, "SELECT 1 AS a", a=pa.int64()).num_rows == 1
    assert stream(link, "SELECT 2 AS a", a=pa.int64()).to_pylist() == [{"a": 2}]
    assert link.rows("SELECT 3 AS a") == [{"a": 3}]


def test_a_closed_link_can_be_closed_again(link: Link) -> None:
    link.close()
    link.close()
