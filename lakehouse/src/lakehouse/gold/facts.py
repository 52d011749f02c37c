"""Facts: rows of silver with the surrogate keys of the members that held at the time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from pyspark.sql import Column as Expression
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - as Spark's own documents call it

from lakehouse.gold.journal import SINCE, Moved
from lakehouse.gold.model import UNKNOWN_KEY, VALID_FROM, VALID_TO, Kind, Model, Relationship, Table
from lakehouse.gold.rows import all_of, any_of, believed, live, named, value_of


def facts(
    current: DataFrame, table: Table, model: Model, dimensions: Mapping[str, DataFrame]
) -> DataFrame:
    """Give the facts for rows of silver; `dimensions` are the gold tables that they point to.

    A fact points to the version of the member that held at the relationship's time, to the
    unknown member where there is none.
    """
    rows = live(current)
    for number, relationship in enumerate(table.relationships):
        if not relationship.via:
            rows = rows.withColumns(_matches(relationship, number))
        dimension = model.table(relationship.dimension)
        if dimension.kind is Kind.SCD2:
            rows = rows.withColumn(f"_at{number}", believed(relationship.at))
    for number, relationship in enumerate(table.relationships):
        target = model.table(relationship.dimension)
        found = _candidates(dimensions[target.name], target, table, number)
        rows = rows.join(found, _holds(target, number), "left")
    keys = [
        F.coalesce(F.col(f"_s{number}"), F.lit(UNKNOWN_KEY)).cast(each.type).alias(each.column)
        for number, each in enumerate(table.relationships)
    ]
    return rows.select(*keys, *(value_of(column) for column in table.columns))


def affected_rows(
    current: DataFrame,
    written: Expression,
    table: Table,
    model: Model,
    *,
    changed: Mapping[str, Moved],
    dimensions: Mapping[str, DataFrame],
    put_aside: Callable[[str, DataFrame], DataFrame],
) -> DataFrame:
    """Give the rows of silver whose facts may differ: those `written` since, and those of changed members.

    Of these only the rows of a time at which another version may hold. `changed` has the members that
    moved by dimension; one that is missing has none. For a relationship `via` another, the members in
    between are looked up first. `put_aside` keeps rows under a name: of what lies in files an engine
    knows how little it is, and looks for that in the table and not the other way round.
    """
    every = _sought(table, model, changed, dimensions)
    late = [_may_be_since(sought.at, sought.since) for sought in every]
    rows, found = current.where(any_of([written, *late])), [written]
    for number, sought in enumerate(every):
        few = put_aside(f"members{number}", _first_times(sought.keys))
        rows = _marked(rows, sought, few, number)
        found.append(F.col(f"_met{number}").isNotNull())
    return rows.where(any_of(found)).select(*map(named, current.columns))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sought:
    """What rows of silver are looked for by: keys with the time `SINCE`, and the SQL of what meets them.

    `since` is the least of these times, in microseconds since 1970 in UTC.
    """

    keys: DataFrame
    match: tuple[str, ...]
    at: str
    since: int

    def joined(self, other: _Sought) -> _Sought:
        """Give what this and another one look for by the same SQL."""
        keys, since = self.keys.unionAll(other.keys), min(self.since, other.since)
        return replace(self, keys=keys, since=since)


def _sought(
    table: Table,
    model: Model,
    changed: Mapping[str, Moved],
    dimensions: Mapping[str, DataFrame],
) -> Sequence[_Sought]:
    """Give what to look for, once for all relationships that look by the same columns at the same time."""
    found: dict[tuple[tuple[str, ...], str], _Sought] = {}
    for number, relationship in enumerate(table.relationships):
        moved = changed.get(relationship.dimension)
        if moved is None:
            continue
        keys, at = moved.keys, number
        while table.relationships[at].via:
            before = _position(table, table.relationships[at].via)
            between = model.table(table.relationships[before].dimension)
            keys = _pointing(dimensions[between.name], between, table.relationships[at], keys)
            at = before
        match = tuple(expression for _, expression in table.relationships[at].match)
        wanted = _wanted(keys, table.relationships[at])
        one = _Sought(keys=wanted, match=match, at=relationship.at, since=moved.since)
        same = found.get((match, relationship.at))
        found[match, relationship.at] = one if same is None else same.joined(one)
    return tuple(found.values())


def _pointing(
    members: DataFrame, between: Table, relationship: Relationship, keys: DataFrame
) -> DataFrame:
    """Give the keys of members that point to one of `keys` by a relationship, with the time of that one."""
    equal = [F.expr(each) == F.col(f"_w{i}") for i, (_, each) in enumerate(relationship.match)]
    pointing = members.join(_wanted(keys, relationship), all_of(equal))
    return pointing.select(*map(named, between.key), SINCE)


def _wanted(keys: DataFrame, relationship: Relationship) -> DataFrame:
    """Give keys with their times, under the names by which what meets them is looked for."""
    names = [name for name, _ in relationship.match]
    return keys.select(*(named(name).alias(f"_w{i}") for i, name in enumerate(names)), SINCE)


def _first_times(keys: DataFrame) -> DataFrame:
    names = [name for name in keys.columns if name != SINCE]
    return keys.groupBy(*names).agg(F.min(SINCE).alias(SINCE))


def _may_be_since(at: str, micros: int) -> Expression:
    """Give a condition that all rows meet whose believed time is this or later, and that files can be left out by.

    What is believed is what the row says or the read time, of which an engine knows the greatest of
    a file each, but not of the choice between them.
    """
    since = F.timestamp_micros(F.lit(micros))
    read = F.col("_read_at") >= since
    return (F.expr(at).cast("timestamp") >= since) | read if at else read


def _marked(rows: DataFrame, sought: _Sought, keys: DataFrame, number: int) -> DataFrame:
    """Say in a column `_met` of this number of which rows one of these keys is, at its time or later."""
    values = {f"_m{i}": F.expr(each) for i, each in enumerate(sought.match)}
    prepared = rows.withColumns({**values, "_at": believed(sought.at)})
    names = [f"_w{i}" for i in range(len(sought.match))]
    few = keys.select(*names, F.col(SINCE).alias(f"_met{number}"))
    meets = [F.col(f"_m{i}") == F.col(name) for i, name in enumerate(names)]
    meets.append(F.col("_at") >= F.col(f"_met{number}"))
    return prepared.join(few, all_of(meets), "left").drop(*names)


def _candidates(rows: DataFrame, target: Table, table: Table, number: int) -> DataFrame:
    """Give the dimension's rows under names of this relationship alone."""
    columns = [named(name).alias(f"_k{number}_{i}") for i, name in enumerate(target.key)]
    columns.append(named(target.surrogate).alias(f"_s{number}"))
    if target.kind is Kind.SCD2:
        columns += [
            named(VALID_FROM).alias(f"_from{number}"),
            named(VALID_TO).alias(f"_to{number}"),
        ]
    for later, other in enumerate(table.relationships):
        if other.via == table.relationships[number].column:
            columns += [match.alias(name) for name, match in _matches(other, later).items()]
    return rows.select(*columns)


def _holds(target: Table, number: int) -> Expression:
    conditions = [
        F.col(f"_m{number}_{i}") == F.col(f"_k{number}_{i}") for i in range(len(target.key))
    ]
    if target.kind is Kind.SCD2:
        at, until = F.col(f"_at{number}"), F.col(f"_to{number}")
        conditions += [at >= F.col(f"_from{number}"), until.isNull() | (at < until)]
    return all_of(conditions)


def _matches(relationship: Relationship, number: int) -> dict[str, Expression]:
    """Give what has to equal each column of the dimension's key, in the key's declared order."""
    return {f"_m{number}_{i}": F.expr(each) for i, (_, each) in enumerate(relationship.match)}


def _position(table: Table, column: str) -> int:
    return [each.column for each in table.relationships].index(column)
