"""Pages of a directory's paths in the order of their names."""

import os
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from local.datalake.entry import Entry, entry_at
from local.datalake.errors import Fault, Refused
from local.datalake.location import Location
from local.datalake.namespace import Namespace

PAGE = 5000  # the service's most


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What to list: the directory itself is not part of it."""

    directory: Location
    recursive: bool
    page_size: int = PAGE
    continuation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Paths relative to the filesystem with what is known of them; `continuation` if more follow."""

    paths: tuple[tuple[str, Entry], ...]
    continuation: str


def list_paths(namespace: Namespace, listing: Listing) -> Page:
    """Return one page, the tree as it was at one moment.

    Paths created, renamed or deleted between two pages may or may not be in them.

    Raises:
        Refused: PathNotFound, PathConflict for a file, InvalidQueryParameterValue for a
            continuation this server did not give.
    """
    with namespace.lock:  # or a directory renamed meanwhile would be listed by half
        if not namespace.get(listing.directory).is_directory:
            raise Refused(Fault.PATH_CONFLICT)
        paths = _paths(namespace, listing)
    more = len(paths) > listing.page_size
    paths = paths[: listing.page_size]
    return Page(paths=tuple(paths), continuation=_continuation(paths[-1][0]) if more else "")


def page_of_names(names: list[str], *, size: int, continuation: str) -> tuple[list[str], str]:
    """Cut one page out of sorted names; returns it and the next continuation, or an empty one."""
    after = _name_of(continuation)
    rest = [name for name in names if name > after]
    return rest[:size], _continuation(rest[size - 1]) if len(rest) > size else ""


def _paths(namespace: Namespace, listing: Listing) -> list[tuple[str, Entry]]:
    """Return the page and, if there is one, the path that follows it."""
    place = namespace.place(listing.directory)
    prefix = f"{listing.directory.path}/" if listing.directory.segments else ""
    after = _name_of(listing.continuation)
    names = _walk(place, prefix, recursive=listing.recursive, after=after)
    found = ((name, entry_at(f"{place}/{name[len(prefix) :]}")) for name in names)
    return list(islice(_present(found), listing.page_size + 1))


def _walk(place: str, prefix: str, *, recursive: bool, after: str) -> Iterator[str]:
    """Yield the names behind `after` in the order of whole names.

    A directory's descendants sort by `name/`, not by `name`: `a`, `a-b`, `a/x`. Hence each
    directory stands twice in the queue, once for itself and once for what is in it.
    """
    queue = list[tuple[str, bool]]()
    for name, is_directory in _children(place):
        queue.append((prefix + name, False))
        if recursive and is_directory:
            queue.append((f"{prefix}{name}/", True))
    for name, is_inside in sorted(queue):
        if not is_inside:
            if name > after:
                yield name
        elif name > after or after.startswith(name):
            inner = f"{place}/{name[len(prefix) : -1]}"
            yield from _walk(inner, name, recursive=True, after=after)


def _children(place: str) -> list[tuple[str, bool]]:
    try:
        with os.scandir(place) as found:
            return [(item.name, item.is_dir(follow_symlinks=False)) for item in found]
    except (FileNotFoundError, NotADirectoryError):
        return []  # deleted or moved since its parent was read


def _present(found: Iterator[tuple[str, Entry | None]]) -> Iterator[tuple[str, Entry]]:
    for name, entry in found:
        if entry is not None:
            yield name, entry


def _continuation(name: str) -> str:
    return urlsafe_b64encode(name.encode()).decode().rstrip("=")


def _name_of(continuation: str) -> str:
    try:
        padding = "=" * (-len(continuation) % 4)
        return b64decode(continuation + padding, altchars=b"-_", validate=True).decode()
    except ValueError:
        raise Refused(Fault.INVALID_QUERY_PARAMETER, "Unknown continuation.") from None
