"""Whatever others do, no row appears at or below an exact bound; where that is not proven it is said."""

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from local import postgres
from shared.adapters.postgresql import PostgresSession, connect
from shared.adapters.postgresql.assignment import look_at_relation
from shared.adapters.postgresql.connection import open_connection
from shared.catalog.spec import CursorSpec, TableSpec
from shared.loading.bound import Bound, find_bound
from shared.loading.cursor import cursor_type
from shared.loading.errors import CursorUnsound
from shared.loading.span import Observation
from tests.contracts.source.conftest import MOSTLY_ONE_DRIVER, Database, Driver, available

EVENTS = "CREATE TABLE events (id int, at timestamptz(6) DEFAULT now()); "
CURSOR = cursor_type("timestamp", resolution="0.000001", zoned=True)
ASSIGNED = CursorSpec(kind="timestamp", column="at", assigned="database")
# An advisory lock of the test: whoever asks for it waits until the test lets go.
GATE = 815


@pytest.fixture(params=MOSTLY_ONE_DRIVER)
def driver(request: pytest.FixtureRequest) -> Driver:
    return available(request.param)


def spec_of(database: Database, table: str = "events", **cursor: Any) -> TableSpec:
    plain = database.spec(table, "timestamp", "at")
    return replace(plain, cursor=replace(ASSIGNED, **cursor))


def observe(database: Database, session: PostgresSession, **cursor: Any) -> Observation:
    return session.observe(spec_of(database, **cursor))


def bound_of(seen: Observation) -> Bound:
    return find_bound(ASSIGNED, CURSOR, seen, settle=timedelta(), before=None)


def highest(database: Database) -> int:
    return CURSOR.parse(str(database.ask("SELECT max(at)::text FROM events")[0][0]))


def assert_above(database: Database, bound: Bound) -> None:
    assert bound.how == "exact"
    assert bound.value is not None
    assert highest(database) > CURSOR.parse(bound.value)


def await_value(database: Database, sql: str) -> None:
    while not database.ask(sql)[0][0]:
        pass


@contextmanager
def at_the_gate(database: Database, script: str) -> Iterator[None]:
    """Let somebody run a script that stops at the gate; it goes on at the end of the block."""
    with database.open() as keeper, keeper.cursor() as cursor, database.open() as writer:
        cursor.executescript(f"SELECT pg_advisory_lock({GATE})")

        def run() -> None:
            with writer.cursor() as writing:
                writing.executescript(script)

        thread = threading.Thread(target=run)
        thread.start()
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'advisory'"
        await_value(database, waiting)
        try:
            yield
        finally:
            cursor.executescript(f"SELECT pg_advisory_unlock({GATE})")
            thread.join()


def test_a_statement_time_of_a_procedure_that_commits_lies_above_the_bound(
    database: Database, session: PostgresSession
) -> None:
    """Its transaction is young, while statement_timestamp() is still that of the call."""
    database.run(
        EVENTS + "ALTER TABLE events ALTER at SET DEFAULT statement_timestamp();"
        f"""
        CREATE PROCEDURE work() LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM pg_sleep(1.5);
            COMMIT;
            PERFORM pg_advisory_xact_lock({GATE});
            INSERT INTO events (id) VALUES (1);
        END $$
        """
    )
    with at_the_gate(database, "CALL work()"):
        bound = bound_of(observe(database, session))
    assert_above(database, bound)


def test_several_statements_sent_at_once_count_from_where_they_were_sent(
    database: Database, session: PostgresSession
) -> None:
    database.run(EVENTS)
    script = f"""
        BEGIN; SELECT pg_sleep(1.5); COMMIT;
        BEGIN; SELECT pg_advisory_xact_lock({GATE}); INSERT INTO events VALUES (1, now()); COMMIT
    """
    with at_the_gate(database, script):
        bound = bound_of(observe(database, session))
    assert_above(database, bound)


