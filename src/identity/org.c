#include "identity/org.h"

#include "base/idcode.h"
#include "base/mem.h"
#include "identity/org_sql.h"

enum { TABLE_ARENA = 64 << 20, ROWS_MAX = 1000000, DEPTH_MAX = 12 };

/* Sorted by code, as the statements return them, so that finding is a binary search. */
struct org_table {
    struct arena *arena;
    struct region *regions;
    size_t region_count;
    struct org *orgs;
    size_t org_count;
    struct power *powers;
    size_t power_count;
};

/* --- writing -------------------------------------------------------------------------------------- */

static enum rc
put_region(struct tx *tx, const struct json *r, struct err *err)
{
    struct str code = json_str(r, "code");

    if (!idcode_is_region(code) && code.len != 9 && code.len != 12) {
        return err_set(err, RC_INVALID, "%.*s is not a region code", STR_ARG(code));
    }
    if (json_str(r, "level").len == 0 || json_str(r, "name_zh").len == 0) {
        return err_set(err, RC_INVALID, "region %.*s lacks level or name", STR_ARG(code));
    }
    return tx_run(tx, &REGION_PUT,
                  VALUES(V_TEXT(code), V_TEXT(json_str(r, "parent")), V_TEXT(json_str(r, "level")),
                         V_TEXT(json_str(r, "name_zh")), V_TEXT(json_str(r, "name_en"))),
                  NULL, NULL, err);
}

static enum rc
put_org(struct tx *tx, const struct json *o, struct err *err)
{
    struct str uscc = json_str(o, "uscc");
    enum idcode_verdict verdict = idcode_company(uscc);

    if (verdict != IDCODE_VALID && verdict != IDCODE_DOUBTFUL) {
        return err_set(err, RC_INVALID, "%.*s is not a 统一社会信用代码", STR_ARG(uscc));
    }
    return tx_run(tx, &ORG_PUT,
                  VALUES(V_TEXT(uscc), V_TEXT(json_str(o, "region")),
                         V_TEXT(json_str(o, "level")), V_TEXT(json_str(o, "parent")),
                         V_TEXT(json_str(o, "name_zh")), V_TEXT(json_str(o, "short_zh")),
                         V_TEXT(json_str(o, "name_en")), V_TEXT(json_str(o, "phone")),
                         V_TEXT(json_str(o, "address_zh"))),
                  NULL, NULL, err);
}

static enum rc
put_power(struct tx *tx, const struct json *p, struct err *err)
{
    if (json_str(p, "code").len == 0 || json_str(p, "basis").len == 0) {
        return err_set(err, RC_INVALID, "a power needs a code and its legal basis");
    }
    return tx_run(tx, &POWER_PUT,
                  VALUES(V_TEXT(json_str(p, "code")), V_TEXT(json_str(p, "org")),
                         V_TEXT(json_str(p, "name_zh")), V_TEXT(json_str(p, "name_en")),
                         V_TEXT(json_str(p, "basis"))),
                  NULL, NULL, err);
}

static enum rc
put_each(struct tx *tx, const struct json *list,
         enum rc (*put)(struct tx *tx, const struct json *entry, struct err *err), struct err *err)
{
    enum rc rc = RC_OK;

    for (const struct json *e = list != NULL ? list->first : NULL; e != NULL && rc == RC_OK;
         e = e->next) {
        rc = put(tx, e, err);
    }
    return rc;
}

enum rc
org_put(struct tx *tx, struct arena *a, const struct json *document, struct err *err)
{
    enum rc rc;

    (void)a;
    if ((rc = put_each(tx, json_get(document, "regions"), put_region, err)) != RC_OK ||
        (rc = put_each(tx, json_get(document, "orgs"), put_org, err)) != RC_OK) {
        return rc;
    }
    return put_each(tx, json_get(document, "powers"), put_power, err);
}

/* --- reading ---------------------------------------------------------------------------------------- */

struct loading {
    struct org_table *table;
    void *rows; /* grows on the arena by doubling; what is left behind is small and lives as long */
    size_t count;
    size_t capacity;
};

static void *
next_row(struct loading *l, size_t size_bytes)
{
    if (l->count == l->capacity) {
        size_t capacity = l->capacity == 0 ? 64 : l->capacity * 2;
        void *rows = capacity > ROWS_MAX ? NULL
                                         : arena_alloc(l->table->arena, capacity, size_bytes);
        if (rows == NULL) {
            return NULL;
        }
        for (size_t i = 0; i < l->count * size_bytes; i++) {
            ((char *)rows)[i] = ((const char *)l->rows)[i];
        }
        l->rows = rows;
        l->capacity = capacity;
    }
    return (char *)l->rows + size_bytes * l->count++;
}

