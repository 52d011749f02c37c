"""The tree on disk: finds, creates, changes and deletes filesystems, directories and files.

Whatever is new is made ready in the hidden folder, properties included, and appears by one
rename(2); whatever is deleted leaves by one rename(2) and is cleared up afterwards. A server
killed in between leaves the tree before or after the change, never amid it.
"""

import os
import shutil
import threading
import time
import uuid
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from local.datalake.access import DIRECTORY_ACCESS, FILE_ACCESS, Access
from local.datalake.conditions import Guard
from local.datalake.entry import Entry, entry_at, opened
from local.datalake.errors import Fault, Refused
from local.datalake.location import Location, checked_filesystem, is_filesystem
from local.datalake.parts import Parts
from local.datalake.properties import Properties, write_properties
from local.datalake.trash import Trash

HIDDEN = ".tidemark-datalake"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a request wants a new path to carry; an absent access means the kind's default."""

    metadata: Mapping[str, str] = field(default_factory=dict[str, str])
    content: Mapping[str, str] = field(default_factory=dict[str, str])
    access: Access | None = None


class Namespace:
    """The files of one account below one folder, safe to use from many threads.

    One lock orders all changes and the pages of listings. Changes are renames and attribute
    writes that take microseconds; bodies are received and sent outside of it.
    """

    def __init__(self, root: Path) -> None:
        self._root = str(root.resolve())
        hidden = root / HIDDEN
        self._new, trash, parts = hidden / "new", hidden / "trash", hidden / "parts"
        for folder in (self._new, trash, parts):
            folder.mkdir(parents=True, exist_ok=True)
        self._version = 0
        self.parts = Parts(parts)
        self._trash = Trash(trash, self.parts)
        self.lock = threading.RLock()
        self._clear_up()

    def place(self, location: Location) -> str:
        """Return where a location is on disk.

        Raises:
            Refused: InvalidResourceName when a symbolic link is on the way.
        """
        place = "/".join((self._root, location.filesystem, *location.segments))
        if os.path.realpath(place) != place:
            raise Refused(Fault.INVALID_RESOURCE_NAME, "A symbolic link is on the path.")
        return place

    def find(self, location: Location) -> Entry | None:
        """Describe a path, if it exists.

        Raises:
            Refused: FilesystemNotFound.
        """
        entry = entry_at(self.place(location))
        if entry is None:
            self.require_filesystem(location.filesystem)
        return entry

    def get(self, location: Location) -> Entry:
        """Describe a path that must exist.

        Raises:
            Refused: PathNotFound or FilesystemNotFound.
        """
        entry = self.find(location)
        if entry is None:
            raise Refused(Fault.PATH_NOT_FOUND)
        return entry

    @contextmanager
    def opened(self, location: Location) -> Generator[int]:
        """Open a path that must exist, for reading; raises as `get`."""
        with opened(self.place(location)) as descriptor:
            if descriptor is None:
                self.require_filesystem(location.filesystem)
                raise Refused(Fault.PATH_NOT_FOUND)
            yield descriptor

    def create_file(
        self, location: Location, draft: Draft, guard: Guard, *, ready: str | None = None
    ) -> Entry:
        """Put a file, replacing one that is there, and missing parent directories.

        It is empty, or the one that was made ready at a fresh place.

        Raises:
            Refused: PathConflict, PathAlreadyExists, or what the guard refuses.
        """
        if not location.segments:
            raise Refused(Fault.PATH_CONFLICT)
        with self.lock:
            replaced = self.find(location)
            guard.admit_creation(replaced)
            if replaced is not None and replaced.is_directory:
                raise Refused(Fault.PATH_CONFLICT)
            self._make_parents(location)
            place = self.place(location)
            properties = self._first_properties(draft, FILE_ACCESS)
            if replaced is not None:
                properties = replace(properties, lease=replaced.properties.lease)
            fresh = ready or self.fresh_place()
            if ready is None:
                Path(fresh).touch(exist_ok=False)
            self.publish(fresh, place, properties)
            if replaced is not None:
                self.parts.discard(replaced.properties.identity)
            return self.get(location)

    def create_directory(self, location: Location, draft: Draft, guard: Guard) -> Entry:
        """Make a directory and missing parents; one that is there keeps its children.

        Raises:
            Refused: PathConflict, PathAlreadyExists, or what the guard refuses.
        """
        with self.lock:
            current = self.find(location)
            guard.admit_creation(current)
            if current is None:
                self._make_parents(location)
                self._make_directory(location, draft)
            elif not current.is_directory:
                raise Refused(Fault.PATH_CONFLICT)
            else:
                properties = self._first_properties(draft, DIRECTORY_ACCESS)
                lease = current.properties.lease
                write_properties(self.place(location), replace(properties, lease=lease))
            return self.get(location)

    def change(
        self,
        location: Location,
        admit: Callable[[Entry], None],
        revise: Callable[[Properties], Properties],
    ) -> Entry:
        """Replace the properties of a path by what `revise` makes of them.

        A revision that others should notice goes through `revised`, or the ETag stays.

        Raises:
            Refused: PathNotFound, or what `admit` or `revise` refuses.
        """
        with self.lock:
            entry = self.get(location)
            admit(entry)
            write_properties(self.place(location), revise(entry.properties))
            return self.get(location)

    def delete(self, location: Location, guard: Guard, *, recursive: bool) -> None:
        """Delete a file, or a directory with all that is in it.

        Raises:
            Refused: PathNotFound, DirectoryNotEmpty, or what the guard refuses.
        """
        with self.lock:
            entry = self.get(location)
            guard.admit_write(entry)
            place = self.place(location)
            if not location.segments:
                raise Refused(Fault.INVALID_INPUT, "Delete the filesystem, not its root.")
            if not entry.is_directory:
                Path(place).unlink()
                self.parts.discard(entry.properties.identity)
                return
            if not recursive and not is_empty(place):
                raise Refused(Fault.DIRECTORY_NOT_EMPTY)
            taken = self._trash.take(place)
        self._trash.clear(taken)

    def create_filesystem(self, name: str, metadata: Mapping[str, str]) -> Entry:
        """Make an empty filesystem.

        Raises:
            Refused: FilesystemAlreadyExists or InvalidResourceName.
        """
        root = Location(filesystem=checked_filesystem(name), segments=())
        with self.lock:
            if entry_at(self.place(root)) is not None:
                raise Refused(Fault.FILESYSTEM_ALREADY_EXISTS)
            self._make_directory(root, Draft(metadata=metadata))
            return self.get(root)

    def delete_filesystem(self, name: str, guard: Guard) -> None:
        """Delete a filesystem with all that is in it.

        Raises:
            Refused: FilesystemNotFound, or what the guard refuses.
        """
        root = Location(filesystem=name, segments=())
        with self.lock:
            guard.admit_write(self.get(root))
            taken = self._trash.take(self.place(root))
        self._trash.clear(taken)

    def filesystems(self) -> list[str]:
        """Names of all filesystems, sorted."""
        with os.scandir(self._root) as found:
            return sorted(
                item.name
                for item in found
                if is_filesystem(item.name) and item.is_dir(follow_symlinks=False)
            )

    def require_filesystem(self, name: str) -> None:
        """Raise Refused(FilesystemNotFound) unless the filesystem exists."""
        if not Path(self._root, name).is_dir():
            raise Refused(Fault.FILESYSTEM_NOT_FOUND)

    def publish(self, fresh: str, place: str, properties: Properties) -> None:
        """Let a file made ready in the hidden folder appear with its properties."""
        write_properties(fresh, properties)
        Path(fresh).rename(place)

    def fresh_place(self) -> str:
        """Return an unused path in the hidden folder."""
        return f"{self._new}/{uuid.uuid4().hex}"

    def revised(self, properties: Properties) -> Properties:
        """Give properties a version of their own, for a change that is about to happen."""
        kept = properties.without_ended_lease(time.time())
        return replace(kept, version=self._next_version())

    def identified(self, properties: Properties) -> Properties:
        """Give properties an identity, for a path that another tool put there."""
        return replace(properties, identity=uuid.uuid4().hex, created=self._next_version())

    def _next_version(self) -> int:
        with self.lock:
            self._version = max(self._version + 1, time.time_ns())
            return self._version

    def _first_properties(self, draft: Draft, access: Access) -> Properties:
        version = self._next_version()
        return Properties(
            identity=uuid.uuid4().hex,
            version=version,
            created=version,
            access=draft.access or access,
            metadata=draft.metadata,
            content=draft.content,
        )

    def _make_parents(self, location: Location) -> None:
        parent = location.parent
        if not parent.segments:
            return
        entry = entry_at(self.place(parent))
        if entry is None:
            self._make_parents(parent)
            self._make_directory(parent, Draft())
        elif not entry.is_directory:
            raise Refused(Fault.PATH_CONFLICT)

    def _make_directory(self, location: Location, draft: Draft) -> None:
        fresh = self.fresh_place()
        Path(fresh).mkdir()
        self.publish(fresh, self.place(location), self._first_properties(draft, DIRECTORY_ACCESS))

    def _clear_up(self) -> None:
        """Finish what a killed server left: nothing in these folders is part of the tree."""
        self._trash.clear_all()
        shutil.rmtree(self._new)
        self._new.mkdir()
        self.parts.sweep()


def is_empty(place: str) -> bool:
    """Whether a directory on disk has no entry."""
    with os.scandir(place) as found:
        return next(found, None) is None
