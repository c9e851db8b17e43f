/*
 * A form is compiled once into a flat list of fields; conditions may only look back at fields that were asked before, so one pass in
 * order decides everything and a cycle cannot be written.  Input is normalised into exact values: numbers and phones lose blanks and
 * full-width digits, dates become yyyy-mm-dd.  What cannot be read is kept as it was typed, beside its error.
 */
#include "service/form.h"

#include "base/clock.h"
#include "base/idcode.h"
#include "base/utf8.h"
#include "service/form_int.h"

enum { TEXT_MAX = 2000, CONDITION_DEPTH_MAX = 8, DIGITS_MAX = 18 };

static const char *const type_names[FIELD_TYPES] = {
    "text", "number", "choice", "choices", "date", "phone", "person_id", "check", "upload",
    "prefill",
};

const char *
field_type_name(enum field_type type)
{
    return type_names[type];
}

struct str
form_word(const struct json *object, const char *member, struct str lang, struct arena *a)
{
    const char *key = str_c(a, str_fmt(a, "%s_%.*s", member, STR_ARG(lang)));
    struct str word = key != NULL ? json_str(object, key) : STR("");

    if (word.len == 0) {
        key = str_c(a, str_fmt(a, "%s_zh", member));
        word = key != NULL ? json_str(object, key) : STR("");
    }
    return word;
}

/* --- compiling ---------------------------------------------------------------------------------------- */

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

static enum rc
check_condition(const struct form *f, const struct json *when, int depth, struct err *err)
{
    static const char *const groups[] = {"all", "any"};
    enum rc rc = RC_OK;

    if (depth > CONDITION_DEPTH_MAX || !json_is(when, JSON_OBJECT)) {
        return err_set(err, RC_INVALID, "a condition is an object, not too deep");
    }
    for (size_t g = 0; g < 2; g++) {
        const struct json *list = json_get(when, groups[g]);
        for (const struct json *c = list != NULL ? list->first : NULL; c != NULL && rc == RC_OK;
             c = c->next) {
            rc = check_condition(f, c, depth + 1, err);
        }
        if (list != NULL) {
            return rc;
        }
    }
    if (json_get(when, "not") != NULL) {
        return check_condition(f, json_get(when, "not"), depth + 1, err);
    }
    if (form_find(f, json_str(when, "field")) == NULL) {
        return err_set(err, RC_INVALID, "a condition names %.*s, which is not asked before it",
                       STR_ARG(json_str(when, "field")));
    }
    if (json_get(when, "is") == NULL && json_get(when, "at_least") == NULL &&
        json_get(when, "less_than") == NULL && json_get(when, "has") == NULL) {
        return err_set(err, RC_INVALID, "a condition needs is, has, at_least or less_than");
    }
    return RC_OK;
}

static enum rc
check_field(const struct field *field, struct err *err)
{
    const struct json *d = field->document;
    bool needs_choices = field->type == FIELD_CHOICE || field->type == FIELD_CHOICES;

    if (json_str(d, "title_zh").len == 0) {
        return err_set(err, RC_INVALID, "field %.*s has no title", STR_ARG(field->id));
    }
    if (needs_choices && (json_get(d, "choices") == NULL || json_get(d, "choices")->count == 0)) {
        return err_set(err, RC_INVALID, "field %.*s has no choices", STR_ARG(field->id));
    }
    if (field->type == FIELD_UPLOAD && json_path(d, "upload.types") == NULL) {
        return err_set(err, RC_INVALID, "upload %.*s does not say what it takes",
                       STR_ARG(field->id));
    }
    if (field->type == FIELD_PREFILL &&
        (json_str(json_get(d, "prefill"), "resource").len == 0 ||
         json_str(json_get(d, "prefill"), "member").len == 0)) {
        return err_set(err, RC_INVALID, "prefill %.*s names no resource or member",
                       STR_ARG(field->id));
    }
    return RC_OK;
}

