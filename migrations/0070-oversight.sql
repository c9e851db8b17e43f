-- What an organisation decided on a day, counted in the transaction of the step that it counts; org '' is all of them together.
-- timed: decided while a clock ran; late: of those, after more working days than were promised; used_days: theirs, summed.
CREATE TABLE sub_case_tally (
    org       TEXT NOT NULL,
    day       INTEGER NOT NULL,
    decided   INTEGER NOT NULL,
    timed     INTEGER NOT NULL,
    late      INTEGER NOT NULL,
    used_days INTEGER NOT NULL,
    deemed    INTEGER NOT NULL,
    PRIMARY KEY (org, day)
) STRICT;

-- Parts whose clock runs: of one organisation, and of all, by the day on which the promise ends.
CREATE INDEX sub_case_running_of ON sub_case (org, due_day) WHERE view = 'open' AND has_clock = 1;
CREATE INDEX sub_case_running ON sub_case (due_day, id) WHERE view = 'open' AND has_clock = 1;

-- What was decided before there were tallies.  Days are those of China's one time zone, +08:00.
INSERT INTO sub_case_tally (org, day, decided, timed, late, used_days, deemed)
SELECT org, day, SUM(decided), SUM(timed), SUM(late), SUM(used_days), SUM(deemed) FROM (
    SELECT org, (decided_us / 1000000 + 28800) / 86400 AS day, 1 AS decided, has_clock AS timed,
        CASE WHEN has_clock = 1 AND used_days > promised_days THEN 1 ELSE 0 END AS late,
        CASE WHEN has_clock = 1 THEN used_days ELSE 0 END AS used_days, 0 AS deemed
    FROM sub_case WHERE decided_us > 0
    UNION ALL
    SELECT org, (at_us / 1000000 + 28800) / 86400, 0, 0, 0, 0, 1
    FROM act WHERE kind = 19 AND org IS NOT NULL) counted
GROUP BY org, day;
INSERT INTO sub_case_tally (org, day, decided, timed, late, used_days, deemed)
SELECT '', day, SUM(decided), SUM(timed), SUM(late), SUM(used_days), SUM(deemed)
FROM sub_case_tally GROUP BY day;
