-- Clocks of cases and their logs.

-- stmt: CLOCK_LAST
SELECT CAST(COALESCE(MAX(id), 0) AS INTEGER) FROM clock;

-- stmt: CLOCK_ADD
INSERT INTO clock (
    id, case_no, instance, name, kind, org, region, rule, rule_day, silence, unit, value, counts_before, before_day,
    extra, started, used, anchor, due, part, state, over, provisional, reasons, told, over_us, due_us, next_us,
    calendar, edition, entries, scope, stopped
) VALUES (
    ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24,
    ?25, ?26, ?27, ?28, ?29, ?30, ?31, ?32, 0
);

-- stmt: CLOCK_SAVE
UPDATE clock SET
    extra = ?2, used = ?3, anchor = ?4, due = ?5, stopped = ?6, state = ?7, over = ?8, provisional = ?9,
    reasons = ?10, told = ?11, over_us = ?12, due_us = ?13, next_us = ?14, calendar = ?15, edition = ?16,
    entries = ?17
WHERE id = ?1;

-- stmt: CLOCK_PASS_OVER
UPDATE clock SET edition = ?2 WHERE id = ?1;

-- stmt: CLOCK_BY_ID
SELECT
    id, case_no, instance, name, kind, org, region, rule, rule_day, silence, unit, value, counts_before, before_day,
    extra, started, used, anchor, due, stopped, state, over, provisional, reasons, told, over_us, due_us, next_us,
    calendar, edition, entries, scope, part
FROM clock WHERE id = ?1;

-- stmt: CLOCK_LATEST
SELECT
    id, case_no, instance, name, kind, org, region, rule, rule_day, silence, unit, value, counts_before, before_day,
    extra, started, used, anchor, due, stopped, state, over, provisional, reasons, told, over_us, due_us, next_us,
    calendar, edition, entries, scope, part
FROM clock WHERE instance = ?1 AND instance > 0 AND name = ?2 AND (?3 = 0 OR scope = ?3) ORDER BY id DESC LIMIT 1;

-- stmt: CLOCKS_OF_CASE
SELECT
    id, case_no, instance, name, kind, org, region, rule, rule_day, silence, unit, value, counts_before, before_day,
    extra, started, used, anchor, due, stopped, state, over, provisional, reasons, told, over_us, due_us, next_us,
    calendar, edition, entries, scope, part
FROM clock WHERE case_no = ?1 ORDER BY id LIMIT ?2;

-- stmt: CLOCKS_OPEN_OF_INSTANCE
SELECT id FROM clock WHERE instance = ?1 AND instance > 0 AND state <> 'stopped'
    AND (?2 = '' OR name = ?2) AND (?3 = '' OR org = ?3) AND (?5 = 0 OR scope = ?5) ORDER BY id LIMIT ?4;

-- stmt: CLOCKS_OPEN_OF_CASE
SELECT id FROM clock WHERE case_no = ?1 AND state <> 'stopped'
    AND (?2 = '' OR name = ?2) AND (?3 = '' OR org = ?3) ORDER BY id LIMIT ?4;

-- Pages go on first among those of the same instant, then behind it: so each is one walk along an index, however many share an instant.
-- stmt: CLOCKS_NEXT_SAME
SELECT next_us, id FROM clock WHERE next_us = ?1 AND id > ?2 AND next_us > 0 ORDER BY id LIMIT ?3;

-- stmt: CLOCKS_NEXT
SELECT next_us, id FROM clock WHERE next_us > ?1 AND next_us <= ?2 AND next_us > 0 ORDER BY next_us, id LIMIT ?3;

-- stmt: CLOCKS_DUE_SAME
SELECT
    id, case_no, instance, name, kind, org, region, rule, rule_day, silence, unit, value, counts_before, before_day,
    extra, started, used, anchor, due, stopped, state, over, provisional, reasons, told, over_us, due_us, next_us,
    calendar, edition, entries, scope, part
