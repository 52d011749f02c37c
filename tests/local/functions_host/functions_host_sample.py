"""The sample app while it runs: how tests drive and watch it."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.functions_host import FunctionsHost

SAMPLE_APP = Path(__file__).parent / "sample_app"
PATIENCE_SECONDS = 30.0


class Trace:
    """What the sample app wrote while it ran, and the gates at which it waits."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "trace"

    @property
    def lines(self) -> list[str]:
        return self.path.read_text().splitlines() if self.path.exists() else []

    def open(self, gate: str = "gate") -> None:
        (self.folder / gate).touch()

    def await_line(self, line: str, times: int = 1) -> None:
        await_true(lambda: self.lines.count(line) >= times, f"{line!r} in {self.lines}")


def await_true(holds: Callable[[], bool], what: str) -> None:
    """Wait for a condition of another process or thread that nobody announces."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        if time.monotonic() > end:
            pytest.fail(f"waited in vain for {what}")
        time.sleep(0.002)


class Sample:
    """A running host with the sample app."""

    def __init__(self, host: FunctionsHost, trace: Trace) -> None:
        self.host = host
        self.trace = trace
        self.http = httpx.Client(base_url=host.url, timeout=PATIENCE_SECONDS)

    def start(self, orchestrator: str, given: Any = None, instance: str = "") -> str:
        path = f"/api/start/{orchestrator}/{instance}".rstrip("/")
        answer = self.http.post(path, json=given)
        assert answer.status_code == 202, answer.text
        return answer.json()["id"]

    def finish(self, instance: str) -> dict[str, Any]:
        return self.host.wait_for(instance, timeout=PATIENCE_SECONDS)

    def run(self, orchestrator: str, given: Any = None) -> dict[str, Any]:
        return self.finish(self.start(orchestrator, given))

    def status(self, instance: str, **query: Any) -> httpx.Response:
        path = f"/runtime/webhooks/durabletask/instances/{instance}"
        return self.http.get(path, params=query)

    def client(self, what: str, instance: str, payload: Any = None) -> Any:
        answer = self.http.post(f"/api/client/{what}/{instance}", json=payload)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def await_status(self, instance: str, status: str) -> None:
        def holds() -> bool:
            return self.status(instance).json()["runtimeStatus"] == status

        await_true(holds, f"{instance} to be {status}")

    def history(self, instance: str) -> list[dict[str, Any]]:
        return self.status(instance, showHistory="true", showHistoryOutput="true").json()[
            "historyEvents"
        ]
