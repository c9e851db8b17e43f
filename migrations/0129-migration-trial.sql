-- What a trial run of a plan has come to so far, as it goes along the open cases page by page: after which of them it goes on (0: there are no more), and under
-- which meaning of what the target calls.  Only the last one of a plan is kept.
CREATE TABLE migration_trial (
    model    TEXT NOT NULL REFERENCES rule_model (id),
    sha256   TEXT NOT NULL,
    models   TEXT NOT NULL,
    after_id INTEGER NOT NULL,
    report   TEXT NOT NULL,
    at_us    INTEGER NOT NULL,
    PRIMARY KEY (model, sha256)
) STRICT;
CREATE INDEX migration_trial_old ON migration_trial (at_us);
