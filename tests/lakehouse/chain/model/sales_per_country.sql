SELECT m.country, count(*) AS sales, sum(f.amount) AS amount
FROM fact_sale f
JOIN dim_maker m ON f.maker_sk = m.maker_sk
GROUP BY m.country
