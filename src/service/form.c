/*
 * Input is normalised into exact values: numbers and phones lose blanks and full-width digits, dates become yyyy-mm-dd.  What cannot be
 * read is kept as it was typed, beside its error.  A condition looks at values that were asked before it, so one pass in the order of
 * the form decides everything (form_load sees to both).
 */
#include "service/form.h"

#include "base/clock.h"
#include "base/idcode.h"
#include "base/utf8.h"
#include "service/form_int.h"

enum { THOUSANDS = 3, SHA256_HEX = 64 };

/* --- conditions ----------------------------------------------------------------------------------------- */

static bool
has_text(const struct json *value, struct str text)
{
    if (json_is(value, JSON_STRING)) {
        return str_eq(value->text, text);
    }
    if (json_is(value, JSON_OBJECT)) { /* fetched */
        return str_eq(json_str(value, "value"), text);
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
    if (!json_is(value, JSON_STRING) || !form_number_is_plain(value->text)) {
        return false;
    }
    bool is_less = form_number_compare(value->text, bound->text) < 0;
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

void
form_point(struct arena *a, struct json *error, struct str field)
{
    struct str path = str_fmt(a, "/%.*s", STR_ARG(field));

    json_set(a, error, "path", path.ptr != NULL ? json_text(a, path) : NULL);
}

static void
complain(struct check *c, const struct field *field, struct str message)
{
    struct json *e = json_object(c->arena);

    json_set_text(c->arena, e, "field", field->id);
    form_point(c->arena, e, field->id);
    json_set_text(c->arena, e, "title", form_word(field->document, "title", c->lang));
    json_set_text(c->arena, e, "message", message);
    json_push(c->errors, message.ptr != NULL ? e : NULL); /* NULL: the message did not fit */
}

static void
complain_missing(struct check *c, const struct field *field)
{
    struct str title = form_word(field->document, "title", c->lang);
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
    struct str title = form_word(field->document, "title", c->lang);
    struct str example = json_str(field->document, "example");
    bool en = str_eq(c->lang, STR("en"));

    if (!form_number_is_plain(text)) {
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
    if (least != NULL && form_number_compare(text, least->text) < 0) {
        complain(c, field,
                 str_fmt(c->arena, en ? "%.*s: at least %.*s" : "%.*s至少是 %.*s", STR_ARG(title),
                         STR_ARG(least->text)));
    } else if (most != NULL && form_number_compare(text, most->text) > 0) {
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
    int64_t most = json_int_or(field->document, "max_length", FORM_TEXT_MAX);

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
        bool is_known = json_is(v, JSON_STRING) && choice_is_known(field, v->text);
        for (const struct json *earlier = value->first; is_known && earlier != v; earlier = earlier->next) {
            is_known = !str_eq(earlier->text, v->text); /* each once, as they are taken */
        }
        if (!is_known) {
            complain(c, field, either(c, "请从列出的里面选", "Please choose from the list"));
            return;
        }
    }
}

/* Waiting brings a value when its source is back or opens; these it never brings. */
static bool
is_worth_waiting(const struct json *value)
{
    struct str problem = json_str(value, "problem");

    return json_true(value, "waiting") && !str_eq(problem, STR("value-missing")) &&
           !str_eq(problem, STR("earlier-missing"));
}

/*
 * A prefilled value must have come; when its source is silent the applicant may go on, and the officer sees that.  What was typed
 * meanwhile is a text like any other.
 */
static void
check_prefilled(struct check *c, const struct field *field, const struct json *value)
{
    struct str text = json_str(value, "value");

    if (text.len == 0 && field->required && !is_worth_waiting(value)) {
        complain_missing(c, field);
    } else if (text.len > 0 && !json_is(json_get(value, "source"), JSON_OBJECT)) {
        check_text(c, field, text);
    }
}

static bool
is_sha256(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (!((s.ptr[i] >= '0' && s.ptr[i] <= '9') || (s.ptr[i] >= 'a' && s.ptr[i] <= 'f'))) {
            return false;
        }
    }
    return s.len == SHA256_HEX;
}

/* {"name","sha256","type","bytes"} as an upload makes it, within what the field takes. */
static bool
is_file_of(const struct field *field, const struct json *file)
{
    const struct json *upload = json_get(field->document, "upload");
    struct str name = json_str(file, "name");
    int64_t bytes = json_int_or(file, "bytes", -1);

    return is_sha256(json_str(file, "sha256")) && json_is(json_get(file, "name"), JSON_STRING) &&
           utf8_is_plain(name) && utf8_count(name) <= FORM_FILE_NAME_MAX && bytes >= 0 && bytes <= json_int_or(upload, "most_bytes", 0) &&
           has_text(json_get(upload, "types"), json_str(file, "type"));
}

static void
check_files(struct check *c, const struct field *field, const struct json *value)
{
    int64_t most = json_int_or(json_get(field->document, "upload"), "most_files", 1);

    for (const struct json *f = value->first; f != NULL; f = f->next) {
        if (!is_file_of(field, f)) {
            complain(c, field, either(c, "有一个文件没有存好，请重新上传",
                                      "A file was not kept; please add it again"));
            return;
        }
    }
    if (value->count > most) {
        complain(c, field, str_fmt(c->arena, str_eq(c->lang, STR("en")) ? "At most %lld files"
                                                                       : "最多 %lld 份",
                                   (long long)most));
    }
}

static enum json_kind
kind_of(enum field_type type)
{
    return type == FIELD_PREFILL                             ? JSON_OBJECT
           : type == FIELD_CHOICES || type == FIELD_UPLOAD ? JSON_ARRAY
                                                             : JSON_STRING;
}

static void
check_value(struct check *c, const struct field *field, const struct json *value)
{
    enum json_kind kind = kind_of(field->type);
    bool is_empty = value == NULL || (kind == JSON_STRING && value->text.len == 0) ||
                    (kind == JSON_ARRAY && value->count == 0);

    if (value != NULL && value->kind != kind) {
        complain_missing(c, field); /* of a kind that no input makes */
        return;
    }
    if (is_empty) {
        if (field->required) {
            complain_missing(c, field);
        }
        return;
    }
    struct str text = value->text;
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
        if (!str_eq(text, STR("yes"))) {
            complain_missing(c, field);
        }
        break;
    case FIELD_CHOICES: check_list(c, field, value); break;
    case FIELD_UPLOAD: check_files(c, field, value); break;
    case FIELD_PREFILL: check_prefilled(c, field, value); break;
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

/*
 * Without commas or blanks, if each stands between thousands: 12,345.6, but not 1,5 which some read as one and a half, and not
 * 86 90, which is no number.
 */
static bool
join_thousands(struct str text, char *out, size_t *len)
{
    size_t point = str_find_byte(text, '.'), digits = 0;
    bool has_mark = false;

    *len = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] != ',' && text.ptr[i] != ' ') {
            digits += i < point;
            out[(*len)++] = text.ptr[i];
            continue;
        }
        if (i >= point || digits == 0 || digits > THOUSANDS || (has_mark && digits != THOUSANDS)) {
            return false;
        }
        has_mark = true;
        digits = 0;
    }
    return !has_mark || digits == THOUSANDS;
}

