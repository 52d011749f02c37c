"""A table keeps its identity through all that keeps its rows, and loses it with them."""

from dataclasses import replace

import pytest

from shared.adapters.postgresql import PostgresSession, connect
from shared.catalog.spec import CursorKind
from tests.contracts.source.conftest import MOSTLY_ONE_DRIVER, Database, Driver, available

EVENTS = (
    "CREATE TABLE events (id bigserial, at timestamptz); INSERT INTO events (at) VALUES (now())"
)


@pytest.fixture(params=MOSTLY_ONE_DRIVER)
def driver(request: pytest.FixtureRequest) -> Driver:
    return available(request.param)


def identity(
    database: Database,
    session: PostgresSession,
    table: str = "events",
    kind: CursorKind = "timestamp",
) -> dict[str, str]:
    plain = database.spec(table, kind, "id" if kind == "integer" else "at")
    text = session.shape(replace(plain, cursor=replace(plain.cursor, assigned="database"))).identity
    assert text is not None
    return dict(part.split("=") for part in text.split())


def changed(before: dict[str, str], after: dict[str, str]) -> set[str]:
    return {name for name in before | after if before.get(name) != after.get(name)}


def test_server_timeline_database_and_table_are_told(
    database: Database, session: PostgresSession
) -> None:
    database.run(EVENTS)
    assert list(identity(database, session)) == ["system", "timeline", "database", "table"]
    assert identity(database, session)["timeline"] == "1"


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE events ADD note text; UPDATE events SET note = 'x'",
        "ALTER TABLE events ALTER id TYPE numeric(20,0)",
        "VACUUM FULL events",
        "TRUNCATE events",
        "ALTER TABLE events RENAME at TO aside; ALTER TABLE events RENAME aside TO at",
        "SELECT setval('events_id_seq', 500)",
    ],
)
def test_what_keeps_a_table_keeps_its_identity(
    database: Database, session: PostgresSession, change: str
) -> None:
    database.run(EVENTS)
    before = identity(database, session, kind="integer")
    database.run(change)
    assert changed(before, identity(database, session, kind="integer")) == set()


def test_a_table_made_anew_is_another(database: Database, session: PostgresSession) -> None:
    database.run(EVENTS)
    before = identity(database, session)
    database.run("DROP TABLE events;" + EVENTS)
    assert changed(before, identity(database, session)) == {"table"}


@pytest.mark.parametrize(
    "restart", ["TRUNCATE events RESTART IDENTITY", "ALTER SEQUENCE events_id_seq RESTART"]
)
def test_numbers_that_begin_again_are_others(
    database: Database, session: PostgresSession, restart: str
) -> None:
    database.run(EVENTS)
    before = identity(database, session, kind="integer")
    database.run(restart)
    assert changed(before, identity(database, session, kind="integer")) == {"counter"}


def test_a_view_is_what_it_reads(database: Database, session: PostgresSession) -> None:
    view = "CREATE VIEW seen AS SELECT * FROM {}"
    database.run(EVENTS + ";CREATE TABLE others AS SELECT * FROM events;" + view.format("events"))
    before = identity(database, session, "seen")
    assert before == identity(database, session)
    database.run("DROP VIEW seen;" + view.format("events"))
    assert changed(before, identity(database, session, "seen")) == set()
    database.run("DROP VIEW seen;" + view.format("events UNION ALL SELECT * FROM others"))
    assert changed(before, identity(database, session, "seen")) == {"table"}


def test_what_a_login_may_not_see_is_left_out(database: Database, role: str) -> None:
    database.run(
        f"{EVENTS}; GRANT USAGE ON SCHEMA {database.schema} TO {role};"
        f"GRANT SELECT ON events TO {role}"
    )
    database.run("REVOKE EXECUTE ON FUNCTION pg_control_system() FROM public")
    try:
        with connect(database.address_as(role)) as us:
            assert list(identity(database, us)) == ["timeline", "database", "table"]
    finally:
        database.run("GRANT EXECUTE ON FUNCTION pg_control_system() TO public")
