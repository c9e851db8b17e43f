#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/asset.h"
#include "base/mem.h"
#include "service/form.h"

enum { ROOM = 8 << 20 };

/* 2026-11-23 */
enum { TODAY = 20780 };

/* What the restaurant's form does not have. */
static const char extra[] =
    "{\"sections\":[{\"id\":\"one\",\"title_zh\":\"一\",\"title_en\":\"One\",\"fields\":["
    "{\"id\":\"owner\",\"type\":\"person_id\",\"title_zh\":\"身份证号\",\"title_en\":\"ID number\",\"required\":true},"
    "{\"id\":\"start\",\"type\":\"date\",\"title_zh\":\"开工\",\"title_en\":\"Start\",\"not_past\":true},"
    "{\"id\":\"word\",\"type\":\"text\",\"title_zh\":\"一句话\",\"title_en\":\"A word\",\"max_length\":5},"
    "{\"id\":\"length\",\"type\":\"number\",\"title_zh\":\"长\",\"title_en\":\"Length\",\"unit_zh\":\"米\","
    "\"unit_en\":\"running metres\"},"
    "{\"id\":\"fetched\",\"type\":\"prefill\",\"title_zh\":\"登记的\",\"title_en\":\"Registered\",\"required\":true,"
    "\"prefill\":{\"resource\":\"a/b\",\"key_from\":\"subject.identifier\",\"member\":\"m\"}},"
    "{\"id\":\"agree\",\"type\":\"check\",\"title_zh\":\"同意\",\"title_en\":\"I agree\"}]},"
    "{\"id\":\"two\",\"title_zh\":\"二\",\"fields\":["
    "{\"id\":\"small\",\"type\":\"text\",\"title_zh\":\"短\",\"when\":{\"field\":\"length\",\"less_than\":2.5}},"
    "{\"id\":\"large\",\"type\":\"text\",\"title_zh\":\"长\",\"when\":{\"not\":{\"field\":\"length\",\"less_than\":2.5}}},"
    "{\"id\":\"both\",\"type\":\"text\",\"title_zh\":\"都\",\"when\":{\"all\":[{\"field\":\"length\",\"at_least\":2.5},"
    "{\"field\":\"agree\",\"is\":\"yes\"}]}},"
    "{\"id\":\"either\",\"type\":\"text\",\"title_zh\":\"或\",\"when\":{\"any\":[{\"field\":\"length\",\"at_least\":2.5},"
    "{\"field\":\"agree\",\"is\":\"yes\"}]}},"
    "{\"id\":\"known\",\"type\":\"text\",\"title_zh\":\"知\",\"when\":{\"field\":\"fetched\",\"is\":\"老张面馆\"}},"
    "{\"id\":\"chained\",\"type\":\"text\",\"title_zh\":\"链\",\"when\":{\"field\":\"both\",\"is\":\"go\"}}]}]}";

