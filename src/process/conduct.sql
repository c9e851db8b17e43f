-- The worklist, who has signed, who is away.

-- stmt: WORK_PUT
INSERT INTO worklist (instance, token, serial, kind, case_no, part, subject, path, around, multi, model, version, element, name_zh, name_en,
    org, lead, role, region, power, assignee, asked_by, state, since_us, due_us, expires_us, basis, detail)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28);

-- stmt: WORK_GET
SELECT instance, token, serial, kind, case_no, part, subject, path, around, multi, model, version, element, name_zh, name_en,
    org, lead, role, region, power, assignee, asked_by, state, since_us, due_us, expires_us, basis, detail
FROM worklist WHERE instance = ?1 AND token = ?2 AND serial = ?3;

-- stmt: WORK_OF_CASE
SELECT instance, token, serial, kind, case_no, part, subject, path, around, multi, model, version, element, name_zh, name_en,
    org, lead, role, region, power, assignee, asked_by, state, since_us, due_us, expires_us, basis, detail,
    (SELECT o.name FROM officer o WHERE o.id = worklist.assignee),
    (SELECT c.id FROM clock c WHERE c.instance = worklist.instance AND c.instance > 0 AND c.state <> 'stopped'
        AND worklist.path LIKE '%,' || c.scope || ',%' ORDER BY CASE WHEN c.state = 'running' THEN 0 ELSE 1 END, c.due_us, c.id LIMIT 1)
FROM worklist WHERE case_no = ?1 AND (?2 = '' OR part = ?2) ORDER BY instance, token, serial LIMIT ?3;

-- Pages go along an index; the officer is looked up for those on the page alone, and so is the clock that a row goes by: the first of those that run
-- for it, or, where all stand still, of those.
-- stmt: WORK_OF_ORG
SELECT instance, token, serial, kind, case_no, part, subject, path, around, multi, model, version, element, name_zh, name_en,
    org, lead, role, region, power, assignee, asked_by, state, since_us, due_us, expires_us, basis, detail,
    (SELECT o.name FROM officer o WHERE o.id = worklist.assignee),
    (SELECT c.id FROM clock c WHERE c.instance = worklist.instance AND c.instance > 0 AND c.state <> 'stopped'
        AND worklist.path LIKE '%,' || c.scope || ',%' ORDER BY CASE WHEN c.state = 'running' THEN 0 ELSE 1 END, c.due_us, c.id LIMIT 1)
FROM worklist WHERE org = ?1 AND state = ?2 AND (due_us, instance, token, serial) > (?3, ?4, ?5, ?6)
ORDER BY due_us, instance, token, serial LIMIT ?7;

-- stmt: WORK_OF_ASSIGNEE
SELECT instance, token, serial, kind, case_no, part, subject, path, around, multi, model, version, element, name_zh, name_en,
    org, lead, role, region, power, assignee, asked_by, state, since_us, due_us, expires_us, basis, detail,
    (SELECT o.name FROM officer o WHERE o.id = worklist.assignee),
    (SELECT c.id FROM clock c WHERE c.instance = worklist.instance AND c.instance > 0 AND c.state <> 'stopped'
        AND worklist.path LIKE '%,' || c.scope || ',%' ORDER BY CASE WHEN c.state = 'running' THEN 0 ELSE 1 END, c.due_us, c.id LIMIT 1)
FROM worklist WHERE assignee = ?1 AND assignee <> '' AND state = ?2 AND (due_us, instance, token, serial) > (?3, ?4, ?5, ?6)
ORDER BY due_us, instance, token, serial LIMIT ?7;

-- Counted as far as a person would.
-- stmt: WORK_COUNT
SELECT COUNT(*) FROM (SELECT 1 AS one FROM worklist WHERE org = ?1 AND state = ?2 LIMIT ?3) t;

-- Officers of an organisation who may use the power on the day, with how much each has claimed, who is away left out.
-- stmt: WORK_LOAD
SELECT o.id, o.name, (SELECT COUNT(*) FROM worklist w WHERE w.assignee = o.id AND w.assignee <> '' AND w.state = 'open')
FROM officer o WHERE o.org = ?1 AND (o.roles & ?2) <> 0
    AND (?3 = '' OR EXISTS (SELECT 1 FROM officer_power p WHERE p.officer = o.id AND p.power = ?3 AND p.valid_from <= ?4
        AND (p.valid_until = '' OR p.valid_until >= ?4)))
    AND NOT EXISTS (SELECT 1 FROM absence a WHERE a.officer = o.id AND a.from_day <= ?5 AND a.until_day >= ?5)
ORDER BY 3, 1;

-- stmt: WORK_DROP
DELETE FROM worklist WHERE instance = ?1 AND token = ?2;

-- stmt: WORK_DROP_ONE
DELETE FROM worklist WHERE instance = ?1 AND token = ?2 AND serial = ?3;

-- stmt: WORK_DROP_ALL
DELETE FROM worklist WHERE instance = ?1;

-- stmt: WORK_STATE
UPDATE worklist SET state = ?3, expires_us = CASE WHEN ?3 = 'open' THEN 0 ELSE expires_us END WHERE instance = ?1 AND token = ?2 AND serial = 0;

-- stmt: WORK_SUSPEND
UPDATE worklist SET state = 'suspended', basis = ?2 WHERE instance = ?1;

-- Opinions and extensions that were asked for are open again as they were.
-- stmt: WORK_WAKE
UPDATE worklist SET state = 'open', basis = '' WHERE instance = ?1 AND serial > 0 AND state = 'suspended';

-- stmt: WORK_ASK
UPDATE worklist SET expires_us = ?3, detail = ?4 WHERE instance = ?1 AND token = ?2 AND serial = 0;

