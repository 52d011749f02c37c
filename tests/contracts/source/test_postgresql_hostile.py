"""Nothing that a name or a value holds is ever read as SQL."""

import pytest

from shared.adapters.postgresql import PostgresSession
from shared.loading.errors import IngestError
from shared.loading.span import Span
from tests.contracts.source.conftest import Database

NAMES = [
    'quo"te',
    '"; DROP TABLE victim; --',
    "per%cent %s $1 {0}",
    "what? {fn now()} {} ?",
    "new\nline\ttab",
    "back\\slash 'apostrophe'",
    "ünï😀cødé",
    "SELECT",
    "x" * 63,
    "é" * 31,
    "/* comment",
]
VALUES = [
    "'; DROP TABLE victim; --",
    "1); DROP TABLE victim; --",
    "$1 %s %n {0} \\",
    "'||(SELECT 1)||'",
    "\n\t😀",
    "",
    "0 OR true",
]


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


@pytest.mark.parametrize("name", NAMES)
def test_any_name_can_be_a_table_and_a_cursor(
    database: Database, session: PostgresSession, name: str
) -> None:
    other = quoted(name[::-1])
    database.run(f"""
        CREATE TABLE victim (id int);
        CREATE TABLE {quoted(name)} AS
        SELECT i AS {quoted(name)}, 1::numeric(9,2) AS {other if other != quoted(name) else "other"}
        FROM generate_series(1, 9) AS i
    """)
    table = database.spec(name, "integer", name, key=(name,))
    assert session.shape(table).columns[0].name == name
    assert session.observe(table).max_cursor == "9"
    assert session.cut(table, Span(), 3) == ("3", "6")
    assert session.estimate(table, Span(after="8")) > 0
    with session.read(table, Span(after="3")) as reading:
        assert [row for batch in reading.batches for row in batch[name].to_pylist()] == [
            *range(4, 10)
        ]
    assert database.ask("SELECT count(*) FROM victim") == [(0,)]


@pytest.mark.parametrize("value", VALUES)
def test_a_bound_that_is_no_value_is_refused_and_does_nothing(
    database: Database, session: PostgresSession, value: str
) -> None:
    database.run("CREATE TABLE victim AS SELECT 1 AS id")
    table = database.spec("victim", "integer", "id")
    for span in (Span(after=value), Span(upto=value)):
        with pytest.raises(IngestError, match="invalid input syntax"), session.read(table, span):
            pass
        with pytest.raises(IngestError, match="invalid input syntax"):
            session.estimate(table, span)
    assert database.ask("SELECT count(*) FROM victim") == [(1,)]


def test_a_session_cannot_write(database: Database, session: PostgresSession) -> None:
    log = f"{database.schema}.log"
    database.run(f"""
        CREATE TABLE log (at timestamptz);
        CREATE FUNCTION note() RETURNS int LANGUAGE sql
        AS 'INSERT INTO {log} VALUES (now()) RETURNING 1';
        CREATE VIEW writing AS SELECT note() AS n;
    """)
    with (
        pytest.raises(IngestError, match="read-only transaction"),
        session.read(database.spec("writing"), Span()) as reading,
    ):
        list(reading.batches)
