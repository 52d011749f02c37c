"""A folder of the landing zone, and the events that a storage account sends of its files."""

import json
from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import Any

from azure.core.exceptions import ResourceExistsError
from azure.storage.filedatalake import DataLakeServiceClient
from e2e_stack import Stack

TABLES = """
source: {{name: {name}, kind: files, location: landing/{name}}}
tables:
  - table: files.orders
    key: [id]
    watermark: {{kind: none}}
    settle: 0s
    files: {{path: "orders/*.csv", format: csv, columns: {{id: integer, amount: "decimal(9,2)"}}}}
"""


class Zone:
    """A folder of the landing zone."""

    def __init__(self, stack: Stack, name: str, service: DataLakeServiceClient) -> None:
        self.stack, self.name, self._service = stack, name, service
        self.table, self.target = f"{name}/files.orders", f"bronze/{name}/files.orders"

    def put(self, file: str, content: str) -> dict[str, Any]:
        """Write a file; give the event that tells of it, as a storage account sends it."""
        path = f"{self.name}/orders/{file}"
        client = self._service.get_file_client("landing", path)
        client.upload_data(content.encode(), overwrite=True)
        etag = client.get_file_properties().etag
        return {
            "id": f"{path}{etag}",
            "topic": "/subscriptions/x/resourceGroups/y/providers/Microsoft.Storage/storageAccounts/z",
            "subject": f"/blobServices/default/containers/landing/blobs/{path}",
            "eventType": "Microsoft.Storage.BlobCreated",
            "eventTime": "2026-01-31T10:00:00Z",
            "dataVersion": "",
            "data": {
                "api": "FlushWithClose",
                "eTag": etag,
                "contentLength": len(content),
                "blobType": "BlockBlob",
                "sequencer": "00000000000004420000000000028963",
            },
        }


@contextmanager
def lake_of(stack: Stack) -> Generator[DataLakeServiceClient]:
    told = json.loads((stack.state / "stack.json").read_text())
    address = told["TIDEMARK_LAKE_URL"]
    key = told["TIDEMARK_LAKE_KEY"]
    # Whoever waits for a stack that was killed looks again by itself.
    with DataLakeServiceClient(address, credential=key, retry_total=0) as service:
        with suppress(ResourceExistsError):
            service.create_file_system("landing")
        yield service