struct desk {
    struct arena *arena;
    struct form *form;
    struct json *values;
    struct json *errors;
    struct str lang;
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

static int
open_desk(void **state)
{
    struct desk *d = mem_new(1, sizeof(*d));
    struct json *item;
    struct err err;

    d->arena = arena_new(ROOM);
    d->values = json_object(d->arena);
    d->lang = STR("zh");
    assert_int_equal(json_parse(d->arena, asset_text(asset_find(STR("demo/items/restaurant.json"))),
                                JSON_UNIQUE, &item, &err),
                     RC_OK);
    assert_int_equal(form_load(d->arena, json_get(item, "form"), &d->form, &err), RC_OK);
    *state = d;
    return 0;
}

static int
open_extra(void **state)
{
    struct desk *d;
    struct err err;

    (void)open_desk(state);
    d = *state;
    assert_int_equal(form_load(d->arena, parsed(d->arena, extra), &d->form, &err), RC_OK);
    return 0;
}

static int
close_desk(void **state)
{
    struct desk *d = *state;

    arena_free(d->arena);
    mem_free(d);
    return 0;
}

static void
take(struct desk *d, const char *section, const char *input)
{
    struct err err = {.text = ""};
    size_t at = form_section_by_id(d->form, str_of(section));

    if (form_take(d->form, d->arena, at, parsed(d->arena, input), TODAY, d->lang, d->values,
                  &d->errors, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
}

static void
check(struct desk *d, const char *section)
{
    struct err err = {.text = ""};
    size_t at = form_section_by_id(d->form, str_of(section));

    assert_int_equal(form_check(d->form, d->arena, at, d->values, TODAY, d->lang, &d->errors, &err),
                     RC_OK);
}

static struct str
value(const struct desk *d, const char *field)
{
    return json_str(d->values, field);
}

static void
assert_value(const struct desk *d, const char *field, const char *want)
{
    if (!str_eq(value(d, field), str_of(want))) {
        fail_msg("%s is \"%.*s\", not \"%s\"", field, STR_ARG(value(d, field)), want);
    }
}

static struct str
message(const struct desk *d, const char *field)
{
    for (const struct json *e = d->errors->first; e != NULL; e = e->next) {
        if (str_eq(json_str(e, "field"), str_of(field))) {
            return json_str(e, "message");
        }
    }
    return STR("");
}

static void
assert_message(const struct desk *d, const char *field, const char *want)
{
    if (!str_eq(message(d, field), str_of(want))) {
        fail_msg("%s: \"%.*s\", not \"%s\"", field, STR_ARG(message(d, field)), want);
    }
}

/* --- what is typed -------------------------------------------------------------------------------- */

static void
numbers_are_read_as_people_write_them(void **state)
{
    static const struct {
        const char *typed;
        const char *kept;
        bool is_good;
    } cases[] = {
        {"86", "86", true}, {"  86 ", "86", true},
        {"８６", "86", true}, {"８６　平方米", "86", true},
        {"86平方米", "86", true}, {"86 m²", "86", true},
        {"1,234", "1234", true}, {"１，２３４.5", "1234.5", true},
        {"12,345.678", "12345.678", true}, {"0086", "86", true},
        {"0086.50", "86.50", true}, {"5", "5", true},
        {"20000", "20000", true}, {"20000.0", "20000.0", true},
        {"4.99", "4.99", false}, {"20000.01", "20000.01", false},
        {"1,5", "1,5", false},      /* one and a half? fifteen? */
        {"1234,567", "1234,567", false}, {",123", ",123", false},
        {"1,234,56", "1,234,56", false}, {"1.234,567", "1.234,567", false},
        {"12 345", "12345", true},
        {"-86", "-86", false}, /* a sign is not dropped like the hyphens of a telephone number */
        {"－86", "－86", false}, {"86-90", "86-90", false},
        {"86 90", "86 90", false}, {"八十六", "八十六", false},
        {"86 or 90", "86 or 90", false}, {"1e3", "1e3", false},
        {"1234567890123456789", "1234567890123456789", false}, {"86亩", "86亩", false},
        {".", ".", false},
    };
    struct desk *d = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct str input = str_fmt(d->arena, "{\"area\":\"%s\"}", cases[i].typed);
        take(d, "place", str_c(d->arena, input));
        assert_value(d, "area", cases[i].kept);
        if ((message(d, "area").len == 0) != cases[i].is_good) {
            fail_msg("%s: %.*s", cases[i].typed, STR_ARG(message(d, "area")));
        }
        /* What was kept is kept when it is sent again. */
        take(d, "place", str_c(d->arena, str_fmt(d->arena, "{\"area\":\"%s\"}", cases[i].kept)));
        assert_value(d, "area", cases[i].kept);
    }
    take(d, "place", "{\"area\":86}");
    assert_value(d, "area", "86");
    take(d, "place", "{\"area\":86.5}");
    assert_value(d, "area", "86.5");
}

static void
a_unit_of_several_words_goes_too(void **state)
{
    struct desk *d = *state;

    take(d, "one", "{\"length\":\"12.5 running metres\"}");
    assert_value(d, "length", "12.5");
    take(d, "one", "{\"length\":\"12 米\"}");
    assert_value(d, "length", "12");
    take(d, "one", "{\"length\":\"米\"}");
    assert_value(d, "length", "米");
    assert_message(d, "length", "请填长，只填数字");
}

static void
dates_are_read_from_one_box_or_three(void **state)
{
    static const struct {
        const char *input;
        const char *kept;
        bool is_good;
    } cases[] = {
        {"{\"opening\":\"2026-12-18\"}", "2026-12-18", true},
        {"{\"opening\":\" 2026 12 18 \"}", "2026-12-18", true},
        {"{\"opening\":\"2026年12月18日\"}", "2026-12-18", true},
        {"{\"opening\":\"2026 年 2 月 8 号\"}", "2026-02-08", true},
        {"{\"opening\":\"２０２６／１２／１８\"}", "2026-12-18", true},
        {"{\"opening\":\"2026.2.8\"}", "2026-02-08", true},
        {"{\"opening.year\":\"2026\",\"opening.month\":\"2\",\"opening.day\":\"8\"}", "2026-02-08", true},
        {"{\"opening.year\":\"２０２６\",\"opening.month\":\"02\",\"opening.day\":\" 8日\"}", "2026-02-08", true},
        {"{\"opening.year\":\"2026\",\"opening.month\":\"2月\",\"opening.day\":\"8\"}", "2026-02-08", true},
        {"{\"opening\":\"2028-02-29\"}", "2028-02-29", true},
        {"{}", "", true}, /* not required */
        {"{\"opening\":\"2026-02-29\"}", "2026-02-29", false},
        {"{\"opening\":\"2026-13-01\"}", "2026-13-01", false},
        {"{\"opening\":\"2026-00-10\"}", "2026-00-10", false},
        {"{\"opening\":\"26-12-18\"}", "26-12-18", false},
        {"{\"opening\":\"18-12-2026\"}", "18-12-2026", false},
        {"{\"opening\":\"2026-12-18 09:00\"}", "2026-12-18 09:00", false},
        {"{\"opening\":\"2026-12-18-1\"}", "2026-12-18-1", false},
        {"{\"opening\":\"about 2026-12-18\"}", "about 2026-12-18", false},
        {"{\"opening\":\"2026-12\"}", "2026-12", false},
        {"{\"opening\":\"明年\"}", "明年", false},
        {"{\"opening.year\":\"2026\",\"opening.month\":\"2\"}", "2026 2", false},
        {"{\"opening.day\":\"8\"}", "8", false},
        {"{\"opening\":\"2026-12-18\",\"opening.year\":\"2026\"}", "2026-12-18 2026", false},
        {"{\"opening\":\"20261218\"}", "20261218", false},
        {"{\"opening\":\"99999999999999999999-1-1\"}", "99999999999999999999-1-1", false},
    };
    struct desk *d = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        take(d, "place", cases[i].input);
        assert_value(d, "opening", cases[i].kept);
        if ((message(d, "opening").len == 0) != cases[i].is_good) {
            fail_msg("%s: %.*s", cases[i].input, STR_ARG(message(d, "opening")));
        }
    }
}

static void
a_day_that_has_passed_is_told_where_it_matters(void **state)
{
    struct desk *d = *state;

    take(d, "one", "{\"start\":\"2026-11-22\"}");
    assert_message(d, "start", "这一天已经过去了");
    take(d, "one", "{\"start\":\"2026-11-23\"}");
    assert_message(d, "start", "");
}

static void
phones_and_numbers_of_persons_lose_what_people_put_between(void **state)
{
    struct desk *d = *state;

    take(d, "shop", "{\"phone\":\"１３８ 0013-8000\"}");
    assert_value(d, "phone", "13800138000");
    assert_message(d, "phone", "");
    take(d, "shop", "{\"phone\":\"0571-8888\"}");
    assert_value(d, "phone", "05718888");
    assert_message(d, "phone", "手机号是 11 位数字，1 开头");
}

static void
a_number_of_a_person_is_checked(void **state)
{
    struct desk *d = *state;

    take(d, "one", "{\"owner\":\"11010519491231002x\"}");
    assert_value(d, "owner", "11010519491231002X");
    assert_message(d, "owner", "");
    take(d, "one", "{\"owner\":\"110105194912310021\"}");
    assert_value(d, "owner", "110105194912310021");
    assert_message(d, "owner", "身份证号不对，请对照证件再看一遍");
    take(d, "one", "{}");
    assert_message(d, "owner", "请填身份证号");
}

static void
lines_end_alike_and_blanks_are_no_answer(void **state)
{
    struct desk *d = *state;

    take(d, "staff", "{\"staff_names\":\"王小明\\r\\n李四\\n张三\\r\\n\",\"health\":\"on\"}");
    assert_value(d, "staff_names", "王小明\n李四\n张三");
    assert_int_equal(d->errors->count, 0);
    take(d, "staff", "{\"staff_names\":\" \\u3000\\u200b \\t\\r\\n\",\"health\":\"on\"}");
    assert_value(d, "staff_names", "");
    assert_message(d, "staff_names", "请填接触食品的人");
    take(d, "staff", "{\"staff_names\":\"王\\u0007\",\"health\":\"on\"}");
    assert_value(d, "staff_names", "王\a");
    assert_message(d, "staff_names", "有看不见的字符，请重新填写");
    take(d, "staff", "{\"staff_names\":\"a\\u202eb\",\"health\":\"on\"}");
    assert_message(d, "staff_names", "有看不见的字符，请重新填写");
}

static void
length_is_counted_in_characters(void **state)
{
    struct desk *d = *state;

    take(d, "one", "{\"word\":\"一二三四五\"}");
    assert_message(d, "word", "");
    take(d, "one", "{\"word\":\"一二三四五六\"}");
    assert_value(d, "word", "一二三四五六");
    assert_message(d, "word", "最多 5 个字");
    d->lang = STR("en");
    check(d, "one");
    assert_message(d, "word", "At most 5 characters");
}

static void
a_box_is_ticked_or_not(void **state)
{
    static const struct {
        const char *input;
        const char *kept;
    } cases[] = {
        {"{\"health\":\"yes\"}", "yes"}, {"{\"health\":\"on\"}", "yes"}, {"{\"health\":true}", "yes"},
        {"{\"health\":\"no\"}", ""},     {"{\"health\":false}", ""},     {"{\"health\":1}", ""},
        {"{\"health\":\"YES!\"}", ""},   {"{}", ""},
    };
    struct desk *d = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        take(d, "staff", cases[i].input);
        assert_value(d, "health", cases[i].kept);
        assert_int_equal(message(d, "health").len > 0, cases[i].kept[0] == '\0');
    }
}

