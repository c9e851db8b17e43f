-- stmt: TRAFFIC_COUNT
INSERT INTO traffic_day (day, resource, outcome, times, last_us) VALUES (?1, ?2, ?3, ?4, ?5)
ON CONFLICT (day, resource, outcome) DO UPDATE SET times = traffic_day.times + excluded.times,
    last_us = excluded.last_us;

-- stmt: TRAFFIC_TOTALS
SELECT resource, outcome, CAST(SUM(times) AS INTEGER), MAX(last_us) FROM traffic_day WHERE day >= ?1
GROUP BY resource, outcome ORDER BY resource, outcome;
