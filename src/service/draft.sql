-- Applications being filled in.

-- stmt: DRAFT_OPEN_OF
SELECT id, subject, item, item_version, content, revision, saved_us, expires_us, case_no FROM draft
WHERE subject = ?1 AND item = ?2 AND case_no = '' AND expires_us > ?3
ORDER BY saved_us DESC LIMIT 1;

-- stmt: DRAFT_BY_ID
SELECT id, subject, item, item_version, content, revision, saved_us, expires_us, case_no FROM draft
WHERE id = ?1 AND subject = ?2;

-- stmt: DRAFT_ADD
INSERT INTO draft (id, subject, item, item_version, content, revision, saved_us, expires_us)
VALUES (?1, ?2, ?3, ?4, ?5, 1, ?6, ?7);

-- stmt: DRAFT_SAVE
UPDATE draft SET content = ?3, revision = revision + 1, saved_us = ?4, expires_us = ?5
WHERE id = ?1 AND revision = ?2 AND case_no = '';

-- stmt: DRAFT_SUBMITTED
UPDATE draft SET case_no = ?2 WHERE id = ?1 AND revision = ?3 AND case_no = '';

-- stmt: DRAFT_CASE
SELECT case_no FROM draft WHERE id = ?1;

-- stmt: DRAFT_LIST
SELECT id, item, saved_us, expires_us FROM draft
WHERE subject = ?1 AND case_no = '' AND expires_us > ?2 ORDER BY saved_us DESC LIMIT 50;

-- stmt: DRAFT_EXPIRE
DELETE FROM draft WHERE expires_us <= ?1 AND case_no = '';
