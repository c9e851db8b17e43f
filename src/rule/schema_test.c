#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "rule/schema_run_int.h"

enum { ARENA_BYTES = 1 << 23, TODAY = 20780 }; /* 2026-11-23 */

static const struct json *
parsed(struct arena *a, const char *text)
{
    struct json *tree = NULL;
    struct err err = {.text = ""};

    if (json_parse(a, str_of(text), JSON_ANY, &tree, &err) != RC_OK) {
        fail_msg("%s: %s", text, err.text);
    }
    return tree;
}

/* The result of a schema on a document, formats asserted; on the arena. */
static const struct schema_result *
checked(struct arena *a, const char *schema_text, const char *document)
{
    static const struct schema_options options = {.assert_formats = true};
    struct schema_result *result = arena_alloc(a, 1, sizeof(*result));
    const struct schema *schema;
    struct err err = {.text = ""};

    assert_non_null(result);
    if (schema_compile(a, STR(""), parsed(a, schema_text), &options, &schema, &err) != RC_OK ||
        schema_check(schema, a, parsed(a, document), TODAY, result, &err) != RC_OK) {
        fail_msg("%s: %s", schema_text, err.text);
    }
    assert_true(result->is_valid == (result->count == 0));
    return result;
}

static void
assert_text(struct str is, const char *wanted)
{
    if (!str_eq(is, str_of(wanted))) {
        fail_msg("is:     %.*s\nwanted: %s", STR_ARG(is), wanted);
    }
}

/* --- messages --------------------------------------------------------------------------------------- */

static const struct {
    const char *schema, *document, *keyword, *zh, *en;
} messages[] = {
    {"{\"title\":\"面积\",\"type\":[\"number\",\"null\"]}", "\"x\"", "type", "“面积”应填写空值或数字，请改正。",
     "\"面积\" must be null or a number; please correct it."},
    {"{\"enum\":[\"甲\",2,true,null]}", "3", "enum", "所填内容只能是：甲、2、是、空值，请重新选择。",
     "The document must be one of: 甲, 2, true, null; please choose again."},
    {"{\"const\":1}", "2", "const", "所填内容只能是：1，请重新选择。",
     "The document must be one of: 1; please choose again."},
    {"{\"maximum\":5}", "6", "maximum", "所填内容不能大于 5，请改正。",
     "The document must not be more than 5; please correct it."},
    {"{\"exclusiveMinimum\":0}", "0", "exclusiveMinimum", "所填内容应大于 0，请改正。",
     "The document must be more than 0; please correct it."},
    {"{\"multipleOf\":0.01}", "0.005", "multipleOf", "所填内容应是它的整数倍：0.01，请改正。",
     "The document must be a multiple of 0.01; please correct it."},
    {"{\"minLength\":2}", "\"字\"", "minLength", "所填内容至少 2 个字，请补充完整。",
     "The document needs at least 2 characters; please complete it."},
    {"{\"title\":\"电话\",\"pattern\":\"^1\"}", "\"2\"", "pattern", "“电话”的写法不对，请按说明填写。",
     "\"电话\" is not written as asked; please see the hint and correct it."},
    {"{\"title\":\"手机\",\"format\":\"mobile\"}", "\"2\"", "format", "“手机”应是11 位手机号码，请改正。",
     "\"手机\" must be a mobile number of 11 digits; please correct it."},
    {"{\"maxItems\":1}", "[1,2]", "maxItems", "所填内容最多 1 项，请删减。",
     "The document may have at most 1 entries; please remove some."},
    {"{\"uniqueItems\":true}", "[1,1.0]", "uniqueItems", "所填内容有重复的项，请删去重复的。",
     "The document has the same entry twice; please remove one."},
    {"{\"required\":[\"name\"],\"properties\":{\"name\":{\"title\":\"姓名\"}}}", "{}", "required",
     "“姓名”没有填写，请补充。", "\"姓名\" is missing; please fill it in."},
    {"{\"dependentRequired\":{\"a\":[\"b\"]}}", "{\"a\":1}", "dependentRequired", "“b”没有填写，请补充。",
     "\"b\" is missing; please fill it in."},
    {"{\"properties\":{\"a\":{}},\"additionalProperties\":false}", "{\"b\":1}", "additionalProperties",
     "“b”不是这里要填的内容，请删去。", "\"b\" is not asked for here; please remove it."},
    {"{\"properties\":{\"a\":{}},\"unevaluatedProperties\":false}", "{\"b\":1}", "unevaluatedProperties",
     "“b”不是这里要填的内容，请删去。", "\"b\" is not asked for here; please remove it."},
    {"{\"prefixItems\":[{}],\"items\":false}", "[1,2]", "items", "第 2 项是多出来的，请删去。",
     "Entry 2 is one too many; please remove it."},
    {"{\"properties\":{\"a\":false}}", "{\"a\":1}", "properties", "“a”在这种情况下不能填写，请删去。",
     "\"a\" must not be given in this case; please remove it."},
    {"{\"contains\":{\"const\":1}}", "[2]", "contains", "所填内容中符合要求的少于 1 项，请补充。",
     "The document has fewer matching entries than 1; please add some."},
    {"{\"contains\":{\"const\":1},\"maxContains\":1}", "[1,1]", "maxContains",
     "所填内容中符合要求的多于 1 项，请删减。", "The document has more matching entries than 1; please remove some."},
    {"{\"anyOf\":[{\"type\":\"null\"}]}", "1", "anyOf", "所填内容不符合任何一种允许的填法，请对照说明改正。",
     "The document fits none of the alternatives; please see the hint and correct it."},
    {"{\"oneOf\":[{},true]}", "1", "oneOf", "所填内容同时符合几种填法，请只保留一种。",
     "The document fits several alternatives; please keep to one."},
    {"{\"title\":\"火\",\"oneOf\":[{\"const\":\"gas\",\"title\":\"管道燃气\"},{\"const\":2}]}", "\"wood\"", "oneOf",
     "“火”只能是：管道燃气、2，请重新选择。", "\"火\" must be one of: 管道燃气, 2; please choose again."},
    {"{\"anyOf\":[{\"const\":1},{\"const\":2},{\"const\":3},{\"const\":4},{\"const\":5},{\"const\":6},{\"const\":7},"
     "{\"const\":8},{\"const\":9},{\"const\":10},{\"const\":11},{\"const\":12},{\"const\":13}]}", "0", "anyOf",
     "所填内容只能是：1、2、3、4、5、6、7、8、9、10、11、12等，请重新选择。",
     "The document must be one of: 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, ...; please choose again."},
    {"{\"not\":{}}", "1", "not", "所填内容是不允许的内容，请更换。",
     "The document is not allowed as it is; please change it."},
    {"{\"maxProperties\":0}", "{\"a\":1}", "maxProperties", "所填内容最多填 0 栏，请删减。",
     "The document may have at most 0 fields; please remove some."},
};

