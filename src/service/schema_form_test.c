#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/asset.h"
#include "base/clock.h"
#include "base/mem.h"
#include "rule/schema.h"
#include "service/schema_form.h"

enum { ROOM = 8 << 20, TODAY = 20600 };

/* Every kind of value that a page can show. */
#define ALL                                                                                                                               \
    "{\"title\":\"全部\",\"x-title-en\":\"All\",\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"word\",\"count\"],"    \
    "\"properties\":{"                                                                                                                    \
    "\"word\":{\"title\":\"词\",\"x-title-en\":\"Word\",\"description\":\"一个词\",\"x-description-en\":\"One word\",\"type\":\"string\",\"maxLength\":9}," \
    "\"tale\":{\"title\":\"说明\",\"type\":\"string\",\"maxLength\":999},"                                                                  \
    "\"count\":{\"title\":\"个数\",\"x-title-en\":\"Count\",\"type\":\"integer\",\"minimum\":1,\"x-unit-zh\":\"个\",\"x-unit-en\":\"pieces\"}," \
    "\"sure\":{\"title\":\"确定吗\",\"type\":\"boolean\"},"                                                                                  \
    "\"kind\":{\"title\":\"种类\",\"oneOf\":[{\"const\":\"a\",\"title\":\"甲\",\"x-title-en\":\"First\"},{\"const\":\"b\",\"title\":\"乙\"}]},"  \
    "\"many\":{\"title\":\"哪些\",\"type\":\"array\",\"items\":{\"enum\":[\"x\",\"y\"]}},"                                                   \
    "\"day\":{\"title\":\"哪天\",\"type\":\"string\",\"format\":\"date\"},"                                                                  \
    "\"at\":{\"title\":\"几时\",\"type\":\"string\",\"format\":\"date-time\"},"                                                              \
    "\"code\":{\"title\":\"号码\",\"type\":\"string\",\"pattern\":\"^[0-9]{6}$\"},"                                                          \
    "\"list\":{\"title\":\"清单\",\"type\":\"array\",\"items\":{\"type\":\"string\"}},"                                                      \
    "\"sizes\":{\"title\":\"尺寸\",\"type\":\"array\",\"items\":{\"type\":\"number\"}},"                                                     \
    "\"one\":{\"title\":\"一个\",\"type\":\"object\",\"additionalProperties\":false,\"properties\":{\"name\":{\"title\":\"名\",\"type\":\"string\"}}}," \
    "\"rows\":{\"title\":\"几个\",\"type\":\"array\",\"maxItems\":3,\"items\":{\"type\":\"object\",\"additionalProperties\":false,"           \
    "\"required\":[\"name\"],\"properties\":{\"name\":{\"title\":\"名\",\"x-title-en\":\"Name\",\"type\":\"string\"},\"is_in\":{\"title\":\"在吗\","  \
    "\"type\":\"boolean\"}}}}}}"

struct bench {
    struct arena *arena;
    const struct json *all;      /* the schema */
    const struct schema *schema; /* compiled */
};

static struct json *
parsed(struct arena *a, const char *text)
{
    struct json *j = NULL;
    struct err err = {.text = ""};

    if (json_parse(a, str_of(text), JSON_UNIQUE, &j, &err) != RC_OK) {
        fail_msg("%s in %s", err.text, text);
    }
    return j;
}

