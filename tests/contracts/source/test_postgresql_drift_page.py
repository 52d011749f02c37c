"""The page about drift, case by case against a PostgreSQL server."""

from dataclasses import replace

import pytest

from shared.adapters.postgresql import PostgresSession
from shared.loading.plan import PlannedColumn
from tests.contracts.drift_page import Case, cases, outcomes, plan_first
from tests.contracts.source.conftest import MOSTLY_ONE_DRIVER, Database, Driver, available

TABLE = """
    CREATE TABLE t (
        id int PRIMARY KEY, name varchar(10) NOT NULL, note text, amount int DEFAULT 1,
        price numeric(12,2), secret text, updated_at timestamp NOT NULL
    );
    INSERT INTO t (id, name, updated_at)
    SELECT n, n::text, localtimestamp - interval '1 hour' FROM generate_series(1, 3) AS n
"""


@pytest.fixture(params=MOSTLY_ONE_DRIVER)
def driver(request: pytest.FixtureRequest) -> Driver:
    return available(request.param)


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_a_change_of_columns_ends_as_the_page_says(
    database: Database, session: PostgresSession, case: Case
) -> None:
    database.run(TABLE)
    spec = database.spec("t", "timestamp", "updated_at", key=("id",), exclude=("secret",))
    first = plan_first(session, spec)
    database.run(case.postgresql)
    found = outcomes(session, spec, first)
    assert (found.incremental, found.ordered) == (case.incremental, case.ordered)


def test_columns_say_how_they_land_and_whether_they_may_be_null(
    database: Database, session: PostgresSession
) -> None:
    database.run(TABLE)
    spec = database.spec("t", "timestamp", "updated_at", key=("id",), exclude=("secret",))
    known = {column.name: column for column in plan_first(session, spec).columns}
    assert known["price"] == PlannedColumn(
        name="price", source_type="numeric(12,2)", lands="decimal128(12, 2)", nullable=True
    )
    assert known["name"] == replace(
        known["price"],
        name="name",
        source_type="character varying(10)",
        lands="string",
        nullable=False,
    )
