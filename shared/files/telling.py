"""Says in words what became of the files of a run that did not simply land."""

from __future__ import annotations

from collections.abc import Sequence

from shared.loading.versions import FileRead

# The rest is counted: all of them stand in the manifest and among the arrivals.
MOST_TOLD = 20


def tell_reads(reads: Sequence[FileRead]) -> tuple[str, ...]:
    """Give a finding for each file that was lost, could not be read, or has malformed rows."""
    told = [_tell(read) for read in reads if read.fate != "landed" or read.malformed]
    more = len(told) - MOST_TOLD
    return (*told[:MOST_TOLD], *((f"and {more} more files",) if more > 0 else ()))


def _tell(read: FileRead) -> str:
    path = read.version.path
    if read.fate == "landed":
        return f"{path}: {read.malformed} malformed rows are in quarantine"
    why = f"{read.error.type}: {read.error.message}" if read.error else "no cause was recorded"
    return f"{path} did not land: {why}"
