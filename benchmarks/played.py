"""The table that is read: 14 columns of the usual types, a few of each NULL, in an order that time follows."""

from __future__ import annotations

from typing import Final

from adbc_driver_postgresql.dbapi import connect

NAME: Final = "played"
CURSOR: Final = "played_at"
_TABLE = """
CREATE TABLE played (
    id bigint PRIMARY KEY, listener bigint NOT NULL, track bigint NOT NULL, artist bigint, session uuid,
    country varchar(2), device varchar(32), title varchar(200), played_at timestamp NOT NULL,
    received_at timestamptz, milliseconds int, royalty numeric(18, 6), skipped boolean,
    score double precision
)
"""
_FILL = """
INSERT INTO played
SELECT n, (n * 7919) % 5000000, (n * 104729) % 800000, CASE WHEN n % 17 > 0 THEN (n * 31) % 90000 END,
    CASE WHEN n % 5 > 0 THEN md5((n % 100000)::text)::uuid END,
    (ARRAY['NL', 'US', 'DE', 'GB', NULL])[1 + n % 5],
    (ARRAY['a telephone', 'the web player', 'a loudspeaker in the kitchen', NULL])[1 + n % 4],
    CASE WHEN n % 23 > 0 THEN 'Track ' || md5((n % 200000)::text) || ' in ünïcode ♫' END,
    timestamp '2023-01-01 00:00:00.000001' + n * interval '123457 microseconds',
    CASE WHEN n % 29 > 0 THEN timestamptz '2023-01-01 00:00:00+00' + n * interval '123999 microseconds' END,
    CASE WHEN n % 11 > 0 THEN n % 400000 END, CASE WHEN n % 13 > 0 THEN (n % 2000000) / 1000000.0 END,
    CASE WHEN n % 31 > 0 THEN n % 3 = 0 END, CASE WHEN n % 7 > 0 THEN sqrt(n) END
FROM generate_series({first}::bigint, {last}) AS n
"""


def create(uri: str) -> None:
    """Make the table, with the index on its cursor that a table of that size has."""
    with connect(uri, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.executescript(_TABLE)
        cursor.executescript(f"CREATE INDEX ON {NAME} ({CURSOR})")


def grow(uri: str, *, first: int, last: int) -> None:
    """Add rows by number, both ends included, and have the statistics follow."""
    with connect(uri, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.executescript(_FILL.format(first=first, last=last))
        cursor.executescript(f"VACUUM (ANALYZE) {NAME}")
