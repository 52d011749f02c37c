"""The music service of the pages, small: the sample's tables with a few rows each."""

from local.sample.spotify import DDL

_ROWS = """
INSERT INTO dbo."DimUser"
SELECT n, 'User ' || n, 'Brasil', 'Free', date '2024-01-01' + n, NULL,
       CASE WHEN n < 58 THEN timestamp '2025-09-01' + interval '1 hour' * (n / 7) END
FROM generate_series(1, 60) AS n;
INSERT INTO dbo."DimArtist"
SELECT n, 'Artist ' || n, 'Pop', 'Canada', timestamp '2025-09-01' + interval '1 hour' * (n / 7)
FROM generate_series(1, 20) AS n;
INSERT INTO dbo."DimTrack"
SELECT n, 'Track-' || n, n % 20 + 1, 'Album', 60 + n, date '2020-01-01' + n,
       timestamp '2025-09-01' + interval '1 hour' * (n / 7)
FROM generate_series(1, 40) AS n;
INSERT INTO dbo."DimDate"
SELECT to_char(d, 'YYYYMMDD')::integer, d, extract(day FROM d), extract(month FROM d),
       extract(year FROM d), trim(to_char(d, 'Day'))
FROM generate_series(timestamp '2025-09-01', '2025-10-15', '1 day') AS d;
INSERT INTO dbo."FactStream"
SELECT n, n % 60 + 1, n % 40 + 1, 20250901, n % 300, 'Mobile',
       timestamp '2025-09-01' + interval '10 minutes' * (n / 7)
FROM generate_series(1, 300) AS n;
"""
DDL_AND_ROWS = f"{DDL}{_ROWS}"