static void
several_choices_are_kept_once_each(void **state)
{
    struct desk *d = *state;

    take(d, "trade", "{\"business_kinds\":[\"hot\",\"cold\",\"hot\",\"\",7,null],\"delivery\":\"no\"}");
    assert_true(json_equal(json_get(d->values, "business_kinds"),
                           parsed(d->arena, "[\"hot\",\"cold\"]")));
    assert_int_equal(d->errors->count, 0);
    take(d, "trade", "{\"business_kinds\":\"hot\",\"delivery\":\"no\"}");
    assert_true(json_equal(json_get(d->values, "business_kinds"), parsed(d->arena, "[\"hot\"]")));
    take(d, "trade", "{\"business_kinds\":[\"hot\",\"wood\"],\"delivery\":\"perhaps\"}");
    assert_message(d, "business_kinds", "请从列出的里面选");
    assert_message(d, "delivery", "请从列出的里面选");
    assert_value(d, "delivery", "perhaps");
    take(d, "trade", "{\"business_kinds\":[],\"delivery\":\"\"}");
    assert_message(d, "business_kinds", "请选一项：做什么");
    assert_message(d, "delivery", "请选一项：送外卖吗");
    /* More than there are: no page full of them is kept. */
    take(d, "trade", "{\"business_kinds\":[\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\",\"h\"]}");
    assert_int_equal(json_get(d->values, "business_kinds")->count, 5);
}

