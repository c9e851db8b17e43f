-- Answers kept under a client's own key, so that a lost answer or a double click makes one case.

-- stmt: IDEMPOTENCY_GET
SELECT digest, claimed_us, status, location, body FROM idempotency WHERE account = ?1 AND key = ?2;

-- stmt: IDEMPOTENCY_CLAIM
INSERT INTO idempotency (account, key, digest, claimed_us, status, location, body)
VALUES (?1, ?2, ?3, ?4, 0, '', NULL)
ON CONFLICT (account, key) DO UPDATE SET digest = excluded.digest, claimed_us = excluded.claimed_us,
    status = 0, location = '', body = NULL;

-- stmt: IDEMPOTENCY_KEEP
UPDATE idempotency SET status = ?3, location = ?4, body = ?5 WHERE account = ?1 AND key = ?2;

-- stmt: IDEMPOTENCY_RELEASE
DELETE FROM idempotency WHERE account = ?1 AND key = ?2 AND status = 0;

-- stmt: IDEMPOTENCY_EXPIRE
DELETE FROM idempotency WHERE claimed_us < ?1;
