-- Officers, their roles and powers.

-- stmt: OFFICER_PUT
INSERT INTO officer (id, org, name, title, phone, roles) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
ON CONFLICT (id) DO UPDATE SET org = excluded.org, name = excluded.name, title = excluded.title,
    phone = excluded.phone, roles = excluded.roles;

-- stmt: OFFICER_POWERS_CLEAR
DELETE FROM officer_power WHERE officer = ?1;

-- stmt: OFFICER_POWER_ADD
INSERT INTO officer_power (officer, power, valid_from, valid_until) VALUES (?1, ?2, ?3, ?4);

-- stmt: OFFICER_BY_ID
SELECT id, org, name, title, phone, roles FROM officer WHERE id = ?1;

-- stmt: OFFICER_POWERS_EVER
SELECT power, valid_from, valid_until FROM officer_power WHERE officer = ?1 ORDER BY power;

-- stmt: OFFICER_POWERS
SELECT power FROM officer_power WHERE officer = ?1 AND valid_from <= ?2
    AND (valid_until = '' OR valid_until >= ?2) ORDER BY power;
