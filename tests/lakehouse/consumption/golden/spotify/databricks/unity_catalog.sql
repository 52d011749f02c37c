CREATE SCHEMA IF NOT EXISTS `prod`.`spotify`;
COMMENT ON SCHEMA `prod`.`spotify` IS 'Streams of a music service with the listeners, tracks and artists as they were at the time.';

CREATE TABLE IF NOT EXISTS `prod`.`spotify`.`dim_user` USING DELTA LOCATION 'abfss://gold@musiclake.dfs.core.windows.net/spotify/dim_user';
COMMENT ON TABLE `prod`.`spotify`.`dim_user` IS 'Listeners, one row for each version.';
ALTER TABLE `prod`.`spotify`.`dim_user` ALTER COLUMN `user_sk` COMMENT 'Surrogate key; -1 is the unknown member';
ALTER TABLE `prod`.`spotify`.`dim_user` ALTER COLUMN `user_id` COMMENT 'Number of the listener at the source';
ALTER TABLE `prod`.`spotify`.`dim_user` ALTER COLUMN `user_name` COMMENT 'Name of the listener';
ALTER TABLE `prod`.`spotify`.`dim_user` ALTER COLUMN `country` COMMENT 'Country of the listener';
ALTER TABLE `prod`.`spotify`.`dim_user` ALTER COLUMN `subscription_type` COMMENT 'Free, Premium or Family';
ALTER TABLE `prod`.`spotify`.`dim_user` ALTER COLUMN `start_date` COMMENT 'First day of the subscription';
ALTER TABLE `prod`.`spotify`.`dim_user` ALTER COLUMN `end_date` COMMENT 'Last day of the subscription; empty while it runs';
ALTER TABLE `prod`.`spotify`.`dim_user` ALTER COLUMN `valid_from` COMMENT 'From when on this version holds, in UTC';
ALTER TABLE `prod`.`spotify`.`dim_user` ALTER COLUMN `valid_to` COMMENT 'Until when it held, exclusive, in UTC; empty while it holds';
ALTER TABLE `prod`.`spotify`.`dim_user` ALTER COLUMN `is_current` COMMENT 'Whether this is the version that holds now';
ALTER TABLE `prod`.`spotify`.`dim_user` ALTER COLUMN `is_deleted` COMMENT 'Whether the row\'s deletion at the source ended this version';

CREATE TABLE IF NOT EXISTS `prod`.`spotify`.`dim_artist` USING DELTA LOCATION 'abfss://gold@musiclake.dfs.core.windows.net/spotify/dim_artist';
COMMENT ON TABLE `prod`.`spotify`.`dim_artist` IS 'Artists, one row for each version.';
ALTER TABLE `prod`.`spotify`.`dim_artist` ALTER COLUMN `artist_sk` COMMENT 'Surrogate key; -1 is the unknown member';
ALTER TABLE `prod`.`spotify`.`dim_artist` ALTER COLUMN `artist_id` COMMENT 'Number of the artist at the source';
ALTER TABLE `prod`.`spotify`.`dim_artist` ALTER COLUMN `artist_name` COMMENT 'Name of the artist';
ALTER TABLE `prod`.`spotify`.`dim_artist` ALTER COLUMN `genre` COMMENT 'Genre of the artist';
ALTER TABLE `prod`.`spotify`.`dim_artist` ALTER COLUMN `country` COMMENT 'Country of the artist';
ALTER TABLE `prod`.`spotify`.`dim_artist` ALTER COLUMN `valid_from` COMMENT 'From when on this version holds, in UTC';
ALTER TABLE `prod`.`spotify`.`dim_artist` ALTER COLUMN `valid_to` COMMENT 'Until when it held, exclusive, in UTC; empty while it holds';
ALTER TABLE `prod`.`spotify`.`dim_artist` ALTER COLUMN `is_current` COMMENT 'Whether this is the version that holds now';
ALTER TABLE `prod`.`spotify`.`dim_artist` ALTER COLUMN `is_deleted` COMMENT 'Whether the row\'s deletion at the source ended this version';

