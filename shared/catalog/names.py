"""How source and table names become path segments that URLs and Hadoop leave alone.

Every UTF-8 byte outside `A-Z a-z 0-9 _ . -` is written as `~` and two upper-case hex digits. So
is a `.` or `_` at the start, because Hadoop hides such names, and a `.` at the end, because Azure
Storage advises against path segments that end with one.
"""

import re

_UNSAFE = re.compile(rb"[^A-Za-z0-9_.-]|^[._]|\.\Z")
_ESCAPE = re.compile(rb"~([0-9A-F]{2})")


class NameUnencodable(ValueError):
    """Give the source or table a name that is not empty and is valid Unicode."""


class SegmentForeign(ValueError):
    """The path segment was not written by Tidemark; look for who else writes to the folder."""


def encode_name(name: str) -> str:
    """Give the one path segment that stands for a name. Different names never share a segment.

    Raises:
        NameUnencodable: the name is empty or holds half of a surrogate pair.
    """
    if not name:
        raise NameUnencodable("An empty name has no path segment; give the table a name")
    try:
        raw = name.encode()
    except UnicodeEncodeError as error:
        raise NameUnencodable(f"{name!r} is not valid Unicode; correct the name") from error
    return _UNSAFE.sub(lambda unsafe: b"~%02X" % unsafe[0][0], raw).decode("ascii")


def decode_name(segment: str) -> str:
    """Give the name that a path segment stands for: the inverse of `encode_name`.

    Raises:
        SegmentForeign: `encode_name` would never have written this segment.
    """
    try:
        raw = segment.encode("ascii")
        name = _ESCAPE.sub(lambda escape: bytes((int(escape[1], 16),)), raw).decode()
        if encode_name(name) == segment:
            return name
    except (UnicodeError, NameUnencodable) as error:
        raise SegmentForeign(f"{segment!r} is not an encoded name") from error
    raise SegmentForeign(f"{segment!r} is not an encoded name")
