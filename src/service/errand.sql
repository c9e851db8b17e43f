-- What programs of the node did for cases.

-- stmt: ERRAND_ADD
INSERT INTO errand (instance, token, case_no, part, org, type, name, audience, what, act, at_us, until_us)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12);

-- stmt: ERRAND_OF_CASE
SELECT instance, token, case_no, part, org, type, name, audience, what, act, at_us, until_us FROM errand
WHERE case_no = ?1 ORDER BY at_us, instance, token LIMIT ?2;

-- stmt: ERRAND_OF_ORG
SELECT instance, token, case_no, part, org, type, name, audience, what, act, at_us, until_us FROM errand
WHERE org = ?1 AND org <> '' ORDER BY at_us DESC, instance, token LIMIT ?2;

-- stmt: ERRAND_SHOWN
SELECT instance, token, case_no, part, org, type, name, audience, what, act, at_us, until_us FROM errand
WHERE until_us > ?1 AND until_us > 0 ORDER BY until_us DESC, instance, token LIMIT ?2;
