#include "web/input.h"

#include "base/encode.h"
#include "base/utf8.h"

/* A second value under the same name turns the member into an array. */
void
input_add(struct arena *a, struct json *form, struct str name, struct str value)
{
    struct json *text = json_text(a, value);

    for (struct json *member = form->first; member != NULL; member = member->next) {
        if (!str_eq(member->key, name)) {
            continue;
        }
        if (member->kind == JSON_STRING) {
            struct json *earlier = json_text(a, member->text);
            member->kind = JSON_ARRAY;
            member->count = 0;
            member->first = member->last = NULL;
            json_push(member, earlier);
        }
        json_push(member, text);
        return;
    }
    json_set_key(a, form, name, text);
}

enum rc
input_form(struct arena *a, struct str text, struct json **out, struct err *err)
{
    struct json *form = json_object(a);
    struct str pair;
    size_t count = 0;
    enum rc rc;

    while (str_next(&text, '&', &pair)) {
        struct str name, value;
        size_t equals = str_find_byte(pair, '=');
        if (pair.len == 0) {
            continue;
        }
        if (++count > INPUT_FIELDS_MAX) {
            return err_set(err, RC_LIMIT, "more than %d fields", INPUT_FIELDS_MAX);
        }
        if ((rc = percent_decode(a, str_sub(pair, 0, equals), true, &name, err)) != RC_OK ||
            (rc = percent_decode(a, str_from(pair, equals + 1), true, &value, err)) != RC_OK) {
            return rc;
        }
        if (!utf8_is_valid(name) || !utf8_is_valid(value)) {
            return err_set(err, RC_INVALID, "a field is not UTF-8");
        }
        if (form != NULL) {
            input_add(a, form, name, value);
        }
    }
    if ((rc = json_whole(form, err)) != RC_OK) {
        return rc;
    }
    *out = form;
    return RC_OK;
}

struct str
input_cookie(const struct http_fields *fields, struct str name)
{
    for (size_t i = 0; i < fields->count; i++) {
        struct str rest = fields->field[i].value;
        struct str pair;
        if (!str_eq_fold(fields->field[i].name, STR("cookie"))) {
            continue;
        }
        while (str_next(&rest, ';', &pair)) {
            pair = str_trim(pair);
            size_t equals = str_find_byte(pair, '=');
            if (equals < pair.len && str_eq(str_sub(pair, 0, equals), name)) {
                return str_from(pair, equals + 1);
            }
        }
    }
    return STR("");
}

/* Thousandths of the quality of one range: ";q=0.8" → 800; a range without q counts in full. */
static int
range_quality(struct str parameters)
{
    struct str part;

    while (str_next(&parameters, ';', &part)) {
        part = str_trim(part);
        if (!str_starts(part, STR("q=")) && !str_starts(part, STR("Q="))) {
            continue;
        }
        struct str digits = str_from(part, 2);
        int quality = 0, unit = 1000;
        for (size_t i = 0; i < digits.len && unit > 0; i++) {
            if (digits.ptr[i] == '.') {
                continue;
            }
            if (digits.ptr[i] < '0' || digits.ptr[i] > '9') {
                return 0;
            }
            quality += (digits.ptr[i] - '0') * unit;
            unit /= 10;
        }
        return quality > 1000 ? 1000 : quality;
    }
    return 1000;
}

bool
input_wants_json(struct str accept)
{
    int html = -1, json = -1, any = -1;
    struct str range;

    while (str_next(&accept, ',', &range)) {
        size_t semicolon = str_find_byte(range, ';');
        struct str type = str_trim(str_sub(range, 0, semicolon));
        int quality = range_quality(str_from(range, semicolon + 1));
        if (str_eq_fold(type, STR("text/html")) || str_eq_fold(type, STR("application/xhtml+xml"))) {
            html = quality > html ? quality : html;
        } else if (str_eq_fold(type, STR("application/json")) ||
                   str_eq_fold(type, STR("application/problem+json"))) {
            json = quality > json ? quality : json;
        } else if (str_eq(type, STR("*/*"))) {
            any = quality;
        }
    }
    if (html < 0) {
        html = any;
    }
    return json > 0 && json > html;
}

struct str
input_media_type(struct arena *a, struct str content_type)
{
    struct str type = str_trim(str_sub(content_type, 0, str_find_byte(content_type, ';')));
    struct buf lower;
    struct err ignored;

    buf_init(&lower, a, 256);
    for (size_t i = 0; i < type.len; i++) {
        char c = type.ptr[i];
        buf_put_char(&lower, (char)(c >= 'A' && c <= 'Z' ? c | 32 : c));
    }
    if (buf_finish(&lower, &type, &ignored) != RC_OK) {
        return STR("");
    }
    return type;
}
