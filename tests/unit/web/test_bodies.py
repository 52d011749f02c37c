"""Bodies and queries are read strictly; everything that is wrong is named at once."""

import json
from typing import Any

import pytest

from shared.catalog import parse_catalog
from web.api.bodies import (
    MOST_PARALLEL,
    BackfillBody,
    LoadBody,
    PlanBody,
    read_backfill,
    read_load,
    read_object,
    read_plan,
    read_refresh,
    read_rollback,
    read_watermark,
)
from web.api.fields import MOST_DEPTH
from web.api.problems import Problem
from web.api.queries import (
    RunsQuery,
    read_orders_query,
    read_runs_query,
    read_tables_query,
    read_watermarks_query,
)

CATALOG = parse_catalog(
    {
        "crm.yml": """
source: {name: crm, kind: sql, engine: postgresql, connection: "${CRM_DB}"}
tables:
  - {table: dbo.Users, key: [id], watermark: {kind: integer, column: change_no}}
  - {table: dbo.Orders, key: [id], watermark: {kind: none}}
""",
        "erp.yml": """
source: {name: erp, kind: sql, engine: postgresql, connection: "${ERP_DB}"}
tables:
  - {table: dbo.Users, key: [id], watermark: {kind: none}}
""",
    }
)
ALL = ("crm/dbo.Users", "crm/dbo.Orders", "erp/dbo.Users")


def load(**body: Any) -> LoadBody:
    return read_load(json.dumps(body).encode(), CATALOG)


def backfill(**body: Any) -> BackfillBody:
    usual = {"table": "crm/dbo.Users", "from": 1, "to": 100}
    return read_backfill(json.dumps({**usual, **body}).encode(), CATALOG)


def runs(**query: str) -> RunsQuery:
    return read_runs_query(query, CATALOG)


def errors(refused: pytest.ExceptionInfo[Problem]) -> dict[str, str]:
    assert refused.value.status == 400
    found: dict[str, str] = {}
    for error in refused.value.errors:
        found[error.field] = f"{found.get(error.field, '')} {error.message}".strip()
    return found


def test_an_empty_body_orders_every_table() -> None:
    for content in (b"", b"  \n", b"{}"):
        assert read_load(content, CATALOG) == LoadBody(tables=ALL, mode="incremental", after=None)


def test_a_source_orders_its_tables() -> None:
    assert load(source="crm").tables == ALL[:2]


def test_a_table_named_twice_is_ordered_once() -> None:
    assert load(tables=["erp/dbo.Users", "crm/dbo.Users", "erp/dbo.Users"]).tables == (
        "erp/dbo.Users",
        "crm/dbo.Users",
    )


@pytest.mark.parametrize(
    ("after", "text"), [(17, "17"), ("17", "17"), (" 2026-01-01 ", "2026-01-01"), (-1, "-1")]
)
def test_a_start_may_be_a_text_or_a_whole_number(after: Any, text: str) -> None:
    assert load(after=after).after == text


@pytest.mark.parametrize(
    "content", [b"{", b"[]", b'"x"', b"null", b"\xff\xfe", b"[" * 200_000, b"{}" * 2]
)
def test_what_is_no_json_object_is_refused(content: bytes) -> None:
    with pytest.raises(Problem) as refused:
        read_object(content)
    assert list(errors(refused)) == ["body"]


def nested(depth: int) -> bytes:
    return b'{"a": ' * depth + b"[]" + b"}" * depth


def test_a_body_that_is_nested_too_deep_is_refused() -> None:
    assert read_object(nested(MOST_DEPTH - 1))
    with pytest.raises(Problem) as refused:
        read_object(nested(MOST_DEPTH))
    assert "deeper" in errors(refused)["body"]


@pytest.mark.parametrize("content", [b'{"mode": 1, "mode": 2}', b'{"a": {"mode": 1, "mode": 1}}'])
def test_a_field_that_is_there_twice_is_refused(content: bytes) -> None:
    with pytest.raises(Problem) as refused:
        read_object(content)
    assert errors(refused) == {"mode": "is there twice"}


@pytest.mark.parametrize("number", [b"NaN", b"-Infinity", b"9" * 5_000])
def test_what_is_no_number_of_json_or_too_long_for_one_is_refused(number: bytes) -> None:
    with pytest.raises(Problem) as refused:
        read_object(b'{"a": ' + number + b"}")
    assert list(errors(refused)) == ["body"]


def test_a_release_names_a_table_and_all_of_a_key_or_none() -> None:
    wanted = [{"table": ALL[0], "key": {"id": 7}}, {"table": ALL[1]}, {"table": ALL[1], "key": {}}]
    found = read_refresh(json.dumps({"release": wanted}).encode(), CATALOG)
    assert found.release == ((ALL[0], {"id": "7"}), (ALL[1], {}), (ALL[1], {}))
    assert read_refresh(b"", CATALOG).release == ()


