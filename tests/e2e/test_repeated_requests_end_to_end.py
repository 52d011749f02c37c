"""A request sent again with its key orders nothing more; lists are walked page by page."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from secrets import token_hex
from typing import Any

import httpx
import pytest
from azure.core.credentials import AzureNamedKeyCredential
from e2e_api import Api
from e2e_source import STAMPED, Source, create_items
from e2e_stack import Stack

from local.azurite.process import ACCOUNT, KEY
from shared.adapters.azure.clients import table_service
from shared.adapters.azure.entities import Entities
from shared.adapters.azure.ledger import AzureLedger, LedgerTables
from shared.adapters.azure.table_states import AzureTableStates
from shared.operations.keys import order_once
from shared.operations.ordering import OrderDesk
from shared.runtime.wiring import STATE_TABLES
from web.api.routes import fingerprint

OTHER_PAGES = ("x", "a b", "%00", "A" * 3000)


def send(api: Api, path: str, body: Any, key: str) -> httpx.Response:
    return api.http.post(path, json=body, headers={"Idempotency-Key": key})


@pytest.fixture
def table(source: Source) -> str:
    create_items(source)
    return source.declare("item", watermark=STAMPED)


def test_the_same_request_with_the_same_key_is_one_order(api: Api, table: str) -> None:
    body = {"tables": [table]}
    key = f"loads of {table}"
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: send(api, "/api/loads", body, key), range(8)))
    assert {answer.status_code for answer in answers} == {202}
    [text] = {answer.text for answer in answers}
    order_id = answers[0].json()["order_id"]
    assert api.wait_for_order(order_id)["state"] == "succeeded"
    later = send(api, "/api/loads", body, key)
    assert (later.status_code, later.text) == (202, text)
    assert (
        len([each for each in api.instances("load_batch") if order_id in each["instanceId"]]) == 1
    )
    assert [run["order_id"] for run in api.runs(table)] == [order_id]


@pytest.fixture
def desk(stack: Stack, api: Api, table: str) -> Iterator[OrderDesk]:
    """A desk on the stack's own store, of which nothing is ever started."""
    api.get("/api/health")  # the app makes its tables when it is first asked for something
    address = json.loads((stack.state / "stack.json").read_text())["TIDEMARK_STATE_URL"]
    with table_service(address, AzureNamedKeyCredential(ACCOUNT, KEY)) as service:
        tables = {part: Entities(service.get_table_client(n)) for part, n in STATE_TABLES.items()}
        yield OrderDesk(
            ledger=AzureLedger(
                LedgerTables(
                    orders=tables["orders"], runs=tables["runs"], windows=tables["windows"]
                )
            ),
            states=AzureTableStates(tables["states"]),
            now=lambda: datetime.now(UTC),
            entropy=lambda: token_hex(3),
        )


@pytest.mark.parametrize("placed", [pytest.param(True, marks=pytest.mark.long), False])
def test_a_request_whose_first_worker_died_on_the_way_is_carried_out_by_the_next(
    api: Api, desk: OrderDesk, table: str, *, placed: bool
) -> None:
    body, key = {"tables": [table]}, f"died {table}"
    order = order_once(
        desk.ledger, key, fingerprint("loads", body), lambda: desk.draft_load([table])
    )
    if placed:
        desk.place(order)
    answer = send(api, "/api/loads", body, key)
    assert answer.json()["order_id"] == order.order_id
    assert api.wait_for_order(order.order_id)["state"] == "succeeded"


def test_a_key_with_another_request_is_refused(api: Api, table: str) -> None:
    key = f"key of {table}"
    first = send(api, "/api/loads", {"tables": [table]}, key)
    assert first.status_code == 202
    period = {"table": table, "from": "2020-01-01", "to": "2020-01-02"}
    for path, body in (
        ("/api/loads", {"tables": [table], "mode": "initial"}),
        ("/api/backfills", period),
        (f"/api/runs/{first.json()['order_id']}/rerun", {}),
    ):
        refused = send(api, path, body, key)
        assert refused.status_code == 422
        assert refused.json()["type"] == "urn:tidemark:problem:idempotency-key-reused"
    api.wait_for_order(first.json()["order_id"])


