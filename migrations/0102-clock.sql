-- Working days as they were published: by region ('' is the whole land) and version.  What a region does not say itself holds as it does
-- above it.  Of a region the row with the highest edition is in force.
CREATE TABLE calendar (
    edition  INTEGER PRIMARY KEY,
    region   TEXT NOT NULL,
    version  TEXT NOT NULL,
    document TEXT NOT NULL,
    put_us   INTEGER NOT NULL,
    act      INTEGER NOT NULL,
    UNIQUE (region, version)
) STRICT;

-- The clocks of cases (process/timekeeper.h).  Of the law's row only what was agreed when the clock started; started, anchor, due and
-- stopped are days, of a limit in hours microseconds.  The row is what its log comes to: the log is the truth.
-- due_us: when it is or was over; next_us: when something has to be told next, 0 for nothing; told: how much was used up when something was last told.
CREATE TABLE clock (
    id            INTEGER PRIMARY KEY,
    case_no       TEXT NOT NULL,
    instance      INTEGER NOT NULL,
    name          TEXT NOT NULL,
    kind          TEXT NOT NULL CHECK (kind IN ('promised', 'statutory', 'joint', 'department')),
    org           TEXT NOT NULL,
    region        TEXT NOT NULL,
    rule          TEXT NOT NULL,
    rule_day      INTEGER NOT NULL,
    silence       TEXT NOT NULL,
    unit          TEXT NOT NULL CHECK (unit IN ('working_day', 'natural_day', 'hour', 'month')),
    value         INTEGER NOT NULL CHECK (value >= 0),
    counts_before INTEGER NOT NULL,
    before_day    INTEGER NOT NULL,
    extra         INTEGER NOT NULL,
    started       INTEGER NOT NULL,
    used          INTEGER NOT NULL,
    anchor        INTEGER NOT NULL,
    due           INTEGER NOT NULL,
    stopped       INTEGER NOT NULL,
    state         TEXT NOT NULL CHECK (state IN ('running', 'paused', 'stopped')),
    over          INTEGER NOT NULL,
    provisional   INTEGER NOT NULL,
    reasons       TEXT NOT NULL,
    told          INTEGER NOT NULL,
    over_us       INTEGER NOT NULL,
    due_us        INTEGER NOT NULL,
    next_us       INTEGER NOT NULL,
    calendar      TEXT NOT NULL,
    edition       INTEGER NOT NULL,
    entries       INTEGER NOT NULL
) STRICT;
CREATE INDEX clock_of_case ON clock (case_no, id);
CREATE INDEX clock_of_instance ON clock (instance, name) WHERE instance > 0;
CREATE INDEX clock_next ON clock (next_us, id) WHERE next_us > 0;
CREATE INDEX clock_due ON clock (due_us, id) WHERE state = 'running';
CREATE INDEX clock_due_of_org ON clock (org, due_us, id) WHERE state = 'running';
CREATE INDEX clock_stale ON clock (region, edition, id) WHERE state <> 'stopped';

-- What happened to a clock, and what it came to each time.  at_us: when it was written; moment: what was counted from.  amount: units of an
-- extension; of a pause 1 if the clock ran until then, of its end 1 if it runs from then on (it may stand for several reasons).
CREATE TABLE clock_log (
    clock       INTEGER NOT NULL REFERENCES clock (id),
    entry       INTEGER NOT NULL,
    did         TEXT NOT NULL CHECK (did IN ('start', 'pause', 'resume', 'extend', 'stop', 'warn', 'over', 'recompute')),
    at_us       INTEGER NOT NULL,
    moment      INTEGER NOT NULL,
    amount      INTEGER NOT NULL,
    reason      TEXT NOT NULL,
    basis       TEXT NOT NULL,
    document    TEXT NOT NULL,
    told_us     INTEGER NOT NULL,
    actor       TEXT NOT NULL,
    words       TEXT NOT NULL,
    used        INTEGER NOT NULL,
    due_us      INTEGER NOT NULL,
    provisional INTEGER NOT NULL,
    calendar    TEXT NOT NULL,
    PRIMARY KEY (clock, entry)
) STRICT;

-- What was published and what was logged stays: no statement of the program edits it, and none of another program can.
-- sqlite:
CREATE TRIGGER calendar_kept BEFORE UPDATE ON calendar BEGIN SELECT RAISE(ABORT, 'a version of a calendar is never edited'); END;
CREATE TRIGGER calendar_stays BEFORE DELETE ON calendar BEGIN SELECT RAISE(ABORT, 'a version of a calendar is never edited'); END;
CREATE TRIGGER clock_log_kept BEFORE UPDATE ON clock_log BEGIN SELECT RAISE(ABORT, 'the log of a clock is never edited'); END;
CREATE TRIGGER clock_log_stays BEFORE DELETE ON clock_log BEGIN SELECT RAISE(ABORT, 'the log of a clock is never edited'); END;
-- postgres:
CREATE FUNCTION clock_never_edited() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'calendars and logs of clocks are never edited' USING ERRCODE = 'check_violation'; END $$ LANGUAGE plpgsql;
CREATE TRIGGER calendar_kept BEFORE UPDATE OR DELETE ON calendar FOR EACH ROW EXECUTE FUNCTION clock_never_edited();
CREATE TRIGGER clock_log_kept BEFORE UPDATE OR DELETE ON clock_log FOR EACH ROW EXECUTE FUNCTION clock_never_edited();
