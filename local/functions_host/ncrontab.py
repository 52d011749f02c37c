"""NCRONTAB expressions: cron with a leading field for seconds, as timer triggers take them.

The syntax is that of github.com/atifaziz/NCrontab. Unlike in cron, a day must
satisfy both the day of the month and the day of the week.
"""

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from local.functions_host.errors import BadSchedule

_PART = re.compile(r"(?:(\*)|(\w+)(?:-(\w+))?)(?:/(\d+))?")
_MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_abbr) if name}
_DAYS = {name.lower(): (number + 1) % 7 for number, name in enumerate(calendar.day_abbr)}
# The rarest day is 29 February on a certain weekday: 40 years apart around 2100.
_HORIZON_DAYS = 41 * 366


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """The moments an expression names; all in UTC."""

    seconds: tuple[int, ...]
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]  # 0 is Sunday

    def after(self, moment: datetime) -> datetime:
        """The first moment later than the given one."""
        start = moment.astimezone(UTC).replace(microsecond=0) + timedelta(seconds=1)
        if self._holds_on(start) and (found := self._on_day(start)) is not None:
            return found
        day = start.replace(hour=0, minute=0, second=0)
        for _ in range(_HORIZON_DAYS):
            day += timedelta(days=1)
            if self._holds_on(day) and (found := self._on_day(day)) is not None:
                return found
        raise AssertionError("read() refuses expressions that never hold")

    def _holds_on(self, day: datetime) -> bool:
        return (
            day.month in self.months
            and day.day in self.days
            and day.isoweekday() % 7 in self.weekdays
        )

    def _on_day(self, start: datetime) -> datetime | None:
        """The first moment at or after `start` on its day."""
        for hour in self.hours:
            if hour < start.hour:
                continue
            for minute in self.minutes:
                if (hour, minute) < (start.hour, start.minute):
                    continue
                for second in self.seconds:
                    found = start.replace(hour=hour, minute=minute, second=second)
                    if found >= start:
                        return found
        return None


def read(expression: str) -> Schedule:
    """Read six fields (second minute hour day month weekday), or five without the seconds.

    Raises:
        BadSchedule: the expression is malformed, or there is no such day.
    """
    fields = expression.split()
    if len(fields) == 5:  # noqa: PLR2004  the five fields of cron
        fields.insert(0, "0")
    if len(fields) != 6:  # noqa: PLR2004  the six fields of NCRONTAB
        raise BadSchedule(
            f"{expression!r} has {len(fields)} fields; "
            "write second minute hour day month weekday, such as 0 */15 * * * *"
        )
    schedule = Schedule(
        seconds=_field(fields[0], 0, 59, {}, expression),
        minutes=_field(fields[1], 0, 59, {}, expression),
        hours=_field(fields[2], 0, 23, {}, expression),
        days=frozenset(_field(fields[3], 1, 31, {}, expression)),
        months=frozenset(_field(fields[4], 1, 12, _MONTHS, expression)),
        weekdays=frozenset(_field(fields[5], 0, 6, _DAYS, expression)),
    )
    longest = max(calendar.monthrange(2024, month)[1] for month in schedule.months)
    if min(schedule.days) > longest:
        raise BadSchedule(f"{expression!r} names a day that none of its months has")
    return schedule


def _field(
    text: str, lowest: int, highest: int, names: dict[str, int], expression: str
) -> tuple[int, ...]:
    values: set[int] = set()
    for part in text.split(","):
        match = _PART.fullmatch(part)
        if match is None:
            raise BadSchedule(f"{expression!r}: {part!r} is not *, n, n-m, */n or n-m/n")
        star, first, last, step = match.groups()
        low = lowest if star else _number(first, names, expression)
        high = highest if star or (step and not last) else low
        if last:
            high = _number(last, names, expression)
        if not lowest <= low <= high <= highest or step == "0":
            raise BadSchedule(f"{expression!r}: {part!r} must lie within {lowest}-{highest}")
        values.update(range(low, high + 1, int(step or 1)))
    return tuple(sorted(values))


def _number(text: str, names: dict[str, int], expression: str) -> int:
    if text.isdecimal():
        return int(text)
    if (number := names.get(text[:3].lower())) is None:
        raise BadSchedule(f"{expression!r}: {text!r} is neither a number nor a name")
    return number