static const struct schema *
compiled(struct arena *a, const struct json *document)
{
    const struct schema_options options = {.assert_formats = true};
    const struct schema *schema = NULL;
    struct err err = {.text = ""};

    if (schema_compile(a, STR(""), document, &options, &schema, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    return schema;
}

/* As process/taskform.h tells what is wrong with the data of a task. */
static struct json *
faults_of(struct arena *a, const struct schema *schema, const struct json *data)
{
    struct schema_result result;
    struct json *list = json_array(a);
    struct err err;

    assert_int_equal(schema_check(schema, a, data, TODAY, &result, &err), RC_OK);
    for (size_t i = 0; !result.is_valid && i < result.count; i++) {
        const struct schema_error *e = &result.errors[i];
        struct json *one = json_object(a);
        json_set_text(a, one, "field", e->missing.len > 0 ? str_fmt(a, "%.*s/%.*s", STR_ARG(e->path), STR_ARG(e->missing)) : e->path);
        json_set_text(a, one, "zh", e->zh);
        json_set_text(a, one, "en", e->en);
        json_push(list, one);
    }
    return list;
}

static int
set_up(void **state)
{
    struct bench *b = mem_new(1, sizeof(*b));
    struct err err = {.text = ""};

    b->arena = arena_new(ROOM);
    b->all = parsed(b->arena, ALL);
    if (schema_form_check(b->all, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    b->schema = compiled(b->arena, b->all);
    *state = b;
    return 0;
}

static int
take_down(void **state)
{
    struct bench *b = *state;

    arena_free(b->arena);
    mem_free(b);
    return 0;
}

static struct json *
read_from(const struct bench *b, const char *input, const char *without)
{
    struct json *data = NULL;
    struct err err;

    assert_int_equal(schema_form_read(b->all, b->arena, parsed(b->arena, input), CLOCK_OFFSET_CHINA_MINUTES, str_of(without), &data, &err), RC_OK);
    return data;
}

static struct json *
errors_of(const struct bench *b, const struct json *data, const char *lang)
{
    struct json *errors = NULL;
    struct err err;

    assert_int_equal(schema_form_errors(b->all, b->arena, faults_of(b->arena, b->schema, data), str_of(lang), &errors, &err), RC_OK);
    return errors;
}

static struct json *
fields_of(const struct bench *b, const struct json *data, const struct json *errors, const char *more, const char *lang)
{
    struct json *fields = NULL;
    struct err err;

    assert_int_equal(schema_form_fields(b->all, b->arena, data, errors, CLOCK_OFFSET_CHINA_MINUTES, str_of(more), str_of(lang), &fields, &err), RC_OK);
    return fields;
}

static const struct json *
field(const struct json *fields, const char *id)
{
    for (const struct json *f = fields->first; f != NULL; f = f->next) {
        if (str_eq(json_str(f, "id"), str_of(id))) {
            return f;
        }
    }
    fail_msg("no field %s", id);
    return NULL;
}

/* --- reading ---------------------------------------------------------------------------------------------------------- */

static void
what_a_browser_sends_becomes_values_of_their_kinds(void **state)
{
    static const struct {
        const char *input, *data;
    } cases[] = {
        {"{}", "{}"},
        {"{\"data.word\":\"  面馆 \",\"csrf\":\"x\",\"result\":\"grant\"}", "{\"word\":\"面馆\"}"},
        {"{\"data.word\":\" \xe3\x80\x80 \"}", "{}"}, /* blanks only, one of them wide */
        {"{\"data.word\":[\"a\",\"b\"]}", "{\"word\":[\"a\",\"b\"]}"},
        {"{\"data.count\":\" １２ \"}", "{\"count\":12}"},
        {"{\"data.count\":\"-1.50\"}", "{\"count\":-1.5}"},
        {"{\"data.count\":\"十二\"}", "{\"count\":\"十二\"}"},
        {"{\"data.sure\":\"yes\"}", "{\"sure\":true}"},
        {"{\"data.sure\":\"no\"}", "{\"sure\":false}"},
        {"{\"data.sure\":\"maybe\"}", "{\"sure\":\"maybe\"}"},
        {"{\"data.kind\":\"a\"}", "{\"kind\":\"a\"}"},
        {"{\"data.many\":\"x\"}", "{\"many\":[\"x\"]}"},
        {"{\"data.many\":[\"x\",\"y\"]}", "{\"many\":[\"x\",\"y\"]}"},
        {"{\"data.day.year\":\"2026\",\"data.day.month\":\"3\",\"data.day.day\":\"９\"}", "{\"day\":\"2026-03-09\"}"},
        {"{\"data.day\":\"2026年3月9日\"}", "{\"day\":\"2026-03-09\"}"},
        {"{\"data.day.year\":\"2026\",\"data.day.month\":\"2\",\"data.day.day\":\"30\"}", "{\"day\":\"2026 2 30\"}"},
        {"{\"data.at\":\"2026年11月28日14时30分\"}", "{\"at\":\"2026-11-28T14:30:00+08:00\"}"},
        {"{\"data.at\":\"2026-11-28 9:05\"}", "{\"at\":\"2026-11-28T09:05:00+08:00\"}"},
        {"{\"data.at\":\"2026-11-28T14:30:00Z\"}", "{\"at\":\"2026-11-28T14:30:00Z\"}"},
        {"{\"data.at\":\"2026-11-28 24:30\"}", "{\"at\":\"2026-11-28 24:30\"}"},
        {"{\"data.at\":\"昨天下午\"}", "{\"at\":\"昨天下午\"}"},
        {"{\"data.code\":\"123 ４５6\"}", "{\"code\":\"123456\"}"},
        {"{\"data.list\":\" a \\r\\n\\r\\n b\"}", "{\"list\":[\"a\",\"b\"]}"},
        {"{\"data.sizes\":\"1.5\\n２\\n大\"}", "{\"sizes\":[1.5,2,\"大\"]}"},
        {"{\"data.one.name\":\"沈\"}", "{\"one\":{\"name\":\"沈\"}}"},
        {"{\"data.rows.0.name\":\"沈\",\"data.rows.1.name\":\"\",\"data.rows.2.is_in\":\"no\"}",
         "{\"rows\":[{\"name\":\"沈\"},{\"is_in\":false}]}"},
        {"{\"data.rows.100.name\":\"沈\"}", "{\"rows.100.name\":\"沈\"}"}, /* past the most: told, not lost */
        {"{\"data.parts\":\"x\",\"data.rows.0.power\":\"y\",\"data.word.year\":\"1\"}",
         "{\"parts\":\"x\",\"rows.0.power\":\"y\",\"word.year\":\"1\"}"},
        {"{\"data.\":\"x\",\"data\":\"y\"}", "{}"},
    };
    struct bench *b = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct json *data = read_from(b, cases[i].input, "");
        struct str text;
        struct err err;
        assert_int_equal(json_print(b->arena, data, &text, &err), RC_OK);
        if (!json_equal(data, parsed(b->arena, cases[i].data))) {
            fail_msg("%s became %.*s", cases[i].input, STR_ARG(text));
        }
    }
}

static void
an_object_of_a_list_is_left_out_when_it_is_asked_for(void **state)
{
    struct bench *b = *state;
    struct json *data = read_from(b, "{\"data.rows.0.name\":\"甲\",\"data.rows.1.name\":\"乙\",\"data.rows.2.name\":\"丙\"}", "data.rows.1");

    assert_true(json_equal(data, parsed(b->arena, "{\"rows\":[{\"name\":\"甲\"},{\"name\":\"丙\"}]}")));
}

/* --- checking ----------------------------------------------------------------------------------------------------------- */

static void
what_is_wrong_stands_at_its_field_in_the_language(void **state)
{
    static const struct {
        const char *data, *field, *path, *zh, *en;
    } cases[] = {
        {"{\"count\":1}", "data.word", "/word", "“词”没有填写，请补充。", "\"Word\" is missing; please fill it in."},
        {"{\"word\":\"a\",\"count\":0}", "data.count", "/count", "“个数”不能小于 1，请改正。", "\"Count\" must not be less than 1; please correct it."},
        {"{\"word\":\"a\",\"count\":1,\"rows\":[{\"name\":\"a\"},{\"is_in\":true}]}", "data.rows.1.name", "/rows/1/name", "“名”没有填写，请补充。",
         "\"Name\" is missing; please fill it in."},
        {"{\"word\":\"a\",\"count\":1,\"list\":[\"a\",5]}", "data.list", "/list/1", NULL, NULL},
        {"{\"word\":\"a\",\"count\":1,\"many\":[\"z\"]}", "data.many", "/many/0", NULL, NULL},
        {"{\"word\":\"a\",\"count\":1,\"parts\":\"x\"}", "data", "/parts", NULL, NULL},
        {"{\"word\":\"a\",\"count\":1,\"day\":\"2026 2 30\"}", "data.day", "/day", NULL, NULL},
        {"{\"word\":\"a\",\"count\":1,\"at\":\"昨天下午\"}", "data.at", "/at", NULL, NULL},
    };
    struct bench *b = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct json *data = parsed(b->arena, cases[i].data);
        const struct json *zh = errors_of(b, data, "zh"), *en = errors_of(b, data, "en");
        if (zh->count != 1 || en->count != 1 || !str_eq(json_str(zh->first, "field"), str_of(cases[i].field)) ||
            !str_eq(json_str(zh->first, "path"), str_of(cases[i].path))) {
            fail_msg("%s: %u errors, at %.*s", cases[i].data, zh->count, STR_ARG(json_str(zh->first, "field")));
        }
        if (cases[i].zh != NULL) {
            assert_string_equal(str_c(b->arena, json_str(zh->first, "message")), cases[i].zh);
            assert_string_equal(str_c(b->arena, json_str(en->first, "message")), cases[i].en);
        }
    }
    assert_int_equal(errors_of(b, json_object(b->arena), "zh")->count, 2);
    assert_int_equal(errors_of(b, parsed(b->arena, "{\"word\":\"a\",\"count\":1}"), "zh")->count, 0);
}

/* --- showing ---------------------------------------------------------------------------------------------------------------- */

static void
each_kind_of_value_has_its_field(void **state)
{
    static const struct {
        const char *id, *flag;
        bool is_optional;
    } cases[] = {
        {"data.word", "is_text", false},   {"data.tale", "is_lines", true},   {"data.count", "is_number", false}, {"data.sure", "is_choice", true},
        {"data.kind", "is_choice", true},  {"data.many", "is_choices", true}, {"data.day", "is_date", true},      {"data.at", "is_text", true},
        {"data.code", "is_text", true},    {"data.list", "is_lines", true},   {"data.one", "is_rows", true},      {"data.rows", "is_rows", true},
    };
    struct bench *b = *state;
    const struct json *fields = fields_of(b, NULL, NULL, "", "zh"), *english = fields_of(b, NULL, NULL, "", "en");

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct json *f = field(fields, cases[i].id);
        if (!json_true(f, cases[i].flag) || json_true(f, "is_optional") != cases[i].is_optional) {
            fail_msg("%s is no %s", cases[i].id, cases[i].flag);
        }
    }
    assert_string_equal(str_c(b->arena, json_str(field(english, "data.word"), "title")), "Word");
    assert_string_equal(str_c(b->arena, json_str(field(english, "data.word"), "hint")), "One word");
    assert_string_equal(str_c(b->arena, json_str(field(english, "data.tale"), "title")), "说明"); /* nobody has put it into English */
    assert_string_equal(str_c(b->arena, json_str(field(english, "data.count"), "unit")), "pieces");
    assert_int_equal(json_int_or(field(fields, "data.word"), "max_length", 0), 9);
    assert_true(str_eq(json_str(json_path(field(english, "data.kind"), "choices.0"), "title"), STR("First")));
    assert_true(str_eq(json_str(json_path(field(fields, "data.many"), "choices.1"), "title"), STR("y")));
}

static void
everything_that_was_typed_comes_back(void **state)
{
    static const char typed[] = "{\"data.word\":\"面馆\",\"data.count\":\"十二\",\"data.sure\":\"no\",\"data.kind\":\"b\",\"data.many\":[\"y\"],"
                                "\"data.day.year\":\"2026\",\"data.day.month\":\"2\",\"data.day.day\":\"30\",\"data.at\":\"2026-11-28 14:30\","
                                "\"data.list\":\"a\\nb\",\"data.sizes\":\"1.5\",\"data.one.name\":\"沈\",\"data.rows.0.name\":\"甲\","
                                "\"data.rows.1.is_in\":\"yes\"}";
    struct bench *b = *state;
    const struct json *data = read_from(b, typed, "");
    const struct json *fields = fields_of(b, data, errors_of(b, data, "zh"), "", "zh");
    const struct json *rows = json_get(field(fields, "data.rows"), "rows");

    assert_true(str_eq(json_str(field(fields, "data.word"), "value"), STR("面馆")));
    assert_true(str_eq(json_str(field(fields, "data.count"), "value"), STR("十二")));
    assert_true(json_str(field(fields, "data.count"), "error").len > 0 && json_str(field(fields, "data.word"), "error").len == 0);
    assert_true(json_true(json_path(field(fields, "data.sure"), "choices.1"), "chosen"));
    assert_true(json_true(json_path(field(fields, "data.kind"), "choices.1"), "chosen"));
    assert_true(json_true(json_path(field(fields, "data.many"), "choices.1"), "chosen"));
    assert_true(str_eq(json_str(field(fields, "data.day"), "year"), STR("2026 2 30")));
    assert_true(str_eq(json_str(field(fields, "data.at"), "value"), STR("2026-11-28 14:30")));
    assert_true(str_eq(json_path(field(fields, "data.list"), "value.1")->text, STR("b")));
    assert_true(str_eq(json_path(field(fields, "data.sizes"), "value.0")->text, STR("1.5")));
    assert_true(str_eq(json_str(json_path(field(fields, "data.one"), "rows.0.fields.0"), "value"), STR("沈")));
    assert_int_equal(rows->count, 2);
    assert_true(json_str(json_path(rows, "1.fields.0"), "error").len > 0);
    assert_true(str_eq(json_str(json_path(rows, "1.fields.0"), "id"), STR("data.rows.1.name")));
}

static void
a_list_of_objects_grows_one_by_one_up_to_its_most(void **state)
{
    static const struct {
        const char *data, *more;
        unsigned shown;
        bool may_grow, may_shrink;
    } cases[] = {
        {"{}", "", 1, true, false},
        {"{}", "data.rows", 2, true, true},
        {"{\"rows\":[{\"name\":\"a\"},{\"name\":\"b\"}]}", "data.rows", 3, false, true},
        {"{\"rows\":[{\"name\":\"a\"},{\"name\":\"b\"},{\"name\":\"c\"}]}", "data.rows", 3, false, true},
        {"{\"rows\":\"nonsense\"}", "data.other", 1, true, false},
    };
    struct bench *b = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct json *f = field(fields_of(b, parsed(b->arena, cases[i].data), NULL, cases[i].more, "zh"), "data.rows");
        assert_int_equal(json_get(f, "rows")->count, cases[i].shown);
        assert_int_equal(json_get(f, "add_name") != NULL, cases[i].may_grow);
        assert_int_equal(json_str(json_path(f, "rows.0"), "remove_name").len > 0, cases[i].may_shrink);
    }
}

