/*
 * A form is compiled once into a flat list of fields.  Conditions look back only, so a cycle cannot be written; what asking one costs
 * is added up here and bounded, because a condition on a field that has conditions asks those too.  Everything that form.c would
 * stumble over is refused here, so that a mistake in a document stops its loading and not a citizen.
 */
#include "service/form_int.h"

#include "base/utf8.h"

enum {
    SECTIONS_MAX = 50,
    FIELDS_MAX = 300,
    CONDITION_DEPTH_MAX = 8,
    CONDITION_COST_MAX = 1000,
    ID_MAX = 40,
    LENGTH_MAX = 20000
};

static const char *const type_names[FIELD_TYPES] = {
    "text", "number", "choice", "choices", "date", "phone", "person_id", "check", "upload",
    "prefill",
};

const char *
field_type_name(enum field_type type)
{
    CHECK(type < FIELD_TYPES);
    return type_names[type];
}

/* Without an allocation: a word that is there can always be said. */
static const struct json *
member_in(const struct json *object, const char *member, struct str lang)
{
    struct str name = str_of(member);

    for (const struct json *m = json_is(object, JSON_OBJECT) ? object->first : NULL; m != NULL;
         m = m->next) {
        if (m->key.len == name.len + 1 + lang.len && str_starts(m->key, name) &&
            m->key.ptr[name.len] == '_' && str_ends(m->key, lang)) {
            return m;
        }
    }
    return NULL;
}

struct str
form_word(const struct json *object, const char *member, struct str lang)
{
    const struct json *word = member_in(object, member, lang);

    if (!json_is(word, JSON_STRING) || word->text.len == 0) {
        word = member_in(object, member, STR("zh"));
    }
    return json_is(word, JSON_STRING) ? word->text : STR("");
}

/* --- numbers -------------------------------------------------------------------------------------------- */

/*
 * Decimal numbers as texts, compared digit by digit: floor areas and fees are never rounded.  Both must be as form_number_is_plain wants
 * them.
 */
int
form_number_compare(struct str a, struct str b)
{
    size_t a_point = str_find_byte(a, '.'), b_point = str_find_byte(b, '.');

    if (a_point != b_point) {
        return a_point < b_point ? -1 : 1;
    }
    for (size_t i = 0; i < a.len || i < b.len; i++) {
        char x = i < a.len ? a.ptr[i] : '0', y = i < b.len ? b.ptr[i] : '0';
        if (x == '.' || y == '.') {
            continue; /* both at the same place, or one has no fraction */
        }
        if (x != y) {
            return x < y ? -1 : 1;
        }
    }
    return 0;
}

bool
form_number_is_plain(struct str s)
{
    size_t points = 0;

    if (s.len == 0 || s.len > FORM_DIGITS_MAX || s.ptr[0] == '.' || s.ptr[s.len - 1] == '.' ||
        (s.len > 1 && s.ptr[0] == '0' && s.ptr[1] != '.')) {
        return false;
    }
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '.') {
            points++;
        } else if (s.ptr[i] < '0' || s.ptr[i] > '9') {
            return false;
        }
    }
    return points <= 1;
}

/* A bound of the document: a JSON number in plain digits. */
static bool
is_bound(const struct json *j)
{
    return json_is(j, JSON_NUMBER) && form_number_is_plain(j->text);
}

/* --- conditions ------------------------------------------------------------------------------------------- */

const struct field *
form_find(const struct form *f, struct str id)
{
    for (size_t i = 0; i < f->field_count; i++) {
        if (str_eq(f->fields[i].id, id)) {
            return &f->fields[i];
        }
    }
    return NULL;
}

static bool
choice_is_known(const struct field *field, struct str value)
{
    const struct json *choices = json_get(field->document, "choices");

    for (const struct json *c = choices->first; c != NULL; c = c->next) {
        if (str_eq(json_str(c, "value"), value)) {
            return true;
        }
    }
    return false;
}

/* {"field":…} with one of is, has, at_least, less_than that fits the field's type. */
static enum rc
check_comparison(const struct form *f, const struct json *when, unsigned *cost, struct err *err)
{
    static const char *const operators[] = {"is", "has", "at_least", "less_than"};
    const struct field *field = form_find(f, json_str(when, "field"));
    const struct json *operand = NULL;
    size_t op = 0;

    if (field == NULL) {
        return err_set(err, RC_INVALID, "a condition names %.*s, which is not asked before it",
                       STR_ARG(json_str(when, "field")));
    }
    for (size_t i = 0; i < 4; i++) {
        const struct json *j = json_get(when, operators[i]);
        if (j != NULL) {
            operand = j;
            op = i;
        }
    }
    bool is_choosing = field->type == FIELD_CHOICE || field->type == FIELD_CHOICES;
    if (operand == NULL || when->count != 2 ||
        (op >= 2 && (!is_bound(operand) || field->type != FIELD_NUMBER)) ||
        (op < 2 && (!json_is(operand, JSON_STRING) || operand->text.len == 0)) ||
        (op < 2 && is_choosing && !choice_is_known(field, operand->text))) {
        return err_set(err, RC_INVALID,
                       "a condition on %.*s needs one of is, has, at_least, less_than that fits it",
                       STR_ARG(field->id));
    }
    *cost += 1 + field->cost;
    return *cost <= CONDITION_COST_MAX
               ? RC_OK
               : err_set(err, RC_INVALID, "conditions build upon each other too often");
}

