-- Cases of a process by their numbers, for whoever reads the history of all of them.

-- stmt: XES_INSTANCES
SELECT id FROM (
    SELECT id FROM process_instance WHERE model = ?1 AND id > ?2 AND started_us >= ?3 AND started_us < ?4
    UNION ALL
    SELECT id FROM process_closed WHERE model = ?1 AND id > ?2 AND started_us >= ?3 AND started_us < ?4
) i ORDER BY id LIMIT ?5;
