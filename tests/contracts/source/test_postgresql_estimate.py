"""Rows of a span are estimated within a fifth, also where the statistics know nothing of them."""

import uuid
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import adbc_driver_postgresql.dbapi as postgresql
import pytest

from local.postgres import RunningPostgres
from shared.adapters.postgresql import PostgresSession
from shared.loading.span import Span
from tests.contracts.source.conftest import MOSTLY_ONE_DRIVER, Database, Driver, available

OLD, NEW = 400_000, 150_000


@pytest.fixture(params=MOSTLY_ONE_DRIVER)
def driver(request: pytest.FixtureRequest) -> Driver:
    return available(request.param)


@pytest.fixture(scope="module")
def filled(server: RunningPostgres, owner: postgresql.Connection) -> Iterator[str]:
    """A schema with tables whose newest rows came after they were analysed, and one analysed since."""
    schema = f"estimates_{uuid.uuid4().hex}"
    database = Database(server.uri, schema, owner=owner)
    database.run("DISCARD ALL")
    database.run(
        f"""
        CREATE SCHEMA {schema}; SET search_path = {schema};
        CREATE TABLE plain AS SELECT i AS id FROM generate_series(1, {OLD}) AS i;
        CREATE TABLE indexed AS SELECT id FROM plain;
        CREATE INDEX ON indexed (id);
        ANALYZE plain, indexed;
        ALTER TABLE plain SET (autovacuum_enabled = false);
        ALTER TABLE indexed SET (autovacuum_enabled = false);
        INSERT INTO plain SELECT i FROM generate_series({OLD} + 1, {OLD + NEW}) AS i;
        INSERT INTO indexed SELECT id FROM plain WHERE id > {OLD};
        CREATE TABLE analysed AS SELECT id FROM plain ORDER BY id;
        ANALYZE analysed
        """
    )
    yield schema
    database.run(f"DROP SCHEMA {schema} CASCADE")


@pytest.mark.parametrize("table", ["plain", "indexed"])
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
    database: Database, session: PostgresSession, filled: str, span: Span, rows: int, *, table: str
) -> None:
    spec = replace(database.spec("t", "integer", "id"), table=f"{filled}.{table}")
    assert abs(session.estimate(spec, span) - rows) <= rows / 5


@pytest.mark.parametrize(("after", "upto"), [(None, 200_000), (100_000, 350_000), (50_000, None)])
def test_large_spans_of_an_analysed_table_are_estimated_by_its_statistics(
    database: Database,
    session: PostgresSession,
    filled: str,
    after: int | None,
    upto: int | None,
) -> None:
    spec = replace(database.spec("t", "integer", "id"), table=f"{filled}.analysed")
    span = Span(after=after and str(after), upto=upto and str(upto))
    rows = (upto or OLD + NEW) - (after or 0)
    assert abs(session.estimate(spec, span) - rows) <= rows / 5


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
