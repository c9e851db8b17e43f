-- Who needs which material: a draft, a case, or a sub-case whose supplement brought it.  What no row names may be removed.
CREATE TABLE material (
    holder TEXT NOT NULL,
    name   TEXT NOT NULL,
    PRIMARY KEY (holder, name)
) STRICT;
CREATE INDEX material_by_name ON material (name);
