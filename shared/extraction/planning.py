"""Planning: look at the source once, fix the bound, cut the slices. Nothing is written."""

from __future__ import annotations

from dataclasses import dataclass, replace

from shared.catalog import TableSpec
from shared.extraction.changes import check_form, find_start, judge_drift, naming_cursor
from shared.extraction.columns import plan_columns
from shared.extraction.judging import check_soft_deletes, judge_fence, judge_nulls
from shared.extraction.periods import check_backfill
from shared.extraction.ranges import Range, cut_key_slices, cut_slices, find_spans
from shared.extraction.source import Session, TableShape
from shared.loading.bound import NO_BOUND, Bound, Mark, find_bound
from shared.loading.cursor import CursorType, cursor_type
from shared.loading.drift import check_drift, is_same
from shared.loading.errors import BadOrder, SchemaDrifted
from shared.loading.masks import MaskKey
from shared.loading.order import Mode, TableOrder
from shared.loading.plan import LoadPlan, PlannedColumn, Slice
from shared.loading.sentinels import (
    check_count,
    check_emptied,
    check_identity,
    check_tracking,
    has_counter,
    with_emptiness,
)
from shared.loading.span import Observation, Span
from shared.loading.turn import SetAside
from shared.loading.watermark import Watermark


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanBasis:
    """What planning starts from: the order, and what is remembered of the table.

    `planned_at` is UTC, ISO 8601. `published_run_no` is the last run that reached bronze, `columns`
    and `identity` those of the table that it loaded, `set_aside` what went to quarantine since.
    `mask_key` is what columns are hashed with, None if none is.
    """

    order: TableOrder
    spec: TableSpec
    run_no: int
    watermark: Watermark | None
    published_run_no: int
    columns: tuple[PlannedColumn, ...]
    marks: tuple[Mark, ...]
    planned_at: str
    set_aside: SetAside | None = None
    identity: str | None = None
    mask_key: MaskKey | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A plan, and the observation it stands on. The observation is None where no cursor is used."""

    plan: LoadPlan
    seen: Observation | None


def make_plan(session: Session, basis: PlanBasis) -> Planned:
    """Plan one run.

    Raises:
        BadOrder: the order does not fit the table (its mode, or `after` above the watermark).
        SourceReplaced, SourceEmptied, WatermarkAhead, FutureCursor: see `shared.loading.sentinels`.
        ColumnMissing: the column of soft deletes is not there, or one to be masked or included.
        MaskKeyMissing, MaskUnfit: see `shared.extraction.columns`.
        Other typed errors of `shared.loading.errors` for what the source shows.
    """
    spec, order = basis.spec, basis.order
    shape = session.shape(spec)
    columns = plan_columns(spec, shape, basis.mask_key)
    check_soft_deletes(spec, shape)
    mode = _mode(basis)
    check_identity(mode, basis.identity if basis.watermark else None, shape.identity)
    drift = check_drift(spec, ordered=order.mode, mode=mode, last=basis.columns, now=columns)
    judged = judge_drift(drift, basis.set_aside)
    if judged.reasons and mode == "reconcile":
        # What it would land is no copy of anything: tombstones, and rows of other columns.
        raise SchemaDrifted("; ".join(judged.reasons))
    cursor = _cursor(spec, shape)
    before = _start(basis, mode, cursor)
    with naming_cursor(spec):
        fenced = _fence(session, basis, mode, cursor, shape)
        slices = _slices(session, spec, mode, cursor, shape, spans=fenced.spans, done=judged.done)
    plan = LoadPlan(
        run_id=order.run_id,
        order_id=order.order_id,
        table=order.table,
        mode=mode,
        run_no=basis.run_no,
        spec=spec,
        cursor=cursor,
        watermark_before=before,
        bound=fenced.bound,
        columns=columns,
        slices=slices,
        overlap=_overlap(basis, mode, columns),
        planned_at=basis.planned_at,
        findings=shape.findings + judged.findings + fenced.findings,
        reasons=judged.reasons,
        identity=_identity(basis, mode, shape, fenced.seen),
        estimated_rows=shape.estimated_rows,
        compare=order.compare,
        traceparent=order.traceparent,
    )
    return Planned(plan=plan, seen=fenced.seen)


def _identity(
    basis: PlanBasis, mode: Mode, shape: TableShape, seen: Observation | None
) -> str | None:
    # An initial load may be of another table under the same name.
    last = None if mode == "initial" else basis.identity
    return with_emptiness(shape.identity, last, seen)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fenced:
    """Up to where progress may go and what is to be read, as far as the source was asked for it."""

    bound: Bound
    spans: tuple[Span, ...]
    seen: Observation | None = None
    findings: tuple[str, ...] = ()


def _fence(
    session: Session, basis: PlanBasis, mode: Mode, cursor: CursorType | None, shape: TableShape
) -> _Fenced:
    """Fix the bound before anything is read. A backfill, and what has no cursor, needs none."""
    spec, given = basis.spec, basis.order.spans or (Span(),)
    if cursor is None or mode == "reconcile":
        return _Fenced(bound=NO_BOUND, spans=given)
    since = _start(basis, mode, cursor) if mode == "incremental" else None
    seen = session.observe(spec, since)
    if mode == "backfill":
        return _Fenced(bound=NO_BOUND, spans=given, seen=seen)
    state = _judge_state(basis, mode, cursor, shape, seen)
    bound = _bound(basis, mode, cursor, seen)
    bound = _at_the_start(shape, bound) if mode == "initial" else bound
    start = find_start(basis.watermark, cursor, _start(basis, mode, cursor))
    marks = known_marks(mode, basis.marks)
    given = Range(cursor=cursor, start=start, bound=bound, marks=marks)
    return _Fenced(
        bound=bound,
        spans=find_spans(spec, mode, seen, given),
        seen=seen,
        findings=state + judge_nulls(spec, seen) + judge_fence(spec, bound, seen),
    )


def _slices(
    session: Session,
    spec: TableSpec,
    mode: Mode,
    cursor: CursorType | None,
    shape: TableShape,
    *,
    spans: tuple[Span, ...],
    done: bool,
) -> tuple[Slice, ...]:
    if done:
        return ()
    if mode == "reconcile":
        return cut_key_slices(session, spec, shape)
    return cut_slices(session, spec, cursor, shape, spans)


def _bound(basis: PlanBasis, mode: Mode, cursor: CursorType, seen: Observation) -> Bound:
    """Find the bound. An initial load's may lie below a watermark that the source contradicts."""
    return find_bound(
        basis.spec.cursor,
        cursor,
        seen,
        settle=basis.spec.settle,
        before=_loaded_upto(basis, mode, cursor),
        marks=known_marks(mode, basis.marks),
    )


