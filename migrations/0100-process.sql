-- Running processes.  An instance is a row with the variables of its outermost scope; scopes and tokens are rows of their own and name
-- elements by their BPMN id.  These tables hold open work only.  What is sealed belongs to its row (docs/why/0008).
--
-- models: which version of which model each process key means here, bound when it started: [["key",version,"process id"],…].
-- month: of the start, 202611; where its history lies.  scopes: how many rows of process_scope there are.
CREATE TABLE process_instance (
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
    hash         BLOB NOT NULL
) STRICT;
CREATE INDEX process_instance_by_key ON process_instance (business_key) WHERE business_key <> '';

-- All scopes but the outermost.
CREATE TABLE process_scope (
    instance  INTEGER NOT NULL,
    id        INTEGER NOT NULL,
    parent    INTEGER NOT NULL,
    token     INTEGER NOT NULL,
    kind      TEXT NOT NULL,
    binding   INTEGER NOT NULL,
    element   TEXT NOT NULL,
    total     INTEGER NOT NULL,
    active    INTEGER NOT NULL,
    done      INTEGER NOT NULL,
    following INTEGER NOT NULL,
    counter   INTEGER NOT NULL,
    ended     INTEGER NOT NULL,
    variables BLOB NOT NULL,
    PRIMARY KEY (instance, id)
) STRICT, WITHOUT ROWID;

-- event: which of the element's triggers, from 0; -1: none.  asleep: its instance is suspended or over.  ripe_us: when somebody has to look at it, a
-- timer that is due, a job that may be tried; lease_us: until when a job is somebody's, 0: nobody's; tries: how often a job has failed.
CREATE TABLE process_token (
    instance  INTEGER NOT NULL,
    id        INTEGER NOT NULL,
    scope     INTEGER NOT NULL,
    host      INTEGER NOT NULL,
    listens   INTEGER NOT NULL,
    kind      TEXT NOT NULL,
    element   TEXT NOT NULL,
    flow      TEXT NOT NULL,
    event     INTEGER NOT NULL,
    name      TEXT NOT NULL,
    key       TEXT NOT NULL,
    due_us    INTEGER NOT NULL,
    anchor_us INTEGER NOT NULL,
    turns     INTEGER NOT NULL,
    attempt   INTEGER NOT NULL,
    data      BLOB,
    since_us  INTEGER NOT NULL,
    asleep    INTEGER NOT NULL,
    ripe_us   INTEGER NOT NULL,
    lease_us  INTEGER NOT NULL DEFAULT 0,
    owner     TEXT NOT NULL DEFAULT '',
    tries     INTEGER NOT NULL DEFAULT 0,
    trouble   BLOB,
    PRIMARY KEY (instance, id)
) STRICT, WITHOUT ROWID;
-- Each index holds only the rows that somebody looks for, so that millions of tasks cost nothing to those who look for timers.
CREATE INDEX process_timer_due ON process_token (ripe_us) WHERE kind = 'timer' AND asleep = 0;
CREATE INDEX process_job_ripe ON process_token (name, ripe_us) WHERE kind = 'job' AND asleep = 0 AND lease_us = 0;
CREATE INDEX process_job_leased ON process_token (lease_us) WHERE lease_us > 0 AND asleep = 0;
CREATE INDEX process_waits_for_message ON process_token (name, key, instance) WHERE kind = 'message' AND asleep = 0;
CREATE INDEX process_waits_for_signal ON process_token (name, instance) WHERE kind = 'signal' AND asleep = 0;
CREATE INDEX process_incident_of ON process_token (instance, id) WHERE kind = 'incident';

CREATE VIEW process_incident AS
SELECT t.instance, t.id AS token, i.business_key, i.model, i.version, t.element, t.name AS code, t.data, t.since_us
FROM process_token t JOIN process_instance i ON i.id = t.instance WHERE t.kind = 'incident';

-- One row for each command that was carried out: place is instance * 2^24 + number of the command, so all of one instance lies together.
-- hash is SHA-256 of the hash before it and the body as it stands here; what was closed is never read past, and never moved.
-- sqlite:
CREATE TABLE process_history (
    place INTEGER PRIMARY KEY NOT NULL,
    month INTEGER NOT NULL,
    at_us INTEGER NOT NULL,
    body  BLOB NOT NULL,
    hash  BLOB NOT NULL
) STRICT;
CREATE TRIGGER process_history_kept BEFORE UPDATE ON process_history BEGIN SELECT RAISE(ABORT, 'history is never edited'); END;
-- postgres:
CREATE TABLE process_history (
    place BIGINT NOT NULL,
    month BIGINT NOT NULL,
    at_us BIGINT NOT NULL,
    body  BYTEA NOT NULL,
    hash  BYTEA NOT NULL,
    PRIMARY KEY (place, month)
) PARTITION BY RANGE (month);
CREATE FUNCTION process_never_edited() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'history is never edited' USING ERRCODE = 'check_violation'; END $$ LANGUAGE plpgsql;
CREATE TRIGGER process_history_kept BEFORE UPDATE ON process_history FOR EACH ROW EXECUTE FUNCTION process_never_edited();
DO $$ BEGIN
    FOR y IN 2026..2035 LOOP
        EXECUTE format('CREATE TABLE process_history_%s PARTITION OF process_history FOR VALUES FROM (%s01) TO (%s01)', y, y, y + 1);
    END LOOP;
END $$;
CREATE TABLE process_history_other PARTITION OF process_history DEFAULT;
