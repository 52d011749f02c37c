"""Any table of the published types comes back equal from Parquet, or is refused before a row lands."""

import io
from collections.abc import Iterator
from datetime import datetime

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, note, settings

from local.mariadb import RunningMariadb
from shared.adapters.odbc import OdbcSession, connect
from shared.adapters.odbc.mariadb import MariadbDialect
from shared.landing.parquet import ParquetStream
from shared.loading.errors import ValueUnsupported
from shared.loading.span import Span
from tests.conftest import LONG
from tests.contracts.odbc.mariadb.conftest import Database, database_of
from tests.contracts.odbc.mariadb.mariadb_values import COLUMNS, Drawing, drawings


@pytest.fixture(scope="module")
def scratch(mariadb: RunningMariadb) -> Iterator[Database]:
    with database_of(mariadb) as made:
        yield made


@pytest.fixture(scope="module")
def reader(mariadb: RunningMariadb) -> Iterator[OdbcSession]:
    with connect(MariadbDialect(), mariadb.connection) as opened:
        yield opened


def make(database: Database, drawing: Drawing) -> None:
    columns = ", ".join(
        f"{name} {declared} NULL"
        for name, declared in zip(drawing.names, drawing.declared, strict=True)
    )
    database.run(f"CREATE OR REPLACE TABLE t ({columns})")
    for row in drawing.rows:
        database.run(f"INSERT INTO t VALUES ({', '.join(value.sql for value in row)})")


def land(reader: OdbcSession, database: Database, sink: io.BytesIO) -> None:
    with reader.read(database.spec("t"), Span()) as reading:
        file = ParquetStream(sink, reading.schema)
        for batch in reading.batches:
            file.write(batch)
        file.close()


def text_of(row: dict[str, object]) -> str:
    """Write a row so that True is not 1, and one instant is one whatever class its zone is of."""
    return repr({n: str(v) if isinstance(v, datetime) else v for n, v in row.items()})


def test_every_landing_type_is_drawn() -> None:
    assert len(COLUMNS) >= 40


@given(drawing=drawings())
@settings(
    deadline=None,
    max_examples=100 if LONG else 40,
    # The database is made once; each example makes the table anew.
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
def test_a_mariadb_table_comes_back_equal_or_is_refused_by_name(
    scratch: Database, reader: OdbcSession, drawing: Drawing
) -> None:
    note(f"{drawing.declared} {[[value.sql for value in row] for row in drawing.rows]}")
    make(scratch, drawing)
    sink = io.BytesIO()
    if drawing.refused:
        with pytest.raises(ValueUnsupported) as refusal:
            land(reader, scratch, sink)
        assert str(refusal.value).split()[1].rstrip(":") in drawing.refused
        assert sink.getvalue() in (b"", b"PAR1")
        return
    land(reader, scratch, sink)
    landed = pq.read_table(sink)
    wanted = [
        dict(zip(drawing.names, (value.lands for value in row), strict=True))
        for row in drawing.rows
    ]
    assert sorted(map(text_of, landed.to_pylist())) == sorted(map(text_of, wanted))
