"""Orders loads and backfills over HTTP, as any user would, and waits until they have ended."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from local.demo.failure import DemoFailed

_FINAL = frozenset({"succeeded", "failed", "cancelled"})
_PATIENCE_SECONDS = 120
_REFRESH_SECONDS = 600
_POLL_SECONDS = 0.2
# Made once: each request without one would make its own, which takes fifty milliseconds.
_TLS = httpx.create_ssl_context()


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """The app's HTTP API at `url`. Every method raises DemoFailed if it does not answer."""

    url: str

    def plan(self, table: str, *period: str) -> dict[str, Any]:
        """Ask what a load of a table, or a backfill of a period `[from, to)`, would do.

        Raises:
            DemoFailed: the load would be stopped.
        """
        body = {"table": table} | dict(zip(("from", "to"), period, strict=False))
        plan = self._ask("POST", "/api/plans", body)
        if plan["stops"]:
            raise DemoFailed(f"the load of {table} would be stopped: {plan['stops']['message']}")
        return plan

    def order_load(self, *tables: str) -> str:
        """Order a load of some tables, all if none is named, and give the order's id."""
        return self._ask("POST", "/api/loads", {"tables": tables} if tables else {})["order_id"]

    def order_backfill(self, table: str, start: str, end: str, *, window: str) -> str:
        """Order a backfill of `[start, end)`, two windows at a time; give the order's id."""
        body = {"table": table, "from": start, "to": end, "window": window, "parallel": 2}
        return self._ask("POST", "/api/backfills", body)["order_id"]

    def await_end(self, order_id: str) -> dict[str, Any]:
        """Wait until an order has ended and give it with its tables.

        Raises:
            DemoFailed: it did not succeed, or took longer than two minutes.
        """
        path = f"/api/orders/{order_id}"
        order = self._await_final(path, _PATIENCE_SECONDS)
        if order["state"] != "succeeded":
            raise DemoFailed(f"{self.url}{path} {order['state']}:\n{_describe(order)}")
        return order

    def windows(self, order_id: str) -> int:
        """Count the windows of a backfill."""
        return self._ask("GET", f"/api/backfills/{order_id}")["progress"]["total"]

    def runs_of(self, order_id: str, tables: Iterable[str]) -> list[dict[str, Any]]:
        """Give the runs of these tables that belong to an order."""
        return [run for table in tables for run in self.runs(table) if run["order_id"] == order_id]

    def runs(self, table: str) -> list[dict[str, Any]]:
        """Give a table's runs that have ended, oldest first."""
        runs = self._ask("GET", f"/api/runs?table={table}&limit=1000")["runs"]
        ended = (run for run in runs if run["ended_at"])
        return sorted(ended, key=lambda run: run["started_at"])

    def refresh(self, *release: Mapping[str, object]) -> dict[str, Any] | None:
        """Bring the lakehouse up to date and give the last refresh that this took, None if it was.

        Rows are let through where `release` names a table, with a key or without.

        Raises:
            DemoFailed: one did not succeed, or took longer than ten minutes.
        """
        last: dict[str, Any] | None = None
        body: dict[str, object] = {"release": release} if release else {}
        while (asked := self._ask("POST", "/api/refreshes", body))["number"] is not None:
            body = {}
            path = f"/api/refreshes/{asked['number']}"
            last = self._await_final(path, _REFRESH_SECONDS)
            if last["state"] != "succeeded":
                raise DemoFailed(f"{self.url}{path} {last['state']}: {last['error']}")
        return last

    def _await_final(self, path: str, seconds: int) -> dict[str, Any]:
        deadline = time.monotonic() + seconds
        while (found := self._ask("GET", path))["state"] not in _FINAL:
            if time.monotonic() > deadline:
                raise DemoFailed(f"{self.url}{path} has not ended in {seconds} s")
            time.sleep(_POLL_SECONDS)
        return found

    def _ask(self, method: str, path: str, body: Mapping[str, object] | None = None) -> Any:
        try:
            answer = httpx.request(method, self.url + path, json=body, timeout=60, verify=_TLS)
        except httpx.RequestError as error:
            raise DemoFailed(f"{self.url} does not answer ({error}); see stack.log") from error
        if not answer.is_success:
            raise DemoFailed(
                f"{method} {path} was answered with {answer.status_code}: {answer.text}"
            )
        return answer.json()


def _describe(order: Mapping[str, Any]) -> str:
    errors = [(order["order_id"], order["error"])]
    errors += [(table["table"], table.get("error")) for table in order["tables"]]
    lines = [f"  {who}: {error['type']}: {error['message']}" for who, error in errors if error]
    return "\n".join(lines) or "  without a reason; see host.log"
