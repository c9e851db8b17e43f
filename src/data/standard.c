#include "data/standard.h"

#include "data/standard_sql.h"

/* --- reading ----------------------------------------------------------------------------------------------- */

/* How deep it is nested, STANDARD_DEPTH_MAX + 1 at the most. */
static size_t
depth_of(const struct json *j, size_t above)
{
    size_t most = above + 1;

    if (above >= STANDARD_DEPTH_MAX || !(json_is(j, JSON_OBJECT) || json_is(j, JSON_ARRAY))) {
        return most;
    }
    for (const struct json *child = j->first; child != NULL; child = child->next) {
        size_t depth = depth_of(child, above + 1);
        most = depth > most ? depth : most;
    }
    return most;
}

/* A word that is misspelt here would never be missed there. */
static enum rc
check_names(const struct resource *r, struct err *err)
{
    const struct json *properties = json_get(r->standard, "properties"), *required = json_get(r->standard, "required");

    for (const struct json *p = properties != NULL ? properties->first : NULL; p != NULL; p = p->next) {
        if (catalogue_element(r, p->key) == NULL) {
            return err_set(err, RC_INVALID, "standard: %.*s has no element %.*s", STR_ARG(r->code), STR_ARG(p->key));
        }
    }
    for (const struct json *n = required != NULL ? required->first : NULL; n != NULL; n = n->next) {
        if (!json_is(n, JSON_STRING) || catalogue_element(r, n->text) == NULL) {
            return err_set(err, RC_INVALID, "standard: %.*s requires what is no element", STR_ARG(r->code));
        }
    }
    return RC_OK;
}

enum rc
standard_read(struct arena *a, const struct resource *r, const struct schema **out, struct err *err)
{
    const struct schema_options options = {.assert_formats = true};
    struct str text;
    enum rc rc;

    if (r->standard == NULL) {
        *out = NULL;
        return RC_OK;
    }
    if ((rc = json_print(a, r->standard, &text, err)) != RC_OK) {
        return rc;
    }
    if (text.len > STANDARD_BYTES_MAX || depth_of(r->standard, 0) > STANDARD_DEPTH_MAX) {
        return err_set(err, RC_INVALID, "standard: longer than %d bytes or deeper than %d", STANDARD_BYTES_MAX,
                       STANDARD_DEPTH_MAX);
    }
    if ((rc = check_names(r, err)) != RC_OK) {
        return rc;
    }
    return schema_compile(a, STR(""), r->standard, &options, out, err);
}

/* --- checking ---------------------------------------------------------------------------------------------- */

/* The first name of a JSON Pointer: elements lie flat, and what is wrong further down is wrong with its element. */
static struct str
element_of(const struct schema_error *e)
{
    struct str path = str_from(e->path, 1);

    return e->path.len == 0 ? e->missing : str_sub(path, 0, str_find_byte(path, '/'));
}

static bool
is_told(const struct deviations *d, struct str element, struct str keyword)
{
    for (size_t i = 0; i < d->count; i++) {
        if (str_eq(d->deviation[i].element, element) && str_eq(d->deviation[i].keyword, keyword)) {
            return true;
        }
    }
    return false;
}

enum rc
standard_check(const struct schema *s, struct arena *a, const struct json *record, int32_t today, struct deviations *out,
               struct err *err)
{
    struct deviations d = {.count = 0};
    enum rc rc;

    if (s != NULL) {
        struct schema_result *result = arena_alloc(a, 1, sizeof(*result));
        if (result == NULL) {
            return err_set(err, RC_LIMIT, "no room to check a record");
        }
        if ((rc = schema_check(s, a, record, today, result, err)) != RC_OK) {
            return rc;
        }
        for (size_t i = 0; i < result->count && d.count < DEVIATIONS_MAX; i++) {
            const struct schema_error *e = &result->errors[i];
            if (!is_told(&d, element_of(e), e->keyword)) {
                d.deviation[d.count++] = (struct deviation){element_of(e), e->keyword};
            }
        }
    }
    *out = d;
    return RC_OK;
}

/* --- the tally --------------------------------------------------------------------------------------------- */

enum rc
standard_count(struct tx *tx, struct str resource, const struct deviations *d, int64_t now_us, struct err *err)
{
    int32_t day = instant_day(now_us, CLOCK_OFFSET_CHINA_MINUTES);
    enum rc rc = RC_OK;

    for (size_t i = 0; i < d->count && rc == RC_OK; i++) {
        const struct deviation *one = &d->deviation[i];
        rc = tx_run(tx, &STANDARD_COUNT,
                    VALUES(V_INT(day), V_TEXT(resource), V_TEXT(one->element), V_TEXT(one->keyword), V_INT(now_us)),
                    NULL, NULL, err);
    }
    return rc;
}

struct totalling {
    struct arena *arena;
    struct json *list;
};

static enum rc
total_row(const struct row *row, void *ctx, struct err *err)
{
    static const char *const names[] = {"resource", "element", "keyword"};
    struct totalling *t = ctx;
    struct json *j = json_object(t->arena);
    enum rc rc;

    for (int i = 0; i < (int)(sizeof(names) / sizeof(names[0])); i++) {
        struct str text;
        if ((rc = row_copy_text(row, i, t->arena, &text, err)) != RC_OK) {
            return rc;
        }
        json_set_text(t->arena, j, names[i], text);
    }
    json_set_int(t->arena, j, "times", row_int(row, 3));
    json_set_int(t->arena, j, "last", row_int(row, 4));
    json_push(t->list, j);
    return RC_OK;
}

enum rc
standard_totals(const struct db *db, struct arena *a, int32_t since, struct json **out, struct err *err)
{
    struct totalling t = {a, json_array(a)};
    enum rc rc = store_read(db, &STANDARD_TOTALS, VALUES(V_INT(since)), total_row, &t, err);

    if (rc != RC_OK || (rc = json_whole(t.list, err)) != RC_OK) {
        return rc;
    }
    *out = t.list;
    return RC_OK;
}
