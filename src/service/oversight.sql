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

-- Each organisation that has or had a part, by one seek in the index for each.
-- stmt: OVERSIGHT_ORGS
WITH RECURSIVE found (org) AS (
    SELECT MIN(org) FROM sub_case
    UNION ALL
    SELECT (SELECT MIN(s.org) FROM sub_case s WHERE s.org > found.org) FROM found
    WHERE found.org IS NOT NULL)
SELECT org FROM found WHERE org IS NOT NULL;

-- SQLite takes the queue's index by itself, and then must read each row for its clock.
-- stmt: OVERSIGHT_OPEN
SELECT
    (SELECT COUNT(*) FROM (SELECT 1 AS one FROM sub_case
        WHERE org = ?1 AND view = 'open' LIMIT 1001) o),
    (SELECT COUNT(*) FROM (SELECT 1 AS one FROM sub_case
        WHERE org = ?1 AND view = 'waiting' LIMIT 1001) w),
    (SELECT COUNT(*) FROM (SELECT 1 AS one FROM sub_case
-- sqlite:
        INDEXED BY sub_case_running_of
-- both:
        WHERE org = ?1 AND view = 'open' AND has_clock = 1 AND due_day >= ?2 AND due_day <= ?3
        LIMIT 1001) s),
    (SELECT COUNT(*) FROM (SELECT 1 AS one FROM sub_case
-- sqlite:
        INDEXED BY sub_case_running_of
-- both:
        WHERE org = ?1 AND view = 'open' AND has_clock = 1 AND due_day < ?2 LIMIT 1001) l);

-- stmt: SUB_CASES_LATE
SELECT s.id, s.case_no, s.part, s.org, s.state, s.view, s.officer, s.has_clock, s.start_day,
    s.promised_days, s.statutory_days, s.used_days, s.run_day, s.paused, s.stopped_day, s.due_day,
    s.calendar, s.supplement, s.supplemented, s.decision, s.decided_us, s.decision_act,
    s.certificate, o.name, o.phone, s.clock, s.state_zh, s.state_en, c.item, c.item_version
FROM sub_case s JOIN case_file c ON c.case_no = s.case_no LEFT JOIN officer o ON o.id = s.officer
WHERE s.view = 'open' AND s.has_clock = 1 AND s.due_day < ?1 AND (s.due_day, s.id) > (?2, ?3)
ORDER BY s.due_day, s.id LIMIT ?4;
