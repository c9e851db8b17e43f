/*
 * Every line of form.c that refuses a value has its keyword here; form_schema_test.c holds the two against each other.
 *
 * A condition of a field is a definition of its own, "<field>-asked" (no id of a field has a hyphen), because conditions on that field ask
 * it, too.  It need not bother with values of a wrong kind: where such a value is asked, the whole is wrong already.
 */
#include "service/form_schema.h"

#include "service/form_int.h"

/* What utf8_is_plain takes. */
#define PLAIN "^[^\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u202a-\\u202e\\u2066-\\u2069\\ufeff]*$"
/* Taken from input, blanks at the ends go, and a text of nothing but blanks, hyphens and what has no width is none. */
#define TRIMMED "^(\\S([\\s\\S]*\\S)?)?$"
#define VISIBLE "^$|[^\\s\\-\\u2010-\\u2015\\u2212\\u200b-\\u200d\\u2060\\uff0d]"

struct writer {
    const struct form *form;
    struct arena *arena;
    enum form_schema_of of;
};

/* --- small parts ---------------------------------------------------------------------------------------- */

/* {key: child} */
static struct json *
only(struct arena *a, const char *key, struct json *child)
{
    struct json *j = json_object(a);

    json_set(a, j, key, child);
    return j;
}

static struct json *
only_text(struct arena *a, const char *key, struct str text)
{
    return only(a, key, text.ptr != NULL ? json_text(a, text) : NULL);
}

static struct json *
list_of(struct arena *a, struct json *child)
{
    struct json *list = json_array(a);

    json_push(list, child);
    return list;
}

static struct json *
names(struct arena *a, const char *const *name, size_t count)
{
    struct json *list = json_array(a);

    for (size_t i = 0; i < count; i++) {
        json_push(list, json_text(a, str_of(name[i])));
    }
    return list;
}

/* {"properties":{key:child},"required":[key]} */
static struct json *
member_that(struct arena *a, struct str key, struct json *child)
{
    struct json *j = json_object(a), *properties = json_object(a);

    json_set_key(a, properties, key, child);
    json_set(a, j, "properties", properties);
    json_set(a, j, "required", list_of(a, json_text(a, key)));
    return j;
}

static void
copy_text(struct arena *a, struct json *to, const char *key, const struct json *from, const char *member)
{
    struct str text = json_str(from, member);

    if (text.len > 0) {
        json_set_text(a, to, key, text);
    }
}

static void
copy_any(struct arena *a, struct json *to, const char *key, const struct json *from, const char *member)
{
    if (json_get(from, member) != NULL) {
        json_set(a, to, key, json_copy(a, json_get(from, member)));
    }
}

static void
put_titles(struct arena *a, struct json *to, const struct json *from)
{
    copy_text(a, to, "title", from, "name_zh");
    copy_text(a, to, "x-title-en", from, "name_en");
    copy_text(a, to, "title", from, "title_zh");
    copy_text(a, to, "x-title-en", from, "title_en");
}

/* --- conditions ------------------------------------------------------------------------------------------ */

static struct json *condition(const struct writer *w, const struct json *when);

static struct json *
all_or_any(const struct writer *w, const char *keyword, const struct json *list)
{
    struct json *schemas = json_array(w->arena);

    for (const struct json *c = list->first; c != NULL; c = c->next) {
        json_push(schemas, condition(w, c));
    }
    return only(w->arena, keyword, schemas);
}

/* What has_text of form.c looks for, where a value of the field's kind has it. */
static struct json *
has_text(struct arena *a, enum field_type type, struct str text)
{
    struct json *same = only_text(a, "const", text);

    if (type == FIELD_PREFILL) {
        struct json *fetched = member_that(a, STR("value"), same);
        json_set_text(a, fetched, "type", STR("object"));
        return fetched;
    }
    if (type == FIELD_CHOICES || type == FIELD_UPLOAD) {
        struct json *list = only(a, "contains", same);
        json_set_text(a, list, "type", STR("array"));
        return list;
    }
    return same;
}

static struct json *
limited(struct arena *a, enum form_limit limit, struct str bound)
{
    static const char *const says[] = {"at least", "less than", "at most"};
    struct json *j = only_text(a, "pattern", form_number_pattern(a, limit, bound));

    json_set_text(a, j, "type", STR("string"));
    json_set_int(a, j, "maxLength", FORM_DIGITS_MAX);
    json_set_text(a, j, "$comment", str_fmt(a, "%s %.*s", says[limit], STR_ARG(bound)));
    return j;
}

static struct json *
asked_ref(struct arena *a, struct str id)
{
    return only_text(a, "$ref", str_fmt(a, "#/$defs/%.*s-asked", STR_ARG(id)));
}

