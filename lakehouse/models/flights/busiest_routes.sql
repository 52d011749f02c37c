SELECT
    f.origin,
    coalesce(f.dest, 'Unknown') AS dest,
    max(a.airport_name) AS destination,
    count(*) AS flights,
    count(DISTINCT f.carrier) AS carriers,
    max(CAST(f.distance_miles AS BIGINT)) AS miles
FROM fact_flight f
JOIN dim_airport a ON a.airport_sk = f.destination_sk
GROUP BY f.origin, coalesce(f.dest, 'Unknown')