@pytest.mark.parametrize(
    "written", ["now()", "clock_timestamp()", "statement_timestamp()", "transaction_timestamp()"]
)
@pytest.mark.parametrize("before", ["", "SAVEPOINT s", "CREATE TABLE late (id int)"])
def test_a_transaction_that_writes_after_the_look_lies_above_the_bound(
    database: Database, session: PostgresSession, written: str, before: str
) -> None:
    """It has no number yet, or only that of something else."""
    with database.open() as other, other.cursor() as cursor:
        cursor.executescript("BEGIN; SELECT 1")
        # Even the table is younger.
        database.run(EVENTS)
        if before:
            cursor.executescript(before)
        bound = bound_of(observe(database, session))
        cursor.executescript(f"INSERT INTO events VALUES (1, {written})")
        cursor.executescript("COMMIT")
    assert_above(database, bound)


def test_reports_switched_off_and_on_within_a_transaction_prove_nothing(
    database: Database, session: PostgresSession
) -> None:
    database.run(EVENTS)
    with database.open() as other, other.cursor() as cursor:
        cursor.executescript("SET track_activities = off")
        cursor.executescript("BEGIN")
        cursor.executescript("SET track_activities = on")
        seen = observe(database, session)
        assert (seen.oldest_open, seen.sessions_hidden) == (None, True)
        cursor.executescript("ROLLBACK")
    assert not observe(database, session).sessions_hidden


def test_who_writes_under_our_name_is_none_of_ours(
    database: Database, session: PostgresSession
) -> None:
    database.run(EVENTS)
    with database.open() as other, other.cursor() as cursor:
        cursor.executescript("SET application_name = 'tidemark'; BEGIN")
        cursor.executescript("INSERT INTO events VALUES (1, now())")
        seen = observe(database, session)
        cursor.executescript("COMMIT")
    assert seen.oldest_open is not None
    assert_above(database, bound_of(seen))


def test_a_prepared_transaction_leaves_nothing_above_the_watermark_safe(
    database: Database, session: PostgresSession
) -> None:
    """Nobody can say when it began, but the watermark was fenced against it."""
    database.run(EVENTS)
    before = bound_of(observe(database, session)).value
    assert before is not None
    with database.open() as other, other.cursor() as cursor:
        cursor.executescript("BEGIN; INSERT INTO events VALUES (1, now())")
        cursor.executescript("SELECT pg_sleep(1.5)")
        cursor.executescript(f"PREPARE TRANSACTION '{database.schema}'")
    try:
        seen = observe(database, session)
        bound = find_bound(ASSIGNED, CURSOR, seen, settle=timedelta(), before=before)
    finally:
        database.run(f"COMMIT PREPARED '{database.schema}'")
    assert (bound.value, bound.how) == (before, "settled")
    assert bound.held_back_by == f"prepared transaction {database.schema}, user postgres, prepared"
    assert highest(database) > CURSOR.parse(before)


def test_the_oldest_holders_are_told_with_whose_they_are(
    database: Database, session: PostgresSession
) -> None:
    database.run(EVENTS)
    with database.open() as other, other.cursor() as cursor:
        cursor.executescript("SET application_name = 'billing'; BEGIN; SELECT 'secret'")
        pid = database.ask("SELECT pid FROM pg_stat_activity WHERE application_name = 'billing'")
        [holder] = observe(database, session).holders
        cursor.executescript("ROLLBACK")
    assert holder.session == f"pid {pid[0][0]}"
    assert (holder.user, holder.application) == ("postgres", "billing")
    assert (holder.client, holder.state) == ("127.0.0.1", "idle in transaction")
    assert "secret" not in repr(holder)


def test_only_the_oldest_few_are_told_of(database: Database, session: PostgresSession) -> None:
    database.run(EVENTS)
    others = [database.open() for _ in range(5)]
    try:
        for other in others:
            with other.cursor() as cursor:
                cursor.executescript("BEGIN; SELECT 1")
        seen = observe(database, session)
    finally:
        for other in others:
            other.close()
    assert len(seen.holders) == 3
    assert [holder.since for holder in seen.holders] == sorted(h.since for h in seen.holders)
    assert seen.holders[0].since == seen.oldest_open


def test_a_login_that_sees_nobody_tells_of_nobody(database: Database, role: str) -> None:
    database.run(
        f"{EVENTS} GRANT USAGE ON SCHEMA {database.schema} TO {role}; GRANT SELECT ON events TO {role}"
    )
    with (
        database.open() as other,
        other.cursor() as cursor,
        connect(database.address_as(role)) as us,
    ):
        cursor.executescript("BEGIN; SELECT 1")
        seen = observe(database, us)
    assert (seen.holders, seen.sessions_hidden) == ((), True)


