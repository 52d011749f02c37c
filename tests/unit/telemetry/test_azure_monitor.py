"""What Application Insights is told by its own exporter: orders as requests, other spans as dependencies, measures."""

import gzip
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from shared.adapters.opentelemetry import sender
from shared.adapters.opentelemetry.telemetry import to_azure_monitor
from shared.loading.trace import TracePlace
from shared.runtime.settings import SettingsIncomplete
from shared.runtime.telling import telemetry_of
from shared.telemetry import measures
from shared.telemetry.span import Span

PATIENCE = 30.0
SECRET = "planted-pwd-4711"


class Insights:
    """Takes envelopes as the ingestion endpoint does."""

    def __init__(self) -> None:
        self.items: list[dict[str, Any]] = []
        self.changed = threading.Condition()

    def take(self, body: bytes) -> dict[str, Any]:
        texts = body.decode().splitlines()
        found = [item for text in texts for item in _listed(json.loads(text))]
        with self.changed:
            self.items += found
            self.changed.notify_all()
        return {"itemsReceived": len(found), "itemsAccepted": len(found), "errors": []}

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [item for item in self.items if item["data"]["baseType"] == kind]

    def wait_for(self, kind: str, number: int) -> list[dict[str, Any]]:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.of(kind)) >= number, PATIENCE)
        return self.of(kind)


def _listed(found: Any) -> list[dict[str, Any]]:
    return found if isinstance(found, list) else [found]


@pytest.fixture
def insights() -> Insights:
    return Insights()


@pytest.fixture
def connection(insights: Insights) -> Iterator[str]:
    class Taking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            answer = json.dumps(insights.take(body)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Taking)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    key = "00000000-0000-0000-0000-000000000001"
    yield (
        f"InstrumentationKey={key};IngestionEndpoint=http://127.0.0.1:{server.server_address[1]}/"
    )
    server.shutdown()
    server.server_close()
    thread.join()


def test_spans_and_measures_come_into_the_tables_that_the_queries_ask(
    insights: Insights, connection: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender, "MEASURES_SECONDS", 0.01)
    telemetry = to_azure_monitor(connection)
    order = TracePlace(trace_id="a" * 32, span_id="b" * 16)
    said = {"tidemark.order_id": "o", "tidemark.table": f"Pwd={SECRET}"}
    common: Any = {"began": 1_000_000_000, "ended": 3_000_000_000, "attributes": said}
    telemetry.tell(Span(name="order", place=order, above="c" * 16, kind="server", **common))
    below = order.child("run")
    telemetry.tell(
        Span(name="load_table", place=below, above=order.span_id, error="TableMissing", **common)
    )
    telemetry.measure(measures.RUNS, 1, {measures.TABLE: "s/t", measures.ERROR: "TableMissing"})
    telemetry.flush(PATIENCE)
    [request] = insights.wait_for("RequestData", 1)
    [dependency] = insights.wait_for("RemoteDependencyData", 1)
    [metric] = insights.wait_for("MetricData", 1)
    assert request["tags"]["ai.operation.id"] == dependency["tags"]["ai.operation.id"] == "a" * 32
    assert dependency["tags"]["ai.operation.parentId"] == request["data"]["baseData"]["id"]
    assert (request["data"]["baseData"]["name"], request["data"]["baseData"]["success"]) == (
        "order",
        True,
    )
    assert dependency["data"]["baseData"]["success"] is False
    assert dependency["data"]["baseData"]["properties"]["tidemark.error"] == "TableMissing"
    assert metric["data"]["baseData"]["metrics"][0]["name"] == "tidemark.runs"
    assert metric["data"]["baseData"]["properties"] == {
        measures.TABLE: "s/t",
        measures.ERROR: "TableMissing",
    }
    assert SECRET not in json.dumps(insights.items)


@pytest.mark.parametrize(
    "environ", [{"TIDEMARK_TELEMETRY": "azure_monitor"}, {"TIDEMARK_TELEMETRY": "elsewhere"}]
)
def test_a_way_that_lacks_a_setting_or_is_none_is_refused(environ: dict[str, str]) -> None:
    with pytest.raises(SettingsIncomplete):
        telemetry_of(environ)
