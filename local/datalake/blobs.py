"""Reads, properties and leases of paths, as the "Blob service REST API" answers them."""

import hashlib
import math
import os
import time
import uuid
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import replace
from email.utils import formatdate

from local.datalake import lease as leases
from local.datalake.entry import Entry, entry_of
from local.datalake.errors import Fault, Refused
from local.datalake.lease import Lease, lease_id
from local.datalake.location import Location
from local.datalake.namespace import Namespace
from local.datalake.properties import Properties
from local.datalake.request import Request
from local.datalake.response import Response, Stretch, validators

_NANOSECONDS = 1_000_000_000
_MD5_BYTES = 4 * 1024 * 1024  # the service's most for the hash of a range


def read(namespace: Namespace, location: Location, request: Request) -> Response:
    """Get Blob: the whole file, or a range of it with status 206."""
    with namespace.opened(location) as descriptor:
        entry = entry_of(descriptor)
        request.guard.admit_read(entry)
        if entry.is_directory:
            raise Refused(Fault.WRONG_KIND)
        headers = _description(entry)
        first, length = _stretch(request, entry)
        status = 200
        if request.range is not None:
            status = 206
            headers["Content-Range"] = f"bytes {first}-{first + length - 1}/{entry.size}"
            # The header now speaks of the range; the stored hash of the whole moves aside.
            if whole := headers.pop("Content-MD5", None):
                headers["x-ms-blob-content-md5"] = whole
            if request.headers.get("x-ms-range-get-content-md5") == "true":
                headers["Content-MD5"] = _md5_of(descriptor, first, length)
        body = Stretch(descriptor=os.dup(descriptor), offset=first, length=length)
    return Response(status=status, headers=headers, body=body)


def describe(namespace: Namespace, location: Location, request: Request) -> Response:
    """Get Blob Properties, and Path - Get Properties with or without action."""
    entry = namespace.get(location)
    request.guard.admit_read(entry)
    return Response(status=200, headers={**_description(entry), "Content-Length": str(entry.size)})


def set_metadata(namespace: Namespace, location: Location, request: Request) -> Response:
    """Set Blob Metadata: replaces all of it."""
    metadata = request.metadata

    def revise(properties: Properties) -> Properties:
        return namespace.revised(replace(properties, metadata=metadata))

    return _changed(namespace.change(location, request.guard.admit_write, revise))


def set_headers(namespace: Namespace, location: Location, request: Request) -> Response:
    """Set Blob Properties: replaces all stored content headers."""
    content = request.content("x-ms-blob-")

    def revise(properties: Properties) -> Properties:
        return namespace.revised(replace(properties, content=content))

    return _changed(namespace.change(location, request.guard.admit_write, revise))


def act_on_lease(namespace: Namespace, location: Location, request: Request) -> Response:
    """Lease Blob: acquire, renew, change, release, break. The ETag stays."""
    action = request.required("x-ms-lease-action")
    if action not in _LEASE_ACTIONS:
        raise Refused(Fault.INVALID_HEADER_VALUE, f"x-ms-lease-action {action!r} is unknown.")
    status, act = _LEASE_ACTIONS[action]
    now = time.time()

    def revise(properties: Properties) -> Properties:
        return replace(properties, lease=act(properties.lease, request, now))

    entry = namespace.change(location, request.guard.admit_lease_action, revise)
    headers = validators(entry)
    held = entry.properties.lease
    if held is not None and action == "break":
        headers["x-ms-lease-time"] = str(max(0, math.ceil((held.breaks_at or now) - now)))
    elif held is not None:
        headers["x-ms-lease-id"] = held.id
    return Response(status=status, headers=headers)


def _acquire(lease: Lease | None, request: Request, now: float) -> Lease:
    proposed = request.headers.get("x-ms-proposed-lease-id")
    duration = request.seconds("x-ms-lease-duration")
    return leases.acquire(
        lease,
        proposed=lease_id(proposed) if proposed else str(uuid.uuid4()),
        duration=leases.INFINITE if duration is None else duration,
        now=now,
    )


def _renew(lease: Lease | None, request: Request, now: float) -> Lease:
    return leases.renew(lease, given=_given(request), now=now)


def _change(lease: Lease | None, request: Request, now: float) -> Lease:
    proposed = lease_id(request.required("x-ms-proposed-lease-id"))
    return leases.change(lease, given=_given(request), proposed=proposed, now=now)


def _release(lease: Lease | None, request: Request, _now: float) -> None:
    leases.release(lease, given=_given(request))


def _break(lease: Lease | None, request: Request, now: float) -> Lease:
    period = request.seconds("x-ms-lease-break-period")
    return leases.break_off(lease, period=period, now=now)


_LeaseAction = Callable[[Lease | None, Request, float], Lease | None]
_LEASE_ACTIONS: Mapping[str, tuple[int, _LeaseAction]] = {
    "acquire": (201, _acquire),
    "renew": (200, _renew),
    "change": (200, _change),
    "release": (200, _release),
    "break": (202, _break),
}


def _given(request: Request) -> str:
    return lease_id(request.required("x-ms-lease-id"))


def _changed(entry: Entry) -> Response:
    headers = {**validators(entry), "x-ms-request-server-encrypted": "true"}
    return Response(status=200, headers=headers)


def _description(entry: Entry) -> dict[str, str]:
    properties = entry.properties
    created = formatdate(entry.created // _NANOSECONDS, usegmt=True)
    headers = {
        "Content-Type": "application/octet-stream",
        **properties.content,
        **validators(entry),
        **lease_headers(properties.lease),
        "Accept-Ranges": "bytes",
        "x-ms-blob-type": "BlockBlob",
        "x-ms-creation-time": created,
        "x-ms-server-encrypted": "true",
        "x-ms-resource-type": "directory" if entry.is_directory else "file",
        "x-ms-owner": properties.access.owner,
        "x-ms-group": properties.access.group,
        "x-ms-permissions": properties.access.permissions,
        "x-ms-acl": properties.access.acl,
    }
    headers |= {f"x-ms-meta-{name}": value for name, value in properties.metadata.items()}
    if entry.is_directory:
        headers["x-ms-meta-hdi_isfolder"] = "true"
    return headers


def lease_headers(lease: Lease | None) -> dict[str, str]:
    """Say whether and how a path is leased."""
    now = time.time()
    if lease is None:
        return {"x-ms-lease-status": "unlocked", "x-ms-lease-state": "available"}
    headers = {
        "x-ms-lease-status": "locked" if lease.is_active(now) else "unlocked",
        "x-ms-lease-state": lease.state(now),
    }
    if lease.state(now) == "leased":
        infinite = lease.duration == leases.INFINITE
        headers["x-ms-lease-duration"] = "infinite" if infinite else "fixed"
    return headers


def _stretch(request: Request, entry: Entry) -> tuple[int, int]:
    """Return offset and length of what to send."""
    if request.range is None:
        return 0, entry.size
    first, last = request.range
    if first >= entry.size or (last is not None and last < first):
        raise Refused(Fault.INVALID_RANGE, f"The file has {entry.size} bytes.")
    end = entry.size if last is None else min(last + 1, entry.size)
    return first, end - first


def _md5_of(descriptor: int, offset: int, length: int) -> str:
    if length > _MD5_BYTES:
        raise Refused(Fault.RANGE_TOO_LARGE)
    content = os.pread(descriptor, length, offset)
    return b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()
