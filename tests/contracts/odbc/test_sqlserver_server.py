"""SQL Server itself, where one is given: types, bounds, snapshots and faults."""

import os
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa
import pytest

from shared.adapters.odbc import OdbcSession, connect
from shared.adapters.odbc.address import parse_address
from shared.adapters.odbc.libraries import pyodbc
from shared.adapters.odbc.sqlserver import SqlServerDialect
from shared.adapters.odbc.sqlserver.address import settle
from shared.catalog.spec import (
    ColumnSpec,
    CursorKind,
    CursorSpec,
    DeleteSpec,
    SourceSpec,
    TableSpec,
)
from shared.extraction.tracked import take_apart
from shared.landing.tally import Tally
from shared.loading.cursor import cursor_type
from shared.loading.errors import (
    CredentialRejected,
    KeyUnsound,
    TableMissing,
    TrackingExpired,
    TrackingUnavailable,
    TypeUnsupported,
    ValueUnsupported,
)
from shared.loading.span import Span
from tests.unit.adapters.sqlserver_page import LANDED, REFUSED

SERVER = os.environ.get("TIDEMARK_TEST_SQLSERVER", "")
WITH_VALUES = [row for row in LANDED if len(row) == 5]

if not SERVER:
    pytest.skip("TIDEMARK_TEST_SQLSERVER names no server", allow_module_level=True)


