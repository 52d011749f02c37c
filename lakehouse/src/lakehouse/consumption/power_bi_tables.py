"""One table of a Power BI model as TMDL: columns, measures, and where its rows come from."""

from collections.abc import Iterator

from lakehouse.consumption.quoting import (
    dax_column,
    dax_table,
    m_text,
    one_line,
    tmdl_name,
    tmdl_value,
)
from lakehouse.gold.model import Column, Measure, Model, Table

_TYPES = {
    "string": "string",
    "int": "int64",
    "bigint": "int64",
    "smallint": "int64",
    "double": "double",
    "float": "double",
    "boolean": "boolean",
    "date": "dateTime",
    "timestamp": "dateTime",
}
_FORMATS = {"date": "yyyy-mm-dd", "timestamp": "yyyy-mm-dd hh:nn:ss"}
_FUNCTIONS = {
    "sum": "SUM",
    "avg": "AVERAGE",
    "min": "MIN",
    "max": "MAX",
    "count_distinct": "DISTINCTCOUNT",
}


def tmdl_table(model: Model, table: Table) -> str:
    """Write the file of one table."""
    return "\n".join(_lines(model, table)) + "\n"


def described(text: str, indent: str) -> Iterator[str]:
    """Give the line that describes the object below it, if there is something to say."""
    if text.strip():
        yield f"{indent}/// {one_line(text)}"


def dax(table: Table, measure: Measure) -> str:
    """Write a measure in DAX."""
    if measure.function == "count":
        return f"COUNTROWS({dax_table(table.name)})"
    if measure.function == "ratio":
        return f"DIVIDE({dax_column(measure.numerator)}, {dax_column(measure.denominator)})"
    column = dax_table(table.name) + dax_column(measure.column)
    return f"{_FUNCTIONS[measure.function]}({column})"


def _lines(model: Model, table: Table) -> Iterator[str]:
    yield from described(table.description, "")
    yield f"table {tmdl_name(table.name)}"
    yield ""
    for measure in table.measures:
        yield from _measure(table, measure)
    keys = {each.column for each in table.relationships} | {table.surrogate}
    for column in table.layout:
        yield from _column(column, hidden=column.name in keys)
    yield f"\tpartition {tmdl_name(table.name)} = m"
    yield "\t\tmode: import"
    yield "\t\tsource ="
    yield "\t\t\t\tlet"
    yield "\t\t\t\t\tSource = Sql.Database(Server, Database),"
    item = f"[Schema={m_text(model.name)}, Item={m_text(table.name)}]"
    yield f"\t\t\t\t\tRows = Source{{{item}}}[Data]"
    yield "\t\t\t\tin"
    yield "\t\t\t\t\tRows"


def _measure(table: Table, measure: Measure) -> Iterator[str]:
    yield from described(measure.description, "\t")
    yield f"\tmeasure {tmdl_name(measure.name)} = {dax(table, measure)}"
    yield f"\t\tformatString: {tmdl_value(measure.format)}"
    yield ""


def _column(column: Column, *, hidden: bool) -> Iterator[str]:
    yield from described(column.description, "\t")
    yield f"\tcolumn {tmdl_name(column.name)}"
    yield f"\t\tdataType: {'decimal' if column.decimals else _TYPES[column.type]}"
    if hidden:
        yield "\t\tisHidden"
    if column.type in _FORMATS:
        yield f"\t\tformatString: {_FORMATS[column.type]}"
    yield "\t\tsummarizeBy: none"
    yield f"\t\tsourceColumn: {tmdl_value(column.name)}"
    yield ""
