-- Answers kept under a client's own key, so that a lost answer or a double click makes one case.

-- stmt: IDEMPOTENCY_GET
SELECT digest, status, location, body FROM idempotency WHERE account = ?1 AND key = ?2 AND status > 0;

-- stmt: IDEMPOTENCY_KEEP
INSERT INTO idempotency (account, key, digest, claimed_us, status, location, body)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
ON CONFLICT (account, key) DO UPDATE SET digest = excluded.digest, claimed_us = excluded.claimed_us,
    status = excluded.status, location = excluded.location, body = excluded.body;

-- stmt: IDEMPOTENCY_EXPIRE
DELETE FROM idempotency WHERE claimed_us < ?1;
