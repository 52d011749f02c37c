"""How many rows MariaDB says a span has, and where it is cut."""

from collections.abc import Iterator
from itertools import pairwise

import pytest

from local.mariadb import RunningMariadb
from shared.adapters.odbc import OdbcSession
from shared.adapters.odbc.mariadb import sizes
from shared.loading.span import Span
from tests.contracts.odbc.mariadb.conftest import Database, database_of

ROWS = 20_000
SPANS = [
    Span(),
    Span(nulls=True),
    Span(after="2024-01-02 00:00:00"),
    Span(upto="2024-01-01 01:00:00"),
    Span(after="2024-01-01 12:00:00", upto="2024-01-05 00:00:00"),
    Span(after="2030-01-01 00:00:00"),
]


@pytest.fixture(scope="module")
def big(mariadb: RunningMariadb) -> Iterator[Database]:
    """A table whose times grow sparser, with an index on one of two equal cursors; analysed."""
    with database_of(mariadb) as made:
        made.run(
            "CREATE TABLE t (id int PRIMARY KEY, at datetime(6), bare datetime(6), INDEX (at))",
            f"""INSERT INTO t SELECT seq, at, at FROM (
                SELECT seq, IF(seq % 10 = 0, NULL,
                    '2024-01-01' + INTERVAL FLOOR(POW(seq, 1.4)) SECOND) AS at
                FROM seq_1_to_{ROWS}) made""",
            "CREATE TABLE nothing (at datetime(6))",
            "CREATE VIEW both_of AS SELECT a.at FROM t a JOIN t b USING (id)",
        )
        made.ask("ANALYZE TABLE t PERSISTENT FOR ALL")
        yield made


def count(database: Database, column: str, span: Span) -> int:
    conditions = [f"{column} IS NULL" if span.nulls else f"{column} IS NOT NULL"]
    conditions += [f"{column} > '{span.after}'"] if span.after else []
    conditions += [f"{column} <= '{span.upto}'"] if span.upto else []
    return int(str(database.ask(f"SELECT COUNT(*) FROM t WHERE {' AND '.join(conditions)}")[0][0]))


@pytest.mark.parametrize("column", ["at", "bare"])
@pytest.mark.parametrize("span", SPANS, ids=repr)
def test_the_rows_of_a_span_are_known(
    big: Database, session: OdbcSession, column: str, span: Span
) -> None:
    found = session.estimate(big.spec("t", "timestamp", column), span)
    assert found == count(big, column, span)


def test_the_rows_of_a_table_are_known_to_a_fifth(big: Database, session: OdbcSession) -> None:
    estimated = session.shape(big.spec("t", "timestamp", "at")).estimated_rows
    assert estimated == pytest.approx(ROWS, rel=0.2)


def test_the_rows_of_a_view_over_two_tables_are_counted(
    big: Database, session: OdbcSession
) -> None:
    assert session.shape(big.spec("both_of")).estimated_rows == ROWS


def test_where_a_count_would_take_long_the_optimiser_is_believed(
    big: Database, session: OdbcSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sizes, "_COUNTED_ROWS", 100)
    asked = session.estimate(big.spec("t", "timestamp", "at"), SPANS[4])
    assert 0 < asked <= ROWS


@pytest.mark.parametrize("column", ["at", "bare"])
@pytest.mark.parametrize("span", [SPANS[0], SPANS[2]], ids=repr)
def test_cuts_are_about_even(big: Database, session: OdbcSession, column: str, span: Span) -> None:
    values = session.cut(big.spec("t", "timestamp", column), span, 4)
    assert len(values) == 3
    assert list(values) == sorted(set(values))
    edges = [span.after, *values, span.upto]
    parts = [count(big, column, Span(after=low, upto=high)) for low, high in pairwise(edges)]
    assert sum(parts) == count(big, column, span)
    assert min(parts) > sum(parts) / 4 * 0.6


def test_a_span_of_one_value_is_not_cut(database: Database, session: OdbcSession) -> None:
    database.run(
        "CREATE TABLE t (n int)",
        "INSERT INTO t SELECT 7 FROM seq_1_to_50",
        "INSERT INTO t VALUES (NULL)",
    )
    spec = database.spec("t", "integer", "n")
    assert session.cut(spec, Span(), 4) == ()
    assert session.cut(spec, Span(nulls=True), 4) == ()


def test_an_empty_span_is_not_cut(big: Database, session: OdbcSession) -> None:
    assert session.cut(big.spec("nothing", "timestamp", "at"), Span(), 4) == ()
    assert session.cut(big.spec("t", "timestamp", "at"), SPANS[5], 4) == ()
