"""Clients of Azure's services with the patience of an activity: some seconds, then Durable waits instead."""

from __future__ import annotations

import os
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from azure.core.exceptions import HttpResponseError, ServiceResponseError
from azure.core.pipeline.transport import RequestsTransport
from azure.data.tables import TableServiceClient
from azure.storage.blob import BlobServiceClient
from azure.storage.filedatalake import DataLakeServiceClient
from requests.utils import get_environ_proxies

# A request is tried this many times more.
RETRIES = 3
CONNECT_SECONDS = 5
# The service gives up on an operation after 30 s itself.
LAKE_ANSWER_SECONDS = 35
TABLE_ANSWER_SECONDS = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class LakeService:
    """Both interfaces of one account: folders, renames and streams by one, whole files by the other."""

    paths: DataLakeServiceClient
    blobs: BlobServiceClient

    def __enter__(self) -> Self:
        """Give the service itself; leaving it closes what it holds open."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connections."""
        self.paths.close()
        self.blobs.close()


def lake_service(url: str, credential: Any) -> LakeService:
    """Connect to a lake. A server that is gone is given up after some 3 s, a silent one after 145 s."""
    given: dict[str, Any] = {
        "credential": credential,
        "proxies": get_environ_proxies(url),
        "retry_total": RETRIES,
        # Pauses of 1 s, give or take a half. What takes longer is for Durable's timers.
        "initial_backoff": 0,
        "increment_base": 1,
        "random_jitter_range": 0.5,
    }
    # The SDK finds the Blob endpoint of an account in the same way when it reads.
    blobs = url.replace(".dfs.", ".blob.", 1)
    return LakeService(
        paths=DataLakeServiceClient(url, transport=_transport(LAKE_ANSWER_SECONDS), **given),
        blobs=BlobServiceClient(blobs, transport=_transport(LAKE_ANSWER_SECONDS), **given),
    )


def table_service(url: str, credential: Any) -> TableServiceClient:
    """Connect to Table Storage. A server that is gone is given up after some 3 s, a silent one after 65 s."""
    return TableServiceClient(
        url,
        credential=credential,
        transport=_transport(TABLE_ANSWER_SECONDS),
        proxies=get_environ_proxies(url),
        retry_total=RETRIES,
        # Pauses of 0, 0.8 and 1.6 s, or what Retry-After says.
        retry_backoff_factor=0.4,
    )


class _Transport(RequestsTransport):
    """Calls an answer that breaks off what it is: a fault of the connection.

    The SDK makes of it a refusal without an answer, which no policy tries again, and for which
    azure-data-tables (12.7.0) looks at the headers: an AttributeError in place of its own errors.
    """

    def send(self, request: Any, **kwargs: Any) -> Any:
        """Send a request. Raises as the SDK's transport does, but no HttpResponseError."""
        try:
            return super().send(request, **kwargs)
        except HttpResponseError as error:
            raise ServiceResponseError(error.message, error=error) from error


def _transport(read_timeout: int) -> RequestsTransport:
    """Make a transport for which the environment is read once.

    Left to itself it asks the environment for proxies, certificates and a netrc file at every
    request, which is an eighth of what a small request costs.
    """
    bundle = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
    return _Transport(
        use_env_settings=False,
        connection_timeout=CONNECT_SECONDS,
        read_timeout=read_timeout,
        connection_verify=bundle or True,
    )
