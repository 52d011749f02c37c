"""Our spans as the SDK's exporters take them.

They are made as ended ones, without a tracer: what they are called and where they hang is known
before, and is not for the SDK to choose.
"""

from __future__ import annotations

from collections.abc import Sequence

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from shared.loading.trace import TracePlace, read_place
from shared.telemetry.redacting import clean
from shared.telemetry.span import Span

SCOPE = InstrumentationScope("tidemark")
_SAMPLED = TraceFlags(TraceFlags.SAMPLED)
_KINDS = {
    "internal": SpanKind.INTERNAL,
    "server": SpanKind.SERVER,
    "consumer": SpanKind.CONSUMER,
}


def send(exporter: SpanExporter, resource: Resource, spans: Sequence[Span]) -> bool:
    """Send spans, and say whether they are there."""
    made = [readable(span, resource) for span in spans]
    return exporter.export(made) is SpanExportResult.SUCCESS


def readable(span: Span, resource: Resource) -> ReadableSpan:
    """Make a span that has ended."""
    above = TracePlace(trace_id=span.place.trace_id, span_id=span.above) if span.above else None
    attributes = {
        name: clean(value) if isinstance(value, str) else value
        for name, value in span.attributes.items()
    }
    if span.error is not None:
        # The standard's name, and one of ours: the exporter to Azure drops what it has no place for.
        attributes |= {"error.type": span.error, "tidemark.error": span.error}
    places = [found for link in span.links if (found := read_place(link))]
    return ReadableSpan(
        name=span.name,
        context=_context(span.place),
        parent=_context(above) if above else None,
        resource=resource,
        attributes=attributes,
        links=[Link(_context(place)) for place in places],
        kind=_KINDS[span.kind],
        status=Status(StatusCode.UNSET)
        if span.error is None
        else Status(StatusCode.ERROR, span.error),
        start_time=span.began,
        end_time=span.ended,
        instrumentation_scope=SCOPE,
    )


def _context(place: TracePlace) -> SpanContext:
    return SpanContext(
        trace_id=int(place.trace_id, 16),
        span_id=int(place.span_id, 16),
        is_remote=True,
        trace_flags=_SAMPLED,
    )
