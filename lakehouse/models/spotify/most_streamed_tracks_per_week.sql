SELECT c.week_start, c.position, c.track_id, t.track_name, c.streams
FROM (
    SELECT
        week_start, track_id, streams,
        row_number() OVER (PARTITION BY week_start ORDER BY streams DESC, track_id) AS position
    FROM (
        SELECT d.week_start, f.track_id, count(*) AS streams
        FROM fact_stream f
        JOIN dim_date d ON d.date_key = f.date_key
        WHERE d.week_start IS NOT NULL AND f.track_id IS NOT NULL
        GROUP BY d.week_start, f.track_id
    ) counted
) c
LEFT JOIN (SELECT track_id, max(track_name) AS track_name FROM dim_track WHERE is_current GROUP BY track_id) t
    ON t.track_id = c.track_id
WHERE c.position <= 10
