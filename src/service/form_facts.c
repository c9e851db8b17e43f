/*
 * Answers of a form as facts: exact values for rules, without what the form keeps beside them.
 */
#include "service/form_int.h"

/* Exactly "yes" and "no", in any order: a question that is answered by true or false. */
static bool
is_yes_or_no(const struct field *field)
{
    const struct json *choices = json_get(field->document, "choices");
    bool yes = false, no = false;

    if (field->type != FIELD_CHOICE || choices == NULL || choices->count != 2) {
        return false;
    }
    for (const struct json *c = choices->first; c != NULL; c = c->next) {
        yes |= str_eq(json_str(c, "value"), STR("yes"));
        no |= str_eq(json_str(c, "value"), STR("no"));
    }
    return yes && no;
}

/* NULL: nothing is known. */
static struct json *
fact_of(struct arena *a, const struct field *field, const struct json *value)
{
    bool is_text = json_is(value, JSON_STRING) && value->text.len > 0;
    struct json *list;

    switch (field->type) {
    case FIELD_NUMBER: return is_text && form_number_is_plain(value->text) ? json_number(a, value->text) : NULL;
    case FIELD_CHECK: return json_bool(a, is_text && str_eq(value->text, STR("yes")));
    case FIELD_PREFILL:
        return json_is(value, JSON_OBJECT) && json_str(value, "value").len > 0 ? json_text(a, json_str(value, "value")) : NULL;
    case FIELD_CHOICES:
    case FIELD_UPLOAD: /* how many files, told by their digests */
        list = json_array(a);
        for (const struct json *v = json_is(value, JSON_ARRAY) ? value->first : NULL; v != NULL; v = v->next) {
            json_push(list, json_text(a, json_is(v, JSON_OBJECT) ? json_str(v, "sha256") : v->text));
        }
        return list;
    case FIELD_CHOICE:
        if (is_text && is_yes_or_no(field)) {
            return json_bool(a, str_eq(value->text, STR("yes")));
        }
        break;
    case FIELD_TEXT:
    case FIELD_DATE:
    case FIELD_PHONE:
    case FIELD_PERSON_ID:
    case FIELD_TYPES: break;
    }
    return is_text ? json_text(a, value->text) : NULL;
}

struct json *
form_facts(const struct form *f, struct arena *a, const struct json *values)
{
    struct json *facts = json_object(a);

    for (size_t i = 0; i < f->field_count; i++) {
        const struct field *field = &f->fields[i];
        const struct json *value = json_get_key(values, field->id);
        struct json *fact = value != NULL && form_field_is_asked(f, field, values) ? fact_of(a, field, value) : NULL;
        if (fact != NULL) {
            json_set_key(a, facts, field->id, fact);
        }
    }
    return facts;
}

struct json *
form_fact_sources(const struct form *f, struct arena *a, const struct json *values)
{
    struct json *sources = json_object(a);

    for (size_t i = 0; i < f->field_count; i++) {
        const struct json *from = json_get(json_get_key(values, f->fields[i].id), "source");
        struct json *source = json_object(a);
        json_set_text(a, source, "zh", from != NULL ? json_str(from, "org_zh") : STR("您填的表"));
        json_set_text(a, source, "en", from != NULL ? json_str(from, "org_en") : STR("your form"));
        json_set_key(a, sources, str_fmt(a, "field.%.*s", STR_ARG(f->fields[i].id)), source);
    }
    return sources;
}