static void
a_message_says_which_field_what_is_wrong_and_how_to_mend_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
        struct arena *a = arena_new(ARENA_BYTES);
        const struct schema_result *r = checked(a, messages[i].schema, messages[i].document);
        assert_int_equal(r->count, 1);
        assert_text(r->errors[0].keyword, messages[i].keyword);
        assert_text(r->errors[0].zh, messages[i].zh);
        assert_text(r->errors[0].en, messages[i].en);
        arena_free(a);
    }
}

/* Each language has its own name for a field and for what may be chosen; where there is one only, both have that. */
static void
an_english_sentence_calls_a_field_by_its_english_title(void **state)
{
#define NAMED "\"title\":\"面积\",\"x-title-en\":\"Area\""
    static const struct {
        const char *schema, *document, *zh, *en;
    } cases[] = {
        {"{" NAMED ",\"type\":\"number\"}", "\"x\"", "“面积”应填写数字，请改正。", "\"Area\" must be a number; please correct it."},
        {"{\"required\":[\"a\"],\"properties\":{\"a\":{" NAMED "}}}", "{}", "“面积”没有填写，请补充。", "\"Area\" is missing; please fill it in."},
        {"{\"properties\":{\"a\":{\"$ref\":\"#/$defs/x\"}},\"$defs\":{\"x\":{" NAMED ",\"minimum\":1}}}", "{\"a\":0}",
         "“面积”不能小于 1，请改正。", "\"Area\" must not be less than 1; please correct it."},
        {"{" NAMED ",\"contains\":{\"type\":\"number\"}}", "[]", "“面积”中符合要求的少于 1 项，请补充。",
         "\"Area\" has fewer matching entries than 1; please add some."},
        {"{\"title\":\"火\",\"oneOf\":[{\"const\":\"gas\",\"title\":\"燃气\",\"x-title-en\":\"Gas\"},{\"const\":\"no\",\"title\":\"没有\"}]}", "\"x\"",
         "“火”只能是：燃气、没有，请重新选择。", "\"火\" must be one of: Gas, 没有; please choose again."},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena *a = arena_new(ARENA_BYTES);
        const struct schema_result *r = checked(a, cases[i].schema, cases[i].document);
        assert_int_equal(r->count, 1);
        assert_text(r->errors[0].zh, cases[i].zh);
        assert_text(r->errors[0].en, cases[i].en);
        arena_free(a);
    }
}

