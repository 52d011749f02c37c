"""The hand-over files in the lake: the log of what was handed over, each written once."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from shared.lakehouse.errors import HandOverDamaged
from shared.lakehouse.handover import HandOver, digest_of, encode_handover
from shared.landing import paths
from shared.landing.lake import Lake, PathMissing, PathTaken
from shared.loading.decoding import prepare
from shared.loading.order import Mode
from shared.loading.published import PublishedRun

FOLDER = "bronze/_handover"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Head:
    """What a manifest says of its run, as far as it is wanted here."""

    run_id: str
    run_no: int
    load_type: Mode
    reasons: tuple[str, ...] = ()


prepare(HandOver, _Head)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A hand-over as it lies in the lake."""

    handover: HandOver
    path: str
    digest: str


def path_of(number: int) -> str:
    """Give the file of a hand-over."""
    return f"{FOLDER}/{number:08d}.json"


def read_handover(lake: Lake, number: int) -> Written | None:
    """Read a hand-over, None if there is none of this number. Raises HandOverDamaged."""
    path = path_of(number)
    try:
        content = lake.read(path)
    except PathMissing:
        return None
    try:
        found = msgspec.json.decode(content, type=HandOver)
    except msgspec.DecodeError as error:
        raise HandOverDamaged(f"{path} cannot be read: {error}") from error
    if found.number != number:
        raise HandOverDamaged(f"{path} holds number {found.number}")
    return Written(handover=found, path=path, digest=digest_of(content))


def find_last(lake: Lake, known: int) -> Written | None:
    """Find the last hand-over, going on from one that is known to be there (0: from the first)."""
    last = known
    while lake.exists(path_of(last + 1)):
        last += 1
    if last == 0:
        return None
    found = read_handover(lake, last)
    if found is None:
        raise HandOverDamaged(f"{path_of(last)} is gone, although it was handed over")
    return found


def append(lake: Lake, handover: HandOver) -> Written:
    """Write the next hand-over; where another was first with this number, that one counts."""
    path, content = path_of(handover.number), encode_handover(handover)
    try:
        lake.write(path, content)
    except PathTaken:
        found = read_handover(lake, handover.number)
        if found is None:
            raise HandOverDamaged(f"{path} was there and is gone") from None
        return found
    return Written(handover=handover, path=path, digest=digest_of(content))


def survey(lake: Lake, target: str) -> tuple[PublishedRun, ...]:
    """Find every run below a target by its manifest, for what was published before anybody counted."""
    found: list[PublishedRun] = []
    for entry in lake.list(target):
        folder, _, name = entry.path.rpartition("/")
        if name != paths.MANIFEST or not folder.startswith(f"{target}/run_id="):
            continue
        head = msgspec.json.decode(lake.read(entry.path), type=_Head)
        if not head.reasons:
            found.append(
                PublishedRun(
                    run_id=head.run_id, run_no=head.run_no, mode=head.load_type, folder=folder
                )
            )
    return tuple(sorted(found, key=lambda run: run.run_no))
