"""Cursors of SQL Server: how bounds are compared and values written, without a server."""

import pytest

from shared.adapters.odbc.dialect import Cursor
from shared.adapters.odbc.sqlserver.cursors import find_cursor, settle_span
from shared.loading.cursor import CursorType, cursor_type
from shared.loading.errors import CursorUnsound
from shared.loading.span import Span
from tests.unit.adapters.sqlserver_page import source_type


def cursor(kind: str, declared: str) -> Cursor:
    return find_cursor(kind, "c", source_type(declared))


def counted(found: Cursor) -> CursorType:
    return cursor_type(
        "timestamp", resolution=found.resolution, zoned=found.zoned, open_unit=found.open_unit
    )


@pytest.mark.parametrize(
    ("kind", "declared", "parameter"),
    [
        # In the column's own type: beside a datetime2, a datetime is compared at 100 ns.
        ("timestamp", "datetime", "CONVERT(datetime, ?, 121)"),
        ("timestamp", "smalldatetime", "CONVERT(smalldatetime, ?, 120)"),
        ("timestamp", "datetime2(0)", "CONVERT(datetime2(0), ?, 121)"),
        ("timestamp", "datetime2(7)", "CONVERT(datetime2(7), ?, 121)"),
        # Without a style, as text is converted to this type by its own format only.
        (
            "timestamp",
            "datetimeoffset(3)",
            "CONVERT(datetimeoffset(3), REPLACE(?, '+00', ' +00:00'))",
        ),
        ("date", "date", "CONVERT(date, ?, 23)"),
        # Wider than the column: a bound may lie one below its lowest value.
        ("integer", "tinyint", "CONVERT(bigint, ?)"),
        ("integer", "int", "CONVERT(bigint, ?)"),
        ("integer", "bigint", "CONVERT(bigint, ?)"),
        ("integer", "decimal(20,0)", "CONVERT(decimal(20, 0), ?)"),
        ("integer", "numeric(38,0)", "CONVERT(decimal(38, 0), ?)"),
        # Style 1 reads hexadecimal with 0x.
        ("rowversion", "rowversion", "CONVERT(binary(8), ?, 1)"),
    ],
)
def test_a_bound_becomes_a_value_of_the_columns_type(
    kind: str, declared: str, parameter: str
) -> None:
    assert cursor(kind, declared).parameter == parameter


@pytest.mark.parametrize(
    ("kind", "declared", "text"),
    [
        ("timestamp", "datetime", "CONVERT(char(23), {}, 121)"),
        ("timestamp", "smalldatetime", "CONVERT(char(19), {}, 120)"),
        ("timestamp", "datetime2(5)", "CONVERT(varchar(27), {}, 121)"),
        (
            "timestamp",
            "datetimeoffset(7)",
            "CONVERT(varchar(27), CONVERT(datetime2(7), SWITCHOFFSET({}, '+00:00')), 121) + '+00'",
        ),
        ("date", "date", "CONVERT(char(10), {}, 23)"),
        ("integer", "bigint", "CONVERT(varchar(20), {})"),
        ("integer", "decimal(38,0)", "CONVERT(varchar(40), {})"),
        ("rowversion", "rowversion", "CONVERT(char(18), CONVERT(binary(8), {}), 1)"),
    ],
)
def test_a_value_is_written_as_its_exact_text(kind: str, declared: str, text: str) -> None:
    assert cursor(kind, declared).text == text


@pytest.mark.parametrize(
    ("declared", "resolution", "zoned", "written"),
    [
        ("datetime", "0.001", False, "2024-02-29 23:59:59.997"),
        ("smalldatetime", "60", False, "2024-02-29 23:58:00"),
        ("datetime2(0)", "1", False, "2024-02-29 23:59:59"),
        ("datetime2(7)", "0.0000001", False, "2024-02-29 23:59:59.1234567"),
        ("datetimeoffset(7)", "0.0000001", True, "2024-02-29 23:59:59.1234567+00"),
        ("datetimeoffset(0)", "1", True, "2024-02-29 23:59:59+00"),
    ],
)
def test_the_core_writes_a_timestamp_as_the_server_does(
    declared: str, resolution: str, *, zoned: bool, written: str
) -> None:
    found = cursor("timestamp", declared)
    assert (found.resolution, found.zoned) == (resolution, zoned)
    kind = counted(found)
    assert kind.format(kind.parse(written)) == written


@pytest.mark.parametrize(
    ("declared", "lowest"),
    [
        ("tinyint", "0"),
        ("smallint", "-32768"),
        ("int", "-2147483648"),
        ("bigint", "-9223372036854775808"),
        ("decimal(3,0)", "-999"),
    ],
)
def test_an_integer_column_says_its_lowest_value(declared: str, lowest: str) -> None:
    assert cursor("integer", declared).lowest == lowest


@pytest.mark.parametrize(
    ("kind", "declared"),
    [
        ("timestamp", "date"),
        ("timestamp", "rowversion"),
        ("timestamp", "time(7)"),
        ("timestamp", "varchar(30)"),
        ("date", "datetime"),
        ("integer", "decimal(10,2)"),
        ("integer", "float"),
        ("integer", "rowversion"),
        ("rowversion", "binary(8)"),
        ("rowversion", "bigint"),
        ("change_tracking", "bigint"),
    ],
)
def test_a_column_that_does_not_fit_its_kind_is_refused_with_its_name(
    kind: str, declared: str
) -> None:
    with pytest.raises(CursorUnsound, match="column c"):
        cursor(kind, declared)


@pytest.mark.parametrize(
    ("given", "held"),
    list(zip("0123456789", "0003333777", strict=True)),
)
def test_an_end_that_no_datetime_can_hold_goes_down_to_one_that_can(given: str, held: str) -> None:
    """The server would round to the nearest: .005 to what it displays as .007, above the bound."""
    found = cursor("timestamp", "datetime")
    span = Span(after=f"2024-02-29 23:59:59.98{given}", upto=f"2024-03-01 00:00:00.00{given}")
    assert settle_span(found, span) == Span(
        after=f"2024-02-29 23:59:59.98{held}", upto=f"2024-03-01 00:00:00.00{held}"
    )


def test_ends_of_other_types_stay_as_they_are() -> None:
    span = Span(after="2024-02-29 23:59:59.985", upto="2024-02-29 23:59:59.986")
    assert settle_span(cursor("timestamp", "datetime2(3)"), span) == span


def test_an_open_end_of_a_datetime_stays_open() -> None:
    assert settle_span(cursor("timestamp", "datetime"), Span(nulls=True)) == Span(nulls=True)


def test_a_datetime_leaves_open_as_much_as_it_may_be_rounded_by() -> None:
    assert counted(cursor("timestamp", "datetime")).open_unit == 4_000_000
