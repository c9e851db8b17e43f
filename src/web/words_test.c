#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "web/handlers.h"

/* A page without a request: words need an arena, a language, and what the node shares. */
static const struct web web = {.offset_minutes = CLOCK_OFFSET_CHINA_MINUTES};

static struct page
page_in(struct arena *a, const char *lang)
{
    return (struct page){.arena = a, .web = &web, .lang = str_of(lang), .document = json_object(a)};
}

static void
times_are_said_as_people_of_the_place_say_them(void **state)
{
    static const struct {
        const char *given, *zh, *en;
    } moments[] = {
        {"2026-11-23T01:40:00Z", "11月23日 09:40", "2026-11-23 09:40"},
        {"2026-11-22T16:00:00Z", "11月23日 00:00", "2026-11-23 00:00"}, /* midnight here */
        {"2026-11-23T09:40:00+08:00", "11月23日 09:40", "2026-11-23 09:40"},
        {"soon", "soon", "soon"},
        {"", "", ""},
    };
    struct arena *a = arena_new(1 << 16);
    struct page zh = page_in(a, "zh"), en = page_in(a, "en");

    (void)state;
    for (size_t i = 0; i < sizeof(moments) / sizeof(moments[0]); i++) {
        assert_true(str_eq(words_moment_of(&zh, str_of(moments[i].given)), str_of(moments[i].zh)));
        assert_true(str_eq(words_moment_of(&en, str_of(moments[i].given)), str_of(moments[i].en)));
    }
    assert_true(str_eq(words_day_of(&zh, STR("2026-11-03")), STR("2026年11月3日")));
    assert_true(str_eq(words_day_of(&en, STR("2026-11-03")), STR("2026-11-03")));
    assert_true(str_eq(words_day_of(&zh, STR("2026-11-03T09:00:00+08:00")), STR("2026年11月3日")));
    assert_true(str_eq(words_day_of(&zh, STR("2026-02-30")), STR("2026-02-30")));
    assert_true(str_eq(words_day_of(&zh, STR("")), STR("")));
    arena_free(a);
}

static void
numbers_and_hashes_are_grouped(void **state)
{
    static const struct {
        int64_t number;
        const char *text;
    } numbers[] = {{0, "0"}, {7, "7"}, {999, "999"}, {1000, "1,000"}, {123456, "123,456"},
                   {18204551, "18,204,551"}, {-5, "-5"}, {-123456, "-123,456"},
                   {INT64_MAX, "9,223,372,036,854,775,807"}};
    struct arena *a = arena_new(1 << 16);

    (void)state;
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        assert_true(str_eq(words_number(a, numbers[i].number), str_of(numbers[i].text)));
    }
    assert_true(str_eq(words_hash(a, STR("\x9f\x3c\x71\xaa\x01"), 16), STR("9f3c 71aa 01")));
    assert_true(str_eq(words_hash(a, STR("\x9f\x3c\x71\xaa\x01"), 1), STR("9f3c")));
    assert_true(str_eq(words_hash(a, STR(""), 4), STR("")));
    arena_free(a);
}

static void
a_word_that_is_missing_is_its_own_key(void **state)
{
    struct arena *a = arena_new(1 << 16);
    struct json *words_zh, *words_en;
    struct err err;

    (void)state;
    assert_int_equal(json_parse(a, STR("{\"to_home\":\"回首页\",\"list\":[]}"), JSON_UNIQUE,
                                &words_zh, &err), RC_OK);
    assert_int_equal(json_parse(a, STR("{\"to_home\":\"Home\"}"), JSON_UNIQUE, &words_en, &err),
                     RC_OK);
    struct web with_words = {.words_zh = words_zh, .words_en = words_en};
    struct page zh = page_in(a, "zh"), en = page_in(a, "en");
    zh.web = en.web = &with_words;
    assert_true(str_eq(page_word(&zh, "to_home"), STR("回首页")));
    assert_true(str_eq(page_word(&en, "to_home"), STR("Home")));
    assert_true(str_eq(page_word(&zh, "nothing"), STR("nothing")));
    assert_true(str_eq(page_word(&zh, "list"), STR("list")));
    assert_true(str_eq(page_either(&zh, STR("好"), STR("good")), STR("好")));
    assert_true(str_eq(page_either(&en, STR("好"), STR("good")), STR("good")));
    arena_free(a);
}

static void
errors_stand_in_the_document_with_their_count(void **state)
{
    struct arena *a = arena_new(1 << 16);
    struct page p = page_in(a, "zh");
    struct json *none = json_array(a);
    const struct json *first;

    (void)state;
    words_errors(&p, NULL);
    words_errors(&p, none);
    assert_null(json_get(p.document, "errors"));
    words_error(&p, "phone", STR("少了一位"));
    assert_int_equal(json_int_or(json_get(p.document, "errors"), "count", 0), 1);
    first = json_path(p.document, "errors.list.0");
    assert_true(str_eq(json_str(first, "field"), STR("phone")));
    assert_true(str_eq(json_str(first, "message"), STR("少了一位")));
    arena_free(a);
}

static void
a_pager_names_only_the_ways_there_are(void **state)
{
    struct arena *a = arena_new(1 << 16);
    struct page p = page_in(a, "zh");
    const struct json *pager;

    (void)state;
    words_pager(&p, STR("50"), STR(""), STR("/cases?after=7"));
    pager = json_get(p.document, "pager");
    assert_null(json_get(pager, "first_url"));
    assert_true(str_eq(json_str(pager, "next_url"), STR("/cases?after=7")));
    words_back(&p, STR("/cases"), STR("我的"));
    assert_true(str_eq(json_str(p.document, "back_url"), STR("/cases")));
    arena_free(a);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_said_as_people_of_the_place_say_them),
        cmocka_unit_test(numbers_and_hashes_are_grouped),
        cmocka_unit_test(a_word_that_is_missing_is_its_own_key),
        cmocka_unit_test(errors_stand_in_the_document_with_their_count),
        cmocka_unit_test(a_pager_names_only_the_ways_there_are),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
