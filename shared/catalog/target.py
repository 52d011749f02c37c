"""Targets: where in the lake a table lands, as `filesystem/path`."""

import re
from collections.abc import Iterator

from shared.catalog.names import encode_name
from shared.catalog.spec import TableSpec

FILESYSTEMS = ("bronze", "silver", "gold", "quarantine", "landing")
STAGING = "_staging"
PATTERN = rf"^({'|'.join(FILESYSTEMS)})(/[A-Za-z0-9~-]([A-Za-z0-9_.~-]*[A-Za-z0-9_~-])?)+$"

_LONGEST_SEGMENT = 255
_SAFE = re.compile(r"[A-Za-z0-9_.~-]+")


def default_target(source: str, table: str) -> str:
    """Give the folder of a table that names none: one segment for the source, one for the table."""
    return f"bronze/{encode_name(source)}/{encode_name(table)}"


def quarantine_target(table: TableSpec) -> str:
    """Give the folder in which runs of a table are set aside."""
    return f"quarantine/{encode_name(table.source.name)}/{encode_name(table.table)}"


def silver_target(table: TableSpec) -> str:
    """Give the folder of a table in silver."""
    return f"silver/{encode_name(table.source.name)}/{encode_name(table.table)}"


def parse_target(text: str) -> str:
    """Give a well-formed target back as it is.

    Raises:
        ValueError: no known filesystem, no path, or a segment that is hidden, reserved or unsafe.
    """
    filesystem, *path = text.split("/")
    if filesystem not in FILESYSTEMS:
        raise ValueError(
            f"{text!r} is in no known filesystem; begin with {', '.join(FILESYSTEMS)}: "
            "bronze/crm/users"
        )
    if not any(path):
        raise ValueError(f"{text!r} has no path in its filesystem; write {filesystem}/crm/users")
    for segment in path:
        _check_segment(segment)
    return text


def folders_above(target: str) -> Iterator[str]:
    """Give every folder that a target lies in, its filesystem excluded, outermost first."""
    segments = target.split("/")
    for end in range(2, len(segments)):
        yield "/".join(segments[:end])


def _check_segment(segment: str) -> None:
    if not segment:
        raise ValueError(
            "has an empty segment; write single slashes between names, none at the end"
        )
    if segment == STAGING:
        raise ValueError(f"lies in {STAGING}, which holds unpublished files; choose another folder")
    if segment.startswith((".", "_")):
        raise ValueError(
            f"has the segment {segment!r}, which Hadoop hides; drop its first character"
        )
    if segment.endswith("."):
        raise ValueError(f"has the segment {segment!r}, which ends with a dot; drop the dot")
    if _SAFE.fullmatch(segment) is None:
        raise ValueError(
            f"has the segment {segment!r}; write only letters A-Z a-z, digits, _ . - and ~"
        )
    if len(segment) > _LONGEST_SEGMENT:
        raise ValueError(f"has a segment longer than {_LONGEST_SEGMENT} characters; shorten it")
