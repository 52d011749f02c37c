"""Leases on a path: what each action makes of a lease, and which writes a lease lets through.

Follows the state table of the public "Lease Blob" REST reference.
"""

from dataclasses import dataclass, replace
from typing import Literal
from uuid import UUID

from local.datalake.errors import Fault, Refused

LeaseState = Literal["leased", "expired", "breaking", "broken"]

INFINITE = -1
_SHORTEST, _LONGEST = 15, 60  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """A lease as it was last changed; its state follows from the time of asking.

    Times are seconds since the epoch, UTC; `duration` is in seconds or INFINITE.
    """

    id: str
    duration: int
    expires_at: float | None
    breaks_at: float | None = None

    def state(self, now: float) -> LeaseState:
        if self.breaks_at is not None:
            return "breaking" if now < self.breaks_at else "broken"
        if self.expires_at is not None and now >= self.expires_at:
            return "expired"
        return "leased"

    def is_active(self, now: float) -> bool:
        return self.state(now) in ("leased", "breaking")


def lease_id(text: str) -> str:
    """Bring a lease id into the one form the service keeps.

    Raises:
        Refused: InvalidHeaderValue when the text is not a GUID.
    """
    try:
        return str(UUID(text))
    except ValueError:
        raise Refused(Fault.INVALID_HEADER_VALUE, f"{text!r} is not a GUID.") from None


def acquire(lease: Lease | None, *, proposed: str, duration: int, now: float) -> Lease:
    """Take the lease, or take it again with the same id.

    Raises:
        Refused: the duration is neither 15 to 60 nor INFINITE, or somebody else holds the lease.
    """
    if duration != INFINITE and not _SHORTEST <= duration <= _LONGEST:
        raise Refused(
            Fault.INVALID_HEADER_VALUE, "x-ms-lease-duration is 15 to 60 seconds, or -1 for ever."
        )
    if lease is not None and lease.is_active(now):
        if lease.id != proposed:
            raise Refused(Fault.LEASE_ALREADY_PRESENT)
        if lease.state(now) == "breaking":
            raise Refused(Fault.LEASE_BREAKING_NOT_ACQUIRED)
    return Lease(id=proposed, duration=duration, expires_at=_end(duration, now))


def renew(lease: Lease | None, *, given: str, now: float) -> Lease:
    """Start the lease's duration anew.

    Raises:
        Refused: no such lease, or it was broken.
    """
    held = _held(lease, given)
    if held.breaks_at is not None:
        raise Refused(Fault.LEASE_BROKEN_NOT_RENEWED)
    return replace(held, expires_at=_end(held.duration, now))


def change(lease: Lease | None, *, given: str, proposed: str, now: float) -> Lease:
    """Give the lease another id; asking twice is harmless.

    Raises:
        Refused: no such active lease, or it is being broken.
    """
    if lease is None or not lease.is_active(now):
        raise Refused(Fault.LEASE_NOT_PRESENT_OF_LEASE)
    if lease.id not in (given, proposed):
        raise Refused(Fault.LEASE_ID_MISMATCH_OF_LEASE)
    if lease.state(now) == "breaking":
        raise Refused(Fault.LEASE_BREAKING_NOT_CHANGED)
    return replace(lease, id=proposed)


def release(lease: Lease | None, *, given: str) -> None:
    """Allow the release of a lease.

    Raises:
        Refused: no such lease.
    """
    _held(lease, given)


def break_off(lease: Lease | None, *, period: int | None, now: float) -> Lease:
    """Break the lease after `period` seconds, or when it would end anyway if that is sooner.

    Raises:
        Refused: there is no lease, or the period is not 0 to 60 seconds.
    """
    if period is not None and not 0 <= period <= _LONGEST:
        raise Refused(Fault.INVALID_HEADER_VALUE, "x-ms-lease-break-period is 0 to 60 seconds.")
    if lease is None:
        raise Refused(Fault.LEASE_NOT_PRESENT_OF_LEASE)
    if not lease.is_active(now):
        return replace(lease, breaks_at=now)
    ends = lease.breaks_at if lease.breaks_at is not None else lease.expires_at
    if period is None:
        return replace(lease, breaks_at=now if ends is None else ends)
    return replace(lease, breaks_at=now + period if ends is None else min(ends, now + period))


def admit_write(lease: Lease | None, *, given: str | None, now: float) -> None:
    """Let a write through that may happen under this lease.

    Raises:
        Refused: the lease is active and its id is missing or another, or an id was given and no
            lease is active.
    """
    if lease is not None and lease.is_active(now):
        if given is None:
            raise Refused(Fault.LEASE_ID_MISSING)
        if given != lease.id:
            raise Refused(Fault.LEASE_ID_MISMATCH)
    elif given is not None:
        lost = lease is not None and lease.id == given
        raise Refused(Fault.LEASE_LOST if lost else Fault.LEASE_NOT_PRESENT)


def _held(lease: Lease | None, given: str) -> Lease:
    if lease is None:
        raise Refused(Fault.LEASE_NOT_PRESENT_OF_LEASE)
    if lease.id != given:
        raise Refused(Fault.LEASE_ID_MISMATCH_OF_LEASE)
    return lease


def _end(duration: int, now: float) -> float | None:
    return None if duration == INFINITE else now + duration
