-- With which versions of other rules a version was laid down: added with it, and never changed.
CREATE TABLE rule_pin (
    model         TEXT NOT NULL,
    number        INTEGER NOT NULL,
    name_space    TEXT NOT NULL,
    pinned        TEXT NOT NULL,
    pinned_number INTEGER NOT NULL,
    sha256        TEXT NOT NULL,
    PRIMARY KEY (model, number, name_space),
    FOREIGN KEY (model, number) REFERENCES rule_version (model, number),
    FOREIGN KEY (pinned, pinned_number) REFERENCES rule_version (model, number)
) STRICT;
-- sqlite:
CREATE TRIGGER rule_pin_kept BEFORE UPDATE ON rule_pin BEGIN SELECT RAISE(ABORT, 'what a rule was laid down with is never edited'); END;
CREATE TRIGGER rule_pin_stays BEFORE DELETE ON rule_pin BEGIN SELECT RAISE(ABORT, 'what a rule was laid down with is never edited'); END;
-- postgres:
CREATE TRIGGER rule_pin_kept BEFORE UPDATE OR DELETE ON rule_pin FOR EACH ROW EXECUTE FUNCTION rule_never_edited();
