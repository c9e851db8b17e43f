/*
 * What a page can show of a schema, what a browser's input says by it, and where on the page what is wrong with that stands.
 */
#include "service/schema_form.h"
#include "base/clock.h"
#include "base/decimal.h"
#include "base/utf8.h"
#include "service/schema_form_int.h"

enum { MOMENT_NUMBERS = 5 };

/* --- what a schema asks for ------------------------------------------------------------------------------------- */

struct str
schema_form_word(const struct json *schema, const char *member, struct str lang)
{
    bool is_title = str_eq(str_of(member), STR("title"));
    struct str own = json_str(schema, is_title ? "x-title-en" : "x-description-en");

    return str_eq(lang, STR("en")) && own.len > 0 ? own : json_str(schema, member);
}

const struct json *
schema_form_constant(const struct json *choice)
{
    return json_is(choice, JSON_OBJECT) ? json_get(choice, "const") : choice;
}

const struct json *
schema_form_choices(const struct json *schema)
{
    const struct json *list = json_get(schema, "enum");

    list = list != NULL ? list : json_get(schema, "oneOf");
    for (const struct json *c = json_is(list, JSON_ARRAY) ? list->first : NULL; c != NULL; c = c->next) {
        if (!json_is(schema_form_constant(c), JSON_STRING)) {
            return NULL;
        }
    }
    return json_is(list, JSON_ARRAY) ? list->first : NULL;
}

static enum value_kind
text_kind(const struct json *schema)
{
    struct str format = json_str(schema, "format");

    return str_eq(format, STR("date"))                              ? VALUE_DATE
           : str_eq(format, STR("date-time"))                       ? VALUE_MOMENT
           : json_int_or(schema, "maxLength", 0) > SCHEMA_FORM_LINE   ? VALUE_LINES
                                                                    : VALUE_TEXT;
}

static enum value_kind
list_kind(const struct json *schema)
{
    switch (schema_form_kind(json_get(schema, "items"))) {
    case VALUE_TEXT:
    case VALUE_LINES:
    case VALUE_NUMBER: return VALUE_LIST;
    case VALUE_CHOICE: return VALUE_CHOICES;
    case VALUE_GROUP: return VALUE_ROWS;
    case VALUE_NONE:
    case VALUE_BOOL:
    case VALUE_DATE:
    case VALUE_MOMENT:
    case VALUE_LIST:
    case VALUE_CHOICES:
    case VALUE_ROWS: break;
    }
    return VALUE_NONE;
}

enum value_kind
schema_form_kind(const struct json *schema)
{
    static const char *const types[] = {"string", "integer", "number", "boolean", "array", "object"};
    size_t which;

    if (schema_form_choices(schema) != NULL) {
        return VALUE_CHOICE;
    }
    if (!str_among(json_str(schema, "type"), types, sizeof(types) / sizeof(types[0]), &which)) {
        return VALUE_NONE;
    }
    return which == 0   ? text_kind(schema)
           : which < 3  ? VALUE_NUMBER
           : which == 3 ? VALUE_BOOL
           : which == 4 ? list_kind(schema)
                        : VALUE_GROUP;
}

/* --- what can be shown ------------------------------------------------------------------------------------------------ */

static bool
is_name(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (!((c >= 'a' && c <= 'z') || c == '_' || (i > 0 && c >= '0' && c <= '9'))) {
            return false;
        }
    }
    return s.len > 0;
}

