"""What a column that Data Factory compared by can be used for, going by its name."""

from __future__ import annotations

import re
from typing import Literal

from cli.migration.adf_watermark import AdfWatermark, is_integer
from cli.migration.keys import is_date_dimension
from cli.migration.loop_input import Entry

Meaning = Literal["change", "event", "number", "business_date"]

_CHANGE = re.compile(r"updat|modif|chang|revis|last_?(write|touch|edit)", re.IGNORECASE)
_BUSINESS_DATE = re.compile(r"(.+_)?(date_?(key|id|sk)|calendar_date)|date|day|month|year")
_NUMBER = re.compile(r"(.*_)?(id|no|seq|number|sequence|version)|.*(Id|ID|No|Seq)")
_DATE = re.compile(r".*(_date|Date|_day|Day)")


def judge_column(entry: Entry, mark: AdfWatermark) -> Meaning:
    """Say what a column tells: of a change, of an event, in numbers, or only a day of business.

    A day of business never moves when a row changes, and in a table of days nothing else would.
    """
    name = _snake(entry.column)
    if _CHANGE.search(entry.column):
        return "change"
    if _BUSINESS_DATE.fullmatch(name) or is_date_dimension(entry):
        return "business_date"
    if _NUMBER.fullmatch(entry.column) or is_integer(mark):
        return "number"
    return "event"


def names_a_day(column: str) -> bool:
    """Whether a column's name says that it holds days, not moments."""
    return _DATE.fullmatch(column) is not None


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
