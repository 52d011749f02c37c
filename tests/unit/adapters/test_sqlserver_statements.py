"""What is sent to SQL Server, word for word: there is no server to run it on in every test."""

from dataclasses import replace
from typing import cast

import pytest

from shared.adapters.odbc.dialect import Relation
from shared.adapters.odbc.links import RowLink
from shared.adapters.odbc.sqlserver import SqlServerDialect
from shared.catalog import TableSpec
from shared.loading.errors import (
    ColumnMissing,
    CursorUnsound,
    QueryUnsound,
    SnapshotUnavailable,
    TableMissing,
    TypeUnsupported,
)
from shared.loading.span import Span
from tests.unit.adapters.sqlserver_link import ScriptedLink, catalog_column, spec

DIALECT = SqlServerDialect()
ORDERS = (
    catalog_column("id", "int"),
    catalog_column("changed at", "datetime"),
    catalog_column("note]s", "nvarchar", length=40),
    catalog_column("version", "timestamp"),
)


def described(link: ScriptedLink, table: TableSpec) -> Relation:
    return DIALECT.describe(cast("RowLink", link), table)


def test_nothing_in_a_name_is_read_as_sql() -> None:
    assert DIALECT.quote("a]; DROP TABLE t --") == "[a]]; DROP TABLE t --]"
    assert DIALECT.quote_table(spec(table="dbo.a.b]c")) == "[dbo].[a.b]]c]"


def test_the_rows_of_a_span_are_asked_for_by_bound_values() -> None:
    table = spec("timestamp", "changed at", exclude=("version",))
    relation = described(ScriptedLink(ORDERS), table)
    query = DIALECT.select(
        table,
        relation,
        Span(after="2026-01-01 00:00:00.005", upto="2026-01-02 00:00:00.010"),
    )
    # The column stands bare, so that an index on it can be used; the plan is made for these values.
    assert query.sql == (
        "SELECT [id] AS [id], "
        "DATEDIFF_BIG(microsecond, CONVERT(datetime2(6), '19700101'), "
        "CONVERT(datetime2(3), [changed at])) AS [changed at], "
        "CONVERT(varbinary(40), [note]]s]) AS [note]]s] "
        "FROM [dbo].[Orders] "
        "WHERE [changed at] > CONVERT(datetime, ?, 121) "
        "AND [changed at] <= CONVERT(datetime, ?, 121) OPTION (RECOMPILE)"
    )
    assert query.values == ("2026-01-01 00:00:00.003", "2026-01-02 00:00:00.010")


def test_a_table_in_memory_is_read_in_its_own_snapshot() -> None:
    table = spec(exclude=("changed at", "note]s", "version"))
    relation = described(ScriptedLink(ORDERS, sys_objects={"in_memory": 1}), table)
    assert DIALECT.select(table, relation, Span()).sql == (
        "SELECT [id] AS [id] FROM [dbo].[Orders] WITH (SNAPSHOT) OPTION (RECOMPILE)"
    )


def test_the_highest_value_is_found_without_max_which_rowversion_lacks() -> None:
    table = spec("rowversion", "version")
    link = ScriptedLink(ORDERS)
    relation = described(link, table)
    assert relation.cursor is not None
    assert DIALECT.highest(link, table, relation.cursor) is None
    assert link.asked[-1] == (
        "SELECT TOP (1) CONVERT(char(18), CONVERT(binary(8), [version]), 1) AS highest "
        "FROM [dbo].[Orders] WHERE [version] IS NOT NULL ORDER BY [version] DESC"
    )


def test_one_row_without_a_cursor_value_is_enough() -> None:
    table, link = spec("timestamp", "changed at"), ScriptedLink(ORDERS)
    relation = described(link, table)
    assert relation.cursor is not None
    assert not DIALECT.has_nulls(link, table, relation.cursor)
    assert link.asked[-1] == (
        "SELECT TOP (1) 1 AS found FROM [dbo].[Orders] WHERE [changed at] IS NULL"
    )


def test_a_whole_table_is_estimated_from_its_partitions_and_a_span_is_counted() -> None:
    table, link = spec("timestamp", "changed at"), ScriptedLink(ORDERS)
    relation = described(link, table)
    link.answer("sys.partitions", [{"n": 12}])
    link.answer("COUNT_BIG", [{"n": 3}])
    assert DIALECT.estimate(link, table, relation, None) == 12
    assert link.values[-1] == ("[dbo].[Orders]",)
    assert DIALECT.estimate(link, table, relation, Span(after="2026-01-01 00:00:00.000")) == 3
    assert link.asked[-1] == (
        "SELECT COUNT_BIG(*) AS n FROM [dbo].[Orders] "
        "WHERE [changed at] > CONVERT(datetime, ?, 121) OPTION (RECOMPILE)"
    )