static enum rc
check_condition(const struct form *f, const struct json *when, int depth, unsigned *cost,
                struct err *err)
{
    const struct json *list = json_get(when, "all");
    enum rc rc = RC_OK;

    if (list == NULL) {
        list = json_get(when, "any");
    }
    if (depth > CONDITION_DEPTH_MAX || !json_is(when, JSON_OBJECT)) {
        return err_set(err, RC_INVALID, "a condition is an object, not too deep");
    }
    if (list == NULL && json_get(when, "not") == NULL) {
        return check_comparison(f, when, cost, err);
    }
    if (when->count != 1 || (list != NULL && (!json_is(list, JSON_ARRAY) || list->count == 0))) {
        return err_set(err, RC_INVALID, "a condition is all of a list, any of a list, or not one");
    }
    if (list == NULL) {
        return check_condition(f, json_get(when, "not"), depth + 1, cost, err);
    }
    for (const struct json *c = list->first; c != NULL && rc == RC_OK; c = c->next) {
        rc = check_condition(f, c, depth + 1, cost, err);
    }
    return rc;
}

enum rc
form_condition_check(const struct form *f, const struct json *when, struct err *err)
{
    unsigned cost = 0;

    return when == NULL ? RC_OK : check_condition(f, when, 0, &cost, err);
}

/* --- fields ------------------------------------------------------------------------------------------------ */

/* Names of inputs, parts of addresses: "opening.year" is a box of "opening", so no dots. */
static bool
id_is_valid(struct str id)
{
    for (size_t i = 0; i < id.len; i++) {
        char c = id.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (i > 0 && (c == '_' || (c >= '0' && c <= '9'))))) {
            return false;
        }
    }
    return id.len > 0 && id.len <= ID_MAX;
}

static bool
choices_are_valid(const struct json *choices)
{
    if (!json_is(choices, JSON_ARRAY) || choices->count == 0) {
        return false;
    }
    for (const struct json *c = choices->first; c != NULL; c = c->next) {
        if (json_str(c, "value").len == 0 || json_str(c, "title_zh").len == 0) {
            return false;
        }
        for (const struct json *earlier = choices->first; earlier != c; earlier = earlier->next) {
            if (str_eq(json_str(earlier, "value"), json_str(c, "value"))) {
                return false;
            }
        }
    }
    return true;
}

static bool
limits_are_valid(const struct field *field)
{
    const struct json *least = json_get(field->document, "min");
    const struct json *most = json_get(field->document, "max");
    const struct json *length = json_get(field->document, "max_length");
    int64_t characters = 0;

    if ((least != NULL && !is_bound(least)) || (most != NULL && !is_bound(most)) ||
        (least != NULL && most != NULL && form_number_compare(least->text, most->text) > 0)) {
        return false;
    }
    return length == NULL ||
           (json_as_int(length, &characters) && characters > 0 && characters <= LENGTH_MAX);
}

static bool
upload_is_valid(const struct json *upload)
{
    const struct json *types = json_get(upload, "types");

    if (!json_is(types, JSON_ARRAY) || types->count == 0 ||
        json_int_or(upload, "most_bytes", 0) <= 0 || json_int_or(upload, "most_files", 1) <= 0) {
        return false;
    }
    for (const struct json *t = types->first; t != NULL; t = t->next) {
        if (!json_is(t, JSON_STRING) || t->text.len == 0) {
            return false;
        }
    }
    return true;
}

/* What an answer hangs on must have been asked or fetched before. */
static bool
prefill_is_valid(const struct form *f, const struct json *prefill)
{
    struct str from = json_str(prefill, "key_from");

    return json_str(prefill, "resource").len > 0 && json_str(prefill, "member").len > 0 &&
           (str_eq(from, STR("subject.identifier")) ||
            (str_starts(from, STR("field.")) && form_find(f, str_from(from, 6)) != NULL));
}

