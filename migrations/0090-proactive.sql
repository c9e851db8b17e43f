-- Looking for those to whom a benefit is due: once a day for each benefit, going on behind the last record that was looked at.
-- day is whose law counts; ended_us 0 means under way.  act: of the reading, written before the first record is opened.
CREATE TABLE proactive_run (
    benefit     TEXT NOT NULL,
    day         INTEGER NOT NULL,
    started_us  INTEGER NOT NULL,
    ended_us    INTEGER NOT NULL,
    after_key   BLOB NOT NULL,
    looked      INTEGER NOT NULL,
    hidden      INTEGER NOT NULL,
    dropped     INTEGER NOT NULL,
    found       INTEGER NOT NULL,
    unreachable INTEGER NOT NULL,
    offered     INTEGER NOT NULL,
    act         INTEGER NOT NULL,
    PRIMARY KEY (benefit, day)
) STRICT;

-- What was offered to whom.  One for each person and benefit, so that whoever declined is not asked again.  content is sealed.
CREATE TABLE proactive_offer (
    id         TEXT PRIMARY KEY NOT NULL,
    benefit    TEXT NOT NULL,
    item       TEXT NOT NULL,
    subject    TEXT NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('open', 'accepted', 'declined', 'granted', 'wrong')),
    draft      TEXT NOT NULL,
    made_us    INTEGER NOT NULL,
    settled_us INTEGER NOT NULL,
    act        INTEGER NOT NULL,
    content    BLOB NOT NULL,
    UNIQUE (benefit, subject)
) STRICT;
CREATE INDEX proactive_offer_of_subject ON proactive_offer (subject, state);
CREATE INDEX proactive_offer_of_draft ON proactive_offer (draft);
