-- stmt: RECORD_PUT
INSERT INTO record (resource, key_hash, sealed, updated_us) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT (resource, key_hash) DO UPDATE SET sealed = excluded.sealed, updated_us = excluded.updated_us;

-- stmt: RECORD_BY_KEY
SELECT sealed, updated_us FROM record WHERE resource = ?1 AND key_hash = ?2;

-- stmt: RECORD_COUNT
SELECT COUNT(*) FROM record WHERE resource = ?1;

-- stmt: RECORD_BATCH
SELECT key_hash, sealed FROM record WHERE resource = ?1 AND key_hash > ?2 ORDER BY key_hash LIMIT ?3;
