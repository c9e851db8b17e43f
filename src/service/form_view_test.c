#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/asset.h"
#include "base/mem.h"
#include "service/form.h"

enum { ROOM = 8 << 20 };

#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* An application half way: fetched, disputed, silent, typed, wrong, and asked no more. */
static const char filled[] =
    "{\"owner_name\":{\"value\":\"王小明\",\"source\":{\"node\":\"yl\",\"resource\":\"yl/person\",\"org_zh\":\"公安厅\","
    "\"org_en\":\"Police\",\"obtained\":\"2026-11-23T09:40:00+08:00\",\"act\":12,\"source_act\":34}},"
    "\"owner_id\":{\"value\":\"990102199001010011\",\"shown\":\"9901**********0011\",\"source\":{\"node\":\"yl\","
    "\"org_zh\":\"公安厅\",\"obtained\":\"2026-11-23T09:40:00+08:00\"},\"dispute\":{\"right\":\"换过号\"}},"
    "\"shop_name\":{\"value\":\"老张面馆\",\"waiting\":true,\"problem\":\"silent\",\"problem_zh\":\"市场监管局没有回应\","
    "\"problem_en\":\"Market Regulation does not answer\"},"
    "\"phone\":\"13800138000\",\"area\":\"86\",\"fire\":\"bottle\",\"bottle_room\":\"yes\",\"opening\":\"明年\","
    "\"business_kinds\":[\"hot\",\"drinks\"],\"delivery\":\"no\",\"platforms\":\"3\",\"staff_names\":\"王小明\\n李四\","
    "\"plan\":[{\"name\":\"厨房.png\",\"sha256\":\"" HASH "\",\"type\":\"image/png\",\"bytes\":2621440},"
    "{\"name\":\"b.pdf\",\"sha256\":\"" HASH "\",\"type\":\"application/pdf\",\"bytes\":1}]}";

