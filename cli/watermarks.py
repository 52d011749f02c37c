"""Watermarks as the API answers them, their history and corrections, and how they look to people."""

from __future__ import annotations

import msgspec
from rich.console import Group, RenderableType
from rich.text import Text

from cli.answers import Standpoint, Watermark
from cli.formats import clean, format_span, format_text, format_time
from cli.layout import list_facts, make_grid

_MOVED_BY = {"load": "a load", "set": "hand", "rollback": "a rollback"}


class History(msgspec.Struct, frozen=True, kw_only=True):
    """Every watermark that a table has had, newest first."""

    table: str
    watermarks: tuple[Watermark, ...]


class Correction(msgspec.Struct, frozen=True, kw_only=True):
    """A watermark moved by hand, and the one it took the place of."""

    table: str
    watermark: Watermark
    before: Watermark | None = None


def render_watermark(table: Standpoint) -> RenderableType:
    """Write how far a table is loaded."""
    return list_facts(("Table", table.table), *watermark_facts(table))


def watermark_facts(table: Standpoint) -> tuple[tuple[str, str], ...]:
    """Say how far a table is loaded, and what carried it there."""
    kind = ("Cursor", table.watermark_kind)
    mark = table.watermark
    if mark is None:
        return (kind, ("Watermark", "none yet"))
    reason = (("Reason", mark.reason),) if mark.reason else ()
    return (
        kind,
        ("Watermark", _position(mark)),
        ("Lag", format_span(table.lag_seconds)),
        ("Moved (UTC)", f"{format_time(mark.moved_at)}, move {mark.version}"),
        ("Moved by", mark.run_id or _mover(mark)),
        *reason,
    )


def render_history(history: History) -> RenderableType:
    """Write every watermark that a table has had in one line each."""
    if not history.watermarks:
        return Text(f"{clean(history.table)} has no watermark yet.")
    grid = make_grid(">Version", "Watermark", "Moved (UTC)", "By", "Run or reason")
    for mark in history.watermarks:
        grid.add_row(
            str(mark.version),
            _position(mark),
            format_time(mark.moved_at),
            _mover(mark),
            format_text(mark.reason or mark.run_id),
        )
    return Group(Text(f"Watermarks of {clean(history.table)}, newest first:\n"), grid)


def render_correction(correction: Correction) -> RenderableType:
    """Write from where to where a watermark was moved, and why."""
    mark, before = correction.watermark, correction.before
    return list_facts(
        ("Table", correction.table),
        ("Watermark", _position(mark)),
        ("Before", _position(before) if before else "none"),
        ("Version", str(mark.version)),
        ("Moved by", _mover(mark)),
        ("Reason", mark.reason),
    )


def _position(mark: Watermark) -> str:
    return f"{clean(mark.position)} ({clean(mark.how)})"


def _mover(mark: Watermark) -> str:
    return _MOVED_BY.get(mark.by, clean(mark.by))
