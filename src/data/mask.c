#include "data/mask.h"

#include "base/utf8.h"

enum { KEEP_MAX = 200 };

static bool
is_keep(const struct json *j)
{
    int64_t count;

    return j == NULL || (json_as_int(j, &count) && count >= 0 && count <= KEEP_MAX);
}

static bool
is_flag(const struct json *j)
{
    return j == NULL || json_is(j, JSON_BOOL);
}

static bool
is_text_list(const struct json *j)
{
    if (j == NULL) {
        return true;
    }
    if (!json_is(j, JSON_ARRAY) || j->count == 0) {
        return false;
    }
    for (const struct json *t = j->first; t != NULL; t = t->next) {
        if (!json_is(t, JSON_STRING) || t->text.len == 0) {
            return false;
        }
    }
    return true;
}

enum rc
mask_check(const struct json *rule, struct err *err)
{
    static const char *const known[] = {"keep_head", "keep_tail", "cut", "up_to", "hide"};
    uint32_t count = 0;

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        count += json_get(rule, known[i]) != NULL;
    }
    bool keeps = json_get(rule, "keep_head") != NULL || json_get(rule, "keep_tail") != NULL;
    bool alone = count == 1 && (json_true(rule, "hide") || json_get(rule, "up_to") != NULL);
    if (!json_is(rule, JSON_OBJECT) || rule->count != count || (!keeps && !alone) ||
        !is_keep(json_get(rule, "keep_head")) || !is_keep(json_get(rule, "keep_tail")) ||
        !is_flag(json_get(rule, "cut")) || !is_text_list(json_get(rule, "up_to"))) {
        return err_set(err, RC_INVALID, "mask: keep_head, keep_tail and cut; or up_to; or hide");
    }
    if (keeps && (json_get(rule, "up_to") != NULL || json_get(rule, "hide") != NULL)) {
        return err_set(err, RC_INVALID, "mask: keep goes with cut only");
    }
    return RC_OK;
}

static const struct str hidden = STR_INIT("***");

static struct json *
finish(struct arena *a, const struct buf *b)
{
    struct err unused;
    struct str text;

    return buf_finish(b, &text, &unused) == RC_OK ? json_text(a, text) : NULL;
}

/* Head and tail are counted in characters, not bytes. */
static struct json *
keep(struct arena *a, const struct json *rule, struct str text)
{
    size_t head = (size_t)json_int_or(rule, "keep_head", 0);
    size_t tail = (size_t)json_int_or(rule, "keep_tail", 0);
    size_t count = utf8_count(text), at = 0;
    bool cut = json_true(rule, "cut");
    struct str rest = text;
    struct buf b;

    if (count <= head + tail) {
        return json_text(a, hidden);
    }
    buf_init(&b, a, text.len + 1);
    for (; rest.len > 0; at++) {
        uint32_t c = utf8_next(&rest);
        if (at < head || at >= count - tail) {
            buf_put_utf8(&b, c);
        } else if (!cut) {
            buf_put_char(&b, '*');
        }
    }
    return finish(a, &b);
}

/* Up to and with the marker that comes first. */
static struct json *
up_to(struct arena *a, const struct json *markers, struct str text)
{
    size_t end = 0, first = text.len;

    for (const struct json *m = markers->first; m != NULL; m = m->next) {
        size_t at = str_find(text, m->text);
        if (at < first) {
            first = at;
            end = at + m->text.len;
        }
    }
    return json_text(a, end > 0 ? str_sub(text, 0, end) : hidden);
}

struct json *
mask_apply(struct arena *a, const struct json *rule, const struct json *value)
{
    struct err unused;

    if (json_is(value, JSON_NULL)) {
        return json_null(a);
    }
    if (mask_check(rule, &unused) != RC_OK || json_true(rule, "hide") ||
        !(json_is(value, JSON_STRING) || json_is(value, JSON_NUMBER))) {
        return json_text(a, hidden);
    }
    const struct json *markers = json_get(rule, "up_to");
    return markers != NULL ? up_to(a, markers, value->text) : keep(a, rule, value->text);
}
