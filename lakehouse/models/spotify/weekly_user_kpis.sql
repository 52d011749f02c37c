SELECT
    d.week_start,
    f.user_id,
    count(*) AS streams,
    count(DISTINCT f.track_id) AS tracks,
    count(DISTINCT f.date_key) AS active_days,
    sum(CAST(f.listen_seconds AS BIGINT)) AS listen_seconds
FROM fact_stream f
JOIN dim_date d ON d.date_key = f.date_key
WHERE d.week_start IS NOT NULL AND f.user_id IS NOT NULL
GROUP BY d.week_start, f.user_id
