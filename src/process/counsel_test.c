#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "process/counsel.h"

/* Says what it was asked. */
struct echo {
    struct counsel counsel;
    struct counsel_question heard;
    int asked, kept;
};

static enum rc
echo_ask(const struct counsel *c, const struct db *db, struct arena *a, const struct counsel_question *q, struct counsel_answer *out,
         struct err *err)
{
    struct echo *e = (struct echo *)(uintptr_t)c;

    (void)db;
    (void)a;
    (void)err;
    e->heard = *q;
    e->asked++;
    *out = (struct counsel_answer){.rule = q->rule, .decision = q->decision, .version = 3, .result = q->inputs};
    return RC_OK;
}

static enum rc
echo_keep(const struct counsel *c, struct tx *tx, struct arena *a, const struct counsel_answer *answer, struct str case_no,
          struct str subject, int64_t act, int64_t now_us, struct err *err)
{
    struct echo *e = (struct echo *)(uintptr_t)c;

    (void)tx, (void)a, (void)answer, (void)case_no, (void)subject, (void)act, (void)now_us, (void)err;
    e->kept++;
    return RC_OK;
}

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

static const char facts_text[] = "{\"part\":{\"item\":\"000131002001\"},\"field\":{\"area\":300,\"kinds\":[\"hot\"],\"空\":null},"
                                 "\"today\":\"2026-11-23\"}";

static void
inputs_are_found_by_their_paths_and_constants_are_themselves(void **state)
{
    struct arena *a = *state;
    const struct json *binding =
        parse(a, "{\"key\":\"deadlines\",\"decision\":\"期限\",\"inputs\":{\"事项\":\"part.item\","
                 "\"面积\":\"field.area\",\"种类\":\"field.kinds\",\"空\":\"field.空\",\"没有\":\"field.none.deeper\",\"日\":\"today\","
                 "\"统一\":false,\"数\":7,\"词\":{\"is\":\"first\"},"
                 "\"有\":{\"from\":\"field.area\",\"else\":1},\"无\":{\"from\":\"field.空\",\"else\":false}}}");
    const struct counsel_facts facts = {.values = parse(a, facts_text), .day = 20000, .now_us = 5};
    struct echo e = {.counsel = {.ask = echo_ask, .keep = echo_keep}};
    struct counsel_answer answer;
    struct err err = {.text = ""};

    assert_int_equal(counsel_ask(&e.counsel, NULL, a, binding, &facts, &answer, &err), RC_OK);
    assert_true(str_eq(e.heard.rule, STR("deadlines")) && str_eq(e.heard.decision, STR("期限")));
    assert_int_equal(e.heard.day, 20000);
    assert_int_equal(e.heard.now_us, 5);
    assert_true(json_equal(e.heard.inputs,
                           parse(a, "{\"事项\":\"000131002001\",\"面积\":300,\"种类\":[\"hot\"],\"空\":null,\"没有\":null,"
                                    "\"日\":\"2026-11-23\",\"统一\":false,\"数\":7,\"词\":\"first\",\"有\":300,\"无\":false}")));
}

static void
a_source_is_that_of_the_path_or_else_of_its_first_name(void **state)
{
    struct arena *a = *state;
    const struct json *binding = parse(a, "{\"key\":\"k\",\"decision\":\"d\","
                                          "\"inputs\":{\"一\":\"field.area\",\"二\":\"field.kinds\",\"三\":\"today\",\"四\":1}}");
    const struct counsel_facts facts = {.values = parse(a, facts_text),
                                      .sources = parse(a, "{\"field\":{\"zh\":\"表\",\"en\":\"form\"},"
                                                        "\"field.kinds\":{\"zh\":\"库\",\"en\":\"register\"}}")};
    struct echo e = {.counsel = {.ask = echo_ask}};
    struct counsel_answer answer;
    struct err err;

    assert_int_equal(counsel_ask(&e.counsel, NULL, a, binding, &facts, &answer, &err), RC_OK);
    assert_true(json_equal(e.heard.sources,
                           parse(a, "{\"一\":{\"zh\":\"表\",\"en\":\"form\"},\"二\":{\"zh\":\"库\",\"en\":\"register\"}}")));
}

static void
where_no_rules_are_kept_none_is_in_force(void **state)
{
    struct arena *a = *state;
    const struct counsel_facts facts = {.values = parse(a, facts_text)};
    struct counsel_answer answer = {.version = 0};
    struct err err;

    assert_int_equal(counsel_ask(NULL, NULL, a, parse(a, "{\"key\":\"k\",\"decision\":\"d\",\"inputs\":{}}"), &facts, &answer, &err),
                     RC_NOT_FOUND);
    assert_string_equal(err.type, "no-rule-in-force");
    assert_int_equal(counsel_keep(NULL, NULL, a, &answer, STR(""), STR(""), 0, 0, &err), RC_OK);
}

static void
only_an_answer_that_was_given_is_kept(void **state)
{
    struct echo e = {.counsel = {.ask = echo_ask, .keep = echo_keep}};
    struct counsel_answer answer = {.version = 0};
    struct err err;

    assert_int_equal(counsel_keep(&e.counsel, NULL, *state, &answer, STR(""), STR(""), 0, 0, &err), RC_OK);
    assert_int_equal(e.kept, 0);
    answer.version = 1;
    assert_int_equal(counsel_keep(&e.counsel, NULL, *state, &answer, STR(""), STR(""), 0, 0, &err), RC_OK);
    assert_int_equal(e.kept, 1);
}

