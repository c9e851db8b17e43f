-- Records that the node holds itself: found by keyed hash, sealed at rest.
CREATE TABLE record (
    resource   TEXT NOT NULL,
    key_hash   BLOB NOT NULL,
    sealed     BLOB NOT NULL,
    updated_us INTEGER NOT NULL,
    PRIMARY KEY (resource, key_hash)
) STRICT;
