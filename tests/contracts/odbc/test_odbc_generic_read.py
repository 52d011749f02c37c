"""What a read over plain ODBC gives: each span once, whole, with any name and any value."""

from collections.abc import Iterator

import pyarrow as pa
import pytest

from shared.adapters.odbc import OdbcSession, connect
from shared.adapters.odbc.generic import GenericDialect
from shared.loading.errors import (
    ColumnMissing,
    CursorUnsound,
    TableMissing,
    ValueUnsupported,
)
from shared.loading.span import Span
from tests.contracts.odbc.odbc_shop import Shop

HOSTILE = ["select", "a b", 'say "x"', "tick`s", "it's", "naïve", "50%", "a_b", "back\\slash", "{}"]


@pytest.fixture
def session(shop: Shop) -> Iterator[OdbcSession]:
    with connect(GenericDialect(), shop.connection) as opened:
        yield opened


def read(session: OdbcSession, shop: Shop, span: Span, **spec: str) -> list[dict[str, object]]:
    table = shop.spec(spec["table"], spec.get("kind", "none"), spec.get("column"))  # type: ignore[arg-type] - kinds
    with session.read(table, span) as reading:
        return pa.Table.from_batches(reading.batches, schema=reading.schema).to_pylist()


def test_a_table_comes_whole_and_in_the_types_of_its_shape(
    shop: Shop, session: OdbcSession
) -> None:
    shop.run("CREATE TABLE t (id INT NOT NULL, name VARCHAR(9), secret TEXT)")
    shop.run("INSERT INTO t VALUES (1, 'a', 'x'), (2, NULL, 'y')")
    table = shop.spec("t", key=("id",), exclude=("secret",))
    shape = session.shape(table)
    assert [(c.name, c.source_type, c.nullable) for c in shape.columns] == [
        ("id", "INT", False),
        ("name", "VARCHAR(9)", True),
    ]
    assert shape.estimated_rows == 2
    [finding] = shape.findings
    assert "receipt: values cannot be had of" in finding
    with session.read(table, Span()) as reading:
        rows = pa.Table.from_batches(reading.batches, schema=reading.schema)
    assert rows.to_pylist() == [{"id": 1, "name": "a"}, {"id": 2, "name": None}]
    assert rows.schema.field("name").metadata == {b"tidemark.source_type": b"VARCHAR(9)"}


@pytest.mark.parametrize(
    ("kind", "declared", "values"),
    [
        ("integer", "BIGINT", ["9007199254740992", "9007199254740993", "9007199254740994"]),
        ("integer", "BIGINT UNSIGNED", ["0", "18446744073709551614", "18446744073709551615"]),
        ("integer", "DECIMAL(38,0)", ["-1", "9" * 37, "9" * 38]),
        ("timestamp", "DATETIME(6)", [f"2024-01-01 00:00:00.00000{n}" for n in (1, 2, 3)]),
        ("timestamp", "DATETIME", [f"2024-01-01 00:00:0{n}" for n in (1, 2, 3)]),
        ("date", "DATE", ["0001-01-01", "2024-02-29", "9999-12-31"]),
    ],
)
def test_spans_tile_a_table_at_the_sources_exact_values(
    shop: Shop, session: OdbcSession, kind: str, declared: str, values: list[str]
) -> None:
    shop.run(f"CREATE TABLE t (n INT, v {declared})", "INSERT INTO t VALUES (9, NULL)")
    for number, value in enumerate(values):
        shop.run(f"INSERT INTO t VALUES ({number}, '{value}')")
    spans = [
        Span(upto=values[0]),
        Span(after=values[0], upto=values[1]),
        Span(after=values[1]),
        Span(nulls=True),
    ]
    asked = {"table": "t", "kind": kind, "column": "v"}
    assert [[row["n"] for row in read(session, shop, span, **asked)] for span in spans] == [
        [0],
        [1],
        [2],
        [9],
    ]
    assert [row["n"] for row in read(session, shop, Span(), **asked)] == [0, 1, 2]


@pytest.mark.parametrize("name", HOSTILE)
def test_any_name_is_read_as_a_name(shop: Shop, session: OdbcSession, name: str) -> None:
    quoted = "`" + name.replace("`", "``") + "`"
    shop.run(f"CREATE TABLE {quoted} ({quoted} INT)", f"INSERT INTO {quoted} VALUES (1), (2)")
    asked = {"table": name, "kind": "integer", "column": name}
    assert read(session, shop, Span(after="1"), **asked) == [{name: 2}]
    table = shop.spec(name, "integer", name)
    assert session.observe(table).max_cursor == "2"
    assert session.cut(table, Span(), 2) == ("1",)


