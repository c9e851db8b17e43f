-- With which versions of other rules a version was laid down.

-- stmt: PIN_ADD
INSERT INTO rule_pin (model, number, name_space, pinned, pinned_number, sha256) VALUES (?1, ?2, ?3, ?4, ?5, ?6);

-- stmt: PINS_OF_VERSION
SELECT name_space, pinned, pinned_number, sha256 FROM rule_pin WHERE model = ?1 AND number = ?2 ORDER BY name_space LIMIT ?3;

-- stmt: PIN_HELD
SELECT CAST(COALESCE(MAX(f.number), 0) AS INTEGER) FROM (SELECT v.number FROM rule_version v
    JOIN rule_verdict d ON d.model = v.model AND d.number = v.number
    WHERE v.model = ?1 AND d.verdict = 'published' AND v.holds_from <= ?2
    ORDER BY v.holds_from DESC, v.number DESC LIMIT 1) f;

-- stmt: PINS_ON_DAY
SELECT v.model, v.number, v.sha256 FROM rule_model m JOIN rule_version v ON v.model = m.id
WHERE m.kind = 'dmn' AND v.number = (SELECT x.number FROM rule_version x
    JOIN rule_verdict d ON d.model = x.model AND d.number = x.number
    WHERE x.model = m.id AND d.verdict = 'published' AND x.holds_from <= ?1
    ORDER BY x.holds_from DESC, x.number DESC LIMIT 1)
ORDER BY m.id LIMIT ?2;