/* "８６ 平方米" → "86": folded, a unit, and commas between thousands, taken away; else as it was typed. */
static enum rc
number_text(struct arena *a, const struct field *field, struct str raw, struct str *out,
            struct err *err)
{
    static const char *const units[] = {"unit_zh", "unit_en"};
    struct str folded, unit;
    enum rc rc = utf8_fold(a, raw, false, false, &folded, err); /* tight would drop a sign */

    for (size_t i = 0; i < 2 && rc == RC_OK; i++) {
        rc = utf8_fold(a, json_str(field->document, units[i]), false, false, &unit, err);
        if (rc == RC_OK && unit.len > 0 && str_ends(folded, unit)) {
            folded = str_sub(folded, 0, folded.len - unit.len);
            break;
        }
    }
    if (rc != RC_OK) {
        return rc;
    }
    folded = str_trim(folded);
    size_t len;
    char *joined = arena_alloc(a, folded.len + 1, 1);
    if (joined == NULL) {
        return err_set(err, RC_LIMIT, "no room for a number");
    }
    bool is_joined = join_thousands(folded, joined, &len);
    struct str digits = strip_zeros((struct str){joined, len});
    *out = is_joined && form_number_is_plain(digits) ? digits : raw;
    return RC_OK;
}

/* Three numbers, the year first and with four digits, and between them nothing but what dates are written with. */
static bool
read_date(struct str text, struct date *out)
{
    static const struct str marks = STR_INIT(" -/.,年月日号");
    int64_t number[3] = {0};
    int found = 0;

    while (text.len > 0) {
        size_t n = 0;
        while (n < text.len && text.ptr[n] >= '0' && text.ptr[n] <= '9') {
            n++;
        }
        if (n > 0 && (found == 3 || n > 4 || (found == 0) != (n == 4) ||
                      !str_to_int(str_sub(text, 0, n), &number[found++]))) {
            return false;
        }
        if (n == 0) {
            struct str rest = text;
            (void)utf8_next(&rest);
            n = text.len - rest.len;
            if (!str_has(marks, str_sub(text, 0, n))) {
                return false;
            }
        }
        text = str_from(text, n);
    }
    struct date d = {(int)number[0], (int)number[1], (int)number[2]};
    *out = d;
    return found == 3 && date_is_valid(d);
}

