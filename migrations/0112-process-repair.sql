-- A token that cannot go on is to be moved to another element: proposed by one person, done by another.  content is sealed: why.
CREATE TABLE process_repair (
    instance INTEGER NOT NULL,
    token    INTEGER NOT NULL,
    element  TEXT NOT NULL,
    officer  TEXT NOT NULL,
    at_us    INTEGER NOT NULL,
    content  BLOB NOT NULL,
    PRIMARY KEY (instance, token)
) STRICT, WITHOUT ROWID;
