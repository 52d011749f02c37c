"""The DDL of gold: Delta tables whose protocol stays readable for everybody."""

from typing import Final

from lakehouse.consumption.places import Places
from lakehouse.consumption.quoting import spark_name, spark_text
from lakehouse.gold.model import Column, Model, Table

READER_1: Final = (
    ("delta.enableDeletionVectors", "false"),
    ("delta.columnMapping.mode", "none"),
    ("delta.checkpointPolicy", "classic"),
    ("delta.minReaderVersion", "1"),
    ("delta.minWriterVersion", "2"),
)
"""Table properties that keep Delta's reader version at 1, which is all that Synapse can read."""


def ddl_script(model: Model, places: Places) -> str:
    """Write the DDL of all tables for Databricks SQL; running it again changes nothing."""
    tables = (create_table(model, table, places) for table in model.tables)
    return "\n".join(tables)


def create_table(model: Model, table: Table, places: Places) -> str:
    """Write the statement that makes one table, as an external one at its place in the lake."""
    columns = ",\n".join(f"    {_column(column)}" for column in table.layout)
    parted = f"PARTITIONED BY ({spark_name(table.partition)})\n" if table.partition else ""
    properties = ",\n".join(f"    '{key}' = '{value}'" for key, value in READER_1)
    return (
        f"CREATE TABLE IF NOT EXISTS {full_name(model, table, places)} (\n{columns}\n)\n"
        f"USING DELTA\n{parted}"
        f"LOCATION {spark_text(places.location(model.path(table)))}\n"
        f"COMMENT {spark_text(table.description)}\n"
        f"TBLPROPERTIES (\n{properties}\n);\n"
    )


def full_name(model: Model, table: Table, places: Places) -> str:
    """Give the three-part name of a table in Unity Catalog."""
    return ".".join(spark_name(part) for part in (places.catalog, model.name, table.name))


def _column(column: Column) -> str:
    # What a column may not be is checked where gold is built: NOT NULL in the table would stop
    # Databricks and Sail at different moments.
    comment = f" COMMENT {spark_text(column.description)}" if column.description else ""
    return f"{spark_name(column.name)} {column.type.upper()}{comment}"
