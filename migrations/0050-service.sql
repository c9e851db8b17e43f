-- Services offered: each version whole, as the document that was decided on.
CREATE TABLE item (
    code    TEXT NOT NULL,
    version INTEGER NOT NULL,
    since_us INTEGER NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (code, version)
) STRICT;

-- Applications being filled in; values are sealed.
CREATE TABLE draft (
    id           TEXT PRIMARY KEY NOT NULL,
    subject      TEXT NOT NULL REFERENCES subject (id),
    item         TEXT NOT NULL,
    item_version INTEGER NOT NULL,
    content      BLOB NOT NULL,
    revision     INTEGER NOT NULL,
    saved_us     INTEGER NOT NULL,
    expires_us   INTEGER NOT NULL,
    case_no      TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX draft_by_subject ON draft (subject, saved_us);
CREATE INDEX draft_by_expiry ON draft (expires_us);

-- Case numbers: the last serial of an item's day.
CREATE TABLE case_serial (
    prefix TEXT PRIMARY KEY NOT NULL,
    last   INTEGER NOT NULL
) STRICT;

CREATE TABLE case_file (
    case_no      TEXT PRIMARY KEY NOT NULL,
    query_code   TEXT NOT NULL UNIQUE,
    subject      TEXT NOT NULL,
    draft        TEXT NOT NULL UNIQUE,
    item         TEXT NOT NULL,
    item_version INTEGER NOT NULL,
    title        BLOB NOT NULL,
    content      BLOB NOT NULL,
    submitted_us INTEGER NOT NULL,
    act          INTEGER NOT NULL
) STRICT;
CREATE INDEX case_by_subject ON case_file (subject, submitted_us, case_no);

-- One part of a case, at one organisation.  The clock's members are those of struct deadline; due_day is what queues are sorted by.
CREATE TABLE sub_case (
    id             TEXT PRIMARY KEY NOT NULL,
    case_no        TEXT NOT NULL REFERENCES case_file (case_no),
    part           TEXT NOT NULL,
    org            TEXT NOT NULL,
    state          TEXT NOT NULL,
    view           TEXT NOT NULL,
    officer        TEXT NOT NULL DEFAULT '',
    has_clock      INTEGER NOT NULL DEFAULT 0,
    start_day      INTEGER NOT NULL DEFAULT 0,
    promised_days  INTEGER NOT NULL DEFAULT 0,
    statutory_days INTEGER NOT NULL DEFAULT 0,
    used_days      INTEGER NOT NULL DEFAULT 0,
    run_day        INTEGER NOT NULL DEFAULT 0,
    paused         INTEGER NOT NULL DEFAULT 0,
    stopped_day    INTEGER NOT NULL DEFAULT 0,
    due_day        INTEGER NOT NULL,
    calendar       TEXT NOT NULL,
    supplement     BLOB,
    supplemented   INTEGER NOT NULL DEFAULT 0,
    decision       BLOB,
    decided_us     INTEGER NOT NULL DEFAULT 0,
    decision_act   INTEGER NOT NULL DEFAULT -1,
    certificate    TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX sub_case_by_case ON sub_case (case_no, part);
CREATE INDEX sub_case_queue ON sub_case (org, view, due_day, id);
CREATE INDEX sub_case_waiting ON sub_case (state, due_day);

CREATE TABLE certificate (
    id         TEXT PRIMARY KEY NOT NULL,
    number     TEXT NOT NULL UNIQUE,
    case_no    TEXT NOT NULL,
    subject    TEXT NOT NULL,
    content    BLOB NOT NULL,
    status     TEXT NOT NULL,
    issued_us  INTEGER NOT NULL,
    until_us   INTEGER NOT NULL,
    act        INTEGER NOT NULL
) STRICT;
CREATE INDEX certificate_by_case ON certificate (case_no);
CREATE INDEX certificate_by_subject ON certificate (subject, issued_us);
