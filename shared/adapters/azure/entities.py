"""One Table Storage table as we use it: JSON bodies, compare-and-set, range queries.

A body is split over string properties, as one may hold 64 KiB of UTF-16 and an entity 1 MiB
(https://learn.microsoft.com/rest/api/storageservices/understanding-the-table-service-data-model).

A request whose answer is lost on the way is sent again by the SDK. A write that had happened then
looks like somebody else's: the row is read again and the step is applied to its own result. Steps
have to bear that.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec
from azure.core import MatchConditions
from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import TableClient, TableEntity, UpdateMode

from shared.adapters.azure.table_faults import (
    RowModified,
    StateRefused,
    answering,
    competing,
    place_of,
    regardless,
)
from shared.loading.errors import StateUnavailable

__all__ = ["WHATEVER", "Entities", "Row", "RowModified", "StateRefused", "answering"]

T = TypeVar("T")
# In characters: one outside the basic plane takes four bytes.
_PIECE = 16_000
_TRIES = 50
# So many rows of a transaction that are there already, and each row is written by itself.
_MANY = 3
# Stands for an ETag where a row is to be written whatever was there.
WHATEVER = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One entity: its keys, its body as JSON bytes, and the ETag it was read with."""

    partition: str
    key: str
    body: bytes
    etag: str


class Entities:
    """Rows of one table. Raises StateUnavailable, StateRefused, CredentialRejected."""

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
        with regardless(partition):
            self.swap(partition, key, value, etag=WHATEVER)

    def swap(self, partition: str, key: str, value: Any, *, etag: str | None) -> str:
        """Write a row only if it is as it was read; `etag` None means it must not be there yet.

        Gives the row's new ETag.

        Raises:
            RowModified: it is not.
        """
        kind, entity, options = _operation(partition, key, value, etag)
        with competing(partition):
            if kind == "create":
                written = self._client.create_entity(entity)
            elif kind == "upsert":
                written = self._client.upsert_entity(entity, **options)
            else:
                written = self._client.update_entity(entity, **options)
        return str(written["etag"])

    def swap_all(self, rows: Sequence[tuple[str, Any, str | None]], *, partition: str) -> None:
        """Write rows of one partition, all or none; each as in `swap`.

        A row whose value is None is removed, which has to be there.
        """
        if len(rows) == 1 and rows[0][1] is not None:
            [(key, value, etag)] = rows
            self.swap(partition, key, value, etag=etag)
            return
        operations = [_operation(partition, key, value, etag) for key, value, etag in rows]
        with competing(partition):
            self._client.submit_transaction(operations)

    def put_all(self, partition: str, rows: Sequence[tuple[str, Any]]) -> None:
        """Write rows of one partition whatever was there, in batches of the 100 that one may hold."""
        for start in range(0, len(rows), 100):
            batch = [(key, value, WHATEVER) for key, value in rows[start : start + 100]]
            with regardless(partition):
                self.swap_all(batch, partition=partition)

    def create_all(self, partition: str, rows: Sequence[tuple[str, Any]]) -> set[str]:
        """Write rows that are not there yet, each on its own account; give the keys that were there.

        In transactions as long as few are there, as each of these costs one.
        """
        there: set[str] = set()
        for start in range(0, len(rows), 100):
            there |= self._create(partition, rows[start : start + 100])
        return there

    def remove_all(self, partition: str, keys: Sequence[str]) -> None:
        """Delete rows of one partition, those that are there; in transactions unless one is gone."""
        for start in range(0, len(keys), 100):
            part = keys[start : start + 100]
            operations = [("delete", {"PartitionKey": partition, "RowKey": key}) for key in part]
            try:
                with competing(partition):
                    self._client.submit_transaction(operations)
            except RowModified:
                for key in part:
                    with suppress(RowModified):
                        self.remove(partition, key)

    def remove(self, partition: str, key: str, *, etag: str = WHATEVER) -> None:
        """Delete a row if it is there; with an ETag only as it was read.

        Raises:
            RowModified: it is there, but no longer as it was read.
        """
        with competing(partition):
            self._client.delete_entity(
                partition, key, etag=etag, match_condition=MatchConditions.IfNotModified
            )

    def _create(self, partition: str, rows: Sequence[tuple[str, Any]]) -> set[str]:
        there: set[str] = set()
        left = list(rows)
        while len(left) > 1 and len(there) < _MANY:
            try:
                self.swap_all([(key, value, None) for key, value in left], partition=partition)
            except RowModified as error:
                place = place_of(error, len(left))
                if place is None:
                    break
                there.add(left.pop(place)[0])
            else:
                return there
        for key, value in left:
            try:
                self.swap(partition, key, value, etag=None)
            except RowModified:
                there.add(key)
        return there

    def range(
        self,
        partition: str,
        *,
        low: str | None = None,
        high: str | None = None,
        after: str | None = None,
        page: int = 200,
    ) -> Iterator[Row]:
        """Read rows with `low <= key < high` and `key > after`, in the order of their keys, page by page."""
        wanted = "PartitionKey eq @partition"
        bounds = {"partition": partition}
        if low is not None:
            wanted, bounds["low"] = f"{wanted} and RowKey ge @low", low
        if high is not None:
            wanted, bounds["high"] = f"{wanted} and RowKey lt @high", high
        if after is not None:
            wanted, bounds["after"] = f"{wanted} and RowKey gt @after", after
        with answering():
            found = self._client.query_entities(wanted, parameters=bounds, results_per_page=page)
            for entity in found:
                yield _row(entity)

    def change(
        self, partition: str, key: str, kind: type[T], fresh: T | None, step: Callable[[T], T]
    ) -> T | None:
        """Apply a pure step to a row until nobody comes between; None if it is not there and not `fresh`.

        A step that changes nothing writes nothing.
        """
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


def _operation(
    partition: str, key: str, value: Any, etag: str | None
) -> tuple[str, TableEntity, dict[str, Any]]:
    if value is None:
        gone = TableEntity({"PartitionKey": partition, "RowKey": key})
        return ("delete", gone, {"etag": etag, "match_condition": MatchConditions.IfNotModified})
    entity = _entity(partition, key, value)
    if etag is None:
        return ("create", entity, {})
    if etag == WHATEVER:
        return ("upsert", entity, {"mode": UpdateMode.REPLACE})
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