def test_a_view_is_counted_as_no_metadata_knows_its_rows() -> None:
    table = spec("timestamp", "changed at")
    link = ScriptedLink(ORDERS, sys_objects={"type": "V"})
    relation = described(link, table)
    link.answer("COUNT_BIG", [{"n": 3}])
    assert DIALECT.estimate(link, table, relation, None) == 3
    assert link.asked[-1] == "SELECT COUNT_BIG(*) AS n FROM [dbo].[Orders] OPTION (RECOMPILE)"


def cut(*, rows: int, ends: list[str], **changes: object) -> tuple[ScriptedLink, tuple[str, ...]]:
    table = spec("timestamp", "changed at")
    link = ScriptedLink(ORDERS, sys_objects=changes)
    relation = described(link, table)
    link.answer("sys.partitions", [{"n": rows}])
    link.answer("COUNT_BIG(*) AS n", [{"n": rows}])
    link.answer("ROW_NUMBER", [{"value": end} for end in ends])
    return link, DIALECT.cut(link, table, relation, Span(), 3)


def test_a_small_span_is_cut_by_all_its_rows() -> None:
    link, cuts = cut(rows=900, ends=["a", "b", "c"])
    assert cuts == ("a", "b")
    assert link.asked[-1] == (
        "WITH seen AS ( SELECT [changed at] AS value, "
        "ROW_NUMBER() OVER (ORDER BY [changed at]) AS place, COUNT_BIG(*) OVER () AS total "
        "FROM [dbo].[Orders] WHERE [changed at] IS NOT NULL ) "
        "SELECT CONVERT(char(23), value, 121) AS value FROM seen "
        "WHERE place * 3 / total > (place - 1) * 3 / total ORDER BY place OPTION (RECOMPILE)"
    )


def test_cuts_are_distinct_and_below_the_highest_value() -> None:
    assert cut(rows=9, ends=["a", "a", "a"])[1] == ()
    assert cut(rows=9, ends=["a", "a", "b"])[1] == ("a",)
    assert cut(rows=9, ends=["a", "b", "b"])[1] == ("a",)
    assert cut(rows=0, ends=[])[1] == ()


def test_a_large_span_is_cut_by_a_sample_of_its_pages() -> None:
    link, _ = cut(rows=10_000_000, ends=["a", "b"])
    assert "[Orders] TABLESAMPLE SYSTEM (0.500000 PERCENT) REPEATABLE (1) WHERE" in link.asked[-1]


@pytest.mark.parametrize("change", [{"type": "V"}, {"in_memory": 1}, {"by_columns": 1}])
def test_what_cannot_be_sampled_is_not(change: dict[str, object]) -> None:
    link, _ = cut(rows=10_000_000, ends=["a", "b"], **change)
    assert "TABLESAMPLE" not in link.asked[-1]


def test_a_table_that_is_not_there_is_missing() -> None:
    link = ScriptedLink(ORDERS)
    link.answer("sys.objects", [])
    with pytest.raises(TableMissing, match=r"dbo\.Orders does not exist"):
        described(link, spec())


def test_a_procedure_is_no_table() -> None:
    with pytest.raises(TableMissing, match="neither a table nor a view"):
        described(ScriptedLink(ORDERS, sys_objects={"type": "P"}), spec())


def test_a_column_that_the_login_may_not_read_is_named_unless_it_is_left_out() -> None:
    columns = [catalog_column("id", "int"), catalog_column("salary", "money", granted=0)]
    with pytest.raises(TableMissing, match="lacks SELECT on salary"):
        described(ScriptedLink(columns), spec())
    assert len(described(ScriptedLink(columns), spec(exclude=("salary",))).columns) == 1


@pytest.mark.parametrize(
    ("said", "why"), [({"masked": 1}, "masked"), ({"encrypted": 1}, "Always Encrypted")]
)
def test_a_column_whose_values_the_login_does_not_see_is_refused(
    said: dict[str, object], why: str
) -> None:
    with pytest.raises(TypeUnsupported, match=f"column c: .*{why}"):
        described(ScriptedLink([catalog_column("c", "int", **said)]), spec())
    table = spec("integer", "c", exclude=("c",))
    with pytest.raises(CursorUnsound, match="column c"):
        described(ScriptedLink([catalog_column("c", "int", **said), *ORDERS]), table)


