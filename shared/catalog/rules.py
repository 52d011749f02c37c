"""Combinations of keys that cannot work, within one table or between it and its source."""

import re
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from shared.catalog import grammar as g
from shared.catalog import silver_grammar as v
from shared.catalog import source_grammar as s
from shared.catalog.column_rules import COLUMN_RULES
from shared.catalog.files_grammar import FILES, check_files
from shared.catalog.place import Unread
from shared.catalog.queries import query_fits
from shared.catalog.rest_rules import check_rest_table
from shared.catalog.section import Fields

_ZONED = ("timestamp", "date")
_WITH_COLUMN = ("timestamp", "date", "integer", "rowversion")
_ASSIGNED_BY_EITHER = ("timestamp", "date", "integer")
_SQLSERVER_ONLY = ("rowversion", "change_tracking")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    """How the values of a kind are written."""

    pattern: str
    example: str


_DAY = r"\d{4,}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
_TIME = r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,9})?)?"
_STARTS = {
    "timestamp": _Form(
        pattern=rf"{_DAY}([ T]{_TIME})?(Z|[+-]\d\d(:?\d\d)?)?", example="2026-01-31 12:00:00"
    ),
    "date": _Form(pattern=_DAY, example="2026-01-31"),
    "integer": _Form(pattern=r"-?\d+", example="1000"),
    "rowversion": _Form(pattern=r"0x[0-9A-Fa-f]{16}", example="0x00000000000007D1"),
}


def check_table(table: Fields, source: Fields) -> None:
    """Report what contradicts itself in a table, its defaults applied, or between it and its source.

    A rule that needs a value which could not be read says nothing.
    """
    for rule in _TABLE_RULES:
        with suppress(Unread):
            rule(table, source)


def check_conditions(table: Fields, find_fault: Callable[[str], str | None]) -> None:
    """Report every rule of quality that `find_fault` does not understand."""
    with suppress(Unread):
        for rule in table[v.QUALITY]:
            with suppress(Unread):
                if fault := find_fault(rule[v.RULE]):
                    rule.at(v.RULE).report(f"cannot be judged at landing: {fault}")


def _files_fit_kind(table: Fields, source: Fields) -> None:
    kind, files = source[s.SOURCE_KIND], table[FILES]
    if kind != "files":
        if table.wrote(FILES):
            table.at(FILES).report(f"does not go with kind {kind}; remove it")
        return
    if not table.wrote(FILES):
        table.at(FILES).report(
            'is missing; kind files needs it: files: {path: "a/*.csv", format: csv}'
        )
    if table[g.WATERMARK][g.CURSOR_KIND] != "none":
        table[g.WATERMARK].at(g.CURSOR_KIND).report(
            "has to be none for files: which of them have landed is what is remembered"
        )
    if table[g.DELETES].how != "none":
        table.at(g.DELETES).report("does not go with kind files; remove it")
    if table[g.ON_DRIFT] == "quarantine":
        table.at(g.ON_DRIFT).report(
            "goes to a dead letter, not to quarantine, if it is a whole file; write add or freeze"
        )
    if files is not None:
        check_files(files, needed=table[g.KEY])


def _column_fits_kind(table: Fields, _source: Fields) -> None:
    watermark = table[g.WATERMARK]
    kind = watermark[g.CURSOR_KIND]
    if kind in _WITH_COLUMN and watermark[g.COLUMN] is None:
        watermark.at(g.COLUMN).report(f"is missing; kind {kind} needs it: column: updated_at")
    if kind not in _WITH_COLUMN and watermark.wrote(g.COLUMN):
        watermark.at(g.COLUMN).report(f"does not go with kind {kind}; remove it or change the kind")


def _clock_fits_kind(table: Fields, _source: Fields) -> None:
    watermark = table[g.WATERMARK]
    kind = watermark[g.CURSOR_KIND]
    if kind not in _ZONED and watermark.wrote(g.CLOCK):
        watermark.at(g.CLOCK).report(
            f"does not go with kind {kind}, only with {' and '.join(_ZONED)}; remove it"
        )


