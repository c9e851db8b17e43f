-- What programs of the node did for a case because its process asked for it (src/service/errand.h), one row for each job: told somebody, ordered a
-- payment, drew a name.  (instance, token) is the job.  audience: who is to read it, 'applicant', 'officers' or 'everyone'.  org: whom it is for, or ''.
-- what is sealed: the words in both languages, and the values they are about.  until_us: how long it is shown to everyone, 0: it is not.
CREATE TABLE errand (
    instance INTEGER NOT NULL,
    token    INTEGER NOT NULL,
    case_no  TEXT NOT NULL,
    part     TEXT NOT NULL,
    org      TEXT NOT NULL,
    type     TEXT NOT NULL,
    name     TEXT NOT NULL,
    audience TEXT NOT NULL,
    what     BLOB NOT NULL,
    act      INTEGER NOT NULL,
    at_us    INTEGER NOT NULL,
    until_us INTEGER NOT NULL,
    PRIMARY KEY (instance, token)
) STRICT, WITHOUT ROWID;
CREATE INDEX errand_of_case ON errand (case_no, at_us);
CREATE INDEX errand_of_org ON errand (org, at_us) WHERE org <> '';
CREATE INDEX errand_shown ON errand (until_us) WHERE until_us > 0;
