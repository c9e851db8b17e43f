#include "identity/region.h"

#include <string.h>

#include "base/mem.h"
#include "identity/region_sql.h"
#include "identity/rows.h"

enum { TABLE_ARENA = 256 << 20, DIGITS_MAX = 12 }; /* the whole land has some 660,000 regions */

struct region_table {
    struct arena *arena;
    struct rows levels;
    struct rows regions;
};

/* --- writing ---------------------------------------------------------------------------------- */

static enum rc
put_level(struct tx *tx, const struct json *l, struct err *err)
{
    int64_t rank = json_int_or(l, "rank", 0), digits = json_int_or(l, "digits", 0);
    int64_t stem = json_int_or(l, "stem", 0);
    struct str code = json_str(l, "code");

    if (code.len == 0 || json_str(l, "name_zh").len == 0 || rank < 1 || stem < 1 ||
        digits < stem || digits > DIGITS_MAX) {
        return err_problem(err, RC_INVALID, "region-wrong",
                           "level %.*s needs a name, a rank from 1, and 1 <= stem <= digits <= %d",
                           STR_ARG(code), DIGITS_MAX);
    }
    return tx_run(tx, &REGION_LEVEL_PUT,
                  VALUES(V_TEXT(code), V_INT(rank), V_INT(digits), V_INT(stem),
                         V_TEXT(json_str(l, "name_zh")), V_TEXT(json_str(l, "name_en"))),
                  NULL, NULL, err);
}

static enum rc
put_region(struct tx *tx, const struct json *r, struct err *err)
{
    struct str code = json_str(r, "code");

    for (size_t i = 0; i < code.len; i++) {
        if (code.ptr[i] < '0' || code.ptr[i] > '9') {
            return err_problem(err, RC_INVALID, "region-wrong", "%.*s is not a region code",
                               STR_ARG(code));
        }
    }
    if (code.len == 0 || json_str(r, "name_zh").len == 0) {
        return err_problem(err, RC_INVALID, "region-wrong", "region %.*s lacks code or name",
                           STR_ARG(code));
    }
    return tx_run(tx, &REGION_PUT,
                  VALUES(V_TEXT(code), V_TEXT(json_str(r, "parent")), V_TEXT(json_str(r, "level")),
                         V_TEXT(json_str(r, "name_zh")), V_TEXT(json_str(r, "name_en"))),
                  NULL, NULL, err);
}

static bool
ends_in_zeros(struct str code, size_t stem)
{
    for (size_t i = stem; i < code.len; i++) {
        if (code.ptr[i] != '0') {
            return false;
        }
    }
    return true;
}

/* One region beside its level and its parent; what is wrong with it, or NULL. */
static const char *
fault_of(const struct row *row)
{
    enum { CODE, PARENT, NAME, RANK, DIGITS, STEM, PARENT_CODE, PARENT_RANK, PARENT_STEM };
    struct str code = row_text(row, CODE), parent = row_text(row, PARENT);
    size_t parent_stem = (size_t)row_int(row, PARENT_STEM);

    if (row_is_null(row, RANK)) {
        return "is of a level that is not known";
    }
    if (code.len != (size_t)row_int(row, DIGITS) ||
        !ends_in_zeros(code, (size_t)row_int(row, STEM))) {
        return "has not the digits of its level";
    }
    if (parent.len == 0) {
        return NULL;
    }
    if (row_is_null(row, PARENT_CODE) || row_is_null(row, PARENT_RANK)) {
        return "has a parent that is not known";
    }
    if (row_int(row, PARENT_RANK) >= row_int(row, RANK)) {
        return "does not stand below its parent";
    }
    if (!str_starts(code, str_sub(parent, 0, parent_stem))) {
        return "does not begin as its parent does";
    }
    return NULL;
}

static enum rc
check_row(const struct row *row, void *ctx, struct err *err)
{
    const char *fault = fault_of(row);

    (void)ctx;
    if (fault != NULL) {
        return err_problem(err, RC_INVALID, "region-wrong", "region %.*s (%.*s) %s",
                           STR_ARG(row_text(row, 0)), STR_ARG(row_text(row, 2)), fault);
    }
    return RC_OK;
}

enum rc
region_put(struct tx *tx, const struct json *document, struct err *err)
{
    const struct json *levels = json_get(document, "levels");
    const struct json *regions = json_get(document, "regions");
    enum rc rc;

    for (const struct json *l = levels != NULL ? levels->first : NULL; l != NULL; l = l->next) {
        if ((rc = put_level(tx, l, err)) != RC_OK) {
            return rc;
        }
    }
    for (const struct json *r = regions != NULL ? regions->first : NULL; r != NULL; r = r->next) {
        if ((rc = put_region(tx, r, err)) != RC_OK) {
            return rc;
        }
    }
    return tx_run(tx, &REGION_TREE, NO_VALUES, check_row, NULL, err);
}

/* --- reading ---------------------------------------------------------------------------------- */

