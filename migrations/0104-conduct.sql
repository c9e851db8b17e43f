-- What people have to do in running processes, one row for each open task (serial 0), and for each opinion and extension that is asked for beside it.
-- It is what tokens and their models come to, kept so that queues are walks along an index.
--
-- path: the scopes around the task, ",1,7,"; around: its process; multi: the activity that runs more than once, 0.  lead: organisation that leads the case.
-- due_us: the earliest of the clocks that run for it; of none 9223372036854775807.  expires_us: when a supplement that was asked for counts as not come.
-- basis: why it is suspended.  detail: what only those who may do it see, sealed.
CREATE TABLE worklist (
    instance   INTEGER NOT NULL,
    token      INTEGER NOT NULL,
    serial     INTEGER NOT NULL,
    kind       TEXT NOT NULL,
    case_no    TEXT NOT NULL,
    part       TEXT NOT NULL,
    subject    TEXT NOT NULL,
    path       TEXT NOT NULL,
    around     INTEGER NOT NULL,
    multi      INTEGER NOT NULL,
    model      TEXT NOT NULL,
    version    INTEGER NOT NULL,
    element    TEXT NOT NULL,
    name_zh    TEXT NOT NULL,
    name_en    TEXT NOT NULL,
    org        TEXT NOT NULL,
    lead       TEXT NOT NULL,
    role       TEXT NOT NULL,
    region     TEXT NOT NULL,
    power      TEXT NOT NULL,
    assignee   TEXT NOT NULL,
    asked_by   TEXT NOT NULL,
    state      TEXT NOT NULL,
    since_us   INTEGER NOT NULL,
    due_us     INTEGER NOT NULL,
    expires_us INTEGER NOT NULL,
    basis      TEXT NOT NULL,
    detail     BLOB,
    PRIMARY KEY (instance, token, serial)
) STRICT, WITHOUT ROWID;
CREATE INDEX worklist_of_org ON worklist (org, state, due_us, instance, token, serial);
CREATE INDEX worklist_of_assignee ON worklist (assignee, state, due_us, instance, token, serial) WHERE assignee <> '';
CREATE INDEX worklist_of_case ON worklist (case_no, instance, token, serial);
CREATE INDEX worklist_expires ON worklist (expires_us) WHERE expires_us > 0;

-- Who did what a second person has to look at, and who has signed: scope is the process, or the activity that runs more than once.
CREATE TABLE process_signed (
    instance INTEGER NOT NULL,
    scope    INTEGER NOT NULL,
    element  TEXT NOT NULL,
    officer  TEXT NOT NULL,
    at_us    INTEGER NOT NULL,
    PRIMARY KEY (instance, scope, element, officer)
) STRICT, WITHOUT ROWID;

-- Who stands in for whom, from a day up to and with another.
CREATE TABLE absence (
    officer   TEXT NOT NULL,
    stand_in  TEXT NOT NULL,
    from_day  INTEGER NOT NULL,
    until_day INTEGER NOT NULL,
    put_by    TEXT NOT NULL,
    put_us    INTEGER NOT NULL,
    act       INTEGER NOT NULL,
    PRIMARY KEY (officer, stand_in)
) STRICT, WITHOUT ROWID;
CREATE INDEX absence_stand_in ON absence (stand_in, until_day);