/* Columns first.. of row into count texts, in the order given. */
static enum rc
copy_texts(const struct row *row, struct arena *a, struct str *const *out, int count,
           struct err *err)
{
    enum rc rc = RC_OK;

    for (int i = 0; i < count && rc == RC_OK; i++) {
        rc = row_copy_text(row, i, a, out[i], err);
    }
    return rc;
}

static enum rc
region_row(const struct row *row, void *ctx, struct err *err)
{
    struct loading *l = ctx;
    struct region *r = next_row(l, sizeof(*r));

    if (r == NULL) {
        return err_set(err, RC_LIMIT, "too many regions");
    }
    struct str *const out[] = {&r->code, &r->parent, &r->level, &r->name_zh, &r->name_en};
    return copy_texts(row, l->table->arena, out, 5, err);
}

static enum rc
org_row(const struct row *row, void *ctx, struct err *err)
{
    struct loading *l = ctx;
    struct org *o = next_row(l, sizeof(*o));

    if (o == NULL) {
        return err_set(err, RC_LIMIT, "too many organisations");
    }
    struct str *const out[] = {&o->uscc,     &o->region,  &o->level, &o->parent,    &o->name_zh,
                               &o->short_zh, &o->name_en, &o->phone, &o->address_zh};
    return copy_texts(row, l->table->arena, out, 9, err);
}

static enum rc
power_row(const struct row *row, void *ctx, struct err *err)
{
    struct loading *l = ctx;
    struct power *p = next_row(l, sizeof(*p));

    if (p == NULL) {
        return err_set(err, RC_LIMIT, "too many powers");
    }
    struct str *const out[] = {&p->code, &p->org, &p->name_zh, &p->name_en, &p->basis};
    return copy_texts(row, l->table->arena, out, 5, err);
}

enum rc
org_load(const struct db *db, struct org_table **out, struct err *err)
{
    struct org_table *t = mem_new(1, sizeof(*t));
    struct loading regions = {.table = t}, orgs = {.table = t}, powers = {.table = t};
    enum rc rc;

    t->arena = arena_new(TABLE_ARENA);
    if ((rc = store_read(db, &REGION_ALL, NO_VALUES, region_row, &regions, err)) != RC_OK ||
        (rc = store_read(db, &ORG_ALL, NO_VALUES, org_row, &orgs, err)) != RC_OK ||
        (rc = store_read(db, &POWER_ALL, NO_VALUES, power_row, &powers, err)) != RC_OK) {
        org_table_free(t);
        return rc;
    }
    t->regions = regions.rows;
    t->region_count = regions.count;
    t->orgs = orgs.rows;
    t->org_count = orgs.count;
    t->powers = powers.rows;
    t->power_count = powers.count;
    *out = t;
    return RC_OK;
}

void
org_table_free(struct org_table *t)
{
    if (t != NULL) {
        arena_free(t->arena);
        mem_free(t);
    }
}

/* --- looking ------------------------------------------------------------------------------------------ */

/* Every row type begins with its code. */
static const void *
find(const void *rows, size_t count, size_t size_bytes, struct str code)
{
    size_t low = 0, high = count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct str *at = (const void *)((const char *)rows + middle * size_bytes);
        int order = str_cmp(*at, code);
        if (order == 0) {
            return at;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

const struct region *
region_by_code(const struct org_table *t, struct str code)
{
    return find(t->regions, t->region_count, sizeof(struct region), code);
}

const struct org *
org_by_uscc(const struct org_table *t, struct str uscc)
{
    return find(t->orgs, t->org_count, sizeof(struct org), uscc);
}

const struct power *
power_by_code(const struct org_table *t, struct str code)
{
    return find(t->powers, t->power_count, sizeof(struct power), code);
}

bool
region_is_inside(const struct org_table *t, struct str code, struct str ancestor)
{
    const struct region *r = region_by_code(t, code);

    /* A bound, because rows could name each other as parent. */
    for (int depth = 0; r != NULL && depth < DEPTH_MAX; depth++) {
        if (str_eq(r->code, ancestor)) {
            return true;
        }
        r = region_by_code(t, r->parent);
    }
    return false;
}

size_t
region_children(const struct org_table *t, struct str code, const struct region **out, size_t most)
{
    size_t count = 0;

    for (size_t i = 0; i < t->region_count && count < most; i++) {
        if (str_eq(t->regions[i].parent, code)) {
            out[count++] = &t->regions[i];
        }
    }
    return count;
}
