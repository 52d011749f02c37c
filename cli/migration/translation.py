"""Decides for every table of a Data Factory pipeline how Tidemark loads it, and says why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from cli.migration.adf_watermark import AdfWatermark, parse_start, read_watermark
from cli.migration.cursors import Meaning, judge_column, names_a_day
from cli.migration.errors import KeysUnknown
from cli.migration.finding import Finding
from cli.migration.keys import Key, find_key
from cli.migration.loop_input import Entry
from cli.migration.starts import judge_start
from shared.loading.cursor import Kind

_NO_CURSOR = Finding(
    fault="F4",
    where=(),
    found="compares by a day of business, which does not move when a row changes",
    done="kind none: the whole table is copied by every load, which also shows deletes",
)
_EVENT = Finding(
    fault="F4",
    where=(),
    found="compares by the time of an event: late events, corrections and deletes stay unseen",
    done="kept, and compared with the source row by row once a day",
)
_NUMBER = Finding(
    fault="F4",
    where=(),
    found="compares by a number, which finds new rows and no changed ones",
    done="kept; use a column that changes with the row if there is one",
)
_NULLS = Finding(
    fault="F5",
    where=(),
    found="never reads rows whose cursor is NULL",
    done="nulls: include reads them with every load and lands them when they are new or changed",
)
_KEY = Finding(
    fault="",
    where=(),
    found="has no key in Data Factory",
    done="key guessed from the table's name: check it, or give it with --key",
)
_DELETES = Finding(
    fault="F6",
    where=(),
    found="never notices a deleted row",
    done="not by a column either: kind change_tracking tells of deletes where SQL Server tracks the "
    "table; else use kind none where that matters and the table is small",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A table as it is to be written. `kind` is None for full copies, and then `start` is too."""

    entry: Entry
    key: Key
    meaning: Meaning
    kind: Kind | None
    start: str | None
    findings: tuple[Finding, ...]


def translate(
    entries: Sequence[Entry], keys: Mapping[str, tuple[str, ...]], watermarks: Path | None
) -> tuple[Draft, ...]:
    """Decide for each table, in order. `watermarks` is a folder of `<table>_cdc/cdc.json` files.

    Raises:
        KeysUnknown: no rule tells the key of some tables; all of them are named.
        InputUnreadable: a watermark cannot be read, or does not fit its column.
    """
    found = [(entry, find_key(entry, keys)) for entry in entries]
    unknown = tuple(entry.name for entry, key in found if key is None)
    if unknown:
        raise KeysUnknown(unknown)
    alone = len(entries) == 1
    return tuple(
        _draft(entry, key, _read(watermarks, entry, alone=alone))
        for entry, key in found
        if key is not None
    )


def _read(folder: Path | None, entry: Entry, *, alone: bool) -> AdfWatermark | None:
    return None if folder is None else read_watermark(folder, entry, alone=alone)


def _draft(entry: Entry, key: Key, mark: AdfWatermark | None) -> Draft:
    meaning = judge_column(entry, mark or AdfWatermark(state="missing"))
    kind = _kind(entry, meaning)
    start = parse_start(mark, kind) if mark and kind and mark.state == "found" else None
    findings = [*_judge(key, meaning), *judge_start(entry, mark, kind, start)]
    return Draft(
        entry=entry,
        key=key,
        meaning=meaning,
        kind=kind,
        start=start,
        findings=tuple(replace(finding, where=(entry.name,)) for finding in findings),
    )


def _kind(entry: Entry, meaning: Meaning) -> Kind | None:
    match meaning:
        case "business_date":
            return None
        case "number":
            return "integer"
        case "event" if names_a_day(entry.column):
            return "date"
        case _:
            return "timestamp"


def _judge(key: Key, meaning: Meaning) -> Iterator[Finding]:
    if key.guessed:
        yield _KEY
    if meaning == "business_date":
        yield _NO_CURSOR
        return
    if meaning == "event":
        yield _EVENT
    if meaning == "number":
        yield _NUMBER
    yield _NULLS
    yield _DELETES
