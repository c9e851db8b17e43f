-- Regions and their levels.

-- stmt: REGION_LEVEL_PUT
INSERT INTO region_level (code, rank, digits, stem, name_zh, name_en) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
ON CONFLICT (code) DO UPDATE SET rank = excluded.rank, digits = excluded.digits, stem = excluded.stem,
    name_zh = excluded.name_zh, name_en = excluded.name_en;

-- stmt: REGION_PUT
INSERT INTO region (code, parent, level, name_zh, name_en) VALUES (?1, ?2, ?3, ?4, ?5)
ON CONFLICT (code) DO UPDATE SET parent = excluded.parent, level = excluded.level,
    name_zh = excluded.name_zh, name_en = excluded.name_en;

-- stmt: REGION_TREE
SELECT r.code, r.parent, r.name_zh, l.rank, l.digits, l.stem, p.code, pl.rank, pl.stem
FROM region r
LEFT JOIN region_level l ON l.code = r.level
LEFT JOIN region p ON p.code = r.parent
LEFT JOIN region_level pl ON pl.code = p.level
ORDER BY r.code;

-- stmt: REGION_LEVEL_ALL
SELECT code, name_zh, name_en, rank, digits, stem FROM region_level ORDER BY code;

-- stmt: REGION_ALL
SELECT code, parent, level, name_zh, name_en FROM region ORDER BY code;
