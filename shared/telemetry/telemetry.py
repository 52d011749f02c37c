"""The Telemetry port: where spans and measures are told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    # Only who tells something loads these: a worker that has just begun does not.
    from shared.telemetry.measures import Measure
    from shared.telemetry.span import Span


class Telemetry(Protocol):
    """Told from any thread. Nothing that goes wrong while telling is raised: it is logged, and counted."""

    def tell(self, span: Span) -> None:
        """Take a span, to be sent soon."""
        ...

    def measure(self, measure: Measure, value: float, by: Mapping[str, str]) -> None:
        """Take a value."""
        ...

    def flush(self, seconds: float) -> None:
        """Wait until what was told is sent, so many seconds at most."""
        ...


class _Silent:
    """Tells nobody. Implements `Telemetry`."""

    def tell(self, span: Span) -> None:
        """Drop a span."""

    def measure(self, measure: Measure, value: float, by: Mapping[str, str]) -> None:
        """Drop a value."""

    def flush(self, seconds: float) -> None:
        """Wait for nothing."""


SILENT: Telemetry = _Silent()
