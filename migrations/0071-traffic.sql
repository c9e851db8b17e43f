-- How a question of this node, or to it, went (exchange/traffic.h), so that the acts of the exchange are found by it; NULL for all other acts.
ALTER TABLE act ADD COLUMN outcome INTEGER;

-- A quote inside a text of the body is escaped, so what is looked for can only be a member.
UPDATE act SET outcome = CASE
    WHEN body LIKE '%"outcome":"answered"%' OR body LIKE '%"outcome":"record-missing"%' THEN 1
    WHEN body LIKE '%"outcome":"source-silent"%' OR body LIKE '%"outcome":"source-down"%' THEN 4
    WHEN body LIKE '%"outcome":"source-%' OR body LIKE '%"outcome":"upstream-%'
        OR body LIKE '%"outcome":"answer-invalid"%' OR body LIKE '%"outcome":"storage-full"%'
        OR body LIKE '%"outcome":"unavailable"%' OR body LIKE '%"outcome":"timeout"%'
        OR body LIKE '%"outcome":"peer"%' OR body LIKE '%"outcome":"internal"%' THEN 3
    ELSE 2 END
WHERE kind = 9;
UPDATE act SET outcome = 5 WHERE kind = 10;
UPDATE act SET outcome = CASE
    WHEN body LIKE '%"type":"upstream-%' OR body LIKE '%"type":"storage-full"%'
        OR body LIKE '%"type":"unavailable"%' OR body LIKE '%"type":"timeout"%'
        OR body LIKE '%"type":"peer"%' OR body LIKE '%"type":"internal"%' THEN 7
    ELSE 6 END
WHERE kind = 11;

CREATE INDEX act_of_outcome ON act (outcome, leaf_index) WHERE outcome IS NOT NULL;
CREATE INDEX act_of_traffic ON act (resource, outcome, leaf_index) WHERE outcome IS NOT NULL;

-- How often each outcome there was on a day, and when last: what a page of thirty days reads instead of the acts.
CREATE TABLE traffic_day (
    day      INTEGER NOT NULL,
    resource TEXT NOT NULL,
    outcome  INTEGER NOT NULL,
    times    INTEGER NOT NULL,
    last_us  INTEGER NOT NULL,
    PRIMARY KEY (day, resource, outcome)
) STRICT;

INSERT INTO traffic_day (day, resource, outcome, times, last_us)
SELECT (at_us + 28800000000) / 86400000000, COALESCE(resource, ''), outcome, COUNT(*), MAX(at_us)
FROM act WHERE outcome IS NOT NULL
GROUP BY (at_us + 28800000000) / 86400000000, COALESCE(resource, ''), outcome;
