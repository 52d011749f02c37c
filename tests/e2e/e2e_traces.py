"""A collector for tests: a real HTTP server that takes OTLP, in protobuf as the app sends it and in JSON as the job does."""

import json
import threading
from base64 import b64decode
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

LINEAGE = "/api/v1/lineage"
_READERS: Mapping[str, Any] = {
    "/v1/traces": ExportTraceServiceRequest,
    "/v1/metrics": ExportMetricsServiceRequest,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedSpan:
    """A span as it was received; ids in hex."""

    name: str
    trace_id: str
    span_id: str
    above: str
    began: int
    ended: int
    attributes: Mapping[str, Any]
    links: tuple[str, ...]
    failed: bool


@dataclass(slots=True)
class Collector:
    """What has come, spans and measures and the events of lineage. While it `refuses`, it takes nothing."""

    url: str = ""
    spans: list[TracedSpan] = field(default_factory=list[TracedSpan])
    measures: list[Mapping[str, Any]] = field(default_factory=list[Mapping[str, Any]])
    lineage: list[Any] = field(default_factory=list[Any])
    texts: list[str] = field(default_factory=list[str])
    refuses: bool = False

    def take(self, path: str, kind: str, body: bytes) -> None:
        """Take one request."""
        if path == LINEAGE:
            self.lineage.append(json.loads(body))
            self.texts.append(body.decode())
            return
        if kind == "application/json":
            request = json.loads(body)
        else:
            message = _READERS[path]()
            message.ParseFromString(body)
            request = MessageToDict(message)
        self.texts.append(json.dumps(request))
        for resource in request.get("resourceSpans", []):
            for scope in resource["scopeSpans"]:
                protobuf = kind != "application/json"
                self.spans += [_span(each, protobuf=protobuf) for each in scope["spans"]]
        for resource in request.get("resourceMetrics", []):
            for scope in resource["scopeMetrics"]:
                self.measures += scope["metrics"]

    def named(self, *names: str) -> list[TracedSpan]:
        """The spans of some names, in the order in which they came."""
        return [span for span in self.spans if span.name in names]

    def trace(self, trace_id: str) -> list[TracedSpan]:
        """The spans of one trace."""
        return [span for span in self.spans if span.trace_id == trace_id]

    def orphans(self, trace_id: str, known: str) -> list[TracedSpan]:
        """The spans of a trace that hang on none of it; `known` is the caller's span."""
        spans = self.trace(trace_id)
        ids = {span.span_id for span in spans} | {known}
        return [span for span in spans if span.above not in ids]


def _span(span: Mapping[str, Any], *, protobuf: bool) -> TracedSpan:
    def hexed(text: str) -> str:
        # Protobuf's own JSON has bytes in base 64; the protocol's has them in hex.
        return b64decode(text).hex() if protobuf and text else text

    values = {
        each["key"]: next(iter(each["value"].values())) for each in span.get("attributes", [])
    }
    return TracedSpan(
        name=span["name"],
        trace_id=hexed(span["traceId"]),
        span_id=hexed(span["spanId"]),
        above=hexed(span.get("parentSpanId", "")),
        began=int(span["startTimeUnixNano"]),
        ended=int(span["endTimeUnixNano"]),
        attributes=values,
        links=tuple(hexed(link["spanId"]) for link in span.get("links", [])),
        failed=span.get("status", {}).get("code") in (2, "STATUS_CODE_ERROR"),
    )


@contextmanager
def collecting() -> Generator[Collector]:
    """Run a collector on a port of its own."""
    found = Collector()

    class Taking(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if not found.refuses:
                found.take(self.path, self.headers["Content-Type"], body)
            self.send_response(503 if found.refuses else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Taking)
    server.daemon_threads = True
    found.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
