"""Patterns of paths: `*` and `?` within a name, `**` as a whole segment for any folders."""

import re
from collections.abc import Iterator
from functools import lru_cache

# Of a path as an event or a listing tells it: nothing that a server or a tool could read as another.
_TRICK = re.compile(r"[\x00-\x1f\x7f\\]|%2e|%2f|%5c|%00", re.IGNORECASE)
_LONGEST = 1024
_DEEP, _STAR, _ONE = "**", "*", "?"
_FOLDERS, _INSIDE = "folders", "inside"
# A pattern is cut into what consumes characters.
_TOKEN = re.compile(r"\*\*|\*|\?|.", re.DOTALL)


def check_pattern(text: str) -> str:
    """Give a pattern back. Raises ValueError if it leads out of its folder or means nothing."""
    segments = text.split("/")
    if text.startswith("/") or not is_plain_path(text):
        raise ValueError(f"{text!r} leads elsewhere; write a path below the location: orders/*.csv")
    if any("**" in segment and segment != "**" for segment in segments) or segments[-1] == "**":
        raise ValueError(f"{text!r}: ** stands for whole folders only; write a/**/*.csv")
    if set(text) & set("[]{}"):
        raise ValueError(f"{text!r}: only *, ? and ** are patterns; write the name itself")
    if any(segment.startswith(("_", ".")) for segment in segments):
        raise ValueError(f"{text!r}: names that begin with _ or . are never read")
    return text


def is_plain_path(path: str) -> bool:
    """Say whether a path means the same to everybody: no empty or dotted segment, nothing encoded."""
    return (
        len(path) <= _LONGEST
        and _TRICK.search(path) is None
        and not any(segment in ("", ".", "..") for segment in path.split("/"))
    )


def is_hidden(path: str) -> bool:
    """Say whether a segment begins with `_` or `.`, which Hadoop and Spark take for not there."""
    return any(segment.startswith(("_", ".")) for segment in path.split("/"))


@lru_cache(maxsize=1024)
def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Give a regular expression that matches exactly the paths of a pattern."""
    written = {_DEEP: ".*", _STAR: "[^/]*", _ONE: "[^/]"}
    tokens: list[str] = _TOKEN.findall(pattern)
    text = "".join(written[each] if each in written else re.escape(each) for each in tokens)
    # A segment of ** stands for no folder, too.
    return re.compile(text.replace(".*/", "(?:.*/)?"), re.DOTALL)


def static_folder(pattern: str) -> str:
    """Give the folder that everything lies in which a pattern matches; empty for the location itself."""
    folders: list[str] = []
    for segment in pattern.split("/")[:-1]:
        if set(segment) & set("*?"):
            break
        folders.append(segment)
    return "/".join(folders)


def overlap(one: str, other: str) -> bool:
    """Say whether some path matches both patterns."""
    first, second = _tokens(one), _tokens(other)
    seen, open_ = {(0, 0)}, [(0, 0)]
    while open_:
        i, j = open_.pop()
        if (i, j) == (len(first), len(second)):
            return True
        for step in _steps(first, second, i, j):
            if step not in seen:
                seen.add(step)
                open_.append(step)
    return False


def _tokens(pattern: str) -> list[str]:
    """Cut a pattern into tokens; `**/` becomes two: before a folder, and within one."""
    found = re.findall(r"\*\*/|\*|\?|.", pattern, re.DOTALL)
    return [part for each in found for part in ((_FOLDERS, _INSIDE) if each == "**/" else (each,))]


def _steps(first: list[str], second: list[str], i: int, j: int) -> Iterator[tuple[int, int]]:
    for skipped in _skips(first, i):
        yield skipped, j
    for skipped in _skips(second, j):
        yield i, skipped
    if i < len(first) and j < len(second):
        for char in _meeting(first[i], second[j]):
            yield _after(first, i, char), _after(second, j, char)


def _skips(tokens: list[str], at: int) -> tuple[int, ...]:
    """Give where one is without consuming a character."""
    if at < len(tokens) and tokens[at] == _STAR:
        return (at + 1,)
    if at < len(tokens) and tokens[at] == _FOLDERS:
        return (at + 1, at + 2)
    return ()


def _after(tokens: list[str], at: int, char: str) -> int:
    """Give where one is once a character is consumed."""
    if tokens[at] == _INSIDE:
        return at - 1 if char == "/" else at
    return at if tokens[at] == _STAR else at + 1


def _meeting(one: str, other: str) -> tuple[str, ...]:
    """Give characters that both tokens consume, one for each way to go on."""
    if _FOLDERS in (one, other):
        return ()
    wide = (_STAR, _ONE, _INSIDE)
    plain = [token for token in (one, other) if token not in wide]
    if not plain:
        return ("x", "/") if one == other == _INSIDE else ("x",)
    char = plain[0]
    if len(plain) == 2:  # noqa: PLR2004 - both are characters
        return (char,) if one == other else ()
    loose = other if one == char else one
    return () if char == "/" and loose != _INSIDE else (char,)
