"""How single values are written for people: times in UTC, sizes, spans of time, counts."""

from __future__ import annotations

from datetime import UTC, datetime

NOTHING = "-"

# All control characters but the line feed: an error text from a source could steer the terminal.
_CONTROLS = {
    **dict.fromkeys((*range(32), *range(127, 160)), "\N{REPLACEMENT CHARACTER}"),
    ord("\n"): "\n",
    ord("\t"): " ",
    ord("\r"): "",
}
_KIBI = 1024
_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def clean(text: str) -> str:
    """Take out of a text what a terminal would obey instead of show."""
    return text.translate(_CONTROLS)


def format_text(text: str | None) -> str:
    """Write a text that may be missing."""
    return clean(text) if text else NOTHING


def format_count(count: int) -> str:
    """Write a count with its thousands apart."""
    return f"{count:,}"


def format_bytes(size: int) -> str:
    """Write a size in bytes with a binary unit."""
    if size < _KIBI:
        return f"{size} B"
    value = float(size)
    for unit in ("KiB", "MiB", "GiB"):
        value /= _KIBI
        if value < _KIBI:
            return f"{value:.1f} {unit}"
    return f"{value / _KIBI:.1f} TiB"


def format_time(text: str | None) -> str:
    """Write an ISO 8601 time in UTC to the second; what is none is shown as it is."""
    moment = _moment(text)
    return format_text(text) if moment is None else f"{moment:%Y-%m-%d %H:%M:%S}"


def format_span(seconds: float | None) -> str:
    """Write a span of seconds in its two largest units."""
    if seconds is None:
        return NOTHING
    rest, parts = round(abs(seconds)), list[str]()
    for size, unit in _UNITS:
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count} {unit}")
    return ("-" if seconds < 0 and parts else "") + (" ".join(parts[:2]) or "0 s")


def format_took(started_at: str | None, ended_at: str | None) -> str:
    """Write the time between two ISO 8601 times."""
    started, ended = _moment(started_at), _moment(ended_at)
    return (
        NOTHING
        if started is None or ended is None
        else format_span((ended - started).total_seconds())
    )


def _moment(text: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
