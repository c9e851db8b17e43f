-- stmt: RESOURCE_BY_CODE
SELECT version, updated_us, document FROM resource WHERE code = ?1;

-- stmt: RESOURCE_LIST
SELECT version, updated_us, document FROM resource WHERE code > ?1 ORDER BY code LIMIT ?2;

-- stmt: RESOURCE_PUT
INSERT INTO resource (code, node, owner, version, updated_us, document) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
ON CONFLICT (code) DO UPDATE SET node = excluded.node, owner = excluded.owner, version = excluded.version,
    updated_us = excluded.updated_us, document = excluded.document;

-- stmt: RESOURCE_VERSION_ADD
INSERT INTO resource_version (code, version, updated_us, document) VALUES (?1, ?2, ?3, ?4);
