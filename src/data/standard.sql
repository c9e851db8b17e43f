-- stmt: STANDARD_COUNT
INSERT INTO standard_day (day, resource, element, keyword, times, last_us) VALUES (?1, ?2, ?3, ?4, 1, ?5)
ON CONFLICT (day, resource, element, keyword) DO UPDATE SET times = standard_day.times + 1, last_us = excluded.last_us;

-- stmt: STANDARD_TOTALS
SELECT resource, element, keyword, CAST(SUM(times) AS INTEGER), MAX(last_us) FROM standard_day WHERE day >= ?1
GROUP BY resource, element, keyword ORDER BY resource, SUM(times) DESC, element, keyword;
