-- Flights from New York: Departures from the three airports of New York with carrier, plane, route and weather.
IF SCHEMA_ID(N'flights') IS NULL
    EXEC(N'CREATE SCHEMA [flights]');
GO

IF NOT EXISTS (SELECT 1 FROM sys.external_data_sources WHERE name = N'tidemark_gold')
    CREATE EXTERNAL DATA SOURCE [tidemark_gold]
    WITH (LOCATION = N'abfss://gold@musiclake.dfs.core.windows.net/');
GO

-- Airlines as they are now.
CREATE OR ALTER VIEW [flights].[dim_carrier] AS
SELECT
    r.[carrier_sk],
    r.[carrier],
    r.[carrier_name]
FROM OPENROWSET(
    BULK N'flights/dim_carrier/',
    DATA_SOURCE = N'tidemark_gold',
    FORMAT = 'DELTA'
) WITH (
    [carrier_sk] bigint,
    [carrier] varchar(40) COLLATE Latin1_General_100_BIN2_UTF8,
    [carrier_name] varchar(1020) COLLATE Latin1_General_100_BIN2_UTF8
) AS r;
GO

-- Airports as they are now.
CREATE OR ALTER VIEW [flights].[dim_airport] AS
SELECT
    r.[airport_sk],
    r.[faa],
    r.[airport_name],
    r.[latitude],
    r.[longitude],
    r.[altitude_feet],
    r.[time_zone]
FROM OPENROWSET(
    BULK N'flights/dim_airport/',
    DATA_SOURCE = N'tidemark_gold',
    FORMAT = 'DELTA'
) WITH (
    [airport_sk] bigint,
    [faa] varchar(40) COLLATE Latin1_General_100_BIN2_UTF8,
    [airport_name] varchar(1020) COLLATE Latin1_General_100_BIN2_UTF8,
    [latitude] float,
    [longitude] float,
    [altitude_feet] int,
    [time_zone] varchar(200) COLLATE Latin1_General_100_BIN2_UTF8
) AS r;
GO

-- Planes, one row for each version; a version holds from when it was read.
CREATE OR ALTER VIEW [flights].[dim_plane] AS
SELECT
    r.[plane_sk],
    r.[tailnum],
    r.[built_in],
    r.[manufacturer],
    r.[model],
    r.[engines],
    r.[seats],
    r.[engine],
    r.[valid_from],
    r.[valid_to],
    r.[is_current],
    r.[is_deleted]
FROM OPENROWSET(
    BULK N'flights/dim_plane/',
    DATA_SOURCE = N'tidemark_gold',
    FORMAT = 'DELTA'
) WITH (
    [plane_sk] bigint,
    [tailnum] varchar(40) COLLATE Latin1_General_100_BIN2_UTF8,
    [built_in] smallint,
    [manufacturer] varchar(1020) COLLATE Latin1_General_100_BIN2_UTF8,
    [model] varchar(1020) COLLATE Latin1_General_100_BIN2_UTF8,
    [engines] smallint,
    [seats] smallint,
    [engine] varchar(200) COLLATE Latin1_General_100_BIN2_UTF8,
    [valid_from] datetime2(7),
    [valid_to] datetime2(7),
    [is_current] bit,
    [is_deleted] bit
) AS r;
GO

-- The weather at an airport of departure, by hour.
CREATE OR ALTER VIEW [flights].[dim_weather] AS
SELECT
    r.[weather_sk],
    r.[origin],
    r.[hour_start],
    r.[temperature_f],
    r.[wind_mph],
    r.[precipitation_in],
    r.[visibility_miles]
FROM OPENROWSET(
    BULK N'flights/dim_weather/',
    DATA_SOURCE = N'tidemark_gold',
    FORMAT = 'DELTA'
) WITH (
    [weather_sk] bigint,
    [origin] varchar(40) COLLATE Latin1_General_100_BIN2_UTF8,
    [hour_start] datetime2(7),
    [temperature_f] float,
    [wind_mph] float,
    [precipitation_in] float,
    [visibility_miles] float
) AS r;
GO

-- Days of the calendar.
CREATE OR ALTER VIEW [flights].[dim_date] AS
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
    BULK N'flights/dim_date/',
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

