"""Which columns of a table are read, and what lands in place of their values."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

MaskHow: TypeAlias = Literal["sha256", "redact", "truncate"]
MaskUnit: TypeAlias = Literal["year", "month", "day"]

# Where the key of hashes is, unless a source names another setting.
MASK_KEY = "${TIDEMARK_MASK_KEY}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskSpec:
    """What lands in place of a column's values; NULL stays NULL.

    `sha256` is a keyed hash, `redact` a fixed word. `truncate` keeps the first `length` characters
    of a text, or the `unit` in which a date or a timestamp lies: exactly one of the two is given.
    """

    how: MaskHow
    length: int | None = None
    unit: MaskUnit | None = None

    def __str__(self) -> str:
        """Give the mask as a word or two."""
        return " ".join(str(part) for part in (self.how, self.length, self.unit) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnSpec:
    """Which columns are read: all but `exclude`, or with `include` these alone; and how some are masked."""

    exclude: tuple[str, ...] = ()
    mask: tuple[tuple[str, MaskSpec], ...] = ()
    include: tuple[str, ...] = ()