/* An object further down than its list has no name that a browser could send. */
static enum rc
check_group(const struct json *schema, int level, struct err *err)
{
    const struct json *properties = json_get(schema, "properties");
    const struct json *closed = json_get(schema, "additionalProperties");
    enum rc rc = RC_OK;

    if (schema_form_kind(schema) != VALUE_GROUP || !json_is(properties, JSON_OBJECT) || !json_is(closed, JSON_BOOL) || closed->truth) {
        return err_set(err, RC_INVALID, "a page shows an object with properties and \"additionalProperties\": false");
    }
    for (const struct json *p = properties->first; p != NULL && rc == RC_OK; p = p->next) {
        enum value_kind kind = schema_form_kind(p);
        bool has_group = kind == VALUE_GROUP || kind == VALUE_ROWS;
        if (kind == VALUE_NONE || !is_name(p->key) || json_str(p, "title").len == 0 || (has_group && level > 0)) {
            return err_set(err, RC_INVALID, "a page cannot show %.*s, or it has no title", STR_ARG(str_sub(p->key, 0, 60)));
        }
        rc = has_group ? check_group(kind == VALUE_ROWS ? json_get(p, "items") : p, level + 1, err) : RC_OK;
    }
    return rc;
}

enum rc
schema_form_check(const struct json *schema, struct err *err)
{
    return check_group(schema, 0, err);
}

struct str
schema_form_title(const struct json *schema, struct str lang)
{
    return schema_form_word(schema, "title", lang);
}

struct str
schema_form_hint(const struct json *schema, struct str lang)
{
    return schema_form_word(schema, "description", lang);
}

/* --- reading ---------------------------------------------------------------------------------------------------------- */

struct reading {
    struct arena *arena;
    const struct json *input;
    struct str without;
    int offset_minutes;
    bool failed; /* past the arena's limit */
};

/* A value that did not fit is no value that was not sent. */
static struct json *
made(struct reading *r, struct json *value)
{
    r->failed = r->failed || value == NULL;
    return value;
}

static struct str
name_below(struct reading *r, struct str name, struct str member)
{
    struct str below = str_fmt(r->arena, "%.*s.%.*s", STR_ARG(name), STR_ARG(member));

    r->failed = r->failed || below.ptr == NULL;
    return below;
}

/* Without what nobody sees; "" if it was not sent or is no text. */
static struct str
sent_text(struct reading *r, struct str name)
{
    const struct json *v = json_get_key(r->input, name);
    struct str visible;
    struct err ignored;

    if (!json_is(v, JSON_STRING) || v->text.len == 0) {
        return STR("");
    }
    if (utf8_fold(r->arena, v->text, false, true, &visible, &ignored) != RC_OK) {
        r->failed = true;
        return STR("");
    }
    return visible.len > 0 ? str_trim(v->text) : STR("");
}

static struct str
folded(struct reading *r, struct str text, bool tight)
{
    struct str out = text;
    struct err ignored;

    if (text.len > 0 && utf8_fold(r->arena, text, false, tight, &out, &ignored) != RC_OK) {
        r->failed = true;
    }
    return out;
}

