-- Music service: Streams of a music service with the listeners, tracks and artists as they were at the time.
IF SCHEMA_ID(N'spotify') IS NULL
    EXEC(N'CREATE SCHEMA [spotify]');
GO

IF NOT EXISTS (SELECT 1 FROM sys.external_data_sources WHERE name = N'tidemark_gold')
    CREATE EXTERNAL DATA SOURCE [tidemark_gold]
    WITH (LOCATION = N'abfss://gold@musiclake.dfs.core.windows.net/');
GO

-- Listeners, one row for each version.
CREATE OR ALTER VIEW [spotify].[dim_user] AS
SELECT
    r.[user_sk],
    r.[user_id],
    r.[user_name],
    r.[country],
    r.[subscription_type],
    r.[start_date],
    r.[end_date],
    r.[valid_from],
    r.[valid_to],
    r.[is_current],
    r.[is_deleted]
FROM OPENROWSET(
    BULK N'spotify/dim_user/',
    DATA_SOURCE = N'tidemark_gold',
    FORMAT = 'DELTA'
) WITH (
    [user_sk] bigint,
    [user_id] int,
    [user_name] varchar(1020) COLLATE Latin1_General_100_BIN2_UTF8,
    [country] varchar(1020) COLLATE Latin1_General_100_BIN2_UTF8,
    [subscription_type] varchar(200) COLLATE Latin1_General_100_BIN2_UTF8,
    [start_date] date,
    [end_date] date,
    [valid_from] datetime2(7),
    [valid_to] datetime2(7),
    [is_current] bit,
    [is_deleted] bit
) AS r;
GO

-- Artists, one row for each version.
CREATE OR ALTER VIEW [spotify].[dim_artist] AS
SELECT
    r.[artist_sk],
    r.[artist_id],
    r.[artist_name],
    r.[genre],
    r.[country],
    r.[valid_from],
    r.[valid_to],
    r.[is_current],
    r.[is_deleted]
FROM OPENROWSET(
    BULK N'spotify/dim_artist/',
    DATA_SOURCE = N'tidemark_gold',
    FORMAT = 'DELTA'
) WITH (
    [artist_sk] bigint,
    [artist_id] int,
    [artist_name] varchar(1020) COLLATE Latin1_General_100_BIN2_UTF8,
    [genre] varchar(400) COLLATE Latin1_General_100_BIN2_UTF8,
    [country] varchar(400) COLLATE Latin1_General_100_BIN2_UTF8,
    [valid_from] datetime2(7),
    [valid_to] datetime2(7),
    [is_current] bit,
    [is_deleted] bit
) AS r;
GO

-- Tracks, one row for each version.
CREATE OR ALTER VIEW [spotify].[dim_track] AS
SELECT
    r.[track_sk],
    r.[track_id],
    r.[track_name],
    r.[artist_id],
    r.[album_name],
    r.[duration_sec],
    r.[duration_class],
    r.[release_date],
    r.[valid_from],
    r.[valid_to],
    r.[is_current],
    r.[is_deleted]
FROM OPENROWSET(
    BULK N'spotify/dim_track/',
    DATA_SOURCE = N'tidemark_gold',
    FORMAT = 'DELTA'
) WITH (
    [track_sk] bigint,
    [track_id] int,
    [track_name] varchar(1020) COLLATE Latin1_General_100_BIN2_UTF8,
    [artist_id] int,
    [album_name] varchar(1020) COLLATE Latin1_General_100_BIN2_UTF8,
    [duration_sec] int,
    [duration_class] varchar(40) COLLATE Latin1_General_100_BIN2_UTF8,
    [release_date] date,
    [valid_from] datetime2(7),
    [valid_to] datetime2(7),
    [is_current] bit,
    [is_deleted] bit
) AS r;
GO

-- Days of the calendar.
CREATE OR ALTER VIEW [spotify].[dim_date] AS
SELECT
    r.[date_key],
    r.[date],
    r.[year],
    r.[quarter],
    r.[month],
    r.[month_name],
    r.[day],
    r.[iso_year],
    r.[iso_week],
    r.[week_start],
    r.[weekday],
    r.[weekday_name],
    r.[is_weekend]
FROM OPENROWSET(
    BULK N'spotify/dim_date/',
    DATA_SOURCE = N'tidemark_gold',
    FORMAT = 'DELTA'
) WITH (
    [date_key] int,
    [date] date,
    [year] int,
    [quarter] int,
    [month] int,
    [month_name] varchar(80) COLLATE Latin1_General_100_BIN2_UTF8,
    [day] int,
    [iso_year] int,
    [iso_week] int,
    [week_start] date,
    [weekday] int,
    [weekday_name] varchar(80) COLLATE Latin1_General_100_BIN2_UTF8,
    [is_weekend] bit
) AS r;
GO

