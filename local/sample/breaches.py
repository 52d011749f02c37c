"""Rows that break the rules of the table files, and how some of them are repaired at the source."""

from local.sample.change import Change, Statement, make


def make_repairs(uri: str) -> tuple[Change, ...]:
    """Correct what can be: the other rows are to be let through as they are."""
    return tuple(make(uri, statement) for statement in _REPAIRS)


# Of each rule of the table files, rows that break it.
BROKEN = (
    Statement(
        name="user_moved_to_an_unknown_plan",
        table="dbo.DimUser",
        breaks="known_plan",
        sql="""
UPDATE dbo."DimUser"
SET subscription_type = 'Student', updated_at = now() AT TIME ZONE 'UTC'
WHERE user_id = 20
RETURNING user_id
""",
    ),
    Statement(
        name="user_signed_up_with_an_unknown_plan",
        table="dbo.DimUser",
        breaks="known_plan",
        sql="""
INSERT INTO dbo."DimUser" (user_id, user_name, country, subscription_type, start_date, updated_at)
SELECT max(user_id) + 1, 'Early Bird', 'Canada', 'Lifetime', now()::date,
    now() AT TIME ZONE 'UTC'
FROM dbo."DimUser"
RETURNING user_id
""",
    ),
    Statement(
        name="track_without_a_length",
        table="dbo.DimTrack",
        breaks="has_a_length",
        sql="""
INSERT INTO dbo."DimTrack"
SELECT max(track_id) + 1, 'Intro', 1, 'Neon Snö', 0, date '2025-06-01',
    now() AT TIME ZONE 'UTC'
FROM dbo."DimTrack"
RETURNING track_id
""",
    ),
    Statement(
        name="streams_that_ended_before_they_began",
        table="dbo.FactStream",
        breaks="listened_forwards",
        sql="""
INSERT INTO dbo."FactStream"
SELECT (SELECT max(stream_id) FROM dbo."FactStream") + n, n, n,
    to_char(now() AT TIME ZONE 'UTC', 'YYYYMMDD')::integer, -n, 'Desktop',
    now() AT TIME ZONE 'UTC'
FROM generate_series(1, 3) n
RETURNING stream_id
""",
    ),
    Statement(
        name="rain_below_zero",
        table="nyc.weather",
        breaks="no_negative_rain",
        sql="""
UPDATE nyc.weather SET precip = -0.01
WHERE origin = 'LGA' AND time_hour >= '2013-07-04 12:00+00' AND time_hour < '2013-07-04 14:00+00'
RETURNING concat_ws(' ', origin, extract(epoch FROM time_hour)::bigint)
""",
    ),
    Statement(
        name="flights_that_went_nowhere",
        table="nyc.flights",
        breaks="covers_a_distance",
        sql="""
INSERT INTO nyc.flights
SELECT year, month, day, dep_time, sched_dep_time, dep_delay, arr_time, sched_arr_time, arr_delay,
    carrier, (SELECT max(flight) FROM nyc.flights) + row_number() OVER (ORDER BY flight, carrier),
    tailnum, origin, dest, air_time, 0, hour, minute, time_hour
FROM nyc.flights WHERE year = 2013 AND month = 12 AND day = 31 AND origin = 'LGA' LIMIT 2
RETURNING concat_ws(' ', make_date(year, month, day), carrier, flight, origin)
""",
    ),
)

# Who signed up for life did so, and what was heard backwards is not heard again: these stay.
_REPAIRS = (
    Statement(
        name="plan_corrected",
        table="dbo.DimUser",
        sql="""
UPDATE dbo."DimUser" SET subscription_type = 'Family', updated_at = now() AT TIME ZONE 'UTC'
WHERE subscription_type = 'Student'
RETURNING user_id
""",
    ),
    Statement(
        name="track_measured",
        table="dbo.DimTrack",
        sql="""
UPDATE dbo."DimTrack" SET duration_sec = 42, updated_at = now() AT TIME ZONE 'UTC'
WHERE duration_sec = 0
RETURNING track_id
""",
    ),
    Statement(
        name="rain_measured_again",
        table="nyc.weather",
        sql="""
UPDATE nyc.weather SET precip = 0 WHERE precip < 0
RETURNING concat_ws(' ', origin, extract(epoch FROM time_hour)::bigint)
""",
    ),
    Statement(
        name="distances_looked_up",
        table="nyc.flights",
        sql="""
UPDATE nyc.flights f SET distance = known.distance
FROM (
    SELECT origin, dest, max(distance) AS distance FROM nyc.flights GROUP BY origin, dest
) known
WHERE f.distance = 0 AND (f.origin, f.dest) = (known.origin, known.dest)
RETURNING concat_ws(' ', make_date(f.year, f.month, f.day), f.carrier, f.flight, f.origin)
""",
    ),
)
