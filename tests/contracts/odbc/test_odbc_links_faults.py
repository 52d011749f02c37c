"""What goes wrong on the way: it is raised by its type, and never looks like the end."""

import socket
from collections.abc import Iterator
from contextlib import closing

import pyarrow as pa
import pyodbc
import pytest

from local.mariadb import RunningMariadb
from shared.adapters.odbc.address import parse_address
from shared.adapters.odbc.faults import Faults
from shared.adapters.odbc.links import BATCH_BYTES, Dial, Link, dial_arrow, dial_rows
from shared.loading.errors import (
    CredentialRejected,
    IngestError,
    QueryRefused,
    SourceUnavailable,
    ValueUnsupported,
)

DIALS = pytest.mark.parametrize("dial", [dial_rows, dial_arrow], ids=["rows", "arrow"])
LOST = Faults(states={"HY000": SourceUnavailable, "57P": SourceUnavailable})
SECRET = "hun}ter;2=x"
BRACED = "{hun}}ter;2=x}"


@pytest.fixture(params=[dial_rows, dial_arrow], ids=["rows", "arrow"])
def link(request: pytest.FixtureRequest, connection: str) -> Iterator[Link]:
    with closing(request.param(parse_address(connection), LOST)) as opened:
        yield opened


def is_postgres(connection: str) -> bool:
    return "PostgreSQL" in connection


def many(connection: str, value: str = "n") -> str:
    """A query of many rows that the server makes as it goes; the value may use the number `n`."""
    if is_postgres(connection):
        return f"SELECT {value} AS v FROM generate_series(1, 200000) AS s (n)"
    return f"SELECT {value} AS v FROM (SELECT seq AS n FROM mysql.seq_1_to_200000) s"


def own_session(connection: str) -> tuple[str, str]:
    """How a session learns its number, and how another ends it."""
    if is_postgres(connection):
        return "SELECT pg_backend_pid() AS id", "SELECT pg_terminate_backend({})"
    return "SELECT CONNECTION_ID() AS id", "KILL {}"


def test_a_session_that_is_ended_in_mid_stream_is_no_end(link: Link, connection: str) -> None:
    if not is_postgres(connection):
        pytest.skip("MariaDB's driver takes in a whole result before it gives the first row")
    ask, end = own_session(connection)
    number = link.rows(ask)[0]["id"]
    wire = pa.schema({"v": pa.int64()})
    with link.stream(many(connection), (), wire) as batches:
        assert next(batches).num_rows
        with closing(pyodbc.connect(connection, autocommit=True)) as other:
            other.execute(end.format(number))
        with pytest.raises(SourceUnavailable):
            list(batches)


def test_an_error_at_a_late_row_is_no_end(link: Link, connection: str) -> None:
    value = (
        "1 / (n - 150000)"
        if is_postgres(connection)
        else "IF(n < 150000, n, (SELECT 1 UNION SELECT 2))"
    )
    with (
        pytest.raises(IngestError) as caught,
        link.stream(many(connection, value), (), pa.schema({"v": pa.int64()})) as batches,
    ):
        for _ in batches:
            pass
    assert isinstance(caught.value, QueryRefused | ValueUnsupported | SourceUnavailable)


def test_a_stream_that_is_left_early_ends_with_its_link(link: Link, connection: str) -> None:
    ask, _ = own_session(connection)
    number = link.rows(ask)[0]["id"]
    with link.stream(many(connection), (), pa.schema({"v": pa.int64()})) as batches:
        next(batches)
        link.close()
    seen = (
        f"SELECT 1 FROM pg_stat_activity WHERE pid = {number}"
        if is_postgres(connection)
        else f"SELECT 1 FROM information_schema.PROCESSLIST WHERE ID = {number}"
    )
    with closing(pyodbc.connect(connection, autocommit=True)) as other:
        while other.execute(seen).fetchall():
            pass


def test_batches_are_of_bounded_size_whatever_the_values(connection: str) -> None:
    """The first rows are short and the last are long: what was seen must not set the pace."""
    long = "REPEAT('x', CASE WHEN n < 100000 THEN 1 ELSE 1000000 END)"
    sql = f"{many(connection, long)} WHERE n BETWEEN 90000 AND 100040"
    with (
        closing(dial_rows(parse_address(connection), LOST)) as link,
        link.stream(sql, (), pa.schema({"v": pa.string()})) as batches,
    ):
        sizes = [batch.nbytes for batch in batches]
    assert max(sizes) < BATCH_BYTES + 2_000_000
    assert sum(sizes) > 40_000_000


def test_a_text_longer_than_its_column_says_is_refused_by_name(connection: str) -> None:
    """A driver that understates a length: the value is refused, and not cut."""
    if not is_postgres(connection):
        pytest.skip("MariaDB's driver states the length of every value")
    with (
        closing(dial_arrow(parse_address(connection), LOST)) as link,
        pytest.raises(ValueUnsupported, match="one of the columns v"),
        link.stream("SELECT REPEAT('x', 100000) AS v", (), pa.schema({"v": pa.string()})) as read,
    ):
        list(read)


@pytest.mark.parametrize("text", ["x" * 100_000, "😀" * 100_000, ""])
def test_a_text_of_any_length_comes_whole(connection: str, text: str) -> None:
    with closing(dial_rows(parse_address(connection), LOST)) as link:
        parts = {"x": "x", "😀": "😀", "": ""}[text[:1]]
        sql = f"SELECT REPEAT('{parts}', {max(len(text), 1)}) AS v"
        with link.stream(sql, (), pa.schema({"v": pa.string()})) as batches:
            assert pa.Table.from_batches(batches)["v"].to_pylist() == [text]


def refusal(dial: Dial, connection: str) -> IngestError:
    with pytest.raises(IngestError) as caught, closing(dial(parse_address(connection), Faults())):
        pass
    shown = f"{caught.value} {caught.value.__cause__!r} {caught.value.__context__!r}"
    assert not any(secret in shown for secret in (SECRET, BRACED, "ter;2"))
    return caught.value


@DIALS
def test_a_server_that_is_not_there_is_unavailable(dial: Dial, connection: str) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        address = parse_address(connection).settled({"Port": str(port), "PWD": BRACED})
        assert isinstance(refusal(dial, address.text()), SourceUnavailable)


@DIALS
def test_a_wrong_password_is_a_rejected_credential(dial: Dial, mariadb: RunningMariadb) -> None:
    known = {"User": "nobody", "Password": BRACED}
    address = parse_address(mariadb.connection).settled(known)
    error = refusal(dial, address.text())
    assert isinstance(error, CredentialRejected)
    assert "Access denied for user 'nobody'" in str(error)


@DIALS
@pytest.mark.parametrize(
    "connection",
    [
        f"Driver={{No Such Driver}};PWD={BRACED}",
        f"DSN=nowhere;PWD={BRACED}",
        f"Driver=/no/such/driver.so;PWD={BRACED}",
    ],
)
def test_a_driver_that_is_missing_is_told_with_those_that_are_not(
    dial: Dial, connection: str
) -> None:
    error = refusal(dial, connection)
    assert isinstance(error, CredentialRejected)
    if "No Such" in connection:
        assert "'No Such Driver' is not installed" in str(error)
        assert "MariaDB Unicode, PostgreSQL ANSI, PostgreSQL Unicode" in str(error)


@DIALS
def test_a_connection_string_without_a_driver_is_refused(dial: Dial) -> None:
    error = refusal(dial, f"Server=db;PWD={BRACED}")
    assert isinstance(error, CredentialRejected)
    assert "names no Driver" in str(error)
