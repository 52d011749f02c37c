"""What every channel shows of an alert, as plain words: facts, lines and links.

Names come from table files and messages from sources. Here they lose what could break a line or
turn text around; each channel escapes them besides for its own markup.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from shared.alerting.alert import Alert, FailedTable, Status
from shared.loading.errors import Failure

MOST_LINES = 10
LONGEST_SENTENCE = 300
_LONGEST_NAME = 150
_LONGEST_LINE = 250
_LONGEST_LINK = 2_000

WORDS: dict[Status, str] = {
    "failed": "Failed",
    "held_back": "Bound held back",
    "unread": "Files not read",
    "late": "Late",
    "resolved": "Resolved",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One line of an alert: what, and how it stands."""

    label: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Where to look, or what to do."""

    label: str
    url: str


def clean(text: str, most: int) -> str:
    """Bring a text into one line of at most so many characters, without any that are not shown."""
    # Not longer than needed: a source's message may be of any length.
    looked_at = text[: 8 * most]
    shown = "".join(" " if unicodedata.category(each)[0] in "CZ" else each for each in looked_at)
    line = " ".join(shown.split()) or "-"
    return line if len(line) <= most else f"{line[: most - 1]}…"


def sentence(error: Failure) -> str:
    """Say an error in one sentence."""
    return clean(f"{error.type}: {error.message}", LONGEST_SENTENCE)


def title_of(alert: Alert) -> str:
    """Give the heading, short enough for every channel."""
    return clean(alert.title, _LONGEST_NAME)


def text_of(alert: Alert) -> str:
    """Give the sentence or two that say what is the matter."""
    return clean(alert.text, 1_000)


def facts_of(alert: Alert) -> tuple[Fact, ...]:
    """Give what is known, the most important first."""
    found = [
        ("Status", WORDS[alert.status]),
        ("Table", clean(alert.table, _LONGEST_NAME) if alert.table else None),
        ("Error", sentence(alert.error) if alert.error else None),
        ("Rows", None if alert.rows is None else f"{alert.rows:,}"),
        ("Lag", None if alert.lag_seconds is None else span(alert.lag_seconds)),
        ("Run", clean(alert.run_id, _LONGEST_NAME) if alert.run_id else None),
    ]
    return tuple(Fact(label=label, value=value) for label, value in found if value is not None)


def lines_of(alert: Alert, most: int = MOST_LINES) -> tuple[str, ...]:
    """Name the tables of an alert that is of several, so many at most, and count the rest."""
    was = "was " if alert.status == "resolved" else ""
    named = [f"{each.table}: {was}{_why(each)}" for each in alert.tables[: most + 1]]
    named += [
        f"{each.table}: held back by {each.by or 'somebody unknown'}"
        for each in alert.held[: most + 1]
    ]
    count = max(alert.failed, len(alert.tables) + len(alert.held))
    if count < 2:  # noqa: PLR2004 - a single one is what the facts are about
        return ()
    lines = [clean(line, _LONGEST_LINE) for line in named[:most]]
    left = count - len(lines)
    return (*lines, *([f"and {left} more"] if left > 0 else ()))


def links_of(alert: Alert) -> tuple[Link, ...]:
    """Give the links that lead somewhere; without a base address none of the app's own does."""
    concerned = [each.link for each in (*alert.tables, *alert.held)]
    found = [
        ("Details", alert.link),
        ("Run", concerned[0] if concerned and concerned[0] != alert.link else None),
        ("Operations page", alert.page),
        ("Rerun", alert.rerun),
        ("Runbook", alert.runbook),
    ]
    return tuple(
        Link(label=label, url=url) for label, url in found if url is not None and _leads(url)
    )


def span(seconds: int) -> str:
    """Write a span of time as people say it: days, hours, minutes and seconds."""
    return str(timedelta(seconds=max(seconds, 0)))


def _why(table: FailedTable) -> str:
    return sentence(table.error) if table.error else "see its run"


def _leads(url: str) -> bool:
    if len(url) > _LONGEST_LINK or not url.isprintable() or " " in url:
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("https", "http") and bool(parts.hostname)
