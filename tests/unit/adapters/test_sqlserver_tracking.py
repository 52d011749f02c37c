"""What is asked of a SQL Server that tracks changes, word for word, and what becomes of its answers."""

from dataclasses import replace
from typing import Any, cast

import pytest

from shared.adapters.odbc.dialect import Relation
from shared.adapters.odbc.links import RowLink
from shared.adapters.odbc.sqlserver import SqlServerDialect
from shared.catalog import DeleteSpec, TableSpec
from shared.extraction.tracked import GONE, VERSION
from shared.loading.errors import (
    CursorUnsound,
    IngestError,
    KeyUnsound,
    SnapshotUnavailable,
    TrackingExpired,
    TrackingUnavailable,
)
from shared.loading.span import Span, Tracking
from tests.unit.adapters.sqlserver_link import ScriptedLink, catalog_column, parse_tsql, spec

DIALECT = SqlServerDialect()
STATE: dict[str, Any] = {"version": "42", "granted": 1, "kept_above": "7"}
COLUMNS = (
    catalog_column("shop", "int", nullable=False),
    catalog_column("no]", "nvarchar", length=40, nullable=False),
    catalog_column("changed at", "datetime"),
)


def tracked(*, deletes: bool = True) -> TableSpec:
    how = DeleteSpec(how="change_tracking" if deletes else "none")
    return replace(spec("change_tracking"), key=("shop", "no]"), deletes=how)


class TrackingLink(ScriptedLink):
    """A database whose changes are tracked."""

    def __init__(self, *, primary: tuple[str, ...] = ("no]", "shop"), **said: Any) -> None:
        super().__init__(COLUMNS, sys_databases=said.pop("database", {}))
        self.answer("is_primary_key", [{"name": name} for name in primary])
        self.answer("SELECT CONVERT(varchar(20), CHANGE_TRACKING_CURR", [{"version": "42"}])
        self.answer("VIEW CHANGE TRACKING", [STATE | said])
        self.answer("begin_version) AS began FROM (", [])
        for answers in self.answers:
            if answers[0] == "FROM sys.objects":
                answers[1][0].update(said.get("objects", {}))


def described(link: ScriptedLink, table: TableSpec | None = None) -> Relation:
    return DIALECT.describe(cast("RowLink", link), table or tracked())


def kept(link: ScriptedLink, kept_above: str | None, began: str | None, *, rows: bool) -> None:
    link.answer(
        "LEFT JOIN sys.change_tracking_tables", [{"kept_above": kept_above, "began": began}]
    )
    link.answer("SELECT TOP (1) 1 AS found", [{"found": 1}] if rows else [])


CHANGES = (
    "FROM (SELECT COALESCE(t.[shop], c.[shop]) AS [shop], COALESCE(t.[no]]], c.[no]]]) AS [no]]], "
    "t.[changed at] AS [changed at], "
    "CONVERT(bit, CASE WHEN t.[shop] IS NULL THEN 1 ELSE 0 END) AS [tidemark:gone], "
    "c.SYS_CHANGE_VERSION AS [tidemark:version] "
    "FROM CHANGETABLE(CHANGES [dbo].[Orders], 41) AS c "
    "LEFT JOIN [dbo].[Orders] AS t ON t.[shop] = c.[shop] AND t.[no]]] = c.[no]]]) AS [Orders] "
    "WHERE [tidemark:version] > CONVERT(bigint, ?)"
)


def test_changes_are_read_as_their_rows_stand_and_with_the_keys_of_those_that_are_gone() -> None:
    table = tracked()
    relation = described(TrackingLink())
    span = Span(after="41")
    marked = replace(relation, columns=(*relation.columns, *DIALECT.marks(relation, span)))
    query = DIALECT.select(table, marked, span)
    assert query.sql == (
        "SELECT [shop] AS [shop], CONVERT(varbinary(40), [no]]]) AS [no]]], "
        "DATEDIFF_BIG(microsecond, CONVERT(datetime2(6), '19700101'), "
        "CONVERT(datetime2(3), [changed at])) AS [changed at], "
        "[tidemark:gone] AS [tidemark:gone], [tidemark:version] AS [tidemark:version] "
        f"{CHANGES} OPTION (RECOMPILE)"
    )
    assert query.values == ("41",)
    assert [column.name for column in marked.columns][-2:] == [GONE, VERSION]


