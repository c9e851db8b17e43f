/*
 * errand - what programs of the node did for a case because its process asked for it, one record for each job, with its act.
 *
 * What is written is for good: the words as they stood then, in both languages, and the values they are about, sealed together:
 *
 *     {"zh":{"title","text"},"en":{"title","text"},"data":{…}}
 *
 * (instance, token) is the job (process/conduct_job.h), so that what is done twice is written once.
 */
#ifndef SERVICE_ERRAND_H
#define SERVICE_ERRAND_H

#include "crypto/vault.h"
#include "evidence/act.h"
#include "store/store.h"

enum { ERRANDS_SHOWN = 200 /* of one case, and of one list */ };

/* Who is to read it: officers read all of a case, the applicant what is for applicants or everyone. */
#define ERRAND_APPLICANT "applicant"
#define ERRAND_OFFICERS "officers"
#define ERRAND_EVERYONE "everyone"

struct errand {
    int64_t instance, token;
    struct str case_no, part;
    struct str org;      /* whom it is for; "" */
    struct str type;     /* of the job: "notice.send" */
    struct str name;     /* which of its kind: "refused"; "" */
    struct str audience;
    const struct json *what;
    int64_t at_us;
    int64_t until_us;    /* shown to everyone until then; 0 */
    enum act_kind kind;  /* of its act */
    struct str acts_for; /* the organisation in whose name it was done; "" */
    struct str subject;  /* whom it concerns; "" */
    const struct json *shown; /* object: more that its act says, nothing personal; or NULL */
};
/* Inside a write: the record and its act; *act, which may be NULL, gets its number.  RC_CONFLICT: that job has one already. */
MUST_USE enum rc errand_add(struct tx *tx, const struct vault *vault, struct arena *a, const struct errand *e, int64_t *act, struct err *err);

struct errand_wish {
    struct str lang;
    bool is_officer; /* sees what is for officers too */
    int offset_minutes;
};
/*
 * Oldest first: [{"type","name","part","org","audience","title","text","data","at","act","proof_url","is_notice"}]; "data" for officers alone.
 */
MUST_USE enum rc errand_of_case(const struct db *db, const struct vault *vault, struct arena *a, struct str case_no,
                                const struct errand_wish *wish, struct json **out, struct err *err);
/* What an organisation was given to do or to know, newest first; the same, with "case_no". */
MUST_USE enum rc errand_of_org(const struct db *db, const struct vault *vault, struct arena *a, struct str org, const struct errand_wish *wish,
                               struct json **out, struct err *err);
/* What is shown to everyone now, newest first; the same, with "until" and neither data nor case. */
MUST_USE enum rc errand_shown(const struct db *db, const struct vault *vault, struct arena *a, int64_t now_us, const struct errand_wish *wish,
                              struct json **out, struct err *err);

#endif
