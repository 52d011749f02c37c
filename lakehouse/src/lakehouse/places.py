"""Where tables lie below the root of the lake, and what a path may look like."""

from __future__ import annotations

import re

from lakehouse.errors import GlobRefused, PathRefused

_SAFE_ROOT = re.compile(r"([a-z]+:/)?(/[A-Za-z0-9_.=@:+-]+)+/?")
_SAFE_PATH = re.compile(r"[A-Za-z0-9_.=-]+(/[A-Za-z0-9_.=-]+)*")
_ABSENT = re.compile(r"No commit files found|PATH_NOT_FOUND|DELTA_(MISSING|TABLE_NOT_FOUND|PATH)")
_AZURE = re.compile(r"abfss://(?P<account>[A-Za-z0-9.-]+)")


def table_place(root: str, table: str) -> str:
    """Give the location of a Delta table, such as `silver/shop/public.orders`.

    Bronze writes `~20` for a blank in a name. Engines write `~` in locations of tables in ways of
    their own and then miss the files, so that a table's location has `=20`.

    Raises:
        PathRefused: an engine would write a character of the root or the path otherwise.
    """
    return _below(root, table.replace("~", "="))


def file_place(root: str, path: str) -> str:
    """Give the location of a file or folder of bronze, just as it is named there.

    Raises:
        GlobRefused: the path is a pattern, which some engines match with nothing.
        PathRefused: the root cannot be one.
    """
    if set(path) & set("*?[]{}"):
        raise GlobRefused(f"{path} is a pattern")
    return _below(root, path, safe=path.replace("~", "="))


def _below(root: str, path: str, *, safe: str | None = None) -> str:
    azure = _AZURE.fullmatch(root.rstrip("/"))
    if azure is None and not _SAFE_ROOT.fullmatch(root):
        raise PathRefused(f"The lake {root!r} is no absolute path, or has other characters in it")
    if not _SAFE_PATH.fullmatch(path if safe is None else safe):
        raise PathRefused(f"{path!r} has other characters in it")
    if azure is None:
        return f"{root.rstrip('/')}/{path}"
    filesystem, _, rest = path.partition("/")
    return f"abfss://{filesystem}@{azure['account']}/{rest}"


def says_absent(error: Exception) -> bool:
    """Tell whether an engine says that no table lies at a place."""
    return bool(_ABSENT.search(str(error)))
