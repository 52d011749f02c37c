"""The Lake port: what landing asks of ADLS Gen2. A path begins with its filesystem."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import BinaryIO, Protocol


class PathMissing(Exception):
    """Nothing lies at the path."""


class PathTaken(Exception):
    """Something lies at the path already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LakePath:
    """One entry of a listing; `path` begins with the filesystem."""

    path: str
    is_folder: bool
    bytes: int


class Lake(Protocol):
    """Files and folders of the lake. Raises LakeUnavailable when it does not answer."""

    def create(self, path: str) -> AbstractContextManager[BinaryIO]:
        """Stream a new file in bounded memory; it appears whole when the block ends well."""
        ...

    def write(self, path: str, content: bytes) -> None:
        """Write a small new file and its missing folders; nobody ever sees half of it.

        Raises PathTaken if there is one.
        """
        ...

    def read(self, path: str) -> bytes:
        """Read a small file. Raises PathMissing."""
        ...

    def open(self, path: str) -> AbstractContextManager[BinaryIO]:
        """Read a file anywhere in it, in bounded memory. Raises PathMissing."""
        ...

    def exists(self, path: str) -> bool:
        """Say whether a file or folder lies at the path."""
        ...

    def make_folder(self, path: str) -> None:
        """Make a folder and its parents; nothing happens if it is there."""
        ...

    def move(self, source: str, target: str) -> None:
        """Rename a file or folder at once. Raises PathMissing, or PathTaken if the target is there."""
        ...

    def list(self, folder: str) -> Iterator[LakePath]:
        """List a folder and all below it; nothing if it is not there."""
        ...

    def remove(self, folder: str) -> None:
        """Remove a folder with all below it; nothing happens if it is not there."""
        ...

    def ping(self) -> None:
        """Raise LakeUnavailable unless the lake answers."""
        ...