/* --- what can be shown ------------------------------------------------------------------------------------------------------------------ */

static void
a_form_that_no_page_can_show_is_refused(void **state)
{
#define OPEN "\"type\":\"object\",\"properties\":{\"a\":{\"title\":\"A\",\"type\":\"string\"}}"
#define OF(property) "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{" property "}}"
    static const char *const cases[] = {
        "[]",
        "{" OPEN "}",
        "{" OPEN ",\"additionalProperties\":true}",
        "{\"type\":\"string\"}",
        OF("\"a\":{\"type\":\"string\"}"),
        OF("\"a\":{\"title\":\"A\"}"),
        OF("\"a.b\":{\"title\":\"A\",\"type\":\"string\"}"),
        OF("\"a\":{\"title\":\"A\",\"$ref\":\"#/x\"}"),
        OF("\"a\":{\"title\":\"A\",\"type\":[\"string\",\"null\"]}"),
        OF("\"a\":{\"title\":\"A\",\"enum\":[1,2]}"),
        OF("\"a\":{\"title\":\"A\",\"type\":\"array\",\"items\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}}}"),
        OF("\"a\":{\"title\":\"A\",\"type\":\"array\",\"items\":{" OPEN "}}"),
        OF("\"a\":{\"title\":\"A\",\"type\":\"object\",\"additionalProperties\":false,\"properties\":{\"b\":{\"title\":\"B\",\"type\":\"object\","
           "\"additionalProperties\":false,\"properties\":{}}}}"),
    };
    struct bench *b = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct err err;
        if (schema_form_check(parsed(b->arena, cases[i]), &err) != RC_INVALID) {
            fail_msg("%s was taken", cases[i]);
        }
    }
}

