"""NCRONTAB schedules in UTC: the six-field form of Azure Functions timer triggers.

Source: "NCRONTAB expressions" in the Azure Functions timer trigger documentation. A day must
match both its day of month and its day of week.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_LONGEST_MONTH = {2: 29, 4: 30, 6: 30, 9: 30, 11: 30}
_ITEM = re.compile(r"(?:(?P<all>\*)|(?P<first>\w+)(?:-(?P<last>\w+))?)(?:/(?P<step>[0-9]{1,2}))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """The moments a schedule allows, field by field. Weekdays count from 0, Sunday."""

    seconds: frozenset[int]
    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Unit:
    noun: str
    lowest: int
    highest: int
    words: tuple[str, ...] = ()

    def values(self, text: str) -> frozenset[int]:
        """Expand one field; raises ValueError."""
        return frozenset(value for item in text.split(",") for value in self._expand(item))

    def _expand(self, item: str) -> range:
        match = _ITEM.fullmatch(item)
        if match is None:
            raise ValueError(f"the {self.noun} field cannot be {item!r}; {self._range}")
        step = int(match["step"] or 1)
        if not 1 <= step <= self.highest:
            raise ValueError(f"the {self.noun} field has the step {step}; {self._range}")
        if match["all"]:
            return range(self.lowest, self.highest + 1, step)
        first = self._number(match["first"])
        # A start with a step and no end, as in 5/15, runs to the end of the unit.
        last = self._number(match["last"]) if match["last"] else first
        if match["step"] and not match["last"]:
            last = self.highest
        if last < first:
            raise ValueError(f"the {self.noun} field runs backwards in {item!r}; split it in two")
        return range(first, last + 1, step)

    def _number(self, text: str) -> int:
        if text.lower() in self.words:
            return self.lowest + self.words.index(text.lower())
        if re.fullmatch(r"[0-9]{1,2}", text) and self.lowest <= int(text) <= self.highest:
            return int(text)
        raise ValueError(f"the {self.noun} field cannot hold {text!r}; {self._range}")

    @property
    def _range(self) -> str:
        words = f" or {self.words[0]} to {self.words[-1]}" if self.words else ""
        return f"write {self.lowest} to {self.highest}{words}, *, a range or a list"


_UNITS = (
    _Unit(noun="second", lowest=0, highest=59),
    _Unit(noun="minute", lowest=0, highest=59),
    _Unit(noun="hour", lowest=0, highest=23),
    _Unit(noun="day", lowest=1, highest=31),
    _Unit(noun="month", lowest=1, highest=12, words=_MONTHS),
    _Unit(noun="weekday", lowest=0, highest=6, words=_WEEKDAYS),
)


@lru_cache(maxsize=256)
def parse_schedule(text: str) -> Schedule:
    """Read an NCRONTAB expression.

    Raises:
        ValueError: it has not six fields, a field is out of range, or no day ever matches.
    """
    fields = text.split()
    if len(fields) != len(_UNITS):
        hint = f": put a 0 for the seconds in front, '0 {text}'" if len(fields) == 5 else ""  # noqa: PLR2004 - the fields of crontab
        raise ValueError(
            f"{text!r} has {len(fields)} fields; write six "
            f"(second minute hour day month weekday){hint}"
        )
    seconds, minutes, hours, days, months, weekdays = (
        unit.values(field) for unit, field in zip(_UNITS, fields, strict=True)
    )
    if all(min(days) > _LONGEST_MONTH.get(month, 31) for month in months):
        raise ValueError(f"{text!r} never comes: no such month has day {min(days)}")
    return Schedule(
        seconds=seconds, minutes=minutes, hours=hours, days=days, months=months, weekdays=weekdays
    )


def next_after(schedule: Schedule, moment: datetime) -> datetime:
    """Give the first moment of a schedule after another; both in UTC, whole seconds.

    Raises:
        ValueError: there is none within forty years, in which every date meets every weekday.
    """
    start = moment.replace(microsecond=0) + timedelta(seconds=1)
    day = start.date()
    for _ in range(40 * 366):
        if _allows(schedule, day):
            earliest = start.time() if day == start.date() else time()
            found = _first_time(schedule, earliest)
            if found is not None:
                return datetime.combine(day, found, tzinfo=moment.tzinfo)
        day += timedelta(days=1)
    raise ValueError("the schedule allows no moment within forty years")


def _allows(schedule: Schedule, day: date) -> bool:
    return (
        day.month in schedule.months
        and day.day in schedule.days
        and day.isoweekday() % 7 in schedule.weekdays
    )


def _first_time(schedule: Schedule, earliest: time) -> time | None:
    for hour in sorted(schedule.hours):
        for minute in sorted(schedule.minutes):
            if (hour, minute) < (earliest.hour, earliest.minute):
                continue
            for second in sorted(schedule.seconds):
                found = time(hour, minute, second)
                if found >= earliest:
                    return found
    return None
