-- status 0: claimed, the answer is not known yet.  body is sealed.
CREATE TABLE idempotency (
    account    TEXT NOT NULL,
    key        TEXT NOT NULL,
    digest     TEXT NOT NULL,
    claimed_us INTEGER NOT NULL,
    status     INTEGER NOT NULL,
    location   TEXT NOT NULL,
    body       BLOB,
    PRIMARY KEY (account, key)
) STRICT;
CREATE INDEX idempotency_by_time ON idempotency (claimed_us);
