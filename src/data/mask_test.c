#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "data/mask.h"

static struct json *
parsed(struct arena *a, const char *text)
{
    struct json *j = NULL;
    struct err err;

    assert_int_equal(json_parse(a, str_of(text), JSON_UNIQUE, &j, &err), RC_OK);
    return j;
}

static void
every_rule_leaves_what_it_says(void **state)
{
    static const struct {
        const char *rule, *value, *left;
    } rows[] = {
        {"{\"keep_head\":6,\"keep_tail\":4}", "\"990102199001010011\"", "\"990102********0011\""},
        {"{\"keep_tail\":4}", "\"13800001234\"", "\"*******1234\""},
        {"{\"keep_tail\":4}", "13800001234", "\"*******1234\""},
        {"{\"keep_head\":1}", "\"欧阳云溪\"", "\"欧***\""},
        {"{\"keep_head\":1}", "\"王\"", "\"***\""},
        {"{\"keep_head\":6,\"keep_tail\":4}", "\"1234567890\"", "\"***\""},
        {"{\"keep_head\":4,\"cut\":true}", "\"2026-11-23\"", "\"2026\""},
        {"{\"keep_head\":0}", "\"abc\"", "\"***\""},
        {"{\"up_to\":[\"区\",\"县\"]}", "\"云溪市清河区滨河路12号\"", "\"云溪市清河区\""},
        {"{\"up_to\":[\"县\",\"区\"]}", "\"云溪市云岭县东区\"", "\"云溪市云岭县\""},
        {"{\"up_to\":[\"区\"]}", "\"龙汐市滨河路\"", "\"***\""},
        {"{\"hide\":true}", "\"anything\"", "\"***\""},
        {"{\"keep_head\":1}", "null", "null"},
        {"{\"keep_head\":1}", "true", "\"***\""},
        {"{\"keep_head\":1}", "{\"a\":1}", "\"***\""},
        {"{\"unheard\":1}", "\"abc\"", "\"***\""},
        {"null", "\"abc\"", "\"***\""},
    };
    struct arena *a = arena_new(1 << 16);

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct json *left = mask_apply(a, parsed(a, rows[i].rule), parsed(a, rows[i].value));
        if (!json_equal(left, parsed(a, rows[i].left))) {
            fail_msg("%s of %s left %.*s", rows[i].rule, rows[i].value, STR_ARG(left->text));
        }
        arena_reset(a);
    }
    arena_free(a);
}

static void
a_rule_that_hides_nothing_or_is_unknown_is_refused(void **state)
{
    static const char *const wrong[] = {
        "null", "{}", "[]", "{\"cut\":true}", "{\"keep_head\":-1}", "{\"keep_head\":\"6\"}",
        "{\"keep_head\":1.5}", "{\"keep_head\":1,\"hide\":true}", "{\"hide\":false}",
        "{\"keep_head\":1,\"more\":2}", "{\"up_to\":[]}", "{\"up_to\":[\"\"]}", "{\"up_to\":\"区\"}",
        "{\"up_to\":[\"区\"],\"cut\":true}", "{\"keep_head\":1,\"cut\":1}", "{\"keep_head\":100000}",
    };
    struct arena *a = arena_new(1 << 16);
    struct err err;

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        if (mask_check(parsed(a, wrong[i]), &err) != RC_INVALID) {
            fail_msg("%s was taken", wrong[i]);
        }
    }
    assert_int_equal(mask_check(NULL, &err), RC_INVALID);
    arena_free(a);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_rule_leaves_what_it_says),
        cmocka_unit_test(a_rule_that_hides_nothing_or_is_unknown_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