def _assigned_fits_kind(table: Fields, _source: Fields) -> None:
    watermark = table[g.WATERMARK]
    kind = watermark[g.CURSOR_KIND]
    for key in (g.ASSIGNED, g.FUTURE):
        if kind not in _ASSIGNED_BY_EITHER and watermark.wrote(key):
            watermark.at(key).report(
                f"does not go with kind {kind}, only with {', '.join(_ASSIGNED_BY_EITHER)}; "
                "remove it"
            )


def _start_fits_kind(table: Fields, _source: Fields) -> None:
    watermark = table[g.WATERMARK]
    kind, start = watermark[g.CURSOR_KIND], watermark[g.START]
    if start is None:
        return
    if kind not in _STARTS:
        watermark.at(g.START).report(f"does not go with kind {kind}; remove it")
    elif re.fullmatch(_STARTS[kind].pattern, start) is None:
        watermark.at(g.START).report(
            f'"{start}" is no value of kind {kind}; write one like "{_STARTS[kind].example}"'
        )


def _nulls_fit_kind(table: Fields, _source: Fields) -> None:
    kind = table[g.WATERMARK][g.CURSOR_KIND]
    if kind not in _WITH_COLUMN and table.wrote(g.NULLS) and table[g.NULLS] != "include":
        table.at(g.NULLS).report(
            f"does not go with kind {kind}, which has no cursor column; remove it"
        )


def _engine_knows_kind(table: Fields, source: Fields) -> None:
    kind, engine = table[g.WATERMARK][g.CURSOR_KIND], source[s.ENGINE]
    if kind in _SQLSERVER_ONLY and engine is not None and engine != "sqlserver":
        table[g.WATERMARK].at(g.CURSOR_KIND).report(
            f"{engine} has no {kind}, only sqlserver has; write timestamp, date, integer or none"
        )


def _tracked_deletes_fit_kind(table: Fields, source: Fields) -> None:
    kind, engine = table[g.WATERMARK][g.CURSOR_KIND], source[s.ENGINE]
    tracked = table[g.DELETES].how == "change_tracking"
    if tracked and kind != "change_tracking" and engine in (None, "sqlserver"):
        table.at(g.DELETES).report(
            f"change_tracking does not go with watermark kind {kind}, only with kind "
            "change_tracking; write {reconcile: 1d}"
        )


def _changes_are_read_fresh(table: Fields, _source: Fields) -> None:
    if table[g.WATERMARK][g.CURSOR_KIND] == "change_tracking" and not table[g.FRESH]:
        table.at(g.FRESH).report(
            "does not go with kind change_tracking: a row that changes all the time would never be "
            "read; write true"
        )


def _engine_knows_deletes(table: Fields, source: Fields) -> None:
    engine = source[s.ENGINE]
    tracked = table[g.DELETES].how == "change_tracking"
    if tracked and engine is not None and engine != "sqlserver":
        table.at(g.DELETES).report(
            f"{engine} has no change_tracking, only sqlserver has; write {{reconcile: 1d}}"
        )


def _slices_fit_source(table: Fields, source: Fields) -> None:
    slices, most = table[g.SLICES], source[s.MAX_CONNECTIONS]
    if slices.wrote(g.PARALLEL) and slices[g.PARALLEL] > most:
        slices.at(g.PARALLEL).report(
            f"is {slices[g.PARALLEL]}, more than the source's max_connections of {most}; "
            f"write at most {most}"
        )


def _rule_names_differ(table: Fields, _source: Fields) -> None:
    names = Counter[str]()
    for rule in table[v.QUALITY]:
        with suppress(Unread):
            names[rule[v.RULE_NAME]] += 1
            if names[rule[v.RULE_NAME]] > 1:
                rule.at(v.RULE_NAME).report(
                    f'"{rule[v.RULE_NAME]}" names another rule of this table already; rename one'
                )


_TABLE_RULES: tuple[Callable[[Fields, Fields], None], ...] = (
    _files_fit_kind,
    _column_fits_kind,
    _clock_fits_kind,
    _assigned_fits_kind,
    _start_fits_kind,
    _nulls_fit_kind,
    _engine_knows_kind,
    _engine_knows_deletes,
    _tracked_deletes_fit_kind,
    _changes_are_read_fresh,
    *COLUMN_RULES,
    _slices_fit_source,
    _rule_names_differ,
    check_rest_table,
    query_fits,
)
