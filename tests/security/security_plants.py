"""Secrets wherever the app is given any, and the sources that take them or refuse them."""

from pathlib import Path

from e2e_rest import REST_SETTING, RestSource
from e2e_secrets import with_password
from e2e_source import SETTING, STAMPED, Source, create_items
from e2e_webhook import Webhook

from local.rest_api import Fault, RestApi

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


def planted_settings(database: str, webhook: Webhook, traces: Path) -> dict[str, str]:
    """The settings of a stack with a secret in each that may hold one."""
    nobodys = database.replace("//postgres@", "//nobody@")
    return {
        SETTING: with_password(database, PLANTED["database"]),
        DEAD_SETTING: with_password(nobodys, PLANTED["dead database"]),
        REST_SETTING: PLANTED["REST key"],
        "TIDEMARK_ALERT_WEBHOOK": f"{webhook.url}?token={PLANTED['webhook']}",
        "TIDEMARK_ALERT_WEBHOOK_SECRET": PLANTED["signature"],
        "TIDEMARK_MASK_KEY": PLANTED["mask"],
        "TIDEMARK_TELEMETRY": f"file:{traces}",
    }


def declare(database: str, tables: Path, api: RestApi) -> list[str]:
    """A table that loads, one whose source lets nobody in, and one whose source repeats what it was sent."""
    good = Source(name="scangood", uri=database, tables=tables)
    good.execute("CREATE SCHEMA scangood")
    create_items(good)
    good.declare("item", watermark=STAMPED, columns={"mask": {"name": "sha256"}})
    dead = Source(name="scandead", uri=database, tables=tables)
    dead.declare("item", watermark=STAMPED)
    dead.file.write_text(dead.file.read_text().replace(f"${{{SETTING}}}", f"${{{DEAD_SETTING}}}"))
    rest = RestSource("scanrest", api, tables)
    echo = f"bad key {PLANTED['REST key']}, https://me:{PLANTED['REST key']}@x".encode()
    api.meddle = lambda _asked: Fault(status=401, body=echo, headers={"x-key": PLANTED["REST key"]})
    return [good.full("item"), dead.full("item"), rest.declare({"path": "/all"})]


def forget(tables: Path) -> None:
    """Take the files of these sources away."""
    for file in tables.glob("scan*.yml"):
        file.unlink()