CREATE TABLE IF NOT EXISTS `prod`.`spotify`.`dim_track` USING DELTA LOCATION 'abfss://gold@musiclake.dfs.core.windows.net/spotify/dim_track';
COMMENT ON TABLE `prod`.`spotify`.`dim_track` IS 'Tracks, one row for each version.';
ALTER TABLE `prod`.`spotify`.`dim_track` ALTER COLUMN `track_sk` COMMENT 'Surrogate key; -1 is the unknown member';
ALTER TABLE `prod`.`spotify`.`dim_track` ALTER COLUMN `track_id` COMMENT 'Number of the track at the source';
ALTER TABLE `prod`.`spotify`.`dim_track` ALTER COLUMN `track_name` COMMENT 'Name of the track, hyphens replaced by spaces';
ALTER TABLE `prod`.`spotify`.`dim_track` ALTER COLUMN `artist_id` COMMENT 'Number of the artist at the source';
ALTER TABLE `prod`.`spotify`.`dim_track` ALTER COLUMN `album_name` COMMENT 'Name of the album';
ALTER TABLE `prod`.`spotify`.`dim_track` ALTER COLUMN `duration_sec` COMMENT 'Length in seconds';
ALTER TABLE `prod`.`spotify`.`dim_track` ALTER COLUMN `duration_class` COMMENT 'low: below 150 seconds; medium: up to 300; high: above';
ALTER TABLE `prod`.`spotify`.`dim_track` ALTER COLUMN `release_date` COMMENT 'Day of the release';
ALTER TABLE `prod`.`spotify`.`dim_track` ALTER COLUMN `valid_from` COMMENT 'From when on this version holds, in UTC';
ALTER TABLE `prod`.`spotify`.`dim_track` ALTER COLUMN `valid_to` COMMENT 'Until when it held, exclusive, in UTC; empty while it holds';
ALTER TABLE `prod`.`spotify`.`dim_track` ALTER COLUMN `is_current` COMMENT 'Whether this is the version that holds now';
ALTER TABLE `prod`.`spotify`.`dim_track` ALTER COLUMN `is_deleted` COMMENT 'Whether the row\'s deletion at the source ended this version';

CREATE TABLE IF NOT EXISTS `prod`.`spotify`.`dim_date` USING DELTA LOCATION 'abfss://gold@musiclake.dfs.core.windows.net/spotify/dim_date';
COMMENT ON TABLE `prod`.`spotify`.`dim_date` IS 'Days of the calendar.';
ALTER TABLE `prod`.`spotify`.`dim_date` ALTER COLUMN `date_key` COMMENT 'The day as yyyymmdd';
ALTER TABLE `prod`.`spotify`.`dim_date` ALTER COLUMN `date` COMMENT 'The day; empty for the unknown day';
ALTER TABLE `prod`.`spotify`.`dim_date` ALTER COLUMN `year` COMMENT 'Calendar year';
ALTER TABLE `prod`.`spotify`.`dim_date` ALTER COLUMN `quarter` COMMENT 'Quarter of the year, 1 to 4';
ALTER TABLE `prod`.`spotify`.`dim_date` ALTER COLUMN `month` COMMENT 'Month of the year, 1 to 12';
ALTER TABLE `prod`.`spotify`.`dim_date` ALTER COLUMN `month_name` COMMENT 'Name of the month in English';
ALTER TABLE `prod`.`spotify`.`dim_date` ALTER COLUMN `day` COMMENT 'Day of the month';
ALTER TABLE `prod`.`spotify`.`dim_date` ALTER COLUMN `iso_year` COMMENT 'Year of the ISO 8601 week';
ALTER TABLE `prod`.`spotify`.`dim_date` ALTER COLUMN `iso_week` COMMENT 'ISO 8601 week, 1 to 53';
ALTER TABLE `prod`.`spotify`.`dim_date` ALTER COLUMN `week_start` COMMENT 'Monday of the week';
ALTER TABLE `prod`.`spotify`.`dim_date` ALTER COLUMN `weekday` COMMENT '1 is Monday, 7 is Sunday';
ALTER TABLE `prod`.`spotify`.`dim_date` ALTER COLUMN `weekday_name` COMMENT 'Name of the weekday in English';
ALTER TABLE `prod`.`spotify`.`dim_date` ALTER COLUMN `is_weekend` COMMENT 'Whether it is Saturday or Sunday';

