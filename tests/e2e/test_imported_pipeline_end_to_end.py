"""A pipeline of Data Factory is imported, loaded, and compared with what it had landed."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from e2e_api import Api
from e2e_data_factory import CURSORS, Project, create, keys
from e2e_source import Source
from e2e_stack import Stack
from e2e_waiting import await_value

MORNING, EVENING = "2025-09-05T06:00:00.1234567Z", "2025-09-05T18:00:00.7654321Z"
_names = count(1)


@pytest.fixture
def project(stack: Stack, database: str, tmp_path: Path) -> Iterator[Project]:
    source = Source(name="dbo", uri=database, tables=stack.tables)
    made = Project(name=f"adf{next(_names)}", database=source, stack=stack, folder=tmp_path / "adf")
    made.folder.mkdir()
    create(made)
    yield made
    (stack.tables / f"{made.name}.yml").unlink(missing_ok=True)
    source.execute("DROP SCHEMA dbo CASCADE")


def load(api: Api, project: Project, *tables: str) -> None:
    order = api.load(*(project.full(table) for table in tables))
    assert [part["error"] for part in order["tables"]] == [None] * len(tables)


def test_an_imported_pipeline_loads_unedited_and_equals_what_it_had_landed(
    api: Api, project: Project
) -> None:
    project.import_it()
    for table in CURSORS:
        project.extract(table, MORNING)
    project.database.execute(
        """UPDATE dbo."DimUser" SET user_name = 'Renamed', updated_at = '2025-09-04'
           WHERE user_id <= 5"""
    )
    project.extract("DimUser", EVENING, "updated_at >= '2025-09-04'")
    load(api, project, *CURSORS)
    for table in CURSORS:
        result = project.diff(table)
        assert result.exit_code == 0, result.stdout


def test_each_planted_difference_is_found(api: Api, project: Project) -> None:
    project.import_it()
    project.database.execute("""INSERT INTO dbo."DimUser" (user_id) VALUES (900)""")
    # A row that the source lost, one that committed late, and one that changed without its cursor.
    project.extract("DimUser", MORNING, "user_id <> 7 AND updated_at IS NOT NULL")
    project.database.execute(
        """DELETE FROM dbo."DimUser" WHERE user_id = 3;
           UPDATE dbo."DimUser" SET country = 'Canada' WHERE user_id IN (11, 12)"""
    )
    load(api, project, "DimUser")
    report = project.compare("DimUser")
    rows = report["rows"]
    assert keys(rows["only_old"]) == {"3"}
    assert keys(rows["only_new"]) == {"7", "900"}
    assert keys(rows["different"]) == {"11", "12"}
    assert report["columns"]["different"] == {"country": 2}
    assert rows["equal"] == 60 - 4
    assert project.diff("DimUser").exit_code == 1


@pytest.mark.long
def test_a_start_loads_from_the_old_watermark_on_that_value_included(
    api: Api, project: Project
) -> None:
    mark = "2025-09-01T04:00:00Z"
    project.import_it({"DimUser": mark})
    project.extract("DimUser", MORNING)
    load(api, project, "DimUser")
    above = project.database.value(
        """SELECT count(*) FROM dbo."DimUser" WHERE updated_at >= '2025-09-01 04:00'"""
    )
    rows = project.compare("DimUser")["rows"]
    assert (rows["equal"], rows["only_old"]["count"]) == (above, 60 - above)
    assert project.diff("DimUser", "--since", mark).exit_code == 0


@pytest.mark.long
def test_a_table_of_days_shows_updates_and_deletes(api: Api, project: Project) -> None:
    project.import_it()
    project.extract("DimDate", MORNING)
    load(api, project, "DimDate")
    project.database.execute(
        """UPDATE dbo."DimDate" SET weekday = 'Holiday' WHERE date_key = 20250903;
           DELETE FROM dbo."DimDate" WHERE date_key = 20250904"""
    )
    api.load(project.full("DimDate"))
    rows = project.compare("DimDate")["rows"]
    assert keys(rows["different"]) == {"20250903"}
    assert keys(rows["only_old"]) == {"20250904"}


@pytest.mark.long
def test_a_late_event_is_brought_by_a_backfill(api: Api, project: Project) -> None:
    project.import_it()
    project.extract("FactStream", MORNING)
    load(api, project, "FactStream")
    project.database.execute(
        """INSERT INTO dbo."FactStream" VALUES (9001, 1, 1, 20250901, 5, 'Mobile', '2025-09-01 01:00');
           UPDATE dbo."FactStream" SET listen_duration = -1 WHERE stream_id = 14"""
    )
    table = project.full("FactStream")
    assert api.load_one(table)["outcome"] == "nothing_new"
    assert project.diff("FactStream").exit_code == 0
    body = {"table": table, "from": "2025-09-01", "to": "2025-09-01 12:00:00"}
    backfill = api.post("/api/backfills", body)["order_id"]
    ended = api.wait_for_order(backfill, kind="backfills")
    assert ended["state"] == "succeeded"
    await_value(lambda: api.table(table)["loading"] is None, "the backfill's turn to end")
    rows = project.compare("FactStream")["rows"]
    assert keys(rows["only_new"]) == {"9001"}
    assert keys(rows["different"]) == {"14"}
