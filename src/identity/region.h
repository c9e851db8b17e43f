/*
 * region - where in the land something is: the tree of GB/T 2260 and its levels, both as rows.
 *
 * A level says its rank from the top, how many digits its codes have, and how many of those
 * digits (the stem) name the region; the others are zeros.  A region's code begins with the stem
 * of its parent, and its rank is below its parent's, so there can be no ring.  Levels may be left
 * out: a city without streets (龙港) is a region whose children are communities.
 */
#ifndef IDENTITY_REGION_H
#define IDENTITY_REGION_H

#include "base/json.h"
#include "store/store.h"

struct region_level {
    struct str code;    /* "province", "city", "county", "street", "community": what the data says */
    struct str name_zh; /* 街道 */
    struct str name_en;
    int rank;           /* 1 at the top */
    int digits;         /* of a code */
    int stem;           /* of them, those that name it */
};

struct region {
    struct str code;   /* 990102 */
    struct str parent; /* "" at the top */
    struct str level;
    struct str name_zh;
    struct str name_en;
};

struct region_table;

/*
 * Inside store_write: from {"levels":[…],"regions":[…]}, in any order.  Adds or replaces, then
 * looks at the whole tree as it stands.  RC_INVALID, type "region-wrong", names the region and
 * what is wrong with it.
 */
MUST_USE enum rc region_put(struct tx *tx, const struct json *document, struct err *err);
/* A new table from the rows; free the old one when nobody uses it. */
MUST_USE enum rc region_load(const struct db *db, struct region_table **out, struct err *err);
void region_table_free(struct region_table *t); /* accepts NULL */

/* NULL if there is none. */
const struct region *region_by_code(const struct region_table *t, struct str code);
const struct region_level *region_level_of(const struct region_table *t, const struct region *r);
/*
 * The smallest region in which something with this longer code lies: an address code, an
 * identifier.  NULL.
 */
const struct region *region_around(const struct region_table *t, struct str code);
/* True if code is inside, or is, ancestor. */
bool region_is_inside(const struct region_table *t, struct str code, struct str ancestor);
/* In the order of their codes, from after (or "") on; of "": those at the top. */
size_t region_children(const struct region_table *t, struct str code, struct str after,
                       const struct region **out, size_t most);
/* From the top down to the region itself. */
enum { REGION_DEPTH_MAX = 12 };
size_t region_path(const struct region_table *t, struct str code,
                   const struct region *out[REGION_DEPTH_MAX]);

#endif
