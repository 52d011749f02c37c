"""A plan says what a load would do, and leaves no trace of itself."""

from typing import Any

import pytest
from e2e_api import Api
from e2e_lake import listing, published
from e2e_source import STAMPED, Source, create_items
from e2e_stack import Stack


def plan(api: Api, table: str, **body: Any) -> Any:
    answer = api.http.post("/api/plans", json={"table": table, **body})
    assert answer.status_code == 200, answer.text
    return answer.json()


def estimated(view: Any) -> int:
    assert view["estimated_rows"] == sum(part["estimated_rows"] for part in view["slices"])
    return view["estimated_rows"]


def trace(api: Api, stack: Stack) -> tuple[Any, ...]:
    """Everything that a plan might write to."""
    instances = api.get("/runtime/webhooks/durabletask/instances", top=1000)
    return listing(stack.lake), stack.remembered(), sorted(map(str, instances))


def test_plans_say_what_the_loads_then_do_and_write_nothing(
    api: Api, source: Source, stack: Stack
) -> None:
    create_items(source, rows=500)
    table = source.declare("item", watermark=STAMPED, slices={"rows": 100})
    before = trace(api, stack)
    view = plan(api, table)
    assert trace(api, stack) == before
    run = api.load_one(table)
    assert (view["mode"], view["watermark_before"], run["mode"]) == ("initial", None, "initial")
    assert (estimated(view), run["rows"]) == (500, 500)
    assert len(view["slices"]) == len(
        published(stack.lake, source.target("item"))[0].manifest["files"]
    )
    assert view["bound"]["how"] == run["bound"]["how"] == "settled"
    source.execute(
        "INSERT INTO item (name) SELECT 'new' FROM generate_series(1, 40);"
        "UPDATE item SET name = 'changed', updated_at = now() WHERE id <= 10"
    )
    before = trace(api, stack)
    view = plan(api, table)
    assert trace(api, stack) == before
    run = api.load_one(table)
    assert view["watermark_before"] == run["watermark_before"]
    assert run["rows"] <= estimated(view) <= run["rows"] + 2
    [part] = view["slices"]
    assert (part["after"], part["upto"], part["nulls"]) == (view["watermark_before"], None, False)
    assert part["values"] == {"tidemark.after": view["watermark_before"]}
    assert part["sql"].startswith('SELECT "id"')
    assert view["found"]["max_cursor"] is not None
    assert view["columns"][0] == {
        "name": "id",
        "source_type": "bigint",
        "lands": "int64",
        "nullable": False,
        "mask": "",
    }


def test_a_table_with_nothing_new_has_no_slice(api: Api, source: Source) -> None:
    source.execute("CREATE TABLE item (id bigint PRIMARY KEY)")
    table = source.declare("item", watermark={"kind": "integer", "column": "id"})
    view = plan(api, table)
    assert (view["slices"], view["estimated_rows"], view["stops"]) == ([], 0, None)


@pytest.mark.long
def test_a_plan_of_a_backfill_shows_its_windows(api: Api, source: Source, stack: Stack) -> None:
    source.execute(
        """
        CREATE TABLE item (id bigserial PRIMARY KEY, updated_at timestamp(6));
        INSERT INTO item (updated_at)
        SELECT timestamp '2026-01-01' + n * interval '1 hour' FROM generate_series(0, 119) AS n;
        ANALYZE item
        """
    )
    table = source.declare("item", watermark=STAMPED)
    period = {"from": "2026-01-02", "to": "2026-01-05"}
    refused = api.http.post("/api/plans", json={"table": table, **period})
    assert refused.status_code == 409
    api.load_one(table)
    before = trace(api, stack)
    view = plan(api, table, **period)
    assert trace(api, stack) == before
    assert [part["estimated_rows"] for part in view["slices"]] == [24, 24, 24]
    assert (view["mode"], estimated(view)) == ("backfill", 72)
    assert view["slices"][0]["after"] == "2026-01-01 23:59:59.999999"
    assert view["slices"][2]["upto"] == "2026-01-04 23:59:59.999999"


@pytest.mark.long
def test_a_snapshot_and_rows_without_a_cursor_value_are_estimated(api: Api, source: Source) -> None:
    create_items(source, rows=300)
    source.execute("UPDATE item SET updated_at = NULL WHERE id <= 30; ANALYZE item")
    stamped = source.declare("item", watermark=STAMPED)
    view = plan(api, stamped)
    assert [(part["nulls"], part["estimated_rows"]) for part in view["slices"]] == [
        (False, 270),
        (True, 30),
    ]
    assert view["found"]["has_nulls"]
    whole = source.declare("item", watermark={"kind": "none"})
    view = plan(api, whole)
    assert (view["mode"], view["found"], estimated(view)) == ("snapshot", None, 300)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ("ALTER TABLE item DROP COLUMN price", "SchemaDrifted"),
        pytest.param(
            "UPDATE item SET updated_at = now() + interval '1 year' WHERE id = 1",
            "FutureCursor",
            marks=pytest.mark.long,
        ),
        pytest.param("DROP TABLE item", "TableMissing", marks=pytest.mark.long),
        pytest.param(
            "ALTER TABLE item ADD COLUMN odd regclass", "TypeUnsupported", marks=pytest.mark.long
        ),
    ],
)
def test_what_would_stop_the_load_is_told_beforehand(
    api: Api, source: Source, change: str, error: str
) -> None:
    create_items(source)
    table = source.declare("item", watermark=STAMPED)
    api.load_one(table)
    source.execute(change)
    view = plan(api, table)
    assert view["stops"]["type"] == error
    assert (view["slices"], view["estimated_rows"]) == ([], None)
    assert view["watermark_before"] is not None
    assert (error in {"TableMissing", "TypeUnsupported"}) == (view["columns"] == [])
    found = api.load_one(table)["error"]
    assert (found["type"], found["remedy"]) == (error, view["stops"]["remedy"])


@pytest.mark.long
def test_drift_that_is_let_through_is_told(api: Api, source: Source) -> None:
    create_items(source)
    table = source.declare("item", watermark=STAMPED)
    api.load_one(table)
    source.execute("ALTER TABLE item ADD COLUMN colour text")
    assert plan(api, table)["drift"] == ["column colour (text) is new"]


@pytest.mark.long
def test_a_start_above_the_watermark_would_stop_the_load(api: Api, source: Source) -> None:
    create_items(source)
    table = source.declare("item", watermark=STAMPED)
    api.load_one(table)
    assert plan(api, table, after="2999-01-01")["stops"]["type"] == "BadOrder"
    assert plan(api, table, after="2020-01-01")["estimated_rows"] == 10


def test_a_source_that_does_not_answer_is_no_plan(api: Api, source: Source, stack: Stack) -> None:
    create_items(source)
    table = source.declare("item", watermark=STAMPED)
    text = source.file.read_text()
    source.file.write_text(text.replace("${TIDEMARK_E2E_DB}", "${TIDEMARK_E2E_NOBODY}"))
    assert plan(api, table)["stops"]["type"] == "CredentialRejected"
    source.file.write_text(text)
