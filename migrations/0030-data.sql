-- The catalogue of data resources (参照 GB/T 21063): the newest version of each, and every version there was.
CREATE TABLE resource (
    code       TEXT PRIMARY KEY NOT NULL,
    node       TEXT NOT NULL,
    owner      TEXT NOT NULL,
    version    INTEGER NOT NULL,
    updated_us INTEGER NOT NULL,
    document   TEXT NOT NULL
) STRICT;

CREATE TABLE resource_version (
    code       TEXT NOT NULL,
    version    INTEGER NOT NULL,
    updated_us INTEGER NOT NULL,
    document   TEXT NOT NULL,
    PRIMARY KEY (code, version)
) STRICT;

-- Permissions to fetch; version changes with every change, so that what was read before it can be told.
CREATE TABLE data_grant (
    id         TEXT PRIMARY KEY NOT NULL,
    resource   TEXT NOT NULL REFERENCES resource (code),
    consumer   TEXT NOT NULL,
    version    INTEGER NOT NULL,
    updated_us INTEGER NOT NULL,
    document   TEXT NOT NULL
) STRICT;
CREATE INDEX data_grant_by_resource ON data_grant (resource, consumer, id);

-- How often something was used on a day of the node's own calendar: "grant:<id>", "resource:<code>".
CREATE TABLE data_use (
    name TEXT NOT NULL,
    day  INTEGER NOT NULL,
    used INTEGER NOT NULL,
    PRIMARY KEY (name, day)
) STRICT;
