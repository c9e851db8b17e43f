-- What running processes are told, and tell one another.

-- What was answered to a key of a sender; request is the hash of what was asked.
CREATE TABLE process_command (
    id      INTEGER PRIMARY KEY NOT NULL,
    actor   TEXT NOT NULL,
    key     TEXT NOT NULL,
    request BLOB NOT NULL,
    answer  BLOB NOT NULL,
    at_us   INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX process_command_by_key ON process_command (actor, key);

-- instance 0: nobody has taken it.  Until expires_us somebody may; until keep_us its id is remembered.
CREATE TABLE process_message (
    id         TEXT PRIMARY KEY NOT NULL,
    name       TEXT NOT NULL,
    key        TEXT NOT NULL,
    request    BLOB NOT NULL,
    content    BLOB NOT NULL,
    at_us      INTEGER NOT NULL,
    expires_us INTEGER NOT NULL,
    keep_us    INTEGER NOT NULL,
    instance   INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX process_message_untaken ON process_message (name, key, at_us) WHERE instance = 0;
CREATE INDEX process_message_kept ON process_message (keep_us);

-- What has to be told to others: a message that was thrown or has waited for its listener, a signal to all who listen.
-- instance: who threw it; cursor: up to which instance a signal has been told.
CREATE TABLE process_outbox (
    id       TEXT PRIMARY KEY NOT NULL,
    kind     TEXT NOT NULL CHECK (kind IN ('message', 'signal')),
    name     TEXT NOT NULL,
    key      TEXT NOT NULL,
    content  BLOB NOT NULL,
    instance INTEGER NOT NULL,
    at_us    INTEGER NOT NULL,
    next_us  INTEGER NOT NULL,
    cursor   INTEGER NOT NULL,
    tries    INTEGER NOT NULL
) STRICT;
CREATE INDEX process_outbox_next ON process_outbox (next_us);

-- Numbers are taken in blocks, so that giving one costs no row.
CREATE TABLE process_serial (
    name TEXT PRIMARY KEY NOT NULL,
    next INTEGER NOT NULL
) STRICT;
INSERT INTO process_serial (name, next) VALUES ('instance', 1);