/* One input (2026-12-18, 2026年12月18日, 2026 12 18) or three boxes → yyyy-mm-dd; else joined as typed. */
static enum rc
date_text(struct arena *a, const struct field *field, const struct json *input, struct str *out,
          struct err *err)
{
    static const char *const boxes[] = {"year", "month", "day"};
    struct str typed[4], joined, folded;
    size_t total = 4;
    struct buf b;
    struct date d;
    enum rc rc;

    typed[0] = json_is(json_get_key(input, field->id), JSON_STRING)
                   ? str_trim(json_get_key(input, field->id)->text)
                   : STR("");
    total += typed[0].len;
    for (size_t i = 0; i < 3; i++) {
        struct str name = str_fmt(a, "%.*s.%s", STR_ARG(field->id), boxes[i]);
        const struct json *box = json_get_key(input, name);
        if (name.ptr == NULL) {
            return err_set(err, RC_LIMIT, "no room for a date");
        }
        typed[i + 1] = json_is(box, JSON_STRING) ? str_trim(box->text) : STR("");
        total += typed[i + 1].len;
    }
    buf_init(&b, a, total);
    for (size_t i = 0; i < 4; i++) {
        if (b.len > 0 && typed[i].len > 0) {
            buf_put_char(&b, ' ');
        }
        buf_put(&b, typed[i]);
    }
    if ((rc = buf_finish(&b, &joined, err)) != RC_OK ||
        (rc = utf8_fold(a, joined, false, false, &folded, err)) != RC_OK) {
        return rc;
    }
    if (!read_date(folded, &d)) {
        *out = joined;
        return RC_OK;
    }
    *out = str_fmt(a, "%04d-%02d-%02d", d.year, d.month, d.day);
    return out->ptr != NULL ? RC_OK : err_set(err, RC_LIMIT, "no room for a date");
}

/* Lines end in LF, whatever the browser sends; a text of blanks, wide or invisible ones too, is none. */
static enum rc
plain_text(struct arena *a, struct str raw, struct str *out, struct err *err)
{
    struct str visible;
    struct buf b;
    enum rc rc = utf8_fold(a, raw, false, true, &visible, err);

    if (rc != RC_OK) {
        return rc;
    }
    if (str_trim(visible).len == 0) {
        *out = STR("");
        return RC_OK;
    }
    buf_init(&b, a, raw.len);
    for (size_t i = 0; i < raw.len; i++) {
        bool is_pair = raw.ptr[i] == '\r' && i + 1 < raw.len && raw.ptr[i + 1] == '\n';
        if (!is_pair) {
            buf_put_char(&b, raw.ptr[i]);
        }
    }
    return buf_finish(&b, out, err);
}

static enum rc
take_text(struct arena *a, const struct field *field, const struct json *input,
          struct json *values, struct err *err)
{
    const struct json *given = json_get_key(input, field->id);
    bool is_number = field->type == FIELD_NUMBER && json_is(given, JSON_NUMBER);
    struct str raw =
        json_is(given, JSON_STRING) || is_number ? str_trim(given->text) : STR("");
    struct str text = raw;
    enum rc rc = RC_OK;