/* --- who asks what -------------------------------------------------------------------------------- */

static void
what_is_asked_depends_on_what_was_answered(void **state)
{
    struct desk *d = *state;

    assert_false(form_is_asked(d->form, STR("bottle_room"), d->values));
    take(d, "place", "{\"area\":\"86\",\"fire\":\"bottle\"}");
    assert_true(form_is_asked(d->form, STR("bottle_room"), d->values));
    assert_message(d, "bottle_room", "请确认：有单独的气瓶间");
    take(d, "place", "{\"area\":\"86\",\"fire\":\"bottle\",\"bottle_room\":\"on\"}");
    assert_value(d, "bottle_room", "yes");
    /* Asked no more: not taken, not complained of, not forgotten, and not handed in. */
    take(d, "place", "{\"area\":\"86\",\"fire\":\"gas\",\"bottle_room\":\"\"}");
    assert_value(d, "bottle_room", "yes");
    assert_message(d, "bottle_room", "");
    const struct json *asked = form_asked_values(d->form, d->arena, d->values);
    assert_null(json_get(asked, "bottle_room"));
    assert_true(str_eq(json_str(asked, "area"), STR("86")));
    assert_true(str_eq(json_str(asked, "fire"), STR("gas")));
    assert_false(form_is_asked(d->form, STR("nothing"), d->values));
}

static void
conditions_compare_decimals_and_combine(void **state)
{
    static const struct {
        const char *length; /* NULL: not answered */
        bool agrees;
        bool small, large, both, either;
    } cases[] = {
        {"2.4999", false, true, false, false, false}, {"2.5", false, false, true, false, true},
        {"2.50", false, false, true, false, true},    {"2.51", true, false, true, true, true},
        {"10", true, false, true, true, true},        {"2", true, true, false, false, true},
        {"two", true, false, true, false, true},      {"", false, false, true, false, false},
        {NULL, false, false, true, false, false},
    };
    struct desk *d = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        d->values = json_object(d->arena);
        if (cases[i].length != NULL) {
            take(d, "one", str_c(d->arena, str_fmt(d->arena, "{\"length\":\"%s\",\"agree\":%s}",
                                                   cases[i].length,
                                                   cases[i].agrees ? "true" : "false")));
        }
        assert_int_equal(form_is_asked(d->form, STR("small"), d->values), cases[i].small);
        assert_int_equal(form_is_asked(d->form, STR("large"), d->values), cases[i].large);
        assert_int_equal(form_is_asked(d->form, STR("both"), d->values), cases[i].both);
        assert_int_equal(form_is_asked(d->form, STR("either"), d->values), cases[i].either);
    }
}

