"""What a table is found to be, and why it is refused."""

import pytest

from shared.adapters.postgresql import PostgresSession
from shared.extraction.source import Column
from shared.loading.errors import ColumnMissing, CursorUnsound, TableMissing, TypeUnsupported
from shared.loading.span import Span
from tests.contracts.source.conftest import MOSTLY_ONE_DRIVER, Database, Driver, available

KINDS = """
    CREATE TABLE plain AS SELECT i AS id FROM generate_series(1, 1000) AS i;
    CREATE TABLE parted (id int) PARTITION BY RANGE (id);
    CREATE TABLE low PARTITION OF parted FOR VALUES FROM (0) TO (600);
    CREATE TABLE high PARTITION OF parted FOR VALUES FROM (600) TO (2000);
    INSERT INTO parted SELECT id FROM plain;
    CREATE VIEW seen AS SELECT id FROM plain;
    CREATE MATERIALIZED VIEW kept AS SELECT id FROM plain;
    CREATE TABLE parent (id int);
    CREATE TABLE child () INHERITS (parent);
    INSERT INTO child SELECT id FROM plain;
"""


@pytest.fixture(params=MOSTLY_ONE_DRIVER)
def driver(request: pytest.FixtureRequest) -> Driver:
    return available(request.param)


@pytest.mark.parametrize("table", ["plain", "parted", "seen", "kept", "parent"])
def test_every_kind_of_relation_is_described_and_read(
    database: Database, session: PostgresSession, table: str
) -> None:
    database.run(KINDS)
    database.run("ANALYZE")
    spec = database.spec(table, "integer", "id")
    shape = session.shape(spec)
    assert shape.columns == (
        Column(name="id", source_type="integer", nullable=True, lands="int32"),
    )
    assert abs(shape.estimated_rows - 1000) <= 1
    assert session.cut(spec, Span(), 2) == ("500",)
    with session.read(spec, Span()) as reading:
        assert sum(batch.num_rows for batch in reading.batches) == 1000


def test_columns_are_given_as_declared_in_order_without_the_excluded(
    database: Database, session: PostgresSession
) -> None:
    database.run("""
        CREATE DOMAIN price AS numeric(18,6) CHECK (value >= 0);
        CREATE TABLE t (b price NOT NULL, gone int, a varchar(20), secret regclass);
        ALTER TABLE t DROP COLUMN gone;
    """)
    assert session.shape(database.spec("t", exclude=("secret",))).columns == (
        Column(
            name="b",
            source_type=f"{database.schema}.price",
            nullable=False,
            lands="decimal128(18, 6)",
        ),
        Column(name="a", source_type="character varying(20)", nullable=True, lands="string"),
    )


@pytest.mark.parametrize(
    ("declared", "step"),
    [
        ("timestamp", ("0.000001", False)),
        ("timestamp(0)", ("1", False)),
        ("timestamptz(3)", ("0.001", True)),
        ("at_second", ("1", True)),
    ],
)
def test_a_timestamp_cursor_has_a_resolution_and_a_zone_or_none(
    database: Database, declared: str, step: tuple[str, bool]
) -> None:
    database.run("CREATE DOMAIN coarse AS timestamptz(0); CREATE DOMAIN at_second AS coarse;")
    database.run(f"CREATE TABLE t (at {declared})")
    with database.login("postgres") as session:
        shape = session.shape(database.spec("t", "timestamp", "at"))
    assert (shape.resolution, shape.zoned) == step


@pytest.mark.parametrize(("kind", "declared"), [("date", "date"), ("integer", "int")])
def test_other_cursors_have_neither(
    database: Database, session: PostgresSession, kind: str, declared: str
) -> None:
    database.run(f"CREATE TABLE t (c {declared})")
    shape = session.shape(database.spec("t", "date" if kind == "date" else "integer", "c"))
    assert (shape.resolution, shape.zoned) == (None, None)


def test_a_table_that_was_never_analysed_has_an_estimate(
    database: Database, session: PostgresSession
) -> None:
    database.run("CREATE TABLE t (i int) WITH (autovacuum_enabled = off)")
    database.run("INSERT INTO t SELECT generate_series(1, 100000)")
    assert 50_000 < session.shape(database.spec("t")).estimated_rows < 200_000


def test_a_missing_table_is_named(database: Database, session: PostgresSession) -> None:
    with pytest.raises(TableMissing, match=r"\.nowhere does not exist"):
        session.shape(database.spec("nowhere"))


def test_a_sequence_is_no_table(database: Database, session: PostgresSession) -> None:
    database.run("CREATE SEQUENCE s")
    with pytest.raises(TableMissing, match="neither a table nor a view"):
        session.shape(database.spec("s"))


@pytest.mark.parametrize(
    "right", ["USAGE ON SCHEMA {}", "SELECT ON {}.plain", "SELECT (id) ON {}.plain"]
)
def test_a_table_that_may_not_be_read_is_missing_and_says_so(
    database: Database, role: str, right: str
) -> None:
    database.run(KINDS)
    database.run(f"GRANT {right.format(database.schema)} TO {role}")
    with (
        database.login(role) as session,
        pytest.raises(TableMissing, match=f"{role} lacks SELECT"),
    ):
        session.shape(database.spec("plain"))


def test_a_missing_key_column_is_named(database: Database, session: PostgresSession) -> None:
    database.run(KINDS)
    with pytest.raises(ColumnMissing, match="plain has no column user_id"):
        session.shape(database.spec("plain", key=("id", "user_id")))


def test_a_missing_cursor_is_named(database: Database, session: PostgresSession) -> None:
    database.run(KINDS)
    with pytest.raises(ColumnMissing, match="plain has no column changed"):
        session.shape(database.spec("plain", "timestamp", "changed"))


def test_a_cursor_of_another_type_than_declared_is_unsound(
    database: Database, session: PostgresSession
) -> None:
    database.run("CREATE TABLE t (at text)")
    with pytest.raises(CursorUnsound, match="column at: its type text"):
        session.shape(database.spec("t", "timestamp", "at"))


def test_a_table_of_excluded_columns_only_is_refused(
    database: Database, session: PostgresSession
) -> None:
    database.run(KINDS)
    with pytest.raises(ColumnMissing, match="no column left"):
        session.shape(database.spec("plain", exclude=("id",)))


def test_a_type_without_an_exact_text_is_refused_by_name(
    database: Database, session: PostgresSession
) -> None:
    database.run("CREATE TABLE t (id int, parent regclass)")
    with pytest.raises(TypeUnsupported, match="column parent: regclass"):
        session.shape(database.spec("t"))
