-- Moving running cases to another version: plans with their verdicts, and what came of each case.

-- stmt: MIGRATE_NEXT_ID
SELECT CAST(COALESCE(MAX(id), 0) + 1 AS INTEGER) FROM migration;

-- stmt: MIGRATE_ADD
INSERT INTO migration (id, model, source, target, plan, sha256, models, author, reason, report, proposed_us, act)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12);

-- stmt: MIGRATE_BY_ID
SELECT m.id, m.model, m.source, m.target, m.plan, m.sha256, m.models, m.author, m.reason, m.report, m.proposed_us, m.act,
    COALESCE(d.verdict, ''), COALESCE(d.officer, ''), COALESCE(d.reason, ''), COALESCE(d.at_us, 0), COALESCE(d.act, -1)
FROM migration m LEFT JOIN migration_verdict d ON d.id = m.id WHERE m.model = ?1 AND m.id = ?2;

-- stmt: MIGRATE_BY_HASH
SELECT CAST(COALESCE(MAX(m.id), 0) AS INTEGER) FROM migration m JOIN migration_verdict d ON d.id = m.id
WHERE m.model = ?1 AND m.sha256 = ?2 AND d.verdict = 'consented';

-- stmt: MIGRATE_PLANS
SELECT m.id, m.model, m.source, m.target, '', m.sha256, '', m.author, m.reason, '', m.proposed_us, m.act,
    COALESCE(d.verdict, ''), COALESCE(d.officer, ''), COALESCE(d.reason, ''), COALESCE(d.at_us, 0), COALESCE(d.act, -1)
FROM migration m LEFT JOIN migration_verdict d ON d.id = m.id WHERE m.model = ?1 AND m.id < ?2 ORDER BY m.id DESC LIMIT ?3;

-- stmt: MIGRATE_VERDICT_ADD
INSERT INTO migration_verdict (id, verdict, officer, reason, at_us, act) VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (id) DO NOTHING;

-- Open cases of a version, along the primary key: a table of a million is gone through once, however many pages it takes.
-- stmt: MIGRATE_OPEN_CASES
SELECT id FROM process_instance WHERE id > ?3 AND model = ?1 AND version = ?2 ORDER BY id LIMIT ?4;

-- stmt: MIGRATE_LEASED
SELECT id FROM process_token WHERE instance = ?1 AND kind = 'job' AND lease_us > 0 ORDER BY id;

-- stmt: MIGRATE_TRIAL_GET
SELECT models, after_id, report FROM migration_trial WHERE model = ?1 AND sha256 = ?2;

-- stmt: MIGRATE_TRIAL_BEGIN
INSERT INTO migration_trial (model, sha256, models, after_id, report, at_us) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
ON CONFLICT (model, sha256) DO UPDATE SET models = excluded.models, after_id = excluded.after_id, report = excluded.report, at_us = excluded.at_us;

-- Only from where it stood: of two who go on at the same time one has counted for nothing.
-- stmt: MIGRATE_TRIAL_GO_ON
UPDATE migration_trial SET after_id = ?4, report = ?5, at_us = ?6 WHERE model = ?1 AND sha256 = ?2 AND after_id = ?3;

-- stmt: MIGRATE_TRIAL_FORGET
DELETE FROM migration_trial WHERE at_us < ?1;

-- stmt: MIGRATE_CASE_PUT
INSERT INTO migration_case (migration, instance, state, revision, reasons, at_us, act) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
ON CONFLICT (migration, instance) DO UPDATE SET state = excluded.state, revision = excluded.revision, reasons = excluded.reasons,
    at_us = excluded.at_us, act = excluded.act;

-- stmt: MIGRATE_CASE_GET
SELECT state, revision FROM migration_case WHERE migration = ?1 AND instance = ?2;

-- stmt: MIGRATE_CASES
SELECT m.instance, m.state, m.revision, m.reasons, m.at_us, m.act, COALESCE(i.business_key, c.business_key, '')
FROM migration_case m LEFT JOIN process_instance i ON i.id = m.instance LEFT JOIN process_closed c ON c.id = m.instance
WHERE m.migration = ?1 AND m.instance > ?2 ORDER BY m.instance LIMIT ?3;

-- stmt: MIGRATE_CASE_KEY
SELECT business_key FROM process_instance WHERE id = ?1 UNION ALL SELECT business_key FROM process_closed WHERE id = ?1;

-- stmt: MIGRATE_CASES_MOVED
SELECT instance FROM migration_case WHERE migration = ?1 AND instance > ?2 AND state = 'moved' ORDER BY instance LIMIT ?3;

-- stmt: MIGRATE_CASES_COUNT
SELECT state, COUNT(*) FROM migration_case WHERE migration = ?1 GROUP BY state ORDER BY state;

-- --- what a row is called otherwise

-- stmt: MIGRATE_INSTANCE_SET
UPDATE process_instance SET model = ?2, version = ?3, models = ?4 WHERE id = ?1;

