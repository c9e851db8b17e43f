-- What stands still, for whoever runs the node: tokens that cannot go on, work and messages that nobody takes, and how many of each.

-- stmt: INCIDENTS_PAGE
SELECT n.instance, n.token, n.business_key, n.model, n.version, n.element, n.code, n.data, n.since_us, COALESCE(p.element, '')
FROM process_incident n LEFT JOIN process_repair p ON p.instance = n.instance AND p.token = n.token
WHERE (n.instance, n.token) > (?1, ?2) AND (?3 = '' OR n.model = ?3) AND (?4 = '' OR n.code = ?4)
ORDER BY n.instance, n.token LIMIT ?5;

-- stmt: INCIDENTS_ONE
SELECT n.instance, n.token, n.business_key, n.model, n.version, n.element, n.code, n.data, n.since_us, COALESCE(p.element, ''),
    COALESCE(p.officer, ''), COALESCE(p.at_us, 0), p.content
FROM process_incident n LEFT JOIN process_repair p ON p.instance = n.instance AND p.token = n.token
WHERE n.instance = ?1 AND n.token = ?2;

-- stmt: INCIDENTS_CAUSES
SELECT model, code, COUNT(*), MIN(since_us) FROM process_incident GROUP BY model, code ORDER BY COUNT(*) DESC, model, code LIMIT ?1;

-- Counted up to a number that is too many in any case.
-- stmt: INCIDENTS_JOBS
SELECT name, COUNT(*), MIN(ripe_us)
FROM (SELECT name, ripe_us FROM process_token WHERE kind = 'job' AND asleep = 0 AND lease_us = 0 AND ripe_us <= ?3 LIMIT ?1) j
GROUP BY name ORDER BY COUNT(*) DESC, name LIMIT ?2;

-- stmt: INCIDENTS_TIMERS
SELECT COUNT(*), COALESCE(MIN(ripe_us), 0)
FROM (SELECT ripe_us FROM process_token WHERE kind = 'timer' AND asleep = 0 AND ripe_us <= ?2 ORDER BY ripe_us LIMIT ?1) t;

-- stmt: INCIDENTS_UNTAKEN
SELECT COUNT(*), COALESCE(MIN(at_us), 0) FROM (SELECT at_us FROM process_message WHERE instance = 0 LIMIT ?1) m;
