-- Who waits for a place on a list that is settled by rank (src/service/chore_place.c): settled together, so that nobody's place depends on whose process
-- came first.  wishes: keys of places in order, JSON; place: what it came to, '' as long as it waits, '-' if there is none.
CREATE TABLE placement (
    instance   INTEGER NOT NULL,
    token      INTEGER NOT NULL,
    list       TEXT NOT NULL,
    rank       TEXT NOT NULL,
    wishes     TEXT NOT NULL,
    place      TEXT NOT NULL,
    entered_us INTEGER NOT NULL,
    PRIMARY KEY (instance, token)
) STRICT, WITHOUT ROWID;
CREATE INDEX placement_of_list ON placement (list, place, rank, entered_us, instance, token);
CREATE INDEX errand_of_type ON errand (type, name);