-- stmt: MIGRATE_SCOPE_SET
UPDATE process_scope SET binding = ?3, element = ?4 WHERE instance = ?1 AND id = ?2;

-- stmt: MIGRATE_TOKEN_SET
UPDATE process_token SET element = ?3, flow = ?4, event = ?5, name = ?6 WHERE instance = ?1 AND id = ?2;

-- --- the way back

-- stmt: MIGRATE_KEEP
INSERT INTO migration_kept (migration, instance, model, version, models, state, scopes, variables)
SELECT ?1, id, model, version, models, state, scopes, variables FROM process_instance WHERE id = ?2;

-- stmt: MIGRATE_KEEP_SCOPES
INSERT INTO migration_kept_scope (migration, instance, id, parent, token, kind, binding, element, total, active, done, following, counter, ended, variables)
SELECT ?1, instance, id, parent, token, kind, binding, element, total, active, done, following, counter, ended, variables
FROM process_scope WHERE instance = ?2;

-- stmt: MIGRATE_KEEP_TOKENS
INSERT INTO migration_kept_token (migration, instance, id, scope, host, listens, kind, element, flow, event, name, key, due_us, anchor_us, turns, attempt,
    data, since_us, asleep, ripe_us, tries, trouble)
SELECT ?1, instance, id, scope, host, listens, kind, element, flow, event, name, key, due_us, anchor_us, turns, attempt,
    data, since_us, asleep, ripe_us, tries, trouble
FROM process_token WHERE instance = ?2;

-- An attempt only goes up, so that whoever had a job in between cannot end it any more.
-- stmt: MIGRATE_KEPT_ATTEMPTS
UPDATE migration_kept_token SET attempt = (SELECT t.attempt + 1 FROM process_token t WHERE t.instance = migration_kept_token.instance
    AND t.id = migration_kept_token.id)
WHERE migration = ?1 AND instance = ?2 AND kind IN ('job', 'timer') AND EXISTS (SELECT 1 FROM process_token t
    WHERE t.instance = migration_kept_token.instance AND t.id = migration_kept_token.id);

-- stmt: MIGRATE_DROP_SCOPES
DELETE FROM process_scope WHERE instance = ?1;

-- stmt: MIGRATE_DROP_TOKENS
DELETE FROM process_token WHERE instance = ?1;

-- stmt: MIGRATE_BACK
UPDATE process_instance SET (model, version, models, state, scopes, variables) = (SELECT k.model, k.version, k.models, k.state, k.scopes, k.variables
    FROM migration_kept k WHERE k.migration = ?1 AND k.instance = ?2)
WHERE id = ?2;

-- stmt: MIGRATE_BACK_SCOPES
INSERT INTO process_scope (instance, id, parent, token, kind, binding, element, total, active, done, following, counter, ended, variables)
SELECT instance, id, parent, token, kind, binding, element, total, active, done, following, counter, ended, variables
FROM migration_kept_scope WHERE migration = ?1 AND instance = ?2;

-- stmt: MIGRATE_BACK_TOKENS
INSERT INTO process_token (instance, id, scope, host, listens, kind, element, flow, event, name, key, due_us, anchor_us, turns, attempt,
    data, since_us, asleep, ripe_us, tries, trouble)
SELECT instance, id, scope, host, listens, kind, element, flow, event, name, key, due_us, anchor_us, turns, attempt,
    data, since_us, asleep, ripe_us, tries, trouble
FROM migration_kept_token WHERE migration = ?1 AND instance = ?2;

-- Copies that no way leads back to any more: something was done since, or the case has ended.
-- stmt: MIGRATE_KEPT_IN_VAIN
SELECT k.migration, k.instance FROM migration_kept k WHERE (k.migration, k.instance) > (?1, ?2)
    AND NOT EXISTS (SELECT 1 FROM process_instance i JOIN migration_case c ON c.migration = k.migration AND c.instance = i.id
        WHERE i.id = k.instance AND c.revision = i.revision AND c.state = 'moved')
ORDER BY k.migration, k.instance LIMIT ?3;

-- stmt: MIGRATE_FORGET
DELETE FROM migration_kept WHERE migration = ?1 AND instance = ?2;

-- stmt: MIGRATE_FORGET_SCOPES
DELETE FROM migration_kept_scope WHERE migration = ?1 AND instance = ?2;

-- stmt: MIGRATE_FORGET_TOKENS
DELETE FROM migration_kept_token WHERE migration = ?1 AND instance = ?2;

-- stmt: MIGRATE_CLOCKS_STOPPED
SELECT COUNT(*) FROM clock c JOIN clock_log l ON l.clock = c.id WHERE c.instance = ?1 AND c.instance > 0 AND l.did = 'stop' AND l.document = ?2;

-- stmt: MIGRATE_REVISION
SELECT revision FROM process_instance WHERE id = ?1;
