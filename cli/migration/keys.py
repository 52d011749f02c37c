"""Key columns, which Data Factory does not know: as given, or by the names of Dim and Fact tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cli.migration.loop_input import Entry

_MODELLED = re.compile(r"(?:Dim|Fact)(?=[A-Z])|(?:dim|fact)_(?=.)")
_DATES = {"date", "calendar"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A table's key columns. `guessed` says that a rule gave them, not the user."""

    columns: tuple[str, ...]
    guessed: bool


def find_key(entry: Entry, given: Mapping[str, tuple[str, ...]]) -> Key | None:
    """Find a table's key: as given under its name, or by the rule; None if there is neither.

    The rule: a table called `DimX` or `FactX` (or `dim_x`, `fact_x`) has the key `x_id`, a
    dimension of dates `date_key`.
    """
    for name in (entry.name, entry.table):
        if name in given:
            return Key(columns=given[name], guessed=False)
    subject = _subject(entry.table)
    if subject is None:
        return None
    column = "date_key" if subject in _DATES else f"{subject}_id"
    return Key(columns=(column,), guessed=True)


def is_date_dimension(entry: Entry) -> bool:
    """Whether a table lists the days of a calendar, going by its name."""
    return (_subject(entry.table) or entry.table.lower()) in _DATES


def unknown_names(given: Iterable[str], entries: Iterable[Entry]) -> tuple[str, ...]:
    """Give the names of keys that belong to none of the tables."""
    known = {name for entry in entries for name in (entry.name, entry.table)}
    return tuple(name for name in given if name not in known)


def _subject(table: str) -> str | None:
    """Give what a Dim or Fact table is about, in snake case; None for any other table."""
    match = _MODELLED.match(table)
    if match is None:
        return None
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", table[match.end() :])
    return words.lower()
