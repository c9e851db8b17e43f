/*
 * Cookies, queries and forms, Accept and Content-Type: whatever comes, what is taken is valid
 * text within its limits, and a form that is written out again reads as the same.
 */
#include "base/utf8.h"
#include "web/input.h"

enum { ARENA_BYTES = 16 << 20, TEXT_MAX = 4 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
put_pair(struct buf *b, struct str name, struct str value)
{
    buf_put_url(b, name);
    buf_put_char(b, '=');
    buf_put_url(b, value);
    buf_put_char(b, '&');
}

/*
 * Names keep the order in which they came first, so the second reading may be compared as it
 * stands.
 */
static void
check_form(struct arena *a, struct str text)
{
    struct json *form, *again;
    struct buf b;
    struct str written;
    struct err err;

    if (input_form(a, text, &form, &err) != RC_OK) {
        return;
    }
    CHECK(form->count <= INPUT_FIELDS_MAX);
    buf_init(&b, a, TEXT_MAX);
    for (const struct json *m = form->first; m != NULL; m = m->next) {
        CHECK(utf8_is_valid(m->key) && (json_is(m, JSON_STRING) || json_is(m, JSON_ARRAY)));
        if (json_is(m, JSON_STRING)) {
            CHECK(utf8_is_valid(m->text));
            put_pair(&b, m->key, m->text);
        }
        for (const struct json *v = json_is(m,
                                            JSON_ARRAY) ? m->first : NULL; v != NULL; v = v->next) {
            CHECK(utf8_is_valid(v->text));
            put_pair(&b, m->key, v->text);
        }
    }
    if (buf_finish(&b, &written, &err) == RC_OK && input_form(a, written, &again, &err) == RC_OK) {
        CHECK(json_equal(form, again));
    }
}

static void
check_cookie(struct str text)
{
    struct http_fields fields = {.count = 0};
    struct str value;

    CHECK(http_add(&fields, STR("Cookie"), text));
    value = input_cookie(&fields, STR("zt"));
    CHECK(value.len <= text.len && !str_has(value, STR(";")));
    CHECK(value.len == 0 || (value.ptr >= text.ptr &&
                             value.ptr + value.len <= text.ptr + text.len));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = {(const char *)data, size};
    struct arena *a = arena_new(ARENA_BYTES);

    check_form(a, text);
    check_cookie(text);
    (void)input_wants_json(text);
    struct str type = input_media_type(a, text);
    CHECK(type.len <= size && !str_has(type, STR(";")));
    for (size_t i = 0; i < type.len; i++) {
        CHECK(!(type.ptr[i] >= 'A' && type.ptr[i] <= 'Z'));
    }
    arena_free(a);
    return 0;
}
