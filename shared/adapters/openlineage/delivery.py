"""Delivers lineage at least once: what the endpoint does not take now is kept in the lake, and sent by a later tick."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from time import monotonic, time_ns
from typing import Any, Literal, Protocol
from uuid import uuid4

from shared.adapters.http.reach import AddressForbidden, ReachUnreadable, reach_of
from shared.adapters.json_file.telemetry import append_line
from shared.landing.lake import Lake, PathMissing
from shared.loading.errors import LakeUnavailable
from shared.telemetry.lineage import LineageEvent
from shared.telemetry.measures import LINEAGE, STATE
from shared.telemetry.redacting import clean_value
from shared.telemetry.telemetry import Telemetry

KEPT = "bronze/_lineage"
TIMEOUT_SECONDS = 5.0
# After a failure nobody waits for the endpoint for so long.
LEFT_ALONE_SECONDS = 10.0
# What one tick sends of what was kept.
MOST_AT_ONCE = 200

# Answers of an endpoint that would refuse this event again, and no other.
_REFUSALS = frozenset({400, 413, 422})

Sent = Literal["taken", "refused", "away"]

log = logging.getLogger("tidemark.lineage")


class Endpoint(Protocol):
    """Where events go as JSON."""

    def send(self, event: Mapping[str, Any]) -> Sent:
        """Send one, and say whether it was taken. `refused` is what will never be."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpEndpoint:
    """Posts to an address that takes OpenLineage, with a key as bearer if there is one. Implements `Endpoint`."""

    url: str = field(repr=False)
    key: str | None = field(default=None, repr=False)

    def send(self, event: Mapping[str, Any]) -> Sent:
        """Post an event; any answer but a 2xx has not taken it. One that may not be asked is away."""
        # Imported here: the client is slow to import.
        import httpx  # noqa: PLC0415

        from shared.adapters.http.connecting import guarded_client  # noqa: PLC0415

        headers = {"authorization": f"Bearer {self.key}"} if self.key else {}
        try:
            with guarded_client(self.url, reach_of(os.environ), TIMEOUT_SECONDS) as client:
                answer = client.post(self.url, json=dict(event), headers=headers)
        except (AddressForbidden, ReachUnreadable) as error:
            log.warning("lineage is not sent", extra={"error": type(error).__name__})
            return "away"
        except (httpx.HTTPError, httpx.InvalidURL):
            return "away"
        if answer.is_success:
            return "taken"
        return "refused" if answer.status_code in _REFUSALS else "away"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileEndpoint:
    """Appends a line for each event. Implements `Endpoint`."""

    path: Path

    def send(self, event: Mapping[str, Any]) -> Sent:
        """Write a line."""
        try:
            append_line(self.path, event)
        except OSError:
            return "away"
        return "taken"


class LineageDelivery:
    """Implements `shared.telemetry.lineage.Lineage`. A load waits for the endpoint, but never fails by it."""

    def __init__(
        self,
        *,
        endpoint: Endpoint,
        encode: Callable[[LineageEvent], dict[str, Any]],
        lake: Lake,
        telemetry: Telemetry,
    ) -> None:
        self._endpoint, self._encode = endpoint, encode
        self._lake, self._telemetry = lake, telemetry
        self._failed_at: float | None = None

    def tell(self, event: LineageEvent) -> None:
        """Send an event, or keep it in the lake until the endpoint takes it."""
        encoded = clean_value(self._encode(event))
        if self._send(encoded):
            return
        path = f"{KEPT}/{time_ns():020d}-{uuid4().hex[:12]}.json"
        try:
            self._lake.write(path, json.dumps(encoded).encode())
        except LakeUnavailable as error:
            self._count("lost")
            log.error("lineage was lost", extra={"error": error.failure.type})  # noqa: TRY400 - typed
        else:
            self._count("kept")
            log.warning("lineage was kept for later", extra={"path": path})

    def send_kept(self) -> None:
        """Send what was kept, the oldest first, while it is taken. What is sent twice does no harm."""
        try:
            self._send_kept()
        except LakeUnavailable as error:
            log.warning("lineage stays kept", extra={"error": error.failure.type})

    def _send_kept(self) -> None:
        if self._is_left_alone():
            return
        found = sorted(entry.path for entry in self._lake.list(KEPT) if not entry.is_folder)
        for path in islice(found, MOST_AT_ONCE):
            try:
                event = json.loads(self._lake.read(path))
            except PathMissing:
                continue  # another worker was first
            if not self._send(event):
                return
            self._lake.remove(path)

    def _send(self, event: Mapping[str, Any]) -> bool:
        """Send an event; say whether it is done with."""
        if self._is_left_alone():
            return False
        sent = self._endpoint.send(event)
        if sent == "away":
            self._failed_at = monotonic()
            return False
        self._failed_at = None
        self._count("sent" if sent == "taken" else "refused")
        if sent == "refused":
            log.error("lineage was refused", extra={"job": event["job"]["name"]})
        return True

    def _is_left_alone(self) -> bool:
        return self._failed_at is not None and monotonic() - self._failed_at < LEFT_ALONE_SECONDS

    def _count(self, state: str) -> None:
        self._telemetry.measure(LINEAGE, 1, {STATE: state})
