/*
 * A schema as the fields of a page.  Members are those that pages/_field*.html and pages/_task_field.html name.
 */
#include "base/clock.h"
#include "service/schema_form_int.h"

enum { CHOICES_OPEN_MAX = 8 /* more of them fold away */, LINES_SHOWN = 3 };

struct showing {
    struct arena *arena;
    const struct json *errors;
    struct str more, lang;
    int offset_minutes;
    bool failed; /* past the arena's limit */
};

static bool
is_english(const struct showing *v)
{
    return str_eq(v->lang, STR("en"));
}

static struct str
made(struct showing *v, struct str text)
{
    v->failed = v->failed || text.ptr == NULL;
    return text.ptr != NULL ? text : STR("");
}

static struct str
error_of(const struct showing *v, struct str field)
{
    for (const struct json *e = v->errors != NULL ? v->errors->first : NULL; e != NULL; e = e->next) {
        if (str_eq(json_str(e, "field"), field)) {
            return json_str(e, "message");
        }
    }
    return STR("");
}

/* --- whether it may be left out ----------------------------------------------------------------------------------------- */

static bool
names(const struct json *list, struct str name)
{
    for (const struct json *n = json_is(list, JSON_ARRAY) ? list->first : NULL; n != NULL; n = n->next) {
        if (json_is(n, JSON_STRING) && str_eq(n->text, name)) {
            return true;
        }
    }
    return false;
}

/* Where it depends on another answer, its hint says when: to call it optional would be wrong half of the time. */
static bool
is_optional(const struct json *schema, struct str name)
{
    static const char *const also[] = {"then", "else"};
    bool needed = names(json_get(schema, "required"), name);

    for (size_t i = 0; i < 2; i++) {
        needed = needed || names(json_get(json_get(schema, also[i]), "required"), name);
    }
    return !needed;
}

/* --- values ----------------------------------------------------------------------------------------------------------------- */

/* As it was read, or, where it could not be, as it was typed. */
static struct str
plain(const struct json *value)
{
    bool has_text = json_is(value, JSON_STRING) || json_is(value, JSON_NUMBER);

    return has_text ? value->text : STR("");
}

static void
put_day(struct showing *v, struct json *d, struct str text)
{
    bool is_day = text.len == 10 && text.ptr[4] == '-' && text.ptr[7] == '-';

    json_set_text(v->arena, d, "year", is_day ? str_sub(text, 0, 4) : text);
    json_set_text(v->arena, d, "month", is_day ? str_sub(text, 5, 2) : STR(""));
    json_set_text(v->arena, d, "day", is_day ? str_sub(text, 8, 2) : STR(""));
}

static struct str
moment_words(struct showing *v, struct str text)
{
    struct err ignored;
    int64_t at_us;

    if (instant_parse(text, &at_us, &ignored) != RC_OK) {
        return text;
    }
    struct date day = day_to_date(instant_day(at_us, v->offset_minutes));
    int minute = instant_minute_of_day(at_us, v->offset_minutes);
    return made(v, str_fmt(v->arena, "%04d-%02d-%02d %02d:%02d", day.year, day.month, day.day, minute / 60, minute % 60));
}

static bool
is_chosen(const struct json *value, struct str choice)
{
    return json_is(value, JSON_ARRAY) ? names(value, choice) : json_is(value, JSON_STRING) && str_eq(value->text, choice);
}

static void
push_choice(struct showing *v, struct json *list, struct str value, struct str title, struct str note, bool chosen)
{
    struct json *one = json_object(v->arena);

    json_set_text(v->arena, one, "value", value);
    json_set_text(v->arena, one, "title", title);
    json_set_text(v->arena, one, "note", note);
    json_set_bool(v->arena, one, "chosen", chosen);
    json_push(list, one);
}

static struct json *
choices_of(struct showing *v, const struct json *schema, const struct json *value)
{
    struct json *list = json_array(v->arena);

    for (const struct json *c = schema_form_choices(schema); c != NULL; c = c->next) {
        struct str text = schema_form_constant(c)->text, title = schema_form_word(c, "title", v->lang);
        push_choice(v, list, text, title.len > 0 ? title : text, schema_form_word(c, "description", v->lang), is_chosen(value, text));
    }
    return list;
}

static struct json *
yes_or_no(struct showing *v, const struct json *value)
{
    struct json *list = json_array(v->arena);
    bool is_set = json_is(value, JSON_BOOL);

    push_choice(v, list, STR("yes"), is_english(v) ? STR("Yes") : STR("是"), STR(""), is_set && value->truth);
    push_choice(v, list, STR("no"), is_english(v) ? STR("No") : STR("否"), STR(""), is_set && !value->truth);
    return list;
}

static void
put_lines(struct showing *v, struct json *d, const struct json *value)
{
    struct json *lines = json_array(v->arena);

    for (const struct json *l = json_is(value, JSON_ARRAY) ? value->first : NULL; l != NULL; l = l->next) {
        json_push(lines, json_text(v->arena, plain(l)));
    }
    json_set(v->arena, d, "value", lines);
}

/* --- fields ------------------------------------------------------------------------------------------------------------------- */

static const char *
flag_of(enum value_kind kind, const struct json *choices)
{
    bool is_long = choices != NULL && choices->count > CHOICES_OPEN_MAX;

    switch (kind) {
    case VALUE_NUMBER: return "is_number";
    case VALUE_LINES:
    case VALUE_LIST: return "is_lines";
    case VALUE_BOOL: return "is_choice";
    case VALUE_CHOICE: return is_long ? "is_select" : "is_choice";
    case VALUE_CHOICES: return "is_choices";
    case VALUE_DATE: return "is_date";
    case VALUE_GROUP:
    case VALUE_ROWS: return "is_rows";
    case VALUE_NONE:
    case VALUE_TEXT:
    case VALUE_MOMENT: break;
    }
    return "is_text";
}