def test_a_name_is_no_pattern(shop: Shop, session: OdbcSession) -> None:
    shop.run("CREATE TABLE a_b (x INT)", "CREATE TABLE aXb (y INT)")
    assert [c.name for c in session.shape(shop.spec("a_b")).columns] == ["x"]
    with pytest.raises(TableMissing, match="a%b does not exist"):
        session.shape(shop.spec("a%b"))


@pytest.mark.parametrize(
    "value", ["1 OR 1=1", "1'; DROP TABLE t; -- ", "1` OR `1", "{ts '2024-01-01'}"]
)
def test_a_value_is_never_read_as_sql(shop: Shop, session: OdbcSession, value: str) -> None:
    shop.run("CREATE TABLE t (id INT)", "INSERT INTO t VALUES (1), (2)")
    rows = read(session, shop, Span(after=value), table="t", kind="integer", column="id")
    assert [row["id"] for row in rows] in ([2], [1, 2])
    assert shop.ask("SELECT COUNT(*) FROM t") == [(2,)]
    statement = session.statement(shop.spec("t", "integer", "id"), Span(after=value))
    assert value not in statement.sql
    assert statement.values == {"1": value}


def test_a_read_that_is_left_early_leaves_the_session_usable(
    shop: Shop, session: OdbcSession
) -> None:
    shop.run("CREATE TABLE t (id INT)", "INSERT INTO t SELECT seq FROM mysql.seq_1_to_50000")
    with session.read(shop.spec("t"), Span()) as reading:
        next(reading.batches)
    assert session.shape(shop.spec("t")).estimated_rows == 50_000
    assert len(read(session, shop, Span(), table="t")) == 50_000


def test_a_read_sees_one_state_though_rows_are_added(shop: Shop, session: OdbcSession) -> None:
    shop.run("CREATE TABLE t (id INT)", "INSERT INTO t SELECT seq FROM mysql.seq_1_to_50000")
    with session.read(shop.spec("t"), Span()) as reading:
        first = next(reading.batches).num_rows
        shop.run("INSERT INTO t VALUES (0)", "DELETE FROM t WHERE id = 50000")
        assert first + sum(batch.num_rows for batch in reading.batches) == 50_000


def test_a_value_without_an_exact_form_is_refused_before_its_batch(
    shop: Shop, session: OdbcSession
) -> None:
    shop.run("CREATE TABLE t (v DATE)")
    with shop.open() as owner:
        owner.execute("SET sql_mode = ''")
        owner.execute("INSERT INTO t VALUES ('2024-01-01'), ('0000-00-00')")
    with (
        session.read(shop.spec("t"), Span()) as reading,
        pytest.raises(ValueUnsupported, match="column v"),
    ):
        next(reading.batches)
    assert session.shape(shop.spec("t")).estimated_rows == 2


@pytest.mark.parametrize(
    ("spec", "error", "text"),
    [
        ({"table": "nowhere"}, TableMissing, "nowhere does not exist"),
        ({"table": "t", "key": ("no",)}, ColumnMissing, "no column no"),
        ({"table": "t", "kind": "integer", "column": "no"}, ColumnMissing, "no column no"),
        ({"table": "t", "exclude": ("id", "at")}, ColumnMissing, "no column left"),
        ({"table": "t", "kind": "timestamp", "column": "id"}, CursorUnsound, "column id"),
        ({"table": "t", "kind": "rowversion", "column": "id"}, CursorUnsound, "rowversion"),
        ({"table": "broken"}, TableMissing, "broken does not exist, or the login may not"),
    ],
)
def test_what_a_spec_gets_wrong_is_named(
    shop: Shop,
    session: OdbcSession,
    spec: dict[str, object],
    error: type[Exception],
    text: str,
) -> None:
    shop.run("CREATE TABLE t (id INT, at DATETIME)", "CREATE TABLE gone (x INT)")
    shop.run("CREATE VIEW broken AS SELECT x FROM gone", "DROP TABLE gone")
    with pytest.raises(error, match=text):
        session.shape(shop.spec(**spec))  # type: ignore[arg-type] - the table above says it


def test_a_table_without_a_cursor_can_only_be_read_whole(shop: Shop, session: OdbcSession) -> None:
    shop.run("CREATE TABLE t (id INT)")
    with pytest.raises(CursorUnsound, match="only be read whole"):
        session.estimate(shop.spec("t"), Span(after="1"))