-- stmt: WORK_ASSIGN
UPDATE worklist SET assignee = ?4 WHERE instance = ?1 AND token = ?2 AND serial = ?3;

-- stmt: WORK_MOVE
UPDATE worklist SET org = ?3, power = ?4, assignee = '' WHERE instance = ?1 AND token = ?2 AND serial = 0;

-- Opinions and extensions asked for there are of the same task.
-- stmt: WORK_NAME
UPDATE worklist SET model = ?3, version = ?4, element = ?5, name_zh = ?6, name_en = ?7 WHERE instance = ?1 AND token = ?2;

-- stmt: WORK_RENEW
UPDATE worklist SET assignee = CASE WHEN org = ?3 AND power = ?6 THEN assignee ELSE '' END, org = ?3, role = ?4, region = ?5, power = ?6, detail = ?7
WHERE instance = ?1 AND token = ?2 AND serial = 0;

-- stmt: WORK_NEXT_SERIAL
SELECT COALESCE(MAX(serial), 0) + 1 FROM worklist WHERE instance = ?1 AND token = ?2;

-- Joint clocks run for every part, those of a process for what is inside of it.
-- stmt: WORK_DUE
UPDATE worklist SET due_us = COALESCE((SELECT MIN(c.due_us) FROM clock c WHERE c.instance = ?1 AND c.instance > 0 AND c.state = 'running'
    AND worklist.path LIKE '%,' || c.scope || ',%'), 9223372036854775807)
WHERE instance = ?1;

-- stmt: WORK_INSTANCES
SELECT DISTINCT instance FROM worklist WHERE instance > ?1 ORDER BY instance LIMIT ?2;

-- stmt: WORK_EXPIRED
SELECT instance, token, model, version, element FROM worklist WHERE expires_us > 0 AND expires_us <= ?1 AND state = 'asked' ORDER BY expires_us LIMIT ?2;

-- stmt: WORK_NEXT_EXPIRES
SELECT COALESCE(MIN(expires_us), ?1) FROM worklist WHERE expires_us > 0 AND state = 'asked';

-- The clocks of what goes to another organisation go with it; their log says under whom each move was.
-- stmt: WORK_CLOCKS_MOVE
UPDATE clock SET org = ?4 WHERE instance = ?1 AND instance > 0 AND scope = ?2 AND org = ?3 AND state <> 'stopped';

-- stmt: SIGNED_ADD
INSERT INTO process_signed (instance, scope, element, officer, at_us) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING;

-- Names that change places pass one another: they are marked first, the old ones go, and the mark comes off.
-- stmt: SIGNED_AS
INSERT INTO process_signed (instance, scope, element, officer, at_us)
SELECT instance, scope, '=' || ?3, officer, at_us FROM process_signed WHERE instance = ?1 AND element = ?2 ON CONFLICT DO NOTHING;

-- stmt: SIGNED_DROP
DELETE FROM process_signed WHERE instance = ?1 AND element = ?2;

-- stmt: SIGNED_NAMED
INSERT INTO process_signed (instance, scope, element, officer, at_us)
SELECT instance, scope, SUBSTR(element, 2), officer, at_us FROM process_signed WHERE instance = ?1 AND element LIKE '=%' ON CONFLICT DO NOTHING;

-- stmt: SIGNED_UNNAMED
DELETE FROM process_signed WHERE instance = ?1 AND element LIKE '=%';

-- stmt: SIGNED_BY
SELECT COUNT(*) FROM process_signed WHERE instance = ?1 AND scope = ?2 AND element = ?3 AND officer IN (?4, ?5);

-- stmt: ABSENCE_PUT
INSERT INTO absence (officer, stand_in, from_day, until_day, put_by, put_us, act) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
ON CONFLICT (officer, stand_in) DO UPDATE SET from_day = excluded.from_day, until_day = excluded.until_day, put_by = excluded.put_by,
    put_us = excluded.put_us, act = excluded.act;

-- stmt: ABSENCE_HOLDS
SELECT COUNT(*) FROM absence WHERE officer = ?1 AND stand_in = ?2 AND from_day <= ?3 AND until_day >= ?3;

-- stmt: ABSENCES
SELECT officer, stand_in, from_day, until_day, put_by FROM absence WHERE (officer = ?1 OR stand_in = ?1) AND from_day <= ?2 AND until_day >= ?2
ORDER BY officer, stand_in;

-- stmt: CONDUCT_FIGURES
SELECT (SELECT COUNT(*) FROM process_instance), (SELECT COUNT(*) FROM process_token WHERE kind = 'incident'),
    (SELECT COUNT(*) FROM worklist), (SELECT COUNT(*) FROM process_token WHERE kind = 'job' AND asleep = 0 AND lease_us = 0),
    (SELECT COALESCE(MIN(ripe_us), 0) FROM process_token WHERE kind = 'job' AND asleep = 0 AND lease_us = 0 AND ripe_us <= ?1);

-- The first type of job behind this one that is waited for.
-- stmt: CONDUCT_JOB_TYPE
SELECT name FROM process_token WHERE kind = 'job' AND asleep = 0 AND lease_us = 0 AND name > ?1 ORDER BY name LIMIT 1;

-- stmt: WORK_ORG_OF
SELECT org FROM officer WHERE id = ?1;

-- Powers of the one that the other does not have.
-- stmt: ABSENCE_BEYOND
SELECT COUNT(*) FROM officer_power p WHERE p.officer = ?1
    AND NOT EXISTS (SELECT 1 FROM officer_power q WHERE q.officer = ?2 AND q.power = p.power);
