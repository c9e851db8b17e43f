-- Questions that were used: a nonce counts once for its consumer, also after a restart.  Rows stand in the order
-- in which they came, so what is too old to be replayed is taken away at the front.
CREATE TABLE exchange_nonce (
    id       INTEGER PRIMARY KEY,
    consumer TEXT NOT NULL,
    nonce    TEXT NOT NULL,
    until_s  INTEGER NOT NULL,
    UNIQUE (consumer, nonce)
) STRICT;
