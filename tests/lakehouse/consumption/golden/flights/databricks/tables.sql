CREATE TABLE IF NOT EXISTS `prod`.`flights`.`dim_carrier` (
    `carrier_sk` BIGINT COMMENT 'Surrogate key; -1 is the unknown member',
    `carrier` STRING COMMENT 'Code of two characters',
    `carrier_name` STRING COMMENT 'Name of the airline'
)
USING DELTA
LOCATION 'abfss://gold@musiclake.dfs.core.windows.net/flights/dim_carrier'
COMMENT 'Airlines as they are now.'
TBLPROPERTIES (
    'delta.enableDeletionVectors' = 'false',
    'delta.columnMapping.mode' = 'none',
    'delta.checkpointPolicy' = 'classic',
    'delta.minReaderVersion' = '1',
    'delta.minWriterVersion' = '2'
);

CREATE TABLE IF NOT EXISTS `prod`.`flights`.`dim_airport` (
    `airport_sk` BIGINT COMMENT 'Surrogate key; -1 is the unknown member',
    `faa` STRING COMMENT 'Code of the FAA',
    `airport_name` STRING COMMENT 'Name of the airport',
    `latitude` DOUBLE COMMENT 'Degrees north',
    `longitude` DOUBLE COMMENT 'Degrees east',
    `altitude_feet` INT COMMENT 'Feet above the sea',
    `time_zone` STRING COMMENT 'Name of the time zone'
)
USING DELTA
LOCATION 'abfss://gold@musiclake.dfs.core.windows.net/flights/dim_airport'
COMMENT 'Airports as they are now.'
TBLPROPERTIES (
    'delta.enableDeletionVectors' = 'false',
    'delta.columnMapping.mode' = 'none',
    'delta.checkpointPolicy' = 'classic',
    'delta.minReaderVersion' = '1',
    'delta.minWriterVersion' = '2'
);

CREATE TABLE IF NOT EXISTS `prod`.`flights`.`dim_plane` (
    `plane_sk` BIGINT COMMENT 'Surrogate key; -1 is the unknown member',
    `tailnum` STRING COMMENT 'Number on the tail',
    `built_in` SMALLINT COMMENT 'Year of manufacture',
    `manufacturer` STRING COMMENT 'Manufacturer',
    `model` STRING COMMENT 'Model',
    `engines` SMALLINT COMMENT 'Number of engines',
    `seats` SMALLINT COMMENT 'Number of seats',
    `engine` STRING COMMENT 'Kind of engine',
    `valid_from` TIMESTAMP COMMENT 'From when on this version holds, in UTC',
    `valid_to` TIMESTAMP COMMENT 'Until when it held, exclusive, in UTC; empty while it holds',
    `is_current` BOOLEAN COMMENT 'Whether this is the version that holds now',
    `is_deleted` BOOLEAN COMMENT 'Whether the row\'s deletion at the source ended this version'
)
USING DELTA
LOCATION 'abfss://gold@musiclake.dfs.core.windows.net/flights/dim_plane'
COMMENT 'Planes, one row for each version; a version holds from when it was read.'
TBLPROPERTIES (
    'delta.enableDeletionVectors' = 'false',
    'delta.columnMapping.mode' = 'none',
    'delta.checkpointPolicy' = 'classic',
    'delta.minReaderVersion' = '1',
    'delta.minWriterVersion' = '2'
);

CREATE TABLE IF NOT EXISTS `prod`.`flights`.`dim_weather` (
    `weather_sk` BIGINT COMMENT 'Surrogate key; -1 is the unknown member',
    `origin` STRING COMMENT 'Code of the airport',
    `hour_start` TIMESTAMP COMMENT 'Start of the hour, in UTC',
    `temperature_f` DOUBLE COMMENT 'Degrees Fahrenheit',
    `wind_mph` DOUBLE COMMENT 'Wind in miles per hour',
    `precipitation_in` DOUBLE COMMENT 'Rain and snow in inches',
    `visibility_miles` DOUBLE COMMENT 'Visibility in miles'
)
USING DELTA
LOCATION 'abfss://gold@musiclake.dfs.core.windows.net/flights/dim_weather'
COMMENT 'The weather at an airport of departure, by hour.'
TBLPROPERTIES (
    'delta.enableDeletionVectors' = 'false',
    'delta.columnMapping.mode' = 'none',
    'delta.checkpointPolicy' = 'classic',
    'delta.minReaderVersion' = '1',
    'delta.minWriterVersion' = '2'
);

CREATE TABLE IF NOT EXISTS `prod`.`flights`.`dim_date` (
    `date_key` INT COMMENT 'The day as yyyymmdd',
    `date` DATE COMMENT 'The day; empty for the unknown day',
    `year` INT COMMENT 'Calendar year',
    `quarter` INT COMMENT 'Quarter of the year, 1 to 4',
    `month` INT COMMENT 'Month of the year, 1 to 12',
    `month_name` STRING COMMENT 'Name of the month in English',
    `day` INT COMMENT 'Day of the month',
    `iso_year` INT COMMENT 'Year of the ISO 8601 week',
    `iso_week` INT COMMENT 'ISO 8601 week, 1 to 53',
    `week_start` DATE COMMENT 'Monday of the week',
    `weekday` INT COMMENT '1 is Monday, 7 is Sunday',
    `weekday_name` STRING COMMENT 'Name of the weekday in English',
    `is_weekend` BOOLEAN COMMENT 'Whether it is Saturday or Sunday'
)
USING DELTA
LOCATION 'abfss://gold@musiclake.dfs.core.windows.net/flights/dim_date'
COMMENT 'Days of the calendar.'
TBLPROPERTIES (
    'delta.enableDeletionVectors' = 'false',
    'delta.columnMapping.mode' = 'none',
    'delta.checkpointPolicy' = 'classic',
    'delta.minReaderVersion' = '1',
    'delta.minWriterVersion' = '2'
);

