"""Whatever changes something is written down with who did it, and what cannot be written down is not done."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from azure.core.credentials import AzureNamedKeyCredential
from azure.data.tables import TableServiceClient
from e2e_stack import Stack
from e2e_waiting import await_value
from security_rig import TABLE, Person

from local.azurite.process import ACCOUNT, KEY
from shared.runtime.wiring import STATE_TABLES


def state_url(stack: Stack) -> str:
    return json.loads((stack.state / "stack.json").read_text())["TIDEMARK_STATE_URL"]


def newest(administrator: Person) -> Any:
    entries = administrator.get("/api/audit", limit=1)["entries"]
    return entries[0] if entries else None


def test_an_order_is_written_down_with_who_gave_it_and_what_came_of_it(
    operator: Person, administrator: Person
) -> None:
    order_id = operator.order([TABLE], mode="snapshot")
    entry = newest(administrator)
    assert {name: entry[name] for name in entry if name not in ("id", "at", "ended_at")} == {
        "who": "otto@example.com",
        "how": "entra",
        "role": "operate",
        "action": "post_loads",
        "target": "/api/loads",
        "asked": {"tables": [TABLE], "mode": "snapshot"},
        "outcome": "done",
        "status": 202,
        "order_id": order_id,
        "refresh": None,
    }
    operator.wait_for_order(order_id)


def test_what_was_refused_is_written_down_and_what_the_door_refused_is_not(
    reader: Person, administrator: Person
) -> None:
    path = f"/api/tables/{TABLE}/watermark"
    assert administrator.send("PUT", path, {"position": "x", "password": "pw"}).status_code == 400
    entry = newest(administrator)
    assert (entry["action"], entry["target"]) == ("put_watermark", path)
    assert (entry["outcome"], entry["status"], entry["asked"]) == (
        "refused",
        400,
        {"position": "x"},
    )
    assert reader.send("PUT", path, {"position": "x"}).status_code == 403
    assert newest(administrator) == entry


def test_looking_is_not_written_down(
    reader: Person, operator: Person, administrator: Person
) -> None:
    before = newest(administrator)
    reader.get("/api/runs")
    operator.send("POST", "/api/plans", {"table": TABLE})
    assert newest(administrator) == before


def test_every_page_of_the_log_is_reached(administrator: Person) -> None:
    for _ in range(3):
        administrator.send("DELETE", "/api/orders/nothing")
    whole = [entry["id"] for entry in administrator.get("/api/audit", limit=1000)["entries"]]
    found: list[str] = []
    page = administrator.get("/api/audit", limit=2)
    while True:
        found += [entry["id"] for entry in page["entries"]]
        if page["next"] is None:
            break
        page = administrator.http.get(page["next"]).json()
    assert found == whole == sorted(whole, reverse=True)


@pytest.fixture
def no_log(guarded: Stack, reader: Person) -> Iterator[None]:
    """Take the table of the log away, and make it again."""
    reader.get("/api/tables")  # the first request makes what tables there are not
    login = AzureNamedKeyCredential(ACCOUNT, KEY)
    with TableServiceClient(state_url(guarded), credential=login) as service:
        service.delete_table(STATE_TABLES["audit"])
        yield
        await_value(lambda: service.create_table_if_not_exists(STATE_TABLES["audit"]), "the table")


@pytest.mark.usefixtures("no_log")
def test_without_the_log_nothing_is_done(operator: Person) -> None:
    before = operator.get("/api/orders", limit=1)["orders"]
    answer = operator.send("POST", "/api/loads", {"tables": [TABLE]})
    assert (answer.status_code, "audit log" in answer.json()["detail"]) == (503, True)
    assert operator.get("/api/orders", limit=1)["orders"] == before
