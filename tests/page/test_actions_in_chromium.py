"""Everything that the page offers to do is done by it, as the API shows afterwards."""

from typing import Any
from urllib.parse import unquote

import pytest
from e2e_api import FINAL, Api, cloud_event
from e2e_source import STAMPED, Gate, Source, create_items
from e2e_waiting import await_value
from page_browser import Visitor


def ordered(visitor: Visitor, api: Api, kind: str = "orders") -> Any:
    """Wait for the order whose page the browser was led to."""
    visitor.page.wait_for_url("**/api/page/orders/*")
    return api.wait_for_order(visitor.last_id, kind)


def test_a_table_is_loaded_first_wholly_and_then_by_what_is_new(
    visitor: Visitor, api: Api, source: Source
) -> None:
    create_items(source)
    table = source.declare("item", watermark=STAMPED)
    visitor.go(f"/api/page/tables/{table}")
    assert "Never loaded" in visitor.text
    visitor.follow("Load")
    assert visitor.heading == f"Load {table}"
    visitor.send("Load")
    order = ordered(visitor, api)
    assert [(each["table"], each["state"], each["rows"]) for each in order["tables"]] == [
        (table, "succeeded", 10)
    ]
    visitor.go(f"/api/page/tables/{table}")
    assert "Fresh" in visitor.text
    visitor.follow("Load anew")
    visitor.send("Load")
    again = ordered(visitor, api)
    assert (again["mode"], again["tables"][0]["rows"]) == ("initial", 10)
    visitor.go(f"/api/page/runs/{again['tables'][0]['run_id']}")
    for word in ("Level values", "Publish to bronze", "Advance the watermark", "part-00000"):
        assert word in visitor.text


@pytest.mark.long
def test_a_period_is_backfilled_and_shown_window_by_window(
    visitor: Visitor, api: Api, source: Source
) -> None:
    create_items(source)
    table = source.declare("item", watermark=STAMPED)
    api.load(table)
    visitor.go(f"/api/page/tables/{table}")
    visitor.follow("Backfill")
    visitor.page.get_by_label("From").fill("soon")
    visitor.send("Backfill")
    assert "Nothing was done." in visitor.text
    wrong = visitor.page.get_by_label("From")
    assert wrong.get_attribute("aria-invalid") == "true"
    wrong.fill("2020-01-01")
    visitor.page.get_by_label("Window", exact=True).fill("3650d")
    visitor.send("Backfill")
    backfill = ordered(visitor, api, "backfills")
    assert (backfill["state"], backfill["from"]) == ("succeeded", "2020-01-01")
    visitor.follow("Reload")
    done = backfill["progress"]["done"]
    assert f"{done} of {done} window" in visitor.text


@pytest.mark.long
def test_a_table_is_compared_with_its_source(visitor: Visitor, api: Api, source: Source) -> None:
    create_items(source)
    table = source.declare("item", watermark=STAMPED)
    api.load(table)
    source.execute("DELETE FROM item WHERE id = 3")
    visitor.go(f"/api/page/tables/{table}")
    visitor.follow("Reconcile")
    visitor.send("Reconcile")
    order = ordered(visitor, api)
    assert order["tables"][0]["repairs"]["deleted"] == 1
    visitor.go(f"/api/page/runs/{order['tables'][0]['run_id']}")
    assert "10 rows: 0 missing, 0 changed, 1 deleted" in visitor.text


def ended(api: Api, order_id: str) -> Any:
    """Give an order that has ended; nobody is told of it here."""
    order = api.get(f"/api/orders/{order_id}")
    return order if order["state"] in FINAL else None


def test_what_failed_is_run_again(visitor: Visitor, api: Api, source: Source) -> None:
    table = source.declare("item", watermark=STAMPED)
    order_id = api.order([table])
    order = await_value(lambda: ended(api, order_id), f"the end of order {order_id}")
    assert order["state"] == "failed"
    visitor.go(f"/api/page/runs/{order['tables'][0]['run_id']}")
    assert "TableMissing" in visitor.text
    create_items(source)
    visitor.follow("Rerun")
    visitor.send("Rerun")
    again = ordered(visitor, api)
    assert (again["order_id"], again["attempt"]) == (order["order_id"], 2)
    assert again["tables"][0]["rows"] == 10


@pytest.mark.long
def test_an_order_a_run_and_a_backfill_are_cancelled(
    visitor: Visitor, api: Api, source: Source, gate: Gate
) -> None:
    create_items(source)
    gate.create("gated", "item")
    table = source.declare("gated", watermark=STAMPED)
    other = source.declare("item", watermark=STAMPED)
    api.load(table, other)
    source.execute("INSERT INTO item (name) VALUES ('new')")
    gate.close()
    order_id = api.order([table, other])
    gate.await_waiting()
    view = api.get(f"/api/orders/{order_id}")
    [run] = [each["run_id"] for each in view["tables"] if each["table"] == table]
    for page in (f"runs/{run}", f"orders/{order_id}"):
        visitor.go(f"/api/page/{page}")
        visitor.follow("Cancel")
        visitor.send("Cancel it")
        visitor.page.wait_for_url(f"**/api/page/{page}")
    gate.open()
    ended = api.wait_for_order(order_id)
    assert (ended["state"], api.get(f"/api/runs/{run}")["state"]) == ("cancelled", "cancelled")

    gate.close()
    body = {"table": table, "from": "2020-01-01", "window": "3650d", "parallel": 1}
    backfill = api.post("/api/backfills", body)["order_id"]
    gate.await_waiting()
    visitor.go(f"/api/page/orders/{backfill}")
    visitor.follow("Cancel")
    visitor.send("Cancel it")
    visitor.page.wait_for_url("**/api/page/orders/*")
    assert api.get(f"/api/backfills/{backfill}")["cancel_requested"]
    gate.open()
    assert api.wait_for_order(backfill, "backfills")["state"] in FINAL


