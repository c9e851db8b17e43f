-- What chores write besides their errand.

-- stmt: CHORE_CERTIFICATE_OF_PART
UPDATE sub_case SET certificate = ?2 WHERE id = ?1;
