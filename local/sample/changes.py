"""What happens at the sources after the first load: the demo's second act.

Every change may be made again and again. Keys are given as the database's text.
"""

from collections.abc import Generator
from contextlib import contextmanager

import adbc_driver_postgresql.dbapi as postgresql

from local.sample.breaches import BROKEN
from local.sample.change import Change, Statement, make, run


def make_changes(uri: str) -> tuple[Change, ...]:
    """Make all changes, each in a transaction of its own, in the order of this module."""
    return tuple(make(uri, statement) for statement in _STATEMENTS)


@contextmanager
def late_commit(uri: str) -> Generator[Change]:
    """Insert a user with the time of now, and commit only when the context ends.

    What others commit within the context is seen first although its time is later.
    """
    with postgresql.connect(uri) as connection:
        yield run(connection, _LATE_USER)
        connection.commit()


_LATE_USER = Statement(
    name="user_committed_late",
    table="dbo.DimUser",
    # Counted downwards, so that users who sign up meanwhile do not wait for the same number.
    sql="""
INSERT INTO dbo."DimUser" (user_id, user_name, country, subscription_type, start_date, updated_at)
SELECT min(user_id) - 1, 'Late Commit', 'Canada', 'Free', now()::date, now() AT TIME ZONE 'UTC'
FROM dbo."DimUser"
RETURNING user_id
""",
)

_SPOTIFY = (
    Statement(
        name="users_signed_up",
        table="dbo.DimUser",
        sql="""
INSERT INTO dbo."DimUser" (user_id, user_name, country, subscription_type, start_date, updated_at)
SELECT (SELECT max(user_id) FROM dbo."DimUser") + n, 'Nova ' || n, 'Brasil', 'Free', now()::date,
    now() AT TIME ZONE 'UTC'
FROM generate_series(1, 5) n
RETURNING user_id
""",
    ),
    Statement(
        name="users_changed_plan",
        table="dbo.DimUser",
        sql="""
UPDATE dbo."DimUser"
SET subscription_type = CASE subscription_type WHEN 'Premium' THEN 'Family' ELSE 'Premium' END,
    updated_at = now() AT TIME ZONE 'UTC'
WHERE user_id BETWEEN 1 AND 12
RETURNING user_id
""",
    ),
    Statement(
        name="user_without_a_time",
        table="dbo.DimUser",
        sql="""
INSERT INTO dbo."DimUser" (user_id, user_name, country, subscription_type, start_date)
SELECT max(user_id) + 1, 'Sem Hora', '', 'Free', now()::date FROM dbo."DimUser"
RETURNING user_id
""",
    ),
    Statement(
        name="artists_at_the_highest_time",
        table="dbo.DimArtist",
        sql="""
INSERT INTO dbo."DimArtist" (artist_id, artist_name, genre, country, updated_at)
SELECT (SELECT max(artist_id) FROM dbo."DimArtist") + n, 'Tied ' || n, 'Jazz', 'Canada',
    (SELECT max(updated_at) FROM dbo."DimArtist")
FROM generate_series(1, 7) n
RETURNING artist_id
""",
    ),
    Statement(
        name="tracks_renamed",
        table="dbo.DimTrack",
        sql="""
UPDATE dbo."DimTrack"
SET track_name = left(track_name, 240) || ' (Live)', updated_at = now() AT TIME ZONE 'UTC'
WHERE track_id % 400 = 1
RETURNING track_id
""",
    ),
    Statement(
        name="streams_played",
        table="dbo.FactStream",
        sql="""
INSERT INTO dbo."FactStream"
SELECT (SELECT max(stream_id) FROM dbo."FactStream") + n, 1 + n % 500, 1 + n % 2000,
    to_char(now() AT TIME ZONE 'UTC', 'YYYYMMDD')::integer, 30 + n, 'Mobile',
    now() AT TIME ZONE 'UTC'
FROM generate_series(1, 200) n
RETURNING stream_id
""",
    ),
    Statement(
        name="streams_corrected_without_a_trace",
        table="dbo.FactStream",
        seen=False,
        # An event keeps its time when its other values are corrected.
        sql="""
UPDATE dbo."FactStream" SET listen_duration = listen_duration + 1
WHERE stream_id BETWEEN 10000001 AND 10000005
RETURNING stream_id
""",
    ),
)

_FLIGHTS = (
    Statement(
        name="airline_renamed",
        table="nyc.airlines",
        sql="""
UPDATE nyc.airlines SET name = 'American Airlines (was US Airways)' WHERE carrier = 'US'
RETURNING carrier
""",
    ),
    Statement(
        name="airport_given_a_zone",
        table="nyc.airports",
        sql="""
UPDATE nyc.airports SET tzone = 'America/New_York' WHERE faa = (
    SELECT faa FROM nyc.airports ORDER BY tzone NULLS FIRST, faa LIMIT 1
) RETURNING faa
""",
    ),
    Statement(
        name="planes_refitted",
        table="nyc.planes",
        sql="""
UPDATE nyc.planes SET seats = seats + 1
WHERE tailnum IN (SELECT tailnum FROM nyc.planes ORDER BY tailnum LIMIT 5)
RETURNING tailnum
""",
    ),
    Statement(
        name="weather_revised",
        table="nyc.weather",
        sql="""
UPDATE nyc.weather SET precip = precip + 0.01
WHERE origin = 'JFK' AND time_hour >= '2013-07-04 12:00+00' AND time_hour < '2013-07-04 18:00+00'
RETURNING concat_ws(' ', origin, extract(epoch FROM time_hour)::bigint)
""",
    ),
    Statement(
        name="flights_delayed",
        table="nyc.flights",
        sql="""
UPDATE nyc.flights SET dep_delay = coalesce(dep_delay, 0) + 15
WHERE year = 2013 AND month = 7 AND day = 4 AND origin = 'JFK' AND carrier = 'B6'
RETURNING concat_ws(' ', make_date(year, month, day), carrier, flight, origin)
""",
    ),
    Statement(
        name="flights_of_the_next_day",
        table="nyc.flights",
        # Flown as on the same weekday a year before.
        sql="""
INSERT INTO nyc.flights
SELECT extract(year FROM day_after), extract(month FROM day_after), extract(day FROM day_after),
    dep_time, sched_dep_time, dep_delay, arr_time, sched_arr_time, arr_delay, carrier, flight,
    tailnum, origin, dest, air_time, distance, hour, minute, time_hour + interval '364 days'
FROM nyc.flights, (SELECT max(make_date(year, month, day)) + 1 AS day_after FROM nyc.flights) latest
WHERE make_date(year, month, day) = day_after - 364 AND origin = 'JFK'
RETURNING concat_ws(' ', make_date(year, month, day), carrier, flight, origin)
""",
    ),
)

_STATEMENTS = (*_SPOTIFY, *_FLIGHTS, *BROKEN)
