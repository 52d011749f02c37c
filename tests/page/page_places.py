"""A table with a history, and the addresses of all pages that show something of it."""

from typing import Any

from e2e_api import Api, cloud_event
from e2e_source import STAMPED, Source, create_items
from e2e_waiting import await_value
from page_filling import Filled


def live_through(api: Api, source: Source, filled: Filled) -> dict[str, str]:
    """Load, backfill, break and refresh a table; give the pages of everything by what they show."""
    create_items(source)
    table = source.declare("item", watermark=STAMPED)
    run = api.load_one(table)
    body = {"table": table, "from": "2020-01-01", "window": "3650d"}
    backfill = api.post("/api/backfills", body)["order_id"]
    api.wait_for_order(backfill, "backfills")
    api.deliver({**cloud_event(source.full("gone")), "source": source.name})
    letters = api.get("/api/deadletters", state="dead", limit=1000)["letters"]
    [letter] = [each["id"] for each in letters if source.name in each["body"]]
    refresh = api.post("/api/refreshes")["number"]
    await_value(lambda: _is_over(api, refresh), f"the end of refresh {refresh}")
    failed = next(each for each in filled.newest if each.state == "failed")
    page = "/api/page"
    return {
        "overview": "/api/",
        "one source": f"/api/?source={source.name}",
        "table": f"{page}/tables/{table}",
        "table that failed": f"{page}/tables/{failed.table}",
        "run": f"{page}/runs/{run['run_id']}",
        "run that failed": f"{page}/runs/{failed.run_id}",
        "runs": f"{page}/runs?limit=10",
        "orders": f"{page}/orders?limit=10",
        "order": f"{page}/orders/{run['order_id']}",
        "backfill": f"{page}/orders/{backfill}",
        "quality": f"{page}/quality",
        "events": f"{page}/events",
        "letter": f"{page}/events/{letter}",
        "refreshes": f"{page}/refreshes",
        "refresh": f"{page}/refreshes/{refresh}",
        "alerts": f"{page}/alerts",
        "health": f"{page}/health",
        "load": f"{page}/do/load?table={table}",
        "watermark": f"{page}/do/watermark?table={table}",
        "release": f"{page}/do/release?table={table}",
        "nothing": f"{page}/tables/no/such.table",
    }


def _is_over(api: Api, number: int) -> Any:
    return api.get(f"/api/refreshes/{number}")["state"] == "succeeded"
