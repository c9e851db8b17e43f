/*
 * grant - the permission to fetch: who, what for, which fields, how masked, how often, when, by which law.
 *
 * {"id","resource","consumer" (node),"item","basis","fields":["name",…],"masks":{"id":"middle","address":"district"},
 *  "rows": which records (binding of a rule, process/counsel.h, whose outputs are {"seen"}; its paths begin with record, purpose,
 *   consumer, day); without it all,
 *  "rules":{"middle":{"keep_head":6,"keep_tail":4},"district":{"up_to":["区","县"]}},"per_day","from","until" (RFC 3339),
 *  "state":"in-use|suspended|terminated","by" (who decided: "officer:…")}
 * Counted by the node that holds the data, inside the write that records the act, so a quota holds across restarts and cannot be
 * passed by asking twice at once.  A resource may have a limit of its own, for all its consumers together.
 */
#ifndef DATA_GRANT_H
#define DATA_GRANT_H

#include "data/catalogue.h"
#include "process/counsel.h"

enum { GRANT_BYTES_MAX = 65536 };

/* What a consumer says it wants data for; stands inside its signature. */
struct purpose {
    struct str case_no; /* of the case, or of the draft: "draft:…" */
    struct str item;    /* 实施编码 or bundle code */
    struct str basis;   /* legal basis as cited */
    struct str actor;   /* "officer:…", "system" */
    bool urgent;
};

struct grant {
    struct str id;
    struct str resource;
    struct str consumer; /* node name */
    struct str item;     /* purpose must name this item; "*" any */
    struct str basis;    /* and this basis */
    const struct json *fields; /* array of element names */
    const struct json *masks;  /* element → name of a rule; may be NULL */
    const struct json *rules;  /* name → rule (data/mask.h); may be NULL */
    const struct json *rows;   /* which rule says whose record may be seen; may be NULL */
    int64_t per_day;           /* requests */
    int64_t from_us;
    int64_t until_us;
    struct str state; /* "in-use", "suspended", "terminated" */
    int64_t version;  /* 1, 2, … as put */
    struct grant *next;
};

/*
 * Adds or replaces, with ACT_GRANT; the resource must be known, its fields exist, its class not 不予共享.
 * RC_INVALID names what is wrong.  The same document again changes nothing and writes no act.
 */
MUST_USE enum rc grant_put(struct tx *tx, struct arena *a, const struct json *grant, int64_t now_us,
                           struct err *err);
/* Array of the documents, each with "used_today"; resource "" is all. */
MUST_USE enum rc grant_list(const struct db *db, struct arena *a, struct str resource,
                            int32_t today, struct json **out, struct err *err);

/* All grants of a consumer for a resource, to be kept and asked many times; NULL list if there is none. */
MUST_USE enum rc grant_load(const struct db *db, struct arena *a, struct str resource,
                            struct str consumer, struct grant **out, struct err *err);
/*
 * The question itself, from memory: RC_DENIED with type "grant-missing", "grant-expired", "grant-suspended",
 * "purpose-not-covered", "field-not-granted", "not-shared"; RC_BUSY with "outside-hours".  fields: what is asked (array of names).
 * Of several grants the first that allows all is taken; else the refusal of the one that came nearest is told.
 */
MUST_USE enum rc grant_choose(const struct grant *list, const struct resource *r,
                              const struct purpose *purpose, const struct json *fields,
                              int64_t now_us, int offset_minutes, const struct grant **out,
                              struct err *err);
/* Load and choose at once, and RC_BUSY "quota-exhausted" if today's count is used up. */
MUST_USE enum rc grant_check(const struct db *db, struct arena *a, const struct resource *r,
                             struct str consumer, const struct purpose *purpose,
                             const struct json *fields, int64_t now_us, int offset_minutes,
                             const struct grant **out, struct err *err);
/*
 * Inside the write: counts one use of today.  RC_BUSY "quota-exhausted"; RC_CONFLICT "grant-changed" if grant or
 * resource are no longer those that were read: read them again and ask again.
 */
MUST_USE enum rc grant_count(struct tx *tx, const struct resource *r, const struct grant *g,
                             int64_t now_us, int offset_minutes, struct err *err);

/*
 * Whether this record may be seen for that purpose, and the answer to be kept with the act; always, without "rows".  Where no rule is in
 * force, or it does not say, RC_DENIED, type "rows-undecided": what is not decided is not released.
 */
struct grant_asking {
    const struct counsel *counsel; /* NULL: no rules are kept */
    const struct db *db;
    struct str consumer;
    const struct purpose *purpose;
    int64_t now_us;
    int32_t day;
};
MUST_USE enum rc grant_sees(const struct grant_asking *asking, struct arena *a, const struct grant *g, const struct json *record,
                            bool *sees, struct counsel_answer *answer, struct err *err);

/* Only the asked and granted fields, masked; null where the record has none.  record: the registry's row. */
struct json *grant_apply(struct arena *a, const struct grant *g, const struct json *fields,
                         const struct json *record);

#endif
