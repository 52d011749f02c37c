"""A case of the catalogue: its number, what the public reports of it are, and the script that brings it about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from local.anomalies.declared import CursorKind
from local.anomalies.trial import Trial

# Ten rows, the last of them an hour old, each a minute after the one before it.
ITEMS = """
CREATE TABLE item (
    id bigserial PRIMARY KEY,
    name text,
    updated_at timestamp(6) DEFAULT clock_timestamp()
);
INSERT INTO item (name, updated_at)
SELECT 'old ' || n, localtimestamp - interval '1 hour' - interval '1 minute' * (10 - n)
FROM generate_series(1, 10) AS n
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One script. `number` and `variant` are its name (`16b`), `number` and `title` the catalogue's.

    `shape` makes the table `item` at the source; with `gated` the tools read it through a gate.
    `margin_seconds` and `lag_seconds` are how long a row may be late, for Tidemark and for dlt.
    `stops` names the errors by which Tidemark is right to stop on the way. `once` says that Tidemark
    has to land every version once, `state_limit_bytes` how much it may remember.
    `reconciles` marks what no cursor can see. `tuned` says what dlt's documents advise for it.
    """

    number: int
    variant: str = ""
    title: str
    what: str
    evidence: str
    script: Callable[[Trial], None]
    shape: str = ITEMS
    gated: bool = False
    cursor: str = "updated_at"
    kind: CursorKind = "timestamp"
    assigned: Literal["application", "database"] = "application"
    future: Literal["stop", "read"] = "stop"
    margin_seconds: int = 60
    lag_seconds: int = 60
    slice_rows: int | None = None
    stops: frozenset[str] = frozenset()
    once: bool = False
    state_limit_bytes: int | None = None
    reconciles: bool = False
    tuned: str | None = None

    @property
    def name(self) -> str:
        """Its name on the command line."""
        return f"{self.number}{self.variant}"

    @property
    def expected(self) -> str:
        """What is expected of Tidemark."""
        stop = f"may stop ({', '.join(sorted(self.stops))}); " if self.stops else ""
        again = ", landed once" if self.once else ""
        limit = f", state below {self.state_limit_bytes} bytes" if self.state_limit_bytes else ""
        return f"{stop}lost 0, doubled 0{again}{limit}"
