-- Accounts, sign-in, sessions.

-- stmt: ACCOUNT_PUT
INSERT INTO account (id, login_index, password, subject, officer, created_us)
VALUES (?1, ?2, ?3, ?4, ?5, ?6)
ON CONFLICT (login_index) DO UPDATE SET password = excluded.password, subject = excluded.subject,
    officer = excluded.officer
RETURNING id;

-- stmt: ACCOUNT_BY_LOGIN
SELECT id, password FROM account WHERE login_index = ?1;

-- stmt: ACCOUNT_BY_ID
SELECT subject, officer FROM account WHERE id = ?1;

-- stmt: NAME_LOCKED
SELECT locked_us FROM sign_in_name WHERE login_index = ?1;

-- stmt: NAME_FAILED
INSERT INTO sign_in_name (login_index, failures, locked_us, since_us)
VALUES (?1, 1, CASE WHEN CAST(?3 AS BIGINT) <= 1 THEN CAST(?4 AS BIGINT) ELSE 0 END, ?2)
ON CONFLICT (login_index) DO UPDATE SET
    failures = CASE WHEN sign_in_name.since_us <= ?5 THEN 1 ELSE sign_in_name.failures + 1 END,
    locked_us = CASE WHEN sign_in_name.since_us > ?5 AND sign_in_name.failures + 1 >= ?3 THEN ?4
                     ELSE excluded.locked_us END,
    since_us = excluded.since_us;

-- stmt: NAME_SUCCEEDED
DELETE FROM sign_in_name WHERE login_index = ?1;

-- stmt: PEER_FAILURES
SELECT failures FROM sign_in_peer WHERE peer = ?1 AND since_us > ?2;

-- stmt: PEER_FAILED
INSERT INTO sign_in_peer (peer, failures, since_us) VALUES (?1, 1, ?2)
ON CONFLICT (peer) DO UPDATE SET
    failures = CASE WHEN sign_in_peer.since_us <= ?3 THEN 1 ELSE sign_in_peer.failures + 1 END,
    since_us = CASE WHEN sign_in_peer.since_us <= ?3 THEN excluded.since_us
                    ELSE sign_in_peer.since_us END;

-- stmt: SESSION_ADD
INSERT INTO session (token_hash, account, created_us, seen_us) VALUES (?1, ?2, ?3, ?3);

-- stmt: SESSION_GET
SELECT s.account, s.created_us, s.seen_us, a.subject, a.officer
FROM session s JOIN account a ON a.id = s.account WHERE s.token_hash = ?1;

-- stmt: SESSION_OF_ACCOUNT
SELECT token_hash, created_us, seen_us FROM session
WHERE account = ?1 AND created_us > ?2 AND seen_us > ?3 ORDER BY seen_us DESC, token_hash LIMIT ?4;

-- stmt: SESSION_SEEN
UPDATE session SET seen_us = ?2 WHERE token_hash = ?1;

-- stmt: SESSION_DELETE
DELETE FROM session WHERE token_hash = ?1;

-- stmt: SESSION_DELETE_ALL
DELETE FROM session WHERE account = ?1;

-- stmt: SESSION_EXPIRE
DELETE FROM session WHERE seen_us <= ?1;

-- stmt: PEER_EXPIRE
DELETE FROM sign_in_peer WHERE since_us <= ?1;

-- stmt: NAME_EXPIRE
DELETE FROM sign_in_name WHERE since_us <= ?1;
