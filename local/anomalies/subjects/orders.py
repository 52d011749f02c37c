"""Orders over Tidemark's HTTP API, seen through to their end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

import httpx

from local.anomalies.subject import NotOffered, Refusal
from local.anomalies.waiting import await_true

_FINAL = frozenset({"succeeded", "failed", "cancelled"})
_TIMEOUT_SECONDS = 120.0
# Made once: each request without one would make its own, which takes fifty milliseconds.
_TLS = httpx.create_ssl_context()


class Orders:
    """A client that survives the death of the stack: `url` gives the address of the moment."""

    def __init__(self, url: Callable[[], str]) -> None:
        self._url = url

    def place(self, path: str, body: Mapping[str, object]) -> str:
        """Place an order and give its id.

        Raises:
            NotOffered: this version has no such route.
            Refusal: the API refused it.
        """
        answer = httpx.post(self._url() + path, json=body, timeout=_TIMEOUT_SECONDS, verify=_TLS)
        if answer.status_code == HTTPStatus.NOT_FOUND and "application/problem" not in str(
            answer.headers.get("content-type")
        ):
            raise NotOffered(path.rsplit("/", 1)[-1].removesuffix("s"))
        if not answer.is_success:
            problem = answer.json()
            raise Refusal(str(problem["type"]).rsplit(":", 1)[-1], str(problem.get("detail")))
        return answer.json()["order_id"]

    def finish(self, order_id: str) -> None:
        """Wait for the end of an order. Raises Refusal if it did not succeed."""
        await_true(lambda: self.view(order_id)["state"] in _FINAL, f"the end of {order_id}")
        order = self.view(order_id)
        if order["state"] == "succeeded":
            return
        errors = [table["error"] for table in order["tables"] if table["error"]]
        for error in [*errors, order["error"]]:
            if error:
                raise Refusal(error["type"], error["message"])
        raise Refusal(order["state"], f"order {order_id}")

    def carry_out(self, path: str, body: Mapping[str, object]) -> None:
        """Place an order and see it through."""
        self.finish(self.place(path, body))

    def view(self, order_id: str) -> dict[str, Any]:
        """Give an order as it is now."""
        return self._get(f"/api/orders/{order_id}")

    def table(self, name: str) -> dict[str, Any]:
        """Give a table as it is now."""
        return self._get(f"/api/tables/{name}")

    def _get(self, path: str) -> dict[str, Any]:
        answer = httpx.get(self._url() + path, timeout=_TIMEOUT_SECONDS, verify=_TLS)
        answer.raise_for_status()
        return answer.json()
