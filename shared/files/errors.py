"""What can go wrong with one file; the others of its run still land."""

from __future__ import annotations

from shared.loading.errors import PermanentError


class FileUnreadable(PermanentError):
    """Repair the file or its entry under `files` in the table's YAML, then replay its dead letter, or put the file into the landing zone again."""


class FileTooLarge(FileUnreadable):
    """The file grows beyond what is allowed when it is unpacked. Put it into the landing zone uncompressed or in smaller pieces, if that is meant."""


class FileDrifted(FileUnreadable):
    """The columns of the file are not those of the table. Repair the file, list what is gone under `columns: {exclude: [...]}`, or for new ones write `on_drift: add`; then replay its dead letter."""


class VersionGone(PermanentError):
    """The file was overwritten or deleted before it could be read. Load more often, or let writers give each file a new name."""
