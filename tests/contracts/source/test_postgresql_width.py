"""Rows of any length and width, in batches of bounded size."""

from shared.adapters.postgresql import PostgresSession
from shared.adapters.postgresql.adbc import BATCH_BYTES
from shared.extraction.batches import MAX_ROWS
from shared.loading.span import Span
from tests.contracts.source.conftest import Database

BIG = (
    "CREATE TABLE big AS SELECT i AS id, repeat('x', 100) AS pad FROM generate_series(1, 200000) i"
)


def test_a_value_longer_than_a_batch_lands_whole(
    database: Database, session: PostgresSession
) -> None:
    database.run(
        "CREATE TABLE t AS SELECT i AS id, repeat('\u00e9\"\\\n', 3400000) AS note,"
        " decode(repeat('00ff', 1200000), 'hex') AS raw FROM generate_series(1, 2) AS i"
    )
    assert rows(database, session) == [
        {"id": number, "note": '\u00e9"\\\n' * 3_400_000, "raw": b"\0\xff" * 1_200_000}
        for number in (1, 2)
    ]


def test_a_row_of_as_many_columns_as_there_can_be_is_read(
    database: Database, session: PostgresSession
) -> None:
    columns = [f"c{number}" for number in range(1600)]
    database.run(f"CREATE TABLE t ({', '.join(f'{name} int' for name in columns)})")
    database.run("INSERT INTO t (c0, c1599) VALUES (1, 2)")
    [row] = rows(database, session)
    assert (list(row), row["c0"], row["c1"], row["c1599"]) == (columns, 1, None, 2)


def test_batches_are_bounded_in_rows_and_bytes(
    database: Database, session: PostgresSession
) -> None:
    database.run(BIG)
    database.run("CREATE TABLE narrow AS SELECT i FROM generate_series(1, 200000) i")
    with session.read(database.spec("big"), Span()) as reading:
        wide = list(reading.batches)
    with session.read(database.spec("narrow"), Span()) as reading:
        narrow = list(reading.batches)
    assert sum(batch.num_rows for batch in wide) == 200_000
    assert max(batch.get_total_buffer_size() for batch in wide) < 2 * BATCH_BYTES
    assert max(batch.num_rows for batch in (*wide, *narrow)) <= MAX_ROWS


def rows(database: Database, session: PostgresSession) -> list[dict[str, object]]:
    with session.read(database.spec("t"), Span()) as reading:
        return [row for batch in reading.batches for row in batch.to_pylist()]