static struct json *
comparison(const struct writer *w, const struct json *when)
{
    struct arena *a = w->arena;
    const struct field *field = form_find(w->form, json_str(when, "field"));
    const struct json *at_least = json_get(when, "at_least"), *less_than = json_get(when, "less_than");
    struct json *test;

    if (at_least != NULL || less_than != NULL) {
        test = at_least != NULL ? limited(a, FORM_AT_LEAST, at_least->text) : limited(a, FORM_LESS_THAN, less_than->text);
    } else {
        test = has_text(a, field->type, json_str(when, json_get(when, "is") != NULL ? "is" : "has"));
    }
    struct json *holds = member_that(a, field->id, test);
    if (field->when == NULL) {
        return holds;
    }
    struct json *both = list_of(a, asked_ref(a, field->id));
    json_push(both, holds);
    return only(a, "allOf", both);
}

static struct json *
condition(const struct writer *w, const struct json *when)
{
    if (json_get(when, "all") != NULL) {
        return all_or_any(w, "allOf", json_get(when, "all"));
    }
    if (json_get(when, "any") != NULL) {
        return all_or_any(w, "anyOf", json_get(when, "any"));
    }
    if (json_get(when, "not") != NULL) {
        return only(w->arena, "not", condition(w, json_get(when, "not")));
    }
    return comparison(w, when);
}

/* --- values ------------------------------------------------------------------------------------------------- */

static void
put_pattern(struct arena *a, struct json *all, const char *pattern)
{
    json_push(all, only_text(a, "pattern", str_of(pattern)));
}

static void
put_text(const struct writer *w, const struct field *field, struct json *v)
{
    struct arena *a = w->arena;

    json_set_int(a, v, "maxLength", json_int_or(field->document, "max_length", FORM_TEXT_MAX));
    json_set_text(a, v, "pattern", STR(PLAIN));
    if (w->of == FORM_SCHEMA_SENT) {
        struct json *all = json_array(a);
        put_pattern(a, all, TRIMMED);
        put_pattern(a, all, VISIBLE);
        json_set(a, v, "allOf", all);
    }
}

static void
put_number(struct arena *a, const struct field *field, struct json *v)
{
    const struct json *least = json_get(field->document, "min"), *most = json_get(field->document, "max");
    struct json *all = json_array(a);

    json_set_int(a, v, "maxLength", FORM_DIGITS_MAX);
    json_set_text(a, v, "pattern", STR("^(0|[1-9][0-9]*)(\\.[0-9]+)?$"));
    if (least != NULL) {
        json_push(all, limited(a, FORM_AT_LEAST, least->text));
    }
    if (most != NULL) {
        json_push(all, limited(a, FORM_AT_MOST, most->text));
    }
    if (all != NULL && all->count > 0) {
        json_set(a, v, "allOf", all);
    }
}

/* The calendar begins with the year 1, RFC 3339 with 0. */
static void
put_date(struct arena *a, const struct field *field, struct json *v)
{
    json_set_text(a, v, "format", STR("date"));
    json_set_text(a, v, "pattern", STR("^(?!0000)"));
    if (json_true(field->document, "not_past")) {
        json_set(a, v, "allOf", list_of(a, only_text(a, "format", STR("date-not-past"))));
    }
}

static struct json *
choices_of(const struct writer *w, const struct field *field, bool may_be_none)
{
    struct arena *a = w->arena;
    struct json *list = json_array(a), *none;

    for (const struct json *c = json_get(field->document, "choices")->first; c != NULL; c = c->next) {
        struct json *choice = only_text(a, "const", json_str(c, "value"));
        put_titles(a, choice, c);
        copy_text(a, choice, "description", c, "note_zh");
        copy_text(a, choice, "x-description-en", c, "note_en");
        json_push(list, choice);
    }
    if (may_be_none) {
        none = only_text(a, "const", STR(""));
        json_set_text(a, none, "title", STR("（不选）"));
        json_set_text(a, none, "x-title-en", STR("(none)"));
        json_push(list, none);
    }
    return list;
}

static struct json *
file_schema(struct arena *a, const struct json *upload)
{
    static const char *const members[] = {"name", "sha256", "type", "bytes"};
    struct json *file = json_object(a), *properties = json_object(a);
    struct json *name = only_text(a, "type", STR("string")), *sha256 = only_text(a, "type", STR("string"));
    struct json *bytes = only_text(a, "type", STR("integer"));

    json_set_int(a, name, "maxLength", FORM_FILE_NAME_MAX);
    json_set_text(a, name, "pattern", STR(PLAIN));
    json_set_text(a, sha256, "pattern", STR("^[0-9a-f]{64}$"));
    json_set_int(a, bytes, "minimum", 0);
    copy_any(a, bytes, "maximum", upload, "most_bytes");
    json_set(a, properties, "name", name);
    json_set(a, properties, "sha256", sha256);
    json_set(a, properties, "type", only(a, "enum", json_copy(a, json_get(upload, "types"))));
    json_set(a, properties, "bytes", bytes);
    json_set_text(a, file, "type", STR("object"));
    json_set(a, file, "properties", properties);
    json_set(a, file, "required", names(a, members, sizeof(members) / sizeof(members[0])));
    return file;
}

