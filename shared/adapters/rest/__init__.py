"""Reads records from a REST interface, page by page, over HTTP and JSON."""

from shared.adapters.rest.connecting import connect

__all__ = ["connect"]
