"""A result that is read page by page has every row once, whatever orders the pages."""

import pytest

from shared.adapters.odbc import OdbcSession
from shared.adapters.odbc.mariadb import dialect, pages
from shared.catalog.spec import TableSpec
from shared.loading.span import Span
from tests.contracts.odbc.mariadb.conftest import Database

ROWS = 100
# Ties in the cursor, and every tenth row without one.
CURSOR = "IF(seq % 10 = 0, NULL, '2024-01-01' + INTERVAL seq DIV 9 SECOND)"
SPANS = [
    Span(),
    Span(nulls=True),
    Span(after="2024-01-01 00:00:03"),
    Span(after="2024-01-01 00:00:01", upto="2024-01-01 00:00:07"),
    Span(upto="2023-01-01 00:00:00"),
]
KEYS = {
    "number": ("id int", "CAST(seq AS SIGNED) * 7 - 300"),
    "unsigned": ("id bigint unsigned", "18446744073709551615 - seq"),
    "text": ("id varchar(20) COLLATE utf8mb4_general_ci", "CONCAT('É', CHAR(64 + seq % 3), seq)"),
    "bytes": ("id varbinary(20)", "UNHEX(CONCAT(LPAD(HEX(seq), 4, '0'), '00'))"),
    "decimal": ("id decimal(40,5)", "seq * -1.00001"),
    "instant": ("id timestamp(6)", "'2024-01-01' + INTERVAL seq MICROSECOND"),
    "day": ("id date", "'2024-01-01' - INTERVAL seq DAY"),
}
# The keys whose comparison and text are the most unlike a number's.
SHORT = ("text", "decimal")
INDEXES = {"with an index": ", INDEX (at)", "without": ""}


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    # Whatever the driver's version is, as if it copied results; and seven rows to a page.
    monkeypatch.setattr(dialect, "_FIRST_TO_STREAM", "99")
    monkeypatch.setattr(pages, "_MOST_ROWS", 7)


def numbers(session: OdbcSession, spec: TableSpec, span: Span) -> list[int]:
    with session.read(spec, span) as reading:
        return sorted(n for batch in reading.batches for n in batch["n"].to_pylist())


def wanted(database: Database, span: Span) -> list[int]:
    conditions = [f"at IS {'' if span.nulls else 'NOT '}NULL"]
    conditions += [f"at > '{span.after}'"] if span.after else []
    conditions += [f"at <= '{span.upto}'"] if span.upto else []
    return [
        int(str(n))
        for (n,) in database.ask(f"SELECT n FROM t WHERE {' AND '.join(conditions)} ORDER BY n")
    ]


@pytest.mark.parametrize("index", INDEXES.values(), ids=INDEXES.keys())
@pytest.mark.parametrize(
    "key",
    [
        pytest.param(key, id=name, marks=[] if name in SHORT else pytest.mark.long)
        for name, key in KEYS.items()
    ],
)
def test_every_row_is_on_one_page(
    database: Database, session: OdbcSession, key: tuple[str, str], index: str
) -> None:
    declared, value = key
    database.run(
        f"CREATE TABLE t ({declared}, part tinyint, at datetime(6), n int, PRIMARY KEY (part, id){index})",
        f"INSERT INTO t SELECT {value}, seq % 3, {CURSOR}, seq FROM seq_1_to_{ROWS}",
    )
    spec = database.spec("t", "timestamp", "at")
    for span in SPANS:
        assert numbers(session, spec, span) == wanted(database, span)
    assert numbers(session, database.spec("t"), Span()) == list(range(1, ROWS + 1))


def test_pages_follow_a_cursor_that_is_part_of_the_key(
    database: Database, session: OdbcSession
) -> None:
    database.run(
        "CREATE TABLE t (kind int, at datetime, n int, PRIMARY KEY (kind, at), INDEX (at))",
        f"INSERT INTO t SELECT seq % 5, '2024-01-01' + INTERVAL seq SECOND, seq FROM seq_1_to_{ROWS}",
    )
    spec = database.spec("t", "timestamp", "at")
    for span in (SPANS[0], SPANS[3]):
        assert numbers(session, spec, span) == wanted(database, span)


@pytest.mark.parametrize("declared", ["n int", "n int, e enum('b', 'a') PRIMARY KEY"])
def test_a_table_without_a_key_to_follow_is_read_at_once(
    database: Database, session: OdbcSession, declared: str
) -> None:
    database.run(f"CREATE TABLE t ({declared})", "INSERT INTO t (n) VALUES (1)")
    spec = database.spec("t")
    relation = session._dialect.describe(session._rows(), spec)
    assert pages.find_pager(session._dialect, session._rows(), spec, relation, span=Span()) is None
    assert numbers(session, spec, Span()) == [1]


def test_all_pages_are_of_one_snapshot(database: Database, session: OdbcSession) -> None:
    database.run(
        "CREATE TABLE t (id int PRIMARY KEY, n int, long_one longtext)",
        f"INSERT INTO t SELECT seq * 2, seq, 'x' FROM seq_1_to_{ROWS}",
    )
    with session.read(database.spec("t"), Span()) as reading:
        first = next(reading.batches)
        database.run("INSERT INTO t VALUES (201, 0, 'late')", "DELETE FROM t WHERE id > 150")
        rest = [n for batch in reading.batches for n in batch["n"].to_pylist()]
    assert sorted([*first["n"].to_pylist(), *rest]) == list(range(1, ROWS + 1))
