-- What chores write besides their errand.

-- stmt: CHORE_COUNT
SELECT COUNT(*) FROM errand WHERE type = ?1 AND name = ?2;

-- stmt: CHORE_CERTIFICATES_OF_CASE
SELECT id FROM certificate WHERE case_no = ?1 ORDER BY issued_us, id LIMIT ?2;

-- stmt: PLACEMENT_ENTER
INSERT INTO placement (instance, token, list, rank, wishes, place, entered_us) VALUES (?1, ?2, ?3, ?4, ?5, '', ?6)
ON CONFLICT (instance, token) DO NOTHING;

-- stmt: PLACEMENT_OF
SELECT place, entered_us FROM placement WHERE instance = ?1 AND token = ?2;

-- stmt: PLACEMENT_TAKEN
SELECT COUNT(*) FROM placement WHERE list = ?1 AND place = ?2;

-- stmt: PLACEMENT_WAITING
SELECT instance, token, wishes FROM placement WHERE list = ?1 AND place = '' ORDER BY rank, entered_us, instance, token LIMIT ?2;

-- stmt: PLACEMENT_SETTLE
UPDATE placement SET place = ?3 WHERE instance = ?1 AND token = ?2;
