"""Telemetry as lines of a file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import msgspec

from shared.telemetry.measures import Measure
from shared.telemetry.redacting import clean_value
from shared.telemetry.span import Span


def append_line(path: Path, line: Mapping[str, Any]) -> None:
    """Append one line in one write, so that several processes may share the file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
    try:
        os.write(descriptor, msgspec.json.encode(line) + b"\n")
    finally:
        os.close(descriptor)


class FileTelemetry:
    """Implements `shared.telemetry.telemetry.Telemetry`. Each line is there before its call returns.

    A line is `{"span": {...}}` or `{"measure": name, "unit": ..., "value": ..., "by": {...}}`.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def tell(self, span: Span) -> None:
        """Write a span."""
        written = asdict(span)
        place = written.pop("place")
        line = {"trace_id": place["trace_id"], "span_id": place["span_id"], **written}
        append_line(self._path, {"span": {**line, "attributes": clean_value(span.attributes)}})

    def measure(self, measure: Measure, value: float, by: Mapping[str, str]) -> None:
        """Write a value."""
        said = {"measure": measure.name, "unit": measure.unit, "value": value, "by": dict(by)}
        append_line(self._path, said)

    def flush(self, seconds: float) -> None:
        """Wait for nothing: it is written."""
