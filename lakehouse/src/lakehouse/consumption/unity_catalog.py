"""What Unity Catalog is told of gold: external tables, comments and who may read."""

from collections.abc import Iterator

from lakehouse.consumption.ddl import full_name
from lakehouse.consumption.places import Places
from lakehouse.consumption.quoting import spark_name, spark_text
from lakehouse.gold.model import Model, Table


def unity_script(model: Model, places: Places) -> str:
    """Write a script for a SQL warehouse, to run once the tables are built; again changes nothing."""
    return "\n".join(_statements(model, places)) + "\n"


def _statements(model: Model, places: Places) -> Iterator[str]:
    catalog = spark_name(places.catalog)
    schema = f"{catalog}.{spark_name(model.name)}"
    yield f"CREATE SCHEMA IF NOT EXISTS {schema};"
    yield f"COMMENT ON SCHEMA {schema} IS {spark_text(model.description)};"
    for table in model.tables:
        yield ""
        yield from _table(model, table, places)
    yield ""
    for reader in map(spark_name, model.readers):
        yield f"GRANT USE CATALOG ON CATALOG {catalog} TO {reader};"
        yield f"GRANT USE SCHEMA, SELECT ON SCHEMA {schema} TO {reader};"


def _table(model: Model, table: Table, places: Places) -> Iterator[str]:
    name = full_name(model, table, places)
    # Without columns it attaches what is there, and can never disagree with it.
    location = spark_text(places.location(model.path(table)))
    yield f"CREATE TABLE IF NOT EXISTS {name} USING DELTA LOCATION {location};"
    yield f"COMMENT ON TABLE {name} IS {spark_text(table.description)};"
    for column in table.layout:
        if column.description:
            comment = spark_text(column.description)
            yield f"ALTER TABLE {name} ALTER COLUMN {spark_name(column.name)} COMMENT {comment};"
