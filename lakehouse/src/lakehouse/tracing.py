"""Tells of each table that was brought level, in the trace that the hand-over names.

`TIDEMARK_TELEMETRY` says to whom, as for the app: `otlp` (a collector, by OTLP/HTTP in JSON, which the
standard's variables name) or `file:PATH`. It needs no library, so that a cluster needs none. What cannot
be told is said once on stderr, and stops nothing.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex
from time import time_ns
from typing import Any
from urllib.error import URLError
from urllib.parse import unquote
from urllib.request import Request, urlopen

_FORM = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")
_PATIENCE_SECONDS = 5.0
_FILE = "file:"
_ENDPOINT = "http://localhost:4318"

Attribute = str | int


@dataclass(slots=True)
class Work:
    """What is told of a piece of work; more may be added while it runs."""

    attributes: dict[str, Attribute] = field(default_factory=dict[str, Attribute])


class _Quiet:
    """Whether telling has failed in this process: it is not tried again."""

    failed = False


@contextmanager
def told(
    name: str, traceparent: str, attributes: Mapping[str, Attribute], links: Sequence[str] = ()
) -> Generator[Work]:
    """Tell of the work inside once it has ended, by the type of its error if it failed."""
    work = Work(dict(attributes))
    above = _FORM.fullmatch(traceparent)
    chosen = os.environ.get("TIDEMARK_TELEMETRY", "none")
    if above is None or _Quiet.failed or not (chosen == "otlp" or chosen.startswith(_FILE)):
        yield work
        return
    began, error = time_ns(), None
    try:
        yield work
    except BaseException as raised:
        error = type(raised).__name__
        raise
    finally:
        span: dict[str, Any] = {
            "name": name,
            "trace_id": above[1],
            "span_id": token_hex(8),
            "above": above[2],
            "began": began,
            "ended": time_ns(),
            "attributes": {f"tidemark.{key}": value for key, value in work.attributes.items()},
            "links": [link for link in links if _FORM.fullmatch(link)],
            "error": error,
            "kind": "internal",
        }
        _send(chosen, span)


def _send(chosen: str, span: Mapping[str, Any]) -> None:
    try:
        if chosen.startswith(_FILE):
            path = Path(chosen.removeprefix(_FILE))
            with path.open("a", encoding="utf-8") as lines:
                lines.write(json.dumps({"span": span}) + "\n")
        else:
            _post(os.environ, span)
    except (OSError, URLError, ValueError) as error:
        _Quiet.failed = True
        sys.stderr.write(f"what was done cannot be told as a trace: {type(error).__name__}\n")


def _post(environ: Mapping[str, str], span: Mapping[str, Any]) -> None:
    whole = environ.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
    host = environ.get("OTEL_EXPORTER_OTLP_ENDPOINT", _ENDPOINT).rstrip("/")
    address = whole or f"{host}/v1/traces"
    if not address.startswith(("http://", "https://")):
        raise ValueError("the address of a collector begins with http:// or https://")
    headers = {"Content-Type": "application/json", **_headers(environ)}
    body = json.dumps(_request(environ, span)).encode()
    request = Request(address, data=body, headers=headers, method="POST")  # noqa: S310 - checked above
    with urlopen(request, timeout=_PATIENCE_SECONDS):  # noqa: S310 - as above
        pass


def _headers(environ: Mapping[str, str]) -> dict[str, str]:
    """Read headers such as a key, as the standard writes them: `name=value,name=value`."""
    pairs = [
        pair.partition("=") for pair in environ.get("OTEL_EXPORTER_OTLP_HEADERS", "").split(",")
    ]
    return {unquote(name).strip(): unquote(value).strip() for name, _, value in pairs if name}


def _request(environ: Mapping[str, str], span: Mapping[str, Any]) -> dict[str, Any]:
    """Write a request as the protocol has it in JSON (opentelemetry-proto, `trace_service.proto`)."""
    links = [found for link in span["links"] if (found := _FORM.fullmatch(link))]
    error = span["error"]
    made = {
        "traceId": span["trace_id"],
        "spanId": span["span_id"],
        "parentSpanId": span["above"],
        "name": span["name"],
        "kind": 1,
        "startTimeUnixNano": str(span["began"]),
        "endTimeUnixNano": str(span["ended"]),
        "attributes": _attributes(
            {
                **span["attributes"],
                **({"error.type": error, "tidemark.error": error} if error else {}),
            }
        ),
        "links": [{"traceId": link[1], "spanId": link[2]} for link in links],
        "status": {"code": 2, "message": error} if error else {},
    }
    service = environ.get("OTEL_SERVICE_NAME", "tidemark") + "-lakehouse"
    return {
        "resourceSpans": [
            {
                "resource": {"attributes": _attributes({"service.name": service})},
                "scopeSpans": [{"scope": {"name": "tidemark"}, "spans": [made]}],
            }
        ]
    }


def _attributes(values: Mapping[str, Attribute]) -> list[dict[str, Any]]:
    return [
        {
            "key": name,
            "value": {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value},
        }
        for name, value in values.items()
    ]
