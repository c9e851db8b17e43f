/*
 * A form and its schema say the same: whatever values are tried, valid or spoiled in one place or several, form_check finds them right
 * exactly when the schema does.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/asset.h"
#include "base/mem.h"
#include "rule/regex.h"
#include "rule/schema.h"
#include "service/form_int.h"
#include "service/form_schema.h"

/* TODAY: 2026-11-23 */
enum { ROOM = 16 << 20, WORK = 4 << 20, TODAY = 20780, TRIALS = 4000 };

/* Every type, asked always and under every kind of condition, needed and not. */
static const char every_kind[] =
    "{\"sections\":[{\"id\":\"one\",\"title_zh\":\"一\",\"title_en\":\"One\",\"fields\":["
    "{\"id\":\"owner\",\"type\":\"person_id\",\"title_zh\":\"身份证号\",\"title_en\":\"ID number\",\"required\":true},"
    "{\"id\":\"start\",\"type\":\"date\",\"title_zh\":\"开工\",\"not_past\":true},"
    "{\"id\":\"born\",\"type\":\"date\",\"title_zh\":\"生日\",\"required\":true},"
    "{\"id\":\"word\",\"type\":\"text\",\"title_zh\":\"一句话\",\"max_length\":5},"
    "{\"id\":\"length\",\"type\":\"number\",\"title_zh\":\"长\",\"min\":0.25,\"max\":104.50,\"example\":\"3\"},"
    "{\"id\":\"fetched\",\"type\":\"prefill\",\"title_zh\":\"登记的\",\"required\":true,"
    "\"prefill\":{\"resource\":\"a/b\",\"key_from\":\"subject.identifier\",\"member\":\"m\"}},"
    "{\"id\":\"perhaps\",\"type\":\"prefill\",\"title_zh\":\"也许\","
    "\"prefill\":{\"resource\":\"a/c\",\"key_from\":\"field.fetched\",\"member\":\"m\"}},"
    "{\"id\":\"agree\",\"type\":\"check\",\"title_zh\":\"同意\"}]},"
    "{\"id\":\"two\",\"title_zh\":\"二\",\"fields\":["
    "{\"id\":\"call\",\"type\":\"phone\",\"title_zh\":\"电话\",\"when\":{\"field\":\"agree\",\"is\":\"yes\"}},"
    "{\"id\":\"going\",\"type\":\"text\",\"title_zh\":\"走\",\"required\":true,\"when\":{\"field\":\"word\",\"is\":\"go\"}},"
    "{\"id\":\"small\",\"type\":\"text\",\"title_zh\":\"短\",\"required\":true,\"when\":{\"field\":\"length\",\"less_than\":2.5}},"
    "{\"id\":\"large\",\"type\":\"choices\",\"title_zh\":\"长\",\"required\":true,\"when\":{\"not\":{\"field\":\"length\","
    "\"less_than\":2.5}},\"choices\":[{\"value\":\"a\",\"title_zh\":\"甲\"},{\"value\":\"b\",\"title_zh\":\"乙\"}]},"
    "{\"id\":\"both\",\"type\":\"choice\",\"title_zh\":\"都\",\"when\":{\"all\":[{\"field\":\"length\",\"at_least\":10},"
    "{\"field\":\"agree\",\"is\":\"yes\"}]},\"choices\":[{\"value\":\"a\",\"title_zh\":\"甲\",\"note_zh\":\"注\"},"
    "{\"value\":\"b\",\"title_zh\":\"乙\"}]},"
    "{\"id\":\"either\",\"type\":\"check\",\"title_zh\":\"或\",\"required\":true,\"when\":{\"any\":[{\"field\":\"large\",\"has\":\"b\"},"
    "{\"field\":\"both\",\"is\":\"a\"}]}},"
    "{\"id\":\"known\",\"type\":\"person_id\",\"title_zh\":\"知\",\"required\":true,\"when\":{\"field\":\"fetched\",\"is\":\"老张\"}},"
    "{\"id\":\"chained\",\"type\":\"number\",\"title_zh\":\"链\",\"required\":true,\"max\":0,\"when\":{\"field\":\"both\",\"is\":\"b\"}},"
    "{\"id\":\"further\",\"type\":\"text\",\"title_zh\":\"远\",\"required\":true,\"when\":{\"not\":{\"field\":\"known\","
    "\"is\":\"110101199003070134\"}}},"
    "{\"id\":\"papers\",\"type\":\"upload\",\"title_zh\":\"材料\",\"upload\":{\"types\":[\"image/png\"],\"most_bytes\":99,"
    "\"most_files\":2},\"when\":{\"field\":\"either\",\"is\":\"yes\"}}]}]}";

