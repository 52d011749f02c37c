"""Previews: what a load or a backfill would do, found out without writing anything anywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, replace

from shared.catalog import TableSpec
from shared.extraction.changes import known_columns
from shared.extraction.columns import plan_columns
from shared.extraction.periods import cut_period
from shared.extraction.planning import PlanBasis, find_mode, make_plan
from shared.extraction.source import KeyScan, Reading, Session, Sources, Statement, TableShape
from shared.landing.discretion import discreet
from shared.loading.bound import NO_BOUND, Bound
from shared.loading.errors import (
    BadOrder,
    ColumnMissing,
    Failure,
    IngestError,
    MaskKeyMissing,
    MaskUnfit,
    TransientError,
)
from shared.loading.order import BackfillSpec, Mode
from shared.loading.plan import LoadPlan, PlannedColumn, Slice
from shared.loading.slices import number_slices
from shared.loading.span import Observation, Span

# Beyond this many slices those that touch are estimated together, and share it evenly.
MOST_ESTIMATES = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewedSlice:
    """A slice, the query that would read it, and about how many rows that would give."""

    part: Slice
    statement: Statement
    estimated_rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a load would do. `stops` is the error that it would end with; the rest is then what was known before.

    `found` is what was seen of the source, None without a cursor. `drift` are its findings.
    """

    mode: Mode
    watermark_before: str | None
    bound: Bound = NO_BOUND
    found: Observation | None = None
    columns: tuple[PlannedColumn, ...] = ()
    drift: tuple[str, ...] = ()
    stops: Failure | None = None
    slices: tuple[PreviewedSlice, ...] = ()

    @property
    def estimated_rows(self) -> int:
        """About how many rows would be read."""
        return sum(part.estimated_rows for part in self.slices)


def preview_load(sources: Sources, basis: PlanBasis, period: BackfillSpec | None) -> Preview:
    """Plan as a load would, or with a period as a backfill would.

    Raises:
        TransientError: the source does not answer; trying again may tell more.
    """
    seen: _Witness | None = None
    try:
        known = known_columns(basis.spec, basis.order.mode, basis.columns)
        with discreet(basis.spec), sources.open(basis.spec, known) as session:
            seen = _Witness(session)
            return _look(seen, basis, period)
    except TransientError:
        raise
    except IngestError as error:
        stopped = stop_preview(basis, error)
        if seen is None:
            return stopped
        return replace(stopped, found=seen.observation, columns=_columns(basis, seen.table_shape))


def stop_preview(basis: PlanBasis, error: IngestError) -> Preview:
    """Give what is known of a load that would end with an error before anything is looked at."""
    position = basis.watermark.position if basis.watermark else None
    return Preview(mode=find_mode(basis), watermark_before=position, stops=error.failure)


def _columns(basis: PlanBasis, shape: TableShape | None) -> tuple[PlannedColumn, ...]:
    """Give the columns, none where it is these that stop the load."""
    if shape is None:
        return ()
    with suppress(ColumnMissing, MaskKeyMissing, MaskUnfit):
        return plan_columns(basis.spec, shape, basis.mask_key)
    return ()


def _look(seen: _Witness, basis: PlanBasis, period: BackfillSpec | None) -> Preview:
    spec = basis.spec
    parts: tuple[Slice, ...] | None = None
    if period is not None:
        position = basis.watermark.position if basis.watermark else None
        if position is None:
            raise BadOrder(f"{spec.name} has no watermark yet: load it first")
        spans = cut_period(seen, spec, seen.shape(spec), period, position)
        ranges = [span for span in spans if not span.nulls]
        # Planned as one span: how it is cut is what the windows say.
        whole = (Span(after=ranges[0].after, upto=ranges[-1].upto), *spans[len(ranges) :])
        basis = replace(basis, order=replace(basis.order, spans=whole))
        parts = number_slices(spans)
    planned = make_plan(seen, basis)
    plan: LoadPlan = planned.plan
    parts = plan.slices if parts is None else parts
    rows = _estimates(seen, spec, parts)
    return Preview(
        mode=plan.mode,
        watermark_before=plan.watermark_before,
        bound=plan.bound,
        found=planned.seen,
        columns=plan.columns,
        drift=plan.findings,
        slices=tuple(
            PreviewedSlice(
                part=part,
                statement=seen.statement(spec, part.span),
                estimated_rows=rows[part.number],
            )
            for part in parts
        ),
    )


def _estimates(seen: _Witness, spec: TableSpec, parts: Sequence[Slice]) -> Mapping[int, int]:
    """Estimate every slice, by number."""
    if len(parts) <= MOST_ESTIMATES:
        return {part.number: seen.estimate(spec, part.span) for part in parts}
    ranges = [part for part in parts if not part.span.nulls]
    whole = Span(after=ranges[0].span.after, upto=ranges[-1].span.upto)
    share, more = divmod(seen.estimate(spec, whole), len(ranges))
    shared = {part.number: share + (at < more) for at, part in enumerate(ranges)}
    nulls = [part for part in parts if part.span.nulls]
    return shared | {part.number: seen.estimate(spec, part.span) for part in nulls}


class _Witness:
    """A session that remembers what it was told, for what is left to say if planning stops."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._estimates: dict[Span, int] = {}
        self.table_shape: TableShape | None = None
        self.observation: Observation | None = None

    def shape(self, table: TableSpec) -> TableShape:
        if self.table_shape is None:
            self.table_shape = self._session.shape(table)
        return self.table_shape

    def observe(self, table: TableSpec, since: str | None = None) -> Observation:
        self.observation = self._session.observe(table, since)
        return self.observation

    def estimate(self, table: TableSpec, span: Span) -> int:
        if span not in self._estimates:
            self._estimates[span] = self._session.estimate(table, span)
        return self._estimates[span]

    def cut(self, table: TableSpec, span: Span, parts: int) -> tuple[str, ...]:
        return self._session.cut(table, span, parts)

    def cut_keys(self, table: TableSpec, parts: int) -> tuple[str, ...]:
        return self._session.cut_keys(table, parts)

    def scan(
        self, table: TableSpec, span: Span, *, columns: Sequence[str], hashed: Sequence[str]
    ) -> AbstractContextManager[KeyScan]:
        return self._session.scan(table, span, columns=columns, hashed=hashed)

    def statement(self, table: TableSpec, span: Span) -> Statement:
        return self._session.statement(table, span)

    def read(self, table: TableSpec, span: Span) -> AbstractContextManager[Reading]:
        return self._session.read(table, span)

    def ping(self) -> None:
        self._session.ping()
