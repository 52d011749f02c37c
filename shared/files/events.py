"""Events of the storage account that tell of a new blob, in both schemas, as they concern a table of files."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, cast

from shared.catalog import TableSpec
from shared.catalog.path_patterns import is_plain_path
from shared.files.matching import matches
from shared.loading.errors import PermanentError
from shared.loading.versions import FileVersion

BLOB_CREATED = "Microsoft.Storage.BlobCreated"
_SUBJECT = re.compile(r"/blobServices/default/containers/([a-z0-9$-]+)/blobs/(.+)", re.DOTALL)
_LONGEST_TAG = 200

# Why nothing is to be done about an event.
Passed = Literal["another type", "another container", "a folder", "no table"]


class BlobEventUnreadable(PermanentError):
    """Let the storage account send Event Grid's schema or CloudEvents 1.0, with a subject and `eTag` and `contentLength` in its data."""


class PathRefused(PermanentError):
    """Give the file a plain name: without `..`, empty or encoded parts, backslashes and control characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlobTold:
    """A version of a file that an event tells of, and the table it belongs to; or why it is passed over."""

    table: str = ""
    version: FileVersion | None = None
    passed: Passed | None = None


def read_blob_event(body: str, tables: Iterable[TableSpec]) -> BlobTold:
    """Read an event as it was sent. A blob of no bytes may still be written to: the load looks again.

    Raises:
        BlobEventUnreadable: it does not say which version of which blob it is about.
        PathRefused: its path could be read as another one's.
    """
    fields = _object(_parsed(body))
    kind = fields.get("type") if "specversion" in fields else fields.get("eventType")
    if kind != BLOB_CREATED:
        return BlobTold(passed="another type")
    found = _SUBJECT.fullmatch(str(fields.get("subject") or ""))
    if found is None:
        raise BlobEventUnreadable("the subject names no blob")
    if found[1] != "landing":
        return BlobTold(passed="another container")
    data = _object(fields.get("data"))
    if str(data.get("api")) in ("CreateDirectory", "RenameDirectory") or found[2].endswith("/"):
        return BlobTold(passed="a folder")
    path = f"{found[1]}/{found[2]}"
    if not is_plain_path(path):
        raise PathRefused(f"{path!r} is no plain path")
    table = next((spec.name for spec in tables if matches(spec, path)), None)
    if table is None:
        return BlobTold(passed="no table")
    return BlobTold(table=table, version=_version(path, fields, data))


def _version(path: str, fields: dict[str, Any], data: dict[str, Any]) -> FileVersion:
    etag, size = data.get("eTag"), data.get("contentLength")
    if not isinstance(etag, str) or not 0 < len(etag) <= _LONGEST_TAG:
        raise BlobEventUnreadable("the event has no eTag")
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise BlobEventUnreadable("the event has no contentLength")
    return FileVersion(
        path=path,
        etag=etag.strip('"'),
        modified=_moment(fields.get("time") or fields.get("eventTime")),
        size=size,
        sequencer=str(data.get("sequencer") or "")[:_LONGEST_TAG],
    )


def _moment(text: object) -> str:
    """Give the event's time in UTC; it only sorts, as the file itself says when it was modified."""
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError as error:
        raise BlobEventUnreadable("the event has no time") from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).isoformat()


def _parsed(body: str) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BlobEventUnreadable("the event is no JSON") from error


def _object(found: object) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise BlobEventUnreadable("the event or its data is no JSON object")
    return cast("dict[str, Any]", found)
