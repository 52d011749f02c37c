"""The page about PostgreSQL's types, row by row against a server."""

from itertools import takewhile
from pathlib import Path

import pyarrow as pa
import pytest

from shared.adapters.postgresql import PostgresSession
from shared.loading.errors import TypeUnsupported, ValueUnsupported
from shared.loading.span import Span
from tests.contracts.source.conftest import Database

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "types-postgresql.md"
OWN_TYPES = """
    CREATE TYPE mood AS ENUM ('happy', 'sad');
    CREATE DOMAIN weight AS numeric(9,3);
    CREATE TYPE pair AS (a int, b text);
    CREATE TYPE priced AS (a int, b money);
    CREATE DOMAIN fee AS money;
    CREATE TYPE charges AS RANGE (subtype = money);
"""


def rows(header: str) -> list[tuple[str, ...]]:
    """Give the code spans of each row of the table under a header line."""
    lines = PAGE.read_text().split(f"\n{header}\n")[1].splitlines()[1:]
    table = takewhile(lambda line: line.startswith("|"), lines)
    return [tuple(cells(line)) for line in table]


def cells(line: str) -> list[str]:
    return [cell.split("`")[1] for cell in line.strip("|").split(" | ") if "`" in cell]


def make(database: Database, declared: str, value: str) -> None:
    if declared == "vector":
        database.run(f"CREATE EXTENSION vector SCHEMA {database.schema}")
    database.run(OWN_TYPES + f'CREATE TABLE t (v {declared}, "column" int)')
    database.run(f"INSERT INTO t VALUES ({value}), (NULL)")


def read(database: Database, session: PostgresSession) -> pa.Table:
    with session.read(database.spec("t", exclude=("column",)), Span()) as reading:
        return pa.Table.from_batches(reading.batches, schema=reading.schema)


@pytest.mark.parametrize(
    "row", rows("| PostgreSQL | Arrow | A value at the source | lands as |"), ids=" ".join
)
def test_a_type_lands_as_the_page_says(
    database: Database, session: PostgresSession, row: tuple[str, ...]
) -> None:
    declared, arrow, value, lands = row
    make(database, declared, value)
    landed = read(database, session)
    assert str(landed.schema.field("v").type) == arrow
    first, missing = landed["v"].to_pylist()
    assert (str(first), missing) == (lands, None)


@pytest.mark.parametrize("row", rows("| PostgreSQL | Why |"), ids=" ".join)
def test_a_type_is_refused_as_the_page_says(
    database: Database, session: PostgresSession, row: tuple[str, ...]
) -> None:
    make(database, row[0], "NULL")
    with pytest.raises(TypeUnsupported, match="column v"):
        read(database, session)


@pytest.mark.parametrize("row", rows("| PostgreSQL | Value | Why |"), ids=" ".join)
def test_a_value_is_refused_as_the_page_says(
    database: Database, session: PostgresSession, row: tuple[str, ...]
) -> None:
    declared, value = row
    make(database, declared, value)
    with pytest.raises(ValueUnsupported, match="column v"):
        read(database, session)


@pytest.mark.parametrize(
    ("declared", "value"),
    [
        ("timestamp", "0044-03-15 12:00:00.000001 BC"),
        ("timestamp", "4714-11-24 00:00:00 BC"),
        ("timestamp", "294246-12-31 23:59:59.999999"),
        ("timestamptz", "9999-12-31 23:59:59.999999+00"),
        ("timestamptz", "12024-01-01 00:00:00+00"),
        ("date", "4714-11-24 BC"),
        ("date", "5874897-12-31"),
    ],
)
def test_times_outside_of_pythons_years_are_exact(
    database: Database, declared: str, value: str
) -> None:
    make(database, declared, f"'{value}'")
    unit = "days" if declared == "date" else "microseconds"
    # In whole seconds and the rest, because the server's intervals do not reach that far.
    exact = {
        "days": f"'{value}'::date - date '1970-01-01'",
        "microseconds": f"(extract(epoch FROM '{value}'::{declared}) * 1000000)::numeric(30,0)",
    }[unit]
    wanted = int(str(database.ask(f"SELECT ({exact})::text")[0][0]))
    with database.login("postgres") as session:
        landed = read(database, session)["v"].chunk(0)
    counts = landed.view(pa.int32() if unit == "days" else pa.int64())
    assert counts[0].as_py() == wanted
