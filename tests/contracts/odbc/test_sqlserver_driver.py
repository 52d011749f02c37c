"""The client's side of SQL Server: Microsoft's driver against a server that answers by script."""

import socket
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from decimal import Decimal
from threading import Thread
from typing import Any

import pyarrow as pa
import pytest

from shared.adapters.odbc import OdbcSession, connect, libraries
from shared.adapters.odbc.address import parse_address
from shared.adapters.odbc.links import Link, dial_arrow, dial_rows
from shared.adapters.odbc.sqlserver import SqlServerDialect, native
from shared.catalog import TableSpec
from shared.loading.errors import SourceThrottled, SourceUnavailable, ValueUnsupported
from shared.loading.span import Span
from tests.contracts.odbc.tds_server import Answer, Asked, TdsServer
from tests.unit.adapters.sqlserver_link import (
    ANSWERS,
    catalog_column,
    need_sqlserver_driver,
    spec,
)

need_sqlserver_driver()

DIALECT = SqlServerDialect()
CLOCK = "2026-01-01T00:00:00.000001"
LONG = catalog_column("long", "nvarchar", length=-1)
BOTH_WAYS = pytest.mark.parametrize("long", [False, True], ids=["in blocks", "row by row"])


class Script:
    """What the server answers: the catalog of one table, and its rows."""

    def __init__(self) -> None:
        self.catalog: list[dict[str, object]] = []
        self.rows = Answer()

    def __call__(self, sql: str) -> Answer:
        if "FROM sys.columns" in sql:
            return _answer(self.catalog)
        if "FROM [dbo].[Orders]" in sql:
            return self.rows
        return next((_answer([row]) for part, row in ANSWERS.items() if part in sql), Answer())


def _answer(rows: list[dict[str, Any]]) -> Answer:
    kinds = {str: "varchar(200)", int: "int", bool: "bit"}
    columns = [(name, kinds[type(value)]) for name, value in rows[0].items()]
    return Answer(columns, [list(row.values()) for row in rows])


