"""MariaDB: the sample's ten tables land through its own dialect and through the generic one."""

import re
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pyodbc
import pytest
from e2e_api import Api
from e2e_stack import REPOSITORY, Stack

from local import mariadb
from local.mariadb import RunningMariadb
from local.sample import nycflights, spotify
from local.sample.mariadb import create_mariadb_sample
from shared.catalog import Catalog, read_catalog
from tests.conftest import LONG

SETTING = "TIDEMARK_E2E_MARIADB"
RUNS_OWN = ["_op", "_run_no", "_read_at", "_run_id", "_loaded_at"]
ENGINES = ("mariadb", "odbc")
# Of each table; the short form has one slice of the flights.
ROWS = None if LONG else 20_000


@pytest.fixture(scope="module")
def server(place: Path) -> Iterator[RunningMariadb]:
    running = mariadb.start(place / "mariadb", fsync=False)
    try:
        create_mariadb_sample(running.connection, ROWS)
        create_views(running.connection)
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="module")
def mariadb_stack(place: Path, server: RunningMariadb) -> Iterator[Stack]:
    """A stack that knows the sample as `nycflights_mariadb`, `nycflights_odbc` and so on."""
    stack = Stack(
        state=place / "mariadb-state",
        tables=place / "mariadb-tables",
        environ={SETTING: server.connection},
    )
    stack.tables.mkdir()
    for sample in ("nycflights", "spotify"):
        text = (REPOSITORY / "tables" / f"{sample}.yml").read_text()
        text = re.sub(r"\$\{\w+\}", f"${{{SETTING}}}", text)
        for engine in ENGINES:
            named = text.replace(f"name: {sample}\n", f"name: {sample}_{engine}\n")
            file = stack.tables / f"{sample}_{engine}.yml"
            named = named.replace("engine: postgresql", f"engine: {engine}")
            file.write_text(named.replace("nyc.", "plain.") if engine == "odbc" else named)
    stack.start()
    try:
        yield stack
    finally:
        stack.stop()


@pytest.fixture(scope="module")
def catalog(mariadb_stack: Stack) -> Catalog:
    return read_catalog(mariadb_stack.tables)


@pytest.fixture(scope="module")
def mariadb_api(mariadb_stack: Stack) -> Iterator[Api]:
    with Api(mariadb_stack.url) as client:
        yield client


def create_views(connection: str) -> None:
    """Show the flights without zones: no driver tells the generic dialect that of a timestamp."""
    with closing(pyodbc.connect(connection, autocommit=True)) as owner:
        owner.execute("CREATE DATABASE plain")
        for name, rows in nycflights.read_tables():
            added = {"planes": ["change_no"]}.get(name, [])
            columns = [
                f"CAST(`{field}` AS DATETIME(6)) AS `{field}`"
                if field in ("time_hour", "updated_at")
                else f"`{field}`"
                for field in (*rows.column_names, *added)
            ]
            owner.execute(
                f"CREATE VIEW plain.{name} AS SELECT {', '.join(columns)} FROM nyc.{name}"
            )


def names(catalog: Catalog, engine: str) -> list[str]:
    sources = {f"nycflights_{engine}", f"spotify_{engine}"}
    return [each.name for each in catalog.tables if each.source.name in sources]


def made() -> dict[str, pa.Table]:
    """What was put into the server, by `schema.table`."""
    return {
        f"{source.SCHEMA}.{name}": rows.slice(0, ROWS)
        for source in (nycflights, spotify)
        for name, rows in source.read_tables()
    }


def rows_of(lake: Path, catalog: Catalog, name: str) -> pa.Table:
    """Every row of a table in bronze in the order of its key, without what is each run's own."""
    spec = catalog.table(name)
    files = sorted((lake / spec.target).glob("run_id=*/*.parquet"))
    tables = [pq.read_table(path, partitioning=None).drop_columns(RUNS_OWN) for path in files]
    rows = pa.concat_tables(tables).replace_schema_metadata()
    return rows.sort_by([(column, "ascending") for column in spec.key]).combine_chunks()


def expected(rows: pa.Table, like: pa.Table, key: tuple[str, ...]) -> pa.Table:
    """Give what was put in, with the columns that the server added by itself, in the key's order."""
    ordered = rows.sort_by([(column, "ascending") for column in key])
    for name in set(like.column_names) - set(rows.column_names):
        assert like[name].null_count == 0
        ordered = ordered.append_column(name, like[name])
    ordered = ordered.select(like.column_names)
    fields = [
        field.with_type(pa.timestamp("us", field.type.tz))
        if pa.types.is_timestamp(field.type)
        else field
        for field in ordered.schema
    ]
    return ordered.cast(pa.schema(fields)).combine_chunks()