FROM clock WHERE state = 'running' AND due_us = ?1 AND id > ?2 ORDER BY id LIMIT ?3;

-- stmt: CLOCKS_DUE
SELECT
    id, case_no, instance, name, kind, org, region, rule, rule_day, silence, unit, value, counts_before, before_day,
    extra, started, used, anchor, due, stopped, state, over, provisional, reasons, told, over_us, due_us, next_us,
    calendar, edition, entries, scope, part
FROM clock WHERE state = 'running' AND due_us > ?1 AND due_us < ?2 ORDER BY due_us, id LIMIT ?3;

-- stmt: CLOCKS_DUE_OF_ORG_SAME
SELECT
    id, case_no, instance, name, kind, org, region, rule, rule_day, silence, unit, value, counts_before, before_day,
    extra, started, used, anchor, due, stopped, state, over, provisional, reasons, told, over_us, due_us, next_us,
    calendar, edition, entries, scope, part
FROM clock WHERE org = ?4 AND state = 'running' AND due_us = ?1 AND id > ?2
ORDER BY id LIMIT ?3;

-- stmt: CLOCKS_DUE_OF_ORG
SELECT
    id, case_no, instance, name, kind, org, region, rule, rule_day, silence, unit, value, counts_before, before_day,
    extra, started, used, anchor, due, stopped, state, over, provisional, reasons, told, over_us, due_us, next_us,
    calendar, edition, entries, scope, part
FROM clock WHERE org = ?4 AND state = 'running' AND due_us > ?1 AND due_us < ?2
ORDER BY due_us, id LIMIT ?3;

-- stmt: CLOCKS_RED_SAME
SELECT
    id, case_no, instance, name, kind, org, region, rule, rule_day, silence, unit, value, counts_before, before_day,
    extra, started, used, anchor, due, stopped, state, over, provisional, reasons, told, over_us, due_us, next_us,
    calendar, edition, entries, scope, part
FROM clock WHERE over_us = ?1 AND id > ?2 AND over_us > 0 AND state <> 'stopped' AND silence <> 'nothing' AND silence <> 'lapsed'
ORDER BY id LIMIT ?3;

-- stmt: CLOCKS_RED
SELECT
    id, case_no, instance, name, kind, org, region, rule, rule_day, silence, unit, value, counts_before, before_day,
    extra, started, used, anchor, due, stopped, state, over, provisional, reasons, told, over_us, due_us, next_us,
    calendar, edition, entries, scope, part
FROM clock WHERE over_us > ?1 AND over_us > 0 AND state <> 'stopped' AND silence <> 'nothing' AND silence <> 'lapsed'
ORDER BY over_us, id LIMIT ?2;

-- The first region at or behind this one that has open clocks.
-- stmt: CLOCK_REGION_FROM
SELECT region FROM clock WHERE region >= ?1 AND state <> 'stopped' ORDER BY region LIMIT 1;

-- stmt: CLOCK_REGION_BEHIND
SELECT region FROM clock WHERE region > ?1 AND state <> 'stopped' ORDER BY region LIMIT 1;

-- stmt: CLOCKS_STALE
SELECT
    id, case_no, instance, name, kind, org, region, rule, rule_day, silence, unit, value, counts_before, before_day,
    extra, started, used, anchor, due, stopped, state, over, provisional, reasons, told, over_us, due_us, next_us,
    calendar, edition, entries, scope, part
FROM clock WHERE region = ?1 AND edition < ?2 AND state <> 'stopped' ORDER BY edition, id LIMIT ?3;

-- stmt: CLOCK_LOG_ADD
INSERT INTO clock_log (
    clock, entry, did, at_us, moment, amount, reason, basis, document, told_us, actor, words, used, due_us,
    provisional, calendar
) VALUES (
    ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16
);

-- stmt: CLOCK_LOG_OF
SELECT
    entry, did, at_us, moment, amount, reason, basis, document, told_us, actor, words, used, due_us, provisional,
    calendar
FROM clock_log WHERE clock = ?1 ORDER BY entry;
