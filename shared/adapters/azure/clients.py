"""Clients of Azure's services with the patience of an activity: some seconds, then Durable waits instead."""

from __future__ import annotations

from typing import Any

from azure.data.tables import TableServiceClient
from azure.storage.filedatalake import DataLakeServiceClient

# A request is tried this many times more.
RETRIES = 3
CONNECT_SECONDS = 5
# The service gives up on an operation after 30 s itself.
LAKE_ANSWER_SECONDS = 35
TABLE_ANSWER_SECONDS = 15


def lake_service(url: str, credential: Any) -> DataLakeServiceClient:
    """Connect to a lake. A server that is gone is given up after some 3 s, a silent one after 145 s."""
    return DataLakeServiceClient(
        url,
        credential=credential,
        connection_timeout=CONNECT_SECONDS,
        read_timeout=LAKE_ANSWER_SECONDS,
        retry_total=RETRIES,
        # Pauses of 1 s, give or take a half. What takes longer is for Durable's timers.
        initial_backoff=0,
        increment_base=1,
        random_jitter_range=0.5,
    )


def table_service(url: str, credential: Any) -> TableServiceClient:
    """Connect to Table Storage. A server that is gone is given up after some 3 s, a silent one after 65 s."""
    return TableServiceClient(
        url,
        credential=credential,
        connection_timeout=CONNECT_SECONDS,
        read_timeout=TABLE_ANSWER_SECONDS,
        retry_total=RETRIES,
        # Pauses of 0, 0.8 and 1.6 s, or what Retry-After says.
        retry_backoff_factor=0.4,
    )
