-- stmt: HANDOVER_ADD
INSERT INTO handover (side, name, peer, agreement, process, item, basis, case_no, peer_case, instance, token, state, whose, whose_us, given, heard,
    opened_us, closed_us, next_us, tries, content)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, 0, 0, ?14, 0, ?14, 0, ?15) ON CONFLICT (side, name) DO NOTHING;

-- stmt: HANDOVER_SET
UPDATE handover SET agreement = ?2, basis = ?3, case_no = ?4, peer_case = ?5, instance = ?6, state = ?7, whose = ?8, whose_us = ?9, given = ?10,
    heard = ?11, closed_us = ?12, next_us = ?13, tries = ?14, content = ?15
WHERE id = ?1;

-- stmt: HANDOVER_BY_ID
SELECT id, side, name, peer, agreement, process, item, basis, case_no, peer_case, instance, token, state, whose, whose_us, given, heard, opened_us,
    closed_us, next_us, tries, content
FROM handover WHERE id = ?1;

-- stmt: HANDOVER_BY_NAME
SELECT id, side, name, peer, agreement, process, item, basis, case_no, peer_case, instance, token, state, whose, whose_us, given, heard, opened_us,
    closed_us, next_us, tries, content
FROM handover WHERE side = ?1 AND name = ?2;

-- stmt: HANDOVER_OF_TOKEN
SELECT id, side, name, peer, agreement, process, item, basis, case_no, peer_case, instance, token, state, whose, whose_us, given, heard, opened_us,
    closed_us, next_us, tries, content
FROM handover WHERE side = 'sent' AND instance = ?1 AND token = ?2 AND closed_us = 0 ORDER BY id DESC LIMIT 1;

-- stmt: HANDOVER_OF_CASE
SELECT id, side, name, peer, agreement, process, item, basis, case_no, peer_case, instance, token, state, whose, whose_us, given, heard, opened_us,
    closed_us, next_us, tries, content
FROM handover WHERE case_no = ?1 AND case_no <> '' ORDER BY id LIMIT ?2;

-- stmt: HANDOVER_NEW
SELECT id FROM handover WHERE state = 'new' AND peer = ?1 AND next_us <= ?2 ORDER BY next_us, id LIMIT ?3;

-- stmt: HANDOVER_NEW_WAKE
UPDATE handover SET next_us = 0 WHERE state = 'new' AND peer = ?1 AND next_us > 0;

-- stmt: HANDOVER_MESSAGE_ADD
INSERT INTO handover_message (handover, way, number, kind, peer, digest, body, state, tries, next_us, at_us, done_us, trouble)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'waiting', 0, ?8, ?8, 0, '') ON CONFLICT (handover, way, number) DO NOTHING;

-- stmt: HANDOVER_MESSAGE_BY_ID
SELECT id, handover, way, number, kind, peer, digest, body, state, tries FROM handover_message WHERE id = ?1;

-- stmt: HANDOVER_MESSAGE_DIGEST
SELECT digest FROM handover_message WHERE handover = ?1 AND way = ?2 AND number = ?3;

-- stmt: HANDOVER_MESSAGE_END
UPDATE handover_message SET state = ?2, body = NULL, done_us = ?3, trouble = ?4 WHERE id = ?1 AND state = 'waiting';

-- stmt: HANDOVER_MESSAGE_LATER
UPDATE handover_message SET next_us = ?2, tries = tries + 1, trouble = ?3 WHERE id = ?1 AND state = 'waiting';

-- A process that stood still goes on: what came for it meanwhile is carried out.
-- stmt: HANDOVER_MESSAGES_WAKE
UPDATE handover_message SET next_us = 0 WHERE way = 'in' AND state = 'waiting'
    AND handover IN (SELECT id FROM handover WHERE instance = ?1 AND closed_us = 0);

-- In their order: each waits for the one before it.
-- stmt: HANDOVER_MESSAGES_OUT
SELECT m.id FROM handover_message m WHERE m.way = 'out' AND m.state = 'waiting' AND m.peer = ?1 AND m.next_us <= ?2
    AND NOT EXISTS (SELECT 1 FROM handover_message e WHERE e.handover = m.handover AND e.way = 'out' AND e.number < m.number AND e.state = 'waiting')
