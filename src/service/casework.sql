-- Cases and their sub-cases.

-- stmt: CASE_SERIAL_NEXT
INSERT INTO case_serial (prefix, last) VALUES (?1, 1)
ON CONFLICT (prefix) DO UPDATE SET last = case_serial.last + 1 RETURNING last;

-- stmt: CASE_ADD
INSERT INTO case_file (case_no, query_code, subject, draft, item, item_version, title, content,
    submitted_us, act)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10);

-- stmt: CASE_QUERY_CODE_COUNT
SELECT COUNT(*) FROM case_file WHERE query_code = ?1;

-- stmt: CASE_BY_NO
SELECT case_no, query_code, subject, item, item_version, title, content, submitted_us, act
FROM case_file WHERE case_no = ?1;

-- What the queue says of a task, and in which state its part is.
-- stmt: CASE_OF_TASK
SELECT c.item, c.item_version, c.title, c.submitted_us, s.state, s.state_zh, s.state_en
FROM case_file c LEFT JOIN sub_case s ON s.case_no = c.case_no AND s.part = ?2 WHERE c.case_no = ?1;

-- stmt: CASE_NO_BY_QUERY_CODE
SELECT case_no FROM case_file WHERE query_code = ?1;

-- stmt: CASE_LIST
SELECT case_no, query_code, subject, item, item_version, title, content, submitted_us, act
FROM case_file WHERE subject = ?1 AND (submitted_us, case_no) < (?2, ?3)
ORDER BY submitted_us DESC, case_no DESC LIMIT ?4;

-- stmt: SUB_CASE_ADD
INSERT INTO sub_case (id, case_no, part, org, state, view, statutory_days) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7);

-- stmt: SUB_CASE_BY_ID
SELECT s.id, s.case_no, s.part, s.org, s.state, s.view, s.officer, s.statutory_days, s.supplement, s.supplemented, s.decision,
    s.decided_us, s.decision_act, s.certificate, o.name, o.phone, s.clock, s.state_zh, s.state_en, s.done_us
FROM sub_case s LEFT JOIN officer o ON o.id = s.officer
WHERE s.id = ?1;

-- stmt: SUB_CASES_OF
SELECT s.id, s.case_no, s.part, s.org, s.state, s.view, s.officer, s.statutory_days, s.supplement, s.supplemented, s.decision,
    s.decided_us, s.decision_act, s.certificate, o.name, o.phone, s.clock, s.state_zh, s.state_en, s.done_us
FROM sub_case s LEFT JOIN officer o ON o.id = s.officer
WHERE s.case_no = ?1 ORDER BY s.part;

-- stmt: SUB_CASE_MARK
UPDATE sub_case SET state = ?2, view = ?3, state_zh = ?4, state_en = ?5,
    done_us = CASE WHEN ?3 <> 'done' THEN 0 WHEN done_us = 0 THEN ?6 ELSE done_us END
WHERE id = ?1;

-- stmt: SUB_CASE_CLOCK
UPDATE sub_case SET clock = ?2 WHERE id = ?1;

-- stmt: SUB_CASE_DECIDED
UPDATE sub_case SET decision = ?2, decided_us = ?3, decision_act = ?4 WHERE id = ?1;

-- stmt: SUB_CASE_NOTE
UPDATE sub_case SET officer = ?2, statutory_days = ?3, supplement = ?4, supplemented = ?5, decision = ?6, certificate = ?7
WHERE id = ?1;

-- Those that have their result, the latest first.
-- stmt: SUB_CASES_DONE
SELECT s.id, s.case_no, s.part, s.org, s.state, s.view, s.officer, s.statutory_days, s.supplement, s.supplemented, s.decision,
    s.decided_us, s.decision_act, s.certificate, o.name, o.phone, s.clock, s.state_zh, s.state_en, s.done_us,
    c.item, c.item_version, c.title, c.submitted_us
FROM sub_case s JOIN case_file c ON c.case_no = s.case_no LEFT JOIN officer o ON o.id = s.officer
WHERE s.org = ?1 AND s.done_us > 0 AND (s.done_us, s.id) < (?2, ?3)
ORDER BY s.done_us DESC, s.id DESC LIMIT ?4;

-- stmt: SUB_CASES_DONE_COUNT
SELECT COUNT(*) FROM (SELECT 1 AS one FROM sub_case WHERE org = ?1 AND done_us > 0 LIMIT 1000) t;

-- stmt: SUB_CASE_ISSUED
UPDATE sub_case SET certificate = ?2 WHERE id = ?1;

-- Tasks of a case that are an organisation's now,
-- stmt: CASE_TASKS_OF_ORG
SELECT COUNT(*) FROM worklist WHERE case_no = ?1 AND org = ?2;

-- and what its officers did with tasks of it; that they looked, or were refused, gives them nothing.
-- stmt: CASE_DEEDS_OF_ORG
SELECT COUNT(*) FROM act WHERE case_no = ?1 AND org = ?2 AND actor LIKE 'officer:%' AND kind IN (?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11);

-- Certificates of a case that its process has asked for and that are not there yet.
-- stmt: CASE_ISSUING
SELECT COUNT(*) FROM process_token t JOIN process_instance i ON i.id = t.instance
WHERE i.business_key = ?1 AND i.business_key <> '' AND t.kind = 'job' AND t.name = 'certificate.issue';

-- Who has something to do in a case now, part by part ('': of the case as a whole): "officer" or "citizen"; what was asked waits for the applicant.
-- stmt: CASE_WAITS
SELECT DISTINCT part, CASE WHEN state = 'asked' THEN 'citizen' ELSE role END FROM worklist WHERE case_no = ?1 AND state <> 'suspended';

-- What is with another node, in whose time it lies.
-- stmt: CASE_AWAY
SELECT COUNT(*) FROM handover WHERE case_no = ?1 AND case_no <> '' AND side = 'sent' AND closed_us = 0 AND whose = 'theirs';
