#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/utf8.h"
#include "exchange/problem.h"

static void
every_code_of_the_house_has_its_words(void **state)
{
    struct arena *a = arena_new(1 << 16);

    (void)state;
    for (int rc = RC_INVALID; rc <= RC_FULL; rc++) {
        const struct problem *p = problem_by_type(str_of(rc_type((enum rc)rc)));
        if (rc == RC_ANONYMOUS || rc == RC_METHOD) {
            continue; /* nobody signs in at a gate, and the server knows its methods */
        }
        assert_non_null(p);
        assert_int_equal(p->status, rc_http((enum rc)rc));
        struct json *j = problem_document(a, p);
        assert_true(utf8_is_plain(json_str(j, "title")) && json_str(j, "title").len > 0);
        assert_true(json_str(j, "title_en").len > 0);
        assert_true(str_starts(json_str(j, "type"), STR("/problems/")));
    }
    arena_free(a);
}

static void
a_failure_is_told_by_its_type_then_its_code_then_as_internal(void **state)
{
    struct err err;

    (void)state;
    assert_string_equal(problem_of(err_problem(&err, RC_DENIED, "grant-expired", "x"), &err)->type,
                        "grant-expired");
    assert_string_equal(problem_of(err_problem(&err, RC_DENIED, "unheard-of", "x"), &err)->type,
                        "not-permitted");
    assert_string_equal(problem_of(err_set(&err, RC_IO, "x"), &err)->type, "unavailable");
    assert_string_equal(problem_of(err_set(&err, RC_METHOD, "x"), &err)->type, "internal");
    assert_null(problem_by_type(STR("")));
    assert_null(problem_by_type(STR("grant")));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_of_the_house_has_its_words),
        cmocka_unit_test(a_failure_is_told_by_its_type_then_its_code_then_as_internal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