static const char *const forms[] = {NULL, "demo/items/restaurant.json", "demo/items/000131002002.json"};
enum { FORMS = sizeof(forms) / sizeof(forms[0]) };

struct desk {
    struct arena *arena, *work;
    struct form *form;
    const struct schema *schema;
    struct json *document;
    uint64_t chance;
};

static struct json *
parsed(struct arena *a, struct str text)
{
    struct json *j = NULL;
    struct err err = {.text = ""};

    if (json_parse(a, text, JSON_UNIQUE, &j, &err) != RC_OK) {
        fail_msg("%s in %.*s", err.text, STR_ARG(text));
    }
    return j;
}

static void
take_form(struct desk *d, size_t which, enum form_schema_of of)
{
    struct schema_options options = {.assert_formats = true};
    struct json *item = NULL;
    struct err err = {.text = ""};

    if (forms[which] != NULL) {
        item = parsed(d->arena, asset_text(asset_find(str_of(forms[which]))));
    }
    const struct json *form = item != NULL ? json_get(item, "form") : parsed(d->arena, str_of(every_kind));
    assert_int_equal(form_load(d->arena, form, &d->form, &err), RC_OK);
    assert_int_equal(form_schema(d->form, d->arena, of, STR("/items/x/schema.json"), item, &d->document, &err), RC_OK);
    if (schema_compile(d->arena, STR(""), d->document, &options, &d->schema, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
}

static int
open_desk(void **state)
{
    struct desk *d = mem_new(1, sizeof(*d));

    d->arena = arena_new(ROOM);
    d->work = arena_new(WORK);
    d->chance = 20261123;
    *state = d;
    return 0;
}

static int
close_desk(void **state)
{
    struct desk *d = *state;

    arena_free(d->work);
    arena_free(d->arena);
    mem_free(d);
    return 0;
}

/* --- values by chance -------------------------------------------------------------------------------- */

static size_t
below(struct desk *d, size_t n)
{
    d->chance ^= d->chance << 13;
    d->chance ^= d->chance >> 7;
    d->chance ^= d->chance << 17;
    return (size_t)(d->chance % n);
}

#define ONE_OF(d, list) (list)[below((d), sizeof(list) / sizeof((list)[0]))]

/* Anything that JSON has, and texts that are nearly right somewhere. */
static const char *const spoiled[] = {
    "null", "true", "5", "[]", "{}", "[\"\"]", "[5]", "[\"hot\",\"hot\"]", "[\"a\",\"a\"]", "[\"none\"]", "[[]]", "[\"hot\",null]",
    "\"\"", "\" \"", "\"---\"", "\"\\u200b\"", "\" go\"", "\"no\"", "\"none\"", "\"yes \"", "\"a\\u0000b\"", "\"\\ufeff\"", "\"\\u202e\"", "\"\\u0085\"", "\"tab\\tand\\nline\"",
    "\"123456\"", "\"12345\"", "\"07\"", "\"7.\"", "\".7\"", "\"1.2.3\"", "\"-3\"", "\"1e3\"", "\"4\"", "\"20000.000000001\"",
    "\"1234567890123456789\"", "\"0.249999\"", "\"104.51\"", "\"２\"", "\"2026-02-29\"", "\"2026-2-1\"", "\"0000-01-01\"",
    "\"2026-11-22\"", "\"10000-01-01\"", "\"2026-11-23 \"", "\"12800000000\"", "\"1380000000\"", "\"138000000001\"",
    "\"110101199003070135\"", "\"11010119900307013x\"", "\"110101299003070134\"", "{\"value\":\"\"}", "{\"value\":5}", "{\"value\":null,\"waiting\":true}",
    "{\"waiting\":\"yes\"}", "{\"waiting\":true,\"problem\":\"value-missing\"}", "{\"waiting\":true,\"problem\":\"earlier-missing\"}",
    "{\"value\":\"\\u0001\",\"waiting\":true}", "{\"value\":\"\\u0001\",\"source\":null}", "{\"source\":{}}", "{\"waiting\":false}",
    "[{\"name\":\"a\",\"type\":\"image/png\",\"bytes\":9}]",
    "[{\"name\":5,\"sha256\":\"0000000000000000000000000000000000000000000000000000000000000000\",\"type\":\"image/png\",\"bytes\":9}]",
    "[{\"sha256\":\"0000000000000000000000000000000000000000000000000000000000000000\",\"type\":\"image/png\",\"bytes\":9}]",
    "[{\"name\":\"a\",\"sha256\":\"000000000000000000000000000000000000000000000000000000000000000G\",\"type\":\"image/png\",\"bytes\":9}]",
    "[{\"name\":\"a\",\"sha256\":\"0000000000000000000000000000000000000000000000000000000000000000\",\"type\":\"text/html\",\"bytes\":9}]",
    "[{\"name\":\"a\",\"sha256\":\"0000000000000000000000000000000000000000000000000000000000000000\",\"type\":\"image/png\",\"bytes\":-1}]",
    "[{\"name\":\"a\",\"sha256\":\"0000000000000000000000000000000000000000000000000000000000000000\",\"type\":\"image/png\",\"bytes\":0.5}]",
    "[{\"name\":\"a\",\"sha256\":\"0000000000000000000000000000000000000000000000000000000000000000\",\"type\":\"image/png\",\"bytes\":10485761}]",
    "[{\"name\":\"a\\nb\\u0002\",\"sha256\":\"0000000000000000000000000000000000000000000000000000000000000000\",\"type\":\"image/png\",\"bytes\":1}]",
};

#define FILE_OF(name) \
    "{\"name\":\"" name "\",\"sha256\":\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\",\"type\":\"image/png\",\"bytes\":9.0}"

static const char *
usual_text(struct desk *d, const struct field *field)
{
    static const char *const texts[] = {"\"老张\"", "\"go\"", "\" go\"", "\"a-b\\tc\"", "\"一二三四五\"", "\"𠀀𠀀𠀀𠀀𠀀\""};
    static const char *const numbers[] = {"\"5\"", "\"2.5\"", "\"2.49999\"", "\"10\"", "\"10.5\"", "\"9.9\"", "\"104.5\"", "\"0.25\"", "\"20\"", "\"86.50\"", "\"0\"", "\"0.000\""};
    static const char *const dates[] = {"\"2026-11-23\"", "\"2028-02-29\"", "\"1990-03-07\"", "\"9999-12-31\"", "\"0001-01-01\""};
    static const char *const fetched[] = {"{\"value\":\"老张\",\"source\":{\"node\":\"yl\"}}", "{\"value\":\"\\u0001\",\"source\":{}}",
                                          "{\"value\":\"老张\",\"waiting\":true,\"problem\":\"silent\"}", "{\"waiting\":true,\"problem\":5}",
                                          "{\"value\":\"\",\"waiting\":true}"};
    static const char *const files[] = {"[" FILE_OF("图.png") "]", "[" FILE_OF("a") "," FILE_OF("") "]", "[" FILE_OF("a") "," FILE_OF("b") "," FILE_OF("c") "]"};

    switch (field->type) {
    case FIELD_NUMBER: return ONE_OF(d, numbers);
    case FIELD_DATE: return ONE_OF(d, dates);
    case FIELD_PHONE: return "\"13800000000\"";
    case FIELD_PERSON_ID: return "\"11010119900307395X\"";
    case FIELD_CHECK: return "\"yes\"";
    case FIELD_PREFILL: return ONE_OF(d, fetched);
    case FIELD_UPLOAD: return ONE_OF(d, files);
    case FIELD_TEXT:
    case FIELD_CHOICE:
    case FIELD_CHOICES:
    case FIELD_TYPES: break;
    }
    return ONE_OF(d, texts);
}

static struct json *
usual_value(struct desk *d, const struct field *field)
{
    const struct json *choices = json_get(field->document, "choices");
    struct json *list = json_array(d->work), *one = NULL;

    for (const struct json *c = choices != NULL ? choices->first : NULL; c != NULL; c = c->next) {
        if (one == NULL || below(d, 3) == 0) {
            one = json_text(d->work, json_str(c, "value"));
            json_push(list, json_copy(d->work, one));
        }
    }
    if (field->type == FIELD_CHOICES) {
        return list;
    }
    return one != NULL ? one : parsed(d->work, str_of(usual_text(d, field)));
}

/* Mostly right; up to two fields spoiled or left out. */
static struct json *
values_by_chance(struct desk *d)
{
    struct json *values = json_object(d->work);
    size_t first = below(d, d->form->field_count * 2), second = below(d, d->form->field_count * 4);

    for (size_t i = 0; i < d->form->field_count; i++) {
        const struct field *field = &d->form->fields[i];
        bool is_spoiled = i == first || i == second;
        if (below(d, is_spoiled || !field->required ? 4 : 40) == 0) {
            continue;
        }
        json_set_key(d->work, values, field->id,
                     is_spoiled ? parsed(d->work, str_of(ONE_OF(d, spoiled))) : usual_value(d, field));
    }
    return values;
}

/* --- the two verdicts -------------------------------------------------------------------------------- */

static bool
schema_says(struct desk *d, const struct json *values, struct str *why)
{
    struct schema_result *result = mem_new(1, sizeof(*result));
    struct err err = {.text = ""};

    if (schema_check(d->schema, d->work, values, TODAY, result, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    bool is_valid = result->is_valid;
    *why = result->count > 0 ? result->errors[0].schema_path : STR("");
    mem_free(result);
    return is_valid;
}

static struct json *
form_says(struct desk *d, const struct json *values)
{
    struct json *errors = NULL;
    struct err err;

    assert_int_equal(form_check(d->form, d->work, form_sections(d->form), values, TODAY, STR("en"), &errors, &err), RC_OK);
    for (const struct json *e = errors->first; e != NULL; e = e->next) {
        struct str path = json_str(e, "path"); /* as a schema points at what is wrong */
        assert_true(path.len > 1 && path.ptr[0] == '/' && str_eq(str_from(path, 1), json_str(e, "field")));
    }
    return errors;
}

static struct str
printed(struct desk *d, const struct json *j)
{
    struct str text = STR("");
    struct err err;

    assert_int_equal(json_print(d->work, j, &text, &err), RC_OK);
    return text;
}

static void
form_and_schema_find_the_same_values_right(void **state)
{
    struct desk *d = *state;

    for (size_t which = 0; which < FORMS; which++) {
        size_t right = 0;
        take_form(d, which, FORM_SCHEMA_KEPT);
        for (size_t i = 0; i < TRIALS; i++) {
            arena_reset(d->work);
            struct json *values = values_by_chance(d), *errors = form_says(d, values);
            struct str why;
            bool is_valid = schema_says(d, values, &why);
            if (is_valid != (errors->count == 0)) {
                fail_msg("form %zu: %.*s\nform: %.*s\nschema: %s %.*s", which, STR_ARG(printed(d, values)),
                         STR_ARG(printed(d, errors)), is_valid ? "valid" : "not valid", STR_ARG(why));
            }
            right += is_valid;
        }
        assert_in_range(right, TRIALS / 10, TRIALS * 9 / 10); /* both verdicts were heard */
    }
}

/* Every spoiled value in every field by itself, beside values that are right. */
static void
one_spoiled_value_is_found_by_both_or_by_neither(void **state)
{
    struct desk *d = *state;

    for (size_t which = 0; which < FORMS; which++) {
        take_form(d, which, FORM_SCHEMA_KEPT);
        for (size_t i = 0; i < d->form->field_count * (sizeof(spoiled) / sizeof(spoiled[0])); i++) {
            const struct field *field = &d->form->fields[i % d->form->field_count];
            struct str why;
            arena_reset(d->work);
            struct json *values = json_object(d->work);
            for (size_t k = 0; k < d->form->field_count; k++) {
                json_set_key(d->work, values, d->form->fields[k].id, usual_value(d, &d->form->fields[k]));
            }
            json_set_key(d->work, values, field->id, parsed(d->work, str_of(spoiled[i / d->form->field_count])));
            struct json *errors = form_says(d, values);
            if (schema_says(d, values, &why) != (errors->count == 0)) {
                fail_msg("form %zu, %.*s: %.*s\nform: %.*s\nschema: %.*s", which, STR_ARG(field->id),
                         STR_ARG(printed(d, values)), STR_ARG(printed(d, errors)), STR_ARG(why));
            }
        }
    }
}

/* Texts of digits are kept without zeros before them, confirmations as yes, choices once, and every value in the kind that its type has. */
static void
what_no_input_makes_is_refused_by_both(void **state)
{
    static const char *const cases[][3] = {
        {"agree", "\"no\"", "\"\""},     {"length", "\"007\"", "\"7\""}, {"word", "null", "\"\""},
        {"start", "[]", "\"\""},          {"perhaps", "\"x\"", "{}"},     {"perhaps", "{\"value\":\"\\u0001\",\"source\":true}", "{\"value\":\"x\"}"},
        {"large", "[\"a\",\"a\"]", "[\"a\",\"b\"]"},
    };
    static const char others[] = "{\"owner\":\"11010519491231002X\",\"born\":\"1990-03-07\",\"fetched\":{\"waiting\":true},"
                                 "\"large\":[\"a\"],\"either\":\"yes\",\"further\":\"x\"}";
    struct desk *d = *state;
    struct str why;

    take_form(d, 0, FORM_SCHEMA_KEPT);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (size_t k = 1; k <= 2; k++) {
            struct json *values = parsed(d->work, str_of(others));
            json_set_key(d->work, values, str_of(cases[i][0]), parsed(d->work, str_of(cases[i][k])));
            if ((form_says(d, values)->count == 0) != (k == 2) || schema_says(d, values, &why) != (k == 2)) {
                fail_msg("%s: %s", cases[i][0], cases[i][k]);
            }
        }
    }
}

/* --- what a program sends ---------------------------------------------------------------------------- */

/* Fetched, a file, or asked because of what is. */
static bool
is_beyond_the_sender(const struct desk *d, struct str id)
{
    const struct field *field = form_find(d->form, id);
    static const char *const hanging[] = {"known", "further", "papers"};

    for (size_t i = 0; i < sizeof(hanging) / sizeof(hanging[0]); i++) {
        if (str_eq(id, str_of(hanging[i]))) {
            return true;
        }
    }
    return field->type == FIELD_PREFILL || field->type == FIELD_UPLOAD;
}

static void
what_the_schema_lets_a_program_send_is_taken_without_a_complaint(void **state)
{
    struct desk *d = *state;

    for (size_t which = 0; which < FORMS; which++) {
        size_t sent = 0;
        take_form(d, which, FORM_SCHEMA_SENT);
        for (size_t i = 0; i < TRIALS; i++) {
            arena_reset(d->work);
            struct json *body = values_by_chance(d), *values = json_object(d->work), *errors = NULL;
            struct str why;
            struct err err;
            if (!schema_says(d, body, &why)) {
                continue;
            }
            sent++;
            for (size_t s = 0; s < form_sections(d->form); s++) {
                assert_int_equal(form_take(d->form, d->work, s, body, TODAY, STR("en"), values, &errors, &err), RC_OK);
                for (const struct json *e = errors->first; e != NULL; e = e->next) {
                    if (!is_beyond_the_sender(d, json_str(e, "field"))) {
                        fail_msg("form %zu: %.*s\n%.*s", which, STR_ARG(printed(d, body)), STR_ARG(printed(d, errors)));
                    }
                }
            }
        }
        assert_in_range(sent, TRIALS / 10, TRIALS * 9 / 10);
    }
}

/* --- limits ------------------------------------------------------------------------------------------- */

static struct str
number_by_chance(struct desk *d)
{
    static const char *const often[] = {"0", "1", "9", "10", "99", "100", "0.5", "0.05", "1.50", "10.09", "300", "20000"};
    struct buf b;
    struct str text = STR("0");
    struct err err;

    if (below(d, 2) == 0) {
        return str_of(ONE_OF(d, often));
    }
    buf_init(&b, d->work, 40);
    size_t whole = 1 + below(d, 4), fraction = below(d, 4);
    buf_put_char(&b, (char)((whole > 1 ? '1' : '0') + below(d, 9)));
    for (size_t i = 1; i < whole; i++) {
        buf_put_char(&b, "0159"[below(d, 4)]);
    }
    for (size_t i = 0; i < fraction; i++) {
        buf_put(&b, i == 0 ? STR(".") : STR(""));
        buf_put_char(&b, "0159"[below(d, 4)]);
    }
    assert_int_equal(buf_finish(&b, &text, &err), RC_OK);
    return text;
}

static void
a_pattern_compares_as_numbers_are_compared(void **state)
{
    struct desk *d = *state;

    for (size_t i = 0; i < TRIALS * 5; i++) {
        enum form_limit limit = (enum form_limit)below(d, 3);
        const struct regex *regex;
        struct err err = {.text = ""};
        bool found;
        arena_reset(d->work);
        struct str bound = number_by_chance(d), text = number_by_chance(d);
        struct str pattern = form_number_pattern(d->work, limit, bound);
        if (regex_compile(d->work, REGEX_ECMA, pattern, &regex, &err) != RC_OK) {
            fail_msg("%.*s: %s", STR_ARG(pattern), err.text);
        }
        assert_int_equal(regex_find(regex, text, &found, &err), RC_OK);
        int order = form_number_compare(text, bound);
        bool holds = limit == FORM_AT_LEAST ? order >= 0 : limit == FORM_LESS_THAN ? order < 0 : order <= 0;
        if (found != holds) {
            fail_msg("%.*s, limit %d of %.*s: %.*s", STR_ARG(text), (int)limit, STR_ARG(bound), STR_ARG(pattern));
        }
    }
}

/* --- what stands in it -------------------------------------------------------------------------------- */

static void
a_schema_has_titles_choices_conditions_and_where_to_post(void **state)
{
    static const struct {
        const char *path, *text;
    } cases[] = {
        {"$schema", "https://json-schema.org/draft/2020-12/schema"},
        {"$id", "/items/x/schema.json"},
        {"title", "开办餐饮店"},
        {"x-sections.1.id", "place"},
        {"x-sections.1.fields.2", "area"},
        {"properties.area.title", "使用面积"},
        {"properties.area.x-title-en", "Floor area"},
        {"properties.area.x-maximum", "20000"},
        {"properties.fire.oneOf.1.const", "bottle"},
        {"properties.fire.oneOf.1.title", "瓶装液化气"},
        {"properties.fire.oneOf.1.x-title-en", "Bottled gas"},
        {"properties.phone.format", "mobile"},
        {"properties.owner_name.x-prefill.resource", "yl/person"},
        {"properties.plan.items.properties.type.enum.2", "application/pdf"},
        {"properties.bottle_room.title", "有单独的气瓶间"},
        {"allOf.0.if.$ref", "#/$defs/bottle_room-asked"},
        {"allOf.0.then.required.0", "bottle_room"},
        {"$defs.bottle_room-asked.properties.fire.const", "bottle"},
    };
    struct desk *d = *state;

    take_form(d, 1, FORM_SCHEMA_KEPT);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct json *j = json_path(d->document, cases[i].path);
        if (j == NULL || !str_eq(j->text, str_of(cases[i].text))) {
            fail_msg("%s is %.*s", cases[i].path, STR_ARG(j != NULL ? j->text : STR("not there")));
        }
    }
    take_form(d, 1, FORM_SCHEMA_SENT);
    assert_null(json_path(d->document, "properties.owner_name"));
    assert_null(json_path(d->document, "properties.plan"));
    assert_non_null(json_path(d->document, "properties.area"));
}

static void
a_schema_for_which_there_is_no_room_is_refused(void **state)
{
    struct desk *d = *state;
    struct json *whole = NULL;
    size_t room = 1;
    struct err err;
    enum rc rc;

    take_form(d, 0, FORM_SCHEMA_KEPT);
    do {
        struct arena *small = arena_new(room);
        whole = NULL;
        rc = form_schema(d->form, small, FORM_SCHEMA_KEPT, STR("x"), NULL, &whole, &err);
        assert_true(rc == RC_OK ? json_get(whole, "$defs") != NULL : rc == RC_LIMIT && whole == NULL);
        arena_free(small);
        room += 97;
    } while (rc != RC_OK);
    assert_true(room > 4096);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(form_and_schema_find_the_same_values_right, open_desk, close_desk),
        cmocka_unit_test_setup_teardown(one_spoiled_value_is_found_by_both_or_by_neither, open_desk, close_desk),
        cmocka_unit_test_setup_teardown(what_no_input_makes_is_refused_by_both, open_desk, close_desk),
        cmocka_unit_test_setup_teardown(what_the_schema_lets_a_program_send_is_taken_without_a_complaint, open_desk, close_desk),
        cmocka_unit_test_setup_teardown(a_pattern_compares_as_numbers_are_compared, open_desk, close_desk),
        cmocka_unit_test_setup_teardown(a_schema_has_titles_choices_conditions_and_where_to_post, open_desk, close_desk),
        cmocka_unit_test_setup_teardown(a_schema_for_which_there_is_no_room_is_refused, open_desk, close_desk),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