CREATE TABLE IF NOT EXISTS `prod`.`spotify`.`fact_stream` USING DELTA LOCATION 'abfss://gold@musiclake.dfs.core.windows.net/spotify/fact_stream';
COMMENT ON TABLE `prod`.`spotify`.`fact_stream` IS 'Streams, one row each.';
ALTER TABLE `prod`.`spotify`.`fact_stream` ALTER COLUMN `user_sk` COMMENT 'The listener as known at the time of the stream';
ALTER TABLE `prod`.`spotify`.`fact_stream` ALTER COLUMN `track_sk` COMMENT 'The track as known at the time of the stream';
ALTER TABLE `prod`.`spotify`.`fact_stream` ALTER COLUMN `artist_sk` COMMENT 'The artist of the track as known at the time of the stream';
ALTER TABLE `prod`.`spotify`.`fact_stream` ALTER COLUMN `date_key` COMMENT 'The day of the stream as the source says it';
ALTER TABLE `prod`.`spotify`.`fact_stream` ALTER COLUMN `stream_id` COMMENT 'Number of the stream at the source';
ALTER TABLE `prod`.`spotify`.`fact_stream` ALTER COLUMN `user_id` COMMENT 'Number of the listener at the source';
ALTER TABLE `prod`.`spotify`.`fact_stream` ALTER COLUMN `track_id` COMMENT 'Number of the track at the source';
ALTER TABLE `prod`.`spotify`.`fact_stream` ALTER COLUMN `listen_seconds` COMMENT 'For how long was listened';
ALTER TABLE `prod`.`spotify`.`fact_stream` ALTER COLUMN `device_type` COMMENT 'Mobile, Desktop or Smart Speaker';
ALTER TABLE `prod`.`spotify`.`fact_stream` ALTER COLUMN `stream_month` COMMENT 'Month of the stream as yyyymm';
ALTER TABLE `prod`.`spotify`.`fact_stream` ALTER COLUMN `streamed_at` COMMENT 'When the stream began, in UTC';

CREATE TABLE IF NOT EXISTS `prod`.`spotify`.`weekly_user_kpis` USING DELTA LOCATION 'abfss://gold@musiclake.dfs.core.windows.net/spotify/weekly_user_kpis';
COMMENT ON TABLE `prod`.`spotify`.`weekly_user_kpis` IS 'What each listener heard in each week.';
ALTER TABLE `prod`.`spotify`.`weekly_user_kpis` ALTER COLUMN `week_start` COMMENT 'Monday of the week';
ALTER TABLE `prod`.`spotify`.`weekly_user_kpis` ALTER COLUMN `user_id` COMMENT 'Number of the listener at the source';
ALTER TABLE `prod`.`spotify`.`weekly_user_kpis` ALTER COLUMN `streams` COMMENT 'Number of streams';
ALTER TABLE `prod`.`spotify`.`weekly_user_kpis` ALTER COLUMN `tracks` COMMENT 'Number of different tracks';
ALTER TABLE `prod`.`spotify`.`weekly_user_kpis` ALTER COLUMN `active_days` COMMENT 'Days with at least one stream';
ALTER TABLE `prod`.`spotify`.`weekly_user_kpis` ALTER COLUMN `listen_seconds` COMMENT 'Time listened';

