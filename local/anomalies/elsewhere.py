"""The cases of the catalogue that cannot run on PostgreSQL, and what stands in for them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """A case that does not run here: why, and the files that test it another way; none if nothing does."""

    number: int
    title: str
    why: str
    stands_in: tuple[str, ...] = ()


_TYPES = "SQL Server's own types"
_TRACKING = "SQL Server's change tracking, which is not available in this version"
_EVENTS = "Storage events, for file sources, which are not available in this version"
_SERVER = "tests/contracts/odbc/test_sqlserver_server.py"
_CURSORS = "tests/unit/adapters/test_sqlserver_cursors.py"
_BOUND = "tests/unit/loading/test_bound.py"
_STATEMENTS = "tests/unit/adapters/test_sqlserver_statements.py"

ELSEWHERE = (
    Elsewhere(
        number=9,
        title="datetime 1/300 s vs datetime2 comparison",
        why=_TYPES,
        stands_in=(_CURSORS, _BOUND, _SERVER),
    ),
    Elsewhere(number=32, title="CT/CDC retention passed", why=_TRACKING),
    Elsewhere(number=34, title="CT off by one", why=_TRACKING),
    Elsewhere(
        number=38,
        title="rowversion with max(rv)/@@DBTS",
        why=_TYPES,
        stands_in=(_BOUND, _STATEMENTS, _SERVER),
    ),
    Elsewhere(
        number=39,
        title="rowversion serialised wrongly",
        why=_TYPES,
        stands_in=(_CURSORS, "tests/unit/landing/test_cursor_column.py", _SERVER),
    ),
    Elsewhere(number=46, title="Duplicate / zero-byte / early events", why=_EVENTS),
    Elsewhere(number=47, title="No completion event", why=_EVENTS),
    Elsewhere(number=48, title="Slow handler → redelivery", why=_EVENTS),
)
