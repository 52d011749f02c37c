"""The canonical text and the hash of a row, as PostgreSQL computes them: see `shared.landing.row_hash`.

On a row with a value that cannot land (infinity, `numeric` NaN) they fail, or give anything.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from shared.adapters.postgresql.identifiers import quote
from shared.adapters.postgresql.lines import count_microseconds
from shared.adapters.postgresql.relation import Relation, RelationColumn
from shared.adapters.postgresql.types import Landing
from shared.landing.numbers import NAN
from shared.landing.row_hash import NULL

# PostgreSQL counts from 2000-01-01, Arrow from 1970-01-01.
EPOCH = 946_684_800_000_000
# A function takes a hundred arguments.
_MOST_ARGUMENTS = 99
_UUID_LENGTH = 36

BITS = f"CASE {{}} WHEN 'NaN' THEN '{NAN:x}' ELSE encode(float8send({{}}), 'hex') END"


def row_hash(relation: Relation) -> str:
    """Give SQL for the hash of a row, 16 bytes. Raises TypeUnsupported."""
    return f"decode({_md5(relation)}, 'hex')"


def sum_of_hashes(relation: Relation) -> str:
    """Give SQL for `shared.landing.row_hash.sum_hashes` over rows. Raises TypeUnsupported."""
    return f"sum(('x' || left({_md5(relation)}, 16))::bit(64)::bigint)"


def row_text(relation: Relation) -> str:
    """Give SQL for the canonical text of a row. Raises TypeUnsupported."""
    columns = zip(relation.columns, relation.landings, strict=True)
    return _join([f"coalesce({_text(*pair, utf8=relation.utf8)}, '{NULL}')" for pair in columns])


def octets(column: RelationColumn, landing: Landing, *, utf8: bool) -> str:
    """Give SQL for the length of a text in UTF-8, or of bytes, in bytes."""
    if column.source.builtin and column.source.name == "uuid":
        return f"CASE WHEN {quote(column.name)} IS NOT NULL THEN {_UUID_LENGTH} END"
    text = _as_text(column, landing)
    return f"octet_length({text if utf8 or not _is_string(landing) else _in_utf8(text)})"


def _md5(relation: Relation) -> str:
    text = row_text(relation)
    return f"md5({text if relation.utf8 else _in_utf8(text)})"


def _join(texts: Sequence[str]) -> str:
    """Join by commas, in groups where there are many: joined groups read as their members do."""
    groups = [texts[at : at + _MOST_ARGUMENTS] for at in range(0, len(texts), _MOST_ARGUMENTS)]
    joined = [f"concat_ws(',', {', '.join(group)})" for group in groups]
    return joined[0] if len(joined) == 1 else _join(joined)


def _text(column: RelationColumn, landing: Landing, *, utf8: bool) -> str:
    name, lands = quote(column.name), landing.lands
    if _is_string(landing):
        text = _as_text(column, landing)
        length = octets(column, landing, utf8=utf8)
        return f"{length} || ':' || {text}"
    if pa.types.is_binary(lands):
        return f"encode({name}, 'hex')"
    if pa.types.is_floating(lands):
        # Replaced, not formatted: a name may hold braces.
        return BITS.replace("{}", name)
    return f"({_number(name, lands)})::text"


def _number(name: str, lands: pa.DataType) -> str:
    if pa.types.is_boolean(lands):
        return f"{name}::integer"
    if pa.types.is_decimal(lands):
        return f"trunc({name} * 1e{lands.scale})" if lands.scale else name
    if pa.types.is_date(lands):
        return f"{name} - date '1970-01-01'"
    if pa.types.is_temporal(lands):
        counted = count_microseconds(lands).replace("{}", name)
        return counted if pa.types.is_time(lands) else f"{counted} + {EPOCH}"
    return name


def _as_text(column: RelationColumn, landing: Landing) -> str:
    name = quote(column.name)
    if column.source.builtin and column.source.name == "bpchar":
        # As a text, char(n) would lose its blanks.
        return f"CASE WHEN {name} IS NOT NULL THEN concat({name}) END"
    return name + landing.casts


def _is_string(landing: Landing) -> bool:
    return pa.types.is_string(landing.lands)


def _in_utf8(text: str) -> str:
    return f"convert_to({text}, 'UTF8')"