static void
an_answer_that_is_not_asked_any_more_decides_nothing(void **state)
{
    struct desk *d = *state;

    take(d, "one", "{\"length\":\"3\",\"agree\":true}");
    take(d, "two", "{\"both\":\"go\",\"chained\":\"x\"}");
    assert_true(form_is_asked(d->form, STR("chained"), d->values));
    assert_value(d, "chained", "x"); /* in one pass: its condition was answered just before it */
    take(d, "one", "{\"length\":\"3\",\"agree\":false}");
    assert_false(form_is_asked(d->form, STR("both"), d->values));
    assert_false(form_is_asked(d->form, STR("chained"), d->values));
}

static void
a_condition_may_ask_for_a_fetched_value(void **state)
{
    struct desk *d = *state;

    assert_false(form_is_asked(d->form, STR("known"), d->values));
    json_set(d->arena, d->values, "fetched",
             parsed(d->arena, "{\"value\":\"老张面馆\",\"source\":{\"node\":\"n\"}}"));
    assert_true(form_is_asked(d->form, STR("known"), d->values));
}

static void
a_part_of_a_bundle_applies_by_its_condition(void **state)
{
    static const char when[] = "{\"field\":\"area\",\"at_least\":300}";
    struct desk *d = *state;
    const struct json *condition = parsed(d->arena, when);

    assert_true(form_condition_holds(d->form, NULL, d->values));
    assert_false(form_condition_holds(d->form, condition, d->values));
    take(d, "place", "{\"area\":\"299.99\"}");
    assert_false(form_condition_holds(d->form, condition, d->values));
    take(d, "place", "{\"area\":\"300\"}");
    assert_true(form_condition_holds(d->form, condition, d->values));
}

/* --- messages ------------------------------------------------------------------------------------- */

static void
every_section_tells_what_is_missing_in_both_languages(void **state)
{
    static const struct {
        const char *section;
        const char *field;
        const char *zh;
        const char *en;
    } cases[] = {
        {"shop", "owner_name", "请填经营者", "Please fill in: Owner"},
        {"shop", "phone", "请填手机", "Please fill in: Mobile phone"},
        {"place", "area", "请填使用面积", "Please fill in: Floor area"},
        {"place", "fire", "请选一项：厨房用什么火", "Please choose: What do you cook with"},
        {"trade", "business_kinds", "请选一项：做什么", "Please choose: What do you make"},
        {"staff", "health", "请确认：他们都有有效的健康证明",
         "Please confirm: All of them hold valid health certificates"},
        {"papers", "plan", "请上传厨房布局图", "Please add: Kitchen plan"},
    };
    struct desk *d = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        d->lang = STR("zh");
        check(d, cases[i].section);
        assert_message(d, cases[i].field, cases[i].zh);
        d->lang = STR("en");
        check(d, cases[i].section);
        assert_message(d, cases[i].field, cases[i].en);
    }
    check(d, "all of them");
    assert_message(d, "plan", "Please add: Kitchen plan");
    assert_message(d, "owner_name", "Please fill in: Owner");
    assert_message(d, "platforms", ""); /* not asked */
}

static void
what_is_wrong_is_told_in_both_languages(void **state)
{
    static const struct {
        const char *section;
        const char *input;
        const char *field;
        const char *zh;
        const char *en;
    } cases[] = {
        {"place", "{\"area\":\"big\"}", "area", "请填使用面积，只填数字，比如 86",
         "Floor area: digits only, for example 86"},
        {"place", "{\"area\":\"4\"}", "area", "使用面积至少是 5", "Floor area: at least 5"},
        {"place", "{\"area\":\"20001\"}", "area", "使用面积最多是 20000", "Floor area: at most 20000"},
        {"place", "{\"opening\":\"soon\"}", "opening", "请填真实的年月日，比如 2026 12 18",
         "Please give a real date, for example 2026 12 18"},
        {"place", "{\"fire\":\"wood\"}", "fire", "请从列出的里面选", "Please choose from the list"},
        {"trade", "{\"business_kinds\":\"soup\"}", "business_kinds", "请从列出的里面选",
         "Please choose from the list"},
        {"shop", "{\"phone\":\"110\"}", "phone", "手机号是 11 位数字，1 开头",
         "A mobile number has 11 digits and begins with 1"},
    };
    struct desk *d = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        d->lang = STR("zh");
        take(d, cases[i].section, cases[i].input);
        assert_message(d, cases[i].field, cases[i].zh);
        d->lang = STR("en");
        check(d, cases[i].section);
        assert_message(d, cases[i].field, cases[i].en);
    }
}

