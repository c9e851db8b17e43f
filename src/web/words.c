#include "base/encode.h"
#include "web/handlers.h"

static bool
is_english(const struct page *p)
{
    return str_eq(p->lang, STR("en"));
}

struct str
words_moment(const struct page *p, int64_t at_us)
{
    struct date d = day_to_date(instant_day(at_us, p->web->offset_minutes));
    int minute = instant_minute_of_day(at_us, p->web->offset_minutes);

    return is_english(p) ? str_fmt(p->arena, "%04d-%02d-%02d %02d:%02d", d.year, d.month, d.day,
                                   minute / 60, minute % 60)
                         : str_fmt(p->arena, "%d月%d日 %02d:%02d", d.month, d.day, minute / 60,
                                   minute % 60);
}

struct str
words_moment_of(const struct page *p, struct str rfc3339)
{
    struct err ignored;
    int64_t at_us;

    return instant_parse(rfc3339, &at_us, &ignored) == RC_OK ? words_moment(p, at_us) : rfc3339;
}

struct str
words_day_of(const struct page *p, struct str day)
{
    struct err ignored;
    int32_t number;

    if (day_parse(str_sub(day, 0, 10), &number, &ignored) != RC_OK) {
        return day;
    }
    struct date d = day_to_date(number);
    return is_english(p) ? str_sub(day, 0, 10)
                         : str_fmt(p->arena, "%d年%d月%d日", d.year, d.month, d.day);
}

struct str
words_number(struct arena *a, int64_t n)
{
    struct str digits = str_fmt(a, "%lld", (long long)n);
    struct str text = STR("");
    struct buf b;
    struct err ignored;

    buf_init(&b, a, 64);
    for (size_t i = 0; i < digits.len; i++) {
        if (i > 0 && (digits.len - i) % 3 == 0) {
            buf_put_char(&b, ',');
        }
        buf_put_char(&b, digits.ptr[i]);
    }
    return buf_finish(&b, &text, &ignored) == RC_OK ? text : digits;
}

struct str
words_hash(struct arena *a, struct str bytes, size_t groups)
{
    struct str hex = hex_of(a, bytes);
    struct str text = STR("");
    struct buf b;
    struct err ignored;

    buf_init(&b, a, 512);
    for (size_t i = 0; i < hex.len && i / 4 < groups; i++) {
        if (i > 0 && i % 4 == 0) {
            buf_put_char(&b, ' ');
        }
        buf_put_char(&b, hex.ptr[i]);
    }
    return buf_finish(&b, &text, &ignored) == RC_OK ? text : hex;
}

struct str
words_org(const struct page *p, struct str uscc)
{
    const struct org *org = org_by_uscc(p->web->orgs, uscc);

    return org == NULL ? STR("") : is_english(p) ? org->name_en : org->short_zh;
}

void
words_errors(struct page *p, const struct json *errors)
{
    struct json *d;

    if (errors == NULL || errors->count == 0) {
        return;
    }
    d = json_object(p->arena);
    json_set_int(p->arena, d, "count", errors->count);
    json_set(p->arena, d, "list", json_copy(p->arena, errors));
    json_set(p->arena, p->document, "errors", d);
}

void
words_error(struct page *p, const char *field, struct str message)
{
    struct json *list = json_array(p->arena), *e = json_object(p->arena);

    json_set_text(p->arena, e, "field", str_of(field));
    json_set_text(p->arena, e, "message", message);
    json_push(list, e);
    words_errors(p, list);
}

void
words_back(struct page *p, struct str url, struct str text)
{
    json_set_text(p->arena, p->document, "back_url", url);
    json_set_text(p->arena, p->document, "back_text", text);
}

void
words_pager(struct page *p, struct str text, struct str first_url, struct str next_url)
{
    struct json *d = json_object(p->arena);

    json_set_text(p->arena, d, "text", text);
    if (first_url.len > 0) {
        json_set_text(p->arena, d, "first_url", first_url);
    }
    if (next_url.len > 0) {
        json_set_text(p->arena, d, "next_url", next_url);
    }
    json_set(p->arena, p->document, "pager", d);
}