static void
what_is_no_binding_is_refused(void **state)
{
    static const struct {
        const char *text;
        enum rc rc;
    } cases[] = {
        {"{\"key\":\"k\",\"decision\":\"d\",\"inputs\":{\"a\":\"b.c\",\"b\":{\"is\":null},\"c\":null}}", RC_OK},
        {"{\"key\":\"k\",\"decision\":\"d\",\"inputs\":{}}", RC_OK},
        {"{\"key\":\"k\",\"decision\":\"d\",\"inputs\":{\"a\":{\"from\":\"x.y\",\"else\":0},\"b\":{\"is\":[1]}}}", RC_OK},
        {"{\"key\":\"k\",\"decision\":\"d\",\"inputs\":{\"a\":{\"from\":\"\"}}}", RC_INVALID},
        {"{\"key\":\"k\",\"decision\":\"d\",\"inputs\":{\"a\":[1]}}", RC_INVALID},
        {"{\"decision\":\"d\",\"inputs\":{}}", RC_INVALID},
        {"{\"key\":\"k\",\"inputs\":{}}", RC_INVALID},
        {"{\"key\":\"k\",\"decision\":\"d\"}", RC_INVALID},
        {"{\"key\":\"k\",\"decision\":\"d\",\"inputs\":[]}", RC_INVALID},
        {"{\"key\":\"k\",\"decision\":\"d\",\"inputs\":{\"a\":\"\"}}", RC_INVALID},
        {"{\"key\":\"k\",\"decision\":\"d\",\"inputs\":{\"a\":{\"path\":\"x\"}}}", RC_INVALID},
        {"{\"key\":\"k\",\"decision\":\"d\",\"inputs\":{},\"outputs\":{\"a\":\"b\"}}", RC_OK},
        {"{\"key\":\"k\",\"decision\":\"d\",\"inputs\":{},\"outputs\":{\"a\":1}}", RC_INVALID},
        {"{\"key\":\"k\",\"decision\":\"d\",\"inputs\":{},\"outputs\":[]}", RC_INVALID},
        {"[]", RC_INVALID},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct err err;
        if (counsel_check(parse(*state, cases[i].text), &err) != cases[i].rc) {
            fail_msg("%s", cases[i].text);
        }
    }
}

static void
results_go_by_the_names_of_whoever_asked(void **state)
{
    static const struct {
        const char *outputs, *result, *named;
    } cases[] = {
        {"{\"days\":\"天\",\"why\":\"理由\"}", "{\"天\":5,\"理由\":\"快\",\"别的\":1}", "{\"days\":5,\"why\":\"快\"}"},
        {"{\"days\":\"天\",\"why\":\"理由\"}", "[{\"天\":5},{\"理由\":\"慢\"},null]", "[{\"days\":5},{\"why\":\"慢\"},null]"},
        {"{\"days\":\"天\"}", "7", "7"},
        {"{\"days\":\"天\"}", "null", "null"},
        {"null", "{\"天\":5}", "{\"天\":5}"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct json *binding = json_object(*state);
        const struct json *outputs = parse(*state, cases[i].outputs);
        if (json_is(outputs, JSON_OBJECT)) {
            json_set(*state, binding, "outputs", json_copy(*state, outputs));
        }
        if (!json_equal(counsel_named(*state, binding, parse(*state, cases[i].result)), parse(*state, cases[i].named))) {
            fail_msg("%s", cases[i].result);
        }
    }
}

static void
too_little_memory_is_told_and_nobody_is_asked(void **state)
{
    const struct counsel_facts facts = {.values = parse(*state, facts_text)};
    const struct json *binding = parse(*state, "{\"key\":\"k\",\"decision\":\"d\","
                                               "\"inputs\":{\"面积\":\"field.area\",\"种类\":\"field.kinds\"}}");
    struct echo e = {.counsel = {.ask = echo_ask}};
    bool enough = false;

    for (size_t limit = 64; !enough && limit < 16384; limit += 64) {
        struct arena *small = arena_new(limit);
        struct counsel_answer answer;
        struct err err;
        int before = e.asked;
        enum rc rc = counsel_ask(&e.counsel, NULL, small, binding, &facts, &answer, &err);
        assert_true(rc == RC_OK || rc == RC_LIMIT);
        assert_int_equal(e.asked - before, rc == RC_OK);
        enough = rc == RC_OK;
        arena_free(small);
    }
    assert_true(enough);
}

static int
open_arena(void **state)
{
    *state = arena_new(1 << 20);
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
#define TEST(f) cmocka_unit_test_setup_teardown(f, open_arena, close_arena)
    const struct CMUnitTest tests[] = {
        TEST(inputs_are_found_by_their_paths_and_constants_are_themselves),
        TEST(a_source_is_that_of_the_path_or_else_of_its_first_name),
        TEST(where_no_rules_are_kept_none_is_in_force),
        TEST(only_an_answer_that_was_given_is_kept),
        TEST(what_is_no_binding_is_refused),
        TEST(results_go_by_the_names_of_whoever_asked),
        TEST(too_little_memory_is_told_and_nobody_is_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
