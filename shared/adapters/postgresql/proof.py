"""What PostgreSQL adds up of the rows that it gave: exactly, and as cheaply as was measured.

Of the ways to add up timestamps exactly, that by days and times of day costs least: half of what
their binary form costs as a number. `extract(epoch)` is dearer, and a sum of intervals since
1970 leaves their range with a hundred thousand rows.
"""

from __future__ import annotations

import pyarrow as pa

from shared.adapters.postgresql.identifiers import quote
from shared.adapters.postgresql.lines import count_microseconds
from shared.adapters.postgresql.relation import Relation, RelationColumn
from shared.adapters.postgresql.row_hash import BITS, EPOCH, octets, sum_of_hashes
from shared.adapters.postgresql.types import Landing
from shared.catalog import ReceiptLevel
from shared.extraction.adding import Addition, Additions

# Times of day are added up as intervals, whose hours have 31 bits in older versions.
MOST_TIMES = 50_000_000
_DAY = 86_400_000_000
_HOUR, _MINUTE = 3_600_000_000, 60_000_000


def find_additions(relation: Relation, level: ReceiptLevel, *, rows: int) -> Additions:
    """Say what to add up of a span that has about so many rows. Raises TypeUnsupported."""
    if level == "rows":
        return Additions(level="rows", rows="count(*)")
    columns = zip(relation.columns, relation.landings, strict=True)
    return Additions(
        level=level,
        rows="count(*)",
        columns=tuple(_addition(*each, relation, rows) for each in columns),
        hashes=f"({sum_of_hashes(relation)})::text" if level == "hashes" else None,
    )


def _addition(column: RelationColumn, landing: Landing, relation: Relation, rows: int) -> Addition:
    name, lands = quote(column.name), landing.lands
    text = pa.types.is_string(lands) or pa.types.is_binary(lands)
    if text:
        terms = ((1, f"sum({octets(column, landing, utf8=relation.utf8)})"),)
    else:
        terms = _numbers(name, lands, rows)
    return Addition(
        column=column.name,
        measure="bytes" if text else "numbers",
        values=f"count({name})",
        terms=tuple((factor, f"({sql})::text") for factor, sql in terms),
    )


def _numbers(name: str, lands: pa.DataType, rows: int) -> tuple[tuple[int, str], ...]:
    """Give what the numbers add up to (shared.landing.numbers), as terms of an addition."""
    if pa.types.is_temporal(lands) and not pa.types.is_date(lands):
        return _moments(name, lands, rows)
    if pa.types.is_boolean(lands):
        total = f"count(*) FILTER (WHERE {name})"
    elif pa.types.is_decimal(lands):
        total = f"trunc(sum({name}) * 1e{lands.scale})"
    elif pa.types.is_floating(lands):
        # Replaced, not formatted: a name may hold braces.
        total = f"sum(('x' || {BITS.replace('{}', name)})::bit(64)::bigint)"
    elif pa.types.is_date(lands):
        total = f"sum({name} - date '1970-01-01')"
    else:
        total = f"sum({name})"
    return ((1, total),)


def _moments(name: str, lands: pa.DataType, rows: int) -> tuple[tuple[int, str], ...]:
    of_day = pa.types.is_time(lands)
    if rows > MOST_TIMES:
        counted = count_microseconds(lands).replace("{}", name)
        return ((1, f"sum({counted})"), (0 if of_day else EPOCH, f"count({name})"))
    if of_day:
        return ((1, _times(name)),)
    # The session is in UTC, in which a timestamptz has its day and time.
    days = f"sum({name}::date - date '1970-01-01')"
    return ((_DAY, days), (1, _times(f"{name}::time")))


def _times(time: str) -> str:
    """Add up times of day. Fields of an interval are exact; its seconds are not in every version."""
    parts = (("hour", _HOUR), ("minute", _MINUTE), ("microseconds", 1))
    # The server adds up once what is written three times.
    return " + ".join(f"date_part('{field}', sum({time}))::bigint * {us}" for field, us in parts)
