SELECT
    f.carrier,
    f.year,
    f.month,
    max(c.carrier_name) AS carrier_name,
    count(*) AS flights,
    count(CASE WHEN f.cancelled THEN 1 END) AS cancelled,
    avg(CAST(f.departure_delay AS DOUBLE)) AS departure_delay,
    avg(CAST(f.arrival_delay AS DOUBLE)) AS arrival_delay
FROM fact_flight f
JOIN dim_carrier c ON c.carrier_sk = f.carrier_sk
GROUP BY f.carrier, f.year, f.month