static void
the_city_s_own_forms_can_be_shown(void **state)
{
    struct bench *b = *state;
    int forms = 0;

    for (size_t i = 0; i < asset_table_count; i++) {
        struct err err = {.text = ""};
        if (str_starts(str_of(asset_table[i].path), STR("demo/forms/"))) {
            const struct json *form = parsed(b->arena, str_c(b->arena, asset_text(&asset_table[i])));
            forms++;
            if (schema_form_check(form, &err) != RC_OK || str_eq(schema_form_title(form, STR("en")), schema_form_title(form, STR("zh")))) {
                fail_msg("%s: %s", asset_table[i].path, err.text);
            }
        }
    }
    assert_true(forms >= 2);
}

static void
a_record_of_a_visit_is_read_from_what_a_browser_sends(void **state)
{
    static const char input[] =
        "{\"data.officers.0.name\":\"欧阳云舒\",\"data.officers.0.licence\":\"9901 0001\",\"data.officers.1.name\":\"慕容清和\","
        "\"data.officers.1.licence\":\"99010002\",\"data.at\":\"2026-11-28 10:00\",\"data.place\":\"文澜路 18 号\",\"data.looked_at.0.what\":\"水池\","
        "\"data.looked_at.0.is_right\":\"yes\",\"data.result\":\"passed\"}";
    struct bench *b = *state;
    const struct json *site = parsed(b->arena, str_c(b->arena, asset_text(asset_find(STR("demo/forms/site-record.json")))));
    const struct schema *schema = compiled(b->arena, site);
    struct json *data, *errors;
    struct err err;

    assert_int_equal(schema_form_read(site, b->arena, parsed(b->arena, input), CLOCK_OFFSET_CHINA_MINUTES, STR(""), &data, &err), RC_OK);
    assert_int_equal(faults_of(b->arena, schema, data)->count, 0);
    json_set_text(b->arena, data, "result", STR("failed"));
    assert_int_equal(schema_form_errors(site, b->arena, faults_of(b->arena, schema, data), STR("en"), &errors, &err), RC_OK);
    assert_int_equal(errors->count, 1);
    assert_string_equal(str_c(b->arena, json_str(errors->first, "field")), "data.rectify");
    assert_string_equal(str_c(b->arena, json_str(errors->first, "message")), "\"What has to be put right\" is missing; please fill it in.");
}

