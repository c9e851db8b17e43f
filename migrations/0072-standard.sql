-- How often records of a resource did not look like its standard (data/standard.h), by element and keyword; never a value.
CREATE TABLE standard_day (
    day      INTEGER NOT NULL,
    resource TEXT NOT NULL,
    element  TEXT NOT NULL,
    keyword  TEXT NOT NULL,
    times    INTEGER NOT NULL,
    last_us  INTEGER NOT NULL,
    PRIMARY KEY (day, resource, element, keyword)
) STRICT;
