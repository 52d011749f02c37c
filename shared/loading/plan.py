"""The plan: everything a load will do, fixed before the first row is read and kept in the lake."""

from __future__ import annotations

from dataclasses import dataclass

from shared.catalog import Compare, TableSpec, quarantine_target
from shared.loading.bound import Bound
from shared.loading.cursor import CursorType
from shared.loading.order import Mode
from shared.loading.span import Span
from shared.loading.versions import FileVersion

# Slices of one run that are read at once, whatever is asked for: each is a child of one orchestrator.
MOST_AT_ONCE = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedColumn:
    """A column as it stood at planning, with the source's own name of its type.

    `lands` is the type in the lake as Arrow writes it, `nullable` whether the source lets it be
    NULL. A record of an earlier version says neither: then `lands` is empty. `mask` says how it is
    masked, and by which key if it is hashed; it is empty if the column lands in the clear.
    """

    name: str
    source_type: str
    lands: str = ""
    nullable: bool = True
    mask: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """One part of a plan, small enough for one activity. `files` are what it reads of a source of files."""

    number: int
    span: Span
    files: tuple[FileVersion, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadPlan:
    """What one run reads. Immutable once written; a rerun adopts it with a new attempt.

    `run_no` orders row images of a table: drawn with the turn, greater means read later.
    `watermark_before` is the position the plan starts from, `bound` where progress will stop.
    `overlap` is the path of what earlier loads landed above their bound, None if nothing. With
    `reasons` what is read is set aside in quarantine instead of landing. `identity` and
    `estimated_rows` are those of the table as it stood at planning. The spans of a reconciliation
    are values of the first key column instead of the cursor; it compares keys or whole rows.
    `traceparent` is where the run stands in its trace.
    """

    run_id: str
    order_id: str
    table: str
    mode: Mode
    run_no: int
    spec: TableSpec
    cursor: CursorType | None
    watermark_before: str | None
    bound: Bound
    columns: tuple[PlannedColumn, ...]
    slices: tuple[Slice, ...]
    overlap: str | None
    planned_at: str
    findings: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    identity: str | None = None
    estimated_rows: int = 0
    compare: Compare = "keys"
    traceparent: str = ""

    @property
    def target(self) -> str:
        """The folder in the lake that the run will lie in; staging is in its filesystem."""
        return quarantine_target(self.spec) if self.reasons else self.spec.target

    @property
    def accepted_identity(self) -> str | None:
        """The identity that this run vouches for, None if it tells nothing of rows that were there before.

        A comparison of keys alone would not see that values went back.
        """
        return None if self.mode == "reconcile" and self.compare == "keys" else self.identity

    @property
    def advances(self) -> bool:
        """Say whether this run may move the watermark: a backfill, a snapshot and a reconciliation never do."""
        if self.reasons:
            return False
        return self.mode in ("incremental", "initial") and self.cursor is not None

    @property
    def operation(self) -> str:
        """The value of `_op` for rows that this plan lands."""
        return "snapshot" if self.mode == "snapshot" else "upsert"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanReference:
    """What travels through history instead of a plan: where it lies, and what an orchestrator needs."""

    path: str
    mode: Mode
    run_no: int
    slices: int
    parallel: int
    watermark_before: str | None
    bound: Bound
    findings: tuple[str, ...] = ()
    quarantined: bool = False


def refer(plan: LoadPlan, path: str, *, at_once: int) -> PlanReference:
    """Shorten a plan to what an orchestrator needs; `at_once` of its slices may be read together."""
    return PlanReference(
        path=path,
        mode=plan.mode,
        run_no=plan.run_no,
        slices=len(plan.slices),
        parallel=min(at_once, MOST_AT_ONCE),
        watermark_before=plan.watermark_before,
        bound=plan.bound,
        findings=plan.findings,
        quarantined=bool(plan.reasons),
    )
