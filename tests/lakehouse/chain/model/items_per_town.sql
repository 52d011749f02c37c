SELECT
    sold.town,
    sold.item_id,
    i.grade AS grade_now,
    CAST(row_number() OVER (PARTITION BY sold.town ORDER BY sold.sales DESC, sold.item_id) AS INT) AS position,
    sold.sales
FROM (
    SELECT s.town, f.item_id, count(*) AS sales
    FROM fact_sale f
    JOIN dim_store s ON f.store_sk = s.store_sk
    GROUP BY s.town, f.item_id
) sold
LEFT JOIN dim_item i ON sold.item_id = i.item_id AND i.is_current
