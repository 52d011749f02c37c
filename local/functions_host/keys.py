"""Access keys, as the Functions host keeps them: one master, and keys of host, system, functions."""

import hmac
import json
import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from azure.functions import AuthLevel

HEADER = "x-functions-key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """The keys of an app.

    `system` holds those of the extensions' webhooks: `durabletask_extension`
    and `eventgrid_extension`.
    """

    master: str
    host: str
    system: dict[str, str]
    functions: dict[str, str]

    def opens_function(self, key: str, function: str, level: AuthLevel) -> bool:
        """Whether a key is enough for a function of that level."""
        if level == AuthLevel.ANONYMOUS:
            return True
        if level == AuthLevel.ADMIN:
            return _same(key, [self.master])
        return _same(key, [self.functions[function], self.host, self.master])

    def opens_system(self, key: str, extension: str) -> bool:
        """Whether a key is enough for an extension's webhook."""
        return _same(key, [self.system[extension], self.master])

    def opens_admin(self, key: str) -> bool:
        """Whether a key is the master key."""
        return _same(key, [self.master])


def read_keys(path: Path, functions: Iterable[str]) -> Keys:
    """Read the keys of a state directory; what is missing is made and written down."""
    stored: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    known: dict[str, str] = stored.get("functions", {})
    system: dict[str, str] = stored.get("system", {})
    keys = Keys(
        master=stored.get("master") or _new(),
        host=stored.get("host") or _new(),
        system={
            name: system.get(name) or _new()
            for name in ("durabletask_extension", "eventgrid_extension")
        },
        functions=known | {name: known.get(name) or _new() for name in functions},
    )
    document = {
        "master": keys.master,
        "host": keys.host,
        "system": keys.system,
        "functions": keys.functions,
    }
    fresh = path.with_suffix(".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(document, file, indent=2)
    fresh.replace(path)
    return keys


def _new() -> str:
    return secrets.token_urlsafe(32)


def _same(key: str, accepted: list[str]) -> bool:
    return any(hmac.compare_digest(key.encode(), one.encode()) for one in accepted)
