-- stmt: GRANT_BY_ID
SELECT version, document FROM data_grant WHERE id = ?1;

-- stmt: GRANT_BY_RESOURCE
SELECT version, document FROM data_grant WHERE resource = ?1 AND consumer = ?2 ORDER BY id;

-- stmt: GRANT_LIST
SELECT g.document, COALESCE((SELECT u.used FROM data_use u WHERE u.name = 'grant:' || g.id AND u.day = ?2), 0)
FROM data_grant g WHERE ?1 = '' OR g.resource = ?1 ORDER BY g.resource, g.consumer, g.id;

-- stmt: GRANT_PUT
INSERT INTO data_grant (id, resource, consumer, version, updated_us, document) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
ON CONFLICT (id) DO UPDATE SET resource = excluded.resource, consumer = excluded.consumer, version = excluded.version,
    updated_us = excluded.updated_us, document = excluded.document;

-- One use more, if grant and resource are still the ones that were read and the day's number is not used up.
-- stmt: GRANT_USE
INSERT INTO data_use (name, day, used)
SELECT ?1, ?2, 1 FROM data_grant g JOIN resource r ON r.code = g.resource
WHERE g.id = ?3 AND g.version = ?4 AND r.version = ?5
ON CONFLICT (name, day) DO UPDATE SET used = data_use.used + 1 WHERE data_use.used < ?6;

-- stmt: RESOURCE_USE
INSERT INTO data_use (name, day, used) VALUES (?1, ?2, 1)
ON CONFLICT (name, day) DO UPDATE SET used = data_use.used + 1 WHERE data_use.used < ?3;

-- stmt: DATA_USED
SELECT used FROM data_use WHERE name = ?1 AND day = ?2;

-- stmt: GRANT_IS_CURRENT
SELECT COUNT(*) FROM data_grant g JOIN resource r ON r.code = g.resource
WHERE g.id = ?1 AND g.version = ?2 AND r.version = ?3;
