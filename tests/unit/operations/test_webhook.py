"""Alerts reach a webhook as JSON, or it is told that they did not; the address is never shown."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from operations_samples import FAILURE, A, run

from shared.adapters.http.webhook import WebhookNotifier
from shared.alerting.alert import Alert, AlertRefused, AlertUndelivered
from shared.loading.order import Order
from shared.operations.alerts import compose_alert
from shared.operations.records import OrderRecord

SECRET = "s3cr3t-t0ken"
ORDER = Order(order_id="20260101T000000000Z-00000a", tables=(A,), created_at="")


def alert() -> Alert:
    failed = run(ORDER, A, state="failed", outcome=None, error=FAILURE)
    return compose_alert(OrderRecord(order=ORDER, state="failed", failed=1), [failed], "http://t")


class Receiver:
    """A webhook that remembers what it was sent and answers as it is told."""

    def __init__(self) -> None:
        self.received: list[tuple[str, str, Any]] = []
        self.status = 200
        receiver = self

        class Answering(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                kind = self.headers["content-type"]
                receiver.received.append((self.path, kind, json.loads(body)))
                self.send_response(receiver.status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
                return None

        self._server = HTTPServer(("127.0.0.1", 0), Answering)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook/{SECRET}"

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.stop()


def test_an_alert_is_posted_as_json(receiver: Receiver) -> None:
    assert WebhookNotifier(url=receiver.url).send(alert()) is True
    [(path, kind, body)] = receiver.received
    assert (path, kind) == (f"/hook/{SECRET}", "application/json")
    assert body["status"] == "failed"
    assert body["order_id"] == ORDER.order_id
    assert body["error"] == {
        "type": "QueryRefused",
        "message": "no such column",
        "remedy": "mend it",
    }
    assert body["tables"][0]["table"] == A


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, AlertRefused),
        (404, AlertRefused),
        (408, AlertUndelivered),
        (429, AlertUndelivered),
        (500, AlertUndelivered),
        (503, AlertUndelivered),
    ],
)
def test_a_webhook_that_refuses_is_asked_again_only_if_that_may_help(
    receiver: Receiver, status: int, error: type[Exception]
) -> None:
    receiver.status = status
    with pytest.raises(error, match=str(status)) as failed:
        WebhookNotifier(url=receiver.url).send(alert())
    assert SECRET not in str(failed.value)


def test_a_webhook_that_is_gone_makes_the_alert_undelivered_without_its_address(
    receiver: Receiver,
) -> None:
    receiver.stop()
    with pytest.raises(AlertUndelivered) as failed:
        WebhookNotifier(url=receiver.url).send(alert())
    assert SECRET not in str(failed.value)
    assert failed.value.__cause__ is None


@pytest.mark.parametrize("url", [f"nonsense://{SECRET}", SECRET, f"http://{SECRET}:notaport/"])
def test_an_address_that_is_none_makes_the_alert_undelivered_without_showing_it(url: str) -> None:
    with pytest.raises(AlertUndelivered) as failed:
        WebhookNotifier(url=url).send(alert())
    assert SECRET not in str(failed.value)


def test_without_an_address_nothing_is_sent_and_that_is_told() -> None:
    assert WebhookNotifier(url=None).send(alert()) is False


def test_the_address_is_not_shown(receiver: Receiver) -> None:
    assert SECRET not in repr(WebhookNotifier(url=receiver.url))
