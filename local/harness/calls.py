"""What is asked of the stack over HTTP, as any user and Event Grid would ask it."""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

import httpx

from local.harness.arena import Arena
from local.harness.failure import HarnessFailed
from local.harness.kinds import KINDS, TableKind
from local.harness.script import Operation
from local.stack_process import StackProcess

FINAL = frozenset({"succeeded", "failed", "cancelled"})
_ANSWERS_SECONDS = 180
_POLL_SECONDS = 0.05


class Calls:
    """Carries out calls. What the stack refuses (400 and above, below 500) is counted, and no fault."""

    def __init__(self, serving: StackProcess, arena: Arena) -> None:
        self._serving, self._arena = serving, arena
        self._http = httpx.Client(timeout=60)
        self._lock = threading.Lock()
        self.ordered: list[str] = []
        self.made: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.faults: list[str] = []

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def do(self, operation: Operation) -> str | None:
        """Make a call; give the id of the order that came of it, if one did."""
        with self._lock:
            self.made[operation.action] += 1
        makers: Mapping[str, Callable[[Operation], str | None]] = {
            "load": self._load,
            "event": self._event,
            "backfill": self._backfill,
            "initial": self._initial,
            "reconcile": self._reconcile,
            "rerun": self._rerun,
            "cancel": self._cancel,
            "correct": self._correct,
            "kill": self._kill,
        }
        return makers[operation.action](operation)

    def order(self, path: str, body: Mapping[str, Any]) -> str | None:
        """Order something; None if it was refused."""
        answer = self.ask("POST", path, body)
        if answer is None:
            return None
        with self._lock:
            self.ordered.append(answer["order_id"])
        return answer["order_id"]

    def reconcile(self, kind: TableKind) -> str | None:
        """Order that a table's copy is compared with its rows and repaired.

        A table that is read whole is loaded: that replaces all that was landed before.
        """
        table = self._arena.full(kind)
        if kind.cursor is None:
            return self.order("/api/loads", {"tables": [table]})
        return self.order("/api/reconciliations", {"table": table, "compare": "rows"})

    def wait(self, order_id: str, seconds: float = 900) -> dict[str, Any]:
        """Wait until an order has ended. Raises HarnessFailed if it does not."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            order = self.ask("GET", f"/api/orders/{order_id}") or {}
            if order.get("state") in FINAL:
                return order
            time.sleep(_POLL_SECONDS)
        raise HarnessFailed(f"order {order_id} has not ended in {seconds:.0f} s")

    def is_open(self, order_id: str) -> bool:
        """Say whether an order has not ended yet."""
        order = self.ask("GET", f"/api/orders/{order_id}") or {}
        return order.get("state") not in FINAL

    def await_rest(self, seconds: float = 600) -> None:
        """Wait until all that was ordered has ended and every request is served.

        Raises:
            HarnessFailed: something goes on and on.
        """
        end = time.monotonic() + seconds
        left: list[str] = []
        while time.monotonic() < end:
            left = [name for name in self._arena.names if not self._rests(name)]
            for state in ("queued", "running"):
                found = self.ask("GET", f"/api/orders?status={state}&limit=100") or {}
                left += [order["order_id"] for order in found.get("orders", [])]
            if not left:
                return
            time.sleep(10 * _POLL_SECONDS)
        raise HarnessFailed(f"not at rest after {seconds:.0f} s: {', '.join(left[:10])}")

    def runs(self, kind: TableKind) -> list[dict[str, Any]]:
        """Give every run of a table, oldest first."""
        path = f"/api/runs?table={self._arena.full(kind)}&limit=1000"
        found: list[dict[str, Any]] = []
        page: str | None = path
        while page is not None:
            answer: dict[str, Any] = self.ask("GET", page) or {}
            found += answer.get("runs", [])
            following: str | None = answer.get("next")
            page = re.sub(r"^https?://[^/]+", "", following) if following else None
        return sorted(found, key=lambda run: run["started_at"])

    def ask(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        """Ask again and again until there is an answer; None if it is a refusal.

        Raises:
            HarnessFailed: there was none for minutes.
        """
        end = time.monotonic() + _ANSWERS_SECONDS
        problem = ""
        while time.monotonic() < end:
            try:
                answer = self._http.request(method, self._serving.url + path, json=body, **more)
            except (httpx.TransportError, httpx.InvalidURL) as error:
                if ended := self._serving.ended:
                    raise HarnessFailed(ended) from error
                problem = str(error)
            else:
                if answer.is_success:
                    return answer.json() if answer.content else {}
                if answer.is_client_error:
                    self.refused[
                        f"{path.split('?', maxsplit=1)[0].split('/')[2]} {answer.status_code}"
                    ] += 1
                    return None
                problem = f"{method} {path}: {answer.status_code} {answer.text}"
                self.faults.append(problem)
            time.sleep(10 * _POLL_SECONDS)
        raise HarnessFailed(f"the stack does not answer: {problem}")

    def _rests(self, name: str) -> bool:
        view = self.ask("GET", f"/api/tables/{name}") or {}
        return view.get("loading") is None and view.get("requested") == view.get("served")

    def _name(self, operation: Operation) -> str:
        return self._arena.full(KINDS[operation.table or ""])

    def _load(self, operation: Operation) -> str | None:
        tables = [self._name(operation)] if operation.table else self._arena.names
        return self.order("/api/loads", {"tables": tables})

    def _initial(self, operation: Operation) -> str | None:
        return self.order("/api/loads", {"tables": [self._name(operation)], "mode": "initial"})

    def _reconcile(self, operation: Operation) -> str | None:
        return self.reconcile(KINDS[operation.table or ""])

    def _event(self, operation: Operation) -> None:
        event = {
            "id": str(operation.number),
            # Of each trial its own: what has the same topic and id is the same event.
            "topic": f"/topics/{self._name(operation)}",
            "subject": self._name(operation),
            "eventType": "Tidemark.TableChanged",
            "eventTime": "2026-01-01T00:00:00Z",
            "dataVersion": "1",
            "metadataVersion": "1",
            "data": {},
        }
        path = "/runtime/webhooks/eventgrid?functionName=on_data_changed"
        self.ask("POST", path, [event], headers={"aeg-event-type": "Notification"})

    def _backfill(self, operation: Operation) -> str | None:
        kind = KINDS[operation.table or ""]
        view = self.ask("GET", f"/api/tables/{self._name(operation)}") or {}
        if not kind.cursor or not view.get("watermark"):
            return None
        end = view["watermark"]["position"]
        start, window = _period(kind.cursor, end, operation.seconds)
        body = {"table": self._name(operation), "from": start, "to": end}
        return self.order("/api/backfills", {**body, "window": window, "parallel": 2})

    def _rerun(self, operation: Operation) -> str | None:
        state = "failed" if operation.share < 0.5 else "cancelled"  # noqa: PLR2004 - a half
        found = self.ask("GET", f"/api/runs?status={state}&limit=20") or {}
        runs = found.get("runs", [])
        if not runs:
            return None
        run = runs[int(operation.share * len(runs))]["run_id"]
        return self.order(f"/api/runs/{run}/rerun", {})

    def _cancel(self, operation: Operation) -> None:
        if self.ordered:
            recent = self.ordered[-5:]
            order = recent[int(operation.share * len(recent))]
            self.ask("DELETE", f"/api/orders/{order}")

    def _correct(self, operation: Operation) -> None:
        """Take the watermark back to where it stood some versions ago."""
        name = self._name(operation)
        view = self.ask("GET", f"/api/tables/{name}") or {}
        version = (view.get("watermark") or {}).get("version", 1)
        back = max(1, version - 1 - int(operation.share * 5))
        if back < version:
            body = {"version": back, "reason": "the harness"}
            self.ask("POST", f"/api/tables/{name}/watermark/rollback", body)

    def _kill(self, _operation: Operation) -> None:
        self._serving.kill()
        self._serving.start()


def _period(cursor: str, end: str, seconds: float) -> tuple[str, str]:
    """Choose where a backfill begins that reaches back so far, and the size of its windows."""
    if cursor == "integer":
        rows = max(4, int(seconds))
        return str(int(end) - rows), str(rows // 3)
    if cursor == "date":
        days = 1 + int(seconds / 60)
        return (date.fromisoformat(end[:10]) - timedelta(days=days)).isoformat(), "1d"
    moment = datetime.fromisoformat(end)
    start = (moment - timedelta(seconds=int(seconds) + 1)).replace(microsecond=0)
    zone = "+00" if moment.tzinfo else ""
    return f"{start:%Y-%m-%d %H:%M:%S}{zone}", f"{max(1, int(seconds / 3))}s"
