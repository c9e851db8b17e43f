The index is given by the insert itself: there is one writer, so the highest plus one is the next, and
an insert that is undone leaves nothing behind.

-- stmt: ACT_ADD
INSERT INTO act (leaf_index, kind, at_us, actor, org, case_no, subject, resource, body, opening, leaf, outcome)
VALUES ((SELECT COALESCE(MAX(leaf_index), -1) + 1 FROM act), ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
RETURNING leaf_index;

-- stmt: ACT_ERASE
UPDATE act SET actor = NULL, case_no = NULL, subject = NULL, resource = NULL, body = NULL, opening = NULL
WHERE leaf_index = ?1;

-- stmt: ACT_BY_INDEX
SELECT leaf_index, kind, at_us, actor, org, case_no, subject, resource, body, leaf, opening FROM act
WHERE leaf_index = ?1;

-- stmt: ACT_OF_CASE
SELECT leaf_index, kind, at_us, actor, org, case_no, subject, resource, body, leaf FROM act
WHERE case_no = ?1 AND leaf_index < ?2 ORDER BY leaf_index DESC LIMIT ?3;

-- stmt: ACT_OF_SUBJECT
SELECT leaf_index, kind, at_us, actor, org, case_no, subject, resource, body, leaf FROM act
WHERE subject = ?1 AND leaf_index < ?2 ORDER BY leaf_index DESC LIMIT ?3;

-- stmt: ACT_OF_OUTCOME
SELECT leaf_index, kind, at_us, actor, org, case_no, subject, resource, body, leaf FROM act
WHERE outcome = ?1 AND leaf_index < ?2 ORDER BY leaf_index DESC LIMIT ?3;

-- stmt: ACT_OF_TRAFFIC
SELECT leaf_index, kind, at_us, actor, org, case_no, subject, resource, body, leaf FROM act
WHERE resource = ?1 AND outcome = ?2 AND leaf_index < ?3 ORDER BY leaf_index DESC LIMIT ?4;

-- stmt: ACT_READS_OF
SELECT leaf_index, kind, at_us, actor, org, case_no, subject, resource, body, leaf FROM act
WHERE subject = ?1 AND leaf_index < ?2 AND at_us >= ?3 AND kind IN (?4, ?5, ?6, ?7)
ORDER BY leaf_index DESC LIMIT ?8;

-- stmt: ACT_READS_SUM
SELECT COUNT(*), COUNT(DISTINCT CASE WHEN actor LIKE 'officer:%' THEN actor END),
    COUNT(DISTINCT CASE WHEN actor NOT LIKE 'officer:%' THEN actor END), COUNT(DISTINCT case_no)
FROM (SELECT actor, case_no FROM act
    WHERE subject = ?1 AND at_us >= ?2 AND kind IN (?3, ?4, ?5, ?6) LIMIT ?7) AS reads;

-- stmt: ACT_LATEST
SELECT leaf_index, kind, at_us, actor, org, case_no, subject, resource, body, leaf FROM act
WHERE leaf_index < ?1 ORDER BY leaf_index DESC LIMIT ?2;

-- stmt: ACT_COUNT
SELECT COALESCE(MAX(leaf_index), -1) + 1 FROM act;

-- stmt: ACT_LEAVES
SELECT leaf_index, leaf FROM act WHERE leaf_index >= ?1 AND leaf_index < ?2 ORDER BY leaf_index;
