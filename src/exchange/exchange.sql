-- stmt: NONCE_ADD
INSERT INTO exchange_nonce (consumer, nonce, until_s) VALUES (?1, ?2, ?3) ON CONFLICT (consumer, nonce) DO NOTHING;

-- stmt: NONCE_PURGE
DELETE FROM exchange_nonce WHERE until_s < ?1 AND id IN (SELECT id FROM exchange_nonce ORDER BY id LIMIT ?2);

-- stmt: NONCE_COUNT
SELECT COUNT(*) FROM exchange_nonce;
