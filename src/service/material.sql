-- Which draft, case or sub-case needs which file.

-- stmt: MATERIAL_HOLD
INSERT INTO material (holder, name) VALUES (?1, ?2) ON CONFLICT (holder, name) DO NOTHING;

-- stmt: MATERIAL_LET_GO
DELETE FROM material WHERE holder = ?1;

-- stmt: MATERIAL_LET_GO_EXPIRED
DELETE FROM material
WHERE holder IN (SELECT id FROM draft WHERE expires_us <= ?1 AND case_no = '');

-- stmt: MATERIAL_HOLDERS
SELECT COUNT(*) FROM material WHERE name = ?1;
