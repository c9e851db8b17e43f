/*
 * What pages show of a form: one section to fill in, or all of it to look over.  Members are those that the templates of
 * pages/_field*.html and pages/_source.html name.
 */
#include "base/clock.h"
#include "service/form_int.h"

static struct str
error_of(const struct json *errors, struct str field)
{
    for (const struct json *e = errors != NULL ? errors->first : NULL; e != NULL; e = e->next) {
        if (str_eq(json_str(e, "field"), field)) {
            return json_str(e, "message");
        }
    }
    return STR("");
}

static bool
is_english(struct str lang)
{
    return str_eq(lang, STR("en"));
}

/* 11月23日 09:40, from the RFC 3339 text that was stored with the value. */
static struct str
moment_text(struct arena *a, struct str stored, struct str lang)
{
    struct err ignored;
    int64_t at_us;

    if (stored.len == 0 || instant_parse(stored, &at_us, &ignored) != RC_OK) {
        return STR("");
    }
    struct date d = day_to_date(instant_day(at_us, CLOCK_OFFSET_CHINA_MINUTES));
    int minute = instant_minute_of_day(at_us, CLOCK_OFFSET_CHINA_MINUTES);
    return str_fmt(a, is_english(lang) ? "%04d-%02d-%02d %02d:%02d" : "%d年%d月%d日 %02d:%02d",
                   d.year, d.month, d.day, minute / 60, minute % 60);
}

static struct str
size_text(struct arena *a, int64_t bytes)
{
    if (bytes < 1 << 20) {
        return str_fmt(a, "%lld KB", (long long)((bytes + 1023) / 1024));
    }
    return str_fmt(a, "%lld.%lld MB", (long long)(bytes >> 20),
                   (long long)(((bytes & ((1 << 20) - 1)) * 10) >> 20));
}

/* A text that was made on the arena: one that did not fit is no empty text, it is a hole in the document. */
static void
put_made(struct arena *a, struct json *object, const char *key, struct str made)
{
    json_set(a, object, key, made.ptr != NULL ? json_text(a, made) : NULL);
}

/* --- provenance ----------------------------------------------------------------------------------------- */

static struct json *
source_document(struct arena *a, const struct json *value, struct str lang)
{
    const struct json *from = json_get(value, "source");
    struct json *s = json_object(a);

    if (from != NULL) {
        struct str org = form_word(from, "org", lang);
        json_set_bool(a, s, "is_fetched", true);
        json_set_text(a, s, "org", org);
        json_set_text(a, s, "node", json_str(from, "node"));
        json_set_text(a, s, "resource", json_str(from, "resource"));
        json_set_text(a, s, "at", json_str(from, "obtained"));
        put_made(a, s, "at_text", moment_text(a, json_str(from, "obtained"), lang));
        json_set_int(a, s, "act", json_int_or(from, "act", -1));
        json_set_int(a, s, "source_act", json_int_or(from, "source_act", -1));
        put_made(a, s, "proof_url",
                 str_fmt(a, "/receipts/%lld.json", (long long)json_int_or(from, "act", 0)));
        return s;
    }
    if (json_get(value, "problem") != NULL) {
        json_set_bool(a, s, "is_silent", true);
        json_set_text(a, s, "problem", form_word(value, "problem", lang));
        json_set_text(a, s, "type", json_str(value, "problem"));
        json_set_bool(a, s, "may_urge", json_true(value, "may_urge"));
        return s;
    }
    json_set_bool(a, s, "is_self", true);
    return s;
}

static bool
is_fetched_kind(const struct field *field, const struct json *value)
{
    return field->type == FIELD_PREFILL && json_is(value, JSON_OBJECT);
}

static void
put_prefilled(struct arena *a, struct json *d, const struct json *value, struct str lang)
{
    const struct json *dispute = json_get(value, "dispute");

    json_set_text(a, d, "value", json_str(value, "value"));
    if (json_str(value, "shown").len > 0) {
        json_set_text(a, d, "value", json_str(value, "shown"));
    }
    json_set(a, d, "source", source_document(a, value, lang));
    json_set_bool(a, d, "is_disputed", dispute != NULL);
    if (dispute != NULL) {
        json_set_text(a, d, "right", json_str(dispute, "right"));
    }
}