/* Every amount of room from one byte up is either enough or told. */
static void
too_little_room_is_said_and_nothing_is_half_there(void **state)
{
    static const char input[] = "{\"data.word\":\"面馆\",\"data.count\":\"１2\",\"data.day\":\"2026 3 9\",\"data.at\":\"2026-3-9 1:00\",\"data.code\":\"1 2\","
                                "\"data.many\":[\"x\"],\"data.list\":\"a\",\"data.rows.1.name\":\"a\",\"data.other\":\"b\"}";
    struct bench *b = *state;
    const struct json *sent = parsed(b->arena, input), *faults = faults_of(b->arena, b->schema, read_from(b, input, ""));
    struct json *data, *errors, *fields;
    enum rc rc = RC_LIMIT;
    struct err err;

    for (size_t n = 1; rc == RC_LIMIT; n++) {
        struct arena *a = arena_new(ROOM);
        arena_fail_at(a, n);
        if ((rc = schema_form_read(b->all, a, sent, CLOCK_OFFSET_CHINA_MINUTES, STR(""), &data, &err)) == RC_OK &&
            (rc = schema_form_errors(b->all, a, faults, STR("zh"), &errors, &err)) == RC_OK) {
            rc = schema_form_fields(b->all, a, data, errors, CLOCK_OFFSET_CHINA_MINUTES, STR("data.rows"), STR("zh"), &fields, &err);
        }
        assert_true(rc == RC_OK || rc == RC_LIMIT);
        assert_true(n < 5000);
        if (rc == RC_OK) {
            assert_int_equal(data->count, 9);
            assert_int_equal(fields->count, 13);
        }
        arena_free(a);
    }
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, take_down)
    const struct CMUnitTest tests[] = {
        TEST(what_a_browser_sends_becomes_values_of_their_kinds),
        TEST(an_object_of_a_list_is_left_out_when_it_is_asked_for),
        TEST(what_is_wrong_stands_at_its_field_in_the_language),
        TEST(each_kind_of_value_has_its_field),
        TEST(everything_that_was_typed_comes_back),
        TEST(a_list_of_objects_grows_one_by_one_up_to_its_most),
        TEST(a_form_that_no_page_can_show_is_refused),
        TEST(the_city_s_own_forms_can_be_shown),
        TEST(a_record_of_a_visit_is_read_from_what_a_browser_sends),
        TEST(too_little_room_is_said_and_nothing_is_half_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
