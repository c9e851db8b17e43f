-- Start events that wait for a message, a signal or a time: one row for each event of each published version of a process, made anew from the rulebook
-- whenever something was settled there.  from_us, until_us: when that version holds; anchor_us: what its timers are counted from.  due_us: the next time of a timer; 9223372036854775807: none, and
-- of what is no timer.  trouble: why the last case that it should have begun was not.  edition: verdicts that were given when the row was made.
CREATE TABLE process_opening (
    model      TEXT NOT NULL,
    version    INTEGER NOT NULL,
    element    TEXT NOT NULL,
    event      INTEGER NOT NULL,
    kind       TEXT NOT NULL CHECK (kind IN ('message', 'signal', 'timer')),
    name       TEXT NOT NULL,
    org        TEXT NOT NULL,
    power      TEXT NOT NULL,
    anchor_us  INTEGER NOT NULL,
    from_us    INTEGER NOT NULL,
    until_us   INTEGER NOT NULL,
    due_us     INTEGER NOT NULL,
    trouble    TEXT NOT NULL DEFAULT '',
    trouble_us INTEGER NOT NULL DEFAULT 0,
    edition    INTEGER NOT NULL,
    PRIMARY KEY (model, version, element, event)
) STRICT, WITHOUT ROWID;
CREATE INDEX process_opening_by_name ON process_opening (kind, name);
CREATE INDEX process_opening_due ON process_opening (due_us) WHERE kind = 'timer';

CREATE TABLE process_opening_book (
    id      INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
    edition INTEGER NOT NULL
) STRICT;
INSERT INTO process_opening_book (id, edition) VALUES (1, 0);

-- What has begun a case, so that it begins no second one: a signal for a model, or the key of a message as long as that case is open.
CREATE TABLE process_begun (
    id       TEXT PRIMARY KEY NOT NULL,
    instance INTEGER NOT NULL,
    at_us    INTEGER NOT NULL
) STRICT;
CREATE INDEX process_begun_by_time ON process_begun (at_us);
