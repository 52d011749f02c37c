"""Conditional requests: what must hold of a path for an operation on it to go ahead.

Semantics of the public article "Specifying conditional headers for Blob service operations".
"""

import time
from dataclasses import dataclass

from local.datalake.entry import Entry
from local.datalake.errors import Fault, Refused
from local.datalake.lease import admit_write


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """The four conditional headers; times in whole seconds since the epoch, UTC."""

    if_match: str | None = None
    if_none_match: str | None = None
    if_modified_since: int | None = None
    if_unmodified_since: int | None = None

    @property
    def wants_absence(self) -> bool:
        """Whether the path must not exist at all."""
        return self.if_none_match == "*"

    def hold_for(self, entry: Entry | None) -> bool:
        if entry is None:
            return self.if_match is None
        if self.if_match is not None and not _matches(self.if_match, entry):
            return False
        if self.if_unmodified_since is not None and entry.last_modified > self.if_unmodified_since:
            return False
        return not self.show_unchanged(entry)

    def show_unchanged(self, entry: Entry) -> bool:
        """Whether a reader who sent these has the current state already."""
        if self.if_none_match is not None and _matches(self.if_none_match, entry):
            return True
        return self.if_modified_since is not None and entry.last_modified <= self.if_modified_since


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """What a request brings to be let through to a path: conditions and perhaps a lease id."""

    conditions: Conditions
    lease_id: str | None = None

    def admit_write(self, entry: Entry | None, *, unmet: Fault = Fault.CONDITION_NOT_MET) -> None:
        """Let a change of the path through.

        Raises:
            Refused: `unmet` when a condition fails, or a fault of leases.
        """
        if not self.conditions.hold_for(entry):
            raise Refused(unmet)
        lease = None if entry is None else entry.properties.lease
        admit_write(lease, given=self.lease_id, now=time.time())

    def admit_lease_action(self, entry: Entry) -> None:
        """Let a lease be acquired or changed: its own rules look at the lease id.

        Raises:
            Refused: ConditionNotMet.
        """
        if not self.conditions.hold_for(entry):
            raise Refused(Fault.CONDITION_NOT_MET)

    def admit_creation(self, entry: Entry | None) -> None:
        """Let a path be put where `entry` is now.

        Raises:
            Refused: PathAlreadyExists when the path was to be absent, else as `admit_write`.
        """
        if entry is not None and self.conditions.wants_absence:
            raise Refused(Fault.PATH_ALREADY_EXISTS)
        self.admit_write(entry)

    def admit_read(self, entry: Entry) -> None:
        """Let a read through; a lease id may be given and then must be right.

        Raises:
            Refused: status 304 when the reader has the current state, 412 for another condition,
                or a fault of leases.
        """
        if self.conditions.show_unchanged(entry):
            raise Refused(Fault.NOT_MODIFIED)
        if not self.conditions.hold_for(entry):
            raise Refused(Fault.CONDITION_NOT_MET)
        if self.lease_id is not None:
            admit_write(entry.properties.lease, given=self.lease_id, now=time.time())


def _matches(header: str, entry: Entry) -> bool:
    tags = {tag.strip().removeprefix("W/").strip('"') for tag in header.split(",")}
    return "*" in tags or entry.etag in tags
