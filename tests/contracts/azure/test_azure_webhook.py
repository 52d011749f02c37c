import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from shared.adapters.http.webhook import WebhookNotifier
from shared.alerting.alert import Alert, AlertUndelivered

ALERT = Alert(
    title="Tidemark: order o failed",
    text="s/a.b failed",
    order_id="o",
    table="s/a.b",
    run_id="o.s.a.b",
    error=None,
    failed=1,
    tables=(),
    link="",
    rerun="",
)


class Receiver:
    """Takes alerts and answers with `status`."""

    def __init__(self) -> None:
        self.status = 200
        self.got: list[dict[str, object]] = []
        self.url = ""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()

    class Take(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.got.append(json.loads(body))
            self.send_response(receiver.status)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class chose the name
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Take) as server:
        receiver.url = f"http://127.0.0.1:{server.server_port}/hook?secret=s3cret"
        serving = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        serving.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            serving.join()


def test_an_alert_arrives_as_its_own_fields(receiver: Receiver) -> None:
    assert WebhookNotifier(url=receiver.url).send(ALERT)
    [got] = receiver.got
    assert (got["title"], got["status"], got["failed"]) == (ALERT.title, "failed", 1)


def test_without_an_address_nothing_is_sent() -> None:
    assert not WebhookNotifier(url=None).send(ALERT)


@pytest.mark.parametrize("status", [302, 429, 500])
def test_an_alert_that_was_not_taken_is_undelivered_and_the_address_is_not_told(
    receiver: Receiver, status: int
) -> None:
    receiver.status = status
    notifier = WebhookNotifier(url=receiver.url)
    with pytest.raises(AlertUndelivered) as told:
        notifier.send(ALERT)
    assert "s3cret" not in f"{told.value!r} {told.value.__cause__!r} {notifier!r}"


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/s3cret", "ftp://s3cret", "http://s3cret:port", "s3cret"]
)
def test_an_address_that_leads_nowhere_is_undelivered_and_not_told(url: str) -> None:
    with pytest.raises(AlertUndelivered) as told:
        WebhookNotifier(url=url).send(ALERT)
    assert "s3cret" not in repr(told.value)
    assert told.value.__suppress_context__
