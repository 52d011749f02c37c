"""How one state of a table is read, by what its database allows; and what others have open."""

from typing import Any, cast

import pytest

from shared.adapters.odbc.links import RowLink
from shared.adapters.odbc.sqlserver import SqlServerDialect
from shared.adapters.odbc.sqlserver.faults import StateHidden
from shared.loading.errors import SnapshotUnavailable
from tests.unit.adapters.sqlserver_link import ScriptedLink, catalog_column, spec

DIALECT = SqlServerDialect()
COLUMNS = (catalog_column("id", "int"),)
NO_VERSIONS: dict[str, object] = {"versions_by_transaction": 0, "versions_by_statement": False}
CLOCK = "SELECT STUFF(LEFT(CONVERT(char(27), SYSUTCDATETIME(), 121), 26), 11, 1, 'T') AS clock"


def link(database: dict[str, object] | None = None, **table: object) -> ScriptedLink:
    return ScriptedLink(COLUMNS, sys_databases=database or {}, sys_objects=table)


def opened(given: ScriptedLink, *, serializable: bool = False) -> list[str]:
    """Give the statements that open a snapshot, after those that look the table up."""
    table = spec(serializable=serializable)
    relation = DIALECT.describe(cast("RowLink", given), table)
    given.asked.clear()
    assert DIALECT.open_snapshot(given, table, relation) == "2026-01-01T00:00:00.000001"
    return given.asked[1:]


def test_where_snapshots_are_allowed_a_transaction_reads_one() -> None:
    # The clock comes last: it reads no data, and the first statement that does takes the snapshot.
    assert opened(link()) == [
        "SET TRANSACTION ISOLATION LEVEL SNAPSHOT",
        "BEGIN TRANSACTION",
        CLOCK,
    ]


def test_where_statements_read_versions_one_statement_reads_without_a_transaction() -> None:
    statements = opened(link({"versions_by_transaction": 0}))
    assert statements == ["SET TRANSACTION ISOLATION LEVEL READ COMMITTED", CLOCK]


@pytest.mark.parametrize("state", [0, 2, 3])
def test_a_database_that_is_just_being_switched_does_not_count(state: int) -> None:
    with pytest.raises(SnapshotUnavailable):
        opened(link(NO_VERSIONS | {"versions_by_transaction": state}))


def test_without_versions_the_refusal_says_what_to_run() -> None:
    with pytest.raises(
        SnapshotUnavailable, match=r"ALTER DATABASE \[shop\] SET ALLOW_SNAPSHOT_ISOLATION ON"
    ):
        opened(link(NO_VERSIONS))


def test_without_versions_locks_are_taken_where_the_source_says_so() -> None:
    assert opened(link(NO_VERSIONS), serializable=True) == [
        "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE",
        "BEGIN TRANSACTION",
        CLOCK,
    ]


def test_locks_are_a_finding_and_a_snapshot_is_none() -> None:
    [finding] = DIALECT.check_readable(link(NO_VERSIONS), spec(serializable=True))
    assert "writers of dbo.Orders wait" in finding
    assert DIALECT.check_readable(link(), spec(serializable=True)) == ()


def test_a_security_policy_that_hides_rows_is_a_finding() -> None:
    [finding] = DIALECT.check_readable(link(filtered=1), spec())
    assert "security policy" in finding


@pytest.mark.parametrize(
    "given",
    [link(NO_VERSIONS, in_memory=1), link(NO_VERSIONS | {"updateability": "READ_ONLY"})],
    ids=["in memory", "read-only"],
)
def test_what_gives_each_statement_one_state_needs_no_transaction(given: ScriptedLink) -> None:
    assert opened(given) == ["SET TRANSACTION ISOLATION LEVEL READ COMMITTED", CLOCK]
    assert DIALECT.check_readable(given, spec()) == ()


def test_what_is_asked_besides_the_rows_waits_for_no_writer() -> None:
    given = link()
    DIALECT.describe(cast("RowLink", given), spec())
    assert "SET TRANSACTION ISOLATION LEVEL SNAPSHOT" in given.asked


