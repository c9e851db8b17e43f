/* Values from JSON and to it. */
#include <stdlib.h>

#include "rule/value.h"

/* How many members of an object are looked through for a name that stands twice without sorting them. */
enum { MEMBERS_FEW = 12 };

static enum rc of_json(struct arena *a, const struct json *j, int depth, struct value *out, struct err *err);

static enum rc
full(struct err *err)
{
    return err_set(err, RC_LIMIT, "value: past the arena's limit, or nested too deeply");
}

/* --- from JSON ------------------------------------------------------------------------------- */

static enum rc
list_of_json(struct arena *a, const struct json *j, int depth, struct value *out, struct err *err)
{
    struct list *l = arena_alloc(a, 1, sizeof(*l));
    struct value *item = arena_alloc(a, (size_t)j->count + 1, sizeof(*item));
    size_t i = 0;

    if (l == NULL || item == NULL) {
        return full(err);
    }
    for (const struct json *child = j->first; child != NULL; child = child->next) {
        enum rc rc = of_json(a, child, depth, &item[i++], err);
        if (rc != RC_OK) {
            return rc;
        }
    }
    *l = (struct list){i, item};
    *out = (struct value){.kind = VALUE_LIST, .as.list = l};
    return RC_OK;
}

/* Few names are compared each with each, which costs less than sorting them. */
static bool
few_and_different(const struct entry *entry, size_t count)
{
    for (size_t i = 1; i < count && count <= MEMBERS_FEW; i++) {
        for (size_t before = 0; before < i; before++) {
            if (str_eq(entry[i].name, entry[before].name)) {
                return false;
            }
        }
    }
    return count <= MEMBERS_FEW;
}

/* By name, then as they stood. */
static int
by_name(const void *a, const void *b)
{
    const struct entry *const *x = a, *const *y = b;
    int order = str_cmp((*x)->name, (*y)->name);

    return order != 0 ? order : (*x > *y) - (*x < *y);
}

/* Of entries of one name the first gets the value of the last, as in json_get, and the others go.  Returns how many are left;
 * 0 past the arena's limit. */
static size_t
without_doubles(struct arena *a, struct entry *entry, size_t count)
{
    struct entry **sorted = arena_alloc(a, count, sizeof(struct entry *));
    size_t first = 0, left = 0;

    if (sorted == NULL) {
        return 0;
    }
    for (size_t i = 0; i < count; i++) {
        sorted[i] = &entry[i];
    }
    qsort(sorted, count, sizeof(struct entry *), by_name);
    for (size_t i = 1; i < count; i++) {
        if (str_eq(sorted[i]->name, sorted[first]->name)) {
            sorted[first]->value = sorted[i]->value;
            sorted[i]->value.kind = VALUE_KINDS;
        } else {
            first = i;
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (entry[i].value.kind != VALUE_KINDS) {
            entry[left++] = entry[i];
        }
    }
    return left;
}

static enum rc
context_of_json(struct arena *a, const struct json *j, int depth, struct value *out, struct err *err)
{
    struct context *c = arena_alloc(a, 1, sizeof(*c));
    struct entry *entry = arena_alloc(a, (size_t)j->count + 1, sizeof(*entry));
    size_t count = 0;

    if (c == NULL || entry == NULL) {
        return full(err);
    }
    for (const struct json *child = j->first; child != NULL; child = child->next) {
        enum rc rc = of_json(a, child, depth, &entry[count].value, err);
        if (rc != RC_OK) {
            return rc;
        }
        entry[count++].name = child->key;
    }
    if (!few_and_different(entry, count)) {
        count = without_doubles(a, entry, count);
        if (count == 0) {
            return full(err);
        }
    }
    *c = (struct context){count, entry};
    *out = (struct value){.kind = VALUE_CONTEXT, .as.context = c};
    return RC_OK;
}

static enum rc
of_json(struct arena *a, const struct json *j, int depth, struct value *out, struct err *err)
{
    struct decimal d;

    if (depth == VALUE_DEPTH_MAX) {
        return full(err);
    }
    switch (j->kind) {
    case JSON_NULL:
        *out = value_null();
        return RC_OK;
    case JSON_BOOL:
        *out = value_of_bool(j->truth);
        return RC_OK;
    case JSON_NUMBER:
        if (!decimal_parse(j->text, &d)) {
            return err_set(err, RC_INVALID, "value: the number %.*s is past the range", STR_ARG(str_sub(j->text, 0, 60)));
        }
        *out = value_of_number(d);
        return RC_OK;
    case JSON_STRING:
        *out = value_of_str(j->text);
        return RC_OK;
    case JSON_ARRAY:
        return list_of_json(a, j, depth + 1, out, err);
    case JSON_OBJECT:
        return context_of_json(a, j, depth + 1, out, err);
    }
    return full(err);
}

enum rc
value_of_json(struct arena *a, const struct json *j, struct value *out, struct err *err)
{
    struct value v;
    enum rc rc = of_json(a, j, 0, &v, err);

    if (rc == RC_OK) {
        *out = v;
    }
    return rc;
}

/* --- to JSON --------------------------------------------------------------------------------- */

static void
put_string(struct buf *b, struct str s)
{
    struct json j = {.kind = JSON_STRING, .text = s};

    b->failed |= s.ptr == NULL && s.len > 0;
    json_write(b, &j);
}

static void
put_text(struct buf *b, struct value v)
{
    struct str text = value_text(b->arena, v, false);

    b->failed |= text.ptr == NULL;
    if (v.kind == VALUE_NUMBER) {
        buf_put(b, text);
    } else {
        put_string(b, text);
    }
}

static void
put_json(struct buf *b, const struct value *v, int depth)
{
    if (depth == VALUE_DEPTH_MAX) {
        b->failed = true;
    }
    if (b->failed) {
        return;
    }
    if (v->kind == VALUE_NULL) {
        buf_put(b, STR("null"));
    } else if (v->kind == VALUE_BOOLEAN) {
        buf_put(b, v->as.truth ? STR("true") : STR("false"));
    } else if (v->kind == VALUE_LIST) {
        for (size_t i = 0; i < v->as.list->count && !b->failed; i++) {
            buf_put_char(b, i == 0 ? '[' : ',');
            put_json(b, &v->as.list->item[i], depth + 1);
        }
        buf_put(b, v->as.list->count == 0 ? STR("[]") : STR("]"));
    } else if (v->kind == VALUE_CONTEXT) {
        for (size_t i = 0; i < v->as.context->count && !b->failed; i++) {
            buf_put_char(b, i == 0 ? '{' : ',');
            put_string(b, v->as.context->entry[i].name);
            buf_put_char(b, ':');
            put_json(b, &v->as.context->entry[i].value, depth + 1);
        }
        buf_put(b, v->as.context->count == 0 ? STR("{}") : STR("}"));
    } else {
        put_text(b, *v);
    }
}

void
value_put_json(struct buf *b, struct value v)
{
    put_json(b, &v, 0);
}