struct desk {
    struct arena *arena;
    struct form *form;
    struct json *values;
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
    d->values = parsed(d->arena, filled);
    assert_int_equal(json_parse(d->arena, asset_text(asset_find(STR("demo/items/restaurant.json"))),
                                JSON_UNIQUE, &item, &err),
                     RC_OK);
    assert_int_equal(form_load(d->arena, json_get(item, "form"), &d->form, &err), RC_OK);
    *state = d;
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

static const struct json *
section(struct desk *d, const char *id, const char *errors, const char *lang)
{
    struct json *out = NULL;
    struct err err = {.text = ""};

    if (form_section_document(d->form, d->arena, form_section_by_id(d->form, str_of(id)), d->values,
                              parsed(d->arena, errors), str_of(lang), &out, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    return out;
}

static const struct json *
entry(const struct json *list, const char *key, const char *id)
{
    for (const struct json *e = list->first; e != NULL; e = e->next) {
        if (str_eq(json_str(e, key), str_of(id))) {
            return e;
        }
    }
    return NULL;
}

static const struct json *
shown(const struct json *section_document, const char *field)
{
    const struct json *found = entry(json_get(section_document, "fields"), "id", field);

    if (found == NULL) {
        fail_msg("%s is not shown", field);
    }
    return found;
}

static void
assert_text(const struct json *object, const char *key, const char *want)
{
    if (!str_eq(json_str(object, key), str_of(want))) {
        fail_msg("%s is \"%.*s\", not \"%s\"", key, STR_ARG(json_str(object, key)), want);
    }
}

static void
a_section_says_where_it_stands(void **state)
{
    struct desk *d = *state;
    const struct json *s = section(d, "place", "[]", "zh");

    assert_text(s, "id", "place");
    assert_text(s, "title", "经营场所");
    assert_int_equal(json_int_or(s, "number", 0), 2);
    assert_int_equal(json_int_or(s, "count", 0), 6); /* five sections, and looking it over */
    assert_true(json_true(s, "has_prefill"));
    assert_false(json_true(s, "has_upload"));
    assert_text(section(d, "place", "[]", "en"), "title", "Premises");
    assert_true(json_true(section(d, "papers", "[]", "zh"), "has_upload"));
}

static void
each_kind_of_field_is_shown_as_itself(void **state)
{
    static const struct {
        const char *section;
        const char *field;
        const char *flag;
    } cases[] = {
        {"shop", "owner_name", "is_prefill"}, {"shop", "phone", "is_phone"},
        {"place", "area", "is_number"},       {"place", "fire", "is_choice"},
        {"place", "bottle_room", "is_check"}, {"place", "opening", "is_date"},
        {"trade", "business_kinds", "is_choices"}, {"staff", "staff_names", "is_lines"},
        {"papers", "plan", "is_upload"},
    };
    struct desk *d = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct json *f = shown(section(d, cases[i].section, "[]", "zh"), cases[i].field);
        int flags = 0;
        assert_non_null(f);
        for (const struct json *m = f != NULL ? f->first : NULL; m != NULL; m = m->next) {
            flags += str_starts(m->key, STR("is_")) && json_is(m, JSON_BOOL) && m->truth &&
                     !str_eq(m->key, STR("is_optional")) && !str_eq(m->key, STR("is_several")) &&
                     !str_eq(m->key, STR("is_disputed"));
        }
        assert_true(json_true(f, cases[i].flag));
        assert_int_equal(flags, 1);
    }
}

static void
what_is_asked_no_more_is_not_shown(void **state)
{
    struct desk *d = *state;

    assert_non_null(entry(json_get(section(d, "place", "[]", "zh"), "fields"), "id", "bottle_room"));
    assert_null(entry(json_get(section(d, "trade", "[]", "zh"), "fields"), "id", "platforms"));
}

static void
a_fetched_value_says_where_it_comes_from(void **state)
{
    struct desk *d = *state;
    const struct json *s = section(d, "shop", "[]", "zh"), *f = shown(s, "owner_name"), *from;

    assert_text(f, "value", "王小明");
    from = json_get(f, "source");
    assert_true(json_true(from, "is_fetched"));
    assert_text(from, "org", "公安厅");
    assert_text(from, "at_text", "2026年11月23日 09:40");
    assert_text(from, "proof_url", "/receipts/12.json");
    assert_int_equal(json_int_or(from, "source_act", 0), 34);
    assert_false(json_true(f, "is_disputed"));
    /* Masked where the item says so: the whole number is nowhere on the page. */
    f = shown(s, "owner_id");
    assert_text(f, "value", "9901**********0011");
    assert_true(json_true(f, "is_disputed"));
    assert_text(f, "right", "换过号");
    struct str page;
    struct err err;
    assert_int_equal(json_print(d->arena, s, &page, &err), RC_OK);
    assert_false(str_has(page, STR("990102199001010011")));
    /* Silent: why, and what was typed. */
    f = shown(s, "shop_name");
    assert_text(f, "value", "老张面馆");
    assert_true(json_true(json_get(f, "source"), "is_silent"));
    assert_text(json_get(f, "source"), "problem", "市场监管局没有回应");
    assert_text(json_get(shown(section(d, "shop", "[]", "en"), "shop_name"), "source"), "problem",
                "Market Regulation does not answer");
    assert_text(json_get(shown(section(d, "shop", "[]", "en"), "owner_name"), "source"), "at_text",
                "2026-11-23 09:40");
    /* Not fetched yet. */
    f = shown(s, "company_code");
    assert_text(f, "value", "");
    assert_true(json_true(json_get(f, "source"), "is_self"));
}

static void
values_go_back_into_their_boxes(void **state)
{
    struct desk *d = *state;
    const struct json *place = section(d, "place", "[]", "zh");
    const struct json *choices = json_get(shown(place, "fire"), "choices");
    const struct json *kinds = json_get(shown(section(d, "trade", "[]", "zh"), "business_kinds"), "choices");

    assert_text(shown(place, "area"), "value", "86");
    assert_text(shown(place, "area"), "unit", "平方米");
    assert_false(json_true(entry(choices, "value", "gas"), "chosen"));
    assert_true(json_true(entry(choices, "value", "bottle"), "chosen"));
    assert_true(json_true(entry(kinds, "value", "hot"), "chosen"));
    assert_true(json_true(entry(kinds, "value", "drinks"), "chosen"));
    assert_false(json_true(entry(kinds, "value", "cold"), "chosen"));
    assert_true(json_true(shown(place, "bottle_room"), "value"));
    /* A date that could not be read is in the first box as it was typed. */
    assert_text(shown(place, "opening"), "year", "明年");
    assert_text(shown(place, "opening"), "month", "");
    json_set_text(d->arena, d->values, "opening", STR("2026-12-08"));
    place = section(d, "place", "[]", "zh");
    assert_text(shown(place, "opening"), "year", "2026");
    assert_text(shown(place, "opening"), "month", "12");
    assert_text(shown(place, "opening"), "day", "08");
    assert_text(shown(section(d, "shop", "[]", "zh"), "phone"), "autocomplete", "tel");
    assert_int_equal(json_int_or(shown(section(d, "staff", "[]", "zh"), "staff_names"), "max_length", 0), 500);
}

static void
files_are_listed_with_what_the_field_takes(void **state)
{
    struct desk *d = *state;
    const struct json *f = shown(section(d, "papers", "[]", "zh"), "plan");
    const struct json *files = json_get(f, "files");

    assert_text(f, "accept", "image/jpeg,image/png,application/pdf");
    assert_true(json_true(f, "is_several"));
    assert_int_equal(files->count, 2);
    assert_text(files->first, "name", "厨房.png");
    assert_text(files->first, "file", HASH);
    assert_text(files->first, "size_text", "2.5 MB");
    assert_text(files->last, "size_text", "1 KB");
}

static void
an_error_stands_at_its_field(void **state)
{
    struct desk *d = *state;
    const struct json *s =
        section(d, "place", "[{\"field\":\"area\",\"message\":\"太小\"},{\"field\":\"x\",\"message\":\"y\"}]", "zh");

    assert_text(shown(s, "area"), "error", "太小");
    assert_null(json_get(shown(s, "fire"), "error"));
}

static void
one_field_can_be_shown_by_itself(void **state)
{
    struct desk *d = *state;
    struct json *f = NULL;
    struct err err;

    assert_int_equal(form_field_document(d->form, d->arena, STR("platforms"), d->values, NULL,
                                         STR("en"), &f, &err),
                     RC_OK);
    assert_text(f, "title", "On how many platforms");
    assert_text(f, "value", "3");
    f = NULL;
    assert_int_equal(form_field_document(d->form, d->arena, STR("nothing"), d->values, NULL,
                                         STR("en"), &f, &err),
                     RC_NOT_FOUND);
    assert_null(f);
}

static const struct json *
summary(struct desk *d, const char *lang)
{
    struct json *out = NULL;
    struct err err;

    assert_int_equal(form_summary(d->form, d->arena, d->values, str_of(lang), &out, &err), RC_OK);
    return out;
}

static void
a_summary_says_everything_in_words(void **state)
{
    static const struct {
        const char *section;
        const char *field;
        const char *title;
        const char *zh;
        const char *en;
    } cases[] = {
        {"shop", "owner_name", "经营者", "王小明", "王小明"},
        {"shop", "owner_id", "身份证号", "9901**********0011", "9901**********0011"},
        {"shop", "shop_name", "店名", "老张面馆", "老张面馆"},
        {"shop", "company_code", "信用代码", "", ""},
        {"place", "area", "使用面积", "86 平方米", "86 m²"},
        {"place", "fire", "厨房用什么火", "瓶装液化气", "Bottled gas"},
        {"place", "bottle_room", "气瓶间", "是", "Yes"},
        {"place", "opening", "打算哪天开业", "明年", "明年"},
        {"trade", "business_kinds", "做什么", "热食类、自制饮品", "Hot food, Drinks made here"},
        {"trade", "delivery", "送外卖吗", "不送", "No"},
        {"staff", "staff_names", "接触食品的人", "王小明\n李四", "王小明\n李四"},
        {"staff", "health", "健康证明", "", ""},
        {"papers", "plan", "厨房布局图", "厨房.png、b.pdf", "厨房.png, b.pdf"},
    };
    struct desk *d = *state;
    const struct json *zh = summary(d, "zh"), *en = summary(d, "en");

    assert_int_equal(zh->count, 5);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct json *row =
            entry(json_get(entry(zh, "id", cases[i].section), "rows"), "field", cases[i].field);
        assert_text(row, "title", cases[i].title);
        assert_text(row, "text", cases[i].zh);
        row = entry(json_get(entry(en, "id", cases[i].section), "rows"), "field", cases[i].field);
        assert_text(row, "text", cases[i].en);
    }
    const struct json *rows = json_get(entry(zh, "id", "shop"), "rows");
    assert_true(json_true(entry(rows, "field", "owner_id"), "is_fixed"));
    assert_text(entry(rows, "field", "owner_id"), "disputed", "换过号");
    assert_false(json_true(entry(rows, "field", "phone"), "is_fixed"));
    assert_null(entry(json_get(entry(zh, "id", "trade"), "rows"), "field", "platforms"));
}

static void
a_long_list_is_shown_whole(void **state)
{
    struct desk *d = *state;
    struct json *files = json_array(d->arena);
    char name[4000];

    memset(name, 'a', sizeof(name));
    for (int i = 0; i < 40; i++) {
        struct json *f = json_object(d->arena);
        json_set_text(d->arena, f, "name", (struct str){name, sizeof(name)});
        json_push(files, f);
    }
    json_set(d->arena, d->values, "plan", files);
    const struct json *row =
        entry(json_get(entry(summary(d, "en"), "id", "papers"), "rows"), "field", "plan");
    assert_int_equal(json_str(row, "text").len, 40 * sizeof(name) + 39 * 2);
}

static enum rc
view(const struct desk *d, struct arena *a, struct json **out, struct err *err)
{
    struct json *all = json_array(a);
    enum rc rc = RC_OK;

    for (size_t s = 0; s <= form_sections(d->form) && rc == RC_OK; s++) {
        struct json *part = NULL;
        rc = s < form_sections(d->form)
                 ? form_section_document(d->form, a, s, d->values, NULL, STR("en"), &part, err)
                 : form_summary(d->form, a, d->values, STR("en"), &part, err);
        json_push(all, part);
    }
    *out = all;
    return rc != RC_OK ? rc : json_whole(all, err);
}

static void
where_memory_ends_no_page_is_shown_with_holes(void **state)
{
    struct desk *d = *state;
    struct json *whole = NULL;
    struct err err;
    enum rc rc = RC_LIMIT;
    size_t n;

    assert_int_equal(view(d, d->arena, &whole, &err), RC_OK);
    for (n = 1; rc != RC_OK && n < 5000; n++) {
        struct arena *a = arena_new(ROOM);
        struct json *got = NULL;
        arena_fail_at(a, n);
        rc = view(d, a, &got, &err);
        assert_true(rc == RC_OK || rc == RC_LIMIT);
        if (rc == RC_OK) {
            assert_true(json_equal(got, whole));
        }
        arena_free(a);
    }
    assert_int_equal(rc, RC_OK);
    assert_true(n > 300);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_desk, close_desk)
    const struct CMUnitTest tests[] = {
        TEST(a_section_says_where_it_stands),
        TEST(each_kind_of_field_is_shown_as_itself),
        TEST(what_is_asked_no_more_is_not_shown),
        TEST(a_fetched_value_says_where_it_comes_from),
        TEST(values_go_back_into_their_boxes),
        TEST(files_are_listed_with_what_the_field_takes),
        TEST(an_error_stands_at_its_field),
        TEST(one_field_can_be_shown_by_itself),
        TEST(a_summary_says_everything_in_words),
        TEST(a_long_list_is_shown_whole),
        TEST(where_memory_ends_no_page_is_shown_with_holes),
    };

    return cmocka_run_group_tests_name("form_view", tests, NULL, NULL);
}
