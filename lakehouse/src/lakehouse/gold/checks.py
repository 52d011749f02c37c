"""What has to hold between the parts of a model: names, keys, relationships, measures, order."""

from collections.abc import Iterable
from dataclasses import replace

from lakehouse.gold.model import Kind, Model, Relationship, Table
from lakehouse.gold.section import Section

# Types whose values are few and alike in every engine's paths and conditions.
_PARTING = ("int", "smallint", "date")


def check_model(model: Model, root: Section) -> Model:
    """Give the model with what follows from other tables filled in. Raises ModelInvalid."""
    if not model.tables:
        root.fail("must list at least one table", "tables")
    _refuse_twins(root, "tables", (table.name for table in model.tables))
    checked: dict[str, Table] = {}
    for number, table in enumerate(model.tables):
        place = Section(file=root.file, path=f"tables[{number}] ({table.name})", values={})
        checked[table.name] = _check_table(table, place, checked)
    return replace(model, tables=tuple(checked.values()))


def _check_table(table: Table, place: Section, earlier: dict[str, Table]) -> Table:
    table = replace(
        table,
        relationships=tuple(
            _check_relationship(each, number, table, place, earlier)
            for number, each in enumerate(table.relationships)
        ),
    )
    _refuse_twins(place, "columns", (column.name for column in table.layout))
    _check_columns(table, place)
    _check_keys(table, place)
    _check_partition(table, place)
    if table.kind is Kind.AGGREGATE:
        _check_aggregate(table, place, earlier)
    if table.first_day and table.last_day and table.first_day > table.last_day:
        place.fail("lies after the last day", "from")
    _check_measures(table, place)
    return table


def _check_columns(table: Table, place: Section) -> None:
    if table.kind is Kind.DATE:
        if table.columns:
            place.fail("a date dimension brings its own columns; remove these", "columns")
        return
    if not table.columns:
        place.fail("must list at least one column", "columns")
    for number, column in enumerate(table.columns):
        at = f"columns[{number}]"
        if table.kind.is_dimension and not column.nullable:
            place.fail("the unknown member has no values, so this must be nullable", at)
        if column.unknown and not (table.kind.is_dimension and column.type == "string"):
            place.fail("`unknown` is for string columns of dimensions", at)
        if column.source and table.kind is Kind.AGGREGATE:
            place.fail("`source` is for tables made of silver; the SQL file says it here", at)


def _check_keys(table: Table, place: Section) -> None:
    if not table.key:
        place.fail("must name the columns that tell the rows apart", "key")
    declared = {column.name for column in table.layout}
    for name in table.key:
        if name not in declared:
            place.fail(f"there is no column {name}", "key")
    if table.kind is Kind.FACT and table.relationships:
        keys = {each.column for each in table.relationships}
        if keys & set(table.key):
            place.fail("a surrogate key cannot tell facts apart; name business columns", "key")


def _check_partition(table: Table, place: Section) -> None:
    if not table.partition:
        return
    types = {column.name: column.type for column in table.columns}
    if table.partition not in types:
        place.fail(f"there is no column {table.partition} among `columns`", "partition")
    if types[table.partition] not in _PARTING:
        place.fail(f"must be a column of type {', '.join(_PARTING)}", "partition")


def _check_relationship(
    relationship: Relationship,
    number: int,
    table: Table,
    place: Section,
    earlier: dict[str, Table],
) -> Relationship:
    at = f"relationships[{number}]"
    dimension = earlier.get(relationship.dimension)
    if table.kind not in (Kind.FACT, Kind.AGGREGATE):
        place.fail("only facts and aggregates have relationships", at)
    if dimension is None or not dimension.kind.is_dimension:
        place.fail(f"there is no dimension {relationship.dimension} above this table", at)
    if table.kind is Kind.AGGREGATE:
        if relationship.match or relationship.at or relationship.via:
            place.fail("the SQL fills the column of an aggregate; remove match, at and via", at)
        if relationship.column not in {column.name for column in table.columns}:
            place.fail(f"there is no column {relationship.column}", at)
        return relationship
    if {name for name, _ in relationship.match} != set(dimension.key):
        place.fail(f"`match` must name exactly the key: {', '.join(dimension.key)}", at)
    if relationship.at and dimension.kind is not Kind.SCD2:
        place.fail(f"`at` is for versions, and {dimension.name} has none", at)
    if relationship.via not in ("", *(each.column for each in table.relationships[:number])):
        place.fail(f"`via` must be the column of a relationship above: {relationship.via}", at)
    given = dict(relationship.match)
    return replace(
        relationship,
        match=tuple((name, given[name]) for name in dimension.key),
        type="int" if dimension.kind is Kind.DATE else "bigint",
    )


def _check_aggregate(table: Table, place: Section, earlier: dict[str, Table]) -> None:
    if not table.reads:
        place.fail("must name the tables that the SQL reads", "reads")
    for name in table.reads:
        if "/" not in name and name not in earlier:
            place.fail(f"there is no table {name} above this one", "reads")
    if table.groups and any("/" in name for name in table.reads):
        place.fail("an aggregate over silver is always computed anew; remove groups", "groups")
    for name in table.groups:
        if name not in table.key:
            place.fail(f"{name} is not in the key", "groups")
    columns = {column.name for column in table.columns}
    for name in table.lookups:
        if name not in table.reads or not earlier[name].kind.is_dimension:
            place.fail(f"there is no dimension {name} among `reads`", "lookups")
        lacking = set(earlier[name].key) - columns
        if lacking:
            place.fail(f"the key of {name} lacks in `columns`: {', '.join(lacking)}", "lookups")


def _check_measures(table: Table, place: Section) -> None:
    _refuse_twins(place, "measures", (measure.name for measure in table.measures))
    columns = {column.name for column in table.layout}
    seen: set[str] = set()
    for number, measure in enumerate(table.measures):
        if measure.column and measure.column not in columns:
            place.fail(f"there is no column {measure.column}", f"measures[{number}]")
        for part in (measure.numerator, measure.denominator):
            if part and part not in seen:
                place.fail(f"there is no measure {part} above this one", f"measures[{number}]")
        if measure.name in columns:
            place.fail(f"{measure.name} is also a column", f"measures[{number}]")
        seen.add(measure.name)


def _refuse_twins(place: Section, key: str, names: Iterable[str]) -> None:
    """Refuse names that are equal but for upper and lower case: Spark and Synapse see one."""
    seen: set[str] = set()
    for name in names:
        if name.casefold() in seen:
            place.fail(f"{name} is there twice", key)
        seen.add(name.casefold())
