-- How many tokens stand where.  What only listens is nobody's work; a scope that runs stands at its activity, too.

-- stmt: CENSUS_TOKENS
SELECT i.model, i.version, t.element, t.kind, COUNT(*), MIN(t.since_us), CAST(SUM(t.since_us / 1000000) AS INTEGER)
FROM process_token t JOIN process_instance i ON i.id = t.instance
WHERE t.listens = 0 AND t.kind <> 'inner' GROUP BY i.model, i.version, t.element, t.kind
ORDER BY i.model, i.version DESC, COUNT(*) DESC, t.element, t.kind;

-- stmt: CENSUS_INSTANCES
SELECT model, COUNT(*) FROM process_instance GROUP BY model;
