"""Rows of a span are estimated within a fifth, also where the statistics know nothing of them."""

from typing import Any

import pytest

from shared.adapters.postgresql import PostgresSession
from shared.loading.span import Span
from tests.contracts.source.conftest import Database

OLD, NEW = 400_000, 150_000


def fill(database: Database, *, index: bool) -> None:
    """Make a table whose newest rows came after it was analysed."""
    database.run(
        f"""
        CREATE TABLE t AS SELECT i AS id FROM generate_series(1, {OLD}) AS i;
        {"CREATE INDEX ON t (id);" if index else ""}
        ANALYZE t;
        ALTER TABLE t SET (autovacuum_enabled = false);
        INSERT INTO t SELECT i FROM generate_series({OLD} + 1, {OLD + NEW}) AS i
        """
    )


@pytest.mark.parametrize("index", [True, False])
@pytest.mark.parametrize(
    ("span", "rows"),
    [
        (Span(after=str(OLD)), NEW),
        (Span(after=str(OLD + NEW - 77)), 77),
        (Span(after=str(OLD + NEW)), 0),
        (Span(), OLD + NEW),
        (Span(after="1000", upto="1010"), 10),
        (Span(nulls=True), 0),
    ],
)
def test_an_estimate_is_near_the_truth(
    database: Database, session: PostgresSession, span: Span, rows: int, *, index: bool
) -> None:
    fill(database, index=index)
    found = session.estimate(database.spec("t", "integer", "id"), span)
    assert abs(found - rows) <= rows / 5


@pytest.mark.parametrize(("after", "upto"), [(None, 200_000), (100_000, 350_000), (50_000, None)])
def test_large_spans_of_an_analysed_table_are_estimated_by_its_statistics(
    database: Database, session: PostgresSession, after: int | None, upto: int | None
) -> None:
    fill(database, index=False)
    database.run("ANALYZE t")
    span = Span(after=after and str(after), upto=upto and str(upto))
    rows = (upto or OLD + NEW) - (after or 0)
    found = session.estimate(database.spec("t", "integer", "id"), span)
    assert abs(found - rows) <= rows / 5


def test_few_rows_of_a_view_are_counted(database: Database, session: PostgresSession) -> None:
    database.run(
        "CREATE TABLE t AS SELECT i AS id FROM generate_series(1, 5000) AS i;"
        "CREATE VIEW v AS SELECT * FROM t WHERE id % 2 = 0"
    )
    assert session.estimate(database.spec("v", "integer", "id"), Span(after="10")) == 2495


def test_a_statement_is_the_very_query_that_reads(
    database: Database, session: PostgresSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    database.run("CREATE TABLE t AS SELECT 7 AS id, 'x' AS name")
    spec, span = database.spec("t", "integer", "id"), Span(after="1", upto="9")
    statement = session.statement(spec, span)
    assert dict(statement.values) == {"tidemark.after": "1", "tidemark.upto": "9"}
    assert dict(session.statement(spec, Span(nulls=True)).values) == {}
    sent: list[str] = []
    stream = session._connection.stream

    def noted(sql: str, *given: Any) -> Any:
        sent.append(sql)
        return stream(sql, *given)

    monkeypatch.setattr(session._connection, "stream", noted)
    with session.read(spec, span) as reading:
        assert sum(batch.num_rows for batch in reading.batches) == 1
    assert sent == [statement.sql]