@pytest.mark.long
@pytest.mark.parametrize("engine", ["mariadb", "odbc"])
def test_the_sample_lands_from_mariadb_as_it_was_put_in(
    mariadb_api: Api, mariadb_stack: Stack, catalog: Catalog, engine: str
) -> None:
    wanted = names(catalog, engine)
    assert len(wanted) == 10
    order = mariadb_api.load(*wanted)
    assert order["state"] == "succeeded", order
    sources = made()
    for name in wanted:
        landed = rows_of(mariadb_stack.lake, catalog, name)
        source = expected(
            sources[name.split("/")[1].replace("plain.", "nyc.")], landed, catalog.table(name).key
        )
        if engine == "mariadb":
            # The very types of the PostgreSQL sample.
            assert {f.name: f.type for f in landed.schema} == {
                f.name: f.type for f in source.schema
            }
        assert comparable(landed).equals(comparable(source)), name


def comparable(rows: pa.Table) -> pa.Table:
    """Leave out of the types what engines differ in; values stay."""
    fields = [
        field.with_type(pa.timestamp("us")) if pa.types.is_timestamp(field.type) else field
        for field in rows.schema
    ]
    plain = pa.schema([pa.field(each.name, each.type) for each in fields])
    return rows.cast(plain)


@pytest.fixture
def changing(mariadb_stack: Stack, server: RunningMariadb) -> Iterator[str]:
    """A source of its own, of which rows may be changed: a few flights and all users."""
    with closing(pyodbc.connect(server.connection, autocommit=True)) as owner:
        owner.execute("CREATE DATABASE changing")
        for name in ("nyc.flights", "dbo.DimUser"):
            copy = f"changing.{name.partition('.')[2]}"
            owner.execute(f"CREATE TABLE {copy} LIKE {name}")
        owner.execute("INSERT INTO changing.flights SELECT * FROM nyc.flights WHERE carrier = 'HA'")
        owner.execute("INSERT INTO changing.DimUser SELECT * FROM dbo.DimUser")
    file = mariadb_stack.tables / "changing.yml"
    file.write_text(f"""
        source: {{name: changing, kind: sql, engine: mariadb, connection: "${{{SETTING}}}"}}
        tables:
          - table: changing.flights
            key: [year, month, day, carrier, flight, origin, dest]
            watermark: {{column: updated_at, kind: timestamp, assigned: database}}
          - table: changing.DimUser
            key: [user_id]
            watermark: {{column: updated_at, kind: timestamp}}
        """)
    yield "changing/changing"
    file.unlink()


def images(lake: Path, table: str, run: dict[str, Any]) -> pa.Table:
    folder = lake / "bronze" / table / f"run_id={run['run_id']}"
    return pa.concat_tables([pq.read_table(f, partitioning=None) for f in folder.glob("*.parquet")])


@pytest.mark.long
def test_a_change_at_mariadb_lands_with_the_next_load(
    mariadb_api: Api, mariadb_stack: Stack, changing: str, server: RunningMariadb
) -> None:
    flights, users = f"{changing}.flights", f"{changing}.DimUser"
    assert mariadb_api.load(flights, users)["state"] == "succeeded"
    before = datetime.now(UTC)
    with closing(pyodbc.connect(server.connection, autocommit=True)) as owner:
        owner.execute("UPDATE changing.flights SET dep_delay = -99 WHERE month = 7")
        owner.execute(
            "INSERT INTO changing.DimUser (user_id, user_name, updated_at)"
            " VALUES (-1, 'Ünï 😀', UTC_TIMESTAMP(3))"
        )
    order = mariadb_api.load(flights, users)
    assert order["state"] == "succeeded"
    changed = images(mariadb_stack.lake, flights, mariadb_api.run_of(order, flights))
    late = changed.filter(pc.greater_equal(changed["updated_at"], before))
    assert (late.num_rows, set(late["dep_delay"].to_pylist())) == (31, {-99})
    added = images(mariadb_stack.lake, users, mariadb_api.run_of(order, users))
    assert "Ünï 😀" in added["user_name"].to_pylist()
