"""The secrets that this process has read from its environment, so that they can be taken out of what it tells.

Of a connection string the parts that are secret are known too, as a driver may repeat them alone.
"""

from __future__ import annotations

import re
import threading
from functools import cache
from urllib.parse import quote, unquote

_ODBC = re.compile(
    r"\b(?:pwd|password|accountkey|sharedaccesskey|sig)\s*=\s*(\{(?:[^}]|\}\})*\}|[^;&]+)",
    re.IGNORECASE,
)
_LOGIN = re.compile(r"\w://[^\s/:@]*:([^\s@]+)@")
# What is shorter is found by chance in texts that say nothing secret.
_SHORTEST = 8
# What is shorter than this counts only as a word of its own.
_UNMISTAKABLE = 16
# A process reads some dozens; whoever changes them all the time shall not fill its memory.
_MOST = 1_000

_lock = threading.Lock()
_known: dict[str, None] = {}


def remember_secret(value: str) -> None:
    """Know a secret from now on, and what is secret in it."""
    fresh = [form for part in _parts(value) for form in _forms(part) if form not in _known]
    if not fresh:
        return
    with _lock:
        _known.update(dict.fromkeys(fresh))
        for oldest in list(_known)[:-_MOST]:
            del _known[oldest]
    _compile.cache_clear()


def hide_known(text: str, mark: str = "***") -> str:
    """Put a mark in the place of every secret that is known."""
    return _compile().sub(mark, text) if _known else text


def _parts(value: str) -> set[str]:
    inner = [found.strip() for found in _ODBC.findall(value)]
    bare = [part[1:-1].replace("}}", "}") for part in inner if part.startswith("{")]
    logins = _LOGIN.findall(value)
    return {value.strip(), *inner, *bare, *logins, *map(unquote, logins)}


def _forms(part: str) -> set[str]:
    """Give a secret as it is, as addresses write it, and as JSON does."""
    if len(part) < _SHORTEST:
        return set()
    escaped = part.replace("\\", "\\\\").replace('"', '\\"')
    return {part, quote(part, safe=""), quote(part), escaped, repr(part)[1:-1]}


@cache
def _compile() -> re.Pattern[str]:
    with _lock:
        # Longest first: one may hold another.
        ordered = sorted(_known, key=len, reverse=True)
    return re.compile("|".join(map(_exactly, ordered)))


def _exactly(form: str) -> str:
    if len(form) >= _UNMISTAKABLE:
        return re.escape(form)
    return rf"(?<!\w){re.escape(form)}(?!\w)"
