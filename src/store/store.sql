SQLite's file is looked at from outside: its own answer is a pragma, which a reading connection may not prepare.

-- stmt: STORE_BYTES
-- sqlite:
SELECT 0;
-- postgres:
SELECT pg_database_size(current_database());
