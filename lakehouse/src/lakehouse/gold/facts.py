"""Facts: rows of silver with the surrogate keys of the members that held at the time."""

from collections.abc import Mapping
from functools import reduce

from pyspark.sql import Column as Expression
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - as Spark's own documents call it

from lakehouse.gold.model import UNKNOWN_KEY, VALID_FROM, VALID_TO, Kind, Model, Relationship, Table
from lakehouse.gold.rows import all_of, believed, key_values, live, named, value_of


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


def affected_keys(
    current: DataFrame,
    touched: DataFrame,
    table: Table,
    model: Model,
    *,
    changed: Mapping[str, DataFrame],
    dimensions: Mapping[str, DataFrame],
) -> DataFrame:
    """Give the keys of the facts that may differ: rows touched, and rows whose members changed.

    `changed` holds the business keys of changed members by dimension; one that is missing has
    none. For a relationship `via` another, the members in between are looked up first.
    """
    found = [touched.select(*key_values(table))]
    for number, relationship in enumerate(table.relationships):
        keys = changed.get(relationship.dimension)
        if keys is not None:
            rows = _referring(current, table, number, keys, model=model, dimensions=dimensions)
            found.append(rows.select(*key_values(table)))
    return reduce(DataFrame.unionAll, found).distinct()


def _referring(
    current: DataFrame,
    table: Table,
    number: int,
    keys: DataFrame,
    *,
    model: Model,
    dimensions: Mapping[str, DataFrame],
) -> DataFrame:
    """Give the rows of silver that point to members with these keys."""
    relationship = table.relationships[number]
    target = model.table(relationship.dimension)
    wanted = keys.select(*(named(name).alias(f"_k{name}") for name in target.key))

    def meets(rows: DataFrame) -> DataFrame:
        matches = [F.expr(dict(relationship.match)[name]) for name in target.key]
        prepared = rows.withColumns({f"_m{i}": each for i, each in enumerate(matches)})
        condition = [named(f"_m{i}") == named(f"_k{name}") for i, name in enumerate(target.key)]
        return prepared.join(wanted, all_of(condition), "left_semi")

    if not relationship.via:
        return meets(current)
    number = _position(table, relationship.via)
    between = model.table(table.relationships[number].dimension)
    members = meets(dimensions[between.name]).select(*map(named, between.key)).distinct()
    return _referring(current, table, number, members, model=model, dimensions=dimensions)


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
