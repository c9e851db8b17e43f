-- Work that one node hands over to another, a row at each of the two.  side: this node has sent it, or taken it.  name: the sender's, unique among all nodes.
-- whose: whose the time is, 'ours' or 'theirs', since whose_us.  given: number of the last message of ours; heard: of the last of theirs that was carried out.
-- content: sealed; what was handed over and what is known of it.  closed_us: 0 while it is under way.
CREATE TABLE handover (
    id         INTEGER PRIMARY KEY NOT NULL,
    side       TEXT NOT NULL CHECK (side IN ('sent', 'taken')),
    name       TEXT NOT NULL,
    peer       TEXT NOT NULL,
    agreement  TEXT NOT NULL,
    process    TEXT NOT NULL,
    item       TEXT NOT NULL,
    basis      TEXT NOT NULL,
    case_no    TEXT NOT NULL,
    peer_case  TEXT NOT NULL,
    instance   INTEGER NOT NULL,
    token      INTEGER NOT NULL,
    state      TEXT NOT NULL,
    whose      TEXT NOT NULL CHECK (whose IN ('ours', 'theirs')),
    whose_us   INTEGER NOT NULL,
    given      INTEGER NOT NULL,
    heard      INTEGER NOT NULL,
    opened_us  INTEGER NOT NULL,
    closed_us  INTEGER NOT NULL,
    next_us    INTEGER NOT NULL,
    tries      INTEGER NOT NULL,
    content    BLOB NOT NULL,
    UNIQUE (side, name)
) STRICT;
CREATE INDEX handover_of_case ON handover (case_no, id) WHERE case_no <> '';
CREATE INDEX handover_open_of_instance ON handover (instance, token) WHERE closed_us = 0;
CREATE INDEX handover_to_be_offered ON handover (next_us, id) WHERE state = 'new';

-- Messages of both ways.  One that goes out waits until it is answered, one that came in until it is carried out; what it said is forgotten then, and its
-- digest kept, so that the same one is known again and another one under its number is refused.
CREATE TABLE handover_message (
    id       INTEGER PRIMARY KEY NOT NULL,
    handover INTEGER NOT NULL,
    way      TEXT NOT NULL CHECK (way IN ('out', 'in')),
    number   INTEGER NOT NULL,
    kind     TEXT NOT NULL,
    peer     TEXT NOT NULL,
    digest   TEXT NOT NULL,
    body     BLOB,
    state    TEXT NOT NULL CHECK (state IN ('waiting', 'done', 'refused')),
    tries    INTEGER NOT NULL,
    next_us  INTEGER NOT NULL,
    at_us    INTEGER NOT NULL,
    done_us  INTEGER NOT NULL,
    trouble  TEXT NOT NULL,
    UNIQUE (handover, way, number)
) STRICT;
CREATE INDEX handover_message_out ON handover_message (peer, next_us, id) WHERE way = 'out' AND state = 'waiting';
CREATE INDEX handover_message_in ON handover_message (next_us, id) WHERE way = 'in' AND state = 'waiting';

-- How it is with the other nodes: since when one is away, and when it is asked again.
CREATE TABLE handover_peer (
    name     TEXT NOT NULL PRIMARY KEY,
    tries    INTEGER NOT NULL,
    next_us  INTEGER NOT NULL,
    since_us INTEGER NOT NULL,
    trouble  TEXT NOT NULL
) STRICT;

-- What two nodes have agreed on: which process one may hand over to the other, for which item, on what basis, with what data both ways.
CREATE TABLE handover_agreement (
    id         TEXT NOT NULL PRIMARY KEY,
    sender     TEXT NOT NULL,
    receiver   TEXT NOT NULL,
    process    TEXT NOT NULL,
    updated_us INTEGER NOT NULL,
    document   TEXT NOT NULL
) STRICT;
CREATE INDEX handover_agreement_of ON handover_agreement (sender, receiver, process, id);
