/*
 * grant - the permission to fetch: who, what for, which fields, how masked, how often, when, by which law.
 *
 * Checked and counted by the node that holds the data, inside the write that records the act, so a quota
 * holds across restarts and cannot be passed by asking twice at once.
 */
#ifndef DATA_GRANT_H
#define DATA_GRANT_H

#include "data/catalogue.h"

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
    const struct json *masks;  /* {"id":"id","phone":"tail4","address":"district"} */
    int64_t per_day;           /* requests */
    int64_t from_us;
    int64_t until_us;
    struct str state; /* "in-use", "suspended", "terminated" */
};

MUST_USE enum rc grant_put(struct tx *tx, struct arena *a, const struct json *grant, int64_t now_us,
                           struct err *err);
MUST_USE enum rc grant_list(const struct db *db, struct arena *a, struct str resource,
                            struct json **out, struct err *err);

/*
 * The question, cheap, before data is fetched: RC_DENIED with type "grant-missing", "grant-expired", "grant-suspended",
 * "purpose-not-covered", "field-not-granted"; RC_BUSY with "quota-exhausted" or "outside-hours".
 * fields: what is asked (array of names); *out then holds the grant that allows it.
 */
MUST_USE enum rc grant_check(const struct db *db, struct arena *a, const struct resource *r,
                             struct str consumer, const struct purpose *purpose,
                             const struct json *fields, int64_t now_us, int offset_minutes,
                             struct grant **out, struct err *err);
/* Inside the write: checks again what may have changed, and counts one use of today. */
MUST_USE enum rc grant_count(struct tx *tx, struct arena *a, const struct resource *r,
                             const struct grant *g, const struct purpose *purpose, int64_t now_us,
                             int offset_minutes, struct err *err);

/* Only the granted fields, masked.  record: the registry's row. */
struct json *grant_apply(struct arena *a, const struct grant *g, const struct json *fields,
                         const struct json *record);

#endif
