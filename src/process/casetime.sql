-- Whether a process waits for this of a clock: most do not wait for every warning, and need no command then.
-- stmt: CASETIME_LISTENERS
SELECT COUNT(*) FROM process_token WHERE instance = ?1 AND kind = 'clock' AND name = ?2 AND key = ?3;
