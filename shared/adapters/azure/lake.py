"""The lake on ADLS Gen2, streaming appends straight into the service.

A request whose answer is lost on the way is sent again by the SDK. Repeating changes nothing but
for renames and new files, which find their own work done; `move` and `write` look then.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from typing import Any, BinaryIO, cast
from urllib.parse import quote

from azure.core import MatchConditions
from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.storage.blob import BlobClient
from azure.storage.filedatalake import DataLakeFileClient, FileSystemClient

from shared.adapters.azure.clients import LakeService
from shared.landing.lake import LakePath, PathMissing, PathTaken
from shared.loading.errors import CredentialRejected, LakeUnavailable

# What one append carries: large enough for few requests, small enough to hold several in memory.
CHUNK = 4 * 1024 * 1024
# What one request reads. The SDK takes ten times as much memory for it.
PIECE = 2 * 1024 * 1024
_REFUSED_LOGIN = (401, 403)
# Every identity of the app may look at it.
FIRST_FILESYSTEM = "bronze"


@contextmanager
def answering(path: str, *, passing: tuple[type[Exception], ...] = ()) -> Generator[None]:
    """Translate the SDK's errors once; those that are `passing` are for the caller.

    Raises:
        PathMissing, PathTaken, CredentialRejected, LakeUnavailable.
    """
    try:
        yield
    except passing:
        raise
    except ResourceNotFoundError as error:
        raise PathMissing(path) from error
    except (ResourceExistsError, ResourceModifiedError) as error:
        raise PathTaken(path) from error
    except AzureError as error:
        status = error.status_code if isinstance(error, HttpResponseError) else None
        if isinstance(error, ClientAuthenticationError) or status in _REFUSED_LOGIN:
            raise CredentialRejected(f"the lake refused the login: {error.message}") from error
        raise LakeUnavailable(f"{path}: {status or ''} {error.message}") from error


class AzureLake:
    """Implements `shared.landing.lake.Lake`."""

    def __init__(self, service: LakeService) -> None:
        self._service = service

    @contextmanager
    def create(self, path: str) -> Generator[BinaryIO]:
        """Stream a new file; until the block ends well it is there, but empty."""
        client = self._file(path)
        with answering(path):
            client.create_file()
        sink = _AppendStream(client, path)
        yield cast("BinaryIO", sink)
        sink.finish()

    def write(self, path: str, content: bytes) -> None:
        """Put a small new file and its folders in one request: it appears whole or not at all.

        Put Blob is that one request, on accounts with a hierarchical namespace too
        (https://learn.microsoft.com/azure/storage/blobs/data-lake-storage-multi-protocol-access).
        """
        self._in_filesystem(path, lambda: self._put(path, content))

    def read(self, path: str) -> bytes:
        """Read a small file."""
        with answering(path):
            return bytes(self._blob(path).download_blob().readall())

    @contextmanager
    def open(self, path: str) -> Generator[BinaryIO]:
        """Read a file anywhere in it, a chunk at a time."""
        client = self._blob(path)
        with answering(path):
            size = int(client.get_blob_properties().size)
        yield cast("BinaryIO", _RangeStream(client, path, size))

    def exists(self, path: str) -> bool:
        """Say whether a file or folder lies at the path."""
        with answering(path):
            return bool(self._file(path).exists())

    def make_folder(self, path: str) -> None:
        """Make a folder and its parents, and the filesystem if it is missing."""
        self._in_filesystem(path, lambda: self._make_folder(path))

    def move(self, source: str, target: str) -> None:
        """Rename a file or folder at once, never over something."""
        filesystem, inner = split_path(source)
        # The SDK undoes one encoding of the source's name.
        client = self._filesystem(filesystem).get_directory_client(quote(inner))
        retries: list[Any] = []
        try:
            with answering(source):
                client.rename_directory(
                    target,
                    match_condition=MatchConditions.IfMissing,
                    retry_hook=lambda **retry: retries.append(retry),
                )
        except (PathMissing, PathTaken):
            if not (retries and self.exists(target) and not self.exists(source)):
                raise

    def list(self, folder: str) -> Iterator[LakePath]:
        """List a folder and all below it."""
        filesystem, inner = split_path(folder)
        try:
            with answering(folder):
                for entry in self._filesystem(filesystem).get_paths(inner, recursive=True):
                    yield LakePath(
                        path=f"{filesystem}/{entry.name}",
                        is_folder=bool(entry.is_directory),
                        bytes=int(entry.content_length or 0),
                    )
        except PathMissing:
            return

    def remove(self, folder: str) -> None:
        """Remove a folder with all below it."""
        filesystem, inner = split_path(folder)
        try:
            with answering(folder):
                self._filesystem(filesystem).delete_directory(inner)
        except PathMissing:
            return

    def ping(self) -> None:
        """Raise LakeUnavailable unless the lake answers.

        Asks for no more than one filesystem, as an identity may have no role beyond some.
        """
        with suppress(PathMissing), answering(FIRST_FILESYSTEM):
            self._filesystem(FIRST_FILESYSTEM).get_file_system_properties()

    def _put(self, path: str, content: bytes) -> None:
        client = self._blob(path)
        retries: list[Any] = []
        try:
            with answering(path):
                client.upload_blob(
                    content,
                    length=len(content),
                    overwrite=False,
                    retry_hook=lambda **retry: retries.append(retry),
                )
        except PathTaken:
            if not (retries and self.read(path) == content):
                raise

    def _in_filesystem(self, path: str, make: Callable[[], None]) -> None:
        """Make something, and the filesystem first if it is missing."""
        try:
            make()
        except PathMissing:
            with suppress(PathTaken), answering(path):
                self._filesystem(split_path(path)[0]).create_file_system()
            make()

    def _make_folder(self, path: str) -> None:
        filesystem, inner = split_path(path)
        with suppress(PathTaken), answering(path):
            self._filesystem(filesystem).create_directory(
                inner, match_condition=MatchConditions.IfMissing
            )

    def _filesystem(self, name: str) -> FileSystemClient:
        return self._service.paths.get_file_system_client(name)

    def _file(self, path: str) -> DataLakeFileClient:
        filesystem, inner = split_path(path)
        return self._service.paths.get_file_client(filesystem, inner)

    def _blob(self, path: str) -> BlobClient:
        filesystem, inner = split_path(path)
        return self._service.blobs.get_blob_client(filesystem, inner)


class _AppendStream(io.RawIOBase):
    """Gathers written bytes into chunks, appends each at its position and flushes once at the end."""

    def __init__(self, client: DataLakeFileClient, path: str) -> None:
        super().__init__()
        self._client, self._path = client, path
        self._pending = bytearray()
        self._sent = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._sent + len(self._pending)

    def write(self, content: Any, /) -> int:
        self._pending += content
        while len(self._pending) >= CHUNK:
            self._send(CHUNK)
        return len(content)

    def finish(self) -> None:
        """Send the rest and make the file readable as a whole."""
        if self._pending:
            self._send(len(self._pending))
        with answering(self._path):
            self._client.flush_data(self._sent, close=True)

    def _send(self, size: int) -> None:
        with memoryview(self._pending) as pending:
            chunk = bytes(pending[:size])
        with answering(self._path):
            self._client.append_data(chunk, offset=self._sent, length=size)
        self._sent += size
        del self._pending[:size]


class _RangeStream(io.RawIOBase):
    """Reads a file piece by piece; readers mostly go on where they stopped."""

    def __init__(self, client: BlobClient, path: str, size: int) -> None:
        super().__init__()
        self._client, self._path, self._size = client, path, size
        self._at = 0
        self._begin, self._piece = 0, b""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        begin = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = begin + offset
        return self._at

    def read(self, size: int = -1, /) -> bytes:
        left = max(self._size - self._at, 0)
        end = self._at + (left if size < 0 else min(size, left))
        pieces: list[bytes] = []
        while self._at < end:
            if not self._begin <= self._at < self._begin + len(self._piece):
                self._fetch()
            piece = self._piece[self._at - self._begin : end - self._begin]
            pieces.append(piece)
            self._at += len(piece)
        return b"".join(pieces)

    def _fetch(self) -> None:
        length = min(PIECE, self._size - self._at)
        with answering(self._path):
            got = self._client.download_blob(offset=self._at, length=length).readall()
        if len(got) != length:
            raise LakeUnavailable(f"{self._path}: {len(got)} bytes came instead of {length}")
        self._begin, self._piece = self._at, bytes(got)


def split_path(path: str) -> tuple[str, str]:
    """Part a path of the lake into its filesystem and the rest."""
    filesystem, _, inner = path.partition("/")
    return filesystem, inner
