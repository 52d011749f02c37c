"""Finds the files that Data Factory wrote for a table, in the order of the times in their names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from glob import glob, has_magic
from pathlib import Path
from urllib.parse import unquote

from cli.migration.lake.errors import NotComparable
from cli.migration.lake.images import Lake, open_part

_ENDING = ".parquet"
# yyyyMMddHHmmss, and a fraction of the second behind it.
_DIGITS, _FRACTION = 14, 9
_STAMP = re.compile(r"[\dTZ:._+ -]+")


def find_extracts(place: str, table: str) -> Lake:
    """Find the extracts of a table: files `<table>_<time>`, with or without `.parquet`.

    `place` is a folder or a pattern of files. The time may be written as utcNow() gives it, with
    its signs replaced by others, or as digits alone; the later one wins.

    Raises:
        NotComparable: there is no such file, a name holds no time, or two hold the same one.
    """
    paths = [path for path in _paths(place) if path.is_file()]
    stamped: dict[str, Path] = {}
    ignored: list[str] = []
    for path in sorted(paths):
        name = unquote(path.name)
        if not name.startswith(f"{table}_"):
            ignored.append(path.name)
            continue
        stamp = _stamp(path, name.removeprefix(f"{table}_").removesuffix(_ENDING))
        if stamp in stamped:
            raise NotComparable(f"{path} and {stamped[stamp]} have the same time in their names")
        stamped[stamp] = path
    if not stamped:
        raise NotComparable(
            f"{place} holds no file {table}_<time>; name the folder of its extracts"
        )
    parts = tuple(open_part(stamped[stamp], order) for order, stamp in enumerate(sorted(stamped)))
    return Lake(side="old", parts=parts, loads=len(parts), ignored=tuple(ignored))


def _paths(place: str) -> Iterable[Path]:
    folder = Path(place)
    if folder.is_dir():
        return folder.iterdir()
    if has_magic(place):
        return (Path(path) for path in glob(place))  # noqa: PTH207 - takes absolute patterns as well
    return (folder,)


def _stamp(path: Path, text: str) -> str:
    """Give a time as digits that sort as the times do."""
    digits = re.sub(r"\D", "", text)
    if _STAMP.fullmatch(text) is None or not _DIGITS <= len(digits) <= _DIGITS + _FRACTION:
        raise NotComparable(f"{path} holds no time in its name; rename it to end in yyyyMMddHHmmss")
    return digits.ljust(_DIGITS + _FRACTION, "0")