@pytest.mark.parametrize(
    ("release", "field"),
    [
        ("all", "release"),
        ([7], "release[0]"),
        ([{"key": {"id": 1}}], "release[0].table"),
        ([{"table": "crm/dbo.Nobody"}], "release[0].table"),
        ([{"table": ALL[0], "rows": 1}], "release[0].rows"),
        ([{"table": ALL[0], "key": "1"}], "release[0].key"),
        ([{"table": ALL[0], "key": {"name": "x"}}], "release[0].key"),
        ([{"table": ALL[0], "key": {"id": None}}], "release[0].key"),
        ([{"table": ALL[0]}, {"table": ALL[0], "key": {"id": True}}], "release[1].key"),
    ],
)
def test_a_release_that_cannot_be_is_refused(release: Any, field: str) -> None:
    with pytest.raises(Problem) as refused:
        read_refresh(json.dumps({"release": release}).encode(), CATALOG)
    assert list(errors(refused)) == [field]


def test_everything_that_is_wrong_is_named_at_once() -> None:
    with pytest.raises(Problem) as refused:
        load(tabels=[], source="hr", mode="full", after=True, tables=["crm/dbo.User", 7])
    found = errors(refused)
    assert set(found) == {"tabels", "source", "mode", "after", "tables[0]", "tables[1]"}
    assert "did you mean tables?" in found["tabels"]
    assert "crm, erp" in found["source"]
    assert "incremental, initial, snapshot" in found["mode"]
    assert "did you mean crm/dbo.Users?" in found["tables[0]"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"tables": []}, "tables"),
        ({"tables": "crm/dbo.Users"}, "tables"),
        ({"tables": {"a": 1}}, "tables"),
        ({"tables": ["erp/dbo.Users"], "source": "crm"}, "tables[0]"),
        ({"mode": None}, "mode"),
        ({"mode": ["initial"]}, "mode"),
        ({"mode": "backfill"}, "mode"),
        ({"after": ""}, "after"),
        ({"after": 1.5}, "after"),
        ({"after": {"x": 1}}, "after"),
        ({"after": "x" * 65}, "after"),
        ({"after": 10**64}, "after"),
        ({"after": "1", "mode": "initial"}, "after"),
        ({"after": "\ud800"}, "body"),
        ({"source": 1}, "source"),
    ],
)
def test_a_bad_field_of_a_load_is_named(body: dict[str, Any], field: str) -> None:
    with pytest.raises(Problem) as refused:
        load(**body)
    assert field in errors(refused)


def test_a_backfill_needs_its_table_and_a_window_a_start() -> None:
    with pytest.raises(Problem) as refused:
        read_backfill(b'{"window": "1d"}', CATALOG)
    assert errors(refused) == {
        "table": "is needed",
        "window": "goes with `from` only: else the period is cut by rows",
    }


@pytest.mark.parametrize("sides", [{}, {"from": "1"}, {"to": "9"}])
def test_a_side_of_a_backfill_that_is_left_out_is_open(sides: dict[str, str]) -> None:
    body = read_backfill(json.dumps({"table": "crm/dbo.Users", **sides}).encode(), CATALOG)
    assert (body.start, body.end) == (sides.get("from"), sides.get("to"))


def test_a_backfill_is_read_with_its_usual_values() -> None:
    assert backfill() == BackfillBody(
        table="crm/dbo.Users", start="1", end="100", window="", parallel=2
    )
    assert backfill(window="7d", parallel=4).window == "7d"
    assert backfill(window=500).window == "500"


@pytest.mark.parametrize("parallel", [0, -1, MOST_PARALLEL + 1, 1.0, "2", True, None])
def test_windows_at_once_are_a_small_whole_number(parallel: Any) -> None:
    with pytest.raises(Problem) as refused:
        backfill(parallel=parallel)
    assert list(errors(refused)) == ["parallel"]


def test_runs_are_asked_for_with_the_usual_values() -> None:
    assert runs() == RunsQuery(status=None, table=None, since=None, limit=100)
    assert runs(code="key") == runs()


@pytest.mark.parametrize(
    ("since", "utc"),
    [
        ("2026-01-31T00:00:00Z", "2026-01-31T00:00:00+00:00"),
        ("2026-01-31T02:00:00+02:00", "2026-01-31T00:00:00+00:00"),
        ("2026-01-31T02:00:00 02:00", "2026-01-31T00:00:00+00:00"),
        ("2026-01-31", "2026-01-31T00:00:00+00:00"),
    ],
)
def test_since_is_taken_to_utc(since: str, utc: str) -> None:
    assert runs(since=since).since == utc


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"status": "done"}, "status"),
        ({"table": "crm/none"}, "table"),
        ({"since": "yesterday"}, "since"),
        ({"since": "0001-01-01T00:00:00+23:59"}, "since"),
        ({"limit": "0"}, "limit"),
        ({"limit": "1001"}, "limit"),
        ({"limit": "-5"}, "limit"),
        ({"limit": "٣"}, "limit"),
        ({"limit": "1e3"}, "limit"),
        ({"stauts": "failed"}, "stauts"),
        ({"page": ""}, "page"),
        ({"page": "a b"}, "page"),
        ({"page": "A" * 2_001}, "page"),
    ],
)
def test_a_bad_field_of_a_query_is_named(query: dict[str, str], field: str) -> None:
    with pytest.raises(Problem) as refused:
        runs(**query)
    assert list(errors(refused)) == [field]


