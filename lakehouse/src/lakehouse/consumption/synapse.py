"""Views of Synapse serverless SQL over the Delta tables of gold, with every column typed.

`OPENROWSET … FORMAT = 'DELTA'` reads tables of Delta reader version 1 only. Without WITH, Synapse
would guess `varchar(8000)` for every string and its estimates with it.
"""

from lakehouse.consumption.places import Places
from lakehouse.consumption.quoting import one_line, tsql_name, tsql_text
from lakehouse.gold.model import Column, Model, Table

_DATA_SOURCE = "tidemark_gold"
_LONGEST = 8000
_UTF8 = "COLLATE Latin1_General_100_BIN2_UTF8"
_TYPES = {
    "int": "int",
    "bigint": "bigint",
    "smallint": "smallint",
    "double": "float",
    "float": "real",
    "boolean": "bit",
    "date": "date",
    "timestamp": "datetime2(7)",
}


def synapse_script(model: Model, places: Places) -> str:
    """Write a script for the database of the views; running it again changes nothing."""
    schema = tsql_name(model.name)
    # CREATE SCHEMA has to be alone in its batch, so it goes through EXEC.
    create = tsql_text(f"CREATE SCHEMA {schema}")
    batches = [
        (
            f"-- {one_line(model.title)}: {one_line(model.description)}\n"
            f"IF SCHEMA_ID({tsql_text(model.name)}) IS NULL\n    EXEC({create});"
        ),
        (
            "IF NOT EXISTS "
            f"(SELECT 1 FROM sys.external_data_sources WHERE name = N'{_DATA_SOURCE}')\n"
            f"    CREATE EXTERNAL DATA SOURCE {tsql_name(_DATA_SOURCE)}\n"
            f"    WITH (LOCATION = {tsql_text(places.location('gold/'))});"
        ),
        *(_view(model, table) for table in model.tables),
    ]
    return "\nGO\n\n".join(batches) + "\nGO\n"


def _view(model: Model, table: Table) -> str:
    columns = table.layout
    folder = model.path(table).removeprefix("gold/") + "/"
    names = ",\n".join(f"    r.{tsql_name(column.name)}" for column in columns)
    typed = ",\n".join(f"    {tsql_name(column.name)} {_type(column)}" for column in columns)
    return (
        f"-- {one_line(table.description)}\n"
        f"CREATE OR ALTER VIEW {tsql_name(model.name)}.{tsql_name(table.name)} AS\n"
        f"SELECT\n{names}\n"
        f"FROM OPENROWSET(\n"
        f"    BULK {tsql_text(folder)},\n"
        f"    DATA_SOURCE = N'{_DATA_SOURCE}',\n"
        f"    FORMAT = 'DELTA'\n"
        f") WITH (\n{typed}\n) AS r;"
    )


def _type(column: Column) -> str:
    if column.type == "string":
        # The length counts bytes, and a character of UTF-8 has up to four.
        length = 4 * column.length
        return f"varchar({length if length <= _LONGEST else 'max'}) {_UTF8}"
    if column.decimals:
        return "decimal({}, {})".format(*column.decimals)
    return _TYPES[column.type]
