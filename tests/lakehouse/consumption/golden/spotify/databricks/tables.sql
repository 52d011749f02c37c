CREATE TABLE IF NOT EXISTS `prod`.`spotify`.`dim_user` (
    `user_sk` BIGINT COMMENT 'Surrogate key; -1 is the unknown member',
    `user_id` INT COMMENT 'Number of the listener at the source',
    `user_name` STRING COMMENT 'Name of the listener',
    `country` STRING COMMENT 'Country of the listener',
    `subscription_type` STRING COMMENT 'Free, Premium or Family',
    `start_date` DATE COMMENT 'First day of the subscription',
    `end_date` DATE COMMENT 'Last day of the subscription; empty while it runs',
    `valid_from` TIMESTAMP COMMENT 'From when on this version holds, in UTC',
    `valid_to` TIMESTAMP COMMENT 'Until when it held, exclusive, in UTC; empty while it holds',
    `is_current` BOOLEAN COMMENT 'Whether this is the version that holds now',
    `is_deleted` BOOLEAN COMMENT 'Whether the row\'s deletion at the source ended this version'
)
USING DELTA
LOCATION 'abfss://gold@musiclake.dfs.core.windows.net/spotify/dim_user'
COMMENT 'Listeners, one row for each version.'
TBLPROPERTIES (
    'delta.enableDeletionVectors' = 'false',
    'delta.columnMapping.mode' = 'none',
    'delta.checkpointPolicy' = 'classic',
    'delta.minReaderVersion' = '1',
    'delta.minWriterVersion' = '2'
);

CREATE TABLE IF NOT EXISTS `prod`.`spotify`.`dim_artist` (
    `artist_sk` BIGINT COMMENT 'Surrogate key; -1 is the unknown member',
    `artist_id` INT COMMENT 'Number of the artist at the source',
    `artist_name` STRING COMMENT 'Name of the artist',
    `genre` STRING COMMENT 'Genre of the artist',
    `country` STRING COMMENT 'Country of the artist',
    `valid_from` TIMESTAMP COMMENT 'From when on this version holds, in UTC',
    `valid_to` TIMESTAMP COMMENT 'Until when it held, exclusive, in UTC; empty while it holds',
    `is_current` BOOLEAN COMMENT 'Whether this is the version that holds now',
    `is_deleted` BOOLEAN COMMENT 'Whether the row\'s deletion at the source ended this version'
)
USING DELTA
LOCATION 'abfss://gold@musiclake.dfs.core.windows.net/spotify/dim_artist'
COMMENT 'Artists, one row for each version.'
TBLPROPERTIES (
    'delta.enableDeletionVectors' = 'false',
    'delta.columnMapping.mode' = 'none',
    'delta.checkpointPolicy' = 'classic',
    'delta.minReaderVersion' = '1',
    'delta.minWriterVersion' = '2'
);

CREATE TABLE IF NOT EXISTS `prod`.`spotify`.`dim_track` (
    `track_sk` BIGINT COMMENT 'Surrogate key; -1 is the unknown member',
    `track_id` INT COMMENT 'Number of the track at the source',
    `track_name` STRING COMMENT 'Name of the track, hyphens replaced by spaces',
    `artist_id` INT COMMENT 'Number of the artist at the source',
    `album_name` STRING COMMENT 'Name of the album',
    `duration_sec` INT COMMENT 'Length in seconds',
    `duration_class` STRING COMMENT 'low: below 150 seconds; medium: up to 300; high: above',
    `release_date` DATE COMMENT 'Day of the release',
    `valid_from` TIMESTAMP COMMENT 'From when on this version holds, in UTC',
    `valid_to` TIMESTAMP COMMENT 'Until when it held, exclusive, in UTC; empty while it holds',
    `is_current` BOOLEAN COMMENT 'Whether this is the version that holds now',
    `is_deleted` BOOLEAN COMMENT 'Whether the row\'s deletion at the source ended this version'
)
USING DELTA
LOCATION 'abfss://gold@musiclake.dfs.core.windows.net/spotify/dim_track'
COMMENT 'Tracks, one row for each version.'
TBLPROPERTIES (
    'delta.enableDeletionVectors' = 'false',
    'delta.columnMapping.mode' = 'none',
    'delta.checkpointPolicy' = 'classic',
    'delta.minReaderVersion' = '1',
    'delta.minWriterVersion' = '2'
);

