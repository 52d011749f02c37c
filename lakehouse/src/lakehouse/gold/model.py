"""What a gold model is: tables, columns, relationships and measures, as `model.yml` declares them."""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

UNKNOWN_KEY: Final = -1
"""The surrogate key of the member that stands for "not known" in every dimension."""

VALID_FROM: Final = "valid_from"
VALID_TO: Final = "valid_to"
IS_CURRENT: Final = "is_current"
IS_DELETED: Final = "is_deleted"


class Kind(StrEnum):
    """What a table of gold is, and with it how it is built."""

    SCD2 = "scd2"
    SCD1 = "scd1"
    DATE = "date"
    FACT = "fact"
    AGGREGATE = "aggregate"

    @property
    def is_dimension(self) -> bool:
        """Whether facts may point to it."""
        return self in (Kind.SCD2, Kind.SCD1, Kind.DATE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column. `source` is the SQL that makes it from the silver row, by default its own name.

    `type` is a Spark type in lower case; `length` the most characters of a string, which Synapse
    and SQL clients need.
    """

    name: str
    type: str
    description: str = ""
    nullable: bool = True
    length: int = 255
    source: str = ""
    unknown: str = ""
    """What a string column of the unknown member says; empty: NULL."""

    @property
    def decimals(self) -> tuple[int, int] | None:
        """Precision and scale of a decimal, None for any other type."""
        found = re.fullmatch(r"decimal\((\d+),(\d+)\)", self.type)
        return (int(found[1]), int(found[2])) if found else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Relationship:
    """A column that holds the surrogate key of a member of a dimension.

    `match` gives for each column of the dimension's key the SQL over the fact's silver row, or, with
    `via`, over the member that the relationship of that column found. `at` is the SQL of the time
    at which the member's version is looked up (SCD2 only); empty means the read time. An aggregate
    only names column and dimension: its SQL has filled the column.
    """

    column: str
    dimension: str
    match: tuple[tuple[str, str], ...] = ()
    at: str = ""
    via: str = ""
    type: str = "bigint"
    """The type of the dimension's surrogate key: int of a date dimension, else bigint."""
    description: str = ""
    active: bool = True
    """Whether a report follows it unasked; of several to one dimension only one may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A number that is computed when it is looked at: a function of a column, or one measure by another."""

    name: str
    function: str
    """sum, avg, min, max, count_distinct (of `column`), count (of rows) or ratio."""
    column: str = ""
    numerator: str = ""
    denominator: str = ""
    format: str = "#,0"
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table of gold. `columns` are those that are declared, `layout` all that the table has."""

    name: str
    kind: Kind
    description: str = ""
    silver: str = ""
    key: tuple[str, ...] = ()
    surrogate: str = ""
    valid_from: str = ""
    """The business column that a version is valid from; empty: the read time."""
    first_valid_from: date | None = None
    columns: tuple[Column, ...] = ()
    relationships: tuple[Relationship, ...] = ()
    measures: tuple[Measure, ...] = ()
    sql: str = ""
    """The file of an aggregate's SELECT, beside `model.yml`."""
    query: str = ""
    """The text of that file."""
    reads: tuple[str, ...] = ()
    """The gold tables that an aggregate's SQL names, and silver tables (`source/schema.table`)."""
    groups: tuple[str, ...] = ()
    """The columns by which an aggregate may be refreshed in part."""
    lookups: tuple[str, ...] = ()
    """The dimensions of which an aggregate's SQL only takes columns for rows that it gives anyway."""
    partition: str = ""
    """The column by whose values the files of a fact or aggregate are parted; empty: they are not."""
    first_day: date | None = None
    last_day: date | None = None

    @property
    def layout(self) -> tuple[Column, ...]:
        """All columns in their order, those that the kind brings along included."""
        return _layout(self)

    @property
    def types(self) -> dict[str, str]:
        """The type of each column of the layout by its name."""
        return {column.name: column.type for column in self.layout}

    @property
    def identity(self) -> tuple[str, ...]:
        """The columns by which a row is found again: the surrogate key where there is one."""
        return (self.surrogate,) if self.kind.is_dimension else self.key

    def column(self, name: str) -> Column:
        """Give the column of the layout with this name. Raises KeyError."""
        for column in self.layout:
            if column.name == name:
                return column
        raise KeyError(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A set of gold tables that belong together: `gold/<name>/<table>`."""

    name: str
    title: str
    description: str = ""
    readers: tuple[str, ...] = ()
    """The groups that may read it."""
    tables: tuple[Table, ...] = ()

    def table(self, name: str) -> Table:
        """Give the table with this name. Raises KeyError."""
        for table in self.tables:
            if table.name == name:
                return table
        raise KeyError(name)

    def path(self, table: Table) -> str:
        """Where a table lies, relative to the root of the lake."""
        return f"gold/{self.name}/{table.name}"

    @property
    def silver(self) -> tuple[str, ...]:
        """The silver tables that it is made of, each once, in order."""
        named = [
            *(table.silver for table in self.tables if table.silver),
            *(name for table in self.tables for name in table.reads if "/" in name),
        ]
        return tuple(dict.fromkeys(named))


VERSION_COLUMNS: Final = (
    Column(
        name=VALID_FROM,
        type="timestamp",
        nullable=False,
        description="From when on this version holds, in UTC",
    ),
    Column(
        name=VALID_TO,
        type="timestamp",
        description="Until when it held, exclusive, in UTC; empty while it holds",
    ),
    Column(
        name=IS_CURRENT,
        type="boolean",
        nullable=False,
        description="Whether this is the version that holds now",
    ),
    Column(
        name=IS_DELETED,
        type="boolean",
        nullable=False,
        description="Whether the row's deletion at the source ended this version",
    ),
)

DATE_COLUMNS: Final = (
    Column(name="date_key", type="int", nullable=False, description="The day as yyyymmdd"),
    Column(name="date", type="date", description="The day; empty for the unknown day"),
    Column(name="year", type="int", description="Calendar year"),
    Column(name="quarter", type="int", description="Quarter of the year, 1 to 4"),
    Column(name="month", type="int", description="Month of the year, 1 to 12"),
    Column(name="month_name", type="string", length=20, description="Name of the month in English"),
    Column(name="day", type="int", description="Day of the month"),
    Column(name="iso_year", type="int", description="Year of the ISO 8601 week"),
    Column(name="iso_week", type="int", description="ISO 8601 week, 1 to 53"),
    Column(name="week_start", type="date", description="Monday of the week"),
    Column(name="weekday", type="int", description="1 is Monday, 7 is Sunday"),
    Column(
        name="weekday_name", type="string", length=20, description="Name of the weekday in English"
    ),
    Column(name="is_weekend", type="boolean", description="Whether it is Saturday or Sunday"),
)


def _layout(table: Table) -> tuple[Column, ...]:
    if table.kind is Kind.DATE:
        return DATE_COLUMNS
    if table.kind is Kind.FACT:
        return (*(_key_column(each) for each in table.relationships), *table.columns)
    if table.kind is Kind.AGGREGATE:
        return table.columns
    surrogate = Column(
        name=table.surrogate,
        type="bigint",
        nullable=False,
        description="Surrogate key; -1 is the unknown member",
    )
    versions = VERSION_COLUMNS if table.kind is Kind.SCD2 else ()
    return (surrogate, *table.columns, *versions)


def _key_column(relationship: Relationship) -> Column:
    return Column(
        name=relationship.column,
        type=relationship.type,
        nullable=False,
        description=relationship.description
        or f"The member of {relationship.dimension}; -1 where there is none",
    )