CREATE TABLE IF NOT EXISTS `prod`.`spotify`.`top_tracks_per_country` USING DELTA LOCATION 'abfss://gold@musiclake.dfs.core.windows.net/spotify/top_tracks_per_country';
COMMENT ON TABLE `prod`.`spotify`.`top_tracks_per_country` IS 'The ten tracks that listeners of each country streamed most.';
ALTER TABLE `prod`.`spotify`.`top_tracks_per_country` ALTER COLUMN `country` COMMENT 'Country of the listener at the time';
ALTER TABLE `prod`.`spotify`.`top_tracks_per_country` ALTER COLUMN `position` COMMENT '1 is the most streamed; equals by number of the track';
ALTER TABLE `prod`.`spotify`.`top_tracks_per_country` ALTER COLUMN `track_id` COMMENT 'Number of the track at the source';
ALTER TABLE `prod`.`spotify`.`top_tracks_per_country` ALTER COLUMN `track_name` COMMENT 'Name of the track now';
ALTER TABLE `prod`.`spotify`.`top_tracks_per_country` ALTER COLUMN `streams` COMMENT 'Number of streams';

CREATE TABLE IF NOT EXISTS `prod`.`spotify`.`most_streamed_tracks_per_week` USING DELTA LOCATION 'abfss://gold@musiclake.dfs.core.windows.net/spotify/most_streamed_tracks_per_week';
COMMENT ON TABLE `prod`.`spotify`.`most_streamed_tracks_per_week` IS 'The ten tracks that were streamed most in each week.';
ALTER TABLE `prod`.`spotify`.`most_streamed_tracks_per_week` ALTER COLUMN `week_start` COMMENT 'Monday of the week';
ALTER TABLE `prod`.`spotify`.`most_streamed_tracks_per_week` ALTER COLUMN `position` COMMENT '1 is the most streamed; equals by number of the track';
ALTER TABLE `prod`.`spotify`.`most_streamed_tracks_per_week` ALTER COLUMN `track_id` COMMENT 'Number of the track at the source';
ALTER TABLE `prod`.`spotify`.`most_streamed_tracks_per_week` ALTER COLUMN `track_name` COMMENT 'Name of the track now';
ALTER TABLE `prod`.`spotify`.`most_streamed_tracks_per_week` ALTER COLUMN `streams` COMMENT 'Number of streams';

CREATE TABLE IF NOT EXISTS `prod`.`spotify`.`listening_time_per_device` USING DELTA LOCATION 'abfss://gold@musiclake.dfs.core.windows.net/spotify/listening_time_per_device';
COMMENT ON TABLE `prod`.`spotify`.`listening_time_per_device` IS 'How long was listened on each kind of device.';
ALTER TABLE `prod`.`spotify`.`listening_time_per_device` ALTER COLUMN `device_type` COMMENT 'Kind of device';
ALTER TABLE `prod`.`spotify`.`listening_time_per_device` ALTER COLUMN `streams` COMMENT 'Number of streams';
ALTER TABLE `prod`.`spotify`.`listening_time_per_device` ALTER COLUMN `listen_seconds` COMMENT 'Time listened';
ALTER TABLE `prod`.`spotify`.`listening_time_per_device` ALTER COLUMN `average_seconds` COMMENT 'Mean time listened per stream';

CREATE TABLE IF NOT EXISTS `prod`.`spotify`.`daily_activity` USING DELTA LOCATION 'abfss://gold@musiclake.dfs.core.windows.net/spotify/daily_activity';
COMMENT ON TABLE `prod`.`spotify`.`daily_activity` IS 'Streams and listeners of each day.';
ALTER TABLE `prod`.`spotify`.`daily_activity` ALTER COLUMN `date_key` COMMENT 'The day as yyyymmdd';
ALTER TABLE `prod`.`spotify`.`daily_activity` ALTER COLUMN `streams` COMMENT 'Number of streams';
ALTER TABLE `prod`.`spotify`.`daily_activity` ALTER COLUMN `listeners` COMMENT 'Number of different listeners';
ALTER TABLE `prod`.`spotify`.`daily_activity` ALTER COLUMN `tracks` COMMENT 'Number of different tracks';
ALTER TABLE `prod`.`spotify`.`daily_activity` ALTER COLUMN `listen_seconds` COMMENT 'Time listened';

GRANT USE CATALOG ON CATALOG `prod` TO `music_analysts`;
GRANT USE SCHEMA, SELECT ON SCHEMA `prod`.`spotify` TO `music_analysts`;