@pytest.mark.parametrize("name", ["copied", "seen"])
def test_a_materialised_view_is_never_exact(
    database: Database, session: PostgresSession, name: str
) -> None:
    """A refresh is young, and brings rows of long before it."""
    database.run(
        EVENTS + "CREATE MATERIALIZED VIEW copied AS SELECT * FROM events;"
        "CREATE VIEW seen AS SELECT * FROM copied"
    )
    [doubt] = session.observe(spec_of(database, name)).doubts
    assert "materialised" in doubt
    assert session.observe(spec_of(database, "events")).doubts == ()


def test_a_foreign_table_is_never_exact_nor_is_what_has_one_as_partition(
    database: Database,
) -> None:
    name = database.schema
    database.run(
        f"""
        CREATE FOREIGN DATA WRAPPER {name}; CREATE SERVER {name} FOREIGN DATA WRAPPER {name};
        CREATE TABLE events (id int, at timestamptz) PARTITION BY RANGE (id);
        CREATE TABLE near PARTITION OF events FOR VALUES FROM (0) TO (10)
        """
    )
    oid = str(database.ask(f"SELECT '{name}.events'::regclass::oid::text")[0][0])
    try:
        # Asked for by itself: a wrapper without a library answers no read.
        with open_connection(database.address) as connection:
            assert look_at_relation(connection, oid) == ()
            database.run(
                "CREATE FOREIGN TABLE far PARTITION OF events"
                f" FOR VALUES FROM (10) TO (20) SERVER {name}"
            )
            [doubt] = look_at_relation(connection, oid)
        assert "foreign table" in doubt
    finally:
        database.run(f"DROP FOREIGN DATA WRAPPER {name} CASCADE")


def test_a_table_that_logical_replication_fills_is_never_exact(
    database: Database, session: PostgresSession
) -> None:
    name = database.schema
    database.run(
        f"""
        {EVENTS}
        SET allow_system_table_mods = on;
        CREATE SUBSCRIPTION {name} CONNECTION 'host=nowhere' PUBLICATION p
            WITH (connect = false, slot_name = NONE, enabled = false);
        INSERT INTO pg_subscription_rel (srsubid, srrelid, srsubstate)
        SELECT oid, 'events'::regclass, 'r' FROM pg_subscription WHERE subname = '{name}'
        """
    )
    try:
        [doubt] = observe(database, session).doubts
    finally:
        database.run(f"DROP SUBSCRIPTION {name}; RESET allow_system_table_mods")
    assert "logical replication" in doubt


@pytest.mark.parametrize(
    ("declared", "default", "doubted"),
    [
        ("timestamp", "now()", True),
        ("timestamp(3)", "clock_timestamp()", True),
        ("timestamp", "LOCALTIMESTAMP", True),
        ("date", "CURRENT_DATE", True),
        ("timestamp", "(now() AT TIME ZONE 'UTC')", False),
        ("date", "(now() AT TIME ZONE 'UTC')::date", False),
        ("timestamptz", "now()", False),
        ("timestamp", "'2026-01-01'", False),
    ],
)
def test_a_value_that_takes_each_sessions_time_zone_is_never_exact(
    database: Database, session: PostgresSession, declared: str, default: str, *, doubted: bool
) -> None:
    """A session in New York writes now() five hours below the bound."""
    database.run(f"CREATE TABLE events (id int, at {declared} DEFAULT {default})")
    kind = "date" if declared == "date" else "timestamp"
    doubts = observe(database, session, kind=kind).doubts
    assert ["time zone" in doubt for doubt in doubts] == ([True] if doubted else [])


NUMBERS: dict[str, Any] = {"kind": "integer", "column": "id"}


@pytest.mark.parametrize("owned", ["bigint DEFAULT nextval('numbers')", "bigint"])
def test_a_sequence_that_hands_out_numbers_in_advance_is_never_exact(
    database: Database, session: PostgresSession, owned: str
) -> None:
    database.run(f"CREATE SEQUENCE numbers CACHE 10; CREATE TABLE events (id {owned})")
    if "nextval" not in owned:
        database.run("ALTER SEQUENCE numbers OWNED BY events.id")
    [doubt] = observe(database, session, **NUMBERS).doubts
    assert "cached" in doubt


