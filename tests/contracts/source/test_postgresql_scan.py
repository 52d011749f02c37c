"""Rows are scanned by ranges of their key, hashed on request, and found by single keys in the same snapshot."""

from itertools import pairwise

import pyarrow as pa
import pytest

from shared.adapters.postgresql import PostgresSession
from shared.landing.row_hash import hash_rows
from shared.loading.errors import KeyUnsound
from shared.loading.span import Span
from tests.contracts.source.conftest import Database

KEYS = {
    "smallint": ["-32768", "32767"],
    "bigint": ["-9223372036854775808", "9007199254740993"],
    "numeric(30,10)": ["-1.0000000001", "12345678901234567890.0000000001"],
    "numeric": ["1.10", "1e-30", "12345678901234567890123456789012345678901234567890"],
    "date": ["'0001-01-01'", "'9999-12-31'"],
    "timestamp": ["'2026-01-01 00:00:00.000001'", "'1500-06-07 01:02:03'"],
    "timestamptz": ["'2026-01-01 00:00:00.123456+05:30'", "'2026-01-01 00:00:00+00'"],
    "time": ["'23:59:59.999999'", "'00:00:00'"],
    "uuid": ["'123e4567-e89b-12d3-a456-426655440000'"],
    "text": ["'plain'", r"'Ünï 🌊 \\ \"'", "'it''s, {}'", "''", "E'line\\nbreak'"],
    "char(5)": ["'ab'", "''"],
    "bytea": [r"'\x00ff'", r"'\x'"],
    "boolean": ["true", "false"],
    "double precision": ["0.1", "1e300", "5e-324"],
    "real": ["0.1", "16777216"],
    "inet": ["'10.0.0.1'", "'::1'"],
    "interval": ["'1 month'", "'30 days 00:00:00.5'"],
}


def whole(batches: list[pa.RecordBatch]) -> pa.RecordBatch:
    [batch] = pa.Table.from_batches(batches).combine_chunks().to_batches()
    return batch


@pytest.mark.parametrize("kind", KEYS)
def test_a_row_is_found_by_its_key_of_any_type(
    database: Database, session: PostgresSession, kind: str
) -> None:
    rows = ", ".join(f"({value}, {number}, 'x')" for number, value in enumerate(KEYS[kind]))
    database.run(f'CREATE TABLE t ("k {{}}" {kind}, n int, v text); INSERT INTO t VALUES {rows}')
    key = ("k {}", "n")
    with session.scan(database.spec("t", key=key), Span(), columns=key, hashed=()) as scan:
        keys = whole(list(scan.batches))
        found = whole(list(scan.find(keys)))
    assert found.schema.names == ["k {}", "n", "v"]
    assert sorted(map(str, found.select(list(key)).to_pylist())) == sorted(
        map(str, keys.to_pylist())
    )
    assert found.num_rows == len(KEYS[kind])


def test_a_type_of_the_databases_own_is_found_too(
    database: Database, session: PostgresSession
) -> None:
    database.run(
        """
        CREATE TYPE mood AS ENUM ('ok', 'sad'); CREATE DOMAIN code AS varchar(3);
        CREATE TABLE t (k mood, c code); INSERT INTO t VALUES ('sad', 'abc'), ('ok', 'x')
        """
    )
    spec = database.spec("t", key=("k", "c"))
    with session.scan(spec, Span(), columns=("k", "c"), hashed=()) as scan:
        keys = whole(list(scan.batches))
        assert whole(list(scan.find(keys.slice(0, 1)))).num_rows == 1


def test_what_changes_during_a_scan_is_not_seen_when_rows_are_found(
    database: Database, session: PostgresSession
) -> None:
    database.run("CREATE TABLE t (k int PRIMARY KEY, v int); INSERT INTO t VALUES (1, 1), (2, 2)")
    with session.scan(
        database.spec("t", key=("k",)), Span(), columns=("k",), hashed=("v",)
    ) as scan:
        scanned = whole(list(scan.batches))
        database.run("UPDATE t SET v = 9 WHERE k = 1; DELETE FROM t WHERE k = 2")
        found = whole(list(scan.find(scanned.select(["k"]))))
    assert sorted(map(tuple, (row.values() for row in found.to_pylist()))) == [(1, 1), (2, 2)]
    by_key = dict(zip(*(column.to_pylist() for column in scanned.columns), strict=True))
    hashes = dict(zip(found["k"].to_pylist(), hash_rows(found.select(["v"])), strict=True))
    assert hashes == by_key


@pytest.mark.parametrize("kind", ["int", "numeric(10,2)", "date", "timestamptz", "uuid"])
def test_ranges_of_the_first_key_column_hold_every_row_once(
    database: Database, session: PostgresSession, kind: str
) -> None:
    values = {
        "date": "date '2020-01-01' + n",
        "timestamptz": "timestamptz '2020-01-01' + n * interval '1 hour'",
        "uuid": "md5(n::text)::uuid",
    }.get(kind, "n")
    database.run(
        f"""
        CREATE TABLE t (k {kind} PRIMARY KEY, n int);
        INSERT INTO t SELECT {values}, n FROM generate_series(1, 1000) AS n; ANALYZE t
        """
    )
    spec = database.spec("t", key=("k",))
    cuts = session.cut_keys(spec, 4)
    assert len(cuts) == 3
    found: list[int] = []
    for after, upto in pairwise([None, *cuts, None]):
        with session.scan(spec, Span(after=after, upto=upto), columns=("n",), hashed=()) as scan:
            part = [n for batch in scan.batches for n in batch["n"].to_pylist()]
        assert 150 < len(part) < 350
        found += part
    assert sorted(found) == list(range(1, 1001))


@pytest.mark.parametrize("kind", ["text", "numeric", "boolean"])
def test_keys_that_the_lake_orders_otherwise_are_not_cut(
    database: Database, session: PostgresSession, kind: str
) -> None:
    database.run(f"CREATE TABLE t (k {kind} PRIMARY KEY)")
    assert session.cut_keys(database.spec("t", key=("k",)), 4) == ()


def test_a_key_without_a_value_stops_the_cutting(
    database: Database, session: PostgresSession
) -> None:
    database.run("CREATE TABLE t (k int); INSERT INTO t VALUES (NULL), (1)")
    with pytest.raises(KeyUnsound, match="key column k"):
        session.cut_keys(database.spec("t", key=("k",)), 4)
