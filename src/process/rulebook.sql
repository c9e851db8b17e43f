-- Rules and processes as they are laid down: models, drafts, versions, verdicts, cases.

-- stmt: RULE_MODEL_ADD
INSERT INTO rule_model (id, org, power, name_zh, name_en, created_us, kind) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
ON CONFLICT (id) DO NOTHING;

-- stmt: RULE_MODEL_BY_ID
SELECT id, org, power, name_zh, name_en, kind FROM rule_model WHERE id = ?1;

-- stmt: RULE_MODELS
SELECT m.id, m.org, m.power, m.name_zh, m.name_en,
    (SELECT COUNT(*) FROM rule_version v WHERE v.model = m.id AND NOT EXISTS
        (SELECT 1 FROM rule_verdict d WHERE d.model = v.model AND d.number = v.number)),
    COALESCE((SELECT v.number FROM rule_version v
        JOIN rule_verdict d ON d.model = v.model AND d.number = v.number
        WHERE v.model = m.id AND d.verdict = 'published' AND v.holds_from <= ?1
        ORDER BY v.holds_from DESC, v.number DESC LIMIT 1), 0),
    COALESCE((SELECT v.holds_from FROM rule_version v
        JOIN rule_verdict d ON d.model = v.model AND d.number = v.number
        WHERE v.model = m.id AND d.verdict = 'published' AND v.holds_from <= ?1
        ORDER BY v.holds_from DESC, v.number DESC LIMIT 1), 0)
FROM rule_model m WHERE m.kind = ?4 AND m.id > ?2 ORDER BY m.id LIMIT ?3;

-- stmt: RULE_POWER_USED
SELECT COUNT(*) FROM (SELECT 1 AS one FROM rule_model WHERE power = ?1 AND kind = ?2 LIMIT 1) m;

-- stmt: RULE_DRAFT_GET
SELECT base, revision, xml, saved_us FROM rule_draft WHERE model = ?1 AND officer = ?2;

-- stmt: RULE_DRAFT_ADD
INSERT INTO rule_draft (model, officer, base, revision, xml, saved_us) VALUES (?1, ?2, ?3, 1, ?4, ?5)
ON CONFLICT (model, officer) DO NOTHING;

-- stmt: RULE_DRAFT_SAVE
UPDATE rule_draft SET xml = ?4, revision = revision + 1, saved_us = ?5, base = ?6
WHERE model = ?1 AND officer = ?2 AND revision = ?3;

-- stmt: RULE_DRAFT_DROP
DELETE FROM rule_draft WHERE model = ?1 AND officer = ?2;

-- stmt: RULE_VERSION_ADD
INSERT INTO rule_version (model, number, base, xml, sha256, author, basis, reason, holds_from, proposed_us, act, found)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12);

-- stmt: RULE_VERDICT_ADD
INSERT INTO rule_verdict (model, number, verdict, officer, reason, at_us, act)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (model, number) DO NOTHING;

-- stmt: RULE_LAST_NUMBER
SELECT CAST(COALESCE(MAX(number), 0) AS INTEGER) FROM rule_version WHERE model = ?1;

-- The version that was published last: what a change has to begin from.
-- stmt: RULE_LAST_PUBLISHED
SELECT CAST(COALESCE(MAX(v.number), 0) AS INTEGER) FROM rule_version v
JOIN rule_verdict d ON d.model = v.model AND d.number = v.number
WHERE v.model = ?1 AND d.verdict = 'published';

-- stmt: RULE_VERSION_BY_NUMBER
SELECT v.model, v.number, v.base, v.xml, v.sha256, v.author, v.basis, v.reason, v.holds_from, v.proposed_us, v.act,
    COALESCE(d.verdict, ''), COALESCE(d.officer, ''), COALESCE(d.reason, ''), COALESCE(d.at_us, 0), COALESCE(d.act, -1),
    v.found
FROM rule_version v LEFT JOIN rule_verdict d ON d.model = v.model AND d.number = v.number
WHERE v.model = ?1 AND v.number = ?2;

-- stmt: RULE_VERSIONS
SELECT v.model, v.number, v.base, '', v.sha256, v.author, v.basis, v.reason, v.holds_from, v.proposed_us, v.act,
    COALESCE(d.verdict, ''), COALESCE(d.officer, ''), COALESCE(d.reason, ''), COALESCE(d.at_us, 0), COALESCE(d.act, -1), ''
FROM rule_version v LEFT JOIN rule_verdict d ON d.model = v.model AND d.number = v.number
WHERE v.model = ?1 AND v.number < ?2 ORDER BY v.number DESC LIMIT ?3;

-- stmt: RULE_IN_FORCE
SELECT v.number, v.sha256 FROM rule_version v
JOIN rule_verdict d ON d.model = v.model AND d.number = v.number
WHERE v.model = ?1 AND d.verdict = 'published' AND v.holds_from <= ?2
ORDER BY v.holds_from DESC, v.number DESC LIMIT 1;

-- stmt: RULE_CASES_GET
SELECT number, document, author, saved_us FROM rule_cases WHERE model = ?1 ORDER BY number DESC LIMIT 1;

-- stmt: RULE_CASES_ADD
INSERT INTO rule_cases (model, number, document, author, saved_us) VALUES (?1, ?2, ?3, ?4, ?5)
ON CONFLICT (model, number) DO NOTHING;

-- stmt: RULE_USE_ADD
INSERT INTO rule_use (id, model, number, case_no, subject, at_us, act, content) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8);

-- stmt: RULE_USES_SINCE
SELECT id, number, case_no, at_us, act, content FROM rule_use
WHERE model = ?1 AND at_us >= ?2 ORDER BY at_us DESC, id DESC LIMIT ?3;

-- stmt: RULE_USES_COUNT
SELECT COUNT(*) FROM rule_use WHERE model = ?1 AND at_us >= ?2;

-- stmt: RULE_USES_OF_CASE
SELECT id, number, case_no, at_us, act, content, model FROM rule_use WHERE case_no = ?1 ORDER BY at_us, id LIMIT ?2;

-- stmt: RULE_USES_EXPIRE
DELETE FROM rule_use WHERE at_us < ?1;