def test_a_transaction_that_the_server_has_ended_is_not_ended_again() -> None:
    given = link()
    DIALECT.close_snapshot(given)
    assert given.asked == ["IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION"]


def open_since(oldest: str, session: int | None) -> dict[str, Any]:
    return {
        "oldest": oldest,
        "session": session,
        "state": "sleeping",
        "login": "app",
        "program": "billing",
        "client": "web-01",
    }


def watching(**facts: Any) -> ScriptedLink:
    given = link()
    given.answer("EngineEdition", [{"edition": 5, "version": 12, "permitted": 1} | facts])
    given.answer("dm_exec_requests", [open_since("2026-01-01T00:00:05.000000", 51)])
    given.answer("dm_tran_active_transactions", [open_since("2026-01-01T00:00:03.000000", 52)])
    return given


def test_the_oldest_of_requests_and_transactions_counts() -> None:
    seen = DIALECT.activity(watching())
    assert seen.oldest_open == "2026-01-01T00:00:03.000000"
    assert not seen.sessions_hidden
    assert seen.lowest_active == "0x00000000000007D1"


def test_whoever_holds_a_bound_back_is_told_and_not_what_was_sent() -> None:
    given = watching()
    [oldest, _] = DIALECT.activity(given).holders
    assert oldest.text == "session 52, user app, application billing, from web-01, sleeping"
    assert not any("sql_text" in sql or "dm_exec_sql" in sql for sql in given.asked)


def test_a_transaction_without_a_session_is_told_of_too() -> None:
    given = watching()
    orphan = open_since("2026-01-01T00:00:01.000000", None)
    given.answer("dm_tran_active_transactions", [orphan | {"login": None, "program": None}])
    assert DIALECT.activity(given).holders[0].session == "a transaction without a session"


def test_requests_are_looked_at_before_transactions() -> None:
    """A request that opens a transaction and ends between the two is then seen by the second."""
    given = watching()
    DIALECT.activity(given)
    looked = [sql for sql in given.asked if "AS found" in sql]
    assert ["dm_exec_requests" in sql for sql in looked] == [True, False]


def test_a_quiet_server_has_nothing_open() -> None:
    given = watching()
    given.answer("AS found", [])
    assert DIALECT.activity(given).oldest_open is None


def test_a_login_that_does_not_see_all_sessions_proves_nothing() -> None:
    seen = DIALECT.activity(watching(permitted=0))
    assert (seen.oldest_open, seen.sessions_hidden) == (None, True)
    assert seen.lowest_active == "0x00000000000007D1"


def test_a_server_that_refuses_after_all_hides_its_sessions() -> None:
    class Refusing(ScriptedLink):
        def rows(self, sql: str, *parameters: str | None) -> list[dict[str, Any]]:
            if "AS found" in sql:
                raise StateHidden("VIEW SERVER STATE permission was denied")
            return super().rows(sql, *parameters)

    assert DIALECT.activity(Refusing(COLUMNS)).sessions_hidden


@pytest.mark.parametrize(
    ("facts", "zone", "minutes"),
    [
        ({"edition": 5, "version": 12}, None, 0),
        ({"edition": 8, "version": 12}, "UTC", 0),
        ({"edition": 8, "version": 12}, "W. Europe Standard Time", 60),
        ({"edition": 3, "version": 16}, "UTC", 0),
        ({"edition": 3, "version": 15}, None, 60),
    ],
)
def test_a_server_that_may_have_set_its_clock_back_counts_an_hour_earlier(
    facts: dict[str, int], zone: str | None, minutes: int
) -> None:
    given = watching(**facts)
    given.answer("CURRENT_TIMEZONE_ID", [{"zone": zone}])
    DIALECT.activity(given)
    looked = [sql for sql in given.asked if "AS found" in sql]
    assert len(looked) == 2
    assert all(f"SYSDATETIMEOFFSET()) - {minutes}," in sql for sql in looked)
    assert any("CURRENT_TIMEZONE_ID" in sql for sql in given.asked) is (zone is not None)
