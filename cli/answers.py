"""What the API answers, as far as the command line shows it; further fields are left alone.

The reference page of the API describes the full forms. States stay texts, so that an app that is
newer than this command line can still be looked at.
"""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from cli.errors import Refused

FINAL = frozenset({"succeeded", "failed", "cancelled"})
SUCCEEDED = "succeeded"

Kind = TypeVar("Kind")


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """An error of a run, with what to do about it."""

    type: str
    message: str
    remedy: str


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """What was ordered. `links["status"]` shows whether it is a backfill."""

    order_id: str
    tables: tuple[str, ...]
    links: dict[str, str]


class Stated(msgspec.Struct, frozen=True, kw_only=True):
    """Whatever can be waited for."""

    state: str


class Standing(Stated, frozen=True, kw_only=True):
    """The part that orders and backfills have in common."""

    order_id: str
    error: Failure | None = None
    cancel_requested: bool = False


class Repairs(msgspec.Struct, frozen=True, kw_only=True):
    """What a reconciliation found, and in how many rows; None of one from before they were counted."""

    compared: int | None = None
    missing: int
    changed: int
    deleted: int
    rekeyed: int


class TableOfOrder(msgspec.Struct, frozen=True, kw_only=True):
    """One table of an order; without a run while it is queued."""

    table: str
    state: str
    run_id: str | None = None
    outcome: str | None = None
    rows: int = 0
    bytes: int = 0
    watermark_after: str | None = None
    error: Failure | None = None
    repairs: Repairs | None = None


class Order(Standing, frozen=True, kw_only=True):
    """An order with all its tables."""

    mode: str
    reason: str
    attempt: int
    created_at: str
    ended_at: str | None = None
    tables: tuple[TableOfOrder, ...]


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """One window of a backfill, `[start, end)` in the cursor's units, or the rows without a value."""

    number: int
    start: str | None = msgspec.field(name="from")
    end: str | None = msgspec.field(name="to")
    nulls: bool = False
    state: str
    run_id: str | None = None
    error: Failure | None = None


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """Windows that are loaded, and all."""

    done: int
    total: int


class Backfill(Standing, frozen=True, kw_only=True):
    """A backfill with all its windows."""

    table: str
    start: str | None = msgspec.field(name="from")
    end: str | None = msgspec.field(name="to")
    attempt: int
    created_at: str
    ended_at: str | None = None
    progress: Progress
    windows: tuple[Window, ...]


class Bound(msgspec.Struct, frozen=True, kw_only=True):
    """Where progress stopped, and how firm that is; held back if a transaction was open since then."""

    value: str | None
    how: str
    held_back_since: str | None = None
    held_back_by: str | None = None


class HeldBack(msgspec.Struct, frozen=True, kw_only=True):
    """What kept the last load from calling more of a table done."""

    since: str
    seconds: int
    by: str | None = None


class Proven(msgspec.Struct, frozen=True, kw_only=True):
    """How much of what was read is proven to lie in the files."""

    level: str
    rows: int
    columns: int


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One table's run of one order."""

    run_id: str
    order_id: str
    table: str
    mode: str
    state: str
    outcome: str | None = None
    rows: int
    files: int
    bytes: int
    watermark_before: str | None = None
    watermark_after: str | None = None
    bound: Bound
    started_at: str
    ended_at: str | None = None
    attempt: int
    error: Failure | None = None
    findings: tuple[str, ...] = ()
    folder: str | None = None
    proof: Proven | None = None
    repairs: Repairs | None = None


class Runs(msgspec.Struct, frozen=True, kw_only=True):
    """Runs, newest first."""

    runs: tuple[Run, ...]


class Watermark(msgspec.Struct, frozen=True, kw_only=True):
    """How far a table is loaded, in the source's exact text; by a run, or by hand with a reason."""

    position: str
    how: str
    run_id: str | None = None
    moved_at: str
    version: int
    by: str = "load"
    reason: str | None = None


class Standpoint(msgspec.Struct, frozen=True, kw_only=True):
    """How far a table is; `lag_seconds` behind now, for cursors that count time in UTC."""

    table: str
    watermark_kind: str
    watermark: Watermark | None = None
    lag_seconds: float | None = None


class Table(Standpoint, frozen=True, kw_only=True):
    """One table: how far it is, who loads it, how it went lately."""

    target: str
    key: tuple[str, ...]
    schedule: str | None = None
    state: str
    held_back: HeldBack | None = None
    loading: str | None = None
    requested: int
    served: int
    runs: tuple[Run, ...]


class Tables(msgspec.Struct, frozen=True, kw_only=True):
    """All tables of the catalogue."""

    tables: tuple[Table, ...]


def read(raw: Any, kind: type[Kind]) -> Kind:
    """Read an answer as what it should be. Raises Refused if it is something else."""
    try:
        return msgspec.convert(raw, kind)
    except msgspec.ValidationError as error:
        raise Refused(
            f"the answer is not one of this version's API ({error}): "
            "correct --url, or bring the app and `tidemark` to the same version"
        ) from error
