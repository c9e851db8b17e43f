-- Of a clock that a process runs: which scope of it declared it, so that departments under way at a time have each their own.
ALTER TABLE clock ADD COLUMN scope INTEGER NOT NULL DEFAULT 0;