/* --- fetched values and files ---------------------------------------------------------------------- */

static void
a_fetched_value_cannot_be_typed_over(void **state)
{
    struct desk *d = *state;
    struct json *fetched = parsed(
        d->arena, "{\"value\":\"老张面馆\",\"source\":{\"node\":\"zr\",\"act\":7}}");

    json_set(d->arena, d->values, "shop_name", json_copy(d->arena, fetched));
    take(d, "shop",
         "{\"shop_name\":\"我的\",\"owner_name\":{\"value\":\"王五\",\"source\":{\"node\":\"x\"}},"
         "\"phone\":\"13800138000\"}");
    assert_true(json_equal(json_get(d->values, "shop_name"), fetched));
    assert_null(json_get(d->values, "owner_name"));
    assert_message(d, "owner_name", "请填经营者");
    assert_message(d, "shop_name", "");
}

static void
a_silent_source_lets_the_applicant_go_on(void **state)
{
    static const struct {
        const char *stored;
        const char *zh;
    } cases[] = {
        {"{\"waiting\":true,\"problem\":\"silent\"}", ""},
        {"{\"waiting\":true,\"problem\":\"silent\",\"value\":\"王小明\"}", ""},
        {"{\"waiting\":true,\"problem\":\"silent\",\"value\":\"王\\u0000明\"}",
         "有看不见的字符，请重新填写"},
        {"{\"problem\":\"silent\"}", "请填登记的"}, {"{}", "请填登记的"},
        {"\"王小明\"", "请填登记的"}, {"[]", "请填登记的"},
        {"{\"value\":\"王小明\",\"source\":{\"node\":\"n\"}}", ""},
    };
    struct desk *d = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        json_set(d->arena, d->values, "fetched", parsed(d->arena, cases[i].stored));
        check(d, "one");
        assert_message(d, "fetched", cases[i].zh);
    }
}

#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define FILE_OF(hash, type, bytes)                                                                  \
    "{\"name\":\"a.png\",\"sha256\":\"" hash "\",\"type\":\"" type "\",\"bytes\":" bytes "}"

static void
only_files_that_were_kept_count_as_files(void **state)
{
    static const struct {
        const char *stored;
        const char *zh;
    } cases[] = {
        {"[" FILE_OF(HASH, "image/png", "7") "]", ""},
        {"[" FILE_OF(HASH, "image/png", "7") "," FILE_OF(HASH, "application/pdf", "10485760") "]", ""},
        {"[]", "请上传厨房布局图"}, {"null", "请上传厨房布局图"},
        {"\"plan.png\"", "请上传厨房布局图"}, {"{}", "请上传厨房布局图"},
        {"[\"plan.png\"]", "有一个文件没有存好，请重新上传"},
        {"[" FILE_OF("../../etc/passwd", "image/png", "7") "]", "有一个文件没有存好，请重新上传"},
        {"[" FILE_OF(HASH, "text/html", "7") "]", "有一个文件没有存好，请重新上传"},
        {"[" FILE_OF(HASH, "image/png", "-1") "]", "有一个文件没有存好，请重新上传"},
        {"[" FILE_OF(HASH, "image/png", "10485761") "]", "有一个文件没有存好，请重新上传"},
        {"[" FILE_OF(HASH, "image/png", "\"7\"") "]", "有一个文件没有存好，请重新上传"},
        {"[" FILE_OF(HASH, "image/png", "1") "," FILE_OF(HASH, "image/png", "2") ","
             FILE_OF(HASH, "image/png", "3") "," FILE_OF(HASH, "image/png", "4") "]", "最多 3 份"},
    };
    struct desk *d = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        json_set(d->arena, d->values, "plan", parsed(d->arena, cases[i].stored));
        check(d, "papers");
        assert_message(d, "plan", cases[i].zh);
    }
    /* And a form cannot bring them as text. */
    d->values = json_object(d->arena);
    take(d, "papers", "{\"plan\":[" FILE_OF(HASH, "image/png", "7") "],\"promise\":true}");
    assert_null(json_get(d->values, "plan"));
}

