"""Owner, group and access control list of a path: kept and shown, never enforced.

The text forms are those of the public "Access control lists in Azure Data Lake Storage" article.
"""

import re
from dataclasses import dataclass

from local.datalake.errors import Fault, Refused

_ENTRY = re.compile(r"(default:)?(user|group|mask|other):([^:,]*):([r-][w-][x-])")
_SYMBOLIC = re.compile(r"([r-][w-][x-])([r-][w-][x-])([r-][w-][xtT-])\+?")
_OCTAL = re.compile(r"[01]?[0-7]{3}")
_BITS = ("---", "--x", "-w-", "-wx", "r--", "r-x", "rw-", "rwx")


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Who may do what, in the service's text forms."""

    acl: str
    owner: str = "$superuser"
    group: str = "$superuser"

    @property
    def permissions(self) -> str:
        """The nine letters a listing shows; a `+` follows when named entries exist."""
        plain = dict[str, str]()
        extended = ""
        for scope, kind, name, rights in _ENTRY.findall(self.acl):
            if scope or name:
                extended = "+"
            else:
                plain[kind] = rights
        group = plain.get("mask", plain["group"])
        return f"{plain['user']}{group}{plain['other']}{extended}"


FILE_ACCESS = Access(acl="user::rw-,group::r--,other::---")
DIRECTORY_ACCESS = Access(acl="user::rwx,group::r-x,other::---")


def acl_from_permissions(permissions: str, *, umask: str = "0000") -> str:
    """Turn `rwxr-x---` or `0750` into an access control list, less the bits of an octal umask.

    Raises:
        Refused: InvalidInput when a text is in neither form.
    """
    if match := _SYMBOLIC.fullmatch(permissions):
        parts = [part.replace("t", "x").replace("T", "-") for part in match.groups()]
        bits = [_BITS.index(part) for part in parts]
    elif _OCTAL.fullmatch(permissions):
        bits = [int(digit) for digit in permissions[-3:]]
    else:
        raise Refused(Fault.INVALID_INPUT, f"Permissions {permissions!r} are not like 0750.")
    if not _OCTAL.fullmatch(umask):
        raise Refused(Fault.INVALID_INPUT, f"The umask {umask!r} is not like 0027.")
    kept = [bit & ~int(mask) for bit, mask in zip(bits, umask[-3:], strict=True)]
    user, group, other = (_BITS[bit] for bit in kept)
    return f"user::{user},group::{group},other::{other}"


def checked_acl(acl: str) -> str:
    """Return the list when it is complete and well formed.

    Raises:
        Refused: InvalidInput when an entry cannot be read or one of owner, group, other lacks.
    """
    entries = [_ENTRY.fullmatch(entry) for entry in acl.split(",")]
    plain = {match[2] for match in entries if match and not match[1] and not match[3]}
    if not all(entries) or not {"user", "group", "other"} <= plain:
        raise Refused(
            Fault.INVALID_INPUT,
            f"The ACL {acl!r} needs entries like user::rwx,group::r-x,other::---.",
        )
    return acl
