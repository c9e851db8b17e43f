-- How many tokens stand where.  What only listens is nobody's work; a scope that runs stands at its activity, too.

-- stmt: CENSUS_TOKENS
SELECT i.model, i.version, t.element, t.kind, COUNT(*), MIN(t.since_us), CAST(SUM(t.since_us / 1000000) AS INTEGER)
FROM process_token t JOIN process_instance i ON i.id = t.instance
WHERE t.listens = 0 AND t.kind <> 'inner' GROUP BY i.model, i.version, t.element, t.kind
ORDER BY i.model, i.version DESC, COUNT(*) DESC, t.element, t.kind;

-- With whom: of the processes that others call, too, as the worklist names the model that a task stands in.
-- stmt: CENSUS_WORK
SELECT model, version, element, org, COUNT(*), MIN(since_us), CAST(SUM(CASE WHEN due_us < ?1 THEN 1 ELSE 0 END) AS INTEGER)
FROM worklist WHERE serial = 0 GROUP BY model, version, element, org
ORDER BY model, version DESC, COUNT(*) DESC, element, org;

-- stmt: CENSUS_INSTANCES
SELECT model, COUNT(*) FROM process_instance GROUP BY model;
