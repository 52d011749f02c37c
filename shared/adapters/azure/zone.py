"""The landing zone on ADLS Gen2: each version is read under its own ETag, so that no other is taken for it."""

from __future__ import annotations

import io
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, BinaryIO, cast

from azure.core import MatchConditions
from azure.core.exceptions import ResourceModifiedError, ResourceNotFoundError
from azure.storage.filedatalake import DataLakeFileClient, DataLakeServiceClient

from shared.adapters.azure.lake import answering, split_path
from shared.files.errors import VersionGone
from shared.files.zone import Opened
from shared.landing.lake import PathMissing
from shared.loading.errors import LakeUnavailable
from shared.loading.versions import FileVersion

# What one request reads, of which the SDK takes ten times as much memory.
PIECE = 2 * 1024 * 1024
LANDING = "landing"


class AzureLandingZone:
    """Implements `shared.files.zone.LandingZone`."""

    def __init__(self, service: DataLakeServiceClient) -> None:
        self._service = service

    def clock(self) -> datetime:
        """Give the server's time in UTC."""
        dates: list[str] = []
        # Asks for no more than the zone, as an identity may have no role beyond some filesystems.
        with suppress(PathMissing), answering(LANDING):
            self._service.get_file_system_client(LANDING).get_file_system_properties(
                raw_response_hook=lambda answer: dates.append(
                    str(answer.http_response.headers["Date"])
                )
            )
        return parsedate_to_datetime(dates[0]).astimezone(UTC)

    def list(self, folder: str) -> Iterator[FileVersion]:
        """List the files in a folder and all below it, as they are now."""
        filesystem, inner = split_path(folder)
        try:
            with answering(folder):
                client = self._service.get_file_system_client(filesystem)
                for entry in client.get_paths(inner or None, recursive=True):
                    if not entry.is_directory:
                        yield FileVersion(
                            path=f"{filesystem}/{entry.name}",
                            etag=_bare(entry.etag),
                            modified=_utc(entry.last_modified),
                            size=int(entry.content_length or 0),
                        )
        except PathMissing:
            return

    def look(self, path: str) -> FileVersion | None:
        """Give the version that lies at a path now, None if there is no file."""
        try:
            with answering(path):
                found = self._file(path).get_file_properties()
        except PathMissing:
            return None
        return FileVersion(
            path=path,
            etag=_bare(found.etag),
            modified=_utc(found.last_modified),
            size=int(found.size),
        )

    def open(self, version: FileVersion) -> Opened:
        """Read exactly this version in bounded memory."""
        now = self._confirm(version)
        return Opened(version=now, blocks=self._blocks(now))

    @contextmanager
    def seek(self, version: FileVersion) -> Generator[tuple[FileVersion, BinaryIO]]:
        """Read exactly this version anywhere in it."""
        now = self._confirm(version)
        yield now, cast("BinaryIO", io.BufferedReader(_Seekable(self, now), PIECE))

    def fetch(self, version: FileVersion, offset: int, length: int) -> bytes:
        """Read a stretch of a version. Raises VersionGone."""
        with _reading(version):
            return self._fetch(self._file(version.path), version, offset, length)

    def _confirm(self, version: FileVersion) -> FileVersion:
        now = self.look(version.path)
        if now is None:
            raise VersionGone(f"{version.path} was deleted before it could be read")
        if now.etag != version.etag:
            raise VersionGone(f"{version.path} was overwritten before it could be read")
        return replace(now, sequencer=version.sequencer)

    def _blocks(self, version: FileVersion) -> Iterator[bytes]:
        for offset in range(0, version.size, PIECE):
            yield self.fetch(version, offset, min(PIECE, version.size - offset))

    def _fetch(
        self, client: DataLakeFileClient, version: FileVersion, offset: int, length: int
    ) -> bytes:
        got = client.download_file(
            offset=offset,
            length=length,
            etag=f'"{version.etag}"',
            match_condition=MatchConditions.IfNotModified,
        ).readall()
        if len(got) != length:
            raise LakeUnavailable(f"{version.path}: {len(got)} bytes came instead of {length}")
        return bytes(got)

    def _file(self, path: str) -> DataLakeFileClient:
        return self._service.get_file_client(*split_path(path))


class _Seekable(io.RawIOBase):
    """A version as a file that can be read anywhere."""

    def __init__(self, zone: AzureLandingZone, version: FileVersion) -> None:
        super().__init__()
        self._zone, self._version, self._at = zone, version, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        size = self._version.size
        self._at = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: size}[whence] + offset
        return self._at

    def readinto(self, buffer: Any, /) -> int:
        length = min(len(buffer), max(self._version.size - self._at, 0))
        if length:
            buffer[:length] = self._zone.fetch(self._version, self._at, length)
            self._at += length
        return length


@contextmanager
def _reading(version: FileVersion) -> Generator[None]:
    """Say of a condition that does not hold that the version is gone."""
    try:
        with answering(version.path, passing=(ResourceNotFoundError, ResourceModifiedError)):
            yield
    except ResourceNotFoundError as error:
        raise VersionGone(f"{version.path} was deleted while it was read") from error
    except ResourceModifiedError as error:
        raise VersionGone(f"{version.path} was overwritten while it was read") from error


def _bare(etag: str | None) -> str:
    return (etag or "").strip('"')


def _utc(moment: datetime | str) -> str:
    if isinstance(moment, str):
        moment = parsedate_to_datetime(moment)
    return moment.astimezone(UTC).isoformat()
