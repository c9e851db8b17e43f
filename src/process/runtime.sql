-- Running processes: instances, scopes, tokens, history, commands, messages, signals.

-- What one command has to know before it begins: whether its key was answered, and the instance.
-- stmt: PROCESS_LOAD
SELECT c.request, c.answer, i.id, i.month, i.business_key, i.state, i.revision, i.next_id, i.started_us, i.scopes, i.variables, i.hash,
    CAST(0 AS INTEGER), '', i.models
FROM (SELECT 1 AS one) o LEFT JOIN process_command c ON c.actor = ?2 AND c.key = ?3
LEFT JOIN process_instance i ON i.id = ?1;

-- The same columns, of one that has ended.
-- stmt: PROCESS_LOAD_CLOSED
SELECT CAST(NULL AS BLOB), CAST(NULL AS BLOB), id, month, business_key, state, revision, next_id, started_us, scopes, variables, hash, ended_us, failed_code, models
FROM process_closed WHERE id = ?1;

-- stmt: PROCESS_SCOPES
SELECT id, parent, token, kind, binding, element, total, active, done, following, counter, ended, variables
FROM process_scope WHERE instance = ?1 ORDER BY id;

-- stmt: PROCESS_TOKENS
SELECT id, scope, host, listens, kind, element, flow, event, name, key, due_us, anchor_us, turns, attempt, data
FROM process_token WHERE instance = ?1 ORDER BY id;

-- stmt: PROCESS_INSTANCE_ADD
INSERT INTO process_instance (id, month, model, version, models, business_key, state, revision, next_id, started_us, scopes, variables, hash)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13);

-- stmt: PROCESS_INSTANCE_STEP
UPDATE process_instance SET state = ?2, revision = ?3, next_id = ?4, scopes = ?5, hash = ?6 WHERE id = ?1 AND revision = ?7;

-- stmt: PROCESS_INSTANCE_STEP_SET
UPDATE process_instance SET state = ?2, revision = ?3, next_id = ?4, scopes = ?5, hash = ?6, variables = ?8
WHERE id = ?1 AND revision = ?7;

-- stmt: PROCESS_INSTANCE_DROP
DELETE FROM process_instance WHERE id = ?1;

-- stmt: PROCESS_CLOSED_ADD
INSERT INTO process_closed (id, month, model, version, models, business_key, state, revision, next_id, started_us, scopes, variables, hash,
    ended_us, failed_code)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15);

-- stmt: PROCESS_CLOSED_DROP
DELETE FROM process_closed WHERE id = ?1 AND month = ?2;

-- stmt: PROCESS_SCOPE_ADD
INSERT INTO process_scope (instance, id, parent, token, kind, binding, element, total, active, done, following, counter, ended, variables)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14);

-- stmt: PROCESS_SCOPE_SET
UPDATE process_scope SET token = ?3, total = ?4, active = ?5, done = ?6, following = ?7, counter = ?8, ended = ?9, variables = ?10
WHERE instance = ?1 AND id = ?2;

-- stmt: PROCESS_SCOPE_DROP
DELETE FROM process_scope WHERE instance = ?1 AND id = ?2;

-- stmt: PROCESS_TOKEN_ADD
INSERT INTO process_token (instance, id, scope, host, listens, kind, element, flow, event, name, key, due_us, anchor_us, turns, attempt,
    data, since_us, asleep, ripe_us)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19);

-- What a job had of leases and tries is over when the engine has changed it.
-- stmt: PROCESS_TOKEN_SET
UPDATE process_token SET scope = ?3, host = ?4, listens = ?5, kind = ?6, element = ?7, flow = ?8, event = ?9, name = ?10, key = ?11,
    due_us = ?12, anchor_us = ?13, turns = ?14, attempt = ?15, data = ?16, since_us = ?17, asleep = ?18, ripe_us = ?19,
    lease_us = 0, owner = '', tries = 0, trouble = NULL
WHERE instance = ?1 AND id = ?2;

-- stmt: PROCESS_TOKEN_DROP
DELETE FROM process_token WHERE instance = ?1 AND id = ?2;

-- stmt: PROCESS_TOKENS_SLEEP
UPDATE process_token SET asleep = ?2 WHERE instance = ?1;

-- stmt: PROCESS_HISTORY_ADD
INSERT INTO process_history (place, month, at_us, body, hash) VALUES (?1, ?2, ?3, ?4, ?5);

-- stmt: PROCESS_HISTORY
SELECT place, at_us, body, hash FROM process_history WHERE month = ?1 AND place > ?2 AND place <= ?3 ORDER BY place LIMIT ?4;