def test_a_slice_of_changes_ends_with_a_version() -> None:
    query = DIALECT.query(tracked(), described(TrackingLink()), Span(after="41", upto="50"), "1")
    assert query.sql.endswith("AND [tidemark:version] <= CONVERT(bigint, ?) OPTION (RECOMPILE)")
    assert query.values == ("41", "50")


def test_the_same_changes_are_added_up_for_the_receipt_and_for_the_estimate() -> None:
    table, link = tracked(), TrackingLink()
    relation = described(link, table)
    assert CHANGES in DIALECT.query(table, relation, Span(after="41"), "COUNT_BIG(*) AS n").sql
    link.answer("COUNT_BIG(*) AS n", [{"n": 3}])
    assert DIALECT.estimate(link, table, relation, Span(after="41")) == 3
    assert CHANGES in link.asked[-1]


def test_deletes_that_are_not_wanted_are_left_out_by_the_server() -> None:
    table = tracked(deletes=False)
    sql = DIALECT.select(table, described(TrackingLink(), table), Span(after="41")).sql
    assert "LEFT JOIN" not in sql
    assert "AS c JOIN [dbo].[Orders] AS t ON" in sql


def test_a_whole_table_is_read_as_any_other() -> None:
    table, link = tracked(), TrackingLink()
    relation = described(link, table)
    assert DIALECT.query(table, relation, Span(), "1").sql == (
        "SELECT 1 FROM [dbo].[Orders] OPTION (RECOMPILE)"
    )
    assert DIALECT.marks(relation, Span()) == ()
    link.answer("sys.partitions", [{"n": 12}])
    assert DIALECT.estimate(link, table, relation, None) == 12


def test_changes_are_cut_by_their_versions() -> None:
    table, link = tracked(), TrackingLink()
    relation = described(link, table)
    link.answer("ROW_NUMBER", [{"value": "43"}, {"value": "44"}])
    assert DIALECT.cut(link, table, relation, Span(after="41"), 2) == ("43",)
    assert CHANGES in link.asked[-1]
    assert "TABLESAMPLE" not in link.asked[-1]


def test_only_a_number_gets_into_the_statement() -> None:
    with pytest.raises(CursorUnsound):
        DIALECT.select(tracked(), described(TrackingLink()), Span(after="1) AS c; DROP TABLE t --"))


def test_the_version_is_that_of_the_database_and_no_row_is_without_one() -> None:
    table, link = tracked(), TrackingLink()
    cursor = described(link, table).cursor
    assert cursor is not None
    assert DIALECT.highest(link, table, cursor) == "42"
    assert link.asked[-1] == (
        "SELECT CONVERT(varchar(20), CHANGE_TRACKING_CURRENT_VERSION()) AS version"
    )
    assert not DIALECT.has_nulls(link, table, cursor)


def test_what_is_kept_is_asked_after_the_rows_which_open_the_snapshot() -> None:
    table, link = tracked(), TrackingLink()
    kept(link, "7", "5", rows=True)
    assert DIALECT.tracking(link, table, "8") == Tracking(
        kept_above="7", began="5", holds_rows=True
    )
    assert link.asked[-2:] == [
        "SELECT TOP (1) 1 AS found FROM [dbo].[Orders]",
        (
            "SELECT CONVERT(varchar(20), CHANGE_TRACKING_MIN_VALID_VERSION(OBJECT_ID(?))) "
            "AS kept_above, CONVERT(varchar(20), t.begin_version) AS began "
            "FROM (SELECT OBJECT_ID(?) AS id) AS o "
            "LEFT JOIN sys.change_tracking_tables AS t ON t.object_id = o.id"
        ),
    ]
    assert DIALECT.tracking(link, spec(), None) is None


