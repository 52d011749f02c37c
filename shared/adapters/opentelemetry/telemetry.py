"""Telemetry over an exporter of spans and one of measures."""

from __future__ import annotations

import atexit
import logging
import math
import os
from collections.abc import Mapping
from functools import partial
from typing import Any
from uuid import uuid4

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricExporter, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace.export import SpanExporter

from shared.adapters.opentelemetry.sender import Sender
from shared.adapters.opentelemetry.spans import SCOPE, send
from shared.telemetry.measures import MEASURES, Measure
from shared.telemetry.span import Span

_FAREWELL_SECONDS = 3.0


class OpenTelemetry:
    """Implements `shared.telemetry.telemetry.Telemetry`."""

    def __init__(self, spans: SpanExporter, metrics: MetricExporter, resource: Resource) -> None:
        # Without a period of its own: a worker that sleeps between two would keep the last.
        reader = PeriodicExportingMetricReader(metrics, export_interval_millis=math.inf)
        self._meters = MeterProvider([reader], resource, shutdown_on_exit=False)
        meter = self._meters.get_meter(SCOPE.name)
        make = {
            "counter": meter.create_counter,
            "histogram": meter.create_histogram,
            "gauge": meter.create_gauge,
        }
        self._instruments: dict[str, Any] = {
            each.name: make[each.kind](each.name, each.unit, each.means) for each in MEASURES
        }
        self._sender = Sender(partial(send, spans, resource), self._push)
        atexit.register(self._end)

    def tell(self, span: Span) -> None:
        """Take a span, to be sent soon."""
        self._sender.tell(span)

    def measure(self, measure: Measure, value: float, by: Mapping[str, str]) -> None:
        """Take a value."""
        instrument = self._instruments[measure.name]
        match measure.kind:
            case "counter":
                instrument.add(value, by)
            case "histogram":
                instrument.record(value, by)
            case "gauge":
                instrument.set(value, by)
        self._sender.measured()

    def flush(self, seconds: float) -> None:
        """Wait until the spans are sent. Measures follow within some seconds."""
        self._sender.flush(seconds)

    def _push(self) -> None:
        self._meters.force_flush()

    def _end(self) -> None:
        self._sender.flush(_FAREWELL_SECONDS)
        self._push()


def over_otlp() -> OpenTelemetry:
    """Tell a collector over OTLP/HTTP, which the standard's variables name (`OTEL_EXPORTER_OTLP_ENDPOINT`)."""
    # Imported here: each way has libraries of its own.
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import (  # noqa: PLC0415
        OTLPMetricExporter,
    )
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415
        OTLPSpanExporter,
    )

    return OpenTelemetry(OTLPSpanExporter(), OTLPMetricExporter(), resource())


def to_azure_monitor(connection: str) -> OpenTelemetry:
    """Tell Application Insights, by its connection string."""
    from azure.monitor.opentelemetry.exporter import (  # noqa: PLC0415 - as above
        AzureMonitorMetricExporter,
        AzureMonitorTraceExporter,
    )

    # It logs every request that it makes.
    logging.getLogger("azure.monitor.opentelemetry").setLevel(logging.WARNING)
    # Its own figures would go to Microsoft from a thread of their own; and with each batch a measure
    # that nobody asks for.
    os.environ.setdefault("APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL", "true")
    os.environ.setdefault("APPLICATIONINSIGHTS_OPENTELEMETRY_RESOURCE_METRIC_DISABLED", "true")
    given = {"connection_string": connection, "disable_offline_storage": True}
    return OpenTelemetry(
        AzureMonitorTraceExporter(**given), AzureMonitorMetricExporter(**given), resource()
    )


def resource() -> Resource:
    """Say who tells; `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` come before."""
    own = {"service.instance.id": uuid4().hex}
    if "OTEL_SERVICE_NAME" not in os.environ:
        own["service.name"] = "tidemark"
    return Resource.create(own)
