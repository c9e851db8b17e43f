-- The key by which what only that node is to read is sealed, as its last signed answer said it; base64, '': it has not been heard of.
ALTER TABLE handover_peer ADD COLUMN box TEXT NOT NULL DEFAULT '';
