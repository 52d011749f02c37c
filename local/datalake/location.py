"""Where a request points: a filesystem and the segments of a path in it, refused if unsafe."""

import re
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from local.datalake.errors import Fault, Refused

# Container names: 3 to 63 lower-case letters, digits and single hyphens. None can start with a
# dot, so none can meet the hidden folder.
_FILESYSTEM = re.compile(r"[$a-z0-9](?!.*--)[-a-z0-9]{1,61}[a-z0-9]", re.ASCII)
_UNSAFE = re.compile(r"[\\\x00-\x1f]")
_SEGMENT_BYTES = 255  # what Linux filesystems take
_PATH_CHARACTERS = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A path in a filesystem; no segments mean the filesystem's root directory."""

    filesystem: str
    segments: tuple[str, ...]

    @property
    def path(self) -> str:
        return "/".join(self.segments)

    @property
    def parent(self) -> "Location":
        return Location(filesystem=self.filesystem, segments=self.segments[:-1])

    def is_below(self, other: "Location") -> bool:
        """Whether this location lies strictly inside the other one."""
        depth = len(other.segments)
        return (
            self.filesystem == other.filesystem
            and len(self.segments) > depth
            and self.segments[:depth] == other.segments
        )


def parse_location(encoded: str) -> Location:
    """Read `filesystem[/path]`, percent-encoded UTF-8; a single trailing slash is dropped.

    Raises:
        Refused: InvalidUri or InvalidResourceName for anything that cannot be a safe path:
            `.` and `..`, empty segments, NUL, backslash, names the disk cannot take.
    """
    text = decode(encoded)
    filesystem, _, path = text.partition("/")
    return Location(filesystem=checked_filesystem(filesystem), segments=parse_segments(path))


def parse_segments(path: str) -> tuple[str, ...]:
    """Split a decoded path; see `parse_location` for what is refused."""
    if path in ("", "/"):
        return ()
    if len(path) > _PATH_CHARACTERS:
        raise Refused(Fault.INVALID_RESOURCE_NAME, "The path is longer than 1,024 characters.")
    return tuple(_checked_segment(segment) for segment in path.removesuffix("/").split("/"))


def checked_filesystem(name: str) -> str:
    """Return the name if the service allows it for a filesystem, else raise Refused."""
    if not _FILESYSTEM.fullmatch(name):
        raise Refused(Fault.INVALID_RESOURCE_NAME, f"{name!r} cannot name a filesystem.")
    return name


def is_filesystem(name: str) -> bool:
    return _FILESYSTEM.fullmatch(name) is not None


def decode(encoded: str) -> str:
    """Decode percent-encoding once.

    Raises:
        Refused: InvalidUri when the bytes are not UTF-8.
    """
    try:
        return unquote_to_bytes(encoded).decode()
    except UnicodeDecodeError:
        raise Refused(Fault.INVALID_URI) from None


def _checked_segment(segment: str) -> str:
    if segment in ("", ".", ".."):
        raise Refused(Fault.INVALID_RESOURCE_NAME, f"A path has no segment {segment!r}.")
    if _UNSAFE.search(segment):
        raise Refused(
            Fault.INVALID_RESOURCE_NAME, "A path has no backslash and no control character."
        )
    if len(segment.encode()) > _SEGMENT_BYTES:
        raise Refused(Fault.INVALID_RESOURCE_NAME, "A segment is longer than 255 bytes.")
    return segment
