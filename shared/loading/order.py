"""Orders: what somebody asked for, and what that means for one table."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Literal

from shared.catalog import Compare
from shared.catalog.names import SegmentForeign, decode_name, encode_name
from shared.loading.errors import BadOrder, PermanentError
from shared.loading.span import Span
from shared.loading.trace import TracePlace, place_of_order, place_of_run

Mode = Literal["incremental", "initial", "snapshot", "backfill", "reconcile"]
Reason = Literal["request", "schedule", "event", "backfill"]
State = Literal["queued", "running", "committing", "succeeded", "failed", "cancelled"]
FINAL: frozenset[str] = frozenset({"succeeded", "failed", "cancelled"})

_ORDER_ID = re.compile(r"[0-9]{8}T[0-9]{9}Z-[0-9a-f]{6}")
_RUN_HEAD = re.compile(rf"({_ORDER_ID.pattern})(?:-g[0-9]{{5,9}})?")
# Table Storage takes keys of up to 1 KiB characters, of which a run's id is not all.
_LONGEST_RUN_ID = 900


class LoadCancelled(PermanentError):
    """Nothing to do: the load was cancelled. Rerun its order to load what is left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BackfillSpec:
    """The half of an order that only a backfill has: `[start, end)` in the cursor's own units.

    Without a start it begins at the lowest value, without an end it goes up to the watermark, this
    value included; with neither it takes in the rows without a cursor value.
    """

    start: str | None
    end: str | None
    window: str
    parallel: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One request for loads, as recorded. `created_at` is UTC, ISO 8601. `compare` is for reconciliations.

    `asked` is the `traceparent` of who asked for it, empty if that is not known.
    """

    order_id: str
    tables: tuple[str, ...]
    mode: Mode = "incremental"
    reason: Reason = "request"
    after: str | None = None
    backfill: BackfillSpec | None = None
    created_at: str
    attempt: int = 1
    compare: Compare = "keys"
    asked: str = ""

    @property
    def place(self) -> TracePlace:
        """Where this attempt stands in its trace."""
        return place_of_order(self.order_id, self.attempt, self.asked)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderWork:
    """An order as an orchestration works on it.

    `part` is the first that this generation takes up: of a batch the wave of tables, of a backfill
    the group of windows. An orchestration with many children starts over with the next.
    """

    order: Order
    part: int = 0

    @property
    def traceparent(self) -> str:
        """Where its steps stand in their trace."""
        return str(self.order.place)


@dataclass(frozen=True, slots=True, kw_only=True)
class TableOrder:
    """One table's part of an order: the input of `load_table`.

    `part` numbers a backfill's group of windows, whose spans are then given; None otherwise.
    """

    order_id: str
    table: str
    mode: Mode
    reason: Reason
    attempt: int = 1
    after: str | None = None
    part: int | None = None
    spans: tuple[Span, ...] = field(default=())
    compare: Compare = "keys"
    asked: str = ""

    @property
    def run_id(self) -> str:
        """Table and order make the run: asking again for the same names the same run."""
        return run_id(self.order_id, self.table, self.part)

    @property
    def traceparent(self) -> str:
        """Where its steps stand in their trace: below the run."""
        order = place_of_order(self.order_id, self.attempt, self.asked)
        return str(place_of_run(self.run_id, self.attempt, order))


def new_order_id(now: datetime, entropy: str) -> str:
    """Name an order so that names sort by time. `now` is UTC; `entropy` is six hex digits."""
    stamp = now.astimezone(UTC)
    return f"{stamp:%Y%m%dT%H%M%S}{stamp.microsecond // 1000:03d}Z-{entropy}"


def ordered_at(order_id: str) -> datetime:
    """Give the time, in UTC, at which an order was named."""
    return datetime.strptime(order_id[:18] + "+0000", "%Y%m%dT%H%M%S%f%z")


def run_id(order_id: str, table: str, part: int | None = None) -> str:
    """Name the run of one table in one order, safe in URLs, paths and table keys."""
    suffix = "" if part is None else f"-g{part:05d}"
    return f"{order_id}{suffix}.{table_key(table)}"


def order_of_run(run: str) -> str:
    """Give the order that a run belongs to. Raises BadOrder if this is no run id."""
    head, dot, _ = run.partition(".")
    match = _RUN_HEAD.fullmatch(head)
    if match is None or not dot or len(run) > _LONGEST_RUN_ID:
        raise BadOrder(f"{run!r} is not a run id")
    return match[1]


def table_of_run(run: str) -> str:
    """Give the table, as `source/schema.table`, that a run loads."""
    order_of_run(run)
    key = run.split(".", 1)[1]
    try:
        return table_of_key(key)
    except SegmentForeign as error:
        raise BadOrder(f"{run!r} is not a run id") from error


def is_order_id(text: str) -> bool:
    """Say whether a text has the form of an order id."""
    return _ORDER_ID.fullmatch(text) is not None


def table_key(table: str) -> str:
    """Turn `source/schema.table` into one safe word, one way: `source.schema.table`.

    It can be undone because a source's name holds no dot.
    """
    source, _, name = table.partition("/")
    return f"{encode_name(source)}.{encode_name(name)}"


def table_of_key(key: str) -> str:
    """Undo `table_key`."""
    source, _, name = key.partition(".")
    return f"{decode_name(source)}/{decode_name(name)}"


def instance_of(order: Order, part: str) -> str:
    """Name the orchestration of one part of an order; Durable allows 100 characters, so parts are hashed."""
    return f"{order_instance(order)}-{sha256(part.encode()).hexdigest()[:12]}"


def order_instance(order: Order) -> str:
    """Name the orchestration of an order: its id, and from the second attempt on the attempt."""
    return order.order_id if order.attempt == 1 else f"{order.order_id}.{order.attempt}"
