"""The watermarks that a Data Factory pipeline left in the lake, as values a first load can begin at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from cli.migration.errors import InputUnreadable
from cli.migration.loop_input import Entry
from cli.migration.node import Node, read_json_rows
from shared.loading.cursor import CursorType, Kind, cursor_type
from shared.loading.errors import CursorUnsound

State = Literal["found", "missing", "empty", "seed", "shared"]

FILE = "cdc.json"
SHARED = "cdc"
# Up to here a watermark is one that somebody wrote by hand, so that everything would be read.
LAST_SEED = date(2000, 1, 1).toordinal() - date(1970, 1, 1).toordinal()
# A DATETIME has no more, and Data Factory writes up to seven digits. A start is included in what
# is read, so that taking the rest off leaves out no row.
_RESOLUTION = "0.001"
_LONGEST = 64
_DAY = 86_400_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class AdfWatermark:
    """What is known of a table's watermark. `text` is as written, `file` where; both may be empty.

    `shared` is a file that the pipelines of several tables overwrite; `seed` a value of the
    distant past, written by hand to make the first run read everything.
    """

    state: State
    text: str = ""
    file: str = ""


def read_watermark(folder: Path, entry: Entry, *, alone: bool) -> AdfWatermark:
    """Read a table's watermark below a folder, the copy of a lake's `bronze`.

    `alone` says that the table is the only one, so that a watermark without a name is its own.

    Raises:
        InputUnreadable: the file is there and holds no watermark.
    """
    own = _find(folder, f"{entry.table}_{SHARED}")
    if own is not None:
        return _read(own)
    common = _find(folder, SHARED)
    if common is None:
        return AdfWatermark(state="missing")
    return _read(common) if alone else AdfWatermark(state="shared", file=str(common))


def parse_start(mark: AdfWatermark, kind: Kind) -> str:
    """Write a watermark as the start of a cursor of this kind, in UTC if it names a zone.

    Raises:
        InputUnreadable: it is no value of the kind.
    """
    try:
        found = _type_of(kind)
        return found.format(found.parse(mark.text))
    except CursorUnsound as error:
        fault = f"is no start for a cursor of kind {kind}: {error}"
        raise InputUnreadable(mark.file, SHARED, fault) from error


def is_integer(mark: AdfWatermark) -> bool:
    """Whether the watermark counts in whole numbers."""
    return mark.text.isascii() and mark.text.removeprefix("-").isdigit()


def _find(folder: Path, name: str) -> Path | None:
    """Find a table's file; a folder in another case counts where none has the very name."""
    try:
        folders: Sequence[Path] = sorted(path for path in folder.iterdir() if path.is_dir())
    except OSError as error:
        raise InputUnreadable(str(folder), "", f"cannot be read: {error.strerror}") from error
    exact = [path for path in folders if path.name == name]
    alike = [path for path in folders if path.name.lower() == name.lower()]
    found = [path / FILE for path in exact or alike if (path / FILE).is_file()]
    if len(found) > 1:
        fault = f"holds {len(found)} folders that could be {name}; leave one"
        raise InputUnreadable(str(folder), "", fault)
    return found[0] if found else None


def _read(path: Path) -> AdfWatermark:
    rows = read_json_rows(path)
    if not rows:
        return AdfWatermark(state="empty", file=str(path))
    # The pipeline takes the first row, however many there are.
    value = rows[0].fields().get(SHARED)
    if value is None:
        rows[0].refuse(f"has no field {SHARED}; name a folder that the pipeline wrote")
    text = _text(value)
    if not text:
        return AdfWatermark(state="empty", file=str(path))
    mark = AdfWatermark(state="found", text=text, file=str(path))
    return AdfWatermark(state="seed", text=text, file=str(path)) if _is_seed(mark) else mark


def _text(value: Node) -> str:
    if value.value is None:
        return ""
    if isinstance(value.value, int) and not isinstance(value.value, bool):
        text = str(value.value)
    else:
        text = value.text()
    if len(text) > _LONGEST:
        value.refuse(f"has {len(text)} characters; a cursor value is wanted here")
    return text


def _is_seed(mark: AdfWatermark) -> bool:
    if is_integer(mark):
        return int(mark.text) <= 0
    try:
        return _type_of("timestamp").parse(mark.text) <= LAST_SEED * _DAY
    except CursorUnsound as error:
        fault = f"is neither a time nor a whole number: {error}"
        raise InputUnreadable(mark.file, SHARED, fault) from error


def _type_of(kind: Kind) -> CursorType:
    return cursor_type(kind, resolution=_RESOLUTION, zoned=False)
