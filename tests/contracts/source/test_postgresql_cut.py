"""How a span is sized and cut before it is read."""

import pytest

from shared.adapters.postgresql import PostgresSession, queries
from shared.adapters.postgresql.connection import open_connection
from shared.adapters.postgresql.relation import describe
from shared.loading.errors import CursorUnsound
from shared.loading.span import Span
from tests.contracts.source.conftest import MOSTLY_ONE_DRIVER, Database, Driver, available

ROWS = 300_000
BIG = f"""
    CREATE TABLE big AS
    SELECT i AS id, timestamp '2024-01-01' + i * interval '1 second' AS at
    FROM generate_series(1, {ROWS}) AS i;
    CREATE INDEX ON big (at);
    ANALYZE big;
"""


@pytest.fixture(params=MOSTLY_ONE_DRIVER)
def driver(request: pytest.FixtureRequest) -> Driver:
    return available(request.param)


def count(database: Database, session: PostgresSession, span: Span) -> int:
    with session.read(database.spec("big", "integer", "id"), span) as reading:
        return sum(batch.num_rows for batch in reading.batches)


def test_a_sampled_table_is_cut_about_evenly(database: Database, session: PostgresSession) -> None:
    database.run(BIG)
    cuts = session.cut(database.spec("big", "integer", "id"), Span(), 4)
    spans = [
        Span(after=after, upto=upto)
        for after, upto in zip((None, *cuts), (*cuts, None), strict=True)
    ]
    parts = [count(database, session, span) for span in spans]
    assert sum(parts) == ROWS
    assert max(parts) < ROWS / 4 * 1.2


def test_cuts_of_a_small_span_are_exact(database: Database, session: PostgresSession) -> None:
    database.run(BIG)
    span = Span(after="100", upto="200")
    assert session.cut(database.spec("big", "integer", "id"), span, 4) == ("125", "150", "175")


def test_cuts_keep_the_columns_exact_text(database: Database, session: PostgresSession) -> None:
    database.run(
        "CREATE TABLE t AS SELECT timestamptz '2024-01-01 00:00:00.000001+00'"
        " + i * interval '1 us' AS at FROM generate_series(1, 4) AS i"
    )
    cuts = session.cut(database.spec("t", "timestamp", "at"), Span(), 2)
    assert cuts == ("2024-01-01 00:00:00.000003+00",)


@pytest.mark.parametrize("span", [Span(), Span(upto="7"), Span(after="0")])
def test_no_cut_lies_at_the_upper_end(
    database: Database, session: PostgresSession, span: Span
) -> None:
    database.run("CREATE TABLE t AS SELECT 7 AS id FROM generate_series(1, 100)")
    assert session.cut(database.spec("t", "integer", "id"), span, 4) == ()


def test_values_that_repeat_give_one_cut(database: Database, session: PostgresSession) -> None:
    database.run("CREATE TABLE t AS SELECT (i > 90)::int AS id FROM generate_series(1, 100) AS i")
    assert session.cut(database.spec("t", "integer", "id"), Span(), 8) == ("0",)


@pytest.mark.parametrize("parts", [0, 1])
def test_one_part_needs_no_cut(database: Database, session: PostgresSession, parts: int) -> None:
    database.run(BIG)
    assert session.cut(database.spec("big", "integer", "id"), Span(), parts) == ()


def test_an_empty_span_has_no_cuts(database: Database, session: PostgresSession) -> None:
    database.run(BIG)
    assert session.cut(database.spec("big", "integer", "id"), Span(after="9999999"), 4) == ()


def test_a_table_without_a_cursor_cannot_be_cut(
    database: Database, session: PostgresSession
) -> None:
    database.run(BIG)
    with pytest.raises(CursorUnsound, match="no cursor"):
        session.cut(database.spec("big"), Span(), 4)


def test_a_table_without_a_cursor_has_no_spans(
    database: Database, session: PostgresSession
) -> None:
    database.run(BIG)
    with pytest.raises(CursorUnsound, match="only be read whole"):
        session.estimate(database.spec("big"), Span(after="1"))


def test_a_bound_is_as_good_as_a_literal_for_the_planner(database: Database) -> None:
    """The estimate is near, and the index is used, for a value that the SQL text does not hold."""
    database.run(BIG)
    big = database.spec("big", "timestamp", "at")
    span = Span(after="2024-01-04 03:00:00")
    with open_connection(database.address) as connection:
        connection.rows(queries.BEGIN)
        connection.rows(queries.OPEN, span.after or "", "", "1", "0")
        plan = connection.rows(queries.explain(big, describe(connection, big), span))
        connection.rows(queries.ROLLBACK)
    assert "big_at_idx" in plan[0]["QUERY PLAN"]
    with database.login("postgres") as session:
        assert 0.9 < session.estimate(big, span) / (ROWS - 75 * 3600) < 1.1
