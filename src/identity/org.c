#include "identity/org.h"

#include "base/idcode.h"
#include "base/mem.h"
#include "identity/org_sql.h"
#include "identity/rows.h"

enum { TABLE_ARENA = 64 << 20 };

struct org_table {
    struct arena *arena;
    struct rows orgs;
    struct rows powers;
};

/* --- writing ---------------------------------------------------------------------------------- */

/*
 * A really issued code may fail its check, so a doubtful one is taken; whoever enters it has been
 * asked.
 */
static enum rc
put_org(struct tx *tx, const struct json *o, struct err *err)
{
    struct str uscc = json_str(o, "uscc");
    enum idcode_verdict verdict = idcode_company(uscc);

    if (verdict != IDCODE_VALID && verdict != IDCODE_DOUBTFUL) {
        return err_set(err, RC_INVALID, "%.*s is not a 统一社会信用代码", STR_ARG(uscc));
    }
    if (json_str(o, "name_zh").len == 0 || json_str(o, "region").len == 0) {
        return err_set(err, RC_INVALID, "organisation %.*s lacks name or region", STR_ARG(uscc));
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

static enum rc
lost_row(const struct row *row, void *ctx, struct err *err)
{
    (void)ctx;
    return err_set(err, RC_INVALID, "the parent %.*s of organisation %.*s is not known",
                   STR_ARG(row_text(row, 1)), STR_ARG(row_text(row, 0)));
}

enum rc
org_put(struct tx *tx, const struct json *document, struct err *err)
{
    enum rc rc = put_each(tx, json_get(document, "orgs"), put_org, err);

    if (rc != RC_OK || (rc = tx_run(tx, &ORG_LOST, NO_VALUES, lost_row, NULL, err)) != RC_OK) {
        return rc;
    }
    return put_each(tx, json_get(document, "powers"), put_power, err);
}

/* --- reading ---------------------------------------------------------------------------------- */

static enum rc
org_row(const struct row *row, void *ctx, struct err *err)
{
    struct org_table *t = ctx;
    struct org *o = rows_add(&t->orgs);

    if (o == NULL) {
        return err_set(err, RC_LIMIT, "too many organisations");
    }
    struct str *const out[] = {&o->uscc,     &o->region,  &o->level, &o->parent,    &o->name_zh,
                               &o->short_zh, &o->name_en, &o->phone, &o->address_zh};
    return rows_texts(row, t->arena, out, 9, err);
}

static enum rc
power_row(const struct row *row, void *ctx, struct err *err)
{
    struct org_table *t = ctx;
    struct power *p = rows_add(&t->powers);

    if (p == NULL) {
        return err_set(err, RC_LIMIT, "too many powers");
    }
    struct str *const out[] = {&p->code, &p->org, &p->name_zh, &p->name_en, &p->basis};
    return rows_texts(row, t->arena, out, 5, err);
}

enum rc
org_load(const struct db *db, struct org_table **out, struct err *err)
{
    struct org_table *t = mem_new(1, sizeof(*t));
    enum rc rc;

    t->arena = arena_new(TABLE_ARENA);
    t->orgs = (struct rows){.arena = t->arena, .size_bytes = sizeof(struct org)};
    t->powers = (struct rows){.arena = t->arena, .size_bytes = sizeof(struct power)};
    if ((rc = store_read(db, &ORG_ALL, NO_VALUES, org_row, t, err)) != RC_OK ||
        (rc = store_read(db, &POWER_ALL, NO_VALUES, power_row, t, err)) != RC_OK) {
        org_table_free(t);
        return rc;
    }
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

/* --- looking ---------------------------------------------------------------------------------- */

const struct org *
org_by_uscc(const struct org_table *t, struct str uscc)
{
    return rows_find(&t->orgs, uscc);
}

const struct power *
power_by_code(const struct org_table *t, struct str code)
{
    return rows_find(&t->powers, code);
}

size_t
org_in_region(const struct org_table *t, struct str region, const struct org **out, size_t most)
{
    const struct org *orgs = t->orgs.row;
    size_t count = 0;

    for (size_t i = 0; i < t->orgs.count && count < most; i++) {
        if (str_eq(orgs[i].region, region)) {
            out[count++] = &orgs[i];
        }
    }
    return count;
}

size_t
power_of_org(const struct org_table *t, struct str uscc, const struct power **out, size_t most)
{
    const struct power *powers = t->powers.row;
    size_t count = 0;

    for (size_t i = 0; i < t->powers.count && count < most; i++) {
        if (str_eq(powers[i].org, uscc)) {
            out[count++] = &powers[i];
        }
    }
    return count;
}
