"""Secrets are planted wherever the app is given any; after loads that succeed and fail none is found anywhere."""

import json
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from azure.core.credentials import AzureNamedKeyCredential
from azure.data.tables import TableServiceClient
from e2e_api import cloud_event
from e2e_secrets import marked_in, writings
from e2e_stack import Stack
from e2e_webhook import Webhook
from security_plants import PLANTED, declare, forget
from security_rig import Person

from local.azurite.process import ACCOUNT, KEY
from local.rest_api import Collection, RestApi


@dataclass
class Planted:
    """A stack that was given secrets, and has done its work."""

    stack: Stack
    webhook: Webhook
    answers: list[str]


@pytest.fixture(scope="module")
def planted(
    guarded: Stack, database: str, webhook: Webhook, administrator: Person
) -> Iterator[Planted]:
    with RestApi(collection=Collection()).serving() as api:
        try:
            sources = declare(database, guarded.tables, api)
            yield Planted(guarded, webhook, work(administrator, sources))
        finally:
            forget(guarded.tables)


def work(administrator: Person, tables: list[str]) -> list[str]:
    """Load, fail, kill a letter; give every answer that tells of it."""
    good, *bad = tables
    loaded = administrator.load(good)
    assert loaded["state"] == "succeeded"
    failed = [administrator.load(table) for table in bad]
    assert [order["state"] for order in failed] == ["failed", "failed"]
    secret = PLANTED["event"]
    event = {
        **cloud_event("no/no.such"),
        "data": {"password": secret, "url": f"u:p?sig={secret}"},
    }
    administrator.deliver(event)
    strange = {"position": f"password={PLANTED['mail']}", "reason": f"pwd={PLANTED['mail']}"}
    http = administrator.http
    sent = [http.post("/api/plans", json={"table": table}) for table in bad] + [
        http.put(f"/api/tables/{good}/watermark", json=strange),
        http.get("/api/orders/x?code=" + PLANTED["mail"]),
        *(http.get(f"/api/{path}") for path in ("runs", "orders", "tables", "deadletters")),
        *(http.get(f"/api/{path}") for path in ("audit", "health", "openapi.json")),
    ]
    assert {answer.status_code for answer in sent}.isdisjoint({401, 403})
    told = [json.dumps(order) for order in (loaded, *failed)]
    return told + [answer.text for answer in sent]


def found_in(content: bytes) -> list[str]:
    return [
        f"{name} ({how})"
        for name, secret in PLANTED.items()
        for how, written in writings(secret).items()
        if written in content
    ]


def test_the_scan_finds_what_is_planted() -> None:
    for name, secret in PLANTED.items():
        for content in (secret.encode(), b64encode(b"user:" + secret.encode() + b"; and more")):
            assert any(found.startswith(name) for found in found_in(content))
            assert marked_in(content) or name == "signature"


def test_no_file_of_the_stack_holds_a_secret(planted: Planted) -> None:
    files = [path for path in planted.stack.state.rglob("*") if path.is_file()]
    names = {path.name for path in files}
    assert {"host.log", "hub.sqlite", "stack.err", "traces.jsonl"} <= names
    assert any("_quarantine" in str(path) or "bronze" in str(path) for path in files)
    found = {str(path): found_in(path.read_bytes()) for path in files}
    assert {path: secrets for path, secrets in found.items() if secrets} == {}


def test_no_row_of_the_ledger_holds_a_secret(planted: Planted) -> None:
    address = json.loads((planted.stack.state / "stack.json").read_text())["TIDEMARK_STATE_URL"]
    rows: list[Any] = []
    with TableServiceClient(address, credential=AzureNamedKeyCredential(ACCOUNT, KEY)) as service:
        for table in service.list_tables():
            rows += [
                (table.name, dict(row))
                for row in service.get_table_client(table.name).list_entities()
            ]
    assert {name for name, _ in rows} >= {"tidemarkruns", "tidemarkletters", "tidemarkaudit"}
    assert [(name, found) for name, row in rows if (found := found_in(repr(row).encode()))] == []


def test_no_answer_and_no_alert_holds_a_secret(planted: Planted) -> None:
    assert planted.webhook.received
    told = [*planted.answers, json.dumps(planted.webhook.received)]
    assert [found for text in told if (found := found_in(text.encode()))] == []
