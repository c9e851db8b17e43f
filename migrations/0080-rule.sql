-- Rules of law as decision models.  power: whoever lays them down needs it.
CREATE TABLE rule_model (
    id         TEXT PRIMARY KEY NOT NULL,
    org        TEXT NOT NULL REFERENCES org (uscc),
    power      TEXT NOT NULL REFERENCES power (code),
    name_zh    TEXT NOT NULL,
    name_en    TEXT NOT NULL,
    created_us INTEGER NOT NULL
) STRICT;
CREATE INDEX rule_model_by_power ON rule_model (power);

-- What an officer is still writing; base: the version that it began from, 0 for none.
CREATE TABLE rule_draft (
    model    TEXT NOT NULL REFERENCES rule_model (id),
    officer  TEXT NOT NULL,
    base     INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    xml      TEXT NOT NULL,
    saved_us INTEGER NOT NULL,
    PRIMARY KEY (model, officer)
) STRICT;

-- A version as it was proposed, and what a second person said of it: each row is added once and never changed.  holds_from is a day.
-- act: of the proposal, and of the verdict.  An author or officer '' is the node itself, for what it came with.
CREATE TABLE rule_version (
    model       TEXT NOT NULL REFERENCES rule_model (id),
    number      INTEGER NOT NULL CHECK (number > 0),
    base        INTEGER NOT NULL,
    xml         TEXT NOT NULL,
    sha256      TEXT NOT NULL,
    author      TEXT NOT NULL,
    basis       TEXT NOT NULL,
    reason      TEXT NOT NULL,
    holds_from  INTEGER NOT NULL,
    proposed_us INTEGER NOT NULL,
    act         INTEGER NOT NULL,
    PRIMARY KEY (model, number)
) STRICT;
CREATE TABLE rule_verdict (
    model   TEXT NOT NULL,
    number  INTEGER NOT NULL,
    verdict TEXT NOT NULL CHECK (verdict IN ('published', 'rejected', 'withdrawn')),
    officer TEXT NOT NULL,
    reason  TEXT NOT NULL,
    at_us   INTEGER NOT NULL,
    act     INTEGER NOT NULL,
    PRIMARY KEY (model, number),
    FOREIGN KEY (model, number) REFERENCES rule_version (model, number)
) STRICT;

-- The cases that a model is tried with, as a whole, each time they were changed; the last number counts.
CREATE TABLE rule_cases (
    model    TEXT NOT NULL REFERENCES rule_model (id),
    number   INTEGER NOT NULL,
    document TEXT NOT NULL,
    author   TEXT NOT NULL,
    saved_us INTEGER NOT NULL,
    PRIMARY KEY (model, number)
) STRICT;

-- Which version decided in which act; inputs, result and explanation are sealed.
CREATE TABLE rule_use (
    id       TEXT PRIMARY KEY NOT NULL,
    model    TEXT NOT NULL,
    number   INTEGER NOT NULL,
    case_no  TEXT NOT NULL,
    subject  TEXT NOT NULL,
    at_us    INTEGER NOT NULL,
    act      INTEGER NOT NULL,
    content  BLOB NOT NULL,
    FOREIGN KEY (model, number) REFERENCES rule_version (model, number)
) STRICT;
CREATE INDEX rule_use_of_model ON rule_use (model, at_us, id);
CREATE INDEX rule_use_of_case ON rule_use (case_no, at_us);
CREATE INDEX rule_use_by_time ON rule_use (at_us);

-- No statement of the program edits what was laid down; and none of another program can.
-- sqlite:
CREATE TRIGGER rule_version_kept BEFORE UPDATE ON rule_version BEGIN SELECT RAISE(ABORT, 'a version of a rule is never edited'); END;
CREATE TRIGGER rule_version_stays BEFORE DELETE ON rule_version BEGIN SELECT RAISE(ABORT, 'a version of a rule is never edited'); END;
CREATE TRIGGER rule_verdict_kept BEFORE UPDATE ON rule_verdict BEGIN SELECT RAISE(ABORT, 'a verdict on a rule is never edited'); END;
CREATE TRIGGER rule_verdict_stays BEFORE DELETE ON rule_verdict BEGIN SELECT RAISE(ABORT, 'a verdict on a rule is never edited'); END;
CREATE TRIGGER rule_cases_kept BEFORE UPDATE ON rule_cases BEGIN SELECT RAISE(ABORT, 'cases of a rule are never edited'); END;
CREATE TRIGGER rule_cases_stay BEFORE DELETE ON rule_cases BEGIN SELECT RAISE(ABORT, 'cases of a rule are never edited'); END;
-- postgres:
CREATE FUNCTION rule_never_edited() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'rules are never edited' USING ERRCODE = 'check_violation'; END $$ LANGUAGE plpgsql;
CREATE TRIGGER rule_version_kept BEFORE UPDATE OR DELETE ON rule_version FOR EACH ROW EXECUTE FUNCTION rule_never_edited();
CREATE TRIGGER rule_verdict_kept BEFORE UPDATE OR DELETE ON rule_verdict FOR EACH ROW EXECUTE FUNCTION rule_never_edited();
CREATE TRIGGER rule_cases_kept BEFORE UPDATE OR DELETE ON rule_cases FOR EACH ROW EXECUTE FUNCTION rule_never_edited();