static void
put_list(const struct writer *w, const struct field *field, struct json *v)
{
    struct arena *a = w->arena;
    const struct json *upload = json_get(field->document, "upload");

    if (field->required) {
        json_set_int(a, v, "minItems", 1);
    }
    if (field->type == FIELD_UPLOAD) {
        json_set_int(a, v, "maxItems", json_int_or(upload, "most_files", 1));
        json_set(a, v, "items", file_schema(a, upload));
        return;
    }
    json_set_bool(a, v, "uniqueItems", true);
    json_set(a, v, "items", only(a, "oneOf", choices_of(w, field, false)));
}

/*
 * {"value","source"} as it was fetched, {"value"} as it was typed meanwhile, or still waiting: form.c, check_prefilled.
 */
static void
put_prefill(struct arena *a, const struct field *field, struct json *v)
{
    static const char *const never[] = {"value-missing", "earlier-missing"};
    struct json *there = json_object(a), *waiting, *properties, *ways, *typed;

    json_set_text(a, there, "type", STR("string"));
    json_set_int(a, there, "minLength", 1);
    json_set(a, v, "if", member_that(a, STR("value"), there));

    typed = json_object(a);
    json_set_int(a, typed, "maxLength", json_int_or(field->document, "max_length", FORM_TEXT_MAX));
    json_set_text(a, typed, "pattern", STR(PLAIN));
    ways = list_of(a, member_that(a, STR("source"), only_text(a, "type", STR("object"))));
    json_push(ways, only(a, "properties", only(a, "value", typed)));
    json_set(a, v, "then", only(a, "anyOf", ways));

    if (field->required) {
        waiting = member_that(a, STR("waiting"), only(a, "const", json_bool(a, true)));
        properties = waiting != NULL ? waiting->first : NULL;
        json_set(a, properties, "problem",
                 only(a, "not", only(a, "enum", names(a, never, sizeof(never) / sizeof(never[0])))));
        json_set(a, v, "else", waiting);
    }
}

static void
put_constraints(const struct writer *w, const struct field *field, struct json *v)
{
    struct arena *a = w->arena;

    switch (field->type) {
    case FIELD_TEXT: put_text(w, field, v); break;
    case FIELD_NUMBER: put_number(a, field, v); break;
    case FIELD_DATE: put_date(a, field, v); break;
    case FIELD_PHONE: json_set_text(a, v, "format", STR("mobile")); break;
    case FIELD_PERSON_ID: json_set_text(a, v, "format", STR("person-id")); break;
    case FIELD_CHOICE: json_set(a, v, "oneOf", choices_of(w, field, !field->required)); break;
    case FIELD_CHECK: json_set_text(a, v, "const", STR("yes")); break;
    case FIELD_CHOICES:
    case FIELD_UPLOAD: put_list(w, field, v); break;
    case FIELD_PREFILL: put_prefill(a, field, v); break;
    case FIELD_TYPES: break;
    }
}

static void
put_annotations(struct arena *a, const struct field *field, struct json *v)
{
    const struct json *d = field->document;

    put_titles(a, v, d);
    copy_text(a, v, "description", d, "hint_zh");
    copy_text(a, v, "x-description-en", d, "hint_en");
    json_set_text(a, v, "x-type", str_of(field_type_name(field->type)));
    copy_text(a, v, "x-unit-zh", d, "unit_zh");
    copy_text(a, v, "x-unit-en", d, "unit_en");
    copy_any(a, v, "x-minimum", d, "min");
    copy_any(a, v, "x-maximum", d, "max");
    copy_any(a, v, "x-prefill", d, "prefill");
    copy_any(a, v, "x-upload", d, "upload");
    if (json_str(d, "example").len > 0) {
        json_set(a, v, "examples", list_of(a, json_text(a, json_str(d, "example"))));
    }
    if (field->type == FIELD_PREFILL || field->type == FIELD_UPLOAD) {
        json_set_bool(a, v, "readOnly", true);
    }
}

