"""How numbers, sizes, times and addresses are written on the page."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import quote, urlencode

from web.page import markup as h
from web.page.markup import Html, Node

HOME = "/api/"
BELOW = "/api/page"
DASH = "–"  # noqa: RUF001 - the sign for nothing
_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
_SIZES = ("B", "kB", "MB", "GB", "TB")
_THOUSAND = 1_000
_TEN = 10


def count(number: int) -> str:
    """Write a whole number with thin gaps."""
    return f"{number:,}".replace(",", "\u202f")


def plural(number: int, one: str, many: str | None = None) -> str:
    """Write a number of things."""
    return f"{count(number)} {one if number == 1 else many or one + 's'}"


def size(amount: int) -> str:
    """Write a number of bytes."""
    value, unit = float(amount), 0
    while value >= _THOUSAND and unit < len(_SIZES) - 1:
        value, unit = value / _THOUSAND, unit + 1
    return f"{value:.0f} {_SIZES[unit]}" if unit == 0 else f"{value:.1f} {_SIZES[unit]}"


def span(seconds: float | None) -> str:
    """Write a length of time by its two greatest units."""
    if seconds is None:
        return DASH
    if seconds < 0:
        return f"−{span(-seconds)}"  # noqa: RUF001 - the minus sign
    if seconds < _TEN:
        return f"{seconds:.1f} s"
    left, parts = round(seconds), list[str]()
    for unit, name in _UNITS:
        whole, left = divmod(left, unit)
        if whole or parts:
            parts.append(f"{whole} {name}")
    shown = [part for part in parts[:2] if not part.startswith("0 ")]
    return " ".join(shown)


def moment(text: str | None) -> datetime | None:
    """Read a time of the ledger, in UTC; None where it is none."""
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def seconds_between(start: str | None, end: str | None) -> float | None:
    """Count the seconds from one time to another; None where one is missing."""
    first, last = moment(start), moment(end)
    return None if first is None or last is None else (last - first).total_seconds()


def clock(text: str | None) -> Node:
    """Write a time, in UTC and to the second."""
    found = moment(text)
    if found is None:
        return text or DASH
    return h.time(f"{found:%Y-%m-%d %H:%M:%S}", datetime=found.isoformat(), title="UTC")


def ago(text: str | None, now: datetime) -> Node:
    """Write how long ago a time is, with the time itself for whoever asks."""
    found = moment(text)
    if found is None:
        return text or DASH
    passed = (now - found).total_seconds()
    shown = "now" if 0 <= passed < _TEN else f"{_roughly(passed)} ago"
    return h.time(shown, datetime=found.isoformat(), title=f"{found:%Y-%m-%d %H:%M:%S} UTC")


def _roughly(seconds: float) -> str:
    """Write a length of time by its greatest unit."""
    words = span(seconds).split(" ")
    return " ".join(words[:2])


def table_path(name: str) -> str:
    """Give the address of a table's page."""
    source, _, table = name.partition("/")
    return f"{BELOW}/tables/{quote(source, safe='', errors='replace')}/{quote(table, errors='replace')}"


def run_path(run_id: str) -> str:
    """Give the address of a run's page."""
    return f"{BELOW}/runs/{quote(run_id, safe='', errors='replace')}"


def order_path(order_id: str) -> str:
    """Give the address of an order's page, or of a backfill's."""
    return f"{BELOW}/orders/{quote(order_id, safe='', errors='replace')}"


def letter_path(letter_id: str) -> str:
    """Give the address of a dead letter's page."""
    return f"{BELOW}/events/{quote(letter_id, safe='', errors='replace')}"


def refresh_path(number: int) -> str:
    """Give the address of a refresh's page."""
    return f"{BELOW}/refreshes/{number}"


def form_path(action: str, **given: str) -> str:
    """Give the address of the form of an action."""
    asked = f"?{urlencode(given, errors='replace')}" if given else ""
    return f"{BELOW}/do/{action}{asked}"


def table_link(name: str) -> Html:
    """Link to a table's page."""
    source, slash, table = name.partition("/")
    if not slash:
        return h.join(name)
    return h.a(h.span(f"{source}/", class_="of"), table, href=table_path(name), class_="name")


def short_run(run_id: str) -> str:
    """Shorten a run's id to the part of its order, which says when it was asked for."""
    return run_id.partition(".")[0]
