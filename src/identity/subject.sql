-- Persons and companies.

-- stmt: SUBJECT_BY_INDEX
SELECT id, kind, identifier, name, phone FROM subject WHERE kind = ?1 AND id_index = ?2;

-- stmt: SUBJECT_BY_ID
SELECT id, kind, identifier, name, phone FROM subject WHERE id = ?1;

-- stmt: SUBJECT_ADD
INSERT INTO subject (id, kind, id_index, identifier, name, phone, created_us)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7);

-- stmt: SUBJECT_RENAME
UPDATE subject SET name = ?2, phone = ?3 WHERE id = ?1;
