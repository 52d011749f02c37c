"""Orders, runs, tables and backfills as JSON have the fields that the contract promises."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.catalog import CursorSpec, SourceSpec, TableSpec
from shared.loading.bound import Bound
from shared.loading.errors import Failure
from shared.loading.order import BackfillSpec, Order, run_id
from shared.loading.span import Span
from shared.loading.turn import Claim, Turn
from shared.loading.watermark import Watermark
from shared.operations.records import OrderRecord, RunRecord, WindowRecord
from web.api.views import view_accepted, view_backfill, view_order, view_run, view_table

BASE = "https://tidemark.example"
A, B = "crm/dbo.A", "crm/dbo.B"
ORDER = Order(order_id="20260101T000000000Z-00000a", tables=(A, B), created_at="t0")
RUN = RunRecord(
    run_id=run_id(ORDER.order_id, A),
    order_id=ORDER.order_id,
    table=A,
    mode="incremental",
    state="failed",
    started_at="t1",
    bound=Bound(value="10", how="settled"),
    error=Failure(type="QueryRefused", message="m", remedy="r"),
)
SPEC = TableSpec(
    source=SourceSpec(name="crm", kind="sql", engine="postgresql", connection="${CRM_DB}"),
    table="dbo.A",
    key=("id",),
    cursor=CursorSpec(kind="timestamp", column="at"),
    target="bronze/crm/a",
)
MARK = Watermark(position="2026-01-01 00:00:00.500000", how="exact", run_id="r", moved_at="t")
NOW = datetime(2026, 1, 1, 0, 1, tzinfo=UTC)


def table(**changed: Any) -> dict[str, Any]:
    usual: dict[str, Any] = {"turn": Turn(), "watermark": MARK, "runs": (RUN,), "now": NOW}
    given = {**usual, **changed}
    return view_table(SPEC, given["turn"], given["watermark"], given["runs"], given["now"])


def test_what_was_accepted_says_where_to_look() -> None:
    view = view_accepted(ORDER, BASE)
    assert (view["order_id"], view["state"], view["tables"]) == (ORDER.order_id, "queued", [A, B])
    assert view["links"]["status"] == f"{BASE}/api/orders/{ORDER.order_id}"


def test_a_run_has_every_field_of_the_contract() -> None:
    view = view_run(RUN, BASE)
    promised = (
        "run_id order_id table mode state outcome rows files bytes watermark_before watermark_after "
        "bound started_at ended_at attempt error links"
    )
    assert set(promised.split()) <= set(view)
    assert view["bound"]["how"] == "settled"
    assert view["error"] == {"type": "QueryRefused", "message": "m", "remedy": "r"}
    assert json.dumps(view)


def test_an_order_lists_all_its_tables_also_those_that_have_not_begun() -> None:
    view = view_order(OrderRecord(order=ORDER, state="failed", failed=1), [RUN], BASE)
    assert view["state"] == "failed"
    assert [each["table"] for each in view["tables"]] == [A, B]
    assert view["tables"][0]["error"]["type"] == "QueryRefused"
    assert view["tables"][1] == {"table": B, "state": "queued"}
    assert json.dumps(view)


def test_a_backfill_shows_its_windows_and_how_far_it_is() -> None:
    period = BackfillSpec(start="1", end="3", window="1", parallel=2)
    order = replace(ORDER, mode="backfill", tables=(A,), backfill=period)
    windows = [
        WindowRecord(number=n, part=1, start=str(n), end=str(n + 1), span=Span(), state=state)
        for n, state in enumerate(("succeeded", "failed"), start=1)
    ]
    view = view_backfill(OrderRecord(order=order, state="running"), windows, BASE)
    assert view["progress"] == {"done": 1, "total": 2}
    assert [(w["from"], w["to"], w["state"]) for w in view["windows"]] == [
        ("1", "2", "succeeded"),
        ("2", "3", "failed"),
    ]
    assert view["links"]["status"] == f"{BASE}/api/backfills/{ORDER.order_id}"


@pytest.mark.parametrize(
    ("turn", "runs", "state"),
    [
        (Turn(), (), "never_loaded"),
        (Turn(), (RUN,), "failed"),
        (Turn(holder="r"), (RUN,), "running"),
        (
            Turn(holder="r", claim=Claim(run_id="r", epoch=1, run_no=1, plan="p", landing="l")),
            (RUN,),
            "committing",
        ),
    ],
)
def test_a_table_says_how_it_stands(turn: Turn, runs: tuple[RunRecord, ...], state: str) -> None:
    assert table(turn=turn, runs=runs)["state"] == state


def test_the_lag_is_the_time_since_the_watermark() -> None:
    assert table()["lag_seconds"] == 59.5
    zoned = replace(MARK, position="2026-01-01 00:00:00.500000+00")
    assert table(watermark=zoned)["lag_seconds"] == 59.5


@pytest.mark.parametrize(
    "cursor",
    [
        CursorSpec(kind="integer", column="no"),
        CursorSpec(kind="none", column=None),
        CursorSpec(kind="timestamp", column="at", clock="Europe/Berlin"),
    ],
)
def test_there_is_no_lag_where_the_cursor_does_not_count_utc(cursor: CursorSpec) -> None:
    mark = replace(MARK, position="17") if cursor.kind == "integer" else MARK
    view = view_table(replace(SPEC, cursor=cursor), Turn(), mark, (), NOW)
    assert view["lag_seconds"] is None


def test_a_table_that_was_never_loaded_has_no_watermark_and_no_lag() -> None:
    view = table(watermark=None, runs=())
    assert (view["watermark"], view["lag_seconds"], view["runs"]) == (None, None, [])


def test_a_table_shows_no_secret_and_no_reference_to_one() -> None:
    assert "CRM_DB" not in json.dumps(table())


def test_a_table_says_who_keeps_its_bound_back() -> None:
    held = Bound(
        value=None,
        how="exact",
        held_back_since="2026-01-01T00:00:00.000000",
        held_back_seconds=90,
        held_back_by="pid 7, user app",
    )
    assert table(runs=(replace(RUN, bound=held),))["held_back"] == {
        "since": "2026-01-01T00:00:00.000000",
        "seconds": 90,
        "by": "pid 7, user app",
    }
    assert table(runs=(RUN,))["held_back"] is None
    assert table(runs=())["held_back"] is None