static enum rc
check_field(const struct form *f, const struct field *field, struct err *err)
{
    const struct json *d = field->document, *required = json_get(d, "required");
    bool is_choosing = field->type == FIELD_CHOICE || field->type == FIELD_CHOICES;
    const char *wrong = NULL;

    if (json_str(d, "title_zh").len == 0) {
        wrong = "has no title";
    } else if (required != NULL && !json_is(required, JSON_BOOL)) {
        wrong = "is required, or not: true or false";
    } else if (is_choosing && !choices_are_valid(json_get(d, "choices"))) {
        wrong = "needs choices, each with a value of its own and a title";
    } else if (!limits_are_valid(field)) {
        wrong = "has limits that are no plain numbers, or cross";
    } else if (field->type == FIELD_UPLOAD && !upload_is_valid(json_get(d, "upload"))) {
        wrong = "does not say what it takes";
    } else if (field->type == FIELD_PREFILL && !prefill_is_valid(f, json_get(d, "prefill"))) {
        wrong = "names no resource or member, or a key that is not known before it";
    }
    return wrong == NULL ? RC_OK
                         : err_set(err, RC_INVALID, "field %.*s %s", STR_ARG(field->id), wrong);
}

static bool
type_by_name(struct str name, enum field_type *out)
{
    for (int i = 0; i < FIELD_TYPES; i++) {
        if (str_eq(name, str_of(type_names[i]))) {
            *out = (enum field_type)i;
            return true;
        }
    }
    return false;
}

static enum rc
add_field(struct form *f, size_t section, const struct json *document, struct err *err)
{
    struct field *field = &f->fields[f->field_count];
    size_t prefills = 0;
    enum rc rc;

    *field = (struct field){.id = json_str(document, "id"),
                            .section = section,
                            .document = document,
                            .required = json_true(document, "required"),
                            .when = json_get(document, "when")};
    if (!id_is_valid(field->id) || !type_by_name(json_str(document, "type"), &field->type) ||
        form_find(f, field->id) != NULL) {
        return err_set(err, RC_INVALID, "field \"%.*s\": no id, a doubled id, or unknown type",
                       STR_ARG(field->id));
    }
    if ((rc = check_field(f, field, err)) != RC_OK ||
        (field->when != NULL &&
         (rc = check_condition(f, field->when, 0, &field->cost, err)) != RC_OK)) {
        return rc;
    }
    f->field_count++;
    for (size_t i = 0; i < f->field_count; i++) {
        prefills += f->fields[i].section == section && f->fields[i].type == FIELD_PREFILL;
    }
    return prefills <= FORM_PREFILLS_MAX
               ? RC_OK
               : err_set(err, RC_INVALID, "a section fetches at most %d values", FORM_PREFILLS_MAX);
}

static enum rc
add_section(struct form *f, const struct json *section, struct err *err)
{
    const struct json *fields = json_get(section, "fields");
    struct str id = json_str(section, "id");
    enum rc rc = RC_OK;

    if (!id_is_valid(id) || form_section_by_id(f, id) < f->section_count ||
        json_str(section, "title_zh").len == 0 || !json_is(fields, JSON_ARRAY) ||
        fields->count == 0) {
        return err_set(err, RC_INVALID, "a section has an id of its own, a title and fields");
    }
    for (const struct json *d = fields->first; d != NULL && rc == RC_OK; d = d->next) {
        rc = add_field(f, f->section_count, d, err);
    }
    f->sections[f->section_count++] = section;
    return rc;
}

static size_t
count_fields(const struct json *sections)
{
    size_t count = 0;

    for (const struct json *s = sections->first; s != NULL; s = s->next) {
        const struct json *fields = json_get(s, "fields");
        count += json_is(fields, JSON_ARRAY) ? fields->count : 0;
    }
    return count;
}

enum rc
form_load(struct arena *a, const struct json *document, struct form **out, struct err *err)
{
    const struct json *sections = json_get(document, "sections");
    struct form *f;
    enum rc rc = RC_OK;

    if (!json_is(sections, JSON_ARRAY) || sections->count == 0 ||
        sections->count > SECTIONS_MAX || count_fields(sections) > FIELDS_MAX) {
        return err_set(err, RC_INVALID, "a form has 1 to %d sections and up to %d fields",
                       SECTIONS_MAX, FIELDS_MAX);
    }
    if ((f = arena_alloc(a, 1, sizeof(*f))) == NULL ||
        (f->sections = arena_alloc(a, sections->count, sizeof(*f->sections))) == NULL ||
        (f->fields = arena_alloc(a, count_fields(sections) + 1, sizeof(*f->fields))) == NULL) {
        return err_set(err, RC_LIMIT, "no room for a form");
    }
    for (const struct json *s = sections->first; s != NULL && rc == RC_OK; s = s->next) {
        rc = add_section(f, s, err);
    }
    if (rc == RC_OK) {
        *out = f;
    }
    return rc;
}

size_t
form_sections(const struct form *f)
{
    return f->section_count;
}

struct str
form_section_id(const struct form *f, size_t section)
{
    CHECK(section < f->section_count);
    return json_str(f->sections[section], "id");
}

size_t
form_section_by_id(const struct form *f, struct str id)
{
    size_t i = 0;

    while (i < f->section_count && !str_eq(json_str(f->sections[i], "id"), id)) {
        i++;
    }
    return i;
}

const struct json *
form_field(const struct form *f, struct str id)
{
    const struct field *field = form_find(f, id);

    return field != NULL ? field->document : NULL;
}
