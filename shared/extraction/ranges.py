"""What of a table a load reads: the spans above its start, and how they are cut into slices."""

from __future__ import annotations

from dataclasses import dataclass, replace

from shared.catalog import TableSpec
from shared.extraction.source import Session, TableShape
from shared.loading.bound import Bound, Mark, is_highest_done
from shared.loading.cursor import CursorType
from shared.loading.order import Mode
from shared.loading.plan import Slice
from shared.loading.slices import count_parts, number_slices, tile_span
from shared.loading.span import Observation, Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """From where a load reads, and where its progress will stop. `marks` are those the bound is made of."""

    cursor: CursorType
    start: str | None
    bound: Bound
    marks: tuple[Mark, ...] = ()

    def holds(self, value: str | None) -> bool:
        if value is None:
            return False
        return self.start is None or self.cursor.parse(value) > self.cursor.parse(self.start)


def find_spans(spec: TableSpec, mode: Mode, seen: Observation, given: Range) -> tuple[Span, ...]:
    """Say what to read: all above the start, whatever the bound, and the rows without a cursor value."""
    spans: tuple[Span, ...] = ()
    if mode == "snapshot":
        return (Span(), Span(nulls=True)) if seen.has_nulls else (Span(),)
    # Initial loads are read without an upper end whatever `fresh` says (bronze contract).
    upto = _wait_upto(spec, seen, given) if mode == "incremental" and not spec.fresh else None
    new = seen.highest_unknown or given.holds(seen.max_cursor)
    if new and (upto is None or given.holds(upto)):
        spans = (Span(after=given.start, upto=upto),)
    if seen.has_nulls and spec.nulls == "include":
        spans += (Span(nulls=True),)
    return spans


def _wait_upto(spec: TableSpec, seen: Observation, given: Range) -> str | None:
    """Say how far a load reads that waits for rows until they have settled (`fresh: false`).

    The highest value is read once it has: the bound stays below it for others that may be like it, and
    might never move again.
    """
    done = is_highest_done(spec.cursor, given.cursor, seen, settle=spec.settle, marks=given.marks)
    return seen.max_cursor if done else given.bound.value


def cut_slices(
    session: Session,
    spec: TableSpec,
    cursor: CursorType | None,
    shape: TableShape,
    spans: tuple[Span, ...],
) -> tuple[Slice, ...]:
    """Cut spans by the cursor into slices of about as many rows as the table file says.

    Raises CursorUnsound where a value to be cut by is none of the cursor's.
    """
    cut: list[Span] = []
    for span in spans:
        whole = span == Span()
        if whole and spec.cursor.kind == "change_tracking":
            cut += _by_key(session, spec, shape)
            continue
        rows = shape.estimated_rows if whole else session.estimate(spec, span)
        parts = count_parts(rows, spec.slices.rows)
        if cursor is None or span.nulls or parts == 1:
            cut.append(span)
        else:
            values = session.cut(spec, span, parts)
            # One that no cursor can have stops the load now, not when its slice is read.
            for value in values:
                cursor.parse(value)
            cut += tile_span(span, values)
    return number_slices(cut)


def _by_key(session: Session, spec: TableSpec, shape: TableShape) -> tuple[Span, ...]:
    """Cut a table by its key whose rows do not hold their cursor.

    Each slice has a snapshot of its own, and all of them are opened after the bound was fixed: a row
    that changes between two of them, its key included, has a version above the bound.
    """
    spans = tuple(part.span for part in cut_key_slices(session, spec, shape))
    if len(spans) == 1:
        return spans
    return tuple(replace(span, by_key=True) for span in spans)


def cut_key_slices(session: Session, spec: TableSpec, shape: TableShape) -> tuple[Slice, ...]:
    """Cut a reconciliation by the first key column, where both sides order it alike."""
    parts = count_parts(shape.estimated_rows, spec.slices.rows)
    cuts = session.cut_keys(spec, parts) if parts > 1 else ()
    return number_slices(tile_span(Span(), cuts))