/* --- one field to fill in ---------------------------------------------------------------------------------- */

static bool
is_chosen(const struct json *value, struct str choice)
{
    if (json_is(value, JSON_STRING)) {
        return str_eq(value->text, choice);
    }
    for (const struct json *v = json_is(value, JSON_ARRAY) ? value->first : NULL; v != NULL;
         v = v->next) {
        if (str_eq(v->text, choice)) {
            return true;
        }
    }
    return false;
}

static void
put_choices(struct arena *a, struct json *d, const struct field *field, const struct json *value,
            struct str lang)
{
    const struct json *choices = json_get(field->document, "choices");
    struct json *list = json_array(a);

    for (const struct json *c = choices != NULL ? choices->first : NULL; c != NULL; c = c->next) {
        struct json *entry = json_object(a);
        json_set_text(a, entry, "value", json_str(c, "value"));
        json_set_text(a, entry, "title", form_word(c, "title", lang));
        json_set_text(a, entry, "note", form_word(c, "note", lang));
        json_set_bool(a, entry, "chosen", is_chosen(value, json_str(c, "value")));
        json_push(list, entry);
    }
    json_set(a, d, "choices", list);
}

/* yyyy-mm-dd into three boxes; anything else as it was typed, in the first, so that nothing is lost. */
static void
put_date(struct arena *a, struct json *d, struct str text)
{
    bool is_date = text.len == 10 && text.ptr[4] == '-' && text.ptr[7] == '-';

    json_set_text(a, d, "year", is_date ? str_sub(text, 0, 4) : text);
    json_set_text(a, d, "month", is_date ? str_sub(text, 5, 2) : STR(""));
    json_set_text(a, d, "day", is_date ? str_sub(text, 8, 2) : STR(""));
}

static void
put_files(struct arena *a, struct json *d, const struct field *field, const struct json *value)
{
    const struct json *types = json_path(field->document, "upload.types");
    struct json *files = json_array(a);
    struct buf accept;
    struct str text;
    struct err ignored;

    buf_init(&accept, a, 65536);
    for (const struct json *t = types->first; t != NULL; t = t->next) {
        buf_put(&accept, t == types->first ? STR("") : STR(","));
        buf_put(&accept, t->text);
    }
    put_made(a, d, "accept",
             buf_finish(&accept, &text, &ignored) == RC_OK ? text : (struct str){NULL, 0});
    for (const struct json *f = json_is(value, JSON_ARRAY) ? value->first : NULL; f != NULL;
         f = f->next) {
        struct json *entry = json_object(a);
        json_set_text(a, entry, "file", json_str(f, "sha256"));
        json_set_text(a, entry, "name", json_str(f, "name"));
        json_set_int(a, entry, "bytes", json_int_or(f, "bytes", 0));
        put_made(a, entry, "size_text", size_text(a, json_int_or(f, "bytes", 0)));
        json_push(files, entry);
    }
    json_set(a, d, "files", files);
    json_set_bool(a, d, "is_several",
                  json_int_or(json_get(field->document, "upload"), "most_files", 1) > 1);
}

static void
put_plain(struct arena *a, struct json *d, const struct field *field, const struct json *value,
          struct str lang)
{
    struct str text = json_is(value, JSON_STRING) ? value->text : STR("");
    struct str unit = form_word(field->document, "unit", lang);
    int64_t most = json_int_or(field->document, "max_length", 0);

    json_set_text(a, d, "value", text);
    if (unit.len > 0) {
        json_set_text(a, d, "unit", unit);
    }
    if (most > 0) {
        json_set_int(a, d, "max_length", most);
    }
    if (field->type == FIELD_PHONE) {
        json_set_text(a, d, "autocomplete", STR("tel"));
    }
}

