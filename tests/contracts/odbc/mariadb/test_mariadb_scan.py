"""MariaDB's rows are scanned by ranges of their key and found by single keys, in one snapshot."""

from itertools import pairwise

import pyarrow as pa
import pytest

from shared.adapters.odbc.session import OdbcSession
from shared.landing.row_hash import hash_rows
from shared.loading.errors import KeyUnsound
from shared.loading.span import Span
from tests.contracts.odbc.mariadb.conftest import Database

KEYS = {
    "bigint": ["-9223372036854775808", "9007199254740993", "9223372036854775807"],
    "bigint unsigned": ["0", "18446744073709551615", "9007199254740993"],
    "decimal(30,10)": ["-1.0000000001", "12345678901234567890.0000000001", "0"],
    "date": ["'0001-01-01'", "'2026-02-28'", "'9999-12-31'"],
    "datetime(6)": ["'2026-01-01 00:00:00.000001'", "'2026-01-01 00:00:00'"],
    "timestamp(3) null": ["'2026-01-01 00:00:00.123'", "'2026-01-01 00:00:00'"],
    "varchar(20)": ["'plain'", "'Ünï 🌊'", "'it''s ?'", "''"],
    "varbinary(8)": ["x'00ff'", "x''", "x'00'"],
    "double": ["0.1", "1e300"],
    "time(6)": ["'-12:00:00.000001'", "'00:00:00'"],
    "uuid": ["'123e4567-e89b-12d3-a456-426655440000'"],
}


@pytest.mark.parametrize("kind", KEYS)
def test_a_row_is_found_by_its_key_of_any_type(
    database: Database, session: OdbcSession, kind: str
) -> None:
    database.run(f"CREATE TABLE t (k {kind}, n int, m int, UNIQUE (k, n)) ENGINE=InnoDB")
    for number, value in enumerate(KEYS[kind]):
        database.run(f"INSERT INTO t VALUES ({value}, {number}, 1)")
    spec = database.spec("t", key=("k", "n"))
    with session.scan(spec, Span(), columns=("k", "n"), hashed=()) as scan:
        keys = pa.Table.from_batches(list(scan.batches)).combine_chunks().to_batches()[0]
        rows = pa.Table.from_batches(list(scan.find(keys)), scan.schema)
    assert rows.num_rows == keys.num_rows == len(KEYS[kind])
    assert sorted(rows["n"].to_pylist()) == list(range(len(KEYS[kind])))
    wanted = dict(zip(keys["n"].to_pylist(), keys["k"].to_pylist(), strict=True))
    assert dict(zip(rows["n"].to_pylist(), rows["k"].to_pylist(), strict=True)) == wanted


def test_what_changes_during_a_scan_is_not_seen_when_rows_are_found(
    database: Database, session: OdbcSession
) -> None:
    database.run(
        "CREATE TABLE t (k int PRIMARY KEY, v int) ENGINE=InnoDB",
        "INSERT INTO t VALUES (1, 1), (2, 2)",
    )
    with session.scan(database.spec("t", key=("k",)), Span(), columns=("k",), hashed=()) as scan:
        keys = pa.Table.from_batches(list(scan.batches)).combine_chunks().to_batches()[0]
        database.run("UPDATE t SET v = 9 WHERE k = 1", "DELETE FROM t WHERE k = 2")
        rows = pa.Table.from_batches(list(scan.find(keys)), scan.schema)
    assert sorted(zip(rows["k"].to_pylist(), rows["v"].to_pylist(), strict=True)) == [
        (1, 1),
        (2, 2),
    ]


def test_ranges_of_the_first_key_column_hold_every_row_once(
    database: Database, session: OdbcSession
) -> None:
    database.run(
        "CREATE TABLE t (k int PRIMARY KEY) ENGINE=InnoDB",
        "INSERT INTO t SELECT seq FROM seq_1_to_1000",
    )
    spec = database.spec("t", key=("k",))
    cuts = session.cut_keys(spec, 4)
    assert len(cuts) == 3
    found: list[int] = []
    for after, upto in pairwise([None, *cuts, None]):
        with session.scan(spec, Span(after=after, upto=upto), columns=("k",), hashed=()) as scan:
            found += [k for batch in scan.batches for k in batch["k"].to_pylist()]
    assert sorted(found) == list(range(1, 1001))


def test_a_text_key_is_not_cut(database: Database, session: OdbcSession) -> None:
    database.run("CREATE TABLE t (k varchar(9) PRIMARY KEY) ENGINE=InnoDB")
    assert session.cut_keys(database.spec("t", key=("k",)), 4) == ()


def test_a_key_without_a_value_stops_the_cutting(database: Database, session: OdbcSession) -> None:
    database.run("CREATE TABLE t (k int) ENGINE=InnoDB", "INSERT INTO t VALUES (NULL), (1)")
    with pytest.raises(KeyUnsound, match="key column k"):
        session.cut_keys(database.spec("t", key=("k",)), 4)


def test_rows_are_hashed_at_the_server_as_they_are_here(
    database: Database, session: OdbcSession
) -> None:
    database.run(
        "CREATE TABLE t (k int PRIMARY KEY, v varchar(20), n decimal(10,2)) ENGINE=InnoDB",
        "INSERT INTO t VALUES (1, 'Ünï 🌊', 1.5), (2, NULL, NULL)",
    )
    spec = database.spec("t", key=("k",))
    with session.scan(spec, Span(), columns=("k",), hashed=("v", "n")) as scan:
        scanned = pa.Table.from_batches(list(scan.batches)).combine_chunks().to_batches()[0]
        rows = pa.Table.from_batches(list(scan.find(scanned.select(["k"]))), scan.schema)
    here = rows.sort_by("k").select(["v", "n"]).combine_chunks().to_batches()[0]
    by_key = dict(zip(*(column.to_pylist() for column in scanned.columns), strict=True))
    assert [by_key[1], by_key[2]] == hash_rows(here)
