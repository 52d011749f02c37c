"""Facts: rows of silver with the surrogate keys of the members that held at the time."""

from collections.abc import Callable, Mapping
from functools import reduce

from pyspark.sql import Column as Expression
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - as Spark's own documents call it

from lakehouse.gold.model import UNKNOWN_KEY, VALID_FROM, VALID_TO, Kind, Model, Relationship, Table
from lakehouse.gold.rows import all_of, believed, live, named, value_of


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
    changed: Mapping[str, DataFrame],
    dimensions: Mapping[str, DataFrame],
    put_aside: Callable[[str, DataFrame], DataFrame],
) -> DataFrame:
    """Give the rows of silver whose facts may differ: those `written` since, and those whose members changed.

    `changed` holds the business keys of changed members by dimension; one that is missing has
    none. For a relationship `via` another, the members in between are looked up first. `put_aside`
    keeps rows under a name: of what lies in files an engine knows how little it is, and looks for
    that in the table and not the other way round.
    """
    found = [current.where(written)]
    others = current.where(~written)
    for number, keys in _looked_for(table, model, changed, dimensions).items():
        few = put_aside(f"members{number}", reduce(DataFrame.unionAll, keys).distinct())
        found.append(_meeting(others, table, number, few, "left_semi"))
        others = _meeting(others, table, number, few, "left_anti")
    return reduce(DataFrame.unionAll, found)


def _looked_for(
    table: Table,
    model: Model,
    changed: Mapping[str, DataFrame],
    dimensions: Mapping[str, DataFrame],
) -> Mapping[int, list[DataFrame]]:
    """Give the keys that rows of silver are looked for by, by the number of the relationship that has them."""
    found: dict[int, list[DataFrame]] = {}
    for number, relationship in enumerate(table.relationships):
        keys = changed.get(relationship.dimension)
        if keys is None:
            continue
        at = number
        while table.relationships[at].via:
            before = _position(table, table.relationships[at].via)
            between = model.table(table.relationships[before].dimension)
            members = _meeting(dimensions[between.name], table, at, keys, "left_semi")
            keys, at = members.select(*map(named, between.key)), before
        columns = [named(name).alias(f"_k{name}") for name, _ in table.relationships[at].match]
        found.setdefault(at, []).append(keys.select(*columns))
    return found


def _meeting(rows: DataFrame, table: Table, number: int, keys: DataFrame, how: str) -> DataFrame:
    """Keep the rows that point by a relationship to one of these keys, or (`left_anti`) to none."""
    match = table.relationships[number].match
    names = keys.columns
    wanted = keys.select(*(named(name).alias(f"_w{i}") for i, name in enumerate(names)))
    prepared = rows.withColumns({f"_m{i}": F.expr(each) for i, (_, each) in enumerate(match)})
    equal = [F.col(f"_m{i}") == F.col(f"_w{i}") for i in range(len(match))]
    return prepared.join(wanted, all_of(equal), how).select(*map(named, rows.columns))


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
