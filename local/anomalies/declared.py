"""How a case's table is told to the tools: what every one of them has to know of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

KEY = "id"
CursorKind = Literal["timestamp", "date", "integer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """A table or view of PostgreSQL with the key `id`; `uri` is the login to read it by.

    `margin_seconds` is Tidemark's `settle`, `lag_seconds` dlt's `lag` where dlt is tuned: how long a
    row may be late. `assigned` and `future` are Tidemark's; the others know no such thing.
    """

    uri: str
    schema: str
    table: str
    cursor: str
    kind: CursorKind
    margin_seconds: int
    lag_seconds: int
    assigned: Literal["application", "database"] = "application"
    future: Literal["stop", "read"] = "stop"
    slice_rows: int | None = None
