"""Chooses to whom telemetry is told, by the setting `TIDEMARK_TELEMETRY`."""

# Each way is imported where it is chosen: the libraries take long to load.
# ruff: noqa: PLC0415

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from shared.runtime.settings import TELEMETRY, SettingsIncomplete
from shared.telemetry.telemetry import SILENT, Telemetry

_INSIGHTS = "APPLICATIONINSIGHTS_CONNECTION_STRING"
_FILE = "file:"


def is_told(environ: Mapping[str, str]) -> bool:
    """Say whether anybody is told."""
    return (environ.get(TELEMETRY) or "none") != "none"


def telemetry_of(environ: Mapping[str, str]) -> Telemetry:
    """Open the way that the setting names: `otlp`, `azure_monitor`, `file:PATH`, or `none`.

    Raises:
        SettingsIncomplete: it names no way, or one that lacks a setting.
    """
    chosen = environ.get(TELEMETRY) or "none"
    if chosen == "none":
        return SILENT
    if chosen.startswith(_FILE):
        from shared.adapters.json_file.telemetry import FileTelemetry

        return FileTelemetry(Path(chosen.removeprefix(_FILE)))
    if chosen == "otlp":
        from shared.adapters.opentelemetry.telemetry import over_otlp

        return over_otlp()
    if chosen == "azure_monitor":
        connection = environ.get(_INSIGHTS)
        if not connection:
            raise SettingsIncomplete(f"app settings missing: {_INSIGHTS}")
        from shared.adapters.opentelemetry.telemetry import to_azure_monitor

        return to_azure_monitor(connection)
    raise SettingsIncomplete(f"{TELEMETRY} has to be none, otlp, azure_monitor or file:PATH")
