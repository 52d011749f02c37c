"""Drift: how a table's columns differ from those that were published last, and whether to go on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

from shared.catalog import TableSpec
from shared.loading.errors import SchemaDrifted
from shared.loading.order import Mode
from shared.loading.plan import PlannedColumn

Kind = Literal["dropped", "retyped", "added", "redeclared", "nullable", "respelled", "masked"]

# What leaves every file readable beside the files that are there: a new column, or one that lands as before.
_FITS: frozenset[Kind] = frozenset({"added", "redeclared", "nullable", "respelled"})
_READS_ALL: frozenset[Mode] = frozenset({"initial", "snapshot"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that is not as it was published last, in words."""

    kind: Kind
    column: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """What a load does about drift: goes on with findings, or with `reasons` sets aside what it reads."""

    findings: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()


def check_drift(
    spec: TableSpec,
    *,
    ordered: Mode,
    mode: Mode,
    last: Sequence[PlannedColumn],
    now: Sequence[PlannedColumn],
) -> Drift:
    """Say whether a load may go on, and whether what it reads may land.

    Whoever orders an initial or snapshot load (`ordered`) accepts any change, as every row is read
    anew; with `on_drift: add` so does a table that is always loaded whole (`mode`). Else `add` lets
    through what fits beside the files that are there, `freeze` nothing, and `quarantine` sets aside
    what `freeze` would stop. A backfill is never set aside: it would look done. The order of columns
    is told, and never stops.

    Raises:
        SchemaDrifted: with every difference that stops the load.
    """
    if not last:
        return Drift()
    found = tuple(find_differences(spec, last, now))
    told = (*(each.text for each in found), *_tell_order(last, now))
    if ordered in _READS_ALL or (spec.on_drift == "add" and mode in _READS_ALL):
        return Drift(findings=told)
    barred = [each for each in found if spec.on_drift != "add" or each.kind not in _FITS]
    if not barred:
        return Drift(findings=told)
    if spec.on_drift == "quarantine" and mode != "backfill":
        return Drift(findings=told, reasons=tuple(each.text for each in barred))
    raise SchemaDrifted("; ".join(_with_way_out(spec, each) for each in barred))


def find_differences(
    spec: TableSpec, last: Sequence[PlannedColumn], now: Sequence[PlannedColumn]
) -> Iterator[Difference]:
    """Compare columns by name: what is gone, what changed, what is new. Names are those of the engine."""
    after = {column.name: column for column in now}
    pairs = _pair(spec, last, after)
    kept = {name for name in pairs.values() if name is not None}
    added = [column for column in now if column.name not in kept]
    excluded = spec.excluded([column.name for column in last])
    for column in last:
        if pairs[column.name] is None and column.name not in excluded:
            yield Difference(kind="dropped", column=column.name, text=_tell_gone(column, added))
    for column in last:
        name = pairs[column.name]
        if name is not None:
            yield from _compare(column, after[name])
    for column in added:
        text = f"column {column.name} ({column.source_type}) is new"
        yield Difference(kind="added", column=column.name, text=text)


def is_same(planned: Sequence[PlannedColumn], found: Sequence[PlannedColumn]) -> bool:
    """Say whether files of both have one schema: the same columns of the same types in one order."""
    return len(planned) == len(found) and all(
        (old.name, old.source_type, old.mask) == (new.name, new.source_type, new.mask)
        and old.lands in ("", new.lands)
        for old, new in zip(planned, found, strict=True)
    )


def fingerprint(reasons: Sequence[str]) -> str:
    """Give sixteen hex digits that stand for a drift, so that the same one is known again."""
    return sha256("\n".join(reasons).encode()).hexdigest()[:16]


def _pair(
    spec: TableSpec, last: Sequence[PlannedColumn], after: Mapping[str, PlannedColumn]
) -> dict[str, str | None]:
    """Find each column that was by its name now: the very same, or the same to the engine."""
    pairs = {column.name: column.name if column.name in after else None for column in last}
    if spec.source.folds_case:
        free = {name.casefold(): name for name in after if name not in pairs}
        for name, found in pairs.items():
            if found is None:
                pairs[name] = free.pop(name.casefold(), None)
    return pairs


def _compare(old: PlannedColumn, new: PlannedColumn) -> Iterator[Difference]:
    if old.name != new.name:
        text = f"column {old.name} is now written {new.name}"
        yield Difference(kind="respelled", column=new.name, text=text)
    if old.mask != new.mask:
        text = f"column {new.name} {_tell_mask(old)} and {_tell_mask(new, now=True)}"
        yield Difference(kind="masked", column=new.name, text=text)
        return
    # A record of an earlier version does not say how a column landed: then any other type counts.
    known = bool(old.lands)
    if known and old.lands != new.lands:
        text = (
            f"column {new.name} was {old.source_type} (lands as {old.lands}) "
            f"and is {new.source_type} (lands as {new.lands})"
        )
        yield Difference(kind="retyped", column=new.name, text=text)
    elif old.source_type != new.source_type:
        text = f"column {new.name} was {old.source_type} and is {new.source_type}"
        if known:
            text = f"{text}; it lands as before"
            yield Difference(kind="redeclared", column=new.name, text=text)
        else:
            yield Difference(kind="retyped", column=new.name, text=text)
    if known and old.nullable != new.nullable:
        change = "may be NULL now" if new.nullable else "may not be NULL any more"
        text = f"column {new.name} {change}"
        yield Difference(kind="nullable", column=new.name, text=text)


def _tell_mask(column: PlannedColumn, *, now: bool = False) -> str:
    verb = "is" if now else "was"
    return f"{verb} masked by {column.mask}" if column.mask else f"{verb} not masked"


def _tell_gone(column: PlannedColumn, added: Sequence[PlannedColumn]) -> str:
    """Say that a column is gone; one that came in its place with its type may be it, renamed."""
    text = f"column {column.name} ({column.source_type}) is gone"
    alike = [each.name for each in added if each.source_type == column.source_type]
    return f"{text} (renamed to {alike[0]}?)" if len(alike) == 1 else text


def _tell_order(last: Sequence[PlannedColumn], now: Sequence[PlannedColumn]) -> Iterator[str]:
    """Tell another order of the same columns, which in many engines means that one was made anew."""
    before, after = [column.name for column in last], [column.name for column in now]
    if [name for name in before if name in after] != [name for name in after if name in before]:
        yield "the columns stand in another order: was one of them dropped and made anew?"


def _with_way_out(spec: TableSpec, difference: Difference) -> str:
    match difference.kind:
        case "dropped":
            way = "to go on without it, exclude it; or order a snapshot load"
        case "retyped" if difference.column == spec.cursor.column:
            way = "it is the cursor: order an initial load"
        case "retyped" if difference.column in spec.key:
            way = "it is of the key: order a snapshot load"
        case "masked":
            way = "order a snapshot load, which replaces what landed before"
        case "retyped":
            way = "order a snapshot load, or exclude it"
        case _ if spec.on_drift == "add":
            way = "order an initial load"
        case _:
            way = "write `on_drift: add`, or order an initial load"
    return f"{difference.text} [{way}]"