CREATE TABLE IF NOT EXISTS `prod`.`spotify`.`dim_date` (
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
LOCATION 'abfss://gold@musiclake.dfs.core.windows.net/spotify/dim_date'
COMMENT 'Days of the calendar.'
TBLPROPERTIES (
    'delta.enableDeletionVectors' = 'false',
    'delta.columnMapping.mode' = 'none',
    'delta.checkpointPolicy' = 'classic',
    'delta.minReaderVersion' = '1',
    'delta.minWriterVersion' = '2'
);

CREATE TABLE IF NOT EXISTS `prod`.`spotify`.`fact_stream` (
    `user_sk` BIGINT COMMENT 'The listener as known at the time of the stream',
    `track_sk` BIGINT COMMENT 'The track as known at the time of the stream',
    `artist_sk` BIGINT COMMENT 'The artist of the track as known at the time of the stream',
    `date_key` INT COMMENT 'The day of the stream as the source says it',
    `stream_id` BIGINT COMMENT 'Number of the stream at the source',
    `user_id` INT COMMENT 'Number of the listener at the source',
    `track_id` INT COMMENT 'Number of the track at the source',
    `listen_seconds` INT COMMENT 'For how long was listened',
    `device_type` STRING COMMENT 'Mobile, Desktop or Smart Speaker',
    `stream_month` INT COMMENT 'Month of the stream as yyyymm',
    `streamed_at` TIMESTAMP COMMENT 'When the stream began, in UTC'
)
USING DELTA
PARTITIONED BY (`stream_month`)
LOCATION 'abfss://gold@musiclake.dfs.core.windows.net/spotify/fact_stream'
COMMENT 'Streams, one row each.'
TBLPROPERTIES (
    'delta.enableDeletionVectors' = 'false',
    'delta.columnMapping.mode' = 'none',
    'delta.checkpointPolicy' = 'classic',
    'delta.minReaderVersion' = '1',
    'delta.minWriterVersion' = '2'
);

CREATE TABLE IF NOT EXISTS `prod`.`spotify`.`weekly_user_kpis` (
    `week_start` DATE COMMENT 'Monday of the week',
    `user_id` INT COMMENT 'Number of the listener at the source',
    `streams` BIGINT COMMENT 'Number of streams',
    `tracks` BIGINT COMMENT 'Number of different tracks',
    `active_days` BIGINT COMMENT 'Days with at least one stream',
    `listen_seconds` BIGINT COMMENT 'Time listened'
)
USING DELTA
PARTITIONED BY (`week_start`)
LOCATION 'abfss://gold@musiclake.dfs.core.windows.net/spotify/weekly_user_kpis'
COMMENT 'What each listener heard in each week.'
TBLPROPERTIES (
    'delta.enableDeletionVectors' = 'false',
    'delta.columnMapping.mode' = 'none',
    'delta.checkpointPolicy' = 'classic',
    'delta.minReaderVersion' = '1',
    'delta.minWriterVersion' = '2'
);

CREATE TABLE IF NOT EXISTS `prod`.`spotify`.`top_tracks_per_country` (
    `country` STRING COMMENT 'Country of the listener at the time',
    `position` INT COMMENT '1 is the most streamed; equals by number of the track',
    `track_id` INT COMMENT 'Number of the track at the source',
    `track_name` STRING COMMENT 'Name of the track now',
    `streams` BIGINT COMMENT 'Number of streams'
)
USING DELTA
LOCATION 'abfss://gold@musiclake.dfs.core.windows.net/spotify/top_tracks_per_country'
COMMENT 'The ten tracks that listeners of each country streamed most.'
TBLPROPERTIES (
    'delta.enableDeletionVectors' = 'false',
    'delta.columnMapping.mode' = 'none',
    'delta.checkpointPolicy' = 'classic',
    'delta.minReaderVersion' = '1',
    'delta.minWriterVersion' = '2'
);

CREATE TABLE IF NOT EXISTS `prod`.`spotify`.`most_streamed_tracks_per_week` (
    `week_start` DATE COMMENT 'Monday of the week',
    `position` INT COMMENT '1 is the most streamed; equals by number of the track',
    `track_id` INT COMMENT 'Number of the track at the source',
    `track_name` STRING COMMENT 'Name of the track now',
    `streams` BIGINT COMMENT 'Number of streams'
)
USING DELTA
LOCATION 'abfss://gold@musiclake.dfs.core.windows.net/spotify/most_streamed_tracks_per_week'
COMMENT 'The ten tracks that were streamed most in each week.'
TBLPROPERTIES (
    'delta.enableDeletionVectors' = 'false',
    'delta.columnMapping.mode' = 'none',
    'delta.checkpointPolicy' = 'classic',
    'delta.minReaderVersion' = '1',
    'delta.minWriterVersion' = '2'
);

CREATE TABLE IF NOT EXISTS `prod`.`spotify`.`listening_time_per_device` (
    `device_type` STRING COMMENT 'Kind of device',
    `streams` BIGINT COMMENT 'Number of streams',
    `listen_seconds` BIGINT COMMENT 'Time listened',
    `average_seconds` DOUBLE COMMENT 'Mean time listened per stream'
)
USING DELTA
LOCATION 'abfss://gold@musiclake.dfs.core.windows.net/spotify/listening_time_per_device'
COMMENT 'How long was listened on each kind of device.'
TBLPROPERTIES (
    'delta.enableDeletionVectors' = 'false',
    'delta.columnMapping.mode' = 'none',
    'delta.checkpointPolicy' = 'classic',
    'delta.minReaderVersion' = '1',
    'delta.minWriterVersion' = '2'
);

CREATE TABLE IF NOT EXISTS `prod`.`spotify`.`daily_activity` (
    `date_key` INT COMMENT 'The day as yyyymmdd',
    `streams` BIGINT COMMENT 'Number of streams',
    `listeners` BIGINT COMMENT 'Number of different listeners',
    `tracks` BIGINT COMMENT 'Number of different tracks',
    `listen_seconds` BIGINT COMMENT 'Time listened'
)
USING DELTA
LOCATION 'abfss://gold@musiclake.dfs.core.windows.net/spotify/daily_activity'
COMMENT 'Streams and listeners of each day.'
TBLPROPERTIES (
    'delta.enableDeletionVectors' = 'false',
    'delta.columnMapping.mode' = 'none',
    'delta.checkpointPolicy' = 'classic',
    'delta.minReaderVersion' = '1',
    'delta.minWriterVersion' = '2'
);
