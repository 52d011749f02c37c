"""Tells spans and measures by OpenTelemetry: to a collector over OTLP, or to Azure Monitor."""