@pytest.mark.parametrize("options", ["INCREMENT -1", "MAXVALUE 100 CYCLE"])
def test_a_sequence_that_does_not_only_grow_is_no_cursor(
    database: Database, session: PostgresSession, options: str
) -> None:
    database.run(
        f"CREATE TABLE events (id int GENERATED BY DEFAULT AS IDENTITY ({options}), at timestamptz)"
    )
    with pytest.raises(CursorUnsound, match="counts down or begins again"):
        observe(database, session, **NUMBERS)
    with pytest.raises(CursorUnsound, match="counts down or begins again"):
        session.shape(spec_of(database, **NUMBERS))


def test_the_last_number_of_the_columns_own_sequence_is_seen(
    database: Database, session: PostgresSession
) -> None:
    database.run("CREATE TABLE events (id bigserial, at timestamptz)")
    assert observe(database, session, **NUMBERS).counter == "0"
    database.run("INSERT INTO events (at) SELECT now() FROM generate_series(1, 7)")
    database.run("DELETE FROM events WHERE id > 3")
    seen = observe(database, session, **NUMBERS)
    assert (seen.max_cursor, seen.counter, seen.doubts) == ("3", "7", ())


def test_a_sequence_that_the_login_may_not_read_is_not_guessed(
    database: Database, role: str
) -> None:
    database.run(
        f"CREATE TABLE events (id bigserial, at timestamptz); INSERT INTO events VALUES (1);"
        f"GRANT USAGE ON SCHEMA {database.schema} TO {role}; GRANT SELECT ON events TO {role}"
    )
    with connect(database.address_as(role)) as us:
        assert observe(database, us, **NUMBERS).counter is None
        assert "counter" not in str(us.shape(spec_of(database, **NUMBERS)).identity)


@pytest.mark.parametrize(
    "declared",
    [
        "text",
        'text COLLATE "C"',
        "numeric",
        "numeric(10,2)",
        "interval",
        "time",
        "tstzrange",
        "int4range",
        "uuid",
        "float8",
        "mood",
        "bytea",
        "timestamptz[]",
        "xid",
        "pg_lsn",
    ],
)
@pytest.mark.parametrize("kind", ["timestamp", "date", "integer"])
def test_a_type_that_does_not_order_as_the_kind_counts_is_no_cursor(
    database: Database, session: PostgresSession, declared: str, kind: str
) -> None:
    database.run(f"CREATE TYPE mood AS ENUM ('sad', 'glad'); CREATE TABLE events (at {declared})")
    with pytest.raises(CursorUnsound, match="does not fit the kind"):
        session.shape(spec_of(database, kind=kind))


@pytest.mark.parametrize("value", ["infinity", "0044-03-15 12:00:00 BC"])
def test_a_time_that_no_calendar_counts_stops(
    database: Database, session: PostgresSession, value: str
) -> None:
    database.run(f"{EVENTS} INSERT INTO events VALUES (1, '{value}')")
    with pytest.raises(CursorUnsound):
        bound_of(observe(database, session))


def test_a_replication_connection_in_a_transaction_proves_nothing(
    database: Database, session: PostgresSession
) -> None:
    """It is shown as a sender of the log, without a start, and takes SQL like any other."""
    database.run(EVENTS)
    psql = postgres.find_programs() / "psql"
    with subprocess.Popen(
        [psql, "-qX", f"{database.uri}?replication=database"], stdin=subprocess.PIPE, text=True
    ) as sender:
        assert sender.stdin is not None
        sender.stdin.write(f"BEGIN; INSERT INTO {database.schema}.events VALUES (1);\n")
        sender.stdin.flush()
        open_ = "backend_type = 'walsender' AND state = 'idle in transaction'"
        await_value(database, f"SELECT count(*) FROM pg_stat_activity WHERE {open_}")
        seen = observe(database, session)
        sender.stdin.close()
        sender.wait()
    assert seen.sessions_hidden
