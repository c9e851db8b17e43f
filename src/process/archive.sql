-- Months of closed cases on their way out of the store.

-- stmt: ARCHIVE_UNDER_WAY
SELECT month, number, file, sha256, bytes, cases, lines, act, at_us FROM process_archive WHERE state = 'written' ORDER BY month, number LIMIT 1;

-- stmt: ARCHIVE_NEXT_MONTH
SELECT COALESCE((SELECT month FROM process_closed WHERE month > ?1 ORDER BY month LIMIT 1), 0);

-- stmt: ARCHIVE_KINDS
SELECT model, MAX(ended_us) FROM process_closed WHERE month = ?1 GROUP BY model;

-- stmt: ARCHIVE_IDS
SELECT id, revision FROM process_closed WHERE month = ?1 AND id > ?2 AND ended_us <= ?3 ORDER BY id LIMIT ?4;

-- stmt: ARCHIVE_CASE
SELECT id, month, model, version, models, business_key, state, revision, next_id, started_us, scopes, ended_us, failed_code, variables, hash
FROM process_closed WHERE id = ?1 AND month = ?2;

-- stmt: ARCHIVE_NEXT_NUMBER
SELECT COALESCE(MAX(number), 0) + 1 FROM process_archive WHERE month = ?1;

-- stmt: ARCHIVE_ADD
INSERT INTO process_archive (month, number, file, sha256, bytes, cases, lines, act, at_us, state)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 'written');

-- stmt: ARCHIVE_DONE
UPDATE process_archive SET state = 'dropped' WHERE month = ?1 AND number = ?2;

-- stmt: ARCHIVE_LINES_DROP
DELETE FROM process_history WHERE month = ?1 AND place IN
    (SELECT place FROM process_history WHERE month = ?1 AND place > ?2 AND place <= ?3 ORDER BY place LIMIT ?4);

-- SQLite keeps all years in one table.
-- stmt: ARCHIVE_DROP_YEAR
-- sqlite:
SELECT ?1 - ?1 + ?2 - ?2;
-- postgres:
SELECT process_drop_year(?1, ?2);
