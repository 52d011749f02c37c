"""Specs, observations and cursor types that the tests of a load's core are written with."""

from dataclasses import replace
from typing import Any

from shared.catalog import CursorSpec, SourceSpec, TableSpec
from shared.loading.bound import NO_BOUND
from shared.loading.cursor import CursorType
from shared.loading.plan import LoadPlan, Slice
from shared.loading.span import Observation, Span

MICRO = CursorType(kind="timestamp", step=1_000, zoned=False)
MILLI = CursorType(kind="timestamp", step=1_000_000, zoned=False)
SECONDS = CursorType(kind="timestamp", step=1_000_000_000, zoned=False)
TICKS = CursorType(kind="timestamp", step=100, zoned=False)
NANO = CursorType(kind="timestamp", step=1, zoned=False)
ZONED = CursorType(kind="timestamp", step=1_000, zoned=True)
DATE = CursorType(kind="date", step=1, zoned=False)
INTEGER = CursorType(kind="integer", step=1, zoned=False)

SOURCE = SourceSpec(name="crm", kind="sql", engine="postgresql", connection="${CRM_DB}")
EXACT = CursorSpec(kind="timestamp", column="updated_at", assigned="database")
SETTLED = CursorSpec(kind="timestamp", column="updated_at")
SPEC = TableSpec(
    source=SOURCE, table="dbo.Users", key=("id",), cursor=SETTLED, target="bronze/crm/users"
)


def seen(clock: str, **fields: Any) -> Observation:
    """Observe a source with nothing special about it at a clock, in UTC."""
    usual: dict[str, Any] = {
        "max_cursor": None,
        "has_nulls": False,
        "oldest_open": None,
        "sessions_hidden": False,
    }
    return Observation(clock=clock, **{**usual, **fields})


def plan(**fields: Any) -> LoadPlan:
    """Plan an incremental load of one slice."""
    usual = LoadPlan(
        run_id="20260101T000000000Z-00000a.crm.dbo.Users",
        order_id="20260101T000000000Z-00000a",
        table="crm/dbo.Users",
        mode="incremental",
        run_no=3,
        spec=SPEC,
        cursor=MICRO,
        watermark_before="2026-01-01 00:00:00.000000",
        bound=NO_BOUND,
        columns=(),
        slices=(Slice(number=0, span=Span(after="2026-01-01 00:00:00.000000")),),
        overlap=None,
        planned_at="2026-01-02T00:00:00+00:00",
    )
    return replace(usual, **fields)
