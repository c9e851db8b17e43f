-- What begins processes by itself: start events of versions in force.

-- How many verdicts there are, and how many there were when the rows were made.
-- stmt: OPENING_EDITION
SELECT (SELECT COUNT(*) FROM rule_verdict), edition FROM process_opening_book WHERE id = 1;

-- stmt: OPENING_VERSIONS
SELECT m.id, v.number, v.holds_from, d.at_us, m.org, m.power FROM rule_model m JOIN rule_version v ON v.model = m.id
JOIN rule_verdict d ON d.model = v.model AND d.number = v.number
WHERE m.kind = 'bpmn' AND d.verdict = 'published' ORDER BY m.id, v.holds_from, v.number;

-- A timer that is there already goes on where it was.
-- stmt: OPENING_PUT
INSERT INTO process_opening (model, version, element, event, kind, name, org, power, anchor_us, from_us, until_us, due_us, edition)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
ON CONFLICT (model, version, element, event) DO UPDATE SET from_us = excluded.from_us, until_us = excluded.until_us, edition = excluded.edition;

-- stmt: OPENING_DROP_OLD
DELETE FROM process_opening WHERE edition <> ?1;

-- stmt: OPENING_EDITION_SET
UPDATE process_opening_book SET edition = ?1 WHERE id = 1;

-- stmt: OPENING_NAMED
SELECT model, version, element, event, kind, name, org, power, anchor_us, from_us, until_us, due_us FROM process_opening
WHERE kind = ?1 AND name = ?2 AND from_us <= ?3 AND until_us > ?3 ORDER BY model, element, event LIMIT ?4;

-- stmt: OPENING_DUE
SELECT model, version, element, event, kind, name, org, power, anchor_us, from_us, until_us, due_us FROM process_opening
WHERE kind = 'timer' AND due_us <= ?1 AND due_us < until_us ORDER BY due_us, model, element, event LIMIT ?2;

-- stmt: OPENING_NEXT
SELECT COALESCE(MIN(due_us), ?1) FROM process_opening WHERE kind = 'timer' AND due_us < until_us;

-- stmt: OPENING_MOVE
UPDATE process_opening SET due_us = ?6, trouble = '', trouble_us = 0
WHERE model = ?1 AND version = ?2 AND element = ?3 AND event = ?4 AND due_us = ?5;

-- stmt: OPENING_TROUBLE
UPDATE process_opening SET trouble = ?5, trouble_us = ?6 WHERE model = ?1 AND version = ?2 AND element = ?3 AND event = ?4;

-- stmt: OPENING_TROUBLES
SELECT model, element, trouble, trouble_us FROM process_opening WHERE trouble <> '' ORDER BY model, element, event LIMIT ?1;

-- An open case of that number, or one that the same process was begun for by a message of that key.
-- stmt: OPENING_HAS_CASE
SELECT COUNT(*) FROM (SELECT 1 AS one FROM process_instance WHERE business_key = ?1 AND business_key <> ''
    UNION ALL SELECT 1 AS one FROM process_begun b JOIN process_instance i ON i.id = b.instance WHERE b.id = ?2) c;

-- stmt: BEGUN_ADD
INSERT INTO process_begun (id, instance, at_us) VALUES (?1, ?2, ?3) ON CONFLICT (id) DO NOTHING;

-- stmt: BEGUN_PUT
INSERT INTO process_begun (id, instance, at_us) VALUES (?1, ?2, ?3)
ON CONFLICT (id) DO UPDATE SET instance = excluded.instance, at_us = excluded.at_us;

-- stmt: BEGUN_FORGET
DELETE FROM process_begun WHERE id IN (SELECT b.id FROM process_begun b WHERE b.at_us < ?1
    AND NOT EXISTS (SELECT 1 FROM process_instance i WHERE i.id = b.instance) ORDER BY b.at_us LIMIT ?2);
