SELECT
    date_key,
    count(*) AS streams,
    count(DISTINCT user_id) AS listeners,
    count(DISTINCT track_id) AS tracks,
    sum(CAST(listen_seconds AS BIGINT)) AS listen_seconds
FROM fact_stream
GROUP BY date_key