/* What a value is called and where it is: known when compiling, or only when it is met. */
static void
a_field_is_called_as_the_document_calls_it_however_its_schema_is_reached(void **state)
{
#define LONG_40 "a-very-long-name-of-forty-characters-her"
#define LONG_240 LONG_40 LONG_40 LONG_40 LONG_40 LONG_40 LONG_40
    static const struct {
        const char *schema, *document, *path, *field;
    } cases[] = {
        {"{\"properties\":{\"a\":{\"minLength\":2}}}", "{\"a\":\"x\"}", "/a", "“a”"},
        {"{\"properties\":{\"a\":{\"minLength\":2,\"title\":\"甲\"}}}", "{\"a\":\"x\"}", "/a", "“甲”"},
        {"{\"properties\":{\"a\":{\"minLength\":2},\"b\":{\"$ref\":\"#/properties/a\"}}}", "{\"b\":\"x\"}", "/b", "“b”"},
        {"{\"properties\":{\"a\":{\"minLength\":2,\"title\":\"甲\"},\"b\":{\"$ref\":\"#/properties/a\"}}}", "{\"b\":\"x\"}", "/b", "“甲”"},
        {"{\"properties\":{\"a\":{\"minLength\":2},\"b\":{\"items\":{\"$ref\":\"#/properties/a\"}}}}", "{\"b\":[\"xx\",\"x\"]}", "/b/1",
         "第 2 项"},
        {"{\"properties\":{\"a\":{\"minLength\":2}},\"additionalProperties\":{\"$ref\":\"#/properties/a\"}}", "{\"c/d\":\"x\"}", "/c~1d",
         "“c/d”"},
        {"{\"properties\":{\"a\":{\"minLength\":2},\"b\":{\"propertyNames\":{\"$ref\":\"#/properties/a\"}}}}", "{\"b\":{\"x\":1}}", "/b/x",
         "“x”"},
        {"{\"properties\":{\"a\":{\"allOf\":[{\"minLength\":2}]}}}", "{\"a\":\"x\"}", "/a", "“a”"},
        {"{\"properties\":{\"a/b~c\":{\"minLength\":2}}}", "{\"a/b~c\":\"x\"}", "/a~1b~0c", "“a/b~c”"},
        {"{\"properties\":{\"a/b~c\":{\"properties\":{\"a\":{\"minLength\":2}}}}}", "{\"a/b~c\":{\"a\":\"x\"}}", "/a~1b~0c/a", "“a”"},
        {"{\"properties\":{\"\":{\"minLength\":2}}}", "{\"\":\"x\"}", "/", "所填内容"},
        {"{\"minLength\":2}", "\"x\"", "", "所填内容"},
        {"{\"patternProperties\":{\"^properties$\":{\"minLength\":2}}}", "{\"properties\":\"x\"}", "/properties", "“properties”"},
        {"{\"properties\":{\"" LONG_240 "\":{\"minLength\":2}}}", "{\"" LONG_240 "\":\"x\"}", "/" LONG_240, "“" LONG_40 LONG_40 LONG_40 "”"},
        {"{\"properties\":{\"a\":{\"properties\":{\"b\":{\"minLength\":2}}},\"c\":{\"$ref\":\"#/properties/a\"}}}", "{\"c\":{\"b\":\"x\"}}",
         "/c/b", "“b”"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena *a = arena_new(ARENA_BYTES);
        const struct schema_result *r = checked(a, cases[i].schema, cases[i].document);
        assert_int_equal(r->count, 1);
        assert_text(r->errors[0].path, cases[i].path);
        assert_text(r->errors[0].zh, str_fmt(a, "%s至少 2 个字，请补充完整。", cases[i].field).ptr);
        arena_free(a);
    }
}

/* Behind "none of the alternatives" stands what is wrong with the one that was meant, as keyword and path. */
static const struct {
    const char *schema, *document;
    const char *said[4]; /* keyword, blank, path */
} alternatives[] = {
    {"{\"anyOf\":[{\"type\":\"object\"},{\"type\":\"string\",\"minLength\":3}]}", "\"a\"", {"anyOf ", "minLength "}},
    {"{\"anyOf\":[{\"type\":\"object\"},{\"type\":\"string\"}]}", "1", {"anyOf "}},
    {"{\"oneOf\":[{\"required\":[\"a\",\"b\",\"c\"]},{\"required\":[\"a\",\"d\"]}]}", "{\"d\":1}", {"oneOf ", "required "}},
    {"{\"anyOf\":[{\"properties\":{\"kind\":{\"const\":\"person\"},\"name\":{\"minLength\":2}}},"
     "{\"properties\":{\"kind\":{\"enum\":[\"company\",\"shop\"]},\"name\":{\"minLength\":9},\"code\":{\"minLength\":9}}}]}",
     "{\"kind\":\"shop\",\"name\":\"x\",\"code\":\"y\"}", {"anyOf ", "minLength /name", "minLength /code"}},
    {"{\"items\":{\"anyOf\":[{\"type\":\"null\"},{\"oneOf\":[{\"type\":\"null\"},{\"maximum\":3,\"multipleOf\":2}]}]}}", "[2,5]",
     {"anyOf /1", "oneOf /1", "multipleOf /1", "maximum /1"}},
    {"{\"oneOf\":[{\"minimum\":0},{\"maximum\":9}]}", "5", {"oneOf "}},
    {"{\"not\":{\"anyOf\":[{\"type\":\"null\"},{\"minimum\":3}]}}", "5", {"not "}},
    {"{\"anyOf\":[false,{\"properties\":{\"a\":false}}],\"unevaluatedProperties\":false}", "{\"a\":1}", {"anyOf ", "anyOf "}},
};

static void
what_is_wrong_with_the_closest_alternative_is_said(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(alternatives) / sizeof(alternatives[0]); i++) {
        struct arena *a = arena_new(ARENA_BYTES);
        const struct schema_result *r = checked(a, alternatives[i].schema, alternatives[i].document);
        for (size_t k = 0; k < 4 && alternatives[i].said[k] != NULL; k++) {
            struct str said = k < r->count ? str_fmt(a, "%.*s %.*s", STR_ARG(r->errors[k].keyword), STR_ARG(r->errors[k].path))
                                           : STR("nothing");
            assert_text(said, alternatives[i].said[k]);
        }
        assert_true(r->count == 4 || alternatives[i].said[r->count] == NULL);
        arena_free(a);
    }
}

static void
a_value_that_is_wrong_is_never_repeated_in_a_message(void **state)
{
    struct arena *a = arena_new(ARENA_BYTES);
    const struct schema_result *r =
        checked(a, "{\"type\":\"string\",\"pattern\":\"^x$\",\"maxLength\":3,\"format\":\"person-id\"}",
                "\"330327199001011234\"");

    (void)state;
    assert_int_equal(r->count, 3);
    for (size_t i = 0; i < r->count; i++) {
        assert_false(str_has(r->errors[i].zh, STR("330327")) || str_has(r->errors[i].en, STR("330327")));
    }
    arena_free(a);
}

/* --- paths ------------------------------------------------------------------------------------------ */

