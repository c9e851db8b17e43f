-- Regions (GB/T 2260), organisations and their powers; who they are, and who may come in.
CREATE TABLE region (
    code    TEXT PRIMARY KEY NOT NULL,
    parent  TEXT NOT NULL,
    level   TEXT NOT NULL,
    name_zh TEXT NOT NULL,
    name_en TEXT NOT NULL
) STRICT;

CREATE TABLE org (
    uscc       TEXT PRIMARY KEY NOT NULL,
    region     TEXT NOT NULL REFERENCES region (code),
    level      TEXT NOT NULL,
    parent     TEXT NOT NULL,
    name_zh    TEXT NOT NULL,
    short_zh   TEXT NOT NULL,
    name_en    TEXT NOT NULL,
    phone      TEXT NOT NULL,
    address_zh TEXT NOT NULL
) STRICT;

CREATE TABLE power (
    code    TEXT PRIMARY KEY NOT NULL,
    org     TEXT NOT NULL REFERENCES org (uscc),
    name_zh TEXT NOT NULL,
    name_en TEXT NOT NULL,
    basis   TEXT NOT NULL
) STRICT;

-- Identifier, name and phone are sealed; id_index is a keyed hash of kind and identifier.
CREATE TABLE subject (
    id         TEXT PRIMARY KEY NOT NULL,
    kind       INTEGER NOT NULL,
    id_index   BLOB NOT NULL,
    identifier BLOB NOT NULL,
    name       BLOB NOT NULL,
    phone      BLOB NOT NULL,
    created_us INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX subject_by_index ON subject (kind, id_index);

CREATE TABLE officer (
    id    TEXT PRIMARY KEY NOT NULL,
    org   TEXT NOT NULL REFERENCES org (uscc),
    name  TEXT NOT NULL,
    title TEXT NOT NULL,
    phone TEXT NOT NULL,
    roles INTEGER NOT NULL
) STRICT;

CREATE TABLE officer_power (
    officer TEXT NOT NULL REFERENCES officer (id),
    power   TEXT NOT NULL REFERENCES power (code),
    PRIMARY KEY (officer, power)
) STRICT;

-- login_index is a keyed hash; subject or officer says whose account it is.
CREATE TABLE account (
    id          TEXT PRIMARY KEY NOT NULL,
    login_index BLOB NOT NULL UNIQUE,
    password    TEXT NOT NULL,
    subject     TEXT NOT NULL,
    officer     TEXT NOT NULL,
    failures    INTEGER NOT NULL DEFAULT 0,
    locked_us   INTEGER NOT NULL DEFAULT 0,
    created_us  INTEGER NOT NULL
) STRICT;

-- Wrong passwords by address.
CREATE TABLE sign_in_peer (
    peer     TEXT PRIMARY KEY NOT NULL,
    failures INTEGER NOT NULL,
    since_us INTEGER NOT NULL
) STRICT;

-- token_hash is the SHA-256 of what the cookie holds.
CREATE TABLE session (
    token_hash TEXT PRIMARY KEY NOT NULL,
    account    TEXT NOT NULL REFERENCES account (id),
    created_us INTEGER NOT NULL,
    seen_us    INTEGER NOT NULL
) STRICT;
CREATE INDEX session_by_account ON session (account);
