"""Versions of files: which one is to be read, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from shared.loading.errors import Failure

# `landed`: its rows are in bronze, or in quarantine where they are malformed. `lost`: it was
# overwritten or deleted before it could be read. `dead`: it could not be read at all.
Fate = Literal["landed", "lost", "dead"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileVersion:
    """One version of one file. `path` begins with its filesystem; `etag` has no quotes.

    `modified` is UTC, ISO 8601. `sequencer` is the storage account's own text that orders the
    versions of one file, empty where no event told of the version. `size` is in bytes.
    """

    path: str
    etag: str
    modified: str
    size: int
    sequencer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRead:
    """What became of one version in a run.

    `rows` were landed and `malformed` ones set aside: together what was read. `bytes` came from the
    lake, of which `crc32` is the checksum as eight hex digits. `error` says why it is not landed.
    """

    version: FileVersion
    fate: Fate
    rows: int = 0
    malformed: int = 0
    bytes: int = 0
    crc32: str = ""
    error: Failure | None = None