static void
an_error_has_the_path_of_its_value_and_of_its_keyword(void **state)
{
    struct arena *a = arena_new(ARENA_BYTES);
    const struct schema_result *r = checked(
        a,
        "{\"properties\":{\"a/b~c\":{\"items\":{\"$ref\":\"#/$defs/n\"}},\"d\":{\"allOf\":[true,{\"required\":"
        "[\"e\"]}]}},\"$defs\":{\"n\":{\"type\":\"integer\"}}}",
        "{\"a/b~c\":[1,\"x\",2.5],\"d\":{}}");

    (void)state;
    assert_int_equal(r->count, 3);
    assert_text(r->errors[0].path, "/a~1b~0c/1");
    assert_text(r->errors[0].schema_path, "#/$defs/n/type");
    assert_text(r->errors[1].path, "/a~1b~0c/2");
    assert_text(r->errors[2].path, "/d");
    assert_text(r->errors[2].schema_path, "#/properties/d/allOf/1/required");
    assert_text(r->errors[2].missing, "e");
    arena_free(a);
}

static void
errors_are_several_at_once_and_bounded(void **state)
{
    struct arena *a = arena_new(ARENA_BYTES);
    char text[400] = "[";
    const struct schema_result *r;

    (void)state;
    for (int i = 0; i < SCHEMA_ERRORS_MAX; i++) {
        memcpy(text + strlen(text), i == 0 ? "1" : ",1", i == 0 ? 2 : 3);
    }
    memcpy(text + strlen(text), "]", 2);
    r = checked(a, "{\"items\":{\"type\":\"null\"}}", text);
    assert_int_equal(r->count, SCHEMA_ERRORS_MAX);
    assert_false(r->is_cut);
    memcpy(text + strlen(text) - 1, ",1]", 4);
    r = checked(a, "{\"items\":{\"type\":\"null\"}}", text);
    assert_int_equal(r->count, SCHEMA_ERRORS_MAX);
    assert_true(r->is_cut);
    arena_free(a);
}

/* --- numbers ---------------------------------------------------------------------------------------- */

