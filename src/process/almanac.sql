-- Calendars as they were published, by region and version.

-- stmt: CALENDAR_ADD
INSERT INTO calendar (edition, region, version, document, put_us, act) VALUES (?1, ?2, ?3, ?4, ?5, ?6);

-- stmt: CALENDAR_NEWEST
SELECT CAST(COALESCE(MAX(edition), 0) AS INTEGER) FROM calendar;

-- stmt: CALENDAR_BY_VERSION
SELECT document FROM calendar WHERE region = ?1 AND version = ?2;

-- stmt: CALENDAR_IN_FORCE
SELECT document FROM calendar WHERE region = ?1 ORDER BY edition DESC LIMIT 1;

-- stmt: CALENDARS_IN_FORCE
SELECT c.edition, c.region, c.document FROM calendar c
WHERE c.edition = (SELECT MAX(n.edition) FROM calendar n WHERE n.region = c.region) ORDER BY c.region;

-- stmt: CALENDARS
SELECT edition, region, version, put_us, act FROM calendar ORDER BY edition DESC LIMIT ?1;
