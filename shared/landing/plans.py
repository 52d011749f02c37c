"""Plans, receipts and landings as files beside each other in staging; each is written once."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TypeVar

import msgspec

from shared.catalog import TableSpec, quarantine_target
from shared.landing import paths
from shared.landing.lake import Lake, PathMissing, PathTaken
from shared.loading.decoding import prepare
from shared.loading.errors import PlanUnreadable
from shared.loading.plan import LoadPlan
from shared.loading.receipt import Landing, Receipt
from shared.loading.span import Span
from shared.loading.turn import Turn

prepare(LoadPlan, Receipt, Landing)

T = TypeVar("T")
_PLAN = re.compile(r".*/plan-(\d+)/plan\.json")


def store_plan(lake: Lake, plan: LoadPlan, epoch: int) -> tuple[LoadPlan, str]:
    """Write a plan, or give the one that an earlier execution in this epoch has written."""
    path = paths.plan_file(plan.target, plan.run_id, epoch)
    return _write_once(lake, path, plan, LoadPlan), path


def find_plan(lake: Lake, spec: TableSpec, run_id: str, turn: Turn) -> tuple[LoadPlan, str] | None:
    """Find the plan of an earlier attempt of this run, if nobody has loaded the table since.

    A plan made for another spec is not taken: what it would read is no longer what is wanted. Nor is
    one made with other rules, as what it has read was judged by those.
    """
    if turn.last_run != run_id:
        return None
    found: dict[int, str] = {}
    for target in (spec.target, quarantine_target(spec)):
        for entry in lake.list(paths.staging(target, run_id)):
            if match := _PLAN.fullmatch(entry.path):
                found[int(match[1])] = entry.path
    if not found:
        return None
    path = found[max(found)]
    plan = read_plan(lake, path)
    same = (plan.spec.fingerprint, plan.spec.quality) == (spec.fingerprint, spec.quality)
    return (plan, path) if same else None


@lru_cache(maxsize=64)
def read_plan(lake: Lake, path: str) -> LoadPlan:
    """Read a plan; it never changes, so it is kept. Raises PlanUnreadable."""
    return _read(lake, path, LoadPlan)


def store_receipt(lake: Lake, plan: str, receipt: Receipt) -> Receipt:
    """Write the receipt of a slice; where another execution was first, its receipt counts."""
    path = paths.receipt_file(plan, receipt.slice)
    return _write_once(lake, path, receipt, Receipt)


def find_receipt(lake: Lake, plan: str, number: int) -> Receipt | None:
    """Give the receipt of a slice that has been landed already."""
    try:
        return msgspec.json.decode(lake.read(paths.receipt_file(plan, number)), type=Receipt)
    except PathMissing:
        return None


def read_receipts(lake: Lake, plan: str, numbers: Sequence[int]) -> tuple[Receipt, ...]:
    """Read the receipts that are there, by slice."""
    found = (find_receipt(lake, plan, number) for number in numbers)
    return tuple(receipt for receipt in found if receipt is not None)


def store_landing(lake: Lake, landing: Landing, epoch: int) -> tuple[Landing, str]:
    """Write a landing, or give the one that an earlier execution in this epoch has written."""
    path = paths.landing_file(landing.plan, epoch)
    return _write_once(lake, path, landing, Landing), path


def read_landing(lake: Lake, path: str) -> Landing:
    """Read a landing. Raises PlanUnreadable."""
    return _read(lake, path, Landing)


def store_spans(lake: Lake, path: str, cut: Callable[[], tuple[Span, ...]]) -> tuple[Span, ...]:
    """Cut a period once: whoever comes later is given what the first has written."""
    try:
        return _read(lake, path, tuple[Span, ...])
    except PlanUnreadable:
        if lake.exists(path):
            raise
    return _write_once(lake, path, cut(), tuple[Span, ...])


def _read(lake: Lake, path: str, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(lake.read(path), type=kind)
    except (PathMissing, msgspec.DecodeError) as error:
        raise PlanUnreadable(f"{path} is missing or damaged") from error


def _write_once(lake: Lake, path: str, value: T, kind: type[T]) -> T:
    try:
        lake.write(path, msgspec.json.encode(value))
    except PathTaken:
        return _read(lake, path, kind)
    return value
