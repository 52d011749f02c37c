"""The JSON API as the tests drive it."""

import ssl
from collections.abc import Sequence
from typing import Any, Self

import httpx
from e2e_waiting import PATIENCE_SECONDS, await_value

# Everything here speaks HTTP: that no certificate is read spares each client much work.
NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
FINAL = {"succeeded", "failed", "cancelled"}


def grid_event(table: str, number: int = 1) -> dict[str, Any]:
    """Say in Event Grid's own schema that a table has changed."""
    return {
        "id": str(number),
        "topic": f"/topics/{table}",
        "subject": table,
        "eventType": "Tidemark.TableChanged",
        "eventTime": "2026-01-01T00:00:00Z",
        "dataVersion": "1",
        "metadataVersion": "1",
        "data": {},
    }


def cloud_event(table: str, number: int = 1) -> dict[str, Any]:
    """Say the same as a CloudEvent 1.0."""
    return {
        "specversion": "1.0",
        "id": str(number),
        "source": f"/sources/{table}",
        "type": "Tidemark.TableChanged",
        "subject": table,
        "time": "2026-01-01T00:00:00Z",
        "data": {},
    }


class Api:
    """A client of one stack."""

    def __init__(self, url: str) -> None:
        self.http = httpx.Client(base_url=url, timeout=PATIENCE_SECONDS, verify=NO_CERTIFICATES)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.http.close()

    def get(self, path: str, **query: Any) -> Any:
        answer = self.http.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: Any = None, *, key: str | None = None) -> Any:
        """Post what is to be accepted, under a key of its own if given; gives the answer's body."""
        headers = {"idempotency-key": key} if key else {}
        answer = self.http.post(path, json=body if body is not None else {}, headers=headers)
        assert answer.status_code == 202, answer.text
        return answer.json()

    def order(self, tables: Sequence[str], **more: Any) -> str:
        """Order loads; gives the order's id."""
        return self.post("/api/loads", {"tables": list(tables), **more})["order_id"]

    def wait_for_order(self, order_id: str, kind: str = "orders") -> Any:
        """Wait until an order has ended, its alert included, and give it as it is then."""

        def look() -> Any:
            view = self.get(f"/api/{kind}/{order_id}")
            ended = view["state"] in FINAL
            return view if ended and (view["state"] != "failed" or self._is_told(view)) else None

        return await_value(look, f"the end of order {order_id}")

    @staticmethod
    def _is_told(view: Any) -> bool:
        return view.get("alert", "sent") in ("sent", "known")

    def load(self, *tables: str, **more: Any) -> Any:
        """Order loads and wait for them; gives the order."""
        return self.wait_for_order(self.order(tables, **more))

    def run_of(self, order: Any, table: str) -> Any:
        """The run of one table of an order."""
        [found] = [part for part in order["tables"] if part["table"] == table]
        return self.get(f"/api/runs/{found['run_id']}")

    def load_one(self, table: str, **more: Any) -> Any:
        """Load one table, wait for it, and give its run."""
        return self.run_of(self.load(table, **more), table)

    def table(self, name: str) -> Any:
        return self.get(f"/api/tables/{name}")

    def await_served(self, name: str) -> None:
        """Wait until nobody loads a table and nothing that was asked of it is left."""

        def served() -> bool:
            view = self.table(name)
            return view["loading"] is None and view["requested"] == view["served"]

        await_value(served, f"every request for {name} to be served")

    def runs(self, table: str) -> list[Any]:
        """Every run of a table, oldest first."""
        return list(reversed(self.get("/api/runs", table=table, limit=1000)["runs"]))

    def instances(self, name: str) -> list[Any]:
        """Every orchestration of a flow, as the host's management API shows them."""
        found = self.get("/runtime/webhooks/durabletask/instances", top=1000)
        return [each for each in found if each["name"] == name]

    def terminate(self, instance: str) -> None:
        path = f"/runtime/webhooks/durabletask/instances/{instance}/terminate"
        assert self.http.post(path, params={"reason": "test"}).status_code == 202

    def deliver_blob(self, body: Any) -> None:
        """Deliver what Event Grid posts of new blobs."""
        self.deliver(body, "on_blob_created")

    def deliver(self, body: Any, function: str = "on_data_changed") -> None:
        """Deliver what Event Grid posts: a list of events, or one CloudEvent; it is acknowledged."""
        answer = self.http.post(
            "/runtime/webhooks/eventgrid",
            params={"functionName": function},
            headers={"aeg-event-type": "Notification"},
            json=body,
        )
        assert answer.status_code == 202, answer.text
