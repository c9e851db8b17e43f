-- Plans by which running cases are moved to another version of their process.  plan: canonical JSON; models: what the target and what it calls mean for
-- a case that is moved, [["key",version,"process id"],…], fixed when it was proposed.  report: what the trial run said then.
CREATE TABLE migration (
    id          INTEGER PRIMARY KEY NOT NULL,
    model       TEXT NOT NULL REFERENCES rule_model (id),
    source      INTEGER NOT NULL,
    target      INTEGER NOT NULL,
    plan        TEXT NOT NULL,
    sha256      TEXT NOT NULL,
    models      TEXT NOT NULL,
    author      TEXT NOT NULL,
    reason      TEXT NOT NULL,
    report      TEXT NOT NULL,
    proposed_us INTEGER NOT NULL,
    act         INTEGER NOT NULL
) STRICT;
CREATE INDEX migration_of_model ON migration (model, id);
CREATE TABLE migration_verdict (
    id      INTEGER PRIMARY KEY NOT NULL REFERENCES migration (id),
    verdict TEXT NOT NULL CHECK (verdict IN ('consented', 'rejected', 'withdrawn')),
    officer TEXT NOT NULL,
    reason  TEXT NOT NULL,
    at_us   INTEGER NOT NULL,
    act     INTEGER NOT NULL
) STRICT;

-- What came of each case; revision: its own after it.  reasons: why it stayed where it is, JSON.
CREATE TABLE migration_case (
    migration INTEGER NOT NULL REFERENCES migration (id),
    instance  INTEGER NOT NULL,
    state     TEXT NOT NULL CHECK (state IN ('moved', 'refused', 'back')),
    revision  INTEGER NOT NULL,
    reasons   TEXT NOT NULL,
    at_us     INTEGER NOT NULL,
    act       INTEGER NOT NULL,
    PRIMARY KEY (migration, instance)
) STRICT, WITHOUT ROWID;

-- Rows of a case as they were before it was moved, sealed as they were, for the way back.
CREATE TABLE migration_kept (
    migration INTEGER NOT NULL,
    instance  INTEGER NOT NULL,
    model     TEXT NOT NULL,
    version   INTEGER NOT NULL,
    models    TEXT NOT NULL,
    state     TEXT NOT NULL,
    scopes    INTEGER NOT NULL,
    variables BLOB NOT NULL,
    PRIMARY KEY (migration, instance)
) STRICT, WITHOUT ROWID;
CREATE TABLE migration_kept_scope (
    migration INTEGER NOT NULL,
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
    PRIMARY KEY (migration, instance, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE migration_kept_token (
    migration INTEGER NOT NULL,
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
    tries     INTEGER NOT NULL,
    trouble   BLOB,
    PRIMARY KEY (migration, instance, id)
) STRICT, WITHOUT ROWID;

-- What was proposed and decided is never edited.
-- sqlite:
CREATE TRIGGER migration_kept_as_it_is BEFORE UPDATE ON migration BEGIN SELECT RAISE(ABORT, 'a plan of migration is never edited'); END;
CREATE TRIGGER migration_stays BEFORE DELETE ON migration BEGIN SELECT RAISE(ABORT, 'a plan of migration is never edited'); END;
CREATE TRIGGER migration_verdict_kept BEFORE UPDATE ON migration_verdict BEGIN SELECT RAISE(ABORT, 'a verdict on a migration is never edited'); END;
CREATE TRIGGER migration_verdict_stays BEFORE DELETE ON migration_verdict BEGIN SELECT RAISE(ABORT, 'a verdict on a migration is never edited'); END;
-- postgres:
CREATE TRIGGER migration_kept_as_it_is BEFORE UPDATE OR DELETE ON migration FOR EACH ROW EXECUTE FUNCTION rule_never_edited();
CREATE TRIGGER migration_verdict_kept BEFORE UPDATE OR DELETE ON migration_verdict FOR EACH ROW EXECUTE FUNCTION rule_never_edited();