@pytest.mark.long
def test_a_watermark_is_set_and_rolled_back(visitor: Visitor, api: Api, source: Source) -> None:
    create_items(source)
    table = source.declare("item", watermark=STAMPED)
    api.load(table)
    stands = api.table(table)["watermark"]
    visitor.go(f"/api/page/tables/{table}")
    visitor.follow("Set watermark")
    visitor.page.get_by_label("Position").fill("2999-01-01")
    visitor.page.get_by_label("Reason").fill("a test <b>of</b> reasons")
    visitor.send("Set the watermark")
    assert "skip" in visitor.text
    assert api.table(table)["watermark"] == stands
    visitor.page.get_by_label("Position").fill("2020-01-01")
    visitor.send("Set the watermark")
    visitor.page.wait_for_url("**/api/page/tables/**")
    mark = api.table(table)["watermark"]
    assert (mark["position"][:10], mark["by"]) == ("2020-01-01", "set")
    assert "a test <b>of</b> reasons" in visitor.text

    visitor.page.get_by_role("link", name=f"Roll back to version {stands['version']}").click()
    visitor.page.get_by_label("Reason").fill("it was a mistake")
    visitor.send("Roll back")
    visitor.page.wait_for_url("**/api/page/tables/**")
    back = api.table(table)["watermark"]
    assert (back["position"], back["by"]) == (stands["position"], "rollback")


@pytest.mark.long
def test_a_dead_letter_is_replayed(visitor: Visitor, api: Api, source: Source) -> None:
    create_items(source)
    source.declare("others", watermark=STAMPED)
    api.deliver({**cloud_event(source.full("item")), "source": source.name})
    visitor.go("/api/page/events?state=dead")
    visitor.page.get_by_role("link", name=f"{source.name}#").click()
    visitor.follow("Replay")
    visitor.send("Replay")
    assert "there is no table" in visitor.text
    source.declare("item", watermark=STAMPED)
    visitor.send("Replay")
    assert ordered(visitor, api)["tables"][0]["rows"] == 10


def test_the_lakehouse_is_refreshed_and_rows_are_released(
    visitor: Visitor, api: Api, source: Source
) -> None:
    create_items(source)
    table = source.declare("item", watermark=STAMPED)
    api.load(table)
    visitor.go("/api/page/refreshes")
    visitor.follow("Refresh the lakehouse")
    visitor.send("Refresh")
    assert refreshed(visitor, api)["state"] == "succeeded"
    visitor.go(f"/api/page/do/release?table={table}")
    visitor.page.get_by_label("Key: id").fill("7")
    visitor.send("Release")
    refresh = refreshed(visitor, api)
    assert [(each["table"], each["key"]) for each in refresh["released"]] == [(table, {"id": "7"})]
    visitor.follow("Reload")
    assert "Released from quarantine" in visitor.text


def refreshed(visitor: Visitor, api: Api) -> Any:
    """Wait for the refresh whose page the browser was led to."""
    visitor.page.wait_for_url("**/api/page/refreshes/*")
    number = visitor.last_id

    def look() -> Any:
        view = api.get(f"/api/refreshes/{number}")
        return view if view["state"] in FINAL else None

    return await_value(look, f"the end of refresh {number}")


def test_a_load_is_ordered_with_the_keyboard_alone(
    visitor: Visitor, api: Api, source: Source
) -> None:
    create_items(source)
    table = source.declare("item", watermark=STAMPED)
    visitor.go(f"/api/page/tables/{table}")
    keyboard, focused = visitor.page.keyboard, ":focus"
    keyboard.press("Tab")
    assert visitor.page.locator(focused).inner_text() == "Skip to the content"
    keyboard.press("Enter")
    for _ in range(10):
        keyboard.press("Tab")
        if visitor.page.locator(focused).inner_text() == "Load":
            break
    keyboard.press("Enter")
    visitor.page.wait_for_url("**/api/page/do/load*")
    assert unquote(visitor.page.url).endswith(f"table={table}")
    for _ in range(30):
        keyboard.press("Tab")
        if visitor.page.locator("button.main:focus").count():
            break
    keyboard.press("Enter")
    assert ordered(visitor, api)["state"] == "succeeded"


def test_a_form_that_is_sent_twice_orders_once(visitor: Visitor, api: Api, source: Source) -> None:
    create_items(source)
    table = source.declare("item", watermark=STAMPED)
    visitor.go(f"/api/page/do/load?table={table}")
    fields = visitor.page.locator("form.asked").evaluate(
        "form => Object.fromEntries(new FormData(form))"
    )
    asked = visitor.context.request
    led = [
        asked.post("/api/page/do/load", form=fields, max_redirects=0).headers["location"]
        for _ in range(2)
    ]
    assert led[0] == led[1]
    api.wait_for_order(led[0].rpartition("/")[2])
    assert len(api.runs(table)) == 1
