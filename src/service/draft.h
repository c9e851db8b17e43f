/*
 * draft - an application that is being filled in: kept on the server at every step, found again on any device.
 */
#ifndef SERVICE_DRAFT_H
#define SERVICE_DRAFT_H

#include "crypto/vault.h"
#include "service/item.h"

struct draft {
    struct str id;       /* "d-…" random */
    struct str subject;  /* whose it is */
    struct str item;
    int64_t item_version;
    struct json *values; /* sealed at rest */
    int64_t revision;    /* for two tabs: a save names the revision that it saw */
    int64_t saved_us;
    int64_t expires_us;
    struct str case_no;  /* once submitted */
};

/* The subject's open draft of that item, or a new one. */
MUST_USE enum rc draft_begin(const struct db *db, const struct vault *vault, struct arena *a,
                             struct str subject, const struct item *item, int64_t now_us,
                             int keep_days, struct draft *out, struct err *err);
/* RC_NOT_FOUND also when it is somebody else's. */
MUST_USE enum rc draft_get(const struct db *db, const struct vault *vault, struct arena *a,
                           struct str id, struct str subject, struct draft *out, struct err *err);
/* RC_CONFLICT, type "other-tab", if the revision has moved on; nothing is lost: the caller shows both.  Its files are its own from now on. */
MUST_USE enum rc draft_save(const struct db *db, const struct vault *vault, struct arena *a,
                            struct draft *draft, int64_t now_us, struct err *err);
/* Array of {"id","item","name","saved","expires","url"} for "my" pages. */
MUST_USE enum rc draft_list(const struct db *db, struct arena *a, struct str subject, int64_t now_us,
                            struct json **out, struct err *err);
/* Removes what was not saved in time, and lets go of its files. */
MUST_USE enum rc draft_expire(const struct db *db, int64_t now_us, int64_t *count, struct err *err);

#endif
