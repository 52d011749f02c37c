"""Masks: what a plan says of columns of which something else lands, and the key of keyed hashes."""

from __future__ import annotations

from dataclasses import dataclass, field
from hmac import digest

from shared.catalog import MaskSpec
from shared.loading.errors import MaskKeyMissing, MaskUnfit

# As long as the hash: a shorter key is the weakest part.
LEAST_CHARACTERS = 32
REDACTED = "redacted"
TEXT = "string"
_DATE = "date32[day]"
_TIMESTAMP = "timestamp["
_MARK = b"tidemark: which mask key is this"
_MARK_BYTES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskKey:
    """The key of HMAC-SHA256. `mark` tells it from others and does not tell what it is."""

    secret: bytes = field(repr=False)

    @property
    def mark(self) -> str:
        """Eight hexadecimal digits that change with the key."""
        return digest(self.secret, _MARK, "sha256")[:_MARK_BYTES].hex()


def mask_key(secret: str, setting: str) -> MaskKey:
    """Take a key. Raises MaskKeyMissing if it is too short to protect anything."""
    if len(secret) < LEAST_CHARACTERS:
        raise MaskKeyMissing(
            f"{setting} has {len(secret)} characters; a mask key has at least {LEAST_CHARACTERS}"
        )
    return MaskKey(secret=secret.encode())


def tell_mask(mask: MaskSpec, key: MaskKey | None) -> str:
    """Say how a column is masked, with the mark of the key. Raises MaskKeyMissing if it needs one."""
    if mask.how != "sha256":
        return str(mask)
    if key is None:
        raise MaskKeyMissing("a column is masked by sha256, and no key was given")
    return f"{mask} {key.mark}"


def masked_type(column: str, lands: str, mask: MaskSpec) -> str:
    """Give the type in which a masked column lands, from the one in which it would land in the clear.

    Types are written as Arrow does. Raises MaskUnfit where the mask does not fit the column's values.
    """
    if mask.how != "truncate":
        return TEXT
    if mask.unit is None and lands != TEXT:
        raise MaskUnfit(
            f"column {column} lands as {lands}, of which there are no first {mask.length} characters"
        )
    if mask.unit is not None and lands != _DATE and not lands.startswith(_TIMESTAMP):
        raise MaskUnfit(f"column {column} lands as {lands}, which lies in no {mask.unit}")
    return lands