/* A text that may be left empty is held to the rest only if there is one. */
static struct json *
value_schema(const struct writer *w, const struct field *field)
{
    struct arena *a = w->arena;
    bool is_list = field->type == FIELD_CHOICES || field->type == FIELD_UPLOAD;
    bool is_text = !is_list && field->type != FIELD_PREFILL;
    bool is_free = field->required || !is_text || field->type == FIELD_TEXT || field->type == FIELD_CHOICE;
    struct json *v = json_object(a), *inner;

    json_set_text(a, v, "type", is_list ? STR("array") : is_text ? STR("string") : STR("object"));
    put_annotations(a, field, v);
    if (is_free) {
        if (field->required && field->type == FIELD_TEXT) {
            json_set_int(a, v, "minLength", 1);
        }
        put_constraints(w, field, v);
        return v;
    }
    inner = json_object(a);
    put_constraints(w, field, inner);
    json_set(a, v, "if", only(a, "minLength", json_int(a, 1)));
    json_set(a, v, "then", inner);
    return v;
}

/* --- the whole ----------------------------------------------------------------------------------------------- */

static bool
is_fetched(const struct field *field)
{
    return field->type == FIELD_PREFILL || field->type == FIELD_UPLOAD;
}

/* Whether it is asked cannot be said without what is fetched. */
static bool
hangs_on_fetched(const struct form *f, const struct json *when)
{
    const struct json *list = json_get(when, "all") != NULL ? json_get(when, "all") : json_get(when, "any");

    for (const struct json *c = list != NULL ? list->first : NULL; c != NULL; c = c->next) {
        if (hangs_on_fetched(f, c)) {
            return true;
        }
    }
    if (list != NULL || json_get(when, "not") != NULL) {
        return list == NULL && hangs_on_fetched(f, json_get(when, "not"));
    }
    const struct field *field = form_find(f, json_str(when, "field"));
    return field != NULL && (is_fetched(field) || (field->when != NULL && hangs_on_fetched(f, field->when)));
}

struct parts {
    struct json *properties, *required, *all, *defs;
};

static void
put_field(const struct writer *w, const struct field *field, struct parts *to)
{
    struct arena *a = w->arena;
    struct json *schema = value_schema(w, field);
    bool is_guess = w->of == FORM_SCHEMA_SENT && field->when != NULL && hangs_on_fetched(w->form, field->when);

    if (field->when == NULL || is_guess) {
        json_set_key(a, to->properties, field->id, schema);
        if (field->required && !is_guess) {
            json_push(to->required, json_text(a, field->id));
        }
    } else {
        struct json *title = json_object(a), *when = only(a, "if", asked_ref(a, field->id));
        struct json *then = member_that(a, field->id, schema);
        put_titles(a, title, field->document);
        json_set_key(a, to->properties, field->id, title);
        if (!field->required) {
            then = only(a, "properties", then != NULL ? json_copy(a, json_get(then, "properties")) : NULL);
        }
        json_set(a, when, "then", then);
        json_push(to->all, when);
    }
    if (field->when != NULL) {
        json_set_key(a, to->defs, str_fmt(a, "%.*s-asked", STR_ARG(field->id)), condition(w, field->when));
    }
}

static struct json *
sections_of(const struct writer *w)
{
    struct arena *a = w->arena;
    struct json *sections = json_array(a);

    for (size_t i = 0; i < w->form->section_count; i++) {
        struct json *section = json_object(a), *fields = json_array(a);
        json_set_text(a, section, "id", form_section_id(w->form, i));
        put_titles(a, section, w->form->sections[i]);
        for (size_t k = 0; k < w->form->field_count; k++) {
            if (w->form->fields[k].section == i) {
                json_push(fields, json_text(a, w->form->fields[k].id));
            }
        }
        json_set(a, section, "fields", fields);
        json_push(sections, section);
    }
    return sections;
}

enum rc
form_schema(const struct form *f, struct arena *a, enum form_schema_of of, struct str id,
            const struct json *titles, struct json **out, struct err *err)
{
    struct writer w = {f, a, of};
    struct parts p = {json_object(a), json_array(a), json_array(a), json_object(a)};
    struct json *root = json_object(a);
    enum rc rc;

    for (size_t i = 0; i < f->field_count; i++) {
        if (of == FORM_SCHEMA_KEPT || !is_fetched(&f->fields[i])) {
            put_field(&w, &f->fields[i], &p);
        }
    }
    json_set_text(a, root, "$schema", STR("https://json-schema.org/draft/2020-12/schema"));
    json_set_text(a, root, "$id", id);
    put_titles(a, root, titles);
    json_set_text(a, root, "type", STR("object"));
    json_set(a, root, "x-sections", sections_of(&w));
    json_set(a, root, "properties", p.properties);
    json_set(a, root, "required", p.required);
    if (p.all != NULL && p.all->count > 0) {
        json_set(a, root, "allOf", p.all);
    }
    if (p.defs != NULL && p.defs->count > 0) {
        json_set(a, root, "$defs", p.defs);
    }
    if ((rc = json_whole(root, err)) == RC_OK) {
        *out = root;
    }
    return rc;
}