CREATE TABLE IF NOT EXISTS `prod`.`flights`.`fact_flight` (
    `date_key` INT COMMENT 'Day of the scheduled departure at the airport',
    `carrier_sk` BIGINT COMMENT 'The member of dim_carrier; -1 where there is none',
    `origin_sk` BIGINT COMMENT 'Airport of departure',
    `destination_sk` BIGINT COMMENT 'Airport of arrival',
    `plane_sk` BIGINT COMMENT 'The plane as known at the time of the flight',
    `weather_sk` BIGINT COMMENT 'Weather at departure',
    `year` SMALLINT COMMENT 'Year of the scheduled departure',
    `month` SMALLINT COMMENT 'Month of the scheduled departure',
    `day` SMALLINT COMMENT 'Day of the scheduled departure',
    `carrier` STRING COMMENT 'Code of the airline',
    `flight` SMALLINT COMMENT 'Number of the flight',
    `origin` STRING COMMENT 'Code of the airport of departure',
    `dest` STRING COMMENT 'Code of the airport of arrival',
    `tailnum` STRING COMMENT 'Number on the tail',
    `scheduled_hour` TIMESTAMP COMMENT 'Hour of the scheduled departure, in UTC',
    `departure_delay` SMALLINT COMMENT 'Minutes late at departure; empty if it never left',
    `arrival_delay` SMALLINT COMMENT 'Minutes late at arrival',
    `air_minutes` SMALLINT COMMENT 'Minutes in the air',
    `distance_miles` SMALLINT COMMENT 'Miles between the airports',
    `cancelled` BOOLEAN COMMENT 'Whether it never left'
)
USING DELTA
LOCATION 'abfss://gold@musiclake.dfs.core.windows.net/flights/fact_flight'
COMMENT 'Scheduled departures, one row each.'
TBLPROPERTIES (
    'delta.enableDeletionVectors' = 'false',
    'delta.columnMapping.mode' = 'none',
    'delta.checkpointPolicy' = 'classic',
    'delta.minReaderVersion' = '1',
    'delta.minWriterVersion' = '2'
);

CREATE TABLE IF NOT EXISTS `prod`.`flights`.`delays_per_carrier_and_month` (
    `carrier` STRING COMMENT 'Code of the airline',
    `year` SMALLINT COMMENT 'Calendar year',
    `month` SMALLINT COMMENT 'Month of the year',
    `carrier_name` STRING COMMENT 'Name of the airline',
    `flights` BIGINT COMMENT 'Scheduled departures',
    `cancelled` BIGINT COMMENT 'Flights that never left',
    `departure_delay` DOUBLE COMMENT 'Mean minutes late at departure',
    `arrival_delay` DOUBLE COMMENT 'Mean minutes late at arrival'
)
USING DELTA
LOCATION 'abfss://gold@musiclake.dfs.core.windows.net/flights/delays_per_carrier_and_month'
COMMENT 'How late the flights of each airline left and arrived in each month.'
TBLPROPERTIES (
    'delta.enableDeletionVectors' = 'false',
    'delta.columnMapping.mode' = 'none',
    'delta.checkpointPolicy' = 'classic',
    'delta.minReaderVersion' = '1',
    'delta.minWriterVersion' = '2'
);

CREATE TABLE IF NOT EXISTS `prod`.`flights`.`worst_weather_hours` (
    `position` INT COMMENT '1 is the worst',
    `origin` STRING COMMENT 'Code of the airport',
    `hour_start` TIMESTAMP COMMENT 'Start of the hour, in UTC',
    `departures` BIGINT COMMENT 'Flights that left',
    `departure_delay` DOUBLE COMMENT 'Mean minutes late at departure',
    `wind_mph` DOUBLE COMMENT 'Wind in miles per hour',
    `precipitation_in` DOUBLE COMMENT 'Rain and snow in inches',
    `visibility_miles` DOUBLE COMMENT 'Visibility in miles'
)
USING DELTA
LOCATION 'abfss://gold@musiclake.dfs.core.windows.net/flights/worst_weather_hours'
COMMENT 'The hundred hours with at least five departures in which flights left latest, with the weather.'
TBLPROPERTIES (
    'delta.enableDeletionVectors' = 'false',
    'delta.columnMapping.mode' = 'none',
    'delta.checkpointPolicy' = 'classic',
    'delta.minReaderVersion' = '1',
    'delta.minWriterVersion' = '2'
);

CREATE TABLE IF NOT EXISTS `prod`.`flights`.`busiest_routes` (
    `origin` STRING COMMENT 'Code of the airport of departure',
    `dest` STRING COMMENT 'Code of the airport of arrival',
    `destination` STRING COMMENT 'Name of the airport of arrival',
    `flights` BIGINT COMMENT 'Scheduled departures',
    `carriers` BIGINT COMMENT 'Number of different airlines',
    `miles` BIGINT COMMENT 'Miles between them'
)
USING DELTA
LOCATION 'abfss://gold@musiclake.dfs.core.windows.net/flights/busiest_routes'
COMMENT 'Flights between each two airports.'
TBLPROPERTIES (
    'delta.enableDeletionVectors' = 'false',
    'delta.columnMapping.mode' = 'none',
    'delta.checkpointPolicy' = 'classic',
    'delta.minReaderVersion' = '1',
    'delta.minWriterVersion' = '2'
);
