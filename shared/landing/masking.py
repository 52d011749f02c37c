"""Masks columns of record batches on their way from a source to the lake.

A keyed hash is HMAC-SHA256 (RFC 2104) in 64 hexadecimal digits: of a text its UTF-8, of bytes they
themselves, of any other value its number in decimal (see `shared.landing.numbers`). Without the key
nobody can try out which value it is of, which an unkeyed hash of an e-mail address lets everybody do.
Equal values have equal hashes, in every column and table with the same key.
"""

# Arrow's stubs lag behind its compute functions.
# pyright: reportCallIssue=false, reportArgumentType=false

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hmac import digest

import pyarrow as pa
import pyarrow.compute as pc

from shared.catalog import MaskSpec, TableSpec
from shared.landing.calendar import floor_days
from shared.landing.numbers import find_bytes, find_numbers
from shared.loading.errors import MaskKeyMissing
from shared.loading.masks import REDACTED, MaskKey, masked_type, tell_mask

# What a masked field says of itself, as the plan does.
MASK = b"tidemark.mask"
_DIGITS = 64
_TO_MASK = Callable[[pa.Array], pa.Array]


@dataclass(frozen=True, slots=True, kw_only=True)
class Masking:
    """What becomes of the batches of a schema. `schema` is what they have then; `masked` names columns."""

    schema: pa.Schema
    _ways: Mapping[int, _TO_MASK] = field(default_factory=dict[int, _TO_MASK])

    @property
    def masked(self) -> tuple[str, ...]:
        """The columns that are masked."""
        return tuple(self.schema.names[place] for place in self._ways)

    def mask(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Give a batch with its masked columns masked; NULL stays NULL."""
        if not self._ways:
            return batch
        arrays = [
            self._ways[place](column) if place in self._ways else column
            for place, column in enumerate(batch.columns)
        ]
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema)

    def select(self, names: Sequence[str]) -> Masking:
        """Give the masking of batches that have these columns of the schema only, in this order."""
        places = [self.schema.get_field_index(name) for name in names]
        ways = {at: self._ways[place] for at, place in enumerate(places) if place in self._ways}
        return Masking(schema=pa.schema([self.schema.field(at) for at in places]), _ways=ways)


def masking_of(spec: TableSpec, schema: pa.Schema, key: MaskKey | None) -> Masking:
    """Say how batches of a schema are masked.

    Raises:
        MaskKeyMissing: a column is to be hashed, and there is no key.
        MaskUnfit: a mask does not fit its column's values.
    """
    ways: dict[int, _TO_MASK] = {}
    for name, mask in spec.masks(schema.names).items():
        place = schema.get_field_index(name)
        clear = schema.field(place)
        told = {**(clear.metadata or {}), MASK: tell_mask(mask, key).encode()}
        kind = clear.type if mask.how == "truncate" else pa.string()
        masked_type(name, str(clear.type), mask)
        schema = schema.set(place, clear.with_type(kind).with_metadata(told))
        ways[place] = _way(mask, key)
    return Masking(schema=schema, _ways=ways)


def _way(mask: MaskSpec, key: MaskKey | None) -> _TO_MASK:
    if mask.how == "redact":
        return _redact
    if mask.how == "sha256":
        if key is None:
            raise MaskKeyMissing("a column is masked by sha256, and no key was given")
        known = key
        return lambda column: _hash(column, known)
    if mask.unit is not None:
        unit = mask.unit
        return lambda column: floor_days(column, unit)
    return lambda column: pc.utf8_slice_codeunits(column, 0, mask.length)


def _redact(column: pa.Array) -> pa.Array:
    return pc.if_else(column.is_valid(), pa.scalar(REDACTED), pa.scalar(None, pa.string()))


def _hash(column: pa.Array, key: MaskKey) -> pa.Array:
    data, numbers = find_bytes(column), find_numbers(column)
    if data is None:
        if numbers is None:
            raise TypeError(f"a column of {column.type} cannot be hashed")
        data = numbers.cast(pa.string()).cast(pa.binary())
    # What comes again and again is hashed once.
    coded = data.dictionary_encode()
    values = coded.dictionary.to_pylist()
    digests = b"".join([digest(key.secret, value, "sha256") for value in values])
    digits = pa.Array.from_buffers(
        pa.binary(_DIGITS), len(values), [None, pa.py_buffer(digests.hex().encode())]
    )
    return digits.cast(pa.binary()).cast(pa.string()).take(coded.indices)
