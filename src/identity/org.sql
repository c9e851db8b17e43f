-- Organisations and their powers.

-- stmt: ORG_PUT
INSERT INTO org (uscc, region, level, parent, name_zh, short_zh, name_en, phone, address_zh)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
ON CONFLICT (uscc) DO UPDATE SET region = excluded.region, level = excluded.level,
    parent = excluded.parent, name_zh = excluded.name_zh, short_zh = excluded.short_zh,
    name_en = excluded.name_en, phone = excluded.phone, address_zh = excluded.address_zh;

-- stmt: POWER_PUT
INSERT INTO power (code, org, name_zh, name_en, basis) VALUES (?1, ?2, ?3, ?4, ?5)
ON CONFLICT (code) DO UPDATE SET org = excluded.org, name_zh = excluded.name_zh,
    name_en = excluded.name_en, basis = excluded.basis;

-- stmt: ORG_LOST
SELECT o.uscc, o.parent FROM org o WHERE o.parent <> '' AND NOT EXISTS
    (SELECT 1 FROM org p WHERE p.uscc = o.parent) LIMIT 1;

-- stmt: ORG_ALL
SELECT uscc, region, level, parent, name_zh, short_zh, name_en, phone, address_zh FROM org
ORDER BY uscc;

-- stmt: POWER_ALL
SELECT code, org, name_zh, name_en, basis FROM power ORDER BY code;
