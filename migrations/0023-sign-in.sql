-- Wrong passwords by sign-in name, whether or not there is an account: else a lock would tell that there is one.
CREATE TABLE sign_in_name (
    login_index BLOB PRIMARY KEY NOT NULL,
    failures    INTEGER NOT NULL,
    locked_us   INTEGER NOT NULL,
    since_us    INTEGER NOT NULL
) STRICT;
CREATE INDEX sign_in_name_by_since ON sign_in_name (since_us);
ALTER TABLE account DROP COLUMN failures;
ALTER TABLE account DROP COLUMN locked_us;
