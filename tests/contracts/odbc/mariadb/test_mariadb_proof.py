"""MariaDB adds up and hashes what it gave as it is counted here, in the snapshot of the read."""

from collections.abc import Iterator
from dataclasses import replace

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, note, settings

from local.mariadb import RunningMariadb
from shared.adapters.odbc import OdbcSession, connect
from shared.adapters.odbc.mariadb import MariadbDialect
from shared.catalog.spec import CursorSpec, TableSpec
from shared.extraction.source import Reading
from shared.landing.row_hash import hash_rows
from shared.landing.tally import Tally
from shared.loading.errors import ValueUnsupported
from shared.loading.proof import Proof
from shared.loading.span import Span
from tests.conftest import LONG
from tests.contracts.odbc.mariadb.conftest import Database, database_of
from tests.contracts.odbc.mariadb.mariadb_values import Drawing, drawings
from tests.contracts.odbc.mariadb.test_mariadb_round_trip import make

# Where a logarithm, a power of two or a sign may go wrong.
EDGES = [2.0**n * m for n in range(-1022, 1023, 73) for m in (1.0, 1.0 + 2**-52, 2 - 2**-52)] + [
    *(5e-324, 2.2250738585072009e-308, 2.2250738585072014e-308, 1.7976931348623157e308, 2.0**1023),
    *(0.0, 0.1, 1.0, 3.0, 8.0, 1000.0),
]


@pytest.fixture(scope="module")
def scratch(mariadb: RunningMariadb) -> Iterator[Database]:
    with database_of(mariadb) as made:
        yield made


@pytest.fixture(scope="module")
def reader(mariadb: RunningMariadb) -> Iterator[OdbcSession]:
    with connect(MariadbDialect(), mariadb.connection) as opened:
        yield opened


def hashed(database: Database) -> TableSpec:
    return replace(database.spec("t"), receipt="hashes")


def count(reading: Reading, batches: Iterator[pa.RecordBatch]) -> tuple[Proof, Proof]:
    assert reading.proof is not None
    tally = Tally(reading.proof.measures, hashed=reading.proof.hashed)
    for batch in batches:
        tally.add(batch)
    said = reading.proof.ask()
    return said, tally.proof(said.level)


@given(drawing=drawings())
@settings(
    deadline=None,
    max_examples=60 if LONG else 25,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
def test_the_server_says_of_any_table_what_is_counted_of_it(
    scratch: Database, reader: OdbcSession, drawing: Drawing
) -> None:
    note(f"{drawing.declared} {[[value.sql for value in row] for row in drawing.rows]}")
    make(scratch, drawing)
    with reader.read(hashed(scratch), Span()) as reading:
        try:
            said, counted = count(reading, reading.batches)
        except ValueUnsupported:
            assert drawing.refused
            return
    assert said == counted
    assert said.rows == len(drawing.rows)


def test_the_bits_of_any_double_are_found(scratch: Database, reader: OdbcSession) -> None:
    scratch.run("CREATE OR REPLACE TABLE t (d double NULL)")
    for value in EDGES:
        for signed in (value, -value):
            scratch.fill("t", (signed,))
    with reader.read(hashed(scratch), Span()) as reading:
        batches = list(reading.batches)
        wanted = {value: h for b in batches for value, h in zip(b["d"], hash_rows(b), strict=True)}
        said, counted = count(reading, iter(batches))
    relation = MariadbDialect().describe(reader._rows(), scratch.spec("t"))
    found = scratch.ask(f"SELECT d, {MariadbDialect().row_hash(relation)} FROM t")
    assert {pa.scalar(d, pa.float64()): h for d, h in found if d} == {
        value: h for value, h in wanted.items() if value.as_py()
    }
    assert said == counted


def test_sums_beyond_the_digits_of_a_decimal_are_exact(
    scratch: Database, reader: OdbcSession
) -> None:
    scratch.run("CREATE OR REPLACE TABLE t (a decimal(65,0), b decimal(65,30), c decimal(43,3))")
    for sign in ("", "", "", "-"):
        whole, parts, short = "9" * 65, f"{'9' * 35}.{'9' * 30}", f"{'9' * 40}.999"
        scratch.run(f"INSERT INTO t VALUES ({sign}{whole}, {sign}{parts}, {sign}{short})")
    with reader.read(hashed(scratch), Span()) as reading:
        said, counted = count(reading, reading.batches)
    assert said == counted
    assert said.columns[0].sum == str(2 * (10**65 - 1))


def test_only_the_rows_of_the_span_are_added_up_and_of_its_moment(
    scratch: Database, reader: OdbcSession
) -> None:
    scratch.run("CREATE OR REPLACE TABLE t (n int)", "INSERT INTO t VALUES (1), (2), (3)")
    spec = replace(hashed(scratch), cursor=CursorSpec(kind="integer", column="n"))
    with reader.read(spec, Span(after="1")) as reading:
        batches = list(reading.batches)
        scratch.run("INSERT INTO t VALUES (4)", "UPDATE t SET n = 20 WHERE n = 2")
        said, counted = count(reading, iter(batches))
    assert said == counted
    assert (said.rows, said.columns[0].sum) == (2, "5")
