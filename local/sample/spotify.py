"""Schema `dbo`: the five tables of an invented music service, with the flaws of a real one.

The rows are the same on every machine. Ties, missing cursors, wrong dates and empty texts are
there on purpose: they are what an incremental load gets wrong.
"""

import random
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta

import pyarrow as pa

SCHEMA = "dbo"
USERS, ARTISTS, TRACKS, STREAMS = 500, 200, 2_000, 100_000
FIRST_STREAM = 10_000_001
FIRST_DAY, LAST_DAY = date(2023, 1, 1), date(2025, 12, 31)
# Every cursor value is shared by this many rows at least.
TIES = 8

# DATETIME of the original is timestamp(3) here. As there, nothing but the application sets a
# cursor, none is indexed, and no table refers to another.
DDL = """
DROP SCHEMA IF EXISTS dbo CASCADE;
CREATE SCHEMA dbo;
CREATE TABLE dbo."DimUser" (
    user_id integer PRIMARY KEY,
    user_name varchar(255),
    country varchar(255),
    subscription_type varchar(50),
    start_date date,
    end_date date,
    updated_at timestamp(3)
);
CREATE TABLE dbo."DimArtist" (
    artist_id integer PRIMARY KEY,
    artist_name varchar(255),
    genre varchar(100),
    country varchar(100),
    updated_at timestamp(3)
);
CREATE TABLE dbo."DimTrack" (
    track_id integer PRIMARY KEY,
    track_name varchar(255),
    artist_id integer,
    album_name varchar(255),
    duration_sec integer,
    release_date date,
    updated_at timestamp(3)
);
CREATE TABLE dbo."DimDate" (
    date_key integer PRIMARY KEY,
    date date,
    day integer,
    month integer,
    year integer,
    weekday varchar(20)
);
CREATE TABLE dbo."FactStream" (
    stream_id bigint PRIMARY KEY,
    user_id integer,
    track_id integer,
    date_key integer,
    listen_duration integer,
    device_type varchar(50),
    stream_timestamp timestamp(3)
);
"""

_FIRST_NAMES = [
    "Zoë",
    "José",
    "Søren",
    "美咲",
    "Анна",
    "Łukasz",
    "Chloé",
    "Ngọc",
    "Aoife",
    "Emre",
    "محمد",
    "Ravi",
]
_LAST_NAMES = [
    "O'Brien",
    "Müller",
    "Núñez",
    "佐藤",
    "Иванова",
    "Åkesson",
    "Smith-Jones",
    "Đặng",
    "Şahin",
    "Patel",
]
_WORDS = [
    "Río",
    "Neon",
    "Été",
    "Harbor",
    "Snö",
    "夜",
    "Paper",
    "Echo",
    "Straße",
    "Lullaby",
    "Σ",
    "Glass",
]
_COUNTRIES = ["Brasil", "Canada", "Côte d'Ivoire", "Deutschland", "日本", "United States", ""]
_GENRES = ["Pop", "Hip-Hop", "R&B", "Jazz", "Klezmer", "Electronic", ""]
_PLANS = ["Free", "Premium", "Family"]
_DEVICES = ["Mobile", "Desktop", "Smart Speaker"]


_WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_ODD_YEARS = [218, 1066, 2219, 9999]


def read_tables() -> Iterator[tuple[str, pa.Table]]:
    """Make name and rows of each table, with column types as in the database."""
    for name, make in _TABLES.items():
        # One generator for each table, so that a change to one leaves the others as they are.
        rows = make(random.Random(name))  # noqa: S311 - data, not secrets
        schema = _SCHEMAS[name]
        columns = zip(zip(*rows, strict=True), schema, strict=True)
        arrays = [pa.array(values, field.type) for values, field in columns]
        yield name, pa.table(arrays, schema=schema)


