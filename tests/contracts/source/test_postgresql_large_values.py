"""A value larger than `max_value_bytes` is refused by column and key before it is sent."""

import subprocess
import sys
from dataclasses import replace

import pytest

from shared.adapters.postgresql import PostgresSession
from shared.loading.errors import ValueTooLarge
from shared.loading.span import Span
from tests.contracts.source.conftest import Database

BOUND = 1_000_000
# What reads prints how much memory it needed above what it had when it was connected, in MB.
READER = """
import resource, sys
from shared.adapters.postgresql import connect
from shared.catalog.spec import CursorSpec, SourceSpec, TableSpec
from shared.loading.errors import ValueTooLarge
from shared.loading.span import Span
address, table = sys.argv[1:]
source = SourceSpec(name="shop", kind="sql", engine="postgresql", connection="${DB}")
spec = TableSpec(source=source, table=table, key=("id",), target="bronze/shop/t",
                 cursor=CursorSpec(kind="none", column=None))
with connect(address) as session:
    session.shape(spec)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        with session.read(spec, Span()) as reading:
            sum(batch.num_rows for batch in reading.batches)
    except ValueTooLarge:
        print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def read(session: PostgresSession, database: Database, table: str, **more: object) -> int:
    spec = replace(database.spec(table, key=("id",)), max_value_bytes=BOUND, **more)  # type: ignore[arg-type]
    with session.read(spec, Span()) as reading:
        return sum(batch.num_rows for batch in reading.batches)


@pytest.mark.parametrize(
    ("declared", "value"),
    [
        ("text", "repeat('x', {})"),
        ("bytea", "decode(repeat('00', {}), 'hex')"),
        ("json", "('\"' || repeat('x', {} - 2) || '\"')::json"),
        ("jsonb", "('\"' || repeat('x', {} - 2) || '\"')::jsonb"),
        ("text[]", "ARRAY[repeat('x', {} - 2)]"),
    ],
)
def test_a_value_beyond_the_bound_is_refused_by_column_and_key(
    database: Database, session: PostgresSession, declared: str, value: str
) -> None:
    database.run(
        f"""CREATE TABLE t (id int, "Big one" {declared}, small text);
            INSERT INTO t SELECT n, {value.format(BOUND)}, 'x' FROM generate_series(1, 3) AS n"""
    )
    assert read(session, database, "t") == 3
    database.run(f"INSERT INTO t VALUES (4711, {value.format(BOUND + 1)}, 'x')")
    told = "column Big one: the row with the key 4711 has a value of 1000001 bytes"
    with pytest.raises(ValueTooLarge, match=told):
        read(session, database, "t")
    # The session can be used again.
    assert read(session, database, "t", columns=database.spec("t", exclude=("Big one",)).columns)


def test_a_value_in_a_partition_is_refused_too(
    database: Database, session: PostgresSession
) -> None:
    database.run(
        f"""CREATE TABLE t (id int, v text) PARTITION BY RANGE (id);
            CREATE TABLE part PARTITION OF t DEFAULT;
            INSERT INTO t VALUES (7, repeat('x', {BOUND + 1}))"""
    )
    with pytest.raises(ValueTooLarge, match="the key 7"):
        read(session, database, "t")


def test_memory_does_not_grow_with_a_value_that_is_refused(database: Database) -> None:
    database.run("CREATE TABLE t (id int, v text)")
    # Not compressed away: as large on its way as it is.
    database.run("ALTER TABLE t ALTER v SET STORAGE EXTERNAL")
    database.run("INSERT INTO t VALUES (1, repeat('x', 100000000))")
    reader = subprocess.run(
        [sys.executable, "-c", READER, database.address, f"{database.schema}.t"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(reader.stdout) < 60
