-- Services offered.

-- stmt: ITEM_PUT
INSERT INTO item (code, version, since_us, document)
SELECT ?1, COALESCE(MAX(version), 0) + 1, ?2, ?3 FROM item WHERE code = ?1;

-- stmt: ITEM_LATEST
SELECT document FROM item WHERE code = ?1 ORDER BY version DESC LIMIT 1;

-- stmt: ITEM_CURRENT
SELECT i.code, i.version, i.document FROM item i
WHERE i.version = (SELECT MAX(j.version) FROM item j WHERE j.code = i.code) ORDER BY i.code;

-- stmt: ITEM_BY_VERSION
SELECT code, version, document FROM item WHERE code = ?1 AND version = ?2;
