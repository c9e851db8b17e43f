/*
 * org - organisations, and the powers that law gives them (权责清单).
 *
 * Both are read at start and seldom change, so a node keeps them in memory as one immutable
 * table, made from the rows and replaced whole.  Where an organisation sits is a region (see
 * region.h), never a part of its code: codes keep the region of their first registration.
 */
#ifndef IDENTITY_ORG_H
#define IDENTITY_ORG_H

#include "base/json.h"
#include "store/store.h"

struct org {
    struct str uscc;
    struct str region;
    struct str level; /* 行使层级 digit: "1".."5" */
    struct str parent;
    struct str name_zh;  /* 云溪市市场监督管理局 */
    struct str short_zh; /* 市场监管局 */
    struct str name_en;
    struct str phone;
    struct str address_zh;
};

struct power {
    struct str code; /* "99010100-XK-0012" */
    struct str org;
    struct str name_zh;
    struct str name_en;
    struct str basis; /* law, article */
};

struct org_table;

/*
 * Inside store_write: from {"orgs":[…],"powers":[…]}.  Adds or replaces.  RC_INVALID: a code that
 * is none, no name, no legal basis, a parent that is not known; RC_CONFLICT: a region or
 * organisation that is not known.
 */
MUST_USE enum rc org_put(struct tx *tx, const struct json *document, struct err *err);
/* A new table from the rows; free the old one when nobody uses it. */
MUST_USE enum rc org_load(const struct db *db, struct org_table **out, struct err *err);
void org_table_free(struct org_table *t);

/* NULL if there is none. */
const struct org *org_by_uscc(const struct org_table *t, struct str uscc);
const struct power *power_by_code(const struct org_table *t, struct str code);
/*
 * Those that sit in exactly this region; the powers of one organisation.  In the order of their
 * codes.
 */
size_t org_in_region(const struct org_table *t, struct str region, const struct org **out,
                     size_t most);
size_t power_of_org(const struct org_table *t, struct str uscc, const struct power **out,
                    size_t most);

#endif
