"""What a refused or failing server looks like to a load, and that no error holds a secret."""

import socket

import pytest

from local.postgres import RunningPostgres
from shared.adapters.postgresql import PostgresSession, connect
from shared.adapters.postgresql.connection import open_connection
from shared.loading.errors import (
    CredentialRejected,
    IngestError,
    QueryRefused,
    SourceThrottled,
    SourceUnavailable,
)
from shared.loading.span import Span
from tests.contracts.source.conftest import Database, Driver, address_of

SECRET = "hun%25ter2"
BARE_SECRET = "hun%ter2"
ODBC = "Driver={PostgreSQL Unicode};Server=127.0.0.1;UID=me"


def refusal(address: str) -> IngestError:
    with pytest.raises(IngestError) as caught, connect(address):
        pass
    shown = f"{caught.value} {caught.value.__cause__} {caught.value.__context__}"
    assert SECRET not in shown
    assert BARE_SECRET not in shown
    return caught.value


def test_a_wrong_password_is_a_rejected_credential(server: RunningPostgres, driver: Driver) -> None:
    uri = f"postgresql://locked:{SECRET}@127.0.0.1:{server.port}/postgres"
    error = refusal(address_of(uri, driver))
    assert isinstance(error, CredentialRejected)
    assert "password authentication failed" in str(error)


def test_a_right_password_is_let_in(server: RunningPostgres, driver: Driver) -> None:
    uri = f"postgresql://locked:open%20sesame@127.0.0.1:{server.port}/postgres"
    option = {"adbc": "?sslmode=disable", "odbc": ";SSLmode=disable"}[driver]
    with connect(address_of(uri, driver) + option) as session:
        session.ping()


@pytest.mark.parametrize("uri", ["{0}/nowhere", "postgresql://nobody:{1}@127.0.0.1:{2}/postgres"])
def test_an_unknown_database_or_role_is_a_rejected_credential(
    server: RunningPostgres, driver: Driver, uri: str
) -> None:
    base = server.uri.removesuffix("/postgres")
    address = address_of(uri.format(base, SECRET, server.port), driver)
    assert isinstance(refusal(address), CredentialRejected)


@pytest.mark.parametrize(
    "address",
    [
        f"postgresql://me:{BARE_SECRET}@127.0.0.1/db",
        f"host=127.0.0.1 {BARE_SECRET}",
        f"postgresql://127.0.0.1/db?passwort={SECRET}",
        f"mysql://me:{SECRET}@127.0.0.1/db",
        f"{ODBC};PWD={{{BARE_SECRET}",
        f"{ODBC};pqopt={{{BARE_SECRET}=1}}",
        f"{ODBC};pqopt={{user=me {BARE_SECRET}}}",
        f"Driver={{no such driver}};PWD={BARE_SECRET}",
        f"DSN=nowhere;PWD={BARE_SECRET}",
        f"Server=127.0.0.1;PWD={BARE_SECRET}",
        "",
    ],
)
def test_what_is_no_address_is_refused_without_repeating_it(address: str) -> None:
    assert isinstance(refusal(address), CredentialRejected)


def test_a_server_that_is_not_there_is_unavailable(driver: Driver) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        error = refusal(address_of(f"postgresql://me:{SECRET}@127.0.0.1:{port}/db", driver))
    assert isinstance(error, SourceUnavailable)
    assert "Connection refused" in str(error)


def test_a_full_server_throttles(database: Database, role: str) -> None:
    database.run(f"ALTER ROLE {role} CONNECTION LIMIT 0")
    error = refusal(database.address_as(f"{role}:{SECRET}"))
    assert isinstance(error, SourceThrottled)


def test_a_lock_that_is_held_too_long_throttles(database: Database) -> None:
    database.run("CREATE TABLE t AS SELECT 1 AS id")
    with database.open() as other, other.cursor() as cursor:
        cursor.executescript("BEGIN; LOCK TABLE t")
        with open_connection(database.address) as connection:
            connection.rows("SET lock_timeout = '10ms'")
            with pytest.raises(SourceThrottled, match="lock timeout"):
                PostgresSession(connection).estimate(database.spec("t"), Span())
            connection.rows("SELECT 1")
        cursor.executescript("ROLLBACK")


def test_a_failing_statement_is_refused_with_what_the_source_said(
    database: Database, session: PostgresSession
) -> None:
    database.run("CREATE VIEW broken AS SELECT 1 / 0 AS id")
    with pytest.raises(QueryRefused, match=r"division by zero.*\(SQLSTATE 22012\)"):
        session.observe(database.spec("broken", "integer", "id"))


def test_a_session_settles_how_values_are_written(database: Database, role: str) -> None:
    database.run(f"""
        ALTER ROLE {role} SET TimeZone = 'Asia/Tokyo';
        ALTER ROLE {role} SET DateStyle = 'German';
        ALTER ROLE {role} SET extra_float_digits = -3;
        ALTER ROLE {role} SET bytea_output = 'escape';
        ALTER ROLE {role} SET statement_timeout = '10s';
    """)
    with open_connection(database.address_as(role)) as connection:
        row = connection.rows(
            "SELECT ARRAY[timestamptz '2024-01-02 00:00:00+00']::text AS t, "
            "ARRAY[0.1::float8 + 0.2]::text AS f, ARRAY['\\xff'::bytea]::text AS b, "
            "current_setting('statement_timeout') AS timeout"
        )[0]
    assert row == {
        "t": '{"2024-01-02 00:00:00+00"}',
        "f": "{0.30000000000000004}",
        "b": '{"\\\\xff"}',
        "timeout": "1min",
    }