def test_a_column_name_in_another_case_is_missing() -> None:
    with pytest.raises(ColumnMissing, match="no column Version"):
        described(ScriptedLink(ORDERS), spec("rowversion", "Version"))


def test_row_versions_of_a_read_only_database_prove_nothing() -> None:
    link = ScriptedLink(ORDERS, sys_objects={"updateability": "READ_ONLY"})
    with pytest.raises(CursorUnsound, match="connect to the primary"):
        described(link, spec("rowversion", "version"))


def test_a_table_that_lies_elsewhere_has_no_snapshot() -> None:
    with pytest.raises(SnapshotUnavailable, match="external table"):
        described(ScriptedLink(ORDERS, sys_objects={"elsewhere": 1}), spec())


IDENTITY = {
    "broker": "0d1c",
    "fork": None,
    "created": "2026-01-01T00:00:00.000",
    "object": "77",
    "object_created": "2026-01-02T00:00:00.000",
}


@pytest.mark.parametrize(("edition", "asks_for_forks"), [(3, True), (8, True), (5, False)])
def test_an_identity_is_made_of_what_the_login_sees(edition: int, *, asks_for_forks: bool) -> None:
    link = ScriptedLink(ORDERS)
    link.answer("service_broker_guid", [IDENTITY])
    link.answer(
        "SELECT CONVERT(int, SERVERPROPERTY('EngineEdition')) AS edition", [{"edition": edition}]
    )
    found = DIALECT.identity(link, spec())
    assert found == (
        "broker=0d1c database=2026-01-01T00:00:00.000 table=77 table_created=2026-01-02T00:00:00.000"
    )
    assert ("recovery_fork_guid" in link.asked[-1]) is asks_for_forks
    assert link.values[-1] == ("[dbo].[Orders]",)


def test_a_database_that_shows_nothing_of_itself_has_no_identity() -> None:
    link = ScriptedLink(ORDERS)
    link.answer("service_broker_guid", [dict.fromkeys(IDENTITY)])
    assert DIALECT.identity(link, spec()) is None


QUERY = "SELECT id, [changed at] FROM dbo.Orders WHERE kind = 'a'"


def of_query(*columns: dict[str, object], fault: str | None = None) -> ScriptedLink:
    link = ScriptedLink()
    rows = [column | {"fault": fault} for column in columns]
    link.answer("dm_exec_describe_first_result_set", rows)
    return link


def test_a_query_is_described_without_being_run_and_read_in_the_place_of_a_table() -> None:
    table = replace(spec("timestamp", "changed at"), query=QUERY)
    link = of_query(*ORDERS[:2])
    relation = described(link, table)
    assert link.values[-1] == (QUERY,)
    assert DIALECT.select(table, relation, Span()).sql.endswith(
        f"FROM ({QUERY}) AS [Orders] WHERE [changed at] IS NOT NULL OPTION (RECOMPILE)"
    )
    assert relation.cursor is not None
    DIALECT.highest(link, table, relation.cursor)
    assert f"FROM ({QUERY}) AS [Orders] WHERE" in link.asked[-1]
    link.answer("COUNT_BIG(*) AS n", [{"n": 3}])
    assert DIALECT.estimate(link, table, relation, None) == 3
    link.answer("ROW_NUMBER", [{"value": "a"}, {"value": "b"}])
    assert DIALECT.cut(link, table, relation, Span(), 2) == ("a",)
    assert f"FROM ({QUERY}) AS [Orders] WHERE" in link.asked[-1]
    assert "TABLESAMPLE" not in link.asked[-1]


def test_what_the_server_says_against_a_query_is_told() -> None:
    table = replace(spec(), query=QUERY)
    with pytest.raises(QueryUnsound, match="Invalid object name"):
        described(
            of_query(catalog_column("", ""), fault="Invalid object name 'dbo.Orders'."), table
        )


def test_a_key_that_a_query_does_not_give_is_missing() -> None:
    table = replace(spec(), query=QUERY, key=("order_id",))
    with pytest.raises(ColumnMissing, match="no column order_id"):
        described(of_query(*ORDERS[:2]), table)
