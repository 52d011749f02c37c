"""The page about MariaDB's types, row by row against a server."""

from itertools import takewhile
from pathlib import Path

import pyarrow as pa
import pytest

from shared.adapters.odbc import OdbcSession
from shared.loading.errors import TypeUnsupported, ValueUnsupported
from shared.loading.span import Span
from tests.contracts.odbc.mariadb.conftest import Database

PAGE = Path(__file__).parents[4] / "docs" / "reference" / "types-mariadb.md"


def rows(header: str) -> list[tuple[str, ...]]:
    """Give the code spans of each row of the table under a header line."""
    lines = PAGE.read_text().split(f"\n{header}\n")[1].splitlines()[1:]
    table = takewhile(lambda line: line.startswith("|"), lines)
    return [tuple(cells(line)) for line in table]


def cells(line: str) -> list[str]:
    return [cell.split("`")[1] for cell in line.strip("|").split(" | ") if "`" in cell]


def make(database: Database, declared: str, value: str, more: str = "") -> None:
    database.run(f"CREATE TABLE t (v {declared} NULL{more})")
    database.run(f"INSERT INTO t (v) VALUES ({value}), (NULL)")


def read(database: Database, session: OdbcSession) -> pa.Table:
    with session.read(database.spec("t", exclude=("longer",)), Span()) as reading:
        return pa.Table.from_batches(reading.batches, schema=reading.schema)


LANDS = rows("| MariaDB | Arrow | A value at the source | lands as |")


@pytest.mark.parametrize("row", LANDS, ids=" ".join)
def test_a_mariadb_type_lands_as_the_page_says(
    database: Database, session: OdbcSession, row: tuple[str, ...]
) -> None:
    declared, arrow, value, lands = row
    make(database, declared, value)
    landed = read(database, session)
    assert str(landed.schema.field("v").type) == arrow
    first, missing = landed["v"].to_pylist()
    assert (str(first), missing) == (lands, None)


@pytest.mark.parametrize("row", LANDS, ids=" ".join)
def test_a_mariadb_type_lands_the_same_beside_a_value_of_any_length(
    database: Database, session: OdbcSession, row: tuple[str, ...]
) -> None:
    declared, arrow, value, lands = row
    make(database, declared, value, ", w longtext DEFAULT 'long'")
    landed = read(database, session)
    assert str(landed.schema.field("v").type) == arrow
    first, missing = landed["v"].to_pylist()
    assert (str(first), missing) == (lands, None)
    assert landed["w"].to_pylist() == ["long", "long"]


@pytest.mark.parametrize("row", rows("| MariaDB | Why |"), ids=" ".join)
def test_a_mariadb_type_is_refused_as_the_page_says(
    database: Database, session: OdbcSession, row: tuple[str, ...]
) -> None:
    make(database, row[0], "NULL")
    with pytest.raises(TypeUnsupported, match="column v"):
        session.shape(database.spec("t"))


@pytest.mark.parametrize("row", rows("| MariaDB | Value | Why |"), ids=" ".join)
def test_a_mariadb_value_is_refused_as_the_page_says(
    database: Database, session: OdbcSession, row: tuple[str, ...]
) -> None:
    declared, value = row
    make(database, declared, value)
    with pytest.raises(ValueUnsupported, match="column v"):
        read(database, session)


def test_a_text_keeps_what_follows_a_nul(database: Database, session: OdbcSession) -> None:
    database.run("CREATE TABLE t (v varchar(9), w longtext)")
    database.run(r"INSERT INTO t VALUES ('a\0b', 'c\0d')")
    assert read(database, session).to_pylist() == [{"v": "a\0b", "w": "c\0d"}]


def test_a_truth_value_may_be_missing_everywhere(database: Database, session: OdbcSession) -> None:
    make(database, "bit(1)", "NULL")
    assert read(database, session)["v"].to_pylist() == [None, None]
