"""Reads `model.yml` and the SQL files beside it. What is not understood is refused by file and place."""

import re
from dataclasses import replace
from pathlib import Path
from typing import cast

import yaml

from lakehouse.gold.checks import check_model
from lakehouse.gold.model import Column, Kind, Measure, Model, Relationship, Table
from lakehouse.gold.section import ModelInvalid, Section

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_TYPES = ("string", "int", "bigint", "smallint", "double", "float", "boolean", "date", "timestamp")
_DECIMAL = re.compile(r"decimal\((\d{1,2}),(\d{1,2})\)")
_LONGEST_DECIMAL = 38
# Delta has columns with these only with column mapping, which Synapse cannot read.
_NOT_IN_COLUMNS = re.compile(r"[ ,;{}()\n\t=]")
_MEASURE = re.compile(r"(sum|avg|min|max|count_distinct)\((.+)\)")
_RATIO = re.compile(r"\[(.+)\] / \[(.+)\]")


def read_model(folder: Path) -> Model:
    """Read the model of a folder. Raises ModelInvalid, which names file and place."""
    file = folder / "model.yml"
    try:
        content = cast("object", yaml.safe_load(file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise ModelInvalid(f"{file}: there is no such file") from None
    except yaml.YAMLError as error:
        raise ModelInvalid(f"{file}: is not YAML: {error}") from error
    if not isinstance(content, dict):
        raise ModelInvalid(f"{file}: must be a mapping")
    root = Section(file=file, path="", values=cast("dict[str, object]", content))
    name = _plain(root, "model")
    model = Model(
        name=name,
        title=root.text("title", name),
        description=root.text("description", ""),
        readers=root.names("readers"),
        tables=root.each("tables", _read_table),
    )
    root.close()
    return check_model(model, root)


def _read_table(section: Section) -> Table:
    kind = section.text("kind")
    if kind not in list(Kind):
        section.fail(f"must be one of {', '.join(Kind)}", "kind")
    name = _plain(section, "table")
    sql = section.text("sql", f"{name}.sql") if kind == Kind.AGGREGATE else ""
    table = Table(
        name=name,
        kind=Kind(kind),
        description=section.text("description", ""),
        columns=section.each("columns", _read_column),
        relationships=section.each("relationships", _read_relationship),
        measures=section.each("measures", _read_measure),
        sql=sql,
        query=_read_query(section, sql) if sql else "",
    )
    table = _read_build(section, table)
    if not table.kind.is_dimension:
        table = replace(table, partition=section.text("partition", ""))
    section.close()
    return table


def _read_build(section: Section, table: Table) -> Table:
    """Give the table with the keys that its kind alone has."""
    if table.kind is Kind.DATE:
        return replace(
            table,
            key=("date_key",),
            surrogate="date_key",
            first_day=section.day("from", needed=True),
            last_day=section.day("to", needed=True),
        )
    if table.kind is Kind.AGGREGATE:
        return replace(
            table,
            key=section.names("key"),
            reads=section.names("reads"),
            groups=section.names("groups"),
            lookups=section.names("lookups"),
        )
    table = replace(table, silver=section.text("silver"), key=section.names("key"))
    if table.kind is Kind.FACT:
        return table
    table = replace(table, surrogate=section.text("surrogate"))
    if table.kind is Kind.SCD1:
        return table
    return replace(
        table,
        valid_from=section.text("valid_from", ""),
        first_valid_from=section.day("first_valid_from", needed=False),
    )


def _read_query(section: Section, name: str) -> str:
    file = section.file.parent / name
    if file.parent != section.file.parent or file.suffix != ".sql":
        section.fail("must be the name of a .sql file beside model.yml", "sql")
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        section.fail(f"there is no file {name} beside model.yml", "sql")


def _read_column(section: Section) -> Column:
    name, kind = section.text("name"), section.text("type")
    if _NOT_IN_COLUMNS.search(name) or name.startswith("_"):
        section.fail("may not begin with _ nor hold a space or any of , ; { } ( ) =", "name")
    decimals = _DECIMAL.fullmatch(kind)
    if decimals and not int(decimals[2]) <= int(decimals[1]) <= _LONGEST_DECIMAL:
        section.fail("has a scale above its precision, or more than 38 digits", "type")
    if not decimals and kind not in _TYPES:
        section.fail(f"must be one of {', '.join(_TYPES)}, decimal(p,s)", "type")
    column = Column(
        name=name,
        type=kind,
        description=section.text("description", ""),
        nullable=section.flag("nullable", default=True),
        length=section.number("length", 255),
        source=section.text("source", ""),
        unknown=section.text("unknown", ""),
    )
    section.close()
    return column


def _read_relationship(section: Section) -> Relationship:
    relationship = Relationship(
        column=section.text("column"),
        dimension=section.text("dimension"),
        match=section.pairs("match"),
        at=section.text("at", ""),
        via=section.text("via", ""),
        description=section.text("description", ""),
        active=section.flag("active", default=True),
    )
    section.close()
    return relationship


def _read_measure(section: Section) -> Measure:
    expression = section.text("expression")
    one, ratio = _MEASURE.fullmatch(expression), _RATIO.fullmatch(expression)
    if not (one or ratio or expression == "count()"):
        section.fail(
            "must be count(), sum(column), avg, min, max or count_distinct of a column, "
            "or [measure] / [measure]",
            "expression",
        )
    measure = Measure(
        name=section.text("name"),
        function=one[1] if one else "ratio" if ratio else "count",
        column=one[2] if one else "",
        numerator=ratio[1] if ratio else "",
        denominator=ratio[2] if ratio else "",
        format=section.text("format", "#,0.00" if ratio else "#,0"),
        description=section.text("description", ""),
    )
    section.close()
    return measure


def _plain(section: Section, key: str) -> str:
    name = section.text(key)
    if not _PLAIN.fullmatch(name):
        section.fail("must begin with a letter and hold only letters, digits and _", key)
    return name
