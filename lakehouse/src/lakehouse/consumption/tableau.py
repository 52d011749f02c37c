"""Tableau data sources (`.tds`) over the views of Synapse: one for each fact and each aggregate."""

from collections.abc import Iterator, Mapping
from xml.etree import ElementTree as ET

from lakehouse.consumption.places import Places
from lakehouse.consumption.quoting import file_name, name, one_line, tableau_name
from lakehouse.gold.model import Column, Kind, Measure, Model, Table

_CONNECTION = "synapse.tidemark"
_TYPES = {
    "string": ("string", "nominal"),
    "int": ("integer", "ordinal"),
    "bigint": ("integer", "ordinal"),
    "smallint": ("integer", "ordinal"),
    "double": ("real", "quantitative"),
    "float": ("real", "quantitative"),
    "boolean": ("boolean", "nominal"),
    "date": ("date", "ordinal"),
    "timestamp": ("datetime", "ordinal"),
}
_FUNCTIONS = {"sum": "SUM", "avg": "AVG", "min": "MIN", "max": "MAX", "count_distinct": "COUNTD"}


def tableau_sources(model: Model, places: Places) -> Mapping[str, str]:
    """Give the files by name. A fact brings its dimensions along, each under the key's column."""
    return {
        f"{file_name(table.name)}.tds": _source(model, table, places)
        for table in model.tables
        if not table.kind.is_dimension
    }


def _source(model: Model, table: Table, places: Places) -> str:
    caption = f"{model.title}: {table.name}"
    root = ET.Element(
        "datasource",
        {"formatted-name": name(f"{model.name}.{table.name}"), "inline": "true", "version": "18.1"},
    )
    root.set("caption", one_line(caption))
    connection = ET.SubElement(root, "connection", {"class": "federated"})
    _connect(connection, model, places)
    joined = _joined(model, table)
    connection.append(_relation(model, table, joined))
    mapped = ET.SubElement(connection, "cols")
    fields = list(_fields(table, joined))
    for field, alias, column in fields:
        value = f"{tableau_name(alias)}.{tableau_name(column.name)}"
        ET.SubElement(mapped, "map", {"key": tableau_name(field), "value": value})
    for field, _, column in fields:
        _column(root, field, column)
    for measure in table.measures:
        _measure(root, table, measure)
    ET.indent(root)
    return (
        "<?xml version='1.0' encoding='utf-8' ?>\n" + ET.tostring(root, encoding="unicode") + "\n"
    )


def _connect(connection: ET.Element, model: Model, places: Places) -> None:
    names = ET.SubElement(connection, "named-connections")
    named = ET.SubElement(
        names, "named-connection", {"caption": places.server, "name": _CONNECTION}
    )
    ET.SubElement(
        named,
        "connection",
        {
            "authentication": "azure-active-directory",
            "class": "azure_sqldw",
            "dbname": name(places.database),
            "schema": name(model.name),
            "server": name(places.server),
        },
    )


def _joined(model: Model, table: Table) -> dict[str, Table]:
    """Give the dimensions by the column that leads to them: one may be there in two roles."""
    if table.kind is not Kind.FACT:
        return {}
    return {each.column: model.table(each.dimension) for each in table.relationships}


def _relation(model: Model, table: Table, joined: Mapping[str, Table]) -> ET.Element:
    relation = _table(model, table, table.name)
    for column, dimension in joined.items():
        join = ET.Element("relation", {"join": "left", "type": "join"})
        clause = ET.SubElement(join, "clause", {"type": "join"})
        equal = ET.SubElement(clause, "expression", {"op": "="})
        left = f"{tableau_name(table.name)}.{tableau_name(column)}"
        right = f"{tableau_name(column)}.{tableau_name(dimension.surrogate)}"
        ET.SubElement(equal, "expression", {"op": left})
        ET.SubElement(equal, "expression", {"op": right})
        join.append(relation)
        join.append(_table(model, dimension, column))
        relation = join
    return relation


def _table(model: Model, table: Table, alias: str) -> ET.Element:
    place = f"{tableau_name(model.name)}.{tableau_name(table.name)}"
    known_as = {"connection": _CONNECTION, "name": name(alias), "table": place, "type": "table"}
    return ET.Element("relation", known_as)


def _fields(table: Table, joined: Mapping[str, Table]) -> Iterator[tuple[str, str, Column]]:
    """Give field, table's alias and column. Those of dimensions are named by the role, too."""
    for column in table.layout:
        if column.name not in joined:
            yield column.name, table.name, column
    for role, dimension in joined.items():
        for column in dimension.layout:
            if column.name != dimension.surrogate:
                yield f"{role}: {column.name}", role, column


def _column(root: ET.Element, field: str, column: Column) -> None:
    datatype, kind = ("real", "quantitative") if column.decimals else _TYPES[column.type]
    said = {
        "caption": field,
        "datatype": datatype,
        "name": tableau_name(field),
        "role": "dimension",
        "type": "ordinal" if kind == "quantitative" else kind,
    }
    element = ET.SubElement(root, "column", said)
    if column.description:
        described = ET.SubElement(ET.SubElement(element, "desc"), "formatted-text")
        ET.SubElement(described, "run").text = one_line(column.description)


def _measure(root: ET.Element, table: Table, measure: Measure) -> None:
    said = {
        "caption": name(measure.name),
        "datatype": "real",
        "name": tableau_name(measure.name),
        "role": "measure",
        "type": "quantitative",
    }
    element = ET.SubElement(root, "column", said)
    formula = _formula(table, measure)
    ET.SubElement(element, "calculation", {"class": "tableau", "formula": formula})


def _formula(table: Table, measure: Measure) -> str:
    if measure.function == "count":
        # A column of the fact's key is never empty.
        return f"COUNT({tableau_name(table.key[0])})"
    if measure.function == "ratio":
        return f"{tableau_name(measure.numerator)} / {tableau_name(measure.denominator)}"
    return f"{_FUNCTIONS[measure.function]}({tableau_name(measure.column)})"