class Schema:
    """A schema of the database, as its owner sees it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._owner = pyodbc.connect(
            settle(parse_address(SERVER)).settled({"APP": "tests"}).text(), autocommit=True
        )
        self.run("SET NOCOUNT ON")

    def run(self, sql: str) -> None:
        """Run a batch; `S.` stands for the schema."""
        self._owner.execute(sql.replace("S.", f"[{self.name}].")).close()

    def make(self, declared: str, *values: str) -> None:
        """Make table t of a column v, and a long one that has it read row by row."""
        self.run(f"CREATE TABLE S.t (v {declared} NULL, long nvarchar(max) NULL)")
        for value in values:
            self.run(f"INSERT INTO S.t (v) VALUES ({value})")

    def table(
        self,
        kind: CursorKind = "none",
        column: str | None = None,
        exclude: tuple[str, ...] = ("long",),
        name: str = "t",
    ) -> TableSpec:
        return TableSpec(
            source=SourceSpec(name="shop", kind="sql", engine="sqlserver", connection="${SHOP_DB}"),
            table=f"{self.name}.{name}",
            key=(),
            cursor=CursorSpec(kind=kind, column=column),
            target="bronze/shop/t",
            columns=ColumnSpec(exclude=exclude),
        )

    @contextmanager
    def somebody(self) -> Iterator["Schema"]:
        """Give another session on the same schema, in a transaction that is rolled back."""
        with closing(Schema(self.name)) as other:
            other.run("BEGIN TRANSACTION")
            yield other
            other.run("IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION")

    def close(self) -> None:
        self._owner.close()


@pytest.fixture
def schema() -> Iterator[Schema]:
    with closing(Schema(f"test_{uuid.uuid4().hex}")) as made:
        made.run(f"CREATE SCHEMA [{made.name}]")
        yield made
        made.run("DROP VIEW IF EXISTS S.w")
        made.run("DROP TABLE IF EXISTS S.t")
        made.run(f"DROP SCHEMA [{made.name}]")


@pytest.fixture
def session() -> Iterator[OdbcSession]:
    with connect(SqlServerDialect(), SERVER) as opened:
        yield opened


def read(session: OdbcSession, table: TableSpec, span: Span | None = None) -> pa.Table:
    with session.read(table, span or Span()) as reading:
        return pa.Table.from_batches(reading.batches, schema=reading.schema)


@pytest.mark.parametrize("exclude", [("long",), ()], ids=["in blocks", "row by row"])
@pytest.mark.parametrize("row", WITH_VALUES, ids=lambda row: row[0])
def test_a_type_lands_as_the_page_says_both_ways(
    schema: Schema, session: OdbcSession, row: tuple[str, ...], exclude: tuple[str, ...]
) -> None:
    declared, _, arrow, value, lands = row
    schema.make(declared, value, "NULL")
    landed = read(session, schema.table(exclude=exclude))
    assert str(landed.schema.field("v").type) == arrow
    assert landed.schema.field("v").metadata == {b"tidemark.source_type": declared.encode()}
    values = landed["v"].to_pylist()
    [shown] = [str(each) for each in values if each is not None]
    assert shown == lands
    assert values.count(None) == 1


@pytest.mark.parametrize("declared", [row[0] for row in REFUSED if row[0] != "vector"])
def test_a_type_is_refused_as_the_page_says(
    schema: Schema, session: OdbcSession, declared: str
) -> None:
    schema.make(declared)
    with pytest.raises(TypeUnsupported, match="column v"):
        session.shape(schema.table())


def test_half_a_surrogate_pair_is_refused(schema: Schema, session: OdbcSession) -> None:
    schema.make("nvarchar(5)", "NCHAR(0xD83D)")
    for exclude in (("long",), ()):
        with pytest.raises(ValueUnsupported, match="column v"):
            read(session, schema.table(exclude=exclude))


def test_text_of_a_code_page_is_read_by_the_server(schema: Schema, session: OdbcSession) -> None:
    schema.make("varchar(10) COLLATE Greek_CI_AS", "N'αβ€'")
    assert read(session, schema.table())["v"].to_pylist() == ["αβ€"]


def test_an_alias_type_lands_as_what_it_is_made_of(schema: Schema, session: OdbcSession) -> None:
    schema.run("CREATE TYPE S.code FROM nvarchar(7)")
    schema.run("CREATE TABLE S.t (v S.code NULL)")
    try:
        [column] = session.shape(schema.table(exclude=())).columns
        assert column.source_type == "nvarchar(7)"
    finally:
        schema.run("DROP TABLE S.t")
        schema.run("DROP TYPE S.code")


@dataclass(frozen=True, slots=True)
class Pair:
    """Two values of a cursor column that stand next to each other, and a bound between them.

    The bound is the step below the higher unless it is given.
    """

    kind: CursorKind
    declared: str
    low: str
    high: str
    bound: str | None = None


PAIRS = [
    Pair("timestamp", "datetime", "'20240229 23:59:59.993'", "'20240229 23:59:59.997'"),
    # Between two values that there are: the server would round the bound up.
    Pair(
        "timestamp",
        "datetime",
        "'20240229 00:00:00.003'",
        "'20240229 00:00:00.007'",
        "2024-02-29 00:00:00.006",
    ),
    Pair("timestamp", "smalldatetime", "'20240229 23:58:00'", "'20240229 23:59:00'"),
    Pair(
        "timestamp",
        "datetime2(7)",
        "'2024-02-29 23:59:59.9999998'",
        "'2024-02-29 23:59:59.9999999'",
    ),
    Pair(
        "timestamp",
        "datetimeoffset(7)",
        "'2024-02-29 23:59:59.9999998 +02:00'",
        "'2024-02-29 14:59:59.9999999 -07:00'",
    ),
    Pair("date", "date", "'0001-01-01'", "'9999-12-31'"),
    Pair("integer", "tinyint", "254", "255"),
    Pair("integer", "bigint", "-9223372036854775808", "9223372036854775807"),
    Pair("integer", "decimal(38,0)", "-1", "99999999999999999999999999999999999999"),
]


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair.declared} {pair.low}")
def test_a_bound_divides_the_rows_where_it_says(
    schema: Schema, session: OdbcSession, pair: Pair
) -> None:
    schema.make(pair.declared, pair.low, pair.high, "NULL")
    table = schema.table(pair.kind, "v")
    shape, seen = session.shape(table), session.observe(table)
    assert seen.max_cursor is not None
    assert seen.has_nulls
    counted = cursor_type(pair.kind, resolution=shape.resolution, zoned=shape.zoned)
    highest = counted.parse(seen.max_cursor)
    assert counted.format(highest) == seen.max_cursor
    at = pair.bound or counted.format(highest - counted.step)
    for span, rows in (
        (Span(upto=at), 1),
        (Span(after=at), 1),
        (Span(after=seen.max_cursor), 0),
        (Span(upto=seen.max_cursor), 2),
        (Span(), 2),
        (Span(nulls=True), 1),
    ):
        assert read(session, table, span).num_rows == rows
        # A whole table is counted with its rows without a value.
        assert session.estimate(table, span) == (3 if span == Span() else rows)


def test_a_row_version_in_use_is_below_no_bound(schema: Schema, session: OdbcSession) -> None:
    schema.run("CREATE TABLE S.t (id int, v rowversion)")
    schema.run("INSERT INTO S.t (id) VALUES (1)")
    table = schema.table("rowversion", "v", exclude=())
    with schema.somebody() as other:
        other.run("INSERT INTO S.t (id) VALUES (2)")
        schema.run("INSERT INTO S.t (id) VALUES (3)")
        seen = session.observe(table)
    assert seen.max_cursor is not None
    assert seen.lowest_active is not None
    assert seen.lowest_active < seen.max_cursor
    below = cursor_type("rowversion", resolution=None, zoned=None)
    bound = below.format(below.parse(seen.lowest_active) - 1)
    assert read(session, table, Span(upto=bound))["id"].to_pylist() == [1]
    assert read(session, table, Span(after=bound))["id"].to_pylist() == [3]


@pytest.fixture
def tracked(schema: Schema) -> Iterator[TableSpec]:
    """A table with two key columns, whose changes are tracked; the database must not track any before."""
    schema.run("ALTER DATABASE CURRENT SET CHANGE_TRACKING = ON (CHANGE_RETENTION = 1 DAYS)")
    schema.run(
        "CREATE TABLE S.t (a int, b nvarchar(9), v int, CONSTRAINT [pk t] PRIMARY KEY (a, b))"
    )
    schema.run("ALTER TABLE S.t ENABLE CHANGE_TRACKING")
    deletes = DeleteSpec(how="change_tracking")
    yield replace(
        schema.table("change_tracking", exclude=()),
        key=("a", "b"),
        deletes=deletes,
        receipt="values",
    )
    schema.run("DROP TABLE IF EXISTS S.t")
    schema.run("ALTER DATABASE CURRENT SET CHANGE_TRACKING = OFF")


def changes_of(session: OdbcSession, table: TableSpec, span: Span) -> dict[int, tuple[Any, bool]]:
    """Give value and whether it is gone by the first key column, and hold the rows to their receipt."""
    found: dict[int, tuple[Any, bool]] = {}
    with session.read(table, span) as reading:
        assert reading.proof is not None
        tally = Tally(reading.proof.measures)
        for rows in map(take_apart, reading.batches):
            tally.add(rows.batch)
            assert rows.gone is not None
            values, gone = rows.batch.column("v").to_pylist(), rows.gone.to_pylist()
            found |= dict(
                zip(rows.batch["a"].to_pylist(), zip(values, gone, strict=True), strict=True)
            )
        said = reading.proof.ask()
    assert said == tally.proof(said.level)
    return found


def test_changes_since_a_version_are_read_with_what_is_gone(
    schema: Schema, session: OdbcSession, tracked: TableSpec
) -> None:
    schema.run("INSERT INTO S.t VALUES (1, N'x', 10), (2, N'x', 20), (3, N'x', 30)")
    before = session.observe(tracked)
    assert before.max_cursor is not None
    assert before.tracking is not None
    assert before.tracking.holds_rows
    assert session.shape(tracked).identity is not None
    assert read(session, tracked).num_rows == 3
    schema.run("DELETE FROM S.t WHERE a = 1")
    schema.run("UPDATE S.t SET v = NULL WHERE a = 2")
    schema.run("INSERT INTO S.t VALUES (4, N'y', 40)")
    span = Span(after=before.max_cursor)
    assert changes_of(session, tracked, span) == {1: (None, True), 2: (None, False), 4: (40, False)}
    assert session.estimate(tracked, span) == 3
    [cut] = session.cut(tracked, span, 2)
    assert len(changes_of(session, tracked, Span(after=before.max_cursor, upto=cut))) in (1, 2)
    without = replace(tracked, deletes=DeleteSpec())
    assert set(changes_of(session, without, span)) == {2, 4}


def test_a_change_gets_its_version_when_it_is_committed(
    schema: Schema, session: OdbcSession, tracked: TableSpec
) -> None:
    with schema.somebody() as other:
        other.run("INSERT INTO S.t VALUES (1, N'x', 10)")
        schema.run("INSERT INTO S.t VALUES (2, N'x', 20)")
        bound = session.observe(tracked).max_cursor
        other.run("COMMIT")
        other.run("BEGIN TRANSACTION")
    assert bound is not None
    assert set(changes_of(session, tracked, Span(after=bound))) == {1}


def test_a_truncated_table_has_another_identity_and_no_older_changes(
    schema: Schema, session: OdbcSession, tracked: TableSpec
) -> None:
    schema.run("INSERT INTO S.t VALUES (1, N'x', 10)")
    before, identity = session.observe(tracked).max_cursor, session.shape(tracked).identity
    schema.run("INSERT INTO S.t VALUES (2, N'x', 10)")
    schema.run("TRUNCATE TABLE S.t")
    assert session.shape(tracked).identity != identity
    with pytest.raises(TrackingExpired), session.read(tracked, Span(after=before)):
        pass


def test_a_table_truncated_at_the_version_at_which_its_tracking_began_has_no_row_left_as_it_was(
    schema: Schema, session: OdbcSession, tracked: TableSpec
) -> None:
    schema.run("INSERT INTO S.t VALUES (1, N'x', 10)")
    schema.run("ALTER TABLE S.t DISABLE CHANGE_TRACKING")
    schema.run("ALTER TABLE S.t ENABLE CHANGE_TRACKING")
    before = session.observe(tracked)
    assert before.tracking is not None
    since = before.tracking.kept_above
    seen = session.observe(tracked, since).tracking
    assert seen is not None
    assert seen.untouched
    schema.run("TRUNCATE TABLE S.t")
    schema.run("INSERT INTO S.t VALUES (2, N'x', 20)")
    seen = session.observe(tracked, since).tracking
    assert seen is not None
    # Of a server that gives the truncation a version of its own, changes are kept above that.
    assert seen.untouched is False or int(seen.kept_above) > int(since)


def test_a_table_that_is_not_tracked_is_said_to_be_so(
    schema: Schema, session: OdbcSession, tracked: TableSpec
) -> None:
    with pytest.raises(KeyUnsound, match=r"write key: \[a, b\]"):
        session.shape(replace(tracked, key=("a",)))
    schema.run("ALTER TABLE S.t DISABLE CHANGE_TRACKING")
    with pytest.raises(TrackingUnavailable, match="ENABLE CHANGE_TRACKING"):
        session.shape(tracked)


def test_a_reader_neither_waits_for_a_writer_nor_sees_it(
    schema: Schema, session: OdbcSession
) -> None:
    schema.make("int", "1")
    with schema.somebody() as other:
        other.run("UPDATE S.t SET v = 2")
        other.run("INSERT INTO S.t (v) VALUES (3)")
        assert session.observe(schema.table("integer", "v")).max_cursor == "1"
        assert read(session, schema.table())["v"].to_pylist() == [1]


def test_all_batches_are_of_one_moment(schema: Schema, session: OdbcSession) -> None:
    schema.make("int", "1")
    with session.read(schema.table(), Span()) as reading:
        schema.run("INSERT INTO S.t (v) VALUES (2)")
        assert pa.Table.from_batches(reading.batches).num_rows == 1
    assert reading.read_at[10] == "T"


@pytest.mark.parametrize("row", WITH_VALUES, ids=lambda row: row[0])
def test_the_server_says_of_any_type_what_is_counted_of_it(
    schema: Schema, session: OdbcSession, row: tuple[str, ...]
) -> None:
    declared, _, _, value, _ = row
    schema.make(declared, value, "NULL", value)
    table = replace(schema.table(), receipt="hashes")
    with session.read(table, Span()) as reading:
        assert reading.proof is not None
        tally = Tally(reading.proof.measures, hashed=reading.proof.hashed)
        for batch in reading.batches:
            tally.add(batch)
        schema.run(f"INSERT INTO S.t (v) VALUES ({value})")
        said = reading.proof.ask()
    assert said == tally.proof(said.level)


def test_an_open_transaction_holds_the_fence_where_it_may_be_seen(
    schema: Schema, session: OdbcSession
) -> None:
    schema.make("int", "1")
    with schema.somebody() as other:
        other.run("INSERT INTO S.t (v) VALUES (2)")
        seen = session.observe(schema.table("integer", "v"))
    assert seen.sessions_hidden or (seen.oldest_open is not None and seen.oldest_open < seen.clock)


def test_a_read_that_is_left_leaves_a_session_that_works(
    schema: Schema, session: OdbcSession
) -> None:
    schema.run("CREATE TABLE S.t (v int)")
    schema.run(
        "INSERT INTO S.t SELECT TOP (100000) ROW_NUMBER() OVER (ORDER BY a.object_id)"
        " FROM sys.all_columns AS a CROSS JOIN sys.all_columns AS b"
    )
    with session.read(schema.table(exclude=()), Span()) as reading:
        next(reading.batches)
    assert read(session, schema.table(exclude=())).num_rows == 100_000


def test_a_span_is_cut_about_evenly(schema: Schema, session: OdbcSession) -> None:
    schema.run("CREATE TABLE S.t (v int)")
    schema.run(
        "INSERT INTO S.t SELECT TOP (400000) ROW_NUMBER() OVER (ORDER BY a.object_id)"
        " FROM sys.all_columns AS a CROSS JOIN sys.all_columns AS b"
    )
    table = schema.table("integer", "v", exclude=())
    assert session.shape(table).estimated_rows == pytest.approx(400_000, rel=0.2)
    low, high = (int(value) for value in session.cut(table, Span(), 3))
    assert low == pytest.approx(133_333, rel=0.2)
    assert high == pytest.approx(266_667, rel=0.2)


def test_a_view_is_read_as_a_table_is(schema: Schema, session: OdbcSession) -> None:
    schema.make("int", "1", "2")
    schema.run("CREATE VIEW S.w AS SELECT v FROM S.t")
    table = schema.table("integer", "v", exclude=(), name="w")
    assert session.shape(table).estimated_rows == 2
    assert session.cut(table, Span(), 2) == ("1",)
    assert read(session, table).num_rows == 2


def test_a_table_that_is_not_there_is_missing(schema: Schema, session: OdbcSession) -> None:
    with pytest.raises(TableMissing):
        session.shape(schema.table())


def test_a_wrong_password_is_rejected_and_not_repeated() -> None:
    wrong = parse_address(SERVER).settled({"UID": "nobody", "PWD": "open sesame"})
    with (
        pytest.raises(CredentialRejected) as refused,
        connect(SqlServerDialect(), wrong.text()),
    ):
        pass
    assert "sesame" not in str(refused.value)