-- stmt: PROCESS_COMMAND_ADD
INSERT INTO process_command (actor, key, request, answer, at_us) VALUES (?1, ?2, ?3, ?4, ?5);

-- The oldest come first, and none is looked for: what lies in a future that a wrong clock once saw goes too.
-- stmt: PROCESS_COMMANDS_FORGET
DELETE FROM process_command WHERE id IN (SELECT id FROM process_command ORDER BY id LIMIT ?3) AND (at_us < ?1 OR at_us > ?2);

-- stmt: PROCESS_SERIAL_TAKE
UPDATE process_serial SET next = next + ?2 WHERE name = ?1;

-- stmt: PROCESS_SERIAL_NEXT
SELECT next FROM process_serial WHERE name = ?1;

-- stmt: PROCESS_MODELS
SELECT models FROM process_instance WHERE id = ?1 UNION ALL SELECT models FROM process_closed WHERE id = ?1;

-- stmt: PROCESS_WHERE
SELECT month, revision, hash FROM process_instance WHERE id = ?1 UNION ALL SELECT month, revision, hash FROM process_closed WHERE id = ?1;

-- stmt: PROCESS_OF_KEY
SELECT id FROM process_instance WHERE business_key = ?1 AND business_key <> ''
UNION ALL SELECT id FROM process_closed WHERE business_key = ?1 AND business_key <> '' ORDER BY id LIMIT ?2;

-- stmt: PROCESS_CASE_OF
SELECT business_key FROM process_instance WHERE id = ?1 UNION ALL SELECT business_key FROM process_closed WHERE id = ?1;

-- --- messages and signals

-- stmt: PROCESS_AWAITS
SELECT instance, id FROM process_token WHERE kind = 'message' AND asleep = 0 AND name = ?1 AND key = ?2 ORDER BY instance, id LIMIT 1;

-- stmt: PROCESS_MESSAGE_ADD
INSERT INTO process_message (id, name, key, request, content, at_us, expires_us, keep_us) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
ON CONFLICT (id) DO NOTHING;

-- stmt: PROCESS_MESSAGE_BY_ID
SELECT name, key, request, content, at_us, expires_us, instance FROM process_message WHERE id = ?1;

-- stmt: PROCESS_MESSAGE_TAKEN
UPDATE process_message SET instance = ?2 WHERE id = ?1 AND instance = 0;

-- One that is on its way already is nobody else's.
-- stmt: PROCESS_MESSAGES_WAITING
SELECT m.id FROM process_message m WHERE m.name = ?1 AND m.key = ?2 AND m.instance = 0 AND m.expires_us > ?3
    AND NOT EXISTS (SELECT 1 FROM process_outbox o WHERE o.id = 'm:' || m.id)
ORDER BY m.at_us, m.id LIMIT ?4;

-- stmt: PROCESS_MESSAGE_AGAIN
UPDATE process_message SET key = ?2, expires_us = ?3, keep_us = CASE WHEN keep_us > ?3 THEN keep_us ELSE ?3 END
WHERE id = ?1 AND instance = 0;

-- Nobody has taken them: what waits still, and what waited in vain.
-- stmt: PROCESS_MESSAGES_UNTAKEN
SELECT id, name, key, content, at_us, expires_us FROM process_message WHERE instance = 0 AND (name, key, at_us, id) > (?1, ?2, ?3, ?4)
ORDER BY name, key, at_us, id LIMIT ?5;

-- stmt: PROCESS_MESSAGES_FORGET
DELETE FROM process_message WHERE id IN (SELECT id FROM process_message WHERE keep_us < ?1 ORDER BY keep_us LIMIT ?2);

-- stmt: PROCESS_LISTENERS
SELECT instance, id, attempt FROM process_token WHERE kind = 'message' AND asleep = 0 AND name = ?1 AND key = ?2
ORDER BY instance, id LIMIT ?3;

-- stmt: PROCESS_SIGNAL_LISTENERS
SELECT instance, id, attempt FROM process_token WHERE kind = 'signal' AND asleep = 0 AND name = ?1 AND instance > ?2 AND instance <> ?3
    AND since_us <= ?4
ORDER BY instance, id LIMIT ?5;

-- stmt: PROCESS_OUTBOX_ADD
INSERT INTO process_outbox (id, kind, name, key, content, instance, at_us, next_us, cursor, tries)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, 0, 0) ON CONFLICT (id) DO NOTHING;

-- stmt: PROCESS_OUTBOX_NEXT
SELECT id, kind, name, key, content, instance, at_us, cursor FROM process_outbox WHERE next_us <= ?1 ORDER BY next_us, id LIMIT ?2;

-- stmt: PROCESS_OUTBOX_CURSOR
UPDATE process_outbox SET cursor = ?2 WHERE id = ?1;

