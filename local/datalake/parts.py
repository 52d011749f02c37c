"""Uncommitted data: appended bytes, out of sight until a flush publishes them.

Each file with uncommitted data has a part, named by the file's identity: `<identity>.data` holds
the bytes at their final positions (what is committed already is copied in first), and
`<identity>.log` one line `position length` per append that arrived whole. A line is written by
one write(2) after its bytes, so a killed server never counts half an append.
"""

import os
import time
from collections import Counter
from pathlib import Path

from local.datalake.errors import Fault, Refused

_KEPT_SECONDS = 7 * 24 * 3600  # as long as the service keeps uncommitted data
_CREATE = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC


class Parts:
    """The parts of all files; the caller holds the namespace's lock for every call."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writers = Counter[str]()

    def data_path(self, identity: str) -> Path:
        return self._folder / f"{identity}.data"

    def open(self, identity: str, *, committed: str, size: int) -> int:
        """Open a part for one writer, who must hand the descriptor to `close`.

        Args:
            identity: of the file.
            committed: where the file's committed bytes are on disk.
            size: how many they are.
        """
        data = self.data_path(identity)
        try:
            descriptor = os.open(data, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            descriptor = self._create(identity, committed, size)
        self._writers[identity] += 1
        return descriptor

    def close(self, identity: str, descriptor: int) -> None:
        os.close(descriptor)
        self._writers[identity] -= 1
        if not self._writers[identity]:
            del self._writers[identity]

    def record(self, identity: str, descriptor: int, *, position: int, length: int) -> None:
        """Count bytes that are written to the descriptor as appended.

        Raises:
            Refused: ServerBusy when a flush or replacement took the part away meanwhile.
        """
        try:
            current = self.data_path(identity).stat().st_ino
        except FileNotFoundError:
            raise Refused(Fault.SERVER_BUSY) from None
        if current != os.fstat(descriptor).st_ino:
            raise Refused(Fault.SERVER_BUSY)
        with self._log_path(identity).open("ab", buffering=0) as log:
            log.write(f"{position} {length}\n".encode())

    def reach(self, identity: str, size: int) -> int:
        """Tell how far the file would extend without a gap: `size` where nothing was appended."""
        if not self.data_path(identity).exists():
            return size
        end = size
        for position, length in sorted(self._appends(identity)):
            if position > end:
                break
            end = max(end, position + length)
        return end

    def is_exactly(self, identity: str, size: int) -> bool:
        """Whether the part itself can become the committed file: it ends there, nobody writes."""
        if self._writers[identity]:
            return False
        try:
            return self.data_path(identity).stat().st_size == size
        except FileNotFoundError:
            return False

    def discard(self, identity: str) -> None:
        """Drop a file's uncommitted data, if it has any."""
        if not identity:
            return
        for path in (self.data_path(identity), self._log_path(identity)):
            path.unlink(missing_ok=True)

    def settle(self, identity: str, inode: int) -> None:
        """Drop a part that is the committed file itself: its flush was cut off at the very end."""
        try:
            published = self.data_path(identity).stat().st_ino == inode
        except FileNotFoundError:
            return
        if published:
            self.discard(identity)

    def sweep(self) -> None:
        """Drop what is older than the service would keep."""
        oldest = time.time() - _KEPT_SECONDS
        for path in self._folder.iterdir():
            if path.stat().st_mtime < oldest:
                path.unlink()

    def _create(self, identity: str, committed: str, size: int) -> int:
        # A log without data is left from a part whose clearing up was cut off.
        self._log_path(identity).unlink(missing_ok=True)
        fresh = self._folder / f"{identity}.new"
        fresh.unlink(missing_ok=True)
        copy_bytes(committed, fresh, size)
        fresh.rename(self.data_path(identity))
        return os.open(self.data_path(identity), os.O_RDWR | os.O_CLOEXEC)

    def _appends(self, identity: str) -> list[tuple[int, int]]:
        try:
            text = self._log_path(identity).read_text()
        except FileNotFoundError:
            return []
        lines = (line.split() for line in text.splitlines())
        return [(int(position), int(length)) for position, length in lines]

    def _log_path(self, identity: str) -> Path:
        return self._folder / f"{identity}.log"


def copy_bytes(source: str | Path, target: str | Path, size: int) -> None:
    """Copy the first `size` bytes of a file into a new one, inside the kernel.

    Raises:
        EOFError: the source is shorter.
    """
    read_from = os.open(source, os.O_RDONLY | os.O_CLOEXEC)
    write_to = os.open(target, _CREATE, 0o644)
    try:
        done = 0
        while done < size:
            copied = os.copy_file_range(read_from, write_to, size - done)
            if not copied:
                raise EOFError(f"{source} has {done} of {size} bytes; it was cut on disk.")
            done += copied
    finally:
        os.close(read_from)
        os.close(write_to)