@pytest.mark.long
def test_a_rerun_and_a_backfill_are_ordered_once_by_their_keys(
    api: Api, source: Source, table: str
) -> None:
    api.load_one(table)
    period = {"table": table, "from": "2020-01-01", "to": "2020-01-02"}
    two = [send(api, "/api/backfills", period, f"backfill {table}").json() for _ in range(2)]
    assert two[0] == two[1]
    api.wait_for_order(two[0]["order_id"], "backfills")
    source.execute("ALTER TABLE item RENAME TO gone")
    order = api.load(table)
    assert order["state"] == "failed"
    source.execute("ALTER TABLE gone RENAME TO item")
    path = f"/api/runs/{order['order_id']}/rerun"
    answers = [send(api, path, {}, f"rerun {table}") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].json() == answers[1].json()
    assert api.wait_for_order(order["order_id"])["attempt"] == 2
    assert send(api, path, {}, f"rerun {table}").json() == answers[0].json()
    assert api.wait_for_order(order["order_id"])["attempt"] == 2


@pytest.mark.parametrize("key", ["", "x" * 201, "ümlaut".encode("latin-1"), b"tab\tin it"])
def test_a_key_that_is_none_is_refused_by_name(api: Api, table: str, key: Any) -> None:
    refused = send(api, "/api/loads", {"tables": [table]}, key)
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["field"] == "Idempotency-Key"


@pytest.mark.long
def test_a_refused_request_does_not_use_its_key(api: Api, table: str) -> None:
    key = f"later {table}"
    period = {"table": table, "from": "2020-01-01", "to": "2020-01-02"}
    assert send(api, "/api/backfills", period, key).status_code == 409
    api.load_one(table)
    answer = send(api, "/api/backfills", period, key)
    assert answer.status_code == 202
    api.wait_for_order(answer.json()["order_id"], "backfills")


def walk(api: Api, path: str, name: str, **query: Any) -> list[Any]:
    answer = api.http.get(path, params=query)
    assert answer.status_code == 200, answer.text
    found: list[Any] = list(answer.json()[name])
    while address := answer.json()["next"]:
        answer = api.http.get(address)
        assert answer.status_code == 200, answer.text
        found += answer.json()[name]
    return found


def test_walking_lists_page_by_page_gives_everything_once(api: Api, table: str) -> None:
    begun = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    orders = [api.load(table)["order_id"] for _ in range(3)]
    runs = walk(api, "/api/runs", "runs", table=table, limit=2)
    assert [run["order_id"] for run in runs] == orders[::-1]
    listed = [
        order["order_id"] for order in walk(api, "/api/orders", "orders", limit=2, since=begun)
    ]
    assert len(listed) == len(set(listed))
    assert [order_id for order_id in listed if order_id in orders] == orders[::-1]
    assert walk(api, "/api/orders", "orders", status="cancelled", limit=1, since="2026-01-01") == [
        order for order in walk(api, "/api/orders", "orders") if order["state"] == "cancelled"
    ]
    source = table.partition("/")[0]
    tables = walk(api, "/api/tables", "tables", source=source, limit=1)
    assert [each["table"] for each in tables] == [table]


@pytest.mark.parametrize(
    "path", ["/api/runs", "/api/orders", "/api/tables", "/api/tables/TABLE/watermarks"]
)
@pytest.mark.parametrize(
    "page", ["W10", *(pytest.param(each, marks=pytest.mark.long) for each in OTHER_PAGES)]
)
def test_a_page_that_is_none_is_refused_by_name(api: Api, table: str, path: str, page: str) -> None:
    answer = api.http.get(path.replace("TABLE", table), params={"page": page})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "page")


def test_the_api_describes_itself(api: Api) -> None:
    described = api.get("/api/openapi.json")
    assert described["openapi"].startswith("3.1")
    assert "/api/plans" in described["paths"]
