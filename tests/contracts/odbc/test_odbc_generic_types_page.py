"""The page about the types of any engine over ODBC, row by row against MariaDB and the rules."""

from contextlib import closing
from itertools import takewhile
from pathlib import Path

import pyarrow as pa
import pytest

from shared.adapters.odbc import connect
from shared.adapters.odbc.generic import GenericDialect
from shared.adapters.odbc.generic.types import SourceType, find_landing
from shared.loading.errors import TypeUnsupported, ValueUnsupported
from shared.loading.span import Span
from tests.contracts.odbc.odbc_shop import Shop

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "types-odbc.md"
CODES = {
    "SQL_BIT": -7,
    "SQL_TINYINT": -6,
    "SQL_SMALLINT": 5,
    "SQL_INTEGER": 4,
    "SQL_BIGINT": -5,
    "SQL_REAL": 7,
    "SQL_DOUBLE": 8,
    "SQL_DECIMAL": 3,
    "SQL_WCHAR": -8,
    "SQL_WVARCHAR": -9,
    "SQL_WLONGVARCHAR": -10,
    "SQL_BINARY": -2,
    "SQL_VARBINARY": -3,
    "SQL_LONGVARBINARY": -4,
    "SQL_TYPE_DATE": 91,
    "SQL_TYPE_TIME": 92,
    "SQL_TYPE_TIMESTAMP": 93,
}


def rows(header: str) -> list[tuple[str, ...]]:
    """Give the code spans of each row of the table under a header line."""
    lines = PAGE.read_text().split(f"\n{header}\n")[1].splitlines()[1:]
    table = takewhile(lambda line: line.startswith("|"), lines)
    return [tuple(cells(line)) for line in table]


def cells(line: str) -> list[str]:
    return [cell.split("`")[1] for cell in line.strip("|").split(" | ") if "`" in cell]


def make(shop: Shop, odbc: str, declared: str, value: str) -> None:
    with shop.open() as owner:
        owner.execute("SET sql_mode = ''")
        owner.execute(f"CREATE TABLE t (v {declared} NULL, other INT)")
        owner.execute(f"INSERT INTO t (v) VALUES ({value}), (NULL)")
        with closing(owner.cursor()) as cursor:
            listed = cursor.columns(table="t", catalog=shop.name).fetchall()
    assert listed[0][4] == CODES[odbc], "the page names another type than the driver does"


def read(shop: Shop) -> pa.Table:
    with (
        connect(GenericDialect(), shop.connection) as session,
        session.read(shop.spec("t", exclude=("other",)), Span()) as reading,
    ):
        return pa.Table.from_batches(reading.batches, schema=reading.schema)


@pytest.mark.parametrize(
    "row", rows("| ODBC | MariaDB | Arrow | A value at the source | lands as |"), ids=" ".join
)
def test_a_type_of_odbc_lands_as_the_page_says(shop: Shop, row: tuple[str, ...]) -> None:
    odbc, declared, arrow, value, lands = row
    make(shop, odbc, declared, value)
    landed = read(shop)
    assert str(landed.schema.field("v").type) == arrow
    first, missing = landed["v"].to_pylist()
    assert (str(first), missing) == (lands, None)


@pytest.mark.parametrize("row", rows("| ODBC | MariaDB | Why |"), ids=" ".join)
def test_a_type_of_odbc_is_refused_as_the_page_says(shop: Shop, row: tuple[str, ...]) -> None:
    odbc, declared = row
    make(shop, odbc, declared, "NULL")
    with pytest.raises(TypeUnsupported, match="column v"):
        read(shop)


@pytest.mark.parametrize("row", rows("| ODBC | MariaDB | Value | Why |"), ids=" ".join)
def test_a_value_over_odbc_is_refused_as_the_page_says(shop: Shop, row: tuple[str, ...]) -> None:
    make(shop, *row)
    with pytest.raises(ValueUnsupported, match="column v"):
        read(shop)


@pytest.mark.parametrize("row", rows("| ODBC | Code | Why |"), ids=" ".join)
def test_a_type_that_is_not_known_is_refused_by_name(row: tuple[str, ...]) -> None:
    odbc, code = row
    source = SourceType(
        code=int(code), name=odbc.lower(), unsigned=False, size=30, digits=6, reads_as=str
    )
    with pytest.raises(TypeUnsupported, match=f"column v: {source.name}.* no exact form|zone"):
        find_landing("Some DB", "v", source)
