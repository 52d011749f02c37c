"""Two aggregates of the music service, computed by DuckDB from silver alone, by another way of thought.

At a time, that version of a user holds which was read last of all that begin by then. Before all
of them it is the first that stayed.
"""

import duckdb
import pyarrow as pa
from gold_rig import Row, Silver

_AS_OF = """
CREATE VIEW users AS
SELECT *, row_number() OVER (ORDER BY _run_no, _read_at, _row_hash) AS seen,
    CASE WHEN updated_at >= TIMESTAMPTZ '1900-01-01 00:00:00+00'
        AND updated_at <= _read_at + INTERVAL 1 DAY THEN updated_at ELSE _read_at END AS begins
FROM user_history;
CREATE VIEW first_users AS
SELECT user_id, arg_min(coalesce(country, '(none)'), begins) AS country, min(begins) AS begins
FROM users u
WHERE _op <> 'delete' AND NOT EXISTS (
    SELECT 1 FROM users w WHERE w.user_id = u.user_id AND w.seen > u.seen AND w.begins <= u.begins)
GROUP BY user_id;
CREATE VIEW placed AS
SELECT f.*, coalesce(
    CASE
        WHEN happened < (SELECT begins FROM first_users p WHERE p.user_id = f.user_id)
        THEN (SELECT country FROM first_users p WHERE p.user_id = f.user_id)
        ELSE (
            SELECT arg_max(
                CASE WHEN u._op = 'delete' THEN '(none)' ELSE coalesce(u.country, '(none)') END,
                u.seen)
            FROM users u WHERE u.user_id = f.user_id AND u.begins <= f.happened)
    END, '(none)') AS country
FROM (
    SELECT *, CASE WHEN stream_timestamp >= TIMESTAMPTZ '1900-01-01 00:00:00+00'
        AND stream_timestamp <= _read_at + INTERVAL 1 DAY
        THEN stream_timestamp ELSE _read_at END AS happened
    FROM stream_now WHERE _op <> 'delete'
) f;
"""

_TOP = """
SELECT country, CAST(position AS INT) AS position, track_id, track_name, streams FROM (
    SELECT p.country, p.track_id, count(*) AS streams,
        row_number() OVER (PARTITION BY p.country ORDER BY count(*) DESC, p.track_id) AS position
    FROM (SELECT replace(country, '(none)', 'Unknown') AS country, track_id FROM placed) p
    GROUP BY p.country, p.track_id
) LEFT JOIN (
    SELECT track_id, replace(track_name, '-', ' ') AS track_name FROM track_now WHERE _op <> 'delete'
) USING (track_id)
WHERE position <= 10
"""

_DAILY = """
SELECT date_key, count(*) AS streams, count(DISTINCT user_id) AS listeners,
    count(DISTINCT track_id) AS tracks, CAST(sum(listen_duration) AS BIGINT) AS listen_seconds
FROM stream_now WHERE _op <> 'delete' GROUP BY date_key
"""


def recomputed(silver: Silver) -> dict[str, list[Row]]:
    """Give the rows that the two aggregates should have, in a fixed order."""
    with duckdb.connect() as database:
        database.execute("SET TimeZone = 'UTC'")
        for name, table, versions in (
            ("user_history", "spotify/dbo.DimUser", True),
            ("track_now", "spotify/dbo.DimTrack", False),
            ("stream_now", "spotify/dbo.FactStream", False),
        ):
            rows = silver.history[table] if versions else silver.current(table)
            database.register(name, pa.Table.from_pylist(rows))
        database.execute(_AS_OF)
        found = {"top_tracks_per_country": _TOP, "daily_activity": _DAILY}
        return {
            table: sorted(database.sql(query).to_arrow_table().to_pylist(), key=repr)
            for table, query in found.items()
        }