static enum rc
add_field(struct form *f, size_t section, const struct json *document, struct err *err)
{
    struct field *field = &f->fields[f->field_count];
    struct str type = json_str(document, "type");
    enum rc rc;
    int i = 0;

    while (i < FIELD_TYPES && !str_eq(type, str_of(type_names[i]))) {
        i++;
    }
    *field = (struct field){.id = json_str(document, "id"),
                            .section = section,
                            .document = document,
                            .required = json_true(document, "required"),
                            .when = json_get(document, "when")};
    if (field->id.len == 0 || i == FIELD_TYPES || form_find(f, field->id) != NULL) {
        return err_set(err, RC_INVALID, "field \"%.*s\": no id, a doubled id, or unknown type",
                       STR_ARG(field->id));
    }
    field->type = (enum field_type)i;
    if ((rc = check_field(field, err)) != RC_OK ||
        (field->when != NULL && (rc = check_condition(f, field->when, 0, err)) != RC_OK)) {
        return rc;
    }
    f->field_count++;
    return RC_OK;
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
    struct form *f = arena_alloc(a, 1, sizeof(*f));
    enum rc rc = RC_OK;

    if (!json_is(sections, JSON_ARRAY) || sections->count == 0 || count_fields(sections) == 0) {
        return err_set(err, RC_INVALID, "a form has sections with fields");
    }
    if (f == NULL ||
        (f->sections = arena_alloc(a, sections->count, sizeof(*f->sections))) == NULL ||
        (f->fields = arena_alloc(a, count_fields(sections), sizeof(*f->fields))) == NULL) {
        return err_set(err, RC_LIMIT, "no room for a form");
    }
    f->document = document;
    for (const struct json *s = sections->first; s != NULL; s = s->next) {
        const struct json *fields = json_get(s, "fields");
        if (json_str(s, "id").len == 0) {
            return err_set(err, RC_INVALID, "a section has no id");
        }
        f->sections[f->section_count] = s;
        for (const struct json *d = fields != NULL ? fields->first : NULL; d != NULL && rc == RC_OK;
             d = d->next) {
            rc = add_field(f, f->section_count, d, err);
        }
        f->section_count++;
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

/* --- conditions ----------------------------------------------------------------------------------------- */

/*
 * Decimal numbers as texts, compared digit by digit: floor areas and fees are never rounded.  Both must be as number_text leaves
 * them: no blanks, no leading zeros, no sign.
 */
static int
compare_numbers(struct str a, struct str b)
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

static bool
is_number_text(struct str s)
{
    size_t points = 0;

    if (s.len == 0 || s.len > DIGITS_MAX || s.ptr[0] == '.' || s.ptr[s.len - 1] == '.') {
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

static bool
has_text(const struct json *value, struct str text)
{
    if (json_is(value, JSON_STRING)) {
        return str_eq(value->text, text);
    }
    if (json_is(value, JSON_ARRAY)) {
        for (const struct json *v = value->first; v != NULL; v = v->next) {
            if (json_is(v, JSON_STRING) && str_eq(v->text, text)) {
                return true;
            }
        }
    }
    return false;
}

static bool
condition_holds(const struct form *f, const struct json *when, const struct json *values)
{
    const struct json *list;

    if ((list = json_get(when, "all")) != NULL) {
        for (const struct json *c = list->first; c != NULL; c = c->next) {
            if (!condition_holds(f, c, values)) {
                return false;
            }
        }
        return true;
    }
    if ((list = json_get(when, "any")) != NULL) {
        for (const struct json *c = list->first; c != NULL; c = c->next) {
            if (condition_holds(f, c, values)) {
                return true;
            }
        }
        return false;
    }
    if (json_get(when, "not") != NULL) {
        return !condition_holds(f, json_get(when, "not"), values);
    }
    const struct field *field = form_find(f, json_str(when, "field"));
    const struct json *value = json_get_key(values, json_str(when, "field"));
    const struct json *bound;
    if (field == NULL || value == NULL || !form_field_is_asked(f, field, values)) {
        return false;
    }
    if (json_get(when, "is") != NULL || json_get(when, "has") != NULL) {
        return has_text(value, json_str(when, json_get(when, "is") != NULL ? "is" : "has"));
    }
    bound = json_get(when, "at_least");
    if (bound == NULL) {
        bound = json_get(when, "less_than");
    }
    if (!json_is(value, JSON_STRING) || !is_number_text(value->text)) {
        return false;
    }
    bool is_less = compare_numbers(value->text, bound->text) < 0;
    return json_get(when, "at_least") != NULL ? !is_less : is_less;
}

bool
form_field_is_asked(const struct form *f, const struct field *field, const struct json *values)
{
    return field->when == NULL || condition_holds(f, field->when, values);
}

bool
form_is_asked(const struct form *f, struct str field, const struct json *values)
{
    const struct field *found = form_find(f, field);

    return found != NULL && form_field_is_asked(f, found, values);
}

bool
form_condition_holds(const struct form *f, const struct json *when, const struct json *values)
{
    return when == NULL || condition_holds(f, when, values);
}

/* --- one value --------------------------------------------------------------------------------------------- */

struct check {
    const struct form *form;
    struct arena *arena;
    struct str lang;
    int32_t today;
    struct json *errors;
};

static struct str
either(const struct check *c, const char *zh, const char *en)
{
    return str_of(str_eq(c->lang, STR("en")) ? en : zh);
}

static void
complain(struct check *c, const struct field *field, struct str message)
{
    struct json *e = json_object(c->arena);

    json_set_text(c->arena, e, "field", field->id);
    json_set_text(c->arena, e, "title", form_word(field->document, "title", c->lang, c->arena));
    json_set_text(c->arena, e, "message", message);
    json_push(c->errors, e);
}

static void
complain_missing(struct check *c, const struct field *field)
{
    struct str title = form_word(field->document, "title", c->lang, c->arena);
    bool choosing = field->type == FIELD_CHOICE || field->type == FIELD_CHOICES;

    if (field->type == FIELD_CHECK) {
        complain(c, field,
                 str_fmt(c->arena, str_eq(c->lang, STR("en")) ? "Please confirm: %.*s"
                                                             : "请确认：%.*s",
                         STR_ARG(title)));
    } else if (field->type == FIELD_UPLOAD) {
        complain(c, field,
                 str_fmt(c->arena, str_eq(c->lang, STR("en")) ? "Please add: %.*s"
                                                             : "请上传%.*s",
                         STR_ARG(title)));
    } else if (choosing) {
        complain(c, field,
                 str_fmt(c->arena, str_eq(c->lang, STR("en")) ? "Please choose: %.*s"
                                                             : "请选一项：%.*s",
                         STR_ARG(title)));
    } else {
        complain(c, field,
                 str_fmt(c->arena, str_eq(c->lang, STR("en")) ? "Please fill in: %.*s"
                                                             : "请填%.*s",
                         STR_ARG(title)));
    }
}

static void
check_number(struct check *c, const struct field *field, struct str text)
{
    const struct json *least = json_get(field->document, "min");
    const struct json *most = json_get(field->document, "max");
    struct str title = form_word(field->document, "title", c->lang, c->arena);
    struct str example = json_str(field->document, "example");
    bool en = str_eq(c->lang, STR("en"));

    if (!is_number_text(text)) {
        complain(c, field,
                 example.len == 0
                     ? str_fmt(c->arena, en ? "%.*s: digits only" : "请填%.*s，只填数字",
                               STR_ARG(title))
                     : str_fmt(c->arena,
                               en ? "%.*s: digits only, for example %.*s"
                                  : "请填%.*s，只填数字，比如 %.*s",
                               STR_ARG(title), STR_ARG(example)));
        return;
    }
    if (least != NULL && compare_numbers(text, least->text) < 0) {
        complain(c, field,
                 str_fmt(c->arena, en ? "%.*s: at least %.*s" : "%.*s至少是 %.*s", STR_ARG(title),
                         STR_ARG(least->text)));
    } else if (most != NULL && compare_numbers(text, most->text) > 0) {
        complain(c, field,
                 str_fmt(c->arena, en ? "%.*s: at most %.*s" : "%.*s最多是 %.*s", STR_ARG(title),
                         STR_ARG(most->text)));
    }
}

static bool
choice_is_known(const struct field *field, struct str value)
{
    const struct json *choices = json_get(field->document, "choices");

    for (const struct json *ch = choices != NULL ? choices->first : NULL; ch != NULL;
         ch = ch->next) {
        if (str_eq(json_str(ch, "value"), value)) {
            return true;
        }
    }
    return false;
}

static void
check_date(struct check *c, const struct field *field, struct str text)
{
    struct err ignored;
    int32_t day;

    if (day_parse(text, &day, &ignored) != RC_OK) {
        complain(c, field, either(c, "请填真实的年月日，比如 2026 12 18",
                                  "Please give a real date, for example 2026 12 18"));
    } else if (day < c->today && json_true(field->document, "not_past")) {
        complain(c, field, either(c, "这一天已经过去了", "This day has passed"));
    }
}

static void
check_person_id(struct check *c, const struct field *field, struct str text)
{
    if (idcode_person(text, c->today, NULL) != IDCODE_VALID) {
        complain(c, field, either(c, "身份证号不对，请对照证件再看一遍",
                                  "The ID number is wrong; please compare it with the card"));
    }
}

static void
check_text(struct check *c, const struct field *field, struct str text)
{
    int64_t most = json_int_or(field->document, "max_length", TEXT_MAX);

    if (!utf8_is_plain(text)) {
        complain(c, field, either(c, "有看不见的字符，请重新填写",
                                  "It holds invisible characters; please type it again"));
    } else if (utf8_count(text) > (size_t)most) {
        complain(c, field,
                 str_fmt(c->arena,
                         str_eq(c->lang, STR("en")) ? "At most %lld characters"
                                                    : "最多 %lld 个字",
                         (long long)most));
    }
}

static void
check_list(struct check *c, const struct field *field, const struct json *value)
{
    for (const struct json *v = value->first; v != NULL; v = v->next) {
        if (!json_is(v, JSON_STRING) || !choice_is_known(field, v->text)) {
            complain(c, field, either(c, "请从列出的里面选", "Please choose from the list"));
            return;
        }
    }
}

/* A prefilled value must have come; when its source is silent the applicant may go on, and the officer sees that. */
static void
check_prefilled(struct check *c, const struct field *field, const struct json *value)
{
    if (json_get(value, "value") == NULL && !json_true(value, "waiting")) {
        complain_missing(c, field);
    }
}

static bool
is_empty(const struct json *value)
{
    return value == NULL || json_is(value, JSON_NULL) ||
           (json_is(value, JSON_STRING) && value->text.len == 0) ||
           (json_is(value, JSON_ARRAY) && value->count == 0);
}

static void
check_value(struct check *c, const struct field *field, const struct json *value)
{
    if (is_empty(value)) {
        if (field->required) {
            complain_missing(c, field);
        }
        return;
    }
    if (field->type == FIELD_PREFILL) {
        check_prefilled(c, field, value);
        return;
    }
    if (field->type == FIELD_CHOICES || field->type == FIELD_UPLOAD) {
        if (!json_is(value, JSON_ARRAY)) {
            complain_missing(c, field);
        } else if (field->type == FIELD_CHOICES) {
            check_list(c, field, value);
        }
        return;
    }
    struct str text = json_is(value, JSON_STRING) ? value->text : STR("");
    switch (field->type) {
    case FIELD_NUMBER: check_number(c, field, text); break;
    case FIELD_DATE: check_date(c, field, text); break;
    case FIELD_PERSON_ID: check_person_id(c, field, text); break;
    case FIELD_TEXT: check_text(c, field, text); break;
    case FIELD_PHONE:
        if (!idcode_is_mobile(text)) {
            complain(c, field, either(c, "手机号是 11 位数字，1 开头",
                                      "A mobile number has 11 digits and begins with 1"));
        }
        break;
    case FIELD_CHOICE:
        if (!choice_is_known(field, text)) {
            complain(c, field, either(c, "请从列出的里面选", "Please choose from the list"));
        }
        break;
    case FIELD_CHECK:
        if (!str_eq(text, STR("yes")) && field->required) {
            complain_missing(c, field);
        }
        break;
    case FIELD_CHOICES:
    case FIELD_UPLOAD:
    case FIELD_PREFILL:
    case FIELD_TYPES: break;
    }
}

/* --- taking input -------------------------------------------------------------------------------------------- */

static struct str
strip_zeros(struct str digits)
{
    while (digits.len > 1 && digits.ptr[0] == '0' && digits.ptr[1] != '.') {
        digits = str_from(digits, 1);
    }
    return digits;
}

/* "８６ 平方米" → "86": folded, a unit or a comma between thousands taken away; else as it was typed. */
static enum rc
number_text(struct arena *a, const struct field *field, struct str raw, struct str *out,
            struct err *err)
{
    static const char *const units[] = {"unit_zh", "unit_en"};
    struct str folded;
    struct buf b;
    enum rc rc = utf8_fold(a, raw, false, true, &folded, err);

    if (rc != RC_OK) {
        return rc;
    }
    for (size_t i = 0; i < 2; i++) {
        struct str unit = json_str(field->document, units[i]);
        if (unit.len > 0 && str_ends(folded, unit)) {
            folded = str_sub(folded, 0, folded.len - unit.len);
        }
    }
    buf_init(&b, a, 4096);
    for (size_t i = 0; i < folded.len; i++) {
        if (folded.ptr[i] != ',') {
            buf_put_char(&b, folded.ptr[i]);
        }
    }
    if ((rc = buf_finish(&b, &folded, err)) == RC_OK) {
        *out = is_number_text(folded) ? strip_zeros(folded) : raw;
    }
    return rc;
}

/* Three inputs (or one: 2026-12-18, 2026年12月18日, 2026 12 18) → yyyy-mm-dd; else joined as typed. */
static enum rc
date_text(struct arena *a, const struct field *field, const struct json *input, struct str *out,
          struct err *err)
{
    static const char *const parts[] = {"year", "month", "day"};
    struct buf b;
    struct str joined, folded, rest;
    int64_t number[3] = {0};
    int found = 0;
    enum rc rc;

    buf_init(&b, a, 256);
    buf_put(&b, str_trim(json_is(json_get_key(input, field->id), JSON_STRING)
                             ? json_get_key(input, field->id)->text
                             : STR("")));
    for (size_t i = 0; i < 3; i++) {
        const char *name = str_c(a, str_fmt(a, "%.*s.%s", STR_ARG(field->id), parts[i]));
        struct str part = name != NULL ? str_trim(json_str(input, name)) : STR("");
        if (part.len > 0) {
            buf_put_char(&b, ' ');
            buf_put(&b, part);
        }
    }
    if ((rc = buf_finish(&b, &joined, err)) != RC_OK ||
        (rc = utf8_fold(a, joined, false, false, &folded, err)) != RC_OK) {
        return rc;
    }
    rest = folded;
    while (rest.len > 0 && found < 3) {
        size_t n = 0;
        while (n < rest.len && rest.ptr[n] >= '0' && rest.ptr[n] <= '9') {
            n++;
        }
        if (n > 0 && !str_to_int(str_sub(rest, 0, n), &number[found++])) {
            break;
        }
        rest = str_from(rest, n > 0 ? n : 1);
    }
    struct date d = {(int)number[0], (int)number[1], (int)number[2]};
    bool is_date = found == 3 && number[0] < 10000 && number[1] < 13 && number[2] < 32 &&
                   date_is_valid(d);
    *out = is_date ? str_fmt(a, "%04d-%02d-%02d", d.year, d.month, d.day) : str_trim(joined);
    return RC_OK;
}

static enum rc
take_text(const struct form *f, struct arena *a, const struct field *field,
          const struct json *input, struct json *values, struct err *err)
{
    const struct json *given = json_get_key(input, field->id);
    struct str raw = json_is(given, JSON_STRING) ? str_trim(given->text) : STR("");
    struct str text = raw;
    enum rc rc = RC_OK;

    (void)f;
    if (field->type == FIELD_NUMBER && json_is(given, JSON_NUMBER)) {
        raw = text = given->text;
    }
    if (field->type == FIELD_NUMBER) {
        rc = number_text(a, field, raw, &text, err);
    } else if (field->type == FIELD_DATE) {
        rc = date_text(a, field, input, &text, err);
    } else if (field->type == FIELD_PHONE || field->type == FIELD_PERSON_ID) {
        rc = utf8_fold(a, raw, true, true, &text, err);
    } else if (field->type == FIELD_CHECK) {
        bool yes = json_true(input, str_c(a, field->id)) || str_eq(raw, STR("yes")) ||
                   str_eq(raw, STR("on"));
        text = yes ? STR("yes") : STR("");
    }
    if (rc == RC_OK) {
        json_set_key(a, values, field->id, json_text(a, text));
    }
    return rc;
}

static void
take_list(struct arena *a, const struct field *field, const struct json *input,
          struct json *values)
{
    const struct json *given = json_get_key(input, field->id);
    struct json *list = json_array(a);

    if (json_is(given, JSON_STRING) && given->text.len > 0) {
        json_push(list, json_text(a, given->text));
    }
    if (json_is(given, JSON_ARRAY)) {
        for (const struct json *v = given->first; v != NULL; v = v->next) {
            if (json_is(v, JSON_STRING)) {
                json_push(list, json_text(a, v->text));
            }
        }
    }
    json_set_key(a, values, field->id, list);
}

enum rc
form_take(const struct form *f, struct arena *a, size_t section, const struct json *input,
          int32_t today, struct str lang, struct json *values, struct json **errors,
          struct err *err)
{
    enum rc rc = RC_OK;

    CHECK(section < f->section_count);
    for (size_t i = 0; i < f->field_count && rc == RC_OK; i++) {
        const struct field *field = &f->fields[i];
        if (field->section != section || field->type == FIELD_PREFILL ||
            field->type == FIELD_UPLOAD || !form_field_is_asked(f, field, values)) {
            continue;
        }
        if (field->type == FIELD_CHOICES) {
            take_list(a, field, input, values);
        } else {
            rc = take_text(f, a, field, input, values, err);
        }
    }
    return rc != RC_OK ? rc : form_check(f, a, section, values, today, lang, errors, err);
}

enum rc
form_check(const struct form *f, struct arena *a, size_t section, const struct json *values,
           int32_t today, struct str lang, struct json **errors, struct err *err)
{
    struct check c = {
        .form = f, .arena = a, .lang = lang, .today = today, .errors = json_array(a)};
    enum rc rc;

    for (size_t i = 0; i < f->field_count; i++) {
        const struct field *field = &f->fields[i];
        if ((section == f->section_count || field->section == section) &&
            form_field_is_asked(f, field, values)) {
            check_value(&c, field, json_get_key(values, field->id));
        }
    }
    if ((rc = json_whole(c.errors, err)) == RC_OK) {
        *errors = c.errors;
    }
    return rc;
}
