-- Certificates issued.

-- stmt: CERTIFICATE_ADD
INSERT INTO certificate (id, number, case_no, subject, content, status, issued_us, until_us, act)
VALUES (?1, ?2, ?3, ?4, ?5, 'valid', ?6, ?7, ?8);

-- stmt: CERTIFICATE_BY_ID
SELECT id, content, status, until_us, act FROM certificate WHERE id = ?1 OR number = ?1;

-- stmt: CERTIFICATE_WHOSE
SELECT case_no, subject, status FROM certificate WHERE id = ?1;

-- stmt: CERTIFICATE_MARK
UPDATE certificate SET status = ?2 WHERE id = ?1;

-- stmt: CERTIFICATE_LIST
SELECT id, content, status, until_us, act FROM certificate WHERE subject = ?1
ORDER BY issued_us DESC LIMIT ?2;