@pytest.fixture(autouse=True, params=["odbc", "mssql-python"])
def alone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Let one of the two be all that is installed; say whether it is the package."""
    if request.param == "odbc":
        monkeypatch.setattr(native, "is_there", lambda: False)
        return False
    pytest.importorskip("mssql_python")
    monkeypatch.setattr(libraries, "MISSING", "ODBC is not installed")
    return True


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
def server(script: Script) -> Iterator[TdsServer]:
    with closing(TdsServer(script)) as started:
        yield started


@pytest.fixture
def address(server: TdsServer) -> str:
    return f"Server=127.0.0.1,{server.port};Database=shop;UID=reader;PWD=open sesame;Encrypt=no"


@pytest.fixture
def session(address: str) -> Iterator[OdbcSession]:
    with connect(DIALECT, address) as opened:
        yield opened


def read(session: OdbcSession, table: TableSpec, span: Span | None = None) -> pa.Table:
    with session.read(table, span or Span()) as reading:
        return pa.Table.from_batches(reading.batches, schema=reading.schema)


def serve(
    script: Script, column: dict[str, object], kind: str, *values: object, long: bool
) -> None:
    """Serve rows of a column, beside one of any length that has them read row by row."""
    script.catalog = [column, *([LONG] if long else [])]
    columns = [("v", kind), *([("long", "varbinary(max)")] if long else [])]
    script.rows = Answer(columns, [[value, *([b"x\0"] if long else [])] for value in values])


@BOTH_WAYS
@pytest.mark.parametrize(
    "case",
    [
        ("bit", {}, "bit", 1, True),
        ("tinyint", {}, "smallint", 255, 255),
        ("int", {}, "int", -(2**31), -(2**31)),
        ("bigint", {}, "bigint", 2**63 - 1, 2**63 - 1),
        (
            "decimal",
            {"digits": 38, "scale": 10},
            "decimal(38,10)",
            -(10**38) + 1,
            Decimal("-9999999999999999999999999999.9999999999"),
        ),
        ("decimal", {"digits": 5, "scale": 2}, "decimal(5,2)", 5, Decimal("0.05")),
        ("money", {}, "decimal(19,4)", -1, Decimal("-0.0001")),
        ("float", {}, "float", 5e-324, 5e-324),
        ("real", {}, "float", 0.10000000149011612, 0.10000000149011612),
        ("nvarchar", {"length": 20}, "varbinary(20)", "é😀\ufffd".encode("utf-16-le"), "é😀\ufffd"),
        ("varchar", {"length": 10}, "varbinary(20)", b"", ""),
        ("varbinary", {"length": 3}, "varbinary(3)", b"\0\xff", b"\0\xff"),
        ("binary", {"length": 2}, "binary(2)", b"\0\xff", b"\0\xff"),
        ("timestamp", {}, "binary(8)", b"\0" * 7 + b"\1", b"\0" * 7 + b"\1"),
        ("uniqueidentifier", {}, "char(36)", "a" * 36, "a" * 36),
        ("date", {}, "bigint", -719162, "0001-01-01"),
        ("time", {"scale": 6}, "bigint", 86_399_999_999, "23:59:59.999999"),
        ("datetime", {}, "bigint", 3000, "1970-01-01 00:00:00.003000"),
        (
            "datetime2",
            {"scale": 6},
            "bigint",
            253_402_300_799_999_999,
            "9999-12-31 23:59:59.999999",
        ),
        (
            "datetime2",
            {"scale": 7},
            "varchar(27)",
            "0001-01-01 00:00:00.0000001",
            "0001-01-01 00:00:00.0000001",
        ),
    ],
)
def test_a_value_comes_over_the_wire_as_it_was_sent(
    script: Script, session: OdbcSession, case: tuple[Any, ...], *, long: bool
) -> None:
    declared, said, kind, sent, lands = case
    serve(script, catalog_column("v", declared, **said), kind, sent, None, long=long)
    first, missing = read(session, spec())["v"].to_pylist()
    assert (first if type(first) is type(lands) else str(first)) == lands
    assert missing is None


@BOTH_WAYS
def test_half_a_surrogate_pair_is_refused_by_name(
    script: Script, session: OdbcSession, *, long: bool
) -> None:
    column = catalog_column("v", "nvarchar", length=20)
    serve(script, column, "varbinary(20)", b"a\0", b"\x3d\xd8", long=long)
    with pytest.raises(ValueUnsupported, match="column v"):
        read(session, spec())


@BOTH_WAYS
def test_many_rows_arrive_in_their_order(
    script: Script, session: OdbcSession, *, long: bool
) -> None:
    serve(script, catalog_column("v", "int"), "int", *range(50_000), long=long)
    assert read(session, spec())["v"].to_pylist() == list(range(50_000))


@BOTH_WAYS
def test_bounds_travel_as_values_and_settings_as_statements_of_their_own(
    script: Script, server: TdsServer, session: OdbcSession, *, long: bool
) -> None:
    """What is set within a procedure call ends with it: "SET TRANSACTION ISOLATION LEVEL"."""
    serve(script, catalog_column("v", "bigint"), "bigint", 5, long=long)
    read(session, spec("integer", "v"), Span(after="4", upto="6"))
    sent = [each for each in server.asked if "sys." not in each.sql]
    begun = next(i for i, each in enumerate(sent) if each.sql == "BEGIN TRANSACTION")
    assert sent[begun - 1] == Asked("batch", "SET TRANSACTION ISOLATION LEVEL SNAPSHOT")
    assert [each.form for each in sent[begun:]] == ["batch", "batch", "call", "batch"]
    query = sent[begun + 2]
    assert query.values == ("4", "6")
    assert query.sql.endswith(
        "WHERE [v] > CONVERT(bigint, @P1) AND [v] <= CONVERT(bigint, @P2) OPTION (RECOMPILE)"
    )
    for setting in DIALECT.settings:
        assert Asked("batch", setting) in server.asked


@BOTH_WAYS
def test_an_error_in_mid_stream_is_no_end(
    script: Script, session: OdbcSession, *, alone: bool, long: bool
) -> None:
    serve(script, catalog_column("v", "int"), "int", *range(10), long=long)
    script.rows = Answer(script.rows.columns, script.rows.rows, error=1205)
    # Of an error the package tells the state alone, which is that of any deadlock and of a failover.
    with pytest.raises(SourceUnavailable if alone else SourceThrottled):
        read(session, spec())


@BOTH_WAYS
def test_a_connection_that_ends_in_mid_stream_is_no_end(
    script: Script, session: OdbcSession, *, long: bool
) -> None:
    serve(script, catalog_column("v", "int"), "int", *range(10), long=long)
    script.rows = Answer(script.rows.columns, script.rows.rows, breaks=True)
    with pytest.raises(SourceUnavailable):
        read(session, spec())


@BOTH_WAYS
def test_a_read_that_is_left_leaves_a_session_that_works(
    script: Script, session: OdbcSession, *, long: bool
) -> None:
    serve(script, catalog_column("v", "int"), "int", *range(100_000), long=long)
    with session.read(spec(), Span()) as reading:
        next(reading.batches)
    assert read(session, spec()).num_rows == 100_000


@BOTH_WAYS
def test_a_question_mark_in_a_name_is_no_parameter(
    script: Script, server: TdsServer, session: OdbcSession, *, long: bool
) -> None:
    serve(script, catalog_column("v?", "bigint"), "bigint", 5, long=long)
    assert read(session, spec("integer", "v?"), Span(after="4")).num_rows == 1
    [query] = [each for each in server.asked if "FROM [dbo]" in each.sql]
    assert "[v?] AS [v?]" in query.sql
    assert "WHERE [v?] > CONVERT(bigint, @P1)" in query.sql
    assert query.values == ("4",)


def test_a_reading_is_from_the_servers_clock(script: Script, session: OdbcSession) -> None:
    serve(script, catalog_column("v", "int"), "int", 1, long=False)
    with session.read(spec(), Span()) as reading:
        assert reading.read_at == CLOCK


def test_the_app_signs_in_by_itself_where_the_catalog_names_only_server_and_database(
    *, alone: bool
) -> None:
    address = DIALECT.settle(parse_address("Server=shop.database.windows.net;Database={shop}"))
    assert address.get("Authentication") == "ActiveDirectoryMsi"
    named = "SQL Server" in (address.get("Driver") or "") or "msodbcsql" in address.text()
    assert named is not alone


@pytest.fixture
def hangs_up() -> Iterator[str]:
    """A server that ends every connection after the first words."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        Thread(target=_hang_up, args=(listener,), daemon=True).start()
        port = listener.getsockname()[1]
        yield f"Server=127.0.0.1,{port};Database=shop;UID=reader;PWD={{open; sesame}}"
        listener.shutdown(socket.SHUT_RDWR)


def _hang_up(listener: socket.socket) -> None:
    with suppress(OSError):
        while True:
            with listener.accept()[0] as connection:
                connection.recv(4096)


@pytest.mark.parametrize("dial", [dial_rows, dial_arrow])
def test_a_server_that_hangs_up_is_unavailable_and_no_secret_is_repeated(
    dial: Callable[..., Link], hangs_up: str, *, alone: bool
) -> None:
    if alone:
        pytest.skip("dials over ODBC")
    address = DIALECT.settle(parse_address(hangs_up))
    with pytest.raises(SourceUnavailable, match="ODBC Driver 18 for SQL Server") as refused:
        dial(address, DIALECT.faults)
    assert "sesame" not in str(refused.value)
