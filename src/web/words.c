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
        if (i > 0 && (digits.len - i) % 3 == 0 && digits.ptr[i - 1] != '-') {
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

struct str
words_error_at(const struct page *p, const char *field)
{
    const struct json *list = json_path(p->document, "errors.list");

    for (const struct json *e = list != NULL ? list->first : NULL; e != NULL; e = e->next) {
        if (str_eq(json_str(e, "field"), str_of(field))) {
            return json_str(e, "message");
        }
    }
    return STR("");
}

void
words_file_problem(struct page *p, struct json *errors, struct str field, const struct json *rule,
                   const struct json *file)
{
    struct json *e = json_object(p->arena);
    struct str name = json_str(file, "name"), problem = json_str(file, "problem");
    long long mb = (long long)(json_int_or(rule, "most_bytes", 0) >> 20);
    bool en = str_eq(p->lang, STR("en"));

    json_set_text(p->arena, e, "field", field);
    form_point(p->arena, e, field);
    json_set_text(
        p->arena, e, "message",
        str_eq(problem, STR("too-large"))
            ? str_fmt(p->arena, en ? "%.*s is too large: up to %lld MB each"
                                   : "%.*s 太大：每份不超过 %lld MB",
                      STR_ARG(name), mb)
        : str_eq(problem, STR("too-many"))
            ? str_fmt(p->arena, en ? "%.*s was not kept: there are enough files already"
                                   : "%.*s 没有收下：份数已经够了",
                      STR_ARG(name))
            : str_fmt(p->arena, en ? "%.*s is not a picture or PDF that we can open"
                                   : "%.*s 不是能打开的图片或 PDF",
                      STR_ARG(name)));
    json_push(errors, e);
}

/* What is wrong with a file says more than that the file is missing, so it stands for its field. */
void
words_join_errors(struct page *p, struct json *of_files, const struct json *of_form)
{
    for (const struct json *e = of_form->first; e != NULL; e = e->next) {
        bool is_told = false;
        for (const struct json *f = of_files->first; f != NULL; f = f->next) {
            is_told = is_told || str_eq(json_str(f, "field"), json_str(e, "field"));
        }
        if (!is_told) {
            json_push(of_files, json_copy(p->arena, e));
        }
    }
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

struct str
words_fields(const struct page *p, const struct json *fields)
{
    struct str text = STR("");
    struct buf b;
    struct err ignored;

    buf_init(&b, p->arena, 2048);
    for (const struct json *f = fields != NULL ? fields->first : NULL; f != NULL; f = f->next) {
        const char *key = str_c(p->arena, str_fmt(p->arena, "element_%.*s", STR_ARG(f->text)));
        struct str word = key != NULL ? page_word(p, key) : f->text;
        buf_put(&b, f == fields->first ? STR("") : page_either(p, STR("、"), STR(", ")));
        buf_put(&b, str_starts(word, STR("element_")) ? f->text : word);
    }
    return buf_finish(&b, &text, &ignored) == RC_OK ? text : STR("");
}

struct str
words_node(const struct page *p, struct str name)
{
    const struct peer *peer = directory_by_name(p->loop->directory, name);

    if (str_eq(name, p->web->node)) {
        return page_either(p, p->web->title_zh, p->web->title_en);
    }
    return peer == NULL ? name : page_either(p, peer->title_zh, peer->title_en);
}