/* --- a supplement --------------------------------------------------------------------------------- */

static enum rc
answer(struct desk *d, const char *names, const char *input, struct json **values)
{
    struct err err;

    return form_take_fields(d->form, d->arena, parsed(d->arena, names), parsed(d->arena, input),
                            TODAY, d->lang, values, &d->errors, &err);
}

static void
a_supplement_takes_what_was_asked_and_nothing_else(void **state)
{
    static const char asked[] = "[{\"field\":\"area\"},{\"field\":\"shop_name\"},"
                                "{\"field\":\"opening\"},{\"field\":\"bottle_room\"}]";
    struct desk *d = *state;
    struct json *values = NULL;

    assert_int_equal(answer(d, asked,
                            "{\"area\":\"９０ 平方米\",\"shop_name\":\" 老张面馆 \",\"opening.year\":\"2026\","
                            "\"opening.month\":\"12\",\"opening.day\":\"1\",\"bottle_room\":\"on\","
                            "\"fire\":\"gas\",\"other\":\"x\"}",
                            &values),
                     RC_OK);
    assert_int_equal(d->errors->count, 0);
    assert_true(json_equal(values, parsed(d->arena, "{\"area\":\"90\",\"shop_name\":\"老张面馆\","
                                                    "\"opening\":\"2026-12-01\",\"bottle_room\":\"yes\"}")));
    /* Each is required, also what the form lets be. */
    assert_int_equal(answer(d, asked, "{\"area\":\"4\"}", &values), RC_OK);
    assert_int_equal(d->errors->count, 4);
    assert_message(d, "area", "使用面积至少是 5");
    assert_message(d, "opening", "请填打算哪天开业");
    assert_int_equal(answer(d, "[{\"field\":\"none\"}]", "{}", &values), RC_INVALID);
    assert_int_equal(answer(d, "[7]", "{}", &values), RC_INVALID);
    assert_int_equal(answer(d, "[]", "{\"area\":\"4\"}", &values), RC_OK);
    assert_int_equal(values->count, 0);
}

static void
files_of_a_supplement_are_checked_like_others(void **state)
{
    static const char asked[] = "[{\"field\":\"plan\"}]";
    struct desk *d = *state;
    struct json *values = NULL;

    assert_int_equal(answer(d, asked, "{\"plan\":[" FILE_OF(HASH, "image/png", "7") "]}", &values),
                     RC_OK);
    assert_int_equal(d->errors->count, 0);
    assert_int_equal(json_get(values, "plan")->count, 1);
    assert_int_equal(answer(d, asked, "{}", &values), RC_OK);
    assert_message(d, "plan", "请上传厨房布局图");
    assert_null(json_get(values, "plan"));
    assert_int_equal(answer(d, asked, "{\"plan\":\"x\"}", &values), RC_OK);
    assert_message(d, "plan", "请上传厨房布局图");
    assert_int_equal(answer(d, asked, "{\"plan\":[" FILE_OF("x", "image/png", "7") "]}", &values), RC_OK);
    assert_message(d, "plan", "有一个文件没有存好，请重新上传");
}

/* --- hostile input --------------------------------------------------------------------------------- */

static void
input_of_wrong_kinds_is_as_if_it_were_not_there(void **state)
{
    static const char *const kinds[] = {"null", "true", "7", "[]", "{}", "[[\"x\"]]", "{\"a\":1}",
                                        "[1,null,true]", "{\"value\":\"x\"}"};
    static const char *const sections[] = {"shop", "place", "trade", "staff", "papers"};
    struct desk *d = *state;

    for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
        d->values = json_object(d->arena);
        for (size_t s = 0; s < 5; s++) {
            struct str input = str_fmt(
                d->arena,
                "{\"phone\":%s,\"fire\":%s,\"bottle_room\":%s,\"opening\":%s,\"opening.year\":%s,"
                "\"business_kinds\":%s,\"delivery\":%s,\"platforms\":%s,\"staff_names\":%s,"
                "\"plan\":%s,\"owner_name\":%s,\"unknown\":%s,\"values\":%s}",
                kinds[k], kinds[k], kinds[k], kinds[k], kinds[k], kinds[k], kinds[k], kinds[k],
                kinds[k], kinds[k], kinds[k], kinds[k], kinds[k]);
            take(d, sections[s], str_c(d->arena, input));
        }
        for (const struct json *v = d->values->first; v != NULL; v = v->next) {
            assert_true(json_is(v, JSON_STRING) || json_is(v, JSON_ARRAY));
            assert_true(form_field(d->form, v->key) != NULL);
            assert_int_equal(v->kind == JSON_STRING ? v->text.len : v->count, 0);
        }
    }
    take(d, "shop", "[]");
    take(d, "shop", "7");
}

