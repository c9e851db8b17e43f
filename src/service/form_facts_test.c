/* Answers as rules take them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "service/form.h"

enum { ROOM = 1 << 20 };

static const char questions[] =
    "{\"sections\":[{\"id\":\"s\",\"title_zh\":\"一\",\"fields\":["
    "{\"id\":\"area\",\"type\":\"number\",\"title_zh\":\"面积\"},"
    "{\"id\":\"cooks\",\"type\":\"choice\",\"title_zh\":\"做\",\"choices\":[{\"value\":\"no\",\"title_zh\":\"否\"},"
    "{\"value\":\"yes\",\"title_zh\":\"是\"}]},"
    "{\"id\":\"fire\",\"type\":\"choice\",\"title_zh\":\"火\",\"choices\":[{\"value\":\"gas\",\"title_zh\":\"气\"},"
    "{\"value\":\"open\",\"title_zh\":\"没定\"}]},"
    "{\"id\":\"room\",\"type\":\"check\",\"title_zh\":\"间\",\"when\":{\"field\":\"fire\",\"is\":\"gas\"}},"
    "{\"id\":\"kinds\",\"type\":\"choices\",\"title_zh\":\"类\",\"choices\":[{\"value\":\"hot\",\"title_zh\":\"热\"},"
    "{\"value\":\"cold\",\"title_zh\":\"冷\"}]},"
    "{\"id\":\"opening\",\"type\":\"date\",\"title_zh\":\"开业\"},"
    "{\"id\":\"name\",\"type\":\"text\",\"title_zh\":\"名\"},"
    "{\"id\":\"owner\",\"type\":\"prefill\",\"title_zh\":\"人\",\"prefill\":{\"resource\":\"yl/person\",\"key_kind\":\"person\","
    "\"key_from\":\"subject.identifier\",\"member\":\"name\"}}]}]}";

static struct json *
parse(struct arena *a, const char *text)
{
    struct json *j = NULL;
    struct err err = {.text = ""};

    if (json_parse(a, str_of(text), JSON_UNIQUE, &j, &err) != RC_OK) {
        fail_msg("%s: %s", text, err.text);
    }
    return j;
}

static struct form *
load(struct arena *a)
{
    struct form *f = NULL;
    struct err err = {.text = ""};

    if (form_load(a, parse(a, questions), &f, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    return f;
}

static void
each_kind_of_answer_is_an_exact_value(void **state)
{
    static const struct {
        const char *values, *facts;
    } cases[] = {
        {"{}", "{}"},
        {"{\"area\":\"86.50\"}", "{\"area\":86.50}"},
        {"{\"area\":\"八十多\"}", "{}"},
        {"{\"area\":\"007\"}", "{}"},
        {"{\"area\":\"0\"}", "{\"area\":0}"},
        {"{\"area\":\"0.5\"}", "{\"area\":0.5}"},
        {"{\"area\":\"\"}", "{}"},
        {"{\"cooks\":\"yes\"}", "{\"cooks\":true}"},
        {"{\"cooks\":\"no\"}", "{\"cooks\":false}"},
        {"{\"fire\":\"open\"}", "{\"fire\":\"open\"}"},
        {"{\"fire\":\"gas\",\"room\":\"yes\"}", "{\"fire\":\"gas\",\"room\":true}"},
        {"{\"fire\":\"gas\",\"room\":\"\"}", "{\"fire\":\"gas\",\"room\":false}"},
        {"{\"fire\":\"open\",\"room\":\"yes\"}", "{\"fire\":\"open\"}"}, /* not asked any more */
        {"{\"kinds\":[\"hot\",\"cold\"]}", "{\"kinds\":[\"hot\",\"cold\"]}"},
        {"{\"opening\":\"2026-12-18\",\"name\":\"半亩方塘\"}", "{\"opening\":\"2026-12-18\",\"name\":\"半亩方塘\"}"},
        {"{\"owner\":{\"value\":\"沈知遥\",\"source\":{\"node\":\"yunlan\"}}}", "{\"owner\":\"沈知遥\"}"},
        {"{\"owner\":{\"waiting\":true,\"problem\":\"silent\"}}", "{}"},
        {"{\"unknown\":\"x\"}", "{}"},
    };
    const struct form *f = load(*state);

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct json *facts = form_facts(f, *state, parse(*state, cases[i].values));
        if (!json_equal(facts, parse(*state, cases[i].facts))) {
            fail_msg("%s", cases[i].values);
        }
    }
}

static void
what_was_fetched_is_told_from_what_was_typed(void **state)
{
    const struct form *f = load(*state);
    struct json *sources = form_fact_sources(
        f, *state, parse(*state, "{\"area\":\"86\",\"owner\":{\"value\":\"沈知遥\",\"source\":{\"org_zh\":\"公安厅\",\"org_en\":\"Police\"}}}"));

    assert_true(str_eq(json_str(json_get(sources, "field.owner"), "zh"), STR("公安厅")));
    assert_true(str_eq(json_str(json_get(sources, "field.owner"), "en"), STR("Police")));
    assert_true(str_eq(json_str(json_get(sources, "field.area"), "zh"), STR("您填的表")));
    assert_true(str_eq(json_str(json_get(sources, "field.area"), "en"), STR("your form")));
}

static int
open_arena(void **state)
{
    *state = arena_new(ROOM);
    return 0;
}

static int
close_arena(void **state)
{
    arena_free(*state);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_kind_of_answer_is_an_exact_value, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(what_was_fetched_is_told_from_what_was_typed, open_arena, close_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
