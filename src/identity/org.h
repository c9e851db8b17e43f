/*
 * org - regions (GB/T 2260 tree; which levels there are is data), organisations, and the powers that law gives them (权责清单).
 *
 * All three are read at start and seldom change, so a node keeps them in memory as one immutable table (struct state_table):
 * made from the rows, replaced whole by org_load.  A city without streets (龙港) is a region whose children are communities.
 */
#ifndef IDENTITY_ORG_H
#define IDENTITY_ORG_H

#include "base/json.h"
#include "store/store.h"

struct region {
    struct str code;   /* 990102 */
    struct str parent; /* "" at the top */
    struct str level;  /* "province", "city", "county", "street", "community": data */
    struct str name_zh;
    struct str name_en;
};

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

/* Inside store_write: from {"regions":[…],"orgs":[…],"powers":[…]}; checks codes and parents.  Adds or replaces. */
MUST_USE enum rc org_put(struct tx *tx, struct arena *a, const struct json *document,
                         struct err *err);
/* A new table from the rows; free the old one when nobody uses it. */
MUST_USE enum rc org_load(const struct db *db, struct org_table **out, struct err *err);
void org_table_free(struct org_table *t);

/* NULL if there is none. */
const struct region *region_by_code(const struct org_table *t, struct str code);
/* True if code is inside, or is, ancestor. */
bool region_is_inside(const struct org_table *t, struct str code, struct str ancestor);
size_t region_children(const struct org_table *t, struct str code, const struct region **out,
                       size_t most);
const struct org *org_by_uscc(const struct org_table *t, struct str uscc);
const struct power *power_by_code(const struct org_table *t, struct str code);

#endif
