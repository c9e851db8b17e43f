-- stmt: PROACTIVE_RUN
SELECT ended_us, after_key, act FROM proactive_run WHERE benefit = ?1 AND day = ?2;

-- stmt: PROACTIVE_RUN_BEGIN
INSERT INTO proactive_run (benefit, day, started_us, ended_us, after_key, looked, hidden, dropped, found, unreachable, offered, act)
VALUES (?1, ?2, ?3, 0, ?4, 0, 0, 0, 0, 0, 0, ?5) ON CONFLICT (benefit, day) DO NOTHING;

-- stmt: PROACTIVE_RUN_GO_ON
UPDATE proactive_run SET after_key = ?4, ended_us = ?5, looked = looked + ?6, hidden = hidden + ?7, dropped = dropped + ?8,
    found = found + ?9, unreachable = unreachable + ?10, offered = offered + ?11
WHERE benefit = ?1 AND day = ?2 AND after_key = ?3 AND ended_us = 0;

-- stmt: PROACTIVE_RUN_LAST
SELECT day, started_us, ended_us, looked, hidden, dropped, found, unreachable, offered, act FROM proactive_run
WHERE benefit = ?1 ORDER BY day DESC LIMIT 1;

-- stmt: PROACTIVE_OFFER_ADD
INSERT INTO proactive_offer (id, benefit, item, subject, state, draft, made_us, settled_us, act, content)
VALUES (?1, ?2, ?3, ?4, 'open', '', ?5, 0, ?6, ?7);

-- stmt: PROACTIVE_OFFER_THERE
SELECT COUNT(*) FROM proactive_offer WHERE benefit = ?1 AND subject = ?2;

-- stmt: PROACTIVE_OFFERS_OF
SELECT id, benefit, item, state, draft, made_us, act, content FROM proactive_offer
WHERE subject = ?1 AND state = ?2 ORDER BY made_us, id LIMIT 20;

-- stmt: PROACTIVE_OFFER
SELECT id, benefit, item, state, draft, made_us, act, content FROM proactive_offer WHERE id = ?1 AND subject = ?2;

-- stmt: PROACTIVE_OFFER_SETTLE
UPDATE proactive_offer SET state = ?3, draft = ?4, settled_us = ?5 WHERE id = ?1 AND state = ?2;

-- stmt: PROACTIVE_OFFER_DECIDED
UPDATE proactive_offer SET state = ?2, settled_us = ?3
WHERE state = 'accepted' AND draft = (SELECT draft FROM case_file WHERE case_no = ?1);

-- stmt: PROACTIVE_COUNTS
SELECT state, COUNT(*) FROM proactive_offer WHERE benefit = ?1 GROUP BY state;