def _cursors(rng: random.Random, count: int) -> list[datetime | None]:
    """Ascending times over the three years, each for TIES rows or more; the last ones are missing."""
    start = datetime.combine(FIRST_DAY, time.min)
    span = (LAST_DAY - FIRST_DAY) // timedelta(milliseconds=1)
    missing = max(1, count // 200)
    groups = (count - missing) // TIES
    moments = [start + timedelta(milliseconds=at) for at in sorted(rng.sample(range(span), groups))]
    timed = [moments[min(row // TIES, groups - 1)] for row in range(count - missing)]
    return [*timed, *[None] * missing]


def _numbered(rng: random.Random, count: int) -> Iterator[tuple[int, datetime | None]]:
    """Keys from 1 with their cursors, which have no order: rows were touched as life went on."""
    cursors = _cursors(rng, count)
    rng.shuffle(cursors)
    return zip(range(1, count + 1), cursors, strict=True)


def _day(rng: random.Random) -> date:
    return FIRST_DAY + timedelta(days=rng.randrange((LAST_DAY - FIRST_DAY).days))


def _users(rng: random.Random) -> Iterator[tuple[object, ...]]:
    for number, updated_at in _numbered(rng, USERS):
        name = f"{rng.choice(_FIRST_NAMES)} {rng.choice(_LAST_NAMES)}"
        plan, country = rng.choice(_PLANS), rng.choice(_COUNTRIES)
        started = _day(rng)
        ended = started + timedelta(days=rng.randrange(1, 400)) if number % 4 == 0 else None
        if number % 50 == 0:  # ended before it began
            ended = started - timedelta(days=rng.randrange(1, 400))
        name = "" if number % 97 == 0 else name
        yield number, name, country, plan, started, ended, updated_at


def _artists(rng: random.Random) -> Iterator[tuple[object, ...]]:
    for number, updated_at in _numbered(rng, ARTISTS):
        name = f"{rng.choice(_WORDS)} {rng.choice(_WORDS)} {number}"
        yield number, name, rng.choice(_GENRES), rng.choice(_COUNTRIES), updated_at


def _tracks(rng: random.Random) -> Iterator[tuple[object, ...]]:
    for number, updated_at in _numbered(rng, TRACKS):
        name = f"{rng.choice(_WORDS)}-{rng.choice(_WORDS)}-{number}"
        album = "" if number % 41 == 0 else f"{rng.choice(_WORDS)} {rng.choice(_WORDS)}"
        released = date(rng.randrange(1960, 2026), rng.randrange(1, 13), rng.randrange(1, 29))
        if number % 199 == 0:
            released = released.replace(year=rng.choice(_ODD_YEARS))
        artist, seconds = rng.randrange(1, ARTISTS + 1), rng.randrange(45, 900)
        yield number, name, artist, album, seconds, released, updated_at


def _days(_: random.Random) -> Iterator[tuple[object, ...]]:
    for offset in range((LAST_DAY - FIRST_DAY).days + 1):
        day = FIRST_DAY + timedelta(days=offset)
        yield _date_key(day), day, day.day, day.month, day.year, _WEEKDAYS[day.weekday()]


def _streams(rng: random.Random) -> Iterator[tuple[object, ...]]:
    for number, streamed_at in enumerate(_cursors(rng, STREAMS), FIRST_STREAM):
        user, track = rng.randrange(1, USERS + 1), rng.randrange(1, TRACKS + 1)
        day = streamed_at.date() if streamed_at else _day(rng)
        device, seconds = rng.choice(_DEVICES), rng.randrange(900)
        yield number, user, track, _date_key(day), seconds, device, streamed_at


def _date_key(day: date) -> int:
    return day.year * 10_000 + day.month * 100 + day.day


_TABLES: dict[str, Callable[[random.Random], Iterator[tuple[object, ...]]]] = {
    "DimUser": _users,
    "DimArtist": _artists,
    "DimTrack": _tracks,
    "DimDate": _days,
    "FactStream": _streams,
}
_NUMBER, _TEXT, _DAY, _MOMENT = pa.int32(), pa.string(), pa.date32(), pa.timestamp("ms")
_SCHEMAS = {
    "DimUser": pa.schema(
        {
            "user_id": _NUMBER,
            "user_name": _TEXT,
            "country": _TEXT,
            "subscription_type": _TEXT,
            "start_date": _DAY,
            "end_date": _DAY,
            "updated_at": _MOMENT,
        }
    ),
    "DimArtist": pa.schema(
        {
            "artist_id": _NUMBER,
            "artist_name": _TEXT,
            "genre": _TEXT,
            "country": _TEXT,
            "updated_at": _MOMENT,
        }
    ),
    "DimTrack": pa.schema(
        {
            "track_id": _NUMBER,
            "track_name": _TEXT,
            "artist_id": _NUMBER,
            "album_name": _TEXT,
            "duration_sec": _NUMBER,
            "release_date": _DAY,
            "updated_at": _MOMENT,
        }
    ),
    "DimDate": pa.schema(
        {
            "date_key": _NUMBER,
            "date": _DAY,
            "day": _NUMBER,
            "month": _NUMBER,
            "year": _NUMBER,
            "weekday": _TEXT,
        }
    ),
    "FactStream": pa.schema(
        {
            "stream_id": pa.int64(),
            "user_id": _NUMBER,
            "track_id": _NUMBER,
            "date_key": _NUMBER,
            "listen_duration": _NUMBER,
            "device_type": _TEXT,
            "stream_timestamp": _MOMENT,
        }
    ),
}
