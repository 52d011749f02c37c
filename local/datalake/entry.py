"""A file or directory as it was at one moment: what disk and properties say of it together."""

import os
import stat
import zlib
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

from local.datalake.properties import Properties, read_properties

_NANOSECONDS = 1_000_000_000
# A FIFO would block an ordinary open for ever; O_NOFOLLOW because links are never followed.
_LOOK = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A path's facts; `size` in bytes, `modified` in nanoseconds since the epoch, UTC."""

    is_directory: bool
    size: int
    inode: int
    modified: int
    properties: Properties

    @property
    def etag(self) -> str:
        """The entity tag without quotes.

        The version alone tells the server's own changes apart; the checksum adds those another
        tool makes to a file on disk. A directory's tag does not follow its children.
        """
        facts = (self.inode,) if self.is_directory else (self.inode, self.modified, self.size)
        return f"0x{self.properties.version:X}{zlib.crc32(repr(facts).encode()):08X}"

    @property
    def last_modified(self) -> int:
        """Whole seconds since the epoch, UTC."""
        version = self.properties.version
        if self.is_directory and version:
            return version // _NANOSECONDS
        return max(version, self.modified) // _NANOSECONDS

    @property
    def created(self) -> int:
        """Nanoseconds since the epoch, UTC; the modification time where nothing else is known."""
        return self.properties.created or self.modified


def entry_of(descriptor: int) -> Entry:
    """Describe an open file or directory."""
    status = os.fstat(descriptor)
    is_directory = stat.S_ISDIR(status.st_mode)
    return Entry(
        is_directory=is_directory,
        size=0 if is_directory else status.st_size,
        inode=status.st_ino,
        modified=status.st_mtime_ns,
        properties=read_properties(descriptor, is_directory=is_directory),
    )


@contextmanager
def opened(place: str) -> Generator[int | None]:
    """Open what stands at a place on disk; None where no file and no directory is.

    Everything said of the descriptor is of one inode, whatever is renamed over the place meanwhile.
    """
    try:
        mode = os.lstat(place).st_mode
        if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
            yield None
            return
        descriptor = os.open(place, _LOOK)
    except (FileNotFoundError, NotADirectoryError):
        yield None
        return
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def entry_at(place: str) -> Entry | None:
    """Describe what stands at a place on disk, if a file or directory does."""
    with opened(place) as descriptor:
        return None if descriptor is None else entry_of(descriptor)