@pytest.mark.parametrize("left", [True, False])
def test_where_changes_are_kept_exactly_above_the_watermark_it_is_asked_whether_a_row_is_left(
    left: bool,  # noqa: FBT001 - pytest gives it by name
) -> None:
    table, link = tracked(), TrackingLink()
    kept(link, "7", "7", rows=True)
    link.answer("WHERE NOT EXISTS", [{"found": 1}] if left else [])
    seen = DIALECT.tracking(link, table, "7")
    assert seen is not None
    assert seen.untouched is left
    assert link.asked[-1] == (
        "SELECT TOP (1) 1 AS found FROM [dbo].[Orders] AS t WHERE NOT EXISTS "
        "(SELECT 1 FROM CHANGETABLE(CHANGES [dbo].[Orders], 7) AS c "
        "WHERE c.[shop] = t.[shop] AND c.[no]]] = t.[no]]])"
    )


@pytest.mark.parametrize(
    ("kept_above", "began", "why"),
    [
        ("43", "5", "kept only above version 43: older ones were cleaned up"),
        ("43", None, "kept only above version 43"),
        ("43", "43", "truncated, or its change tracking switched on, at version 43"),
    ],
)
def test_a_snapshot_without_all_changes_stops_the_slice(
    kept_above: str, began: str | None, why: str
) -> None:
    table, link = tracked(), TrackingLink()
    kept(link, kept_above, began, rows=True)
    with pytest.raises(TrackingExpired, match=why) as stopped:
        DIALECT.check_span(link, table, Span(after="42"))
    assert "initial load (mode `initial`)" in stopped.value.failure.remedy
    DIALECT.check_span(link, table, Span(after="43"))
    DIALECT.check_span(link, table, Span())


@pytest.mark.parametrize(
    ("said", "error", "why"),
    [
        ({"version": None}, TrackingUnavailable, "ALTER DATABASE CURRENT SET CHANGE_TRACKING = ON"),
        ({"granted": 0}, TrackingUnavailable, "GRANT VIEW CHANGE TRACKING ON"),
        ({"kept_above": None}, TrackingUnavailable, r"ALTER TABLE \[dbo\].\[Orders\] ENABLE"),
        ({"primary": ("shop",)}, KeyUnsound, r"write key: \[shop\]"),
        ({"objects": {"type": "V"}}, TrackingUnavailable, "no plain table"),
        (
            {"database": {"versions_by_transaction": 0}},
            SnapshotUnavailable,
            "ALLOW_SNAPSHOT_ISOLATION",
        ),
        ({"database": {"updateability": "READ_ONLY"}}, SnapshotUnavailable, "on the primary"),
    ],
)
def test_what_cannot_be_tracked_is_said_with_what_to_run(
    said: dict[str, Any], error: type[IngestError], why: str
) -> None:
    with pytest.raises(error, match=why):
        described(TrackingLink(**said))


def test_the_identity_tells_since_when_changes_are_tracked() -> None:
    link = TrackingLink()
    link.answer("service_broker_guid", [])
    link.answer("sys.internal_tables", [{"since": "2026-01-01T00:00:00.000", "began": "5"}])
    assert DIALECT.identity(link, tracked()) == (
        "tracking=2026-01-01T00:00:00.000 tracking_began=5"
    )
    link.answer("sys.internal_tables", [{"since": None, "began": "5"}])
    assert DIALECT.identity(link, tracked()) == "tracking_began=5"
    assert DIALECT.identity(link, spec()) is None


def test_every_statement_about_changes_is_t_sql() -> None:
    table, link = tracked(), TrackingLink()
    relation = described(link, table)
    kept(link, "7", "5", rows=True)
    link.answer("ROW_NUMBER", [{"value": "43"}])
    link.answer("COUNT_BIG(*) AS n", [{"n": 3}])
    link.answer("service_broker_guid", [])
    assert relation.cursor is not None
    DIALECT.highest(link, table, relation.cursor)
    DIALECT.tracking(link, table, "7")
    DIALECT.identity(link, table)
    DIALECT.estimate(link, table, relation, Span(after="41"))
    DIALECT.cut(link, table, relation, Span(after="41", upto="50"), 3)
    # The link parses what it is asked.
    assert len(link.asked) > 10
    parse_tsql(DIALECT.select(table, relation, Span(after="41", upto="50")).sql)