static void
a_flood_of_input_is_kept_as_typed_or_a_limit(void **state)
{
    struct desk *d = *state;
    size_t len = 200000;
    char *flood = arena_alloc(d->arena, len + 1, 1);
    struct json *input = json_object(d->arena);
    struct err err;

    memset(flood, '9', len);
    json_set_text(d->arena, input, "area", (struct str){flood, len});
    json_set_text(d->arena, input, "opening", (struct str){flood, len});
    assert_int_equal(form_take(d->form, d->arena, form_section_by_id(d->form, STR("place")), input,
                               TODAY, d->lang, d->values, &d->errors, &err),
                     RC_OK);
    assert_int_equal(value(d, "area").len, len);
    assert_int_equal(value(d, "opening").len, len);
    assert_true(message(d, "area").len > 0 && message(d, "area").len < 200);
    assert_true(message(d, "opening").len > 0);
    struct arena *tight = arena_new(100000);
    assert_int_equal(form_take(d->form, tight, form_section_by_id(d->form, STR("place")), input,
                               TODAY, d->lang, json_object(tight), &d->errors, &err),
                     RC_LIMIT);
    arena_free(tight);
}

/* Every allocation fails once: it is a limit, or the answer is what it would have been. */
static void
where_memory_ends_nothing_is_said_wrongly(void **state)
{
    static const char input[] = "{\"area\":\"1,000 平方米\",\"fire\":\"wood\",\"opening.year\":\"2026\","
                                "\"opening.month\":\"2\",\"opening.day\":\"31\"}";
    struct desk *d = *state;
    struct json *given = parsed(d->arena, input);
    size_t section = form_section_by_id(d->form, STR("place")), n;
    enum rc rc = RC_LIMIT;

    take(d, "place", input);
    for (n = 1; rc != RC_OK && n < 1000; n++) {
        struct arena *a = arena_new(ROOM);
        struct json *values = json_object(a), *errors = NULL;
        struct err err;
        arena_fail_at(a, n);
        rc = form_take(d->form, a, section, given, TODAY, STR("zh"), values, &errors, &err);
        assert_true(rc == RC_OK || rc == RC_LIMIT);
        if (rc == RC_OK) {
            assert_true(json_equal(errors, d->errors) && json_equal(values, d->values));
        }
        arena_free(a);
    }
    assert_int_equal(rc, RC_OK);
    assert_true(n > 30);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_desk, close_desk)
#define EXTRA(name) cmocka_unit_test_setup_teardown(name, open_extra, close_desk)
    const struct CMUnitTest tests[] = {
        TEST(numbers_are_read_as_people_write_them),
        EXTRA(a_unit_of_several_words_goes_too),
        TEST(dates_are_read_from_one_box_or_three),
        EXTRA(a_day_that_has_passed_is_told_where_it_matters),
        TEST(phones_and_numbers_of_persons_lose_what_people_put_between),
        EXTRA(a_number_of_a_person_is_checked),
        TEST(lines_end_alike_and_blanks_are_no_answer),
        EXTRA(length_is_counted_in_characters),
        TEST(a_box_is_ticked_or_not),
        TEST(several_choices_are_kept_once_each),
        TEST(what_is_asked_depends_on_what_was_answered),
        EXTRA(conditions_compare_decimals_and_combine),
        EXTRA(an_answer_that_is_not_asked_any_more_decides_nothing),
        EXTRA(a_condition_may_ask_for_a_fetched_value),
        TEST(a_part_of_a_bundle_applies_by_its_condition),
        TEST(every_section_tells_what_is_missing_in_both_languages),
        TEST(what_is_wrong_is_told_in_both_languages),
        TEST(a_fetched_value_cannot_be_typed_over),
        EXTRA(a_silent_source_lets_the_applicant_go_on),
        TEST(only_files_that_were_kept_count_as_files),
        TEST(a_supplement_takes_what_was_asked_and_nothing_else),
        TEST(files_of_a_supplement_are_checked_like_others),
        TEST(input_of_wrong_kinds_is_as_if_it_were_not_there),
        TEST(a_flood_of_input_is_kept_as_typed_or_a_limit),
        TEST(where_memory_ends_nothing_is_said_wrongly),
    };

    return cmocka_run_group_tests_name("form", tests, NULL, NULL);
}