static void
put_value(struct showing *v, struct json *d, const struct json *schema, enum value_kind kind, const struct json *value)
{
    int64_t most = json_int_or(schema, "maxLength", 0);

    if (kind == VALUE_DATE) {
        put_day(v, d, plain(value));
    } else if (kind == VALUE_LIST) {
        put_lines(v, d, value);
    } else {
        json_set_text(v->arena, d, "value", kind == VALUE_MOMENT ? moment_words(v, plain(value)) : plain(value));
    }
    if (most > 0 && kind == VALUE_TEXT) {
        json_set_int(v->arena, d, "max_length", most);
    }
}

static void
put_unit(const struct showing *v, struct json *d, const struct json *schema)
{
    struct str unit = json_str(schema, is_english(v) ? "x-unit-en" : "x-unit-zh");

    if (unit.len > 0) {
        json_set_text(v->arena, d, "unit", unit);
    }
}

static struct json *fields_of(struct showing *v, const struct json *schema, struct str name, const struct json *data);

static void
push_row(struct showing *v, struct json *rows, const struct json *schema, struct str name, const struct json *value, struct str remove,
         int64_t number)
{
    struct json *row = json_object(v->arena);

    if (remove.len > 0) {
        json_set_text(v->arena, row, "remove_name", remove);
    }
    if (number > 0) {
        json_set_int(v->arena, row, "number", number);
    }
    json_set(v->arena, row, "fields", fields_of(v, schema, name, value));
    json_push(rows, row);
}

/* As many as there are, at least as many as have to be, and one more where that was asked for. */
static void
put_rows(struct showing *v, struct json *d, const struct json *schema, struct str name, const struct json *value)
{
    int64_t least = json_int_or(schema, "minItems", 1), most = json_int_or(schema, "maxItems", SCHEMA_FORM_ROWS_MAX);
    struct json *rows = json_array(v->arena);
    const struct json *one = json_is(value, JSON_ARRAY) ? value->first : NULL;
    int64_t shown = one != NULL ? (int64_t)value->count : 0;

    shown = shown < least ? least : shown;
    shown = shown < 1 ? 1 : shown;
    shown += str_eq(v->more, name) && shown < most;
    for (int64_t i = 0; i < shown && i < SCHEMA_FORM_ROWS_MAX && !v->failed; i++) {
        struct str row = made(v, str_fmt(v->arena, "%.*s.%lld", STR_ARG(name), (long long)i));
        push_row(v, rows, json_get(schema, "items"), row, one, shown > least ? row : STR(""), i + 1);
        one = one != NULL ? one->next : NULL;
    }
    json_set(v->arena, d, "rows", rows);
    if (shown < most && shown < SCHEMA_FORM_ROWS_MAX) {
        json_set_text(v->arena, d, "add_name", name);
    }
}

static struct json *
field_of(struct showing *v, const struct json *schema, struct str name, const struct json *value, bool optional)
{
    struct json *d = json_object(v->arena), *choices = NULL, *rows;
    enum value_kind kind = schema_form_kind(schema);
    struct str hint = schema_form_word(schema, "description", v->lang), error = error_of(v, name);

    json_set_text(v->arena, d, "id", name);
    json_set_text(v->arena, d, "title", schema_form_word(schema, "title", v->lang));
    json_set_bool(v->arena, d, "is_optional", optional);
    json_set_text(v->arena, d, "hint", hint); /* also where there is none: a page would look for it around */
    json_set_text(v->arena, d, "error", error);
    json_set_int(v->arena, d, "rows", LINES_SHOWN);
    if (kind == VALUE_GROUP) {
        rows = json_array(v->arena);
        push_row(v, rows, schema, name, value, STR(""), 0);
        json_set(v->arena, d, "rows", rows);
    } else if (kind == VALUE_ROWS) {
        put_rows(v, d, schema, name, value);
    } else if (kind == VALUE_CHOICE || kind == VALUE_CHOICES || kind == VALUE_BOOL) {
        choices = kind == VALUE_BOOL ? yes_or_no(v, value) : choices_of(v, kind == VALUE_CHOICE ? schema : json_get(schema, "items"), value);
        json_set(v->arena, d, "choices", choices);
    } else {
        put_value(v, d, schema, kind, value);
        put_unit(v, d, schema);
    }
    json_set_bool(v->arena, d, flag_of(kind, choices), true);
    return d;
}

static struct json *
fields_of(struct showing *v, const struct json *schema, struct str name, const struct json *data)
{
    struct json *list = json_array(v->arena);

    for (const struct json *p = json_get(schema, "properties")->first; p != NULL; p = p->next) {
        struct str below = made(v, str_fmt(v->arena, "%.*s.%.*s", STR_ARG(name), STR_ARG(p->key)));
        json_push(list, field_of(v, p, below, json_get_key(data, p->key), is_optional(schema, p->key)));
    }
    return list;
}

enum rc
schema_form_fields(const struct json *schema, struct arena *a, const struct json *data, const struct json *errors, int offset_minutes,
                 struct str more, struct str lang, struct json **fields, struct err *err)
{
    struct showing v = {.arena = a, .errors = errors, .more = more, .lang = lang, .offset_minutes = offset_minutes};
    struct json *list = fields_of(&v, schema, STR("data"), data);

    if (v.failed) {
        return err_set(err, RC_LIMIT, "no room for the fields of a form");
    }
    *fields = list;
    return json_whole(list, err);
}
