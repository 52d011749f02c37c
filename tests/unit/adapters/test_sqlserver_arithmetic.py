"""What SQL Server is asked to add up, word for word; a server given runs it (contract tests)."""

from dataclasses import replace
from typing import cast

import pytest

from shared.adapters.odbc.dialect import Relation
from shared.adapters.odbc.links import RowLink
from shared.adapters.odbc.sqlserver import SqlServerDialect
from shared.adapters.odbc.sqlserver.arithmetic import find_additions
from shared.catalog.spec import ReceiptLevel
from tests.unit.adapters.sqlserver_link import ScriptedLink, catalog_column, spec

DIALECT = SqlServerDialect()
COLUMNS = (
    catalog_column("id", "int"),
    catalog_column("at", "datetime2", scale=6),
    catalog_column("price", "decimal", digits=18, scale=6),
    catalog_column("large", "decimal", digits=38, scale=0),
    catalog_column("ratio", "real"),
    catalog_column("flag", "bit"),
    catalog_column("note", "nvarchar", length=40),
    catalog_column("raw", "varbinary", length=40),
)


def described(link: ScriptedLink) -> Relation:
    return DIALECT.describe(cast("RowLink", link), spec())


def terms(column: str) -> tuple[tuple[int, str], ...]:
    found = find_additions(DIALECT, described(ScriptedLink(COLUMNS)), "values")
    return next(each.terms for each in found.columns if each.column == column)


def test_sums_are_made_in_decimals_that_do_not_overflow() -> None:
    assert terms("id") == ((1, "CONVERT(varchar(40), SUM(CONVERT(decimal(38,0), [id])))"),)
    microseconds = "DATEDIFF_BIG(microsecond, CONVERT(datetime2(6), '19700101'), [at])"
    [(_, at)] = terms("at")
    assert at == f"CONVERT(varchar(40), SUM(CONVERT(decimal(38,0), {microseconds})))"
    assert terms("price") == ((1, "REPLACE(CONVERT(varchar(42), SUM([price])), '.', '')"),)
    assert [factor for factor, _ in terms("large")] == [10**20, 1]


def test_a_float_is_added_up_by_its_bits() -> None:
    [(_, sql)] = terms("ratio")
    assert "CONVERT(bigint, CONVERT(binary(8), CONVERT(float, [ratio])))" in sql


def test_text_is_measured_as_it_travels_and_bytes_as_they_are() -> None:
    found = find_additions(DIALECT, described(ScriptedLink(COLUMNS)), "values")
    measures = {each.column: each.measure for each in found.columns}
    assert (measures["note"], measures["raw"], measures["id"]) == (
        "utf16_bytes",
        "bytes",
        "numbers",
    )
    assert "DATALENGTH(CONVERT(varbinary(40), [note]))" in terms("note")[0][1]


def test_a_hash_is_of_the_canonical_text() -> None:
    sql = DIALECT.row_hash(described(ScriptedLink(COLUMNS[:1] + COLUMNS[7:])))
    assert sql == (
        "HASHBYTES('MD5', "
        "ISNULL(CONVERT(varbinary(max), CONVERT(varchar(max), CONVERT(varchar(20), [id]))), "
        "CONVERT(varbinary(max), CONVERT(varchar(max), '-'))) + 0x2C + "
        "ISNULL(CONVERT(varbinary(max), CONVERT(varchar(max), "
        "LOWER(CONVERT(varchar(max), [raw], 2)))), "
        "CONVERT(varbinary(max), CONVERT(varchar(max), '-'))))"
    )


@pytest.mark.parametrize(
    ("wanted", "page", "proves"),
    [("rows", None, "rows"), ("hashes", None, "values"), ("hashes", 65001, "hashes")],
)
def test_a_server_without_utf8_proves_no_hashes(
    wanted: ReceiptLevel, page: int | None, proves: str
) -> None:
    link = ScriptedLink(COLUMNS)
    link.answers.append(("COLLATIONPROPERTY", [{"page": page}]))
    table = replace(spec(), receipt=wanted)
    found = DIALECT.additions(cast("RowLink", link), table, described(link))
    assert found is not None
    assert found.level == proves


def test_where_each_statement_has_a_snapshot_of_its_own_nothing_is_said() -> None:
    link = ScriptedLink(COLUMNS, sys_databases={"versions_by_transaction": 0})
    assert DIALECT.additions(cast("RowLink", link), spec(), described(link)) is None
