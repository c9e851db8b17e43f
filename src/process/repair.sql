-- What persons do about processes that cannot go on.

-- stmt: REPAIR_AT
SELECT business_key, model, version, element, code FROM process_incident WHERE instance = ?1 AND token = ?2;

-- stmt: REPAIR_STUCK
SELECT COUNT(*) FROM process_token WHERE instance = ?1 AND kind = 'incident';

-- stmt: PROPOSAL_FIND
SELECT element, officer FROM process_repair WHERE instance = ?1 AND token = ?2;

-- stmt: PROPOSAL_ADD
INSERT INTO process_repair (instance, token, element, officer, at_us, content) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
ON CONFLICT (instance, token) DO NOTHING;

-- stmt: PROPOSAL_DROP
DELETE FROM process_repair WHERE instance = ?1 AND (token = ?2 OR ?2 = 0);

-- Proposals whose token went on by itself.
-- stmt: PROPOSAL_SWEEP
DELETE FROM process_repair WHERE NOT EXISTS
    (SELECT 1 FROM process_token t WHERE t.instance = process_repair.instance AND t.id = process_repair.token AND t.kind = 'incident');

-- stmt: UNTAKEN_FIND
SELECT name FROM process_message WHERE id = ?1 AND instance = 0;

-- Its id stays known, so that the same message does not come again.
-- stmt: UNTAKEN_DROP
UPDATE process_message SET instance = ?2 WHERE id = ?1 AND instance = 0;