    if (field->type == FIELD_NUMBER) {
        rc = number_text(a, field, raw, &text, err);
    } else if (field->type == FIELD_DATE) {
        rc = date_text(a, field, input, &text, err);
    } else if (field->type == FIELD_PHONE || field->type == FIELD_PERSON_ID) {
        rc = utf8_fold(a, raw, true, true, &text, err);
    } else if (field->type == FIELD_TEXT || field->type == FIELD_PREFILL) {
        rc = plain_text(a, raw, &text, err);
    } else if (field->type == FIELD_CHECK) {
        bool yes = (json_is(given, JSON_BOOL) && given->truth) || str_eq(raw, STR("yes")) ||
                   str_eq(raw, STR("on"));
        text = yes ? STR("yes") : STR("");
    }
    if (rc == RC_OK) {
        json_set_key(a, values, field->id, json_text(a, text));
    }
    return rc;
}

/* Each choice once; no more of them than there are, and one, so that a wrong one is still told. */
static void
take_list(struct arena *a, const struct field *field, const struct json *input,
          struct json *values)
{
    const struct json *given = json_get_key(input, field->id);
    const struct json *first = json_is(given, JSON_ARRAY) ? given->first : given;
    struct json *list = json_array(a);
    uint32_t most = json_get(field->document, "choices")->count + 1;

    for (const struct json *v = first; v != NULL && list != NULL && list->count < most;
         v = json_is(given, JSON_ARRAY) ? v->next : NULL) {
        if (json_is(v, JSON_STRING) && v->text.len > 0 && !has_text(list, v->text)) {
            json_push(list, json_text(a, v->text));
        }
    }
    json_set_key(a, values, field->id, list);
}

static enum rc
take_field(struct arena *a, const struct field *field, const struct json *input,
           struct json *values, struct err *err)
{
    if (field->type == FIELD_CHOICES) {
        take_list(a, field, input, values);
        return RC_OK;
    }
    return take_text(a, field, input, values, err);
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
        rc = take_field(a, field, input, values, err);
    }
    if (rc != RC_OK || (rc = json_whole(values, err)) != RC_OK) {
        return rc;
    }
    return form_check(f, a, section, values, today, lang, errors, err);
}

enum rc
form_check(const struct form *f, struct arena *a, size_t section, const struct json *values,
           int32_t today, struct str lang, struct json **errors, struct err *err)
{
    struct check c = {.arena = a, .lang = lang, .today = today, .errors = json_array(a)};
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

enum rc
form_take_fields(const struct form *f, struct arena *a, const struct json *names,
                 const struct json *input, int32_t today, struct str lang,
                 struct json **values, struct json **errors, struct err *err)
{
    struct check c = {.arena = a, .lang = lang, .today = today, .errors = json_array(a)};
    struct json *taken = json_object(a);
    enum rc rc = RC_OK;

    for (const struct json *n = json_is(names, JSON_ARRAY) ? names->first : NULL;
         n != NULL && rc == RC_OK; n = n->next) {
        const struct field *known = form_find(f, json_str(n, "field"));
        if (known == NULL) {
            return err_set(err, RC_INVALID, "the form has no field %.*s",
                           STR_ARG(json_str(n, "field")));
        }
        struct field field = *known;
        field.required = true;
        field.type = field.type == FIELD_PREFILL ? FIELD_TEXT : field.type;
        const struct json *files = json_get_key(input, field.id);
        if (field.type == FIELD_UPLOAD && files != NULL) {
            json_set_key(a, taken, field.id, json_copy(a, files));
        } else if (field.type != FIELD_UPLOAD) {
            rc = take_field(a, &field, input, taken, err);
        }
        check_value(&c, &field, json_get_key(taken, field.id));
    }
    if (rc != RC_OK || (rc = json_whole(taken, err)) != RC_OK ||
        (rc = json_whole(c.errors, err)) != RC_OK) {
        return rc;
    }
    *values = taken;
    *errors = c.errors;
    return RC_OK;
}

struct json *
form_asked_values(const struct form *f, struct arena *a, const struct json *values)
{
    struct json *asked = json_object(a);

    for (size_t i = 0; i < f->field_count; i++) {
        const struct json *value = json_get_key(values, f->fields[i].id);
        if (value != NULL && form_field_is_asked(f, &f->fields[i], values)) {
            json_set_key(a, asked, f->fields[i].id, json_copy(a, value));
        }
    }
    return asked;
}
