"""Unpacks a stream of bytes block by block: gzip of any number of members, zstd; bombs are refused."""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from itertools import chain
from typing import Any

import pyarrow as pa

from shared.catalog.files_spec import Compression
from shared.files.errors import FileTooLarge, FileUnreadable

BLOCK = 2 * 1024 * 1024
# A file may grow this many times. Deflate cannot pack tighter than 1,032 to one, and text that
# people write hardly ever beyond 50; below the first number of bytes nobody asks.
MOST_GROWTH = 200
FREE_BYTES = 256 * 1024 * 1024
MOST_BYTES = 1024**4
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_GZIP_WINDOW = zlib.MAX_WBITS | 16


def unpack(blocks: Iterator[bytes], compression: Compression) -> Iterator[bytes]:
    """Give the unpacked bytes.

    Raises:
        FileUnreadable: the stream is damaged or cut off.
        FileTooLarge: it grows beyond the limits.
    """
    first = b""
    while len(first) < len(_ZSTD) and (block := next(blocks, b"")):
        first += block
    rest = chain((first,), blocks)
    kind = _guess(first) if compression == "auto" else compression
    if kind == "none":
        return (block for block in rest if block)
    meter = _Meter(rest)
    unpacked = _gunzip(meter) if kind == "gzip" else _unzstd(meter)
    return meter.limit(unpacked)


def _guess(first: bytes) -> Compression:
    if first.startswith(_GZIP):
        return "gzip"
    return "zstd" if first.startswith(_ZSTD) else "none"


class _Meter:
    """Counts what goes in and what comes out."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self.packed = self.unpacked = 0

    def __iter__(self) -> Iterator[bytes]:
        for block in self._blocks:
            self.packed += len(block)
            yield block

    def limit(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        """Pass blocks on until they are too many."""
        for block in blocks:
            self.unpacked += len(block)
            beyond = self.unpacked > FREE_BYTES and self.unpacked > self.packed * MOST_GROWTH
            if beyond or self.unpacked > MOST_BYTES:
                raise FileTooLarge(f"{self.packed} bytes grow to more than {self.unpacked}")
            yield block


def _gunzip(blocks: _Meter) -> Iterator[bytes]:
    member: Any = None
    for block in blocks:
        data = block
        while data:
            if member is None:
                # Some writers fill the end with zeros.
                data = data.lstrip(b"\0")
                if not data:
                    break
                member = zlib.decompressobj(_GZIP_WINDOW)
            try:
                unpacked = member.decompress(data, BLOCK)
            except zlib.error as error:
                raise FileUnreadable(f"the gzip stream is damaged: {error}") from error
            if unpacked:
                yield unpacked
            data = member.unused_data if member.eof else member.unconsumed_tail
            if member.eof:
                member = None
            elif len(unpacked) < BLOCK and not data:
                break
    if member is not None:
        yield from _drain(member)


def _drain(member: Any) -> Iterator[bytes]:
    """Give what a member still holds at the end of the file. Raises FileUnreadable if it is cut off."""
    try:
        rest = member.flush()
    except zlib.error as error:
        raise FileUnreadable(f"the gzip stream is damaged: {error}") from error
    if rest:
        yield rest
    if not member.eof:
        raise FileUnreadable("the gzip stream is cut off")


def _unzstd(blocks: _Meter) -> Iterator[bytes]:
    source = io.BufferedReader(_Blocks(iter(blocks)), BLOCK)
    try:
        with pa.CompressedInputStream(pa.PythonFile(source, "r"), "zstd") as stream:
            while block := stream.read(BLOCK):
                yield block
    except (pa.ArrowException, OSError) as error:
        raise FileUnreadable(f"the zstd stream is damaged or cut off: {error}") from error


class _Blocks(io.RawIOBase):
    """Blocks as a file that is read once."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        super().__init__()
        self._blocks, self._left = blocks, memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        while not self._left:
            block = next(self._blocks, None)
            if block is None:
                return 0
            self._left = memoryview(block)
        size = min(len(buffer), len(self._left))
        buffer[:size] = self._left[:size]
        self._left = self._left[size:]
        return size
