SELECT
    coalesce(device_type, 'Unknown') AS device_type,
    count(*) AS streams,
    sum(CAST(listen_seconds AS BIGINT)) AS listen_seconds,
    avg(CAST(listen_seconds AS DOUBLE)) AS average_seconds
FROM fact_stream
GROUP BY coalesce(device_type, 'Unknown')