/* Numbers with nothing between them but what days and times are written with. */
static bool
read_numbers(struct str text, int64_t *number, size_t most, size_t *found)
{
    static const struct str marks = STR_INIT(" -/.,:T年月日号时点分");

    *found = 0;
    while (text.len > 0) {
        size_t n = 0;
        while (n < text.len && text.ptr[n] >= '0' && text.ptr[n] <= '9') {
            n++;
        }
        if (n > 0 && (*found == most || n > 4 || (*found == 0) != (n == 4) || !str_to_int(str_sub(text, 0, n), &number[(*found)++]))) {
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
    return true;
}

static struct json *
day_value(struct reading *r, struct str name)
{
    static const char *const boxes[] = {"year", "month", "day"};
    struct str text = sent_text(r, name);
    int64_t number[3];
    size_t found;

    for (size_t i = 0; i < 3; i++) {
        struct str box = sent_text(r, name_below(r, name, str_of(boxes[i])));
        text = box.len == 0 ? text : text.len == 0 ? box : str_fmt(r->arena, "%.*s %.*s", STR_ARG(text), STR_ARG(box));
    }
    if (text.len == 0) {
        return NULL;
    }
    if (read_numbers(folded(r, text, false), number, 3, &found) && found == 3 &&
        date_is_valid((struct date){(int)number[0], (int)number[1], (int)number[2]})) {
        text = str_fmt(r->arena, "%04d-%02d-%02d", (int)number[0], (int)number[1], (int)number[2]);
    }
    return made(r, json_text(r->arena, text));
}

/* 2026-11-28 14:30 is of the node's own offset; what is RFC 3339 already says its own. */
static struct json *
moment_value(struct reading *r, struct str name)
{
    struct str text = sent_text(r, name);
    int64_t number[MOMENT_NUMBERS], at_us;
    struct err ignored;
    size_t found;

    if (text.len == 0 || instant_parse(text, &at_us, &ignored) == RC_OK) {
        return text.len == 0 ? NULL : made(r, json_text(r->arena, text));
    }
    if (read_numbers(folded(r, text, false), number, MOMENT_NUMBERS, &found) && found == MOMENT_NUMBERS && number[3] < 24 && number[4] < 60 &&
        date_is_valid((struct date){(int)number[0], (int)number[1], (int)number[2]})) {
        int32_t day = date_to_day((struct date){(int)number[0], (int)number[1], (int)number[2]});
        at_us = day_start_us(day, r->offset_minutes) + (number[3] * 60 + number[4]) * 60 * INT64_C(1000000);
        text = instant_text(r->arena, at_us, r->offset_minutes);
    }
    return made(r, json_text(r->arena, text));
}

static struct json *
number_value(struct reading *r, struct str text)
{
    struct decimal number;
    struct str digits = folded(r, text, false);

    if (text.len == 0) {
        return NULL;
    }
    digits = str_trim(digits);
    if (!decimal_parse(digits, &number)) {
        return made(r, json_text(r->arena, text));
    }
    digits = decimal_text(r->arena, number);
    return made(r, digits.ptr != NULL ? json_number(r->arena, digits) : NULL);
}

static struct json *
bool_value(struct reading *r, struct str name)
{
    struct str text = sent_text(r, name);
    bool is_yes = str_eq(text, STR("yes")), is_no = str_eq(text, STR("no"));

    return text.len == 0 ? NULL : is_yes || is_no ? made(r, json_bool(r->arena, is_yes)) : made(r, json_text(r->arena, text));
}

static struct json *
lines_value(struct reading *r, const struct json *schema, struct str name)
{
    bool of_numbers = schema_form_kind(json_get(schema, "items")) == VALUE_NUMBER;
    struct str rest = sent_text(r, name), line;
    struct json *list = made(r, json_array(r->arena));

    while (str_next(&rest, '\n', &line)) {
        line = str_trim(line);
        if (line.len > 0) {
            json_push(list, of_numbers ? number_value(r, line) : made(r, json_text(r->arena, line)));
        }
    }
    return list != NULL && list->count == 0 ? NULL : list;
}

/* One box that was ticked, or several. */
static struct json *
choices_value(struct reading *r, struct str name)
{
    const struct json *v = json_get_key(r->input, name);
    struct json *list = made(r, json_array(r->arena));
    bool is_list = json_is(v, JSON_ARRAY);

    for (const struct json *c = is_list ? v->first : v; c != NULL; c = is_list ? c->next : NULL) {
        if (json_is(c, JSON_STRING) && c->text.len > 0) {
            json_push(list, made(r, json_text(r->arena, c->text)));
        }
    }
    return list != NULL && list->count == 0 ? NULL : list;
}

/* What has a pattern is a code, which people write in groups and with any keyboard. */
static struct str
code_text(struct reading *r, struct str text)
{
    struct str wide = folded(r, text, false), part, out = text;
    struct err ignored;
    struct buf b;

    buf_init(&b, r->arena, wide.len + 1);
    while (str_next(&wide, ' ', &part)) {
        buf_put(&b, part);
    }
    r->failed = r->failed || buf_finish(&b, &out, &ignored) != RC_OK;
    return out;
}

static struct json *group_value(struct reading *r, const struct json *schema, struct str name);

/* Whether anything that was sent is of the object of that number, or of a later one. */
static int
rows_sent(const struct reading *r, struct str name)
{
    int rows = 0;

    for (const struct json *v = r->input->first; v != NULL; v = v->next) {
        struct str rest = str_starts(v->key, name) ? str_from(v->key, name.len) : STR("");
        struct str digits = rest.len > 1 ? str_sub(rest, 1, str_find_byte(str_from(rest, 1), '.')) : STR("");
        int64_t number = 0;
        if (rest.len > 0 && rest.ptr[0] == '.' && str_to_int(digits, &number) && number >= rows && number < SCHEMA_FORM_ROWS_MAX) {
            rows = (int)number + 1;
        }
    }
    return rows;
}

static struct json *
rows_value(struct reading *r, const struct json *schema, struct str name)
{
    struct json *list = made(r, json_array(r->arena));
    int rows = rows_sent(r, name);

    for (int i = 0; i < rows; i++) {
        struct str row = str_fmt(r->arena, "%.*s.%d", STR_ARG(name), i);
        struct json *value = row.ptr == NULL || str_eq(row, r->without) ? NULL : group_value(r, json_get(schema, "items"), row);
        r->failed = r->failed || row.ptr == NULL;
        if (value != NULL) {
            json_push(list, value);
        }
    }
    return list != NULL && list->count == 0 ? NULL : list;
}

static struct json *
value_of(struct reading *r, const struct json *schema, struct str name)
{
    const struct json *sent = json_get_key(r->input, name);
    struct str text;

    switch (schema_form_kind(schema)) {
    case VALUE_NUMBER: return number_value(r, sent_text(r, name));
    case VALUE_BOOL: return bool_value(r, name);
    case VALUE_DATE: return day_value(r, name);
    case VALUE_MOMENT: return moment_value(r, name);
    case VALUE_LIST: return lines_value(r, schema, name);
    case VALUE_CHOICES: return choices_value(r, name);
    case VALUE_GROUP: return group_value(r, schema, name);
    case VALUE_ROWS: return rows_value(r, schema, name);
    case VALUE_NONE:
    case VALUE_TEXT:
    case VALUE_LINES:
    case VALUE_CHOICE: break;
    }
    if (json_is(sent, JSON_ARRAY)) {
        return made(r, json_copy(r->arena, sent)); /* the same name twice: the check says that it is no text */
    }
    text = sent_text(r, name);
    text = json_get(schema, "pattern") != NULL ? code_text(r, text) : text;
    return text.len == 0 ? NULL : made(r, json_text(r->arena, text));
}

/* NULL: nothing of it was said. */
static struct json *
group_value(struct reading *r, const struct json *schema, struct str name)
{
    struct json *group = made(r, json_object(r->arena));

    for (const struct json *p = json_get(schema, "properties")->first; p != NULL; p = p->next) {
        struct json *value = value_of(r, p, name_below(r, name, p->key));
        if (value != NULL) {
            json_set_key(r->arena, group, p->key, value);
        }
    }
    return group != NULL && group->count == 0 ? NULL : group;
}

/* Whether a name that was sent, without its "data.", is of a value of the schema. */
static bool
is_known(const struct json *schema, struct str name)
{
    struct str first = str_sub(name, 0, str_find_byte(name, '.')), rest = str_from(name, first.len + 1);
    const struct json *p = json_get_key(json_get(schema, "properties"), first);
    enum value_kind kind = p != NULL ? schema_form_kind(p) : VALUE_NONE;
    int64_t number;

    if (kind == VALUE_NONE || rest.len == 0) {
        return kind != VALUE_NONE && kind != VALUE_GROUP && kind != VALUE_ROWS;
    }
    if (kind == VALUE_ROWS) {
        struct str digits = str_sub(rest, 0, str_find_byte(rest, '.'));
        return str_to_int(digits, &number) && number >= 0 && number < SCHEMA_FORM_ROWS_MAX &&
               is_known(json_get(p, "items"), str_from(rest, digits.len + 1));
    }
    bool is_box = str_eq(rest, STR("year")) || str_eq(rest, STR("month")) || str_eq(rest, STR("day"));
    return kind == VALUE_GROUP ? is_known(p, rest) : kind == VALUE_DATE && is_box;
}

enum rc
schema_form_read(const struct json *schema, struct arena *a, const struct json *input, int offset_minutes, struct str without, struct json **data,
               struct err *err)
{
    struct reading r = {.arena = a, .input = input, .without = without, .offset_minutes = offset_minutes};
    struct json *all = group_value(&r, schema, STR("data"));

    all = all != NULL ? all : json_object(a);
    for (const struct json *v = input->first; v != NULL; v = v->next) {
        struct str name = str_starts(v->key, STR("data.")) ? str_from(v->key, 5) : STR("");
        if (name.len > 0 && !is_known(schema, name)) {
            json_set_key(a, all, name, json_copy(a, v));
        }
    }
    if (r.failed) {
        return err_set(err, RC_LIMIT, "no room for what was filled in");
    }
    *data = all;
    return json_whole(all, err);
}

/* --- where it stands on the page --------------------------------------------------------------------------------------- */

struct place {
    const struct json *schema; /* of the value there */
    struct str field;
};

/* One step down to what has a field of its own on the page; false: there is none. */
static bool
go_down(struct arena *a, struct place *at, struct str part)
{
    bool is_list = schema_form_kind(at->schema) == VALUE_ROWS;
    const struct json *below = is_list ? json_get(at->schema, "items") : json_get_key(json_get(at->schema, "properties"), part);

    if (below == NULL) {
        return false;
    }
    at->schema = below;
    at->field = str_fmt(a, "%.*s.%.*s", STR_ARG(at->field), STR_ARG(part));
    return true;
}

/* "/officers/0/name" → data.officers.0.name; what the page has no field for stands where it would be. */
static struct place
place_of(const struct json *schema, struct arena *a, struct str pointer)
{
    struct place at = {schema, STR("data")};
    struct str path = str_from(pointer, 1), part = STR("");

    while (str_next(&path, '/', &part) && go_down(a, &at, part)) {
        /* as far as there are fields */
    }
    return at;
}

static bool
is_said(const struct json *errors, struct str field)
{
    for (const struct json *e = errors->first; e != NULL; e = e->next) {
        if (str_eq(json_str(e, "field"), field)) {
            return true;
        }
    }
    return false;
}

/* What is asked only because of another answer has no title there, where it is asked: the sentence calls it by its name. */
static struct str
with_title(struct arena *a, struct str sentence, struct str pointer, struct str title, bool en)
{
    struct str name = STR(""), path = str_from(pointer, 1);
    const char *open = en ? "\"" : "“", *close = en ? "\"" : "”";

    while (str_next(&path, '/', &name)) {
        /* to the last one */
    }
    struct str before = str_fmt(a, "%s%.*s%s", open, STR_ARG(name), close);
    if (title.len == 0 || before.ptr == NULL || !str_starts(sentence, before)) {
        return sentence;
    }
    return str_fmt(a, "%s%.*s%s%.*s", open, STR_ARG(title), close, STR_ARG(str_from(sentence, before.len)));
}

enum rc
schema_form_errors(const struct json *schema, struct arena *a, const struct json *faults, struct str lang, struct json **errors, struct err *err)
{
    bool en = str_eq(lang, STR("en"));
    struct json *list = json_array(a);

    for (const struct json *f = list != NULL ? faults->first : NULL; f != NULL; f = f->next) {
        struct place at = place_of(schema, a, json_str(f, "field"));
        struct str title = schema_form_title(at.schema, lang), path = json_str(f, "field");
        struct str message = with_title(a, json_str(f, en ? "en" : "zh"), path, title, en);
        struct json *one = json_object(a);
        if (is_said(list, at.field)) {
            continue; /* one sentence for each field is enough to go on */
        }
        json_set_text(a, one, "field", at.field);
        json_set_text(a, one, "path", path);
        json_set_text(a, one, "title", title);
        json_set_text(a, one, "message", message);
        json_push(list, at.field.ptr != NULL && message.ptr != NULL ? one : NULL);
    }
    *errors = list;
    return json_whole(list, err);
}
