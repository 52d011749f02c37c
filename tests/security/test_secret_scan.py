"""Secrets are planted wherever the app is given any; after loads that succeed and fail none is found anywhere."""

import json
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from azure.core.credentials import AzureNamedKeyCredential
from azure.data.tables import TableServiceClient
from e2e_api import Api, cloud_event
from e2e_rest import REST_SETTING, RestSource
from e2e_source import SETTING, STAMPED, Source, create_items
from e2e_stack import Stack
from e2e_webhook import Webhook, listening

from local.azurite.process import ACCOUNT, KEY
from local.rest_api import Collection, Fault, RestApi

DEAD_SETTING = "TIDEMARK_SCAN_DEAD_DB"
PLANTED = {
    "database": "PlantedDatabase-7hQ2xW9k",
    "dead database": "PlantedDead-4mZ8vB1c",
    "REST key": "PlantedRestKey-0pL5tY3e",
    "webhook": "PlantedWebhook-6rN1sJ7d",
    "signature": "whsec_UGxhbnRlZFNpZ25pbmctMmZHOGhLNGEtYW5kLWxvbmc=",
    "mail": "PlantedMail-9uV3oT6i",
    "event": "PlantedEvent-5wX0qC2z",
    "mask": "PlantedMask-8yR4nM6b-and-long-enough-to-be-a-key",
}


@dataclass
class Planted:
    """A stack that was given secrets, and has done its work."""

    stack: Stack
    webhook: Webhook
    answers: list[str]


@pytest.fixture(scope="module")
def planted(place: Path, database: str) -> Iterator[Planted]:
    parts = urlsplit(database)
    server = f"{parts.netloc.rpartition('@')[2]}{parts.path}"
    with listening() as webhook, RestApi(collection=Collection()).serving() as api:
        webhook.url += f"?token={PLANTED['webhook']}"
        environ = {
            SETTING: f"postgresql://postgres:{PLANTED['database']}@{server}",
            DEAD_SETTING: f"postgresql://nobody:{PLANTED['dead database']}@{server}",
            REST_SETTING: PLANTED["REST key"],
            "TIDEMARK_ALERT_WEBHOOK": webhook.url,
            "TIDEMARK_ALERT_WEBHOOK_SECRET": PLANTED["signature"],
            "TIDEMARK_MASK_KEY": PLANTED["mask"],
            "TIDEMARK_TELEMETRY": f"file:{place / 'scan' / 'traces.jsonl'}",
        }
        (place / "scan").mkdir()
        stack = Stack(state=place / "scan", tables=place / "scan-tables", environ=environ)
        stack.tables.mkdir()
        try:
            sources = declare(stack, database, api)
            stack.start()
            yield Planted(stack, webhook, work(stack, sources))
        finally:
            stack.stop()


def declare(stack: Stack, database: str, api: RestApi) -> list[str]:
    """A table that loads, one whose source lets nobody in, and one whose source repeats what it was sent."""
    good = Source(name="scangood", uri=database, tables=stack.tables)
    good.execute("CREATE SCHEMA scangood")
    create_items(good)
    good.declare("item", watermark=STAMPED, columns={"mask": {"name": "sha256"}})
    dead = Source(name="scandead", uri=database, tables=stack.tables)
    dead.declare("item", watermark=STAMPED)
    dead.file.write_text(dead.file.read_text().replace(f"${{{SETTING}}}", f"${{{DEAD_SETTING}}}"))
    rest = RestSource("scanrest", api, stack.tables)
    echo = f"bad key {PLANTED['REST key']}, https://me:{PLANTED['REST key']}@x".encode()
    api.meddle = lambda _asked: Fault(status=401, body=echo, headers={"x-key": PLANTED["REST key"]})
    return [good.full("item"), dead.full("item"), rest.declare({"path": "/all"})]


def work(stack: Stack, tables: list[str]) -> list[str]:
    """Load, fail, kill a letter; give every answer that tells of it."""
    good, *bad = tables
    with Api(stack.url) as api:
        loaded = api.load(good)
        assert loaded["state"] == "succeeded"
        failed = [api.load(table) for table in bad]
        assert [order["state"] for order in failed] == ["failed", "failed"]
        secret = PLANTED["event"]
        event = {
            **cloud_event("no/no.such"),
            "data": {"password": secret, "url": f"u:p?sig={secret}"},
        }
        api.deliver(event)
        strange = {"position": f"password={PLANTED['mail']}", "reason": f"pwd={PLANTED['mail']}"}
        sent = [api.http.post("/api/plans", json={"table": table}) for table in bad] + [
            api.http.put(f"/api/tables/{good}/watermark", json=strange),
            api.http.get("/api/orders/x?code=" + PLANTED["mail"]),
            *(api.http.get(f"/api/{path}") for path in ("runs", "orders", "tables", "deadletters")),
            *(api.http.get(f"/api/{path}") for path in ("audit", "health", "openapi.json")),
        ]
        told = [json.dumps(order) for order in (loaded, *failed)]
        return told + [answer.text for answer in sent]


def writings(secret: str) -> dict[str, bytes]:
    """The ways in which a secret may stand in a file."""
    return {
        "plain": secret.encode(),
        "UTF-16": secret.encode("utf-16-le"),
        "quoted": quote(secret, safe="").encode(),
        # What surrounds it shifts base64 by up to two bytes.
        **{
            f"base64 {shift}": b64encode(b"x" * shift + secret.encode())[4 if shift else 0 : -4]
            for shift in range(3)
        },
    }


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
