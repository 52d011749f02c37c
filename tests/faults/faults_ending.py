"""Brings a scenario to its end: everything that was ordered ends, and then it is judged."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

import httpx
from e2e_api import Api
from faults_oracle import complaints, failures
from faults_rig import Rig
from faults_scenario import GHOST, WATERMARKS, Scenario, open_orders, orders

PATIENCE_SECONDS = 400.0
# To ask is work for the worker.
_POLL_SECONDS = 0.5
# Many ticks of a worker, and longer than the latest execution is late.
_TICKS_SECONDS = 60.0

T = TypeVar("T")


def await_patiently(look: Callable[[], T | None], what: Callable[[], object]) -> T:
    """Look again and again until there is a true value; fail with `what` if there never is."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not (found := look()):
        assert time.monotonic() < end, what()
        time.sleep(_POLL_SECONDS)
    return found


def end_well(rig: Rig, scenario: Scenario, *, may_fail: bool = False) -> list[str]:
    """Let every order end, run again what failed, load once more, and say what is wrong then.

    Only the ghost's orders may have failed, unless `may_fail`. The worker runs undisturbed by now.
    """
    with Api(rig.url) as api:
        await_ended(api)
        found = [] if may_fail else list(_unexpected(api, scenario))
        scenario.show()
        for order in orders(api):
            if order["state"] == "failed":
                api.http.post(f"/api/runs/{order['order_id']}/rerun").raise_for_status()
        await_ended(api)
        last = load(api, *scenario.tables, scenario.ghost)
        if last["state"] != "succeeded":
            found.append(f"the last load failed: {failures(last)}")
        names = (*WATERMARKS, GHOST)
        for name in names:
            await_served(api, scenario.source.full(name))
        settings = rig.storage.settings()

        lasting = _lasting(lambda: complaints(scenario.source, rig.lake, names, api, settings))
        return [
            *found,
            *(f"{e['order_id']} is {e['state']}" for e in orders(api) if e["state"] != "succeeded"),
            *lasting,
        ]


def _lasting(complain: Callable[[], list[str]]) -> list[str]:
    """Give what is wrong for good: a late execution may take a turn that the next tick frees."""
    end = time.monotonic() + _TICKS_SECONDS
    while (found := complain()) and time.monotonic() < end:
        time.sleep(_POLL_SECONDS)
    return found


def load(api: Api, *tables: str) -> Any:
    """Order loads, wait for them as long as a loaded machine may need, and give the order."""
    order_id = api.order(tables)
    await_ended(api)
    return api.get(f"/api/orders/{order_id}")


def await_served(api: Api, table: str) -> None:
    """Wait until nobody loads a table and nothing that was asked of it is left."""

    def served() -> bool:
        view = api.table(table)
        return view["loading"] is None and view["requested"] == view["served"]

    await_patiently(served, lambda: api.table(table))


def await_ended(api: Api) -> None:
    """Wait until no order is under way."""

    def ended() -> bool:
        try:
            return not open_orders(api)
        except httpx.HTTPError:
            return False

    await_patiently(ended, lambda: [each for each in orders(api) if each["ended_at"] is None])


def _unexpected(api: Api, scenario: Scenario) -> list[str]:
    """Name the runs that failed although nothing of theirs was made to fail for good."""
    found: list[str] = []
    for order in orders(api):
        if order["state"] == "failed":
            view = api.get(f"/api/orders/{order['order_id']}")
            wrong = [part for part in failures(view) if (part or {}).get("table") != scenario.ghost]
            found += [f"order {order['order_id']} failed: {part}" for part in wrong]
    return found
