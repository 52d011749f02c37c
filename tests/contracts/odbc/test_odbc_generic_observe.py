"""What is seen of any source over ODBC before its rows: clock, highest value, sizes and cuts."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from shared.adapters.odbc import OdbcSession, connect
from shared.adapters.odbc.generic import GenericDialect
from shared.loading.errors import ClockUnknown, CredentialRejected
from shared.loading.span import Span
from tests.contracts.odbc.odbc_shop import Shop


@pytest.fixture
def session(shop: Shop) -> Iterator[OdbcSession]:
    with connect(GenericDialect(), shop.connection) as opened:
        yield opened


def zoned(shop: Shop, zone: str) -> str:
    """A connection string whose session has a time zone of its own."""
    return f"{shop.connection};INITSTMT={{SET time_zone = '{zone}'}}"


@pytest.mark.parametrize("zone", ["+00:00", "+05:45", "-11:30", "+13:00"])
def test_the_clock_is_utc_whatever_the_sessions_zone(shop: Shop, zone: str) -> None:
    shop.run("CREATE TABLE t (id INT)")
    before = datetime.now(UTC) - timedelta(seconds=2)
    with connect(GenericDialect(), zoned(shop, zone)) as session:
        clock = session.observe(shop.spec("t")).clock
        with session.read(shop.spec("t"), Span()) as reading:
            read_at = reading.read_at
    after = datetime.now(UTC)
    for seen in (clock, read_at):
        assert before <= datetime.fromisoformat(seen).replace(tzinfo=UTC) <= after


def test_the_time_is_the_sources_and_only_the_zone_the_workers(shop: Shop) -> None:
    def late() -> datetime:
        return datetime.now(UTC) - timedelta(minutes=4)

    shop.run("CREATE TABLE t (id INT)")
    before = datetime.now(UTC) - timedelta(seconds=2)
    with connect(GenericDialect(late), zoned(shop, "+02:00")) as session:
        clock = session.observe(shop.spec("t")).clock
    assert datetime.fromisoformat(clock).replace(tzinfo=UTC) >= before


def test_clocks_too_far_apart_to_tell_a_zone_stop_the_load(shop: Shop) -> None:
    shop.run("CREATE TABLE t (id INT)")
    wrong = GenericDialect(lambda: datetime.now(UTC) + timedelta(minutes=7))
    with (
        connect(wrong, shop.connection) as session,
        pytest.raises(ClockUnknown, match="no time zone"),
    ):
        session.ping()


def test_nothing_is_known_of_other_sessions(shop: Shop, session: OdbcSession) -> None:
    shop.run("CREATE TABLE t (id INT)", "INSERT INTO t VALUES (NULL)")
    seen = session.observe(shop.spec("t", "integer", "id"))
    assert (seen.max_cursor, seen.has_nulls) == (None, True)
    assert (seen.oldest_open, seen.sessions_hidden) == (None, True)


@pytest.mark.parametrize(
    ("kind", "declared", "value"),
    [
        ("timestamp", "DATETIME(6)", "9999-12-31 23:59:59.999999"),
        ("timestamp", "DATETIME", "2024-02-29 23:59:59"),
        ("date", "DATE", "2024-02-29"),
        ("integer", "BIGINT UNSIGNED", "18446744073709551615"),
        ("integer", "DECIMAL(38,0)", "9" * 38),
        ("integer", "TINYINT", "-128"),
    ],
)
def test_the_highest_value_is_exact(
    shop: Shop, session: OdbcSession, kind: str, declared: str, value: str
) -> None:
    shop.run(f"CREATE TABLE t (v {declared})", f"INSERT INTO t VALUES ('{value}')")
    assert session.observe(shop.spec("t", kind, "v")).max_cursor == value  # type: ignore[arg-type] - kinds


def test_the_shape_tells_how_a_cursor_counts(shop: Shop, session: OdbcSession) -> None:
    shop.run("CREATE TABLE t (a DATETIME(3), b DATETIME, c INT, d INT UNSIGNED)")
    shapes = [
        session.shape(shop.spec("t", kind, column))  # type: ignore[arg-type] - kinds
        for kind, column in [
            ("timestamp", "a"),
            ("timestamp", "b"),
            ("integer", "c"),
            ("integer", "d"),
        ]
    ]
    assert [(each.resolution, each.zoned, each.lowest) for each in shapes] == [
        ("0.001", False, None),
        ("1", False, None),
        (None, None, "-2147483648"),
        (None, None, "-1"),
    ]


def test_rows_are_counted(shop: Shop, session: OdbcSession) -> None:
    shop.run("CREATE TABLE t (id INT)", "INSERT INTO t SELECT seq FROM mysql.seq_1_to_1000")
    shop.run("INSERT INTO t VALUES (NULL)")
    table = shop.spec("t", "integer", "id")
    assert session.estimate(table, Span(after="100", upto="300")) == 200
    assert session.estimate(table, Span(nulls=True)) == 1
    assert session.estimate(table, Span()) == 1000
    assert session.shape(table).estimated_rows == 1001


def test_cuts_part_a_span_evenly(shop: Shop, session: OdbcSession) -> None:
    shop.run("CREATE TABLE t (id INT)", "INSERT INTO t SELECT seq FROM mysql.seq_1_to_1000")
    table = shop.spec("t", "integer", "id")
    assert session.cut(table, Span(), 4) == ("250", "500", "750")
    assert session.cut(table, Span(after="100", upto="200"), 2) == ("150",)
    assert session.cut(table, Span(after="1000"), 4) == ()
    assert session.cut(table, Span(), 1) == ()


@pytest.mark.parametrize(
    ("rows", "cuts"), [("(7), (7), (7)", ()), ("(1), (2), (2), (2)", ("1",)), ("(NULL)", ())]
)
def test_cuts_are_distinct_and_below_the_highest(
    shop: Shop, session: OdbcSession, rows: str, cuts: tuple[str, ...]
) -> None:
    shop.run("CREATE TABLE t (id INT)", f"INSERT INTO t VALUES {rows}")
    assert session.cut(shop.spec("t", "integer", "id"), Span(), 4) == cuts


def test_an_engine_with_a_dialect_is_sent_to_it(postgres_connection: str, shop: Shop) -> None:
    with (
        connect(GenericDialect(), postgres_connection) as session,
        pytest.raises(CredentialRejected, match="write `engine: postgresql`"),
    ):
        session.shape(shop.spec("t"))
