/*
 * Words about a value without its children.  They run once for each value of a document, so what nearly every
 * value is comes first: short text, and numbers that fit into 64 bits.
 */
#include "base/utf8.h"
#include "rule/schema_run_int.h"

bool
schema_is_whole(struct str number)
{
    for (size_t i = 0; i < number.len; i++) {
        if (number.ptr[i] != '-' && (number.ptr[i] < '0' || number.ptr[i] > '9')) {
            return schema_number_is_whole(number);
        }
    }
    return true;
}

static bool
is_text_among(const struct json *list, struct str text)
{
    const struct json *one = list->first;

    while (one != NULL && !(one->kind == JSON_STRING && schema_is_name(one->text, text))) {
        one = one->next;
    }
    return one != NULL;
}

static bool
is_among(struct schema_run *run, const struct schema_word *w, const struct json *value)
{
    size_t cost = (size_t)value->count * value->count + 1;

    if (w->op == OP_CONST) {
        return schema_run_step(run, cost) && json_equal(w->is.value, value);
    }
    if (value->kind == JSON_STRING) {
        return schema_run_step(run, w->is.value->count) && is_text_among(w->is.value, value->text);
    }
    for (const struct json *one = w->is.value->first; one != NULL; one = one->next) {
        bool is_like = one->kind == value->kind && one->count == value->count;
        if (!schema_run_step(run, is_like ? cost : 1)) {
            return false;
        }
        if (is_like && json_equal(one, value)) {
            return true;
        }
    }
    return false;
}

static bool
number_holds(const struct schema_word *w, struct str number)
{
    const struct schema_bound *bound = &w->is.number.bound;

    if (w->op == OP_MULTIPLE_OF) {
        return schema_bound_divides(bound, number);
    }
    int order = schema_bound_cmp(number, bound);
    return w->op == OP_MAXIMUM             ? order <= 0
           : w->op == OP_EXCLUSIVE_MAXIMUM ? order < 0
           : w->op == OP_MINIMUM           ? order >= 0
                                           : order > 0;
}

/*
 * A pattern's error does not know where it stands.  A function of its own, because the copy would make the frame
 * larger that stands on the stack once for each level.
 */
__attribute__((noinline)) static bool
stop_for_pattern(struct schema_run *run, enum rc rc)
{
    struct err why = *run->err;

    return schema_run_stop(run, err_set(run->err, rc, "schema: %.200s", why.text));
}

bool
schema_run_find(struct schema_run *run, const struct regex *regex, struct str text)
{
    bool found = false;
    enum rc rc = regex_find(regex, text, &found, run->err);

    return rc == RC_OK ? found : stop_for_pattern(run, rc);
}

/* A character has one byte to four, so that most lengths are known without counting. */
static bool
length_holds(const struct schema_word *w, struct str text)
{
    size_t least = text.len / 4 + (text.len % 4 != 0);

    if (w->op == OP_MAX_LENGTH) {
        return text.len <= w->is.count || (least <= w->is.count && utf8_count(text) <= w->is.count);
    }
    return least >= w->is.count || (text.len >= w->is.count && utf8_count(text) >= w->is.count);
}

static bool
text_holds(struct schema_run *run, const struct schema_word *w, struct str text)
{
    enum rc rc = RC_OK;

    if (!schema_run_step(run, text.len / 64)) {
        return false;
    }
    if (w->op == OP_PATTERN) {
        return schema_run_find(run, w->is.pattern.regex, text);
    }
    if (w->op == OP_FORMAT) {
        bool holds = schema_format_is(w->is.format, run->arena, text, run->today, &rc, run->err);
        return rc == RC_OK ? holds : schema_run_stop(run, rc);
    }
    return length_holds(w, text);
}

static bool
size_holds(const struct schema_word *w, const struct json *value)
{
    bool is_most = w->op == OP_MAX_ITEMS || w->op == OP_MAX_PROPERTIES;

    return is_most ? value->count <= w->is.count : value->count >= w->is.count;
}

bool
schema_plain_holds(struct schema_run *run, const struct schema_word *w, const struct json *value)
{
    switch (value->kind) {
    case JSON_STRING:
        if (w->op >= OP_MAX_LENGTH && w->op <= OP_FORMAT) {
            return text_holds(run, w, value->text);
        }
        break;
    case JSON_NUMBER:
        if (w->op >= OP_MULTIPLE_OF && w->op <= OP_EXCLUSIVE_MINIMUM) {
            return schema_run_step(run, value->text.len / 64) && number_holds(w, value->text);
        }
        break;
    case JSON_ARRAY:
        if (w->op == OP_MAX_ITEMS || w->op == OP_MIN_ITEMS) {
            return size_holds(w, value);
        }
        break;
    case JSON_OBJECT:
        if (w->op == OP_MAX_PROPERTIES || w->op == OP_MIN_PROPERTIES) {
            return size_holds(w, value);
        }
        break;
    case JSON_NULL:
    case JSON_BOOL:
        break;
    }
    if (w->op == OP_TYPE) {
        return schema_has_type(w->is.types, value);
    }
    return (w->op != OP_ENUM && w->op != OP_CONST) || is_among(run, w, value);
}