static enum rc
level_row(const struct row *row, void *ctx, struct err *err)
{
    struct region_table *t = ctx;
    struct region_level *l = rows_add(&t->levels);

    if (l == NULL) {
        return err_set(err, RC_LIMIT, "too many levels of regions");
    }
    l->rank = (int)row_int(row, 3);
    l->digits = (int)row_int(row, 4);
    l->stem = (int)row_int(row, 5);
    struct str *const out[] = {&l->code, &l->name_zh, &l->name_en};
    return rows_texts(row, t->arena, out, 3, err);
}

static enum rc
region_row(const struct row *row, void *ctx, struct err *err)
{
    struct region_table *t = ctx;
    struct region *r = rows_add(&t->regions);

    if (r == NULL) {
        return err_set(err, RC_LIMIT, "too many regions");
    }
    struct str *const out[] = {&r->code, &r->parent, &r->level, &r->name_zh, &r->name_en};
    return rows_texts(row, t->arena, out, 5, err);
}

enum rc
region_load(const struct db *db, struct region_table **out, struct err *err)
{
    struct region_table *t = mem_new(1, sizeof(*t));
    enum rc rc;

    t->arena = arena_new(TABLE_ARENA);
    t->levels = (struct rows){.arena = t->arena, .size_bytes = sizeof(struct region_level)};
    t->regions = (struct rows){.arena = t->arena, .size_bytes = sizeof(struct region)};
    if ((rc = store_read(db, &REGION_LEVEL_ALL, NO_VALUES, level_row, t, err)) != RC_OK ||
        (rc = store_read(db, &REGION_ALL, NO_VALUES, region_row, t, err)) != RC_OK) {
        region_table_free(t);
        return rc;
    }
    *out = t;
    return RC_OK;
}

void
region_table_free(struct region_table *t)
{
    if (t != NULL) {
        arena_free(t->arena);
        mem_free(t);
    }
}

/* --- looking ---------------------------------------------------------------------------------- */

const struct region *
region_by_code(const struct region_table *t, struct str code)
{
    return rows_find(&t->regions, code);
}

const struct region_level *
region_level_of(const struct region_table *t, const struct region *r)
{
    return rows_find(&t->levels, r->level);
}

/* The region of this level whose stem the code begins with. */
static const struct region *
around_at(const struct region_table *t, const struct region_level *l, struct str code)
{
    char padded[DIGITS_MAX];
    const struct region *r;

    CHECK(l->digits <= DIGITS_MAX && l->stem <= l->digits);
    if (code.len < (size_t)l->stem) {
        return NULL;
    }
    memset(padded, '0', sizeof(padded));
    memcpy(padded, code.ptr, (size_t)l->stem);
    r = region_by_code(t, (struct str){padded, (size_t)l->digits});
    return r != NULL && str_eq(r->level, l->code) ? r : NULL;
}

const struct region *
region_around(const struct region_table *t, struct str code)
{
    const struct region_level *levels = t->levels.row;
    const struct region *best = NULL;
    int best_rank = 0;

    for (size_t i = 0; i < t->levels.count; i++) {
        const struct region *r = around_at(t, &levels[i], code);
        if (r != NULL && levels[i].rank > best_rank) {
            best = r;
            best_rank = levels[i].rank;
        }
    }
    return best;
}

size_t
region_path(const struct region_table *t, struct str code,
            const struct region *out[REGION_DEPTH_MAX])
{
    const struct region *up[REGION_DEPTH_MAX];
    const struct region *r = region_by_code(t, code);
    size_t depth = 0;

    /* region_put refuses rings; the bound is for rows that came another way. */
    for (; r != NULL && depth < REGION_DEPTH_MAX; r = region_by_code(t, r->parent)) {
        up[depth++] = r;
    }
    for (size_t i = 0; i < depth; i++) {
        out[i] = up[depth - 1 - i];
    }
    return depth;
}

bool
region_is_inside(const struct region_table *t, struct str code, struct str ancestor)
{
    const struct region *path[REGION_DEPTH_MAX];
    size_t depth = region_path(t, code, path);

    for (size_t i = 0; i < depth; i++) {
        if (str_eq(path[i]->code, ancestor)) {
            return true;
        }
    }
    return false;
}

/*
 * All that is below a region stands together behind it, because it begins with the region's stem.
 */
size_t
region_children(const struct region_table *t, struct str code, struct str after,
                const struct region **out, size_t most)
{
    const struct region *regions = t->regions.row, *parent = region_by_code(t, code);
    const struct region_level *level = parent != NULL ? region_level_of(t, parent) : NULL;
    struct str stem = str_sub(code, 0, level != NULL ? (size_t)level->stem : 0);
    size_t i = rows_from(&t->regions, str_cmp(after, code) > 0 ? after : code), count = 0;

    for (; i < t->regions.count && count < most && str_starts(regions[i].code, stem); i++) {
        if (str_eq(regions[i].parent, code) && str_cmp(regions[i].code, after) > 0) {
            out[count++] = &regions[i];
        }
    }
    return count;
}
