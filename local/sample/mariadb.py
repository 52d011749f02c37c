"""Puts the demo's source data into a MariaDB server: the same rows, in databases `nyc` and `dbo`."""

# Arrow's stubs lag behind its compute functions.
# pyright: reportCallIssue=false, reportArgumentType=false

import tempfile
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyodbc

from local.sample import nycflights, spotify

# As in PostgreSQL: text is compared by its bytes, and the database assigns the cursors of the
# flights, by defaults and again on each update.
_TABLES = """
CREATE TABLE nyc.airlines (
    carrier varchar(8) PRIMARY KEY,
    name varchar(255) NOT NULL
);
CREATE TABLE nyc.airports (
    faa varchar(8) PRIMARY KEY,
    name varchar(255) NOT NULL,
    lat double NOT NULL,
    lon double NOT NULL,
    alt int NOT NULL,
    tz smallint NOT NULL,
    dst varchar(8) NOT NULL,
    tzone varchar(64)
);
CREATE SEQUENCE nyc.plane_changes;
CREATE TABLE nyc.planes (
    tailnum varchar(8) PRIMARY KEY,
    year smallint,
    type varchar(64) NOT NULL,
    manufacturer varchar(64) NOT NULL,
    model varchar(64) NOT NULL,
    engines smallint NOT NULL,
    seats smallint NOT NULL,
    speed smallint,
    engine varchar(64) NOT NULL,
    change_no bigint NOT NULL DEFAULT NEXTVAL(nyc.plane_changes),
    INDEX (change_no)
);
CREATE TABLE nyc.weather (
    origin varchar(8) NOT NULL,
    year smallint NOT NULL,
    month smallint NOT NULL,
    day smallint NOT NULL,
    hour smallint NOT NULL,
    temp double,
    dewp double,
    humid double,
    wind_dir smallint,
    wind_speed double,
    wind_gust double,
    precip double NOT NULL,
    pressure double,
    visib double NOT NULL,
    time_hour timestamp(6) NOT NULL,
    revised_on date NOT NULL DEFAULT (UTC_DATE()),
    PRIMARY KEY (origin, time_hour),
    INDEX (revised_on)
);
CREATE TABLE nyc.flights (
    year smallint NOT NULL,
    month smallint NOT NULL,
    day smallint NOT NULL,
    dep_time smallint,
    sched_dep_time smallint NOT NULL,
    dep_delay smallint,
    arr_time smallint,
    sched_arr_time smallint NOT NULL,
    arr_delay smallint,
    carrier varchar(8) NOT NULL,
    flight smallint NOT NULL,
    tailnum varchar(8),
    origin varchar(8) NOT NULL,
    dest varchar(8) NOT NULL,
    air_time smallint,
    distance smallint NOT NULL,
    hour smallint NOT NULL,
    minute smallint NOT NULL,
    time_hour timestamp(6) NOT NULL,
    updated_at timestamp(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
    PRIMARY KEY (year, month, day, carrier, flight, origin),
    INDEX (updated_at)
);
CREATE TRIGGER nyc.count_change BEFORE UPDATE ON nyc.planes
    FOR EACH ROW SET NEW.change_no = NEXTVAL(nyc.plane_changes);
CREATE TRIGGER nyc.date_change BEFORE UPDATE ON nyc.weather
    FOR EACH ROW SET NEW.revised_on = UTC_DATE();
CREATE TABLE dbo.DimUser (
    user_id int PRIMARY KEY,
    user_name varchar(255),
    country varchar(255),
    subscription_type varchar(50),
    start_date date,
    end_date date,
    updated_at datetime(3)
);
CREATE TABLE dbo.DimArtist (
    artist_id int PRIMARY KEY,
    artist_name varchar(255),
    genre varchar(100),
    country varchar(100),
    updated_at datetime(3)
);
CREATE TABLE dbo.DimTrack (
    track_id int PRIMARY KEY,
    track_name varchar(255),
    artist_id int,
    album_name varchar(255),
    duration_sec int,
    release_date date,
    updated_at datetime(3)
);
CREATE TABLE dbo.DimDate (
    date_key int PRIMARY KEY,
    date date,
    day int,
    month int,
    year int,
    weekday varchar(20)
);
CREATE TABLE dbo.FactStream (
    stream_id bigint PRIMARY KEY,
    user_id int,
    track_id int,
    date_key int,
    listen_duration int,
    device_type varchar(50),
    stream_timestamp datetime(3)
);
"""
_SETTINGS = "SET SESSION time_zone = '+00:00', sql_mode = 'STRICT_ALL_TABLES'"
# What the file of LOAD DATA writes otherwise, in the order in which it is written.
_ESCAPES = (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"))
_MISSING = "\\N"


def create_mariadb_sample(connection: str, rows: int | None = None) -> dict[str, int]:
    """Drop the databases `nyc` and `dbo`, make them anew with all their rows, and count these.

    Of `rows` each table has no more than so many, the first of them.

    `connection` is an ODBC connection string of a login that may create databases. The keys of the
    answer are `schema.table`, as those of `local.sample.load.create_sample`.
    """
    counts: dict[str, int] = {}
    with closing(pyodbc.connect(connection, autocommit=True)) as owner:
        owner.execute(_SETTINGS)
        for schema in (nycflights.SCHEMA, spotify.SCHEMA):
            options = "CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
            owner.execute(f"CREATE OR REPLACE DATABASE {schema} {options}")
        for statement in _TABLES.split(";\n"):
            if statement.strip():
                owner.execute(statement)
        for source in (nycflights, spotify):
            for name, every in source.read_tables():
                table, some = f"{source.SCHEMA}.{name}", every.slice(0, rows)
                _fill(owner, table, some)
                owner.execute(f"ANALYZE TABLE {table}").fetchall()
                counts[table] = some.num_rows
    return counts


def _fill(owner: pyodbc.Connection, table: str, rows: pa.Table) -> None:
    columns = ", ".join(f"`{name}`" for name in rows.column_names)
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", newline="") as file:
        file.writelines(f"{line}\n" for line in _lines(rows))
        file.flush()
        # The path is quoted as a text of SQL; a temporary folder holds neither quote nor backslash.
        path = Path(file.name).as_posix()
        owner.execute(
            f"LOAD DATA LOCAL INFILE '{path}' INTO TABLE {table} CHARACTER SET utf8mb4 ({columns})"
        )
        # What LOAD DATA LOCAL cannot take it changes, and only warns.
        warnings = owner.execute("SHOW WARNINGS").fetchall()
        if warnings:
            raise ValueError(f"{table}: {warnings[0]}")


def _lines(rows: pa.Table) -> list[str]:
    texts = [_text(column) for column in rows.columns]
    return pc.binary_join_element_wise(*texts, "\t").to_pylist()


def _text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Write a column's values, NULL as the word for it."""
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.timestamp(column.type.unit))
    text = column.cast(pa.string())
    for plain, escaped in _ESCAPES:
        text = pc.replace_substring(text, plain, escaped)
    return pc.fill_null(text, _MISSING)