-- Scheduled departures, one row each.
CREATE OR ALTER VIEW [flights].[fact_flight] AS
SELECT
    r.[date_key],
    r.[carrier_sk],
    r.[origin_sk],
    r.[destination_sk],
    r.[plane_sk],
    r.[weather_sk],
    r.[year],
    r.[month],
    r.[day],
    r.[carrier],
    r.[flight],
    r.[origin],
    r.[dest],
    r.[tailnum],
    r.[scheduled_hour],
    r.[departure_delay],
    r.[arrival_delay],
    r.[air_minutes],
    r.[distance_miles],
    r.[cancelled]
FROM OPENROWSET(
    BULK N'flights/fact_flight/',
    DATA_SOURCE = N'tidemark_gold',
    FORMAT = 'DELTA'
) WITH (
    [date_key] int,
    [carrier_sk] bigint,
    [origin_sk] bigint,
    [destination_sk] bigint,
    [plane_sk] bigint,
    [weather_sk] bigint,
    [year] smallint,
    [month] smallint,
    [day] smallint,
    [carrier] varchar(40) COLLATE Latin1_General_100_BIN2_UTF8,
    [flight] smallint,
    [origin] varchar(40) COLLATE Latin1_General_100_BIN2_UTF8,
    [dest] varchar(40) COLLATE Latin1_General_100_BIN2_UTF8,
    [tailnum] varchar(40) COLLATE Latin1_General_100_BIN2_UTF8,
    [scheduled_hour] datetime2(7),
    [departure_delay] smallint,
    [arrival_delay] smallint,
    [air_minutes] smallint,
    [distance_miles] smallint,
    [cancelled] bit
) AS r;
GO

-- How late the flights of each airline left and arrived in each month.
CREATE OR ALTER VIEW [flights].[delays_per_carrier_and_month] AS
SELECT
    r.[carrier],
    r.[year],
    r.[month],
    r.[carrier_name],
    r.[flights],
    r.[cancelled],
    r.[departure_delay],
    r.[arrival_delay]
FROM OPENROWSET(
    BULK N'flights/delays_per_carrier_and_month/',
    DATA_SOURCE = N'tidemark_gold',
    FORMAT = 'DELTA'
) WITH (
    [carrier] varchar(40) COLLATE Latin1_General_100_BIN2_UTF8,
    [year] smallint,
    [month] smallint,
    [carrier_name] varchar(1020) COLLATE Latin1_General_100_BIN2_UTF8,
    [flights] bigint,
    [cancelled] bigint,
    [departure_delay] float,
    [arrival_delay] float
) AS r;
GO

-- The hundred hours with at least five departures in which flights left latest, with the weather.
CREATE OR ALTER VIEW [flights].[worst_weather_hours] AS
SELECT
    r.[position],
    r.[origin],
    r.[hour_start],
    r.[departures],
    r.[departure_delay],
    r.[wind_mph],
    r.[precipitation_in],
    r.[visibility_miles]
FROM OPENROWSET(
    BULK N'flights/worst_weather_hours/',
    DATA_SOURCE = N'tidemark_gold',
    FORMAT = 'DELTA'
) WITH (
    [position] int,
    [origin] varchar(40) COLLATE Latin1_General_100_BIN2_UTF8,
    [hour_start] datetime2(7),
    [departures] bigint,
    [departure_delay] float,
    [wind_mph] float,
    [precipitation_in] float,
    [visibility_miles] float
) AS r;
GO

-- Flights between each two airports.
CREATE OR ALTER VIEW [flights].[busiest_routes] AS
SELECT
    r.[origin],
    r.[dest],
    r.[destination],
    r.[flights],
    r.[carriers],
    r.[miles]
FROM OPENROWSET(
    BULK N'flights/busiest_routes/',
    DATA_SOURCE = N'tidemark_gold',
    FORMAT = 'DELTA'
) WITH (
    [origin] varchar(40) COLLATE Latin1_General_100_BIN2_UTF8,
    [dest] varchar(40) COLLATE Latin1_General_100_BIN2_UTF8,
    [destination] varchar(1020) COLLATE Latin1_General_100_BIN2_UTF8,
    [flights] bigint,
    [carriers] bigint,
    [miles] bigint
) AS r;
GO