@pytest.mark.parametrize(
    "content", [b'{"\\ud800": 1}', b'{"tables": ["\\ud800"]}', b'{"source": "\\ud800"}']
)
def test_a_problem_can_be_sent_whatever_was_asked(content: bytes) -> None:
    with pytest.raises(Problem) as refused:
        read_load(content, CATALOG)
    assert json.dumps(refused.value.body, ensure_ascii=False).encode()


def plan(**body: Any) -> PlanBody:
    return read_plan(json.dumps({"table": "crm/dbo.Users", **body}).encode(), CATALOG)


def test_a_plan_is_of_a_load_or_with_a_period_of_a_backfill() -> None:
    usual = PlanBody(table="crm/dbo.Users", mode="incremental", after=None, start=None, end=None)
    assert plan() == usual
    assert plan(mode="initial").mode == "initial"
    assert plan(after=7).after == "7"
    found = plan(**{"from": 1, "to": "9"})
    assert (found.mode, found.start, found.end) == ("backfill", "1", "9")
    assert plan(to=9).start is None
    assert plan(mode="backfill").mode == "backfill"


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"table": None}, {"table"}),
        ({"table": "crm/none"}, {"table"}),
        ({"tables": ["crm/dbo.Users"]}, {"tables"}),
        ({"from": 1, "to": 2, "mode": "incremental"}, {"mode"}),
        ({"from": 1, "to": 2, "after": 1}, {"after"}),
        ({"mode": "backfill", "after": 1}, {"after"}),
        ({"mode": "initial", "after": 1}, {"after"}),
        ({"window": "1d"}, {"window"}),
    ],
)
def test_a_bad_field_of_a_plan_is_named(body: dict[str, Any], fields: set[str]) -> None:
    with pytest.raises(Problem) as refused:
        plan(**body)
    assert set(errors(refused)) == fields


def test_a_watermark_is_set_with_a_reason() -> None:
    body = read_watermark(b'{"position": 7, "reason": " wrong rows ", "skip": true}')
    assert (body.position, body.reason, body.skip) == ("7", "wrong rows", True)
    assert not read_watermark(b'{"position": "7", "reason": "r"}').skip
    back = read_rollback(b'{"version": 3, "reason": "r"}')
    assert (back.version, back.reason) == (3, "r")


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"position", "reason"}),
        ({"position": "", "reason": " "}, {"position", "reason"}),
        ({"position": "1", "reason": "x" * 501}, {"reason"}),
        ({"position": "x" * 65, "reason": "r"}, {"position"}),
        ({"position": True, "reason": "r"}, {"position"}),
        ({"position": "1", "reason": "r", "skip": "yes"}, {"skip"}),
        ({"position": "1", "reason": "r", "skip": None}, {"skip"}),
        ({"position": "1", "reason": "r", "version": 1}, {"version"}),
    ],
)
def test_a_bad_field_of_a_watermark_is_named(body: dict[str, Any], fields: set[str]) -> None:
    with pytest.raises(Problem) as refused:
        read_watermark(json.dumps(body).encode())
    assert set(errors(refused)) == fields


@pytest.mark.parametrize("version", [None, 0, -1, 10**9, 1.0, "1", True])
def test_a_version_to_go_back_to_is_a_whole_number(version: Any) -> None:
    with pytest.raises(Problem) as refused:
        read_rollback(json.dumps({"version": version, "reason": "r"}).encode())
    assert list(errors(refused)) == ["version"]


def test_every_list_is_asked_for_page_by_page() -> None:
    orders = read_orders_query({"status": "failed", "page": "abc", "limit": "7"})
    assert (orders.status, orders.page, orders.limit) == ("failed", "abc", 7)
    tables = read_tables_query({"source": "crm"}, CATALOG)
    assert (tables.source, tables.page, tables.limit) == ("crm", None, 1000)
    assert read_watermarks_query({"limit": "3", "code": "key"}).limit == 3
    assert runs(page="abc").page == "abc"


def test_tables_of_an_unknown_source_are_refused() -> None:
    with pytest.raises(Problem) as refused:
        read_tables_query({"source": "hr", "table": "x"}, CATALOG)
    assert set(errors(refused)) == {"source", "table"}
