"""What a dead letter of a file keeps: its table and its version, which is all that is needed to read it again."""

from __future__ import annotations

from dataclasses import dataclass

from shared.loading.versions import FileVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLetter:
    """A version of a file of a table."""

    table: str
    version: FileVersion

    @property
    def name(self) -> str:
        """What the letter is known by."""
        return f"{self.version.path}#{self.version.etag}"
