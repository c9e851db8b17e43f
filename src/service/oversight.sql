-- Who decides in time: tallies of what is decided, bounded counts of what is not.

-- stmt: TALLY_ADD
INSERT INTO sub_case_tally (org, day, decided, timed, late, used_days, deemed)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
ON CONFLICT (org, day) DO UPDATE SET decided = sub_case_tally.decided + excluded.decided,
    timed = sub_case_tally.timed + excluded.timed, late = sub_case_tally.late + excluded.late,
    used_days = sub_case_tally.used_days + excluded.used_days,
    deemed = sub_case_tally.deemed + excluded.deemed;

-- stmt: TALLY_SUM
SELECT CAST(COALESCE(SUM(decided), 0) AS INTEGER), CAST(COALESCE(SUM(timed), 0) AS INTEGER),
    CAST(COALESCE(SUM(late), 0) AS INTEGER), CAST(COALESCE(SUM(used_days), 0) AS INTEGER),
    CAST(COALESCE(SUM(deemed), 0) AS INTEGER)
FROM sub_case_tally WHERE org = ?1 AND day >= ?2 AND day <= ?3;

-- Each organisation that has or had a part, or has a clock that runs or is red, by one seek in an index for each.
-- stmt: OVERSIGHT_ORGS
WITH RECURSIVE part_of (org) AS (
    SELECT MIN(org) FROM sub_case
    UNION ALL
    SELECT (SELECT MIN(s.org) FROM sub_case s WHERE s.org > part_of.org) FROM part_of WHERE part_of.org IS NOT NULL),
running_of (org) AS (
    SELECT MIN(org) FROM clock WHERE state = 'running'
    UNION ALL
    SELECT (SELECT MIN(c.org) FROM clock c WHERE c.state = 'running' AND c.org > running_of.org) FROM running_of WHERE running_of.org IS NOT NULL),
red_of (org) AS (
    SELECT MIN(org) FROM clock WHERE over_us > 0 AND state <> 'stopped' AND silence <> 'nothing' AND silence <> 'lapsed'
    UNION ALL
    SELECT (SELECT MIN(c.org) FROM clock c WHERE c.over_us > 0 AND c.state <> 'stopped' AND c.silence <> 'nothing' AND c.silence <> 'lapsed'
        AND c.org > red_of.org) FROM red_of WHERE red_of.org IS NOT NULL)
SELECT org FROM part_of WHERE org <> '' UNION SELECT org FROM running_of WHERE org <> '' UNION SELECT org FROM red_of WHERE org <> '' ORDER BY org;

-- Counted as far as a person would.
-- stmt: OVERSIGHT_OPEN
SELECT
    (SELECT COUNT(*) FROM (SELECT 1 AS one FROM sub_case WHERE org = ?1 AND view = 'open' LIMIT 1001) o),
    (SELECT COUNT(*) FROM (SELECT 1 AS one FROM sub_case WHERE org = ?1 AND view = 'waiting' LIMIT 1001) w),
    (SELECT COUNT(*) FROM (SELECT 1 AS one FROM clock WHERE org = ?1 AND state = 'running' AND due_us > ?2 AND due_us <= ?3
        AND silence <> 'nothing' AND silence <> 'lapsed' LIMIT 1001) s),
    (SELECT COUNT(*) FROM (SELECT 1 AS one FROM clock WHERE org = ?1 AND over_us > 0 AND state <> 'stopped' AND silence <> 'nothing'
        AND silence <> 'lapsed' LIMIT 1001) l);

-- What a clock is of: its case, and its part if it has one.
-- stmt: CASE_OF_CLOCK
SELECT c.item, c.item_version, s.state, s.state_zh, s.state_en, o.name
FROM case_file c LEFT JOIN sub_case s ON s.case_no = c.case_no AND s.part = ?2 LEFT JOIN officer o ON o.id = s.officer
WHERE c.case_no = ?1;