static struct json *
field_document(struct arena *a, const struct field *field, const struct json *value,
               const struct json *errors, struct str lang)
{
    struct json *d = json_object(a);
    struct str error = error_of(errors, field->id);
    struct str hint = form_word(field->document, "hint", lang);
    bool is_lines = field->type == FIELD_TEXT && json_get(field->document, "lines") != NULL;

    json_set_text(a, d, "id", field->id);
    json_set_text(a, d, "title", form_word(field->document, "title", lang));
    json_set_text(a, d, "type", str_of(field_type_name(field->type)));
    struct str flag = is_lines ? STR("is_lines")
                               : str_fmt(a, "is_%s", field_type_name(field->type));
    json_set_key(a, d, flag, flag.ptr != NULL ? json_bool(a, true) : NULL);
    json_set_bool(a, d, "is_optional", !field->required);
    if (hint.len > 0) {
        json_set_text(a, d, "hint", hint);
    }
    if (error.len > 0) {
        json_set_text(a, d, "error", error);
    }
    switch (field->type) {
    case FIELD_PREFILL: put_prefilled(a, d, value, lang); break;
    case FIELD_CHOICE:
    case FIELD_CHOICES: put_choices(a, d, field, value, lang); break;
    case FIELD_DATE: put_date(a, d, json_is(value, JSON_STRING) ? value->text : STR("")); break;
    case FIELD_UPLOAD: put_files(a, d, field, value); break;
    case FIELD_CHECK:
        json_set_bool(a, d, "value", json_is(value, JSON_STRING) && value->text.len > 0);
        break;
    case FIELD_TEXT:
    case FIELD_NUMBER:
    case FIELD_PHONE:
    case FIELD_PERSON_ID:
    case FIELD_TYPES: put_plain(a, d, field, value, lang); break;
    }
    return d;
}

enum rc
form_field_document(const struct form *f, struct arena *a, struct str field,
                    const struct json *values, const struct json *errors, struct str lang,
                    struct json **out, struct err *err)
{
    const struct field *found = form_find(f, field);
    struct json *d;
    enum rc rc;

    if (found == NULL) {
        return err_set(err, RC_NOT_FOUND, "the form has no field %.*s", STR_ARG(field));
    }
    d = field_document(a, found, json_get_key(values, field), errors, lang);
    if ((rc = json_whole(d, err)) == RC_OK) {
        *out = d;
    }
    return rc;
}

enum rc
form_section_document(const struct form *f, struct arena *a, size_t section,
                      const struct json *values, const struct json *errors, struct str lang,
                      struct json **out, struct err *err)
{
    struct json *d = json_object(a);
    struct json *fields = json_array(a);
    bool has_prefill = false, has_upload = false;
    enum rc rc;

    CHECK(section < f->section_count);
    json_set_text(a, d, "id", form_section_id(f, section));
    json_set_text(a, d, "title", form_word(f->sections[section], "title", lang));
    json_set_int(a, d, "number", (int64_t)section + 1);
    json_set_int(a, d, "count", (int64_t)f->section_count + 1); /* the last step is looking it over */
    for (size_t i = 0; i < f->field_count; i++) {
        const struct field *field = &f->fields[i];
        if (field->section != section || !form_field_is_asked(f, field, values)) {
            continue;
        }
        struct json *entry =
            field_document(a, field, json_get_key(values, field->id), errors, lang);
        json_push(fields, entry);
        has_prefill = has_prefill || field->type == FIELD_PREFILL;
        has_upload = has_upload || field->type == FIELD_UPLOAD;
    }
    json_set_bool(a, d, "has_prefill", has_prefill);
    json_set_bool(a, d, "has_upload", has_upload);
    json_set(a, d, "fields", fields);
    if ((rc = json_whole(d, err)) == RC_OK) {
        *out = d;
    }
    return rc;
}

/* --- looking it over -------------------------------------------------------------------------------------------- */

