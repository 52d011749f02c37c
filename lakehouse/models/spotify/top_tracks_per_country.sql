SELECT c.country, c.position, c.track_id, t.track_name, c.streams
FROM (
    SELECT
        country, track_id, streams,
        row_number() OVER (PARTITION BY country ORDER BY streams DESC, track_id) AS position
    FROM (
        SELECT coalesce(u.country, 'Unknown') AS country, f.track_id, count(*) AS streams
        FROM fact_stream f
        JOIN dim_user u ON u.user_sk = f.user_sk
        WHERE f.track_id IS NOT NULL
        GROUP BY coalesce(u.country, 'Unknown'), f.track_id
    ) counted
) c
LEFT JOIN (SELECT track_id, max(track_name) AS track_name FROM dim_track WHERE is_current GROUP BY track_id) t
    ON t.track_id = c.track_id
WHERE c.position <= 10
