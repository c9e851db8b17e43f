-- The rulebook keeps models of decisions (DMN) and of processes (BPMN); the id of a process is its key behind 'process.'.
-- found: what was said of a text when it was proposed, as a document; '' if nobody asked.
ALTER TABLE rule_model ADD COLUMN kind TEXT NOT NULL DEFAULT 'dmn' CHECK (kind IN ('dmn', 'bpmn'));
ALTER TABLE rule_version ADD COLUMN found TEXT NOT NULL DEFAULT '';
