-- stmt: NODE_FACT_BY_NAME
SELECT value FROM node_fact WHERE name = ?1;

-- stmt: NODE_FACT_SET
INSERT INTO node_fact (name, value) VALUES (?1, ?2)
ON CONFLICT (name) DO UPDATE SET value = excluded.value;
