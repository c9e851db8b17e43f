-- Instances of processes that have ended, out of the way of the open ones.  Like history by the month of the start, so that both go together.
-- sqlite:
CREATE TABLE process_closed (
    id           INTEGER PRIMARY KEY NOT NULL,
    month        INTEGER NOT NULL,
    model        TEXT NOT NULL,
    version      INTEGER NOT NULL,
    models       TEXT NOT NULL,
    business_key TEXT NOT NULL,
    state        TEXT NOT NULL,
    revision     INTEGER NOT NULL,
    next_id      INTEGER NOT NULL,
    started_us   INTEGER NOT NULL,
    scopes       INTEGER NOT NULL,
    variables    BLOB NOT NULL,
    hash         BLOB NOT NULL,
    ended_us     INTEGER NOT NULL,
    failed_code  TEXT NOT NULL
) STRICT;
-- postgres:
CREATE TABLE process_closed (
    id           BIGINT NOT NULL,
    month        BIGINT NOT NULL,
    model        TEXT NOT NULL,
    version      BIGINT NOT NULL,
    models       TEXT NOT NULL,
    business_key TEXT NOT NULL,
    state        TEXT NOT NULL,
    revision     BIGINT NOT NULL,
    next_id      BIGINT NOT NULL,
    started_us   BIGINT NOT NULL,
    scopes       BIGINT NOT NULL,
    variables    BYTEA NOT NULL,
    hash         BYTEA NOT NULL,
    ended_us     BIGINT NOT NULL,
    failed_code  TEXT NOT NULL,
    PRIMARY KEY (id, month)
) PARTITION BY RANGE (month);
DO $$ BEGIN
    FOR y IN 2026..2035 LOOP
        EXECUTE format('CREATE TABLE process_closed_%s PARTITION OF process_closed FOR VALUES FROM (%s01) TO (%s01)', y, y, y + 1);
    END LOOP;
END $$;
CREATE TABLE process_closed_other PARTITION OF process_closed DEFAULT;
-- both:
CREATE INDEX process_closed_by_key ON process_closed (business_key) WHERE business_key <> '';
