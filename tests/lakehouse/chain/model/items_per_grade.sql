SELECT grade, count(*) AS items
FROM silver_shop_public_item
GROUP BY grade
