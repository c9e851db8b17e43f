-- The time of a part is told by its clock alone (table clock, process/timekeeper.h); what was counted beside it goes.
--
-- Of which part of its case a clock is; '': of the case as a whole.
ALTER TABLE clock ADD COLUMN part TEXT NOT NULL DEFAULT '';
UPDATE clock SET part = COALESCE((SELECT s.part FROM sub_case s WHERE s.clock = clock.id
    AND NOT EXISTS (SELECT 1 FROM sub_case o WHERE o.clock = clock.id AND o.id <> s.id)), '')
WHERE EXISTS (SELECT 1 FROM sub_case s WHERE s.clock = clock.id);
-- Red, by whose it is.
CREATE INDEX clock_red_of_org ON clock (org, over_us, id)
    WHERE over_us > 0 AND state <> 'stopped' AND silence <> 'nothing' AND silence <> 'lapsed';

-- Parts that were decided before there were processes have the clock that they had; nothing moves it any more.
INSERT INTO clock (id, case_no, instance, name, kind, org, region, rule, rule_day, silence, unit, value, counts_before, before_day, extra, started,
    used, anchor, due, stopped, state, over, provisional, reasons, told, over_us, due_us, next_us, calendar, edition, entries, scope, part)
SELECT (SELECT COALESCE(MAX(id), 0) FROM clock) + ROW_NUMBER() OVER (ORDER BY s.id), s.case_no, 0, 'promised', 'promised', s.org, '', 'permit.decide',
    s.start_day, 'red', 'working_day', s.promised_days, 0, 0, 0, s.start_day, s.used_days, s.run_day, s.due_day,
    s.stopped_day, 'stopped',
    CASE WHEN s.used_days > s.promised_days THEN 1 ELSE 0 END, 0, '', 0, 0, (s.due_day + 1) * 86400000000 - 28800000000, 0, s.calendar, 0, 1, 0, s.part
FROM sub_case s WHERE s.has_clock = 1 AND s.clock = 0 AND s.view = 'done';
INSERT INTO clock_log (clock, entry, did, at_us, moment, amount, reason, basis, document, told_us, actor, words, used, due_us, provisional, calendar)
SELECT c.id, 1, 'start', c.started * 86400000000 - 28800000000, c.started, 0, '', '', '', 0, 'system', '', c.used, c.due_us, 0, c.calendar
FROM clock c WHERE c.entries = 1 AND NOT EXISTS (SELECT 1 FROM clock_log l WHERE l.clock = c.id);
UPDATE sub_case SET clock = (SELECT MAX(c.id) FROM clock c WHERE c.case_no = sub_case.case_no AND c.part = sub_case.part AND c.instance = 0)
WHERE has_clock = 1 AND clock = 0 AND view = 'done';

-- When it had its result, 0: not yet, or it was never to be done here.
ALTER TABLE sub_case ADD COLUMN done_us INTEGER NOT NULL DEFAULT 0;
UPDATE sub_case SET done_us = decided_us WHERE view = 'done';
UPDATE sub_case SET done_us = (SELECT f.submitted_us FROM case_file f WHERE f.case_no = sub_case.case_no)
WHERE view = 'done' AND done_us = 0 AND state <> 'waived';

DROP INDEX sub_case_queue;
DROP INDEX sub_case_waiting;
DROP INDEX sub_case_running_of;
DROP INDEX sub_case_running;
CREATE INDEX officer_of_org ON officer (org);
CREATE INDEX sub_case_of_org ON sub_case (org, view);
CREATE INDEX sub_case_done ON sub_case (org, done_us, id) WHERE done_us > 0;
ALTER TABLE sub_case DROP COLUMN has_clock;
ALTER TABLE sub_case DROP COLUMN start_day;
ALTER TABLE sub_case DROP COLUMN promised_days;
ALTER TABLE sub_case DROP COLUMN used_days;
ALTER TABLE sub_case DROP COLUMN run_day;
ALTER TABLE sub_case DROP COLUMN paused;
ALTER TABLE sub_case DROP COLUMN stopped_day;
ALTER TABLE sub_case DROP COLUMN due_day;
ALTER TABLE sub_case DROP COLUMN calendar;
