"""The LandingZone port: what is asked of the place where files arrive."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Protocol

from shared.loading.versions import FileVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """One version as it is read: as the server describes it, and its bytes from first to last."""

    version: FileVersion
    blocks: Iterator[bytes]


class LandingZone(Protocol):
    """Reads files of the landing zone. Raises LakeUnavailable, CredentialRejected."""

    def clock(self) -> datetime:
        """Give the server's time in UTC."""
        ...

    def list(self, folder: str) -> Iterator[FileVersion]:
        """List the files in a folder and all below it, as they are now; none if it is not there."""
        ...

    def look(self, path: str) -> FileVersion | None:
        """Give the version that lies at a path now, None if there is no file."""
        ...

    def open(self, version: FileVersion) -> Opened:
        """Read exactly this version in bounded memory. Raises VersionGone, also while it is read."""
        ...

    def seek(self, version: FileVersion) -> AbstractContextManager[tuple[FileVersion, BinaryIO]]:
        """Read exactly this version anywhere in it, as `open` does."""
        ...