def known_marks(mode: Mode, marks: tuple[Mark, ...]) -> tuple[Mark, ...]:
    """Give the sightings that still count: an initial load may follow a reseeded source, of which none does."""
    return () if mode == "initial" else marks


def _mode(basis: PlanBasis) -> Mode:
    spec = basis.spec
    if basis.order.mode == "backfill":
        check_backfill(spec)
    hashed = [name for name in spec.key if name in spec.masks(spec.key)]
    if basis.order.mode == "reconcile" and hashed:
        raise BadOrder(
            f"{spec.name} has a masked key column, {hashed[0]}: the keys of the lake cannot be compared "
            "with those of the source; order a snapshot load to see what was missed"
        )
    if basis.order.mode == "reconcile" and not basis.published_run_no:
        raise BadOrder(f"{spec.name} was never loaded: there is nothing to compare; load it first")
    return find_mode(basis)


def find_mode(basis: PlanBasis) -> Mode:
    """Let the load type follow from state and order."""
    order, spec = basis.order, basis.spec
    if order.mode == "reconcile":
        return "reconcile"
    if spec.cursor.kind == "none":
        return "snapshot"
    anew = basis.watermark is None and order.after is None and spec.cursor.start is None
    if order.mode == "incremental" and anew:
        return "initial"
    return order.mode


def _cursor(spec: TableSpec, shape: TableShape) -> CursorType | None:
    if spec.cursor.kind == "none":
        return None
    return cursor_type(
        spec.cursor.kind,
        resolution=shape.resolution,
        zoned=shape.zoned,
        open_unit=shape.open_unit,
    )


def _position(basis: PlanBasis, cursor: CursorType) -> str | None:
    """Give the position that is loaded already: the watermark, or what the table file starts above."""
    if basis.watermark is not None:
        check_form(basis.watermark, cursor)
        return basis.watermark.position
    start = basis.spec.cursor.start
    return None if start is None else cursor.format(cursor.parse(start) - cursor.step)


def _loaded_upto(basis: PlanBasis, mode: Mode, cursor: CursorType) -> str | None:
    """Give the position that the source has to bear out; an initial load starts anew and has none."""
    return _position(basis, cursor) if mode != "initial" else None


def _start(basis: PlanBasis, mode: Mode, cursor: CursorType | None) -> str | None:
    """Give the position the load reads from: what is loaded, or `after` for this order only."""
    order = basis.order
    if cursor is None or mode in ("initial", "snapshot"):
        return None
    position = _position(basis, cursor)
    if mode != "incremental":
        return position
    if order.after is None:
        return position
    if position is not None and cursor.parse(order.after) > cursor.parse(position):
        raise BadOrder(
            f"after: {order.after} lies above the watermark {position}; the rows between would be skipped"
        )
    return cursor.format(cursor.parse(order.after))


def _at_the_start(shape: TableShape, bound: Bound) -> Bound:
    """Where nothing is safe yet, let progress stand before every value that there can be.

    A number below the lowest that is seen may still belong to an open transaction. The next load reads
    the same rows again, and lands only those that have changed.
    """
    return bound if bound.value is not None else replace(bound, value=shape.lowest)


def _judge_state(
    basis: PlanBasis, mode: Mode, cursor: CursorType, shape: TableShape, seen: Observation
) -> tuple[str, ...]:
    """Tell whether the source is what it was, beyond its identity; raises where a load must stop."""
    if mode == "incremental":
        start = _start(basis, mode, cursor)
        last = basis.identity if basis.watermark else None
        check_tracking(cursor, seen, start, last=last, now=shape.identity)
    loaded = basis.watermark is not None and basis.published_run_no > 0
    emptied = check_emptied(basis.spec, mode, seen, loaded=loaded)
    if cursor.kind != "integer":
        return emptied
    same = has_counter(basis.identity)
    position = _loaded_upto(basis, mode, cursor)
    return emptied + check_count(basis.spec.cursor, cursor, seen, position, same=same)


def _overlap(basis: PlanBasis, mode: Mode, columns: tuple[PlannedColumn, ...]) -> str | None:
    """Trust the digests only if nobody has published since, and the order does not ask to read anew.

    They are of values in the order of their columns, so that of other columns they say nothing.
    """
    watermark = basis.watermark
    if watermark is None or mode != "incremental" or basis.order.after is not None:
        return None
    if basis.columns and not is_same(basis.columns, columns):
        return None
    return watermark.overlap if watermark.overlap_run_no == basis.published_run_no else None
