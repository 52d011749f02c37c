"""Keeps libraries from logging what must not be logged, and lets the filter know what is secret."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping

from shared.catalog.known_secrets import remember_secret

# These log addresses and headers of every request at INFO; an address may hold a secret.
_TALKATIVE = (
    "httpx",
    "httpcore",
    "azure.core.pipeline.policies.http_logging_policy",
    "azure.identity",
    "databricks.sdk",
)

# The current directory is `PWD`.
_SECRET = re.compile(
    r"KEY|TOKEN|SECRET|PASSW|WEBHOOK|SLACK|TEAMS|CREDENTIAL|_SAS|CONNECTION_?STRING|AzureWebJobs",
    re.IGNORECASE,
)


def quieten_libraries() -> None:
    """Let libraries that talk to the network speak only when something is wrong."""
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)


def know_secrets(environ: Mapping[str, str]) -> None:
    """Let the filter know the settings whose names say that they are secret.

    Those that table files name are known when they are read.
    """
    for name, value in environ.items():
        if _SECRET.search(name):
            remember_secret(value)
