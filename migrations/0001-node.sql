-- What this installation is: one row a name ("origin", "created").
CREATE TABLE node_fact (
    name  TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL
) STRICT;