-- Streams, one row each.
CREATE OR ALTER VIEW [spotify].[fact_stream] AS
SELECT
    r.[user_sk],
    r.[track_sk],
    r.[artist_sk],
    r.[date_key],
    r.[stream_id],
    r.[user_id],
    r.[track_id],
    r.[listen_seconds],
    r.[device_type],
    r.[stream_month],
    r.[streamed_at]
FROM OPENROWSET(
    BULK N'spotify/fact_stream/',
    DATA_SOURCE = N'tidemark_gold',
    FORMAT = 'DELTA'
) WITH (
    [user_sk] bigint,
    [track_sk] bigint,
    [artist_sk] bigint,
    [date_key] int,
    [stream_id] bigint,
    [user_id] int,
    [track_id] int,
    [listen_seconds] int,
    [device_type] varchar(200) COLLATE Latin1_General_100_BIN2_UTF8,
    [stream_month] int,
    [streamed_at] datetime2(7)
) AS r;
GO

-- What each listener heard in each week.
CREATE OR ALTER VIEW [spotify].[weekly_user_kpis] AS
SELECT
    r.[week_start],
    r.[user_id],
    r.[streams],
    r.[tracks],
    r.[active_days],
    r.[listen_seconds]
FROM OPENROWSET(
    BULK N'spotify/weekly_user_kpis/',
    DATA_SOURCE = N'tidemark_gold',
    FORMAT = 'DELTA'
) WITH (
    [week_start] date,
    [user_id] int,
    [streams] bigint,
    [tracks] bigint,
    [active_days] bigint,
    [listen_seconds] bigint
) AS r;
GO

-- The ten tracks that listeners of each country streamed most.
CREATE OR ALTER VIEW [spotify].[top_tracks_per_country] AS
SELECT
    r.[country],
    r.[position],
    r.[track_id],
    r.[track_name],
    r.[streams]
FROM OPENROWSET(
    BULK N'spotify/top_tracks_per_country/',
    DATA_SOURCE = N'tidemark_gold',
    FORMAT = 'DELTA'
) WITH (
    [country] varchar(1020) COLLATE Latin1_General_100_BIN2_UTF8,
    [position] int,
    [track_id] int,
    [track_name] varchar(1020) COLLATE Latin1_General_100_BIN2_UTF8,
    [streams] bigint
) AS r;
GO

-- The ten tracks that were streamed most in each week.
CREATE OR ALTER VIEW [spotify].[most_streamed_tracks_per_week] AS
SELECT
    r.[week_start],
    r.[position],
    r.[track_id],
    r.[track_name],
    r.[streams]
FROM OPENROWSET(
    BULK N'spotify/most_streamed_tracks_per_week/',
    DATA_SOURCE = N'tidemark_gold',
    FORMAT = 'DELTA'
) WITH (
    [week_start] date,
    [position] int,
    [track_id] int,
    [track_name] varchar(1020) COLLATE Latin1_General_100_BIN2_UTF8,
    [streams] bigint
) AS r;
GO

-- How long was listened on each kind of device.
CREATE OR ALTER VIEW [spotify].[listening_time_per_device] AS
SELECT
    r.[device_type],
    r.[streams],
    r.[listen_seconds],
    r.[average_seconds]
FROM OPENROWSET(
    BULK N'spotify/listening_time_per_device/',
    DATA_SOURCE = N'tidemark_gold',
    FORMAT = 'DELTA'
) WITH (
    [device_type] varchar(200) COLLATE Latin1_General_100_BIN2_UTF8,
    [streams] bigint,
    [listen_seconds] bigint,
    [average_seconds] float
) AS r;
GO

-- Streams and listeners of each day.
CREATE OR ALTER VIEW [spotify].[daily_activity] AS
SELECT
    r.[date_key],
    r.[streams],
    r.[listeners],
    r.[tracks],
    r.[listen_seconds]
FROM OPENROWSET(
    BULK N'spotify/daily_activity/',
    DATA_SOURCE = N'tidemark_gold',
    FORMAT = 'DELTA'
) WITH (
    [date_key] int,
    [streams] bigint,
    [listeners] bigint,
    [tracks] bigint,
    [listen_seconds] bigint
) AS r;
GO
