"""Any table that PostgreSQL can hold comes back equal from Parquet, or is refused by name before anything lands.

Planned, read, proven and published as a load does, over both drivers; read back from what was published
and compared with what the server says in its own text.
"""

import os
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, Phase, event, given, note, settings

from local.postgres import RunningPostgres
from shared.adapters.postgresql import PostgresSession, connect
from shared.catalog.spec import CursorSpec, SliceSpec, SourceSpec, TableSpec
from shared.extraction.planning import PlanBasis, make_plan
from shared.landing.manifest import Manifest
from shared.landing.publication import publish, read_manifest
from shared.landing.slicing import SliceLanding
from shared.loading.errors import IngestError, Unexpected
from shared.loading.order import TableOrder
from shared.loading.receipt import Landing, check_landing
from tests.contracts.source.any_postgresql_oracle import SETTINGS, ask_rows, quote, read_rows
from tests.contracts.source.any_postgresql_tables import TYPES, AnyTable, any_tables
from tests.contracts.source.conftest import Driver, address_of
from tests.unit.landing.memory_lake import MemoryLake

ORDER = "20260101T000000000Z-00000a"
DRIVERS: tuple[Driver, ...] = (
    ("adbc",) if os.environ.get("TIDEMARK_WITHOUT_ODBC") == "1" else ("adbc", "odbc")
)


@dataclass(frozen=True, slots=True)
class Rig:
    """A schema, its owner, and a session over each driver."""

    schema: str
    owner: psycopg.Connection[object]
    sessions: dict[Driver, PostgresSession]

    def run(self, sql: str) -> None:
        self.owner.execute(sql.encode())


@pytest.fixture(scope="module")
def rig(server: RunningPostgres) -> Iterator[Rig]:
    schema = f"any {uuid.uuid4().hex}"
    with ExitStack() as stack:
        owner = stack.enter_context(psycopg.connect(server.uri, autocommit=True))
        sessions = {d: stack.enter_context(connect(address_of(server.uri, d))) for d in DRIVERS}
        made = Rig(schema, owner, sessions)
        made.run(f"{SETTINGS} {TYPES} CREATE SCHEMA {quote(schema)}")
        yield made
        made.run(f'DROP SCHEMA {quote(schema)} CASCADE; DROP SCHEMA "Own Types" CASCADE')


