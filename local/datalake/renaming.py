"""Renames of files and directories, each one rename(2)."""

from dataclasses import dataclass
from pathlib import Path

from local.datalake.conditions import Guard
from local.datalake.entry import Entry, entry_at
from local.datalake.errors import Fault, Refused
from local.datalake.location import Location
from local.datalake.namespace import Namespace, is_empty


@dataclass(frozen=True, slots=True, kw_only=True)
class Rename:
    """A rename as asked for; each end has its own conditions and lease."""

    source: Location
    source_guard: Guard
    target: Location
    target_guard: Guard


def rename(namespace: Namespace, order: Rename) -> Entry:
    """Move a path with its properties, uncommitted data and lease; a file in its way is replaced.

    Raises:
        Refused: source or destination is not as the request or the service wants it.
    """
    with namespace.lock:
        moved = _source(namespace, order)
        if order.source == order.target:
            if moved.is_directory:
                raise Refused(Fault.INVALID_RENAME_SOURCE)
            order.target_guard.admit_creation(moved)
            return moved
        if order.target.is_below(order.source):
            raise Refused(Fault.INVALID_RENAME_SOURCE)
        _require_parent(namespace, order.target)
        replaced = namespace.find(order.target)
        order.target_guard.admit_creation(replaced)
        place = namespace.place(order.target)
        if replaced is not None:
            _require_replaceable(moved, replaced, place)
        Path(namespace.place(order.source)).rename(place)
        if replaced is not None and not replaced.is_directory:
            namespace.parts.discard(replaced.properties.identity)
        return namespace.get(order.target)


def _source(namespace: Namespace, order: Rename) -> Entry:
    if not order.source.segments:
        raise Refused(Fault.INVALID_RENAME_SOURCE, "A filesystem cannot be renamed.")
    moved = entry_at(namespace.place(order.source))
    if moved is None:
        raise Refused(Fault.SOURCE_NOT_FOUND)
    order.source_guard.admit_write(moved, unmet=Fault.SOURCE_CONDITION_NOT_MET)
    return moved


def _require_parent(namespace: Namespace, target: Location) -> None:
    if not target.segments:
        raise Refused(Fault.INVALID_DESTINATION_PATH, "The destination is a filesystem's root.")
    parent = namespace.find(target.parent)
    if parent is None:
        raise Refused(Fault.PARENT_NOT_FOUND)
    if not parent.is_directory:
        raise Refused(Fault.INVALID_DESTINATION_PATH)


def _require_replaceable(moved: Entry, replaced: Entry, place: str) -> None:
    if moved.is_directory != replaced.is_directory:
        raise Refused(Fault.KINDS_DIFFER)
    if replaced.is_directory and not is_empty(place):
        raise Refused(Fault.DIRECTORY_NOT_EMPTY)
