-- Official acts, in the order in which they became durable; leaf is what the public log holds.
-- What an erased act was about is NULL; kind, time, organisation and leaf stay.
CREATE TABLE act (
    leaf_index INTEGER NOT NULL,
    kind       INTEGER NOT NULL CHECK (kind > 0 AND kind < 256),
    at_us      INTEGER NOT NULL,
    actor      TEXT,
    org        TEXT,
    case_no    TEXT,
    subject    TEXT,
    resource   TEXT,
    body       TEXT,
    opening    BLOB CHECK (opening IS NULL OR length(opening) = 16),
    leaf       BLOB NOT NULL CHECK (length(leaf) = 40),
    PRIMARY KEY (leaf_index),
    CHECK ((body IS NULL) = (opening IS NULL))
) STRICT;

CREATE INDEX act_of_case ON act (case_no, leaf_index) WHERE case_no IS NOT NULL;
CREATE INDEX act_of_subject ON act (subject, leaf_index) WHERE subject IS NOT NULL;