def create(rig: Rig, table: AnyTable) -> None:
    """Make the table, as what it is: whole, behind a view, in a child of it, or altered since."""
    place = f"{quote(rig.schema)}.{quote(table.name)}"
    held = f"{quote(rig.schema)}.{quote('held')}" if table.form == "view" else place
    columns = [f"{quote(column.name)} {column.declared}" for column in table.columns]
    if table.form == "altered":
        columns.insert(len(columns) // 2, f"{quote('gone since')} text DEFAULT 'x'")
    script = [f"CREATE TABLE {held} ({', '.join(columns)})"]
    into = held
    if table.form == "inherited":
        into = f"{quote(rig.schema)}.{quote('its child')}"
        script.append(f"CREATE TABLE {into} () INHERITS ({held})")
    names = ", ".join(quote(column.name) for column in table.columns)
    rows = zip(*(column.values for column in table.columns), strict=True)
    script += [f"INSERT INTO {into} ({names}) VALUES ({', '.join(row)})" for row in rows]
    if table.form == "altered":
        script.append(f"ALTER TABLE {held} DROP COLUMN {quote('gone since')}")
    if table.form == "view":
        script.append(f"CREATE VIEW {place} AS SELECT * FROM {held}")
    rig.run(f"DROP SCHEMA {quote(rig.schema)} CASCADE; CREATE SCHEMA {quote(rig.schema)}")
    rig.run("; ".join(script))


def spec_of(rig: Rig, table: AnyTable) -> TableSpec:
    return TableSpec(
        source=SourceSpec(name="shop", kind="sql", engine="postgresql", connection="${SHOP_DB}"),
        table=f"{rig.schema}.{table.name}",
        key=table.key,
        cursor=CursorSpec(kind=table.kind, column=table.cursor, future=table.future),
        target="bronze/shop/any",
        slices=SliceSpec(rows=2, parallel=1),
        receipt=table.receipt,
    )


def load(session: PostgresSession, spec: TableSpec, lake: MemoryLake) -> Manifest:
    """Load the table for the first time, and give what was published of it."""
    order = TableOrder(order_id=ORDER, table=spec.name, mode="incremental", reason="request")
    basis = PlanBasis(
        order=order,
        spec=spec,
        run_no=1,
        watermark=None,
        published_run_no=0,
        columns=(),
        marks=(),
        planned_at="t",
    )
    plan = make_plan(session, basis).plan
    receipts = []
    for part in plan.slices:
        landing = SliceLanding(
            lake=lake,
            plan=plan,
            part=part,
            execution=f"e{part.number}",
            known=frozenset(),
            now=lambda: datetime(2026, 1, 2, tzinfo=UTC),
        )
        with session.read(spec, part.span) as reading:
            receipts.append(landing.land(reading))
    check_landing(plan, receipts)
    made = Landing(run_id=plan.run_id, plan="p", receipts=tuple(receipts))
    return read_manifest(lake, publish(lake, plan, made))


def landed(lake: MemoryLake) -> pa.Table | None:
    """Give all rows of what was published; None if no file was."""
    files = [
        c
        for p, c in lake.files.items()
        if p.startswith("bronze/shop/any/run_id=") and p.endswith(".parquet")
    ]
    tables = [pq.read_table(pa.BufferReader(content)) for content in files]
    return pa.concat_tables(tables) if tables else None


def check(rig: Rig, driver: Driver, table: AnyTable) -> str:
    """Load over a driver and compare; gives the name of the refusal, or nothing."""
    lake, spec = MemoryLake(), spec_of(rig, table)
    try:
        manifest = load(rig.sessions[driver], spec, lake)
    except IngestError as error:
        refusal = error
    else:
        compare(rig, table, manifest, lake)
        return ""
    note(f"{driver}: {type(refusal).__name__}: {refusal}")
    assert not isinstance(refusal, Unexpected)
    assert landed(lake) is None
    named = [column.name for column in table.columns if column.name in str(refusal)]
    assert named or spec.table in str(refusal)
    assert not table.lands
    return type(refusal).__name__


def compare(rig: Rig, table: AnyTable, manifest: Manifest, lake: MemoryLake) -> None:
    assert not table.stops
    names = [column.name for column in table.columns]
    assert [column.name for column in manifest.columns] == names
    found = landed(lake)
    rows = len(table.columns[0].values)
    assert manifest.rows == rows
    if found is None:
        assert rows == 0
        return
    assert found.column_names[: len(names)] == names
    assert read_rows(found, names) == ask_rows(rig.owner, rig.schema, table, found.schema)


def comes_back(rig: Rig, table: AnyTable) -> None:
    create(rig, table)
    outcomes = {driver: check(rig, driver, table) for driver in rig.sessions}
    event(f"cursor {table.kind}")
    event(f"ends with {outcomes['adbc'] or 'equal rows'}")
    assert len(set(outcomes.values())) == 1, outcomes


# A table is small as it is drawn, and to make a thousand others of it takes minutes.
PHASES = [Phase.explicit, Phase.reuse, Phase.generate]
UNHURRIED = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture]


@settings(max_examples=25, phases=PHASES, suppress_health_check=UNHURRIED)
@given(table=any_tables())
def test_any_table_comes_back_equal_or_is_refused_by_name(rig: Rig, table: AnyTable) -> None:
    comes_back(rig, table)


@pytest.mark.long
@pytest.mark.timeout(3600)
@settings(max_examples=1000, phases=PHASES, suppress_health_check=UNHURRIED)
@given(table=any_tables())
def test_any_of_many_tables_comes_back_equal_or_is_refused_by_name(
    rig: Rig, table: AnyTable
) -> None:
    comes_back(rig, table)
