"""One Table Storage table as we use it: JSON bodies, compare-and-set, range queries.

A body is split over string properties, as one may hold 32,000 characters and an entity a million
(https://learn.microsoft.com/rest/api/storageservices/understanding-the-table-service-data-model).
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec
from azure.core import MatchConditions
from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.data.tables import TableClient, TableEntity, TableTransactionError, UpdateMode

from shared.loading.errors import CredentialRejected, StateUnavailable

T = TypeVar("T")
_PIECE = 30_000
_TRIES = 50
# HTTP 412: somebody else changed the entity first.
_MODIFIED = 412
_EXISTS = 409


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One entity: its keys, its body as JSON bytes, and the ETag it was read with."""

    partition: str
    key: str
    body: bytes
    etag: str


class RowModified(Exception):
    """Somebody else changed the row since it was read."""


@contextmanager
def answering() -> Generator[None]:
    """Translate the SDK's errors once; conditions are handled where they are set."""
    try:
        yield
    except ClientAuthenticationError as error:
        raise CredentialRejected(f"Table Storage refused the login: {error.message}") from error
    except (ResourceExistsError, ResourceNotFoundError, ResourceModifiedError):
        raise
    except HttpResponseError as error:
        raise StateUnavailable(f"Table Storage: {error.status_code} {error.message}") from error
    except AzureError as error:
        raise StateUnavailable(f"Table Storage: {error}") from error


class Entities:
    """Rows of one table. Raises StateUnavailable, CredentialRejected."""

    def __init__(self, client: TableClient) -> None:
        self._client = client

    def get(self, partition: str, key: str) -> Row | None:
        """Read one row."""
        try:
            with answering():
                return _row(self._client.get_entity(partition, key))
        except ResourceNotFoundError:
            return None

    def put(self, partition: str, key: str, value: Any) -> None:
        """Write a row whatever was there."""
        with answering():
            self._client.upsert_entity(_entity(partition, key, value), mode=UpdateMode.REPLACE)

    def swap(self, partition: str, key: str, value: Any, *, etag: str | None) -> None:
        """Write a row only if it is as it was read; `etag` None means it must not be there yet.

        Raises:
            RowModified: it is not.
        """
        self.swap_all([(key, value, etag)], partition=partition)

    def swap_all(self, rows: Sequence[tuple[str, Any, str | None]], *, partition: str) -> None:
        """Write rows of one partition, all or none; each as in `swap`."""
        operations = [_operation(partition, key, value, etag) for key, value, etag in rows]
        try:
            with answering():
                if len(operations) == 1:
                    self._single(operations[0])
                else:
                    self._client.submit_transaction(operations)
        except (ResourceExistsError, ResourceModifiedError, TableTransactionError) as error:
            raise RowModified(f"{partition} has changed") from error

    def put_all(self, partition: str, rows: Sequence[tuple[str, Any]]) -> None:
        """Write rows of one partition whatever was there, in batches of the 100 that one may hold."""
        for start in range(0, len(rows), 100):
            batch = [
                ("upsert", _entity(partition, key, value), {"mode": UpdateMode.REPLACE})
                for key, value in rows[start : start + 100]
            ]
            with answering():
                self._client.submit_transaction(batch)

    def remove(self, partition: str, key: str) -> None:
        """Delete a row, if it is there."""
        with answering():
            self._client.delete_entity(partition, key)

    def range(
        self, partition: str, *, low: str = "", high: str = "\uffff", page: int = 200
    ) -> Iterator[Row]:
        """Read rows with `low <= key < high`, in the order of their keys, page by page."""
        wanted = "PartitionKey eq @partition and RowKey ge @low and RowKey lt @high"
        bounds = {"partition": partition, "low": low, "high": high}
        with answering():
            found = self._client.query_entities(wanted, parameters=bounds, results_per_page=page)
            for entity in found:
                yield _row(entity)

    def change(
        self, partition: str, key: str, kind: type[T], fresh: T | None, step: Callable[[T], T]
    ) -> T | None:
        """Apply a pure step to a row until nobody comes between; None if it is not there and not `fresh`."""
        for attempt in range(_TRIES):
            row = self.get(partition, key)
            before = msgspec.json.decode(row.body, type=kind) if row else fresh
            if before is None:
                return None
            after = step(before)
            if row is not None and after == before:
                return after
            try:
                self.swap(partition, key, after, etag=row.etag if row else None)
            except RowModified:
                # Many at one row: spread them, or they meet again.
                time.sleep(random.uniform(0, 0.005 * (attempt + 1)))  # noqa: S311 - no secret
                continue
            return after
        raise StateUnavailable(f"{partition}/{key} is being changed by too many at once")

    def _single(self, operation: tuple[str, TableEntity, dict[str, Any]]) -> None:
        kind, entity, options = operation
        if kind == "create":
            self._client.create_entity(entity)
        else:
            self._client.update_entity(entity, **options)


def _operation(
    partition: str, key: str, value: Any, etag: str | None
) -> tuple[str, TableEntity, dict[str, Any]]:
    entity = _entity(partition, key, value)
    if etag is None:
        return ("create", entity, {})
    conditions = {"etag": etag, "match_condition": MatchConditions.IfNotModified}
    return ("update", entity, {"mode": UpdateMode.REPLACE, **conditions})


def _entity(partition: str, key: str, value: Any) -> TableEntity:
    text = msgspec.json.encode(value).decode()
    pieces = {
        f"body{number:02d}": text[start : start + _PIECE]
        for number, start in enumerate(range(0, len(text), _PIECE))
    }
    return TableEntity({"PartitionKey": partition, "RowKey": key, **pieces})


def _row(entity: TableEntity) -> Row:
    pieces = [str(entity[name]) for name in sorted(entity) if name.startswith("body")]
    return Row(
        partition=str(entity["PartitionKey"]),
        key=str(entity["RowKey"]),
        body="".join(pieces).encode(),
        etag=str(entity.metadata["etag"]),
    )
