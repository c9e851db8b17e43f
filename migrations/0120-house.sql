-- Cases run on processes: a part's row is what its process has told of it (src/service/casework_process.c).
-- state_zh, state_en: how the model calls the state; '': as the table of states does.  clock: the promise's row of `clock`, 0: none yet.
-- A part that was begun before has none of it, and no process: it can be read, and nothing moves it any more.
ALTER TABLE sub_case ADD COLUMN state_zh TEXT NOT NULL DEFAULT '';
ALTER TABLE sub_case ADD COLUMN state_en TEXT NOT NULL DEFAULT '';
ALTER TABLE sub_case ADD COLUMN clock INTEGER NOT NULL DEFAULT 0;