ORDER BY m.next_us, m.id LIMIT ?3;

-- stmt: HANDOVER_MESSAGES_IN
SELECT m.id FROM handover_message m JOIN handover h ON h.id = m.handover
WHERE m.way = 'in' AND m.state = 'waiting' AND m.next_us <= ?1 AND m.number = h.heard + 1 ORDER BY m.next_us, m.id LIMIT ?2;

-- stmt: HANDOVER_MESSAGES_WAITING
SELECT CAST(COUNT(*) AS INTEGER), CAST(COALESCE(MAX(tries), 0) AS INTEGER), COALESCE(MAX(trouble), '') FROM handover_message
WHERE handover = ?1 AND state = 'waiting';

-- What was said, both ways, in the order in which it was.
-- stmt: HANDOVER_LETTERS
SELECT way, number, kind, state, at_us, done_us, tries FROM handover_message WHERE handover = ?1 ORDER BY at_us, id LIMIT ?2;

-- stmt: HANDOVER_COUNT_OF_CASE
SELECT COUNT(*) FROM handover WHERE case_no = ?1 AND case_no <> '';

-- stmt: HANDOVER_PEER_ADD
INSERT INTO handover_peer (name, tries, next_us, since_us, trouble) VALUES (?1, 0, 0, 0, '') ON CONFLICT (name) DO NOTHING;

-- stmt: HANDOVER_PEER_AWAY
UPDATE handover_peer SET tries = tries + 1, next_us = ?2, trouble = ?3, since_us = CASE WHEN tries = 0 THEN ?4 ELSE since_us END WHERE name = ?1;

-- It has been heard of: what waits for it need not wait longer.
-- stmt: HANDOVER_PEER_HERE
UPDATE handover_peer SET tries = 0, next_us = 0, trouble = '', since_us = 0 WHERE name = ?1 AND tries > 0;

-- stmt: HANDOVER_PEER
SELECT tries, next_us, since_us, trouble FROM handover_peer WHERE name = ?1;

-- stmt: HANDOVER_PEER_BOX
SELECT box, next_us FROM handover_peer WHERE name = ?1;

-- stmt: HANDOVER_PEER_BOX_SET
UPDATE handover_peer SET box = ?2 WHERE name = ?1 AND box <> ?2;

-- When something has to be offered or sent to which node; those that were here when they were last asked come first.
-- stmt: HANDOVER_LINES
SELECT p.name, p.tries, p.next_us,
    CAST(COALESCE((SELECT MIN(h.next_us) FROM handover h WHERE h.state = 'new' AND h.peer = p.name), ?1) AS INTEGER),
    CAST(COALESCE((SELECT m.next_us FROM handover_message m WHERE m.way = 'out' AND m.state = 'waiting' AND m.peer = p.name
        AND NOT EXISTS (SELECT 1 FROM handover_message e WHERE e.handover = m.handover AND e.way = 'out' AND e.number < m.number
            AND e.state = 'waiting') ORDER BY m.next_us LIMIT 1), ?1) AS INTEGER)
FROM handover_peer p ORDER BY p.tries, p.next_us, p.name LIMIT ?2;

-- When something that came has to be carried out.
-- stmt: HANDOVER_NEXT
SELECT CAST(COALESCE(MIN(m.next_us), ?1) AS INTEGER) FROM handover_message m JOIN handover h ON h.id = m.handover
WHERE m.way = 'in' AND m.state = 'waiting' AND m.number = h.heard + 1;

-- stmt: HANDOVER_AGREEMENT_PUT
INSERT INTO handover_agreement (id, sender, receiver, process, updated_us, document) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
ON CONFLICT (id) DO UPDATE SET sender = excluded.sender, receiver = excluded.receiver, process = excluded.process,
    updated_us = excluded.updated_us, document = excluded.document;

-- stmt: HANDOVER_AGREEMENT
SELECT document FROM handover_agreement WHERE id = ?1;

-- stmt: HANDOVER_AGREEMENTS
SELECT document FROM handover_agreement WHERE sender = ?1 AND receiver = ?2 AND process = ?3 ORDER BY id;