-- stmt: PROCESS_OUTBOX_LATER
UPDATE process_outbox SET next_us = ?2, tries = tries + 1 WHERE id = ?1;

-- stmt: PROCESS_OUTBOX_DROP
DELETE FROM process_outbox WHERE id = ?1;

-- --- what time asks for

-- stmt: PROCESS_TIMERS_DUE
SELECT instance, id, attempt FROM process_token WHERE kind = 'timer' AND asleep = 0 AND ripe_us <= ?1 ORDER BY ripe_us, instance LIMIT ?2;

-- A row that nothing can be made of stands still where people look.
-- stmt: PROCESS_TOKEN_SPOIL
UPDATE process_token SET kind = 'incident', name = ?4, key = '', data = ?5, since_us = ?6, ripe_us = 0, lease_us = 0, owner = ''
WHERE instance = ?1 AND id = ?2 AND attempt = ?3 AND asleep = 0 AND kind IN ('timer', 'job', 'message', 'signal');

-- stmt: PROCESS_HEAD
SELECT month, revision, hash FROM process_instance WHERE id = ?1;

-- stmt: PROCESS_HEAD_SET
UPDATE process_instance SET revision = ?2, hash = ?3 WHERE id = ?1;

-- stmt: PROCESS_NEXT_TURN
SELECT COALESCE((SELECT MIN(ripe_us) FROM process_token WHERE kind = 'timer' AND asleep = 0), ?1),
    COALESCE((SELECT MIN(next_us) FROM process_outbox), ?1),
    COALESCE((SELECT MIN(lease_us) FROM process_token WHERE lease_us > 0 AND asleep = 0), ?1);

-- stmt: PROCESS_INCIDENTS
SELECT instance, token, business_key, model, version, element, code, data, since_us FROM process_incident
WHERE (instance, token) > (?1, ?2) ORDER BY instance, token LIMIT ?3;

-- --- jobs

-- stmt: PROCESS_JOBS_RIPE
SELECT t.instance, t.id, t.attempt, t.tries, t.element, t.data, i.business_key, i.model
FROM process_token t JOIN process_instance i ON i.id = t.instance
WHERE t.kind = 'job' AND t.asleep = 0 AND t.lease_us = 0 AND t.name = ?1 AND t.ripe_us <= ?2
ORDER BY t.ripe_us, t.instance, t.id LIMIT ?3;

-- Ripe at the end of time: the row is looked for by nobody.
-- stmt: PROCESS_JOB_PARK
UPDATE process_token SET ripe_us = ?3 WHERE instance = ?1 AND id = ?2 AND kind = 'job';

-- stmt: PROCESS_JOB_LEASE
UPDATE process_token SET attempt = attempt + 1, lease_us = ?4, owner = ?5
WHERE instance = ?1 AND id = ?2 AND attempt = ?3 AND kind = 'job' AND lease_us = 0;

-- stmt: PROCESS_JOB_HEARTBEAT
UPDATE process_token SET lease_us = ?5
WHERE instance = ?1 AND id = ?2 AND attempt = ?3 AND kind = 'job' AND lease_us > 0 AND owner = ?4;

-- stmt: PROCESS_JOB
SELECT attempt, tries FROM process_token WHERE instance = ?1 AND id = ?2 AND kind = 'job' AND lease_us > 0;

-- stmt: PROCESS_JOB_RETURN
UPDATE process_token SET attempt = attempt + 1, lease_us = 0, owner = '', tries = tries + 1, ripe_us = ?4, trouble = ?5
WHERE instance = ?1 AND id = ?2 AND attempt = ?3 AND kind = 'job' AND lease_us > 0;

-- One that lies further ahead than leases go was given by a clock that was wrong.
-- stmt: PROCESS_LEASES_OVER
SELECT instance, id, attempt FROM process_token WHERE lease_us > 0 AND asleep = 0 AND (lease_us <= ?1 OR lease_us > ?2) LIMIT ?3;

-- stmt: PROCESS_LEASES_END
UPDATE process_token SET lease_us = ?2 WHERE lease_us > 0 AND asleep = 0 AND lease_us > ?2 AND kind = 'job' AND owner = ?1;

-- Who has, or had last, what stands there.
-- stmt: PROCESS_JOB_HELD
SELECT kind, name, attempt, lease_us, owner FROM process_token WHERE instance = ?1 AND id = ?2;

-- stmt: PROCESS_JOB_ANY
SELECT 1 FROM process_token WHERE kind = 'job' AND asleep = 0 AND lease_us = 0 AND name = ?1 AND ripe_us <= ?2 LIMIT 1;
