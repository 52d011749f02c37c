"""What is altered between PostgreSQL and the lake fails the landing, at the level that promises it."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, BinaryIO, cast

import adbc_driver_postgresql.dbapi as postgresql
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from shared.adapters.postgresql import PostgresSession, connect
from shared.catalog.spec import ReceiptLevel
from shared.extraction.columns import plan_columns
from shared.landing.slicing import SliceLanding
from shared.loading.bound import NO_BOUND
from shared.loading.errors import ReceiptBroken
from shared.loading.receipt import Receipt
from shared.loading.span import Span
from tests.contracts.odbc.postgresql_values import Column
from tests.contracts.odbc.test_postgresql_round_trip import SPEC, create
from tests.unit.landing.landing_samples import plan
from tests.unit.landing.memory_lake import MemoryLake

Alter = Callable[[pa.Table], pa.Table]
COLUMNS = [
    Column("numeric(18,6)", ("1.000001", "-2.5", "NULL")),
    Column("float8", ("0.1", "'NaN'", "NULL")),
    Column("timestamp", ("'2026-01-01 00:00:00.123456'", "'2026-01-02'", "NULL")),
    Column("text", ("'grün'", "'blue'", "NULL")),
]


def put(name: str, change: Callable[[list[Any]], list[Any]]) -> Alter:
    def alter(table: pa.Table) -> pa.Table:
        place = table.schema.get_field_index(name)
        field = table.schema.field(place)
        return table.set_column(place, field, pa.array(change(table[name].to_pylist()), field.type))

    return alter


def cut_seconds(table: pa.Table) -> pa.Table:
    place = table.schema.get_field_index("c2")
    whole = pc.floor_temporal(table["c2"], unit="second")  # pyright: ignore[reportCallIssue]
    return table.set_column(place, table.schema.field(place), whole)


ALTERED: dict[str, Alter] = {
    "3 rows against 2": lambda table: table.slice(1),
    "3 rows against 4": lambda table: pa.concat_tables([table, table.slice(2)]),
    "column c0": put("c0", lambda v: [v[0].quantize(Decimal("0.01")).quantize(v[0]), *v[1:]]),
    "column c1": put("c1", lambda v: [v[0], 0.0, None]),
    "column c2": cut_seconds,
    "column c3": put("c3", lambda v: ["grü", *v[1:]]),
}
SWAPPED = put("c3", lambda v: ["nürg", *v[1:]])


class AlteringLake(MemoryLake):
    """Keeps another table than it is given."""

    def __init__(self, alter: Alter) -> None:
        super().__init__()
        self._alter = alter

    @contextmanager
    def create(self, path: str) -> Iterator[BinaryIO]:
        sink, kept = io.BytesIO(), io.BytesIO()
        yield cast("BinaryIO", sink)
        pq.write_table(self._alter(pq.read_table(io.BytesIO(sink.getvalue()))), kept)
        self._enter(path, kept.getvalue())


@pytest.fixture(scope="module")
def session(postgres_uri: str) -> Iterator[PostgresSession]:
    with postgresql.connect(postgres_uri, autocommit=True) as owner:
        create(owner, COLUMNS)
    with connect(postgres_uri) as opened:
        yield opened


def land(
    session: PostgresSession,
    lake: MemoryLake,
    receipt: ReceiptLevel = "values",
    alter: Alter | None = None,
) -> Receipt:
    spec = replace(SPEC, receipt=receipt)
    columns = plan_columns(spec, session.shape(spec))
    of = plan(spec=spec, mode="snapshot", cursor=None, bound=NO_BOUND, columns=columns)
    landing = SliceLanding(
        lake=lake,
        plan=of,
        part=of.slices[0],
        execution="e",
        known=frozenset(),
        now=lambda: datetime(2026, 1, 2, tzinfo=UTC),
    )
    with session.read(spec, Span()) as reading:
        if alter is not None:
            read = pa.Table.from_batches(list(reading.batches), reading.schema)
            return landing.land(replace(reading, batches=iter(alter(read).to_batches())))
        return landing.land(reading)


@pytest.mark.parametrize("told", ALTERED)
def test_what_is_altered_on_the_way_into_the_lake_is_named(
    session: PostgresSession, told: str
) -> None:
    with pytest.raises(ReceiptBroken, match=told):
        land(session, AlteringLake(ALTERED[told]))


@pytest.mark.parametrize("told", ALTERED)
def test_what_is_altered_on_the_way_from_the_server_is_named(
    session: PostgresSession, told: str
) -> None:
    with pytest.raises(ReceiptBroken, match=told):
        land(session, MemoryLake(), alter=ALTERED[told])


def test_a_text_swapped_for_one_as_long_is_found_by_hashes_only(session: PostgresSession) -> None:
    assert land(session, AlteringLake(SWAPPED), "values").proof is not None
    with pytest.raises(ReceiptBroken, match="hashes"):
        land(session, AlteringLake(SWAPPED), "hashes")


@pytest.mark.parametrize("level", ["rows", "values", "hashes"])
def test_what_nobody_alters_is_proven(session: PostgresSession, level: ReceiptLevel) -> None:
    receipt = land(session, MemoryLake(), level)
    assert receipt.proof is not None
    assert (receipt.proof.level, receipt.proof.rows) == (level, 3)
