"""Keeps libraries from logging what must not be logged."""

from __future__ import annotations

import logging

# These log addresses and headers of every request at INFO; an address may hold a secret.
_TALKATIVE = (
    "httpx",
    "httpcore",
    "azure.core.pipeline.policies.http_logging_policy",
    "azure.identity",
    "databricks.sdk",
)


def quieten_libraries() -> None:
    """Let libraries that talk to the network speak only when something is wrong."""
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
