SELECT position, origin, hour_start, departures, departure_delay, wind_mph, precipitation_in, visibility_miles
FROM (
    SELECT
        row_number() OVER (ORDER BY departure_delay DESC, origin, hour_start) AS position, hours.*
    FROM (
        SELECT
            w.origin,
            w.hour_start,
            count(f.departure_delay) AS departures,
            avg(CAST(f.departure_delay AS DOUBLE)) AS departure_delay,
            max(w.wind_mph) AS wind_mph,
            max(w.precipitation_in) AS precipitation_in,
            max(w.visibility_miles) AS visibility_miles
        FROM fact_flight f
        JOIN dim_weather w ON w.weather_sk = f.weather_sk
        WHERE w.hour_start IS NOT NULL
        GROUP BY w.origin, w.hour_start
    ) hours
    WHERE departures >= 5
) placed
WHERE position <= 100
