-- Months of closed cases that were moved out of the store: where to, and what that file comes to.  state: 'written' while its cases leave, then 'dropped'.
-- What closed again after at_us goes with a further number of the month.
CREATE TABLE process_archive (
    month  INTEGER NOT NULL,
    number INTEGER NOT NULL,
    file   TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    bytes  INTEGER NOT NULL,
    cases  INTEGER NOT NULL,
    lines  INTEGER NOT NULL,
    act    INTEGER NOT NULL,
    at_us  INTEGER NOT NULL,
    state  TEXT NOT NULL CHECK (state IN ('written', 'dropped')),
    PRIMARY KEY (month, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX process_archive_open ON process_archive (month, number) WHERE state = 'written';
CREATE INDEX process_closed_by_month ON process_closed (month, id);
-- postgres:
-- A year that is past and has nothing left goes as a whole, and with it all its room on the disk.
-- is_used: a place to remember it.
CREATE FUNCTION process_drop_year(gone BIGINT, this BIGINT, is_used BOOLEAN DEFAULT FALSE) RETURNS BIGINT AS $$ BEGIN
    IF gone >= this OR to_regclass('process_history_' || gone) IS NULL THEN
        RETURN 0;
    END IF;
    EXECUTE format('SELECT EXISTS (SELECT 1 FROM %I) OR EXISTS (SELECT 1 FROM %I)', 'process_history_' || gone, 'process_closed_' || gone) INTO is_used;
    IF is_used THEN
        RETURN 0;
    END IF;
    EXECUTE format('DROP TABLE %I, %I', 'process_history_' || gone, 'process_closed_' || gone);
    RETURN 1;
END $$ LANGUAGE plpgsql;
