"""Changes: what has become of a table's columns and of its cursor since they were loaded last."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from shared.catalog import TableSpec
from shared.loading.cursor import CursorType, names_zone
from shared.loading.drift import Drift, fingerprint
from shared.loading.errors import CursorUnsound, WatermarkForeign
from shared.loading.order import Mode
from shared.loading.plan import PlannedColumn
from shared.loading.turn import SetAside
from shared.loading.watermark import Watermark


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What a load tells of drift. `reasons` set aside what it reads; if that is `done`, it reads nothing."""

    findings: tuple[str, ...]
    reasons: tuple[str, ...]
    done: bool


def judge_drift(drift: Drift, known: SetAside | None) -> Judged:
    """Say what is set aside: the same drift once, as what it bars from landing stays at the source."""
    if not drift.reasons:
        return Judged(findings=drift.findings, reasons=(), done=False)
    if known is not None and known.drift == fingerprint(drift.reasons):
        told = f"nothing is read: run {known.run_id} has set aside the same"
        return Judged(findings=(*drift.findings, told), reasons=drift.reasons, done=True)
    told = "what is read is set aside in quarantine (on_drift: quarantine)"
    return Judged(findings=(*drift.findings, told), reasons=drift.reasons, done=False)


def check_form(watermark: Watermark, cursor: CursorType) -> None:
    """Stop where the watermark's text would be read as another value than the one that was meant.

    Raises:
        WatermarkForeign: it is of another kind of cursor, or of a column with a time zone where the
            column has none, or the other way round. A text without a zone that a person wrote is UTC.
    """
    position = watermark.position
    try:
        cursor.parse(position)
    except CursorUnsound as error:
        raise WatermarkForeign(f"the watermark is of another kind: {error}") from error
    if cursor.kind != "timestamp":
        return
    moved = watermark.zoned is not None and watermark.zoned != cursor.zoned
    if moved or (names_zone(position) and not cursor.zoned):
        stands = "with" if cursor.zoned else "without"
        raise WatermarkForeign(
            f"the watermark {position} is not of a column {stands} a time zone, as the cursor is now"
        )


def find_start(watermark: Watermark | None, cursor: CursorType, start: str | None) -> str | None:
    """Read a step again where the column has become coarser than the watermark that a load wrote."""
    if start is None or watermark is None or watermark.by == "set" or start != watermark.position:
        return start
    return cursor.resume(start)


def known_columns(
    spec: TableSpec, ordered: Mode, columns: Sequence[PlannedColumn]
) -> Sequence[PlannedColumn]:
    """Give the columns that a source without a schema of its own keeps to.

    They are those of the last load, but none where any change is accepted (see `check_drift`).
    """
    anew = spec.cursor.kind == "none" and spec.on_drift == "add" and ordered == "incremental"
    return () if anew or ordered in ("initial", "snapshot") else columns


@contextmanager
def naming_cursor(spec: TableSpec) -> Generator[None]:
    """Say of which column a value is that no cursor can have: infinity, or one before Christ."""
    column = spec.cursor.column or ""
    try:
        yield
    except CursorUnsound as error:
        if column in str(error):
            raise
        raise CursorUnsound(f"column {column}: {error}") from error
