"""What gold has to hold by what loads were able to see; by another way of thought than the code's.

At any time that version of a member holds which was read last of all that begin by then.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from chain_seen import Version
from chain_source import ITEM, MAKER, SALE, STORE, Row

FIRST = datetime(1900, 1, 1, tzinfo=UTC)
Gold = dict[str, list[tuple[Any, ...]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A version while it held: its row, from when, until when (None: now), and whether it was deleted then."""

    row: Row
    begins: datetime
    ends: datetime | None
    deleted: bool


def expected(seen: Mapping[str, Sequence[Version]]) -> Gold:
    """Give what every table of gold has to hold; facts name versions by key and beginning, not by hashes."""
    makers = _timelines(seen[MAKER], _read_time, ("country",), None)
    items = _timelines(seen[ITEM], _since, ("maker_id", "grade"), FIRST)
    stores = {v.key: v.row for v in _current(seen[STORE])}
    sales = [_placed(version, makers, items, stores) for version in _current(seen[SALE])]
    return {
        "dim_maker": [_member(k, held, "country") for k, each in makers.items() for held in each],
        "dim_item": [
            _member(k, held, "maker_id", "grade") for k, each in items.items() for held in each
        ],
        "dim_store": [(key, row["town"]) for key, row in stores.items() if row],
        "fact_sale": [sale.fact for sale in sales],
        "sales_per_country": _per_country(sales),
        "items_per_town": _per_town(sales, items),
        "items_per_grade": _per_grade(seen[ITEM]),
    }


def _timelines(
    versions: Sequence[Version],
    begins: Callable[[Version], datetime],
    columns: Sequence[str],
    first: datetime | None,
) -> dict[int, list[Held]]:
    """Give for each key what held when: at any time the version read last of all that begin by then."""
    by_key: dict[int, list[Version]] = defaultdict(list)
    for version in versions:
        by_key[version.key].append(version)
    return {key: _timeline(each, begins, columns, first) for key, each in by_key.items()}


def _timeline(
    versions: Sequence[Version],
    begins: Callable[[Version], datetime],
    columns: Sequence[str],
    first: datetime | None,
) -> list[Held]:
    changes: list[tuple[datetime, Row | None]] = []
    said = [begins(version) for version in versions]
    since = [
        v.read_at if v.deleted and before is not None and said_now <= before else said_now
        for v, said_now, before in zip(versions, said, [None, *said], strict=False)
    ]
    for instant in sorted(set(since)):
        holds = [v for v, begin in zip(versions, since, strict=True) if begin <= instant][-1]
        row = None
        if holds.row is not None and not holds.deleted:
            row = {name: holds.row[name] for name in columns}
        if not changes or changes[-1][1] != row:
            changes.append((instant, row))
    found: list[Held] = []
    for (instant, row), after in zip(changes, [*changes[1:], None], strict=True):
        if row is not None:
            found.append(
                Held(
                    row=row,
                    begins=first if first and not found else instant,
                    ends=after[0] if after else None,
                    deleted=after is not None and after[1] is None,
                )
            )
    return found


def _read_time(version: Version) -> datetime:
    return version.read_at


def _since(version: Version) -> datetime:
    return _believed(version.row["since"] if version.row else None, version.read_at)


def _believed(said: datetime | None, read_at: datetime) -> datetime:
    if said is None or said < FIRST or said > read_at + timedelta(days=1):
        return read_at
    return said


def _current(versions: Sequence[Version]) -> list[Version]:
    last = {version.key: version for version in versions}
    return [version for version in last.values() if not version.deleted]


def _member(key: int, held: Held, *columns: str) -> tuple[Any, ...]:
    values = (held.row[name] for name in columns)
    return (key, *values, held.begins, held.ends, held.ends is None, held.deleted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """A fact, and what aggregates want of it."""

    fact: tuple[Any, ...]
    item_id: int | None
    amount: int
    country: str | None
    town: str | None


def _placed(
    version: Version,
    makers: Mapping[int, Sequence[Held]],
    items: Mapping[int, Sequence[Held]],
    stores: Mapping[int, Row | None],
) -> Sale:
    row = version.row or {}
    at = _believed(row["sold_at"], version.read_at)
    item = _holding(items, row["item_id"], at)
    made_by = item.row["maker_id"] if item else None
    maker = _holding(makers, made_by, at)
    store = stores.get(row["store_id"])
    return Sale(
        fact=(
            version.key,
            row["item_id"],
            row["sold_at"],
            row["amount"],
            (row["item_id"], item.begins) if item else None,
            (made_by, maker.begins) if maker else None,
            (row["store_id"],) if store else None,
        ),
        item_id=row["item_id"],
        amount=row["amount"],
        country=maker.row["country"] if maker else "Unknown",
        town=store["town"] if store else "Unknown",
    )


def _holding(timelines: Mapping[int, Sequence[Held]], key: int | None, at: datetime) -> Held | None:
    for held in timelines.get(key, ()) if key is not None else ():
        if held.begins <= at and (held.ends is None or at < held.ends):
            return held
    return None


def _per_country(sales: Sequence[Sale]) -> list[tuple[Any, ...]]:
    amounts: dict[str | None, list[int]] = defaultdict(list)
    for sale in sales:
        amounts[sale.country].append(sale.amount)
    return [(country, len(each), sum(each)) for country, each in amounts.items()]


def _per_town(sales: Sequence[Sale], items: Mapping[int, Sequence[Held]]) -> list[tuple[Any, ...]]:
    counted: dict[str | None, dict[int | None, int]] = defaultdict(lambda: defaultdict(int))
    for sale in sales:
        counted[sale.town][sale.item_id] += 1
    found: list[tuple[Any, ...]] = []
    for town, sold in counted.items():
        # Spark puts NULL first.
        order = sorted(sold, key=lambda item: (-sold[item], item is not None, item or 0))
        for position, item in enumerate(order, start=1):
            now = [held for held in items.get(item, ()) if held.ends is None] if item else []
            found.append((town, item, now[0].row["grade"] if now else None, position, sold[item]))
    return found


def _per_grade(versions: Sequence[Version]) -> list[tuple[Any, ...]]:
    counted: dict[str | None, int] = defaultdict(int)
    for version in _current(versions):
        if version.row:
            counted[version.row["grade"]] += 1
    return list(counted.items())


def current_of(rows: Mapping[str, Mapping[int, Row]]) -> Gold:
    """Give what the current rows of gold have to say if they are the source's own."""
    items = [(key, row) for key, row in rows[ITEM].items() if not row["gone"]]
    sold = ("item_id", "sold_at", "amount")
    return {
        "dim_maker": [(key, row["country"]) for key, row in rows[MAKER].items()],
        "dim_item": [(key, row["maker_id"], row["grade"]) for key, row in items],
        "dim_store": [(key, row["town"]) for key, row in rows[STORE].items()],
        "fact_sale": [(key, *(row[n] for n in sold)) for key, row in rows[SALE].items()],
    }
