"""Writes the table file of an import, with the reason for each choice beside the table it concerns."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import yaml

from cli.migration.translation import Draft

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*|\$\{[A-Za-z_][A-Za-z0-9_]*\}")
_NOT_TEXT = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}
_WIDTH = 100
_UNBROKEN = 1_000_000

# Paragraphs are parted by an empty line; each is wrapped to the width of the file.
_HEAD = """\
Written by `tidemark import-adf` from a Data Factory pipeline, for you to read and to change. F1 to
F22 are the faults that the documentation explains. Lines with `check` hold what Data Factory does
not know: correct them if they are wrong. No table has a schedule of loads yet; comparisons under
`deletes` begin by themselves. Once the first loads are as they should be, add

defaults: {schedule: "0 */15 * * * *"}"""
_BUSINESS_DATE = """\
F4: Data Factory compared by {column}, a day of business, which does not move when a row changes.
The whole table is copied instead, so that changed and deleted rows show."""
_EVENT = """\
F4, F6: {column} is the time of an event. Events that arrive late, corrected and deleted rows are
not seen by it. Once a day the whole rows are compared and what differs is landed."""
_NUMBER = """\
F4: {column} is a number that new rows get. Changed and deleted rows are not seen by it; take a
column that changes with the row if there is one."""
_START = """\
F1, F2, F3: Data Factory may have skipped rows at or below its watermark, and they stay missing in
what it has landed. To get everything, delete this line before the first load, or order

tidemark load {table} --mode initial"""
_NULLS = "F5: Data Factory never read rows whose cursor is NULL."


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceDraft:
    """The source system to write. `connection` is a reference, such as `${SPOTIFY_DB}`."""

    name: str
    engine: str
    connection: str


def write_table_file(source: SourceDraft, drafts: Sequence[Draft]) -> str:
    """Give the file's text. Whether it is a good one is for the catalogue to say."""
    lines = [
        *_comment(_HEAD, ""),
        "source:",
        f"  name: {_scalar(source.name)}",
        "  kind: sql",
        f"  engine: {_scalar(source.engine)}",
        f"  connection: {_scalar(source.connection)}",
        "",
        "tables:",
    ]
    for number, draft in enumerate(drafts):
        lines += ([""] if number else []) + list(_table(source, draft))
    return "\n".join(lines) + "\n"


def _table(source: SourceDraft, draft: Draft) -> Iterator[str]:
    key = ", ".join(_scalar(column) for column in draft.key.columns)
    yield f"  - table: {_scalar(draft.entry.name)}"
    note = "  # check: guessed from the table's name" if draft.key.guessed else ""
    yield f"    key: [{key}]{note}"
    column = _shown(draft.entry.column)
    table = _shown(f"{source.name}/{draft.entry.name}")
    reasons = {"business_date": _BUSINESS_DATE, "event": _EVENT, "number": _NUMBER}
    if draft.meaning in reasons:
        text = reasons[draft.meaning].format(column=column, table=table)
        yield from _comment(text, "    ")
    if draft.kind is None:
        yield "    watermark: {kind: none}"
        return
    yield "    watermark:"
    yield f"      column: {_scalar(draft.entry.column)}"
    yield f"      kind: {draft.kind}{_kind_note(draft)}"
    if draft.kind != "integer":
        yield "      clock: utc  # check: the time zone of the values, if they have none themselves"
    if draft.start is not None:
        yield from _comment(_START.format(table=table), "      ")
        yield f'      start: "{draft.start}"'
    yield from _comment(_NULLS, "    ")
    yield "    nulls: include"
    if draft.meaning == "event":
        yield "    deletes: {reconcile: 1d, compare: rows}"


def _kind_note(draft: Draft) -> str:
    return "  # check: timestamp, if the column holds a time of day" if draft.kind == "date" else ""


def _comment(text: str, indent: str) -> Iterator[str]:
    for paragraph in text.split("\n\n"):
        for line in textwrap.wrap(paragraph, _WIDTH - len(indent) - 2, break_long_words=False):
            yield f"{indent}# {line}"


def _scalar(text: str) -> str:
    """Write a text so that YAML reads the very same text."""
    if _PLAIN.fullmatch(text) and text.lower() not in _NOT_TEXT:
        return text
    quoted: str = yaml.safe_dump(text, default_style='"', allow_unicode=True, width=_UNBROKEN)
    return quoted.strip()


def _shown(text: str) -> str:
    """Write a name into a comment, where a line break would end it."""
    return text if text.isprintable() else ascii(text)
