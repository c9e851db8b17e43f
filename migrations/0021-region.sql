-- Levels of regions are rows: their rank from the top, how many digits a code of the level has, and how many of them say which
-- one it is (GB/T 2260: 990100 is a city by its first four).  A power may be given to an officer for a time: days, '' for no end.
CREATE TABLE region_level (
    code    TEXT PRIMARY KEY NOT NULL,
    rank    INTEGER NOT NULL,
    digits  INTEGER NOT NULL,
    stem    INTEGER NOT NULL,
    name_zh TEXT NOT NULL,
    name_en TEXT NOT NULL
) STRICT;

ALTER TABLE officer_power ADD COLUMN valid_from TEXT NOT NULL DEFAULT '';
ALTER TABLE officer_power ADD COLUMN valid_until TEXT NOT NULL DEFAULT '';