static struct str
choice_title(const struct field *field, struct str value, struct str lang)
{
    const struct json *choices = json_get(field->document, "choices");

    for (const struct json *c = choices != NULL ? choices->first : NULL; c != NULL; c = c->next) {
        if (str_eq(json_str(c, "value"), value)) {
            return form_word(c, "title", lang);
        }
    }
    return value;
}

static struct str
list_word(const struct field *field, const struct json *value, struct str lang)
{
    return field->type == FIELD_UPLOAD ? json_str(value, "name")
                                       : choice_title(field, value->text, lang);
}

static struct str
list_text(struct arena *a, const struct field *field, const struct json *value, struct str lang)
{
    struct str separator = is_english(lang) ? STR(", ") : STR("、"), text;
    struct err ignored;
    size_t total = 0;
    struct buf b;

    for (const struct json *v = value->first; v != NULL; v = v->next) {
        total += list_word(field, v, lang).len + separator.len;
    }
    buf_init(&b, a, total);
    for (const struct json *v = value->first; v != NULL; v = v->next) {
        buf_put(&b, v == value->first ? STR("") : separator);
        buf_put(&b, list_word(field, v, lang));
    }
    return buf_finish(&b, &text, &ignored) == RC_OK ? text : (struct str){NULL, 0};
}

/* NULL ptr past the arena's limit. */
static struct str
value_text(struct arena *a, const struct field *field, const struct json *value, struct str lang)
{
    if (json_is(value, JSON_ARRAY)) {
        return list_text(a, field, value, lang);
    }
    if (is_fetched_kind(field, value)) {
        return json_str(value, json_str(value, "shown").len > 0 ? "shown" : "value");
    }
    if (!json_is(value, JSON_STRING)) {
        return STR("");
    }
    if (field->type == FIELD_CHOICE) {
        return choice_title(field, value->text, lang);
    }
    if (field->type == FIELD_CHECK) {
        return value->text.len == 0 ? STR("") : is_english(lang) ? STR("Yes") : STR("是");
    }
    struct str unit = form_word(field->document, "unit", lang);
    return unit.len == 0 || value->text.len == 0
               ? value->text
               : str_fmt(a, "%.*s %.*s", STR_ARG(value->text), STR_ARG(unit));
}

static struct json *
summary_row(struct arena *a, const struct field *field, const struct json *value, struct str lang)
{
    struct json *row = json_object(a);

    json_set_text(a, row, "field", field->id);
    struct str brief = form_word(field->document, "short", lang);

    json_set_text(a, row, "title",
                  brief.len > 0 ? brief : form_word(field->document, "title", lang));
    put_made(a, row, "text", value_text(a, field, value, lang));
    json_set_bool(a, row, "is_fixed", field->type == FIELD_PREFILL);
    json_set(a, row, "source", source_document(a, value, lang));
    if (json_get(value, "dispute") != NULL) {
        json_set_text(a, row, "disputed", json_str(json_get(value, "dispute"), "right"));
    }
    if (field->type == FIELD_UPLOAD) {
        put_files(a, row, field, value);
    }
    return row;
}

enum rc
form_summary(const struct form *f, struct arena *a, const struct json *values, struct str lang,
             struct json **out, struct err *err)
{
    struct json *list = json_array(a);
    enum rc rc;

    for (size_t s = 0; s < f->section_count; s++) {
        struct json *section = json_object(a);
        struct json *rows = json_array(a);
        json_set_text(a, section, "id", form_section_id(f, s));
        json_set_text(a, section, "title", form_word(f->sections[s], "title", lang));
        for (size_t i = 0; i < f->field_count; i++) {
            const struct field *field = &f->fields[i];
            if (field->section == s && form_field_is_asked(f, field, values)) {
                json_push(rows, summary_row(a, field, json_get_key(values, field->id), lang));
            }
        }
        json_set(a, section, "rows", rows);
        json_push(list, section);
    }
    if ((rc = json_whole(list, err)) == RC_OK) {
        *out = list;
    }
    return rc;
}
