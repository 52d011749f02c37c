"""The page about drift, case by case against a MariaDB server; and names in any case."""

from dataclasses import replace

import pytest

from shared.adapters.odbc import OdbcSession
from shared.loading.plan import PlannedColumn
from tests.contracts.drift_page import Case, cases, outcomes, plan_first
from tests.contracts.odbc.mariadb.conftest import Database

TABLE = """
    CREATE TABLE t (
        id int PRIMARY KEY, name varchar(10) NOT NULL, note text, amount int DEFAULT 1,
        price decimal(12,2), secret text, updated_at datetime(6) NOT NULL
    )
"""
ROWS = """
    INSERT INTO t (id, name, updated_at)
    SELECT seq, seq, UTC_TIMESTAMP(6) - INTERVAL 1 HOUR FROM seq_1_to_3
"""


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_a_change_of_columns_ends_as_the_page_says(
    database: Database, session: OdbcSession, case: Case
) -> None:
    database.run(TABLE, ROWS)
    spec = database.spec("t", "timestamp", "updated_at", key=("id",), exclude=("secret",))
    first = plan_first(session, spec)
    database.run(case.mariadb)
    found = outcomes(session, spec, first)
    assert (found.incremental, found.ordered) == (case.incremental, case.ordered)


def test_a_name_in_another_case_is_the_same_column(
    database: Database, session: OdbcSession
) -> None:
    database.run(TABLE, ROWS)
    spec = database.spec("t", "timestamp", "updated_at", key=("id",), exclude=("Secret",))
    first = plan_first(session, spec)
    database.run("ALTER TABLE t CHANGE note NOTE text, CHANGE secret SECRET text")
    found = outcomes(session, spec, first)
    assert "secret" not in {column.name.lower() for column in first.columns}
    assert found.incremental == {
        "add": "lands",
        "freeze": "SchemaDrifted",
        "quarantine": "quarantined",
    }


def test_columns_say_how_they_land_and_whether_they_may_be_null(
    database: Database, session: OdbcSession
) -> None:
    database.run(TABLE)
    spec = database.spec("t", key=("id",), exclude=("secret",))
    known = {column.name: column for column in plan_first(session, spec).columns}
    assert known["price"] == PlannedColumn(
        name="price", source_type="decimal(12,2)", lands="decimal128(12, 2)", nullable=True
    )
    assert known["name"] == replace(
        known["price"], name="name", source_type="varchar(10)", lands="string", nullable=False
    )
