"""What must be remembered of a path beside its bytes, kept in one extended attribute of its inode.

An attribute moves with the inode: one rename(2) publishes content and properties together, and
renaming a directory carries those of everything below it at no cost.
"""

import errno
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from local.datalake.access import DIRECTORY_ACCESS, FILE_ACCESS, Access
from local.datalake.errors import Fault, Refused
from local.datalake.lease import Lease

_ATTRIBUTE = "user.tidemark.datalake"
_ATTRIBUTE_BYTES = 3800  # ext4 keeps the attributes of an inode in one block of 4,096 bytes
_METADATA_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_PRINTABLE = re.compile(r"[\x20-\x7e\xa0-\xff]*")


class PropertiesUnreadable(Exception):
    """The attribute of a path holds something this server did not write."""

    def __init__(self, found: bytes) -> None:
        super().__init__(
            f"The attribute {_ATTRIBUTE} holds {found[:80]!r}; remove it with `setfattr -x`."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Properties:
    """The remembered part of a path.

    Args:
        identity: names the file's uncommitted data; empty for what another tool put there.
        version: when the server last changed the path, nanoseconds since the epoch, UTC; no two
            changes share one; 0 for what another tool put there.
        created: nanoseconds since the epoch, UTC; 0 as above.
        metadata: user-defined, names in the case they were given.
        content: stored content headers (`Content-Type`, ...), by their name in a response.
    """

    identity: str = ""
    version: int = 0
    created: int = 0
    access: Access
    metadata: Mapping[str, str] = field(default_factory=dict[str, str])
    content: Mapping[str, str] = field(default_factory=dict[str, str])
    lease: Lease | None = None

    def without_ended_lease(self, now: float) -> "Properties":
        """Forget an expired lease: after a write it can no longer be renewed."""
        if self.lease is not None and self.lease.state(now) == "expired":
            return replace(self, lease=None)
        return self


def read_properties(descriptor: int, *, is_directory: bool) -> Properties:
    """Read the properties of an open path.

    Raises:
        PropertiesUnreadable: something else wrote the attribute.
    """
    try:
        raw = os.getxattr(descriptor, _ATTRIBUTE)
    except OSError as error:
        if error.errno != errno.ENODATA:
            raise
        return Properties(access=DIRECTORY_ACCESS if is_directory else FILE_ACCESS)
    return _decoded(raw)


def write_properties(target: str | int, properties: Properties) -> None:
    """Replace the properties of a path or descriptor at once.

    Raises:
        Refused: MetadataTooLarge.
    """
    raw = _encoded(properties)
    if len(raw) > _ATTRIBUTE_BYTES:
        raise Refused(Fault.METADATA_TOO_LARGE)
    os.setxattr(target, _ATTRIBUTE, raw)


def checked_metadata(metadata: Mapping[str, str]) -> Mapping[str, str]:
    """Return the metadata if every name and value can travel in a header.

    Raises:
        Refused: InvalidMetadata.
    """
    for name, value in metadata.items():
        if not _METADATA_NAME.fullmatch(name) or not _PRINTABLE.fullmatch(value):
            raise Refused(Fault.INVALID_METADATA, f"{name!r}: {value!r} is no metadata.")
    return metadata


def _encoded(properties: Properties) -> bytes:
    access, lease = properties.access, properties.lease
    return json.dumps(
        {
            "identity": properties.identity,
            "version": properties.version,
            "created": properties.created,
            "access": [access.acl, access.owner, access.group],
            "metadata": dict(properties.metadata),
            "content": dict(properties.content),
            "lease": lease and [lease.id, lease.duration, lease.expires_at, lease.breaks_at],
        },
        separators=(",", ":"),
    ).encode()


def _decoded(raw: bytes) -> Properties:
    try:
        stored = json.loads(raw)
        acl, owner, group = stored["access"]
        lease = None
        if stored["lease"] is not None:
            name, duration, expires_at, breaks_at = stored["lease"]
            lease = Lease(id=name, duration=duration, expires_at=expires_at, breaks_at=breaks_at)
        return Properties(
            identity=stored["identity"],
            version=stored["version"],
            created=stored["created"],
            access=Access(acl=acl, owner=owner, group=group),
            metadata=stored["metadata"],
            content=stored["content"],
            lease=lease,
        )
    except (ValueError, KeyError, TypeError) as error:
        raise PropertiesUnreadable(raw) from error
