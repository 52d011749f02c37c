"""Appends and flushes: bytes arrive out of sight, a flush lets them appear at once."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from local.datalake.body import Body
from local.datalake.conditions import Conditions, Guard
from local.datalake.entry import Entry
from local.datalake.errors import Fault, Refused
from local.datalake.exchange import exchange
from local.datalake.location import Location
from local.datalake.namespace import Namespace
from local.datalake.parts import copy_bytes
from local.datalake.properties import Properties, write_properties


@dataclass(frozen=True, slots=True, kw_only=True)
class Append:
    """Bytes for a position of a file; `md5` is what they must hash to, if the client said so."""

    location: Location
    position: int
    lease_id: str | None
    md5: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Flush:
    """The length the file shall have, and what shall become of data behind it."""

    location: Location
    position: int
    guard: Guard
    retain: bool = False
    content: Mapping[str, str] = field(default_factory=dict[str, str])


def append(namespace: Namespace, order: Append, body: Body) -> None:
    """Receive a body into the file's uncommitted data.

    Appends may come in any order and at the same time, as the service allows.

    Raises:
        Refused: PathNotFound, InvalidFlushPosition for a position that is committed already,
            Md5Mismatch, ServerBusy when the file was flushed or replaced meanwhile, or a fault
            of leases.
    """
    guard = Guard(conditions=Conditions(), lease_id=order.lease_id)
    with namespace.lock:
        file = _file(namespace, order.location, guard)
        if order.position < file.size:
            raise Refused(Fault.INVALID_FLUSH_POSITION, f"{file.size} bytes are committed.")
        identity = _identity(namespace, order.location, file)
        place = namespace.place(order.location)
        part = namespace.parts.open(identity, committed=place, size=file.size)
    try:
        _receive(body, part, order)
        with namespace.lock:
            namespace.parts.record(identity, part, position=order.position, length=body.length)
    finally:
        with namespace.lock:
            namespace.parts.close(identity, part)


def flush(namespace: Namespace, order: Flush) -> Entry:
    """Publish a file's uncommitted data up to a position, by one renameat2(2).

    Raises:
        Refused: PathNotFound, InvalidFlushPosition, or what the guard refuses.
    """
    with namespace.lock:
        file = _file(namespace, order.location, order.guard)
        identity = file.properties.identity
        reach = namespace.parts.reach(identity, file.size)
        if not file.size <= order.position <= reach:
            raise Refused(
                Fault.INVALID_FLUSH_POSITION,
                f"{file.size} bytes are committed, data reaches to {reach} without a gap.",
            )
        content = {**file.properties.content, **order.content}
        properties = namespace.revised(replace(file.properties, content=content))
        _publish(namespace, order, file, properties)
        if not (order.retain and order.position < reach):
            namespace.parts.discard(identity)
        return namespace.get(order.location)


def _publish(namespace: Namespace, order: Flush, file: Entry, properties: Properties) -> None:
    place = namespace.place(order.location)
    if order.position == file.size:
        write_properties(place, properties)
        return
    part, fresh = namespace.parts.data_path(properties.identity), namespace.fresh_place()
    if namespace.parts.is_exactly(properties.identity, order.position):
        os.link(part, fresh)
    else:  # it goes on behind the position, or somebody is writing to it: it cannot be the file
        copy_bytes(part, fresh, order.position)
    write_properties(fresh, properties)
    # A rename over the old file would do as well, but ext4 answers it by writing the data out.
    exchange(fresh, place)
    Path(fresh).unlink()


def _file(namespace: Namespace, location: Location, guard: Guard) -> Entry:
    entry = namespace.get(location)
    if entry.is_directory:
        raise Refused(Fault.WRONG_KIND)
    guard.admit_write(entry)
    namespace.parts.settle(entry.properties.identity, entry.inode)
    return entry


def _identity(namespace: Namespace, location: Location, file: Entry) -> str:
    """Return the file's identity; one that another tool put there is given one first."""
    if file.properties.identity:
        return file.properties.identity
    properties = namespace.identified(file.properties)
    write_properties(namespace.place(location), properties)
    return properties.identity


def _receive(body: Body, part: int, order: Append) -> None:
    digest = None if order.md5 is None else hashlib.md5(usedforsecurity=False)
    position = order.position
    for chunk in body.chunks():
        if digest is not None:
            digest.update(chunk)
        position += _write(part, chunk, position)
    if digest is not None and digest.digest() != order.md5:
        raise Refused(Fault.MD5_MISMATCH)


def _write(part: int, chunk: memoryview, position: int) -> int:
    done = 0
    while done < len(chunk):
        done += os.pwrite(part, chunk[done:], position + done)
    return done