static void
numbers_are_exact_however_long_they_are(void **state)
{
    static const struct {
        const char *schema, *document;
        bool is_valid;
    } cases[] = {
        {"{\"const\":1}", "1.0", true},
        {"{\"const\":100}", "1e2", true},
        {"{\"const\":9007199254740993}", "9007199254740992", false},
        {"{\"type\":\"integer\"}", "123456789012345678901234567890", true},
        {"{\"type\":\"integer\"}", "1.5e1", true},
        {"{\"type\":\"integer\"}", "1.55e1", false},
        {"{\"maximum\":123456789012345678901234567890}", "123456789012345678901234567891", false},
        {"{\"maximum\":123456789012345678901234567890}", "123456789012345678901234567890.0", true},
        {"{\"minimum\":-0.1}", "-0.10000000000000000001", false},
        {"{\"exclusiveMaximum\":0}", "-0.0", false},
        {"{\"maximum\":0}", "1e-400", false},
        {"{\"minimum\":1e400}", "1e401", true},
        {"{\"multipleOf\":0.01}", "19.99", true},
        {"{\"multipleOf\":0.01}", "19.995", false},
        {"{\"multipleOf\":0.0001}", "0.0075", true},
        {"{\"multipleOf\":7}", "700000000000000000000000000000000000007", true},
        {"{\"multipleOf\":7}", "700000000000000000000000000000000000008", false},
        {"{\"multipleOf\":0.123456789}", "1e308", false},
        {"{\"multipleOf\":0.5}", "1e308", true},
        {"{\"multipleOf\":1024}", "1e10", true},
        {"{\"multipleOf\":1024}", "1e9", false},
        {"{\"multipleOf\":3}", "0", true},
        {"{\"multipleOf\":1e30}", "3e30", true},
        {"{\"multipleOf\":10}", "35", false},
        {"{\"maxLength\":1}", "\"😀\"", true},
        {"{\"minItems\":1e30}", "[1]", false},
        {"{\"uniqueItems\":true}", "[{\"a\":1,\"b\":[2]},{\"b\":[2.0],\"a\":1e0}]", false},
        {"{\"uniqueItems\":true}", "[0,false,null,\"\",[],{}]", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena *a = arena_new(ARENA_BYTES);
        if (checked(a, cases[i].schema, cases[i].document)->is_valid != cases[i].is_valid) {
            fail_msg("%s on %s", cases[i].schema, cases[i].document);
        }
        arena_free(a);
    }
}

/* --- formats ---------------------------------------------------------------------------------------- */

static const struct {
    const char *format;
    const char *right[8];
    const char *wrong[10];
} formats[] = {
    {"date", {"2026-11-23", "2024-02-29", "2000-02-29"},
     {"2023-02-29", "1900-02-29", "2026-13-01", "2026-11-31", "2026-11-3", "26-11-23", "2026-11-23 ", "২026-11-23"}},
    {"time", {"09:30:00Z", "09:30:00.5+08:00", "23:59:60Z", "07:59:60+08:00", "09:30:00z"},
     {"09:30:00", "24:00:00Z", "09:60:00Z", "22:59:60Z", "09:30:00.Z", "09:30Z", "09:30:00+24:00", "23:59:61Z"}},
    {"date-time", {"2026-11-23T09:30:00+08:00", "2026-11-23t09:30:00z"},
     {"2026-11-23 09:30:00Z", "2026-11-23", "2026-02-30T00:00:00Z", "2026-11-23T09:30:00"}},
    {"duration", {"P4DT12H30M5S", "P30D", "PT1M", "P1W", "P1Y2M", "PT0S"},
     {"P", "PT", "P1", "1D", "P1D1Y", "P1YT", "P1W2D", "PT1D", "P1.5D", "P1Y1D"}},
    {"email", {"a.b@example.gov.cn", "\"a b\"@example.com", "te~st@example.com", "a@[127.0.0.1]", "a@[IPv6:::1]"},
     {"a", "@b.cn", "a@", ".a@b.cn", "a.@b.cn", "a..b@c.cn", "a b@c.cn", "a@b_c.cn", "a@[300.1.1.1]"}},
    {"hostname", {"www.gov.cn", "a", "xn--fiqs8s", "1.2"}, {"", "-a.cn", "a-.cn", "a..cn", "a_b", "政府", "a.", "ab--c.cn"}},
    {"ipv4", {"127.0.0.1", "0.0.0.0", "255.255.255.255"},
     {"256.0.0.1", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.4.", "1..2.3", "a.2.3.4", "1.2.3.-4", "0x7f.0.0.1"}},
    {"ipv6", {"::", "::1", "1:2:3:4:5:6:7:8", "1::8", "::ffff:192.0.2.1", "1:2:3:4:5:6:7::", "1:2:3:4:5:6:1.2.3.4"},
     {":", ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::", "::1%eth0", "1:2:3:4:5:6:7:1.2.3.4", "::g", ":1:2::"}},
    {"uri", {"https://www.gov.cn/a?b=c#d", "urn:a:b", "http://u:p@[::1]:80/", "a:", "mailto:a@b.cn", "http://a/%20"},
     {"/a", "http://a b", "http://a/%2", "//a", "http://[::1", "http://a:b/", "http://a/<", "http://政府/", "\\\\a", ":a"}},
    {"uri-reference", {"/a", "", "#a", "?b", "//a/b", "a:b", "./a:b"}, {"a b", "\\a", "#a\\b", "1a:b", "%"}},
    {"iri", {"http://政府.cn/服务?甲=乙", "urn:甲"}, {"/服务", "http://a b/", "http://政府/%"}},
    {"iri-reference", {"/服务", "服务#甲"}, {"服 务", "\\服务"}},
    {"uuid", {"2eb8aa08-aa98-11ea-b4aa-73b441d16380", "2EB8AA08-AA98-11EA-B4AA-73B441D16380"},
     {"2eb8aa08-aa98-11ea-b4aa-73b441d1638", "2eb8aa08aa9811eab4aa73b441d16380", "geb8aa08-aa98-11ea-b4aa-73b441d16380"}},
    {"json-pointer", {"", "/", "/a~0b/~1", "/a/0"}, {"a", "/~", "/~2", "#/a"}},
    {"relative-json-pointer", {"0", "1/a", "0#", "10/b"}, {"", "01/a", "-1/a", "0##", "/a", "+1"}},
    {"regex", {"^a+$", ""}, {"^(a", "a**", "\\a"}},
    {"person-id", {"11010519491231002X"}, {"110105194912310021", "11010519491231002x", "1101051949123100", "11010520991231002X"}},
    {"uscc", {"91350100M000100Y43"}, {"91350100M000100Y4", "91350100I000100Y43"}},
    {"region-code", {"330327"}, {"33032", "33032a", "3303277"}},
    {"mobile", {"13800000000"}, {"23800000000", "1380000000", "+8613800000000"}},
    {"date-not-past", {"2026-11-23", "2026-11-24", "9999-12-31"}, {"2026-11-22", "2027-02-29", "2027-1-1", "0000-01-01", ""}},
    {"nobody-knows-it", {"x"}, {NULL}},
};

static bool
is_of(struct arena *a, const char *format, const char *text)
{
    struct err err;
    bool holds = false;

    assert_int_equal(schema_format_holds(a, str_of(format), str_of(text), TODAY, &holds, &err), RC_OK);
    return holds;
}

static void
formats_take_what_their_standards_say(void **state)
{
    struct arena *a = arena_new(ARENA_BYTES);

    (void)state;
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        for (size_t k = 0; k < 8 && formats[i].right[k] != NULL; k++) {
            if (!is_of(a, formats[i].format, formats[i].right[k])) {
                fail_msg("%s refuses %s", formats[i].format, formats[i].right[k]);
            }
        }
        for (size_t k = 0; k < 10 && formats[i].wrong[k] != NULL; k++) {
            if (is_of(a, formats[i].format, formats[i].wrong[k])) {
                fail_msg("%s takes %s", formats[i].format, formats[i].wrong[k]);
            }
        }
    }
    arena_free(a);
}

/* --- schemas that are none -------------------------------------------------------------------------- */

static const struct {
    const char *schema, *says;
    enum rc rc;
} bad[] = {
    {"1", "schema: a schema is an object, true or false, at #", RC_INVALID},
    {"{\"properties\":{\"a\":{\"type\":\"text\"}}}",
     "schema: wants the name of a type, or a list of them, at #/properties/a/type", RC_INVALID},
    {"{\"properties\":{\"a\":3}}", "schema: a schema is an object, true or false, at #/properties/a", RC_INVALID},
    {"{\"properties\":[]}", "schema: wants schemas by name, at #/properties", RC_INVALID},
    {"{\"allOf\":{}}", "schema: wants a list of schemas, at #/allOf", RC_INVALID},
    {"{\"anyOf\":[]}", "schema: wants at least one schema, at #/anyOf", RC_INVALID},
    {"{\"minLength\":-1}", "schema: wants a whole number, 0 or more, at #/minLength", RC_INVALID},
    {"{\"multipleOf\":0}", "schema: wants a number above 0, at #/multipleOf", RC_INVALID},
    {"{\"multipleOf\":1234567890123456789012345678901234567}", "schema: multipleOf with more than 36 digits", RC_LIMIT},
    {"{\"items\":{\"pattern\":\"a(\"}}",
     "schema: pattern: a group that is not closed, at byte 1, at #/items/pattern", RC_INVALID},
    {"{\"patternProperties\":{\"*\":true}}", "schema: pattern: nothing to repeat, at byte 0, at #/patternProperties",
     RC_INVALID},
    {"{\"required\":\"a\"}", "schema: wants lists of names, at #/required", RC_INVALID},
    {"{\"contains\":true,\"minContains\":\"1\"}", "schema: wants a whole number, 0 or more, at #/minContains", RC_INVALID},
    {"{\"$ref\":\"#/$defs/none\"}", "schema: refers to nothing, at #/$ref", RC_INVALID},
    {"{\"$ref\":\"#none\"}", "schema: refers to nothing, at #/$ref", RC_INVALID},
    {"{\"$ref\":\"https://example.cn/a\"}", "schema: refers to a document that is not here, at #/$ref", RC_INVALID},
    {"{\"$ref\":\"#\"}", "schema: refers back to itself without looking at anything, at #", RC_INVALID},
    {"{\"anyOf\":[{\"$ref\":\"#/$defs/a\"}],\"$defs\":{\"a\":{\"not\":{\"$ref\":\"#\"}}}}",
     "schema: refers back to itself without looking at anything, at #", RC_INVALID},
    {"{\"$schema\":\"http://json-schema.org/draft-07/schema#\"}",
     "schema: neither draft 2020-12 nor a metaschema that is here, at #/$schema", RC_INVALID},
    {"{\"$defs\":{\"a\":{\"$anchor\":\"x\"},\"b\":{\"$anchor\":\"x\"}}}",
     "schema: is the name of another schema, too, at #/$defs/b/$anchor", RC_INVALID},
    {"{\"$defs\":{\"a\":{\"$id\":\"urn:x\"},\"b\":{\"$id\":\"urn:x\"}}}",
     "schema: is that of another schema, too, at #/$defs/b/$id", RC_INVALID},
};

static void
a_schema_that_is_none_is_refused_with_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct arena *a = arena_new(ARENA_BYTES);
        const struct schema *schema;
        struct err err = {.text = ""};
        enum rc rc = schema_compile(a, STR(""), parsed(a, bad[i].schema), NULL, &schema, &err);
        assert_string_equal(err.text, bad[i].says);
        assert_int_equal(rc, bad[i].rc);
        arena_free(a);
    }
}

/* --- limits ----------------------------------------------------------------------------------------- */

static void
assert_limit(const char *schema_text, const struct json *document, struct arena *a, const char *says)
{
    struct schema_result *result = arena_alloc(a, 1, sizeof(*result));
    const struct schema *schema;
    struct err err = {.text = ""};

    assert_non_null(result);
    assert_int_equal(schema_compile(a, STR(""), parsed(a, schema_text), NULL, &schema, &err), RC_OK);
    assert_int_equal(schema_check(schema, a, document, TODAY, result, &err), RC_LIMIT);
    assert_string_equal(err.text, says);
}

static void
a_check_past_its_limits_is_told(void **state)
{
    struct arena *a = arena_new(1 << 26);
    struct json *deep = json_array(a);

    (void)state;
    for (int i = 0; i <= SCHEMA_DEPTH_MAX; i++) {
        struct json *outer = json_array(a);
        json_push(outer, deep);
        deep = outer;
    }
    assert_limit("{\"items\":{\"$ref\":\"#\"}}", deep, a, "schema: more than 64 schemas in one another");
    assert_limit("{\"$dynamicRef\":\"#a\",\"$dynamicAnchor\":\"a\"}", parsed(a, "1"), a,
                 "schema: more than 64 schemas in one another");
    /* Two to the power of the depth, were it not for the steps. */
    assert_limit("{\"items\":{\"anyOf\":[{\"$ref\":\"#/$defs/x\"},{\"$ref\":\"#/$defs/x\"}]},\"$defs\":{\"x\":{\"items\":{\"oneOf\":"
                 "[{\"$ref\":\"#/$defs/x\"},{\"$ref\":\"#/$defs/x\"},{\"$ref\":\"#/$defs/x\"}]},\"minItems\":1}}}",
                 parsed(a, "[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]"),
                 a, "schema: more than 5000000 steps for one document");
    assert_limit("{\"pattern\":\"^(a+)+$\"}", parsed(a, "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\""), a,
                 "schema: pattern: takes too many steps on a text of 44 bytes");
    arena_free(a);
}

static const char whole[] =
    "{\"$id\":\"urn:a\",\"type\":\"object\",\"required\":[\"a\",\"b\"],\"properties\":{\"a\":{\"$ref\":\"urn:b\"},\"b\":"
    "{\"pattern\":\"^x\"}},\"patternProperties\":{\"^c\":{\"uniqueItems\":true}},\"anyOf\":[{\"dependentRequired\":"
    "{\"a\":[\"z\"]}},{\"contains\":true}],\"unevaluatedProperties\":false,\"$defs\":{\"n\":{\"$anchor\":\"n\"}}}";

static enum rc
run_whole(struct arena *a, struct arena *work, const struct json *root, const struct json *other,
          const struct json *document, size_t *errors)
{
    struct schema_document documents[] = {{STR("urn:b"), other}};
    struct schema_options options = {documents, 1, true};
    struct schema_result result;
    const struct schema *schema;
    struct err err = {.text = ""};
    enum rc rc = schema_compile(a, STR(""), root, &options, &schema, &err);

    rc = rc == RC_OK ? schema_check(schema, work, document, TODAY, &result, &err) : rc;
    assert_true(rc == RC_OK || (rc == RC_LIMIT && err.text[0] != '\0'));
    *errors = rc == RC_OK ? result.count : 0;
    return rc;
}

static void
an_arena_that_is_full_at_any_moment_is_a_clean_error(void **state)
{
    struct arena *keep = arena_new(ARENA_BYTES);
    const struct json *root = parsed(keep, whole);
    const struct json *other = parsed(keep, "{\"type\":\"number\"}");
    const struct json *document = parsed(keep, "{\"a\":\"1\",\"b\":\"y\",\"c\":[1,1],\"d\":1}");

    (void)state;
    for (int on_work = 0; on_work < 2; on_work++) {
        enum rc rc = RC_LIMIT;
        size_t n = 0;
        size_t errors = 0;
        while (rc != RC_OK) {
            struct arena *a = arena_new(ARENA_BYTES);
            struct arena *work = arena_new(ARENA_BYTES);
            arena_fail_at(on_work == 1 ? work : a, ++n);
            rc = run_whole(a, work, root, other, document, &errors);
            arena_free(work);
            arena_free(a);
            assert_true(n < 1000);
        }
        assert_true(n > (on_work == 1 ? 3 : 10)); /* a check takes memory once for each error */
        assert_int_equal(errors, 3);
    }
    arena_free(keep);
}

/* Each number of the table before each: what fits into 64 bits and what does not. */
static void
short_numbers_are_compared_as_long_ones_are(void **state)
{
    static const struct str numbers[] = {
        STR_INIT("0"),      STR_INIT("-0.0"), STR_INIT("1"),    STR_INIT("1.0"),  STR_INIT("-1"),  STR_INIT("126.50"),
        STR_INIT("126.5"),  STR_INIT("0.01"), STR_INIT("1e2"),  STR_INIT("100"),  STR_INIT("0.3"), STR_INIT("9E-1"),
        STR_INIT("999999999999999999"),       STR_INIT("-99999999999999999"),     STR_INIT("12345678901234567890"),
        STR_INIT("0.0000000000000001"),       STR_INIT("1000000000000000.5"),     STR_INIT("1000000000000000.50"),
        STR_INIT("0.00000000000000000000001"), STR_INIT("33")};
    const size_t count = sizeof(numbers) / sizeof(numbers[0]);

    (void)state;
    for (size_t i = 0; i < count * count; i++) {
        struct str number = numbers[i / count];
        struct schema_bound bound = schema_bound_of(numbers[i % count]);
        bool is_divisor = schema_number_cmp(bound.text, STR("0")) > 0;
        if (schema_bound_cmp(number, &bound) != schema_number_cmp(number, bound.text) ||
            (is_divisor && schema_bound_divides(&bound, number) != schema_number_is_multiple(number, bound.text))) {
            fail_msg("%.*s before %.*s", STR_ARG(number), STR_ARG(bound.text));
        }
    }
}

/* Both walks say the same of the same, in the same order. */
static void
assert_same(const struct schema_result *quick, const struct schema_result *slow, const char *schema, const char *document)
{
    bool is_same = quick->is_valid == slow->is_valid && quick->count == slow->count && quick->is_cut == slow->is_cut;

    for (size_t i = 0; i < slow->count && is_same; i++) {
        const struct schema_error *a = &quick->errors[i];
        const struct schema_error *b = &slow->errors[i];
        is_same = str_eq(a->path, b->path) && str_eq(a->schema_path, b->schema_path) && str_eq(a->missing, b->missing) &&
                  str_eq(a->zh, b->zh);
    }
    if (!is_same) {
        fail_msg("%s on %s", schema, document);
    }
}

/* What a walk that says nothing has of its own; whether it is right is what the slow one says. */
static void
a_quick_answer_is_that_of_the_slow_walk(void **state)
{
    static const char *const schemas[] = {
        "{\"required\":[\"a\",\"z\"],\"properties\":{\"a\":{},\"b\":{\"type\":\"integer\"}}}",
        "{\"required\":[\"b\",\"a\"],\"properties\":{\"a\":{},\"b\":{\"type\":[\"string\",\"integer\"]}}}",
        "{\"properties\":{\"a\":{},\"b\":{}},\"unevaluatedProperties\":{\"type\":\"string\"}}",
        "{\"properties\":{\"a\":{}},\"anyOf\":[{\"properties\":{\"b\":{}}},{}],\"unevaluatedProperties\":false}",
        "{\"additionalProperties\":{\"const\":1},\"unevaluatedProperties\":false}",
        "{\"unevaluatedProperties\":{\"type\":\"number\"}}",
        "{\"dependentRequired\":{\"b\":[\"z\"]},\"propertyNames\":{\"maxLength\":8}}",
        "{\"dependentSchemas\":{\"a\":{\"required\":[\"b\"]}},\"patternProperties\":{\"^a\":{\"const\":1}}}",
        "{\"uniqueItems\":true,\"contains\":{\"const\":3},\"maxContains\":1}",
        "{\"prefixItems\":[{\"const\":1}],\"items\":{\"type\":\"number\"},\"unevaluatedItems\":false}",
        "{\"oneOf\":[{\"required\":[\"a\"]},{\"required\":[\"b\"]}]}",
        "{\"if\":{\"required\":[\"a\"]},\"then\":{\"required\":[\"b\"]},\"else\":{\"minProperties\":1}}",
        "{\"not\":{\"required\":[\"a\",\"b\"]}}",
        "{\"minLength\":2,\"maxLength\":3}",
        "{\"propertyNames\":{\"maxLength\":1,\"enum\":[\"b\",\"zz\"]}}",
        "{\"required\":[\"q\",\"a\"],\"properties\":{\"a\":{\"type\":\"string\"},\"q\":{}},\"additionalProperties\":false}",
        ("{\"$id\":\"urn:t\",\"$ref\":\"#/$defs/t\",\"$defs\":{\"t\":{\"properties\":{\"t\":{\"$ref\":\"#/$defs/t\"},\"l\":{\"items\":"
        "{\"$ref\":\"#/$defs/t\"}},\"n\":{\"minimum\":1,\"multipleOf\":2},\"s\":{\"enum\":[\"x\"]}},\"required\":[\"n\"],"
        "\"unevaluatedProperties\":false}}}"),
        ("{\"properties\":{\"t\":{\"anyOf\":[{\"required\":[\"zz\"]},{\"properties\":{\"t\":{\"unevaluatedProperties\":false},"
        "\"n\":{\"const\":2}}}],\"unevaluatedProperties\":{\"type\":\"array\"}},\"n\":{\"maximum\":0}}}"),
    };
    static const char *const documents[] = {
        "{}", "{\"a\":1}", "{\"b\":2,\"a\":1}", "{\"a\":1,\"b\":\"x\",\"z\":3}", "{\"a long name\":\"x\"}",
        "{\"b\":2,\"c\":2}", "[]", "[1,3]", "[3,1,3]", "[1,2,3,4,5,6,7,8,9,9.0]", "[1,\"3\"]", "\"政\"", "\"政通\"",
        "\"政通政通\"", "\"abcd\"", "{\"b\":1,\"zz\":1,\"y\":1}",
        ("{\"n\":0,\"t\":{\"t\":{\"t\":{\"t\":{\"n\":2,\"l\":[{\"n\":2},{\"n\":3,\"s\":\"y\"},{\"s\":\"x\"}],\"x~/\":1}}},\"n\":-1},"
        "\"s\":\"z\",\"l\":[{\"n\":2,\"t\":{\"t\":{\"n\":1}}},{},{\"n\":-3}]}")};
    struct arena *a = arena_new(ARENA_BYTES);

    (void)state;
    for (size_t i = 0; i < 2 * sizeof(schemas) / sizeof(schemas[0]); i++) {
        const struct schema *schema;
        struct err err;
        /* What is inside "not" may be wrong neither way. */
        const char *text = i % 2 == 0 ? schemas[i / 2] : str_fmt(a, "{\"not\":%s}", schemas[i / 2]).ptr;
        assert_int_equal(schema_compile(a, STR(""), parsed(a, text), NULL, &schema, &err), RC_OK);
        for (size_t k = 0; k < sizeof(documents) / sizeof(documents[0]); k++) {
            const struct json *document = parsed(a, documents[k]);
            struct schema_result quick, slow;
            assert_int_equal(schema_check(schema, a, document, TODAY, &quick, &err), RC_OK);
            assert_int_equal(schema_check_slowly(schema, a, document, TODAY, &slow, &err), RC_OK);
            assert_same(&quick, &slow, text, documents[k]);
        }
    }
    arena_free(a);
}

static void
a_format_says_nothing_unless_asked_to(void **state)
{
    struct arena *a = arena_new(ARENA_BYTES);
    struct schema_result result;
    const struct schema *schema;
    struct err err;

    (void)state;
    assert_int_equal(schema_compile(a, STR(""), parsed(a, "{\"format\":\"date\"}"), NULL, &schema, &err), RC_OK);
    assert_int_equal(schema_check(schema, a, parsed(a, "\"x\""), TODAY, &result, &err), RC_OK);
    assert_true(result.is_valid);
    assert_false(checked(a, "{\"format\":\"date\"}", "\"x\"")->is_valid);
    arena_free(a);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_says_which_field_what_is_wrong_and_how_to_mend_it),
        cmocka_unit_test(an_english_sentence_calls_a_field_by_its_english_title),
        cmocka_unit_test(a_field_is_called_as_the_document_calls_it_however_its_schema_is_reached),
        cmocka_unit_test(what_is_wrong_with_the_closest_alternative_is_said),
        cmocka_unit_test(a_value_that_is_wrong_is_never_repeated_in_a_message),
        cmocka_unit_test(an_error_has_the_path_of_its_value_and_of_its_keyword),
        cmocka_unit_test(errors_are_several_at_once_and_bounded),
        cmocka_unit_test(numbers_are_exact_however_long_they_are),
        cmocka_unit_test(formats_take_what_their_standards_say),
        cmocka_unit_test(a_schema_that_is_none_is_refused_with_its_place),
        cmocka_unit_test(a_check_past_its_limits_is_told),
        cmocka_unit_test(an_arena_that_is_full_at_any_moment_is_a_clean_error),
        cmocka_unit_test(short_numbers_are_compared_as_long_ones_are),
        cmocka_unit_test(a_quick_answer_is_that_of_the_slow_walk),
        cmocka_unit_test(a_format_says_nothing_unless_asked_to),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
