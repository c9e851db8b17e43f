#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "rule/patterns_int.h"

enum { MANY = 100 };

static enum rc
ask(struct patterns *p, const char *pattern, const char *flags, bool *is_new)
{
    const struct regex *re = NULL;
    struct err err;
    bool found = false;

    enum rc rc = patterns_get(p, str_of(pattern), str_of(flags), &re, is_new, &err);
    if (rc == RC_OK) {
        assert_int_equal(regex_find(re, str_of(pattern), &found, &err), RC_OK);
        assert_true(found);
    }
    return rc;
}

static void
a_pattern_is_compiled_once(void **state)
{
    struct patterns *p = patterns_new();
    bool is_new;

    (void)state;
    assert_int_equal(ask(p, "ab", "", &is_new), RC_OK);
    assert_true(is_new);
    assert_int_equal(ask(p, "ab", "", &is_new), RC_OK);
    assert_false(is_new);
    assert_int_equal(ask(p, "ab", "i", &is_new), RC_OK);
    assert_true(is_new);
    assert_int_equal(ask(p, "(", "", &is_new), RC_INVALID);
    assert_true(is_new);
    assert_int_equal(ask(p, "ab", "i", &is_new), RC_OK); /* what is invalid drives nothing out */
    assert_false(is_new);
    patterns_free(p);
    patterns_free(NULL);
}

/* Those that no longer fit drive the others out; each is still what was asked for. */
static void
any_number_of_patterns_is_compiled(void **state)
{
    struct patterns *p = patterns_new();
    char pattern[] = "a00";
    int again = 0;
    bool is_new;

    (void)state;
    for (int i = 0; i < MANY; i++) {
        pattern[1] = (char)('0' + i / 10);
        pattern[2] = (char)('0' + i % 10);
        assert_int_equal(ask(p, pattern, "", &is_new), RC_OK);
        assert_true(is_new);
        assert_int_equal(ask(p, pattern, "", &is_new), RC_OK);
        assert_false(is_new);
        assert_int_equal(ask(p, "a00", "", &is_new), RC_OK);
        again += is_new;
    }
    assert_true(again > 0 && again < MANY / 10);
    patterns_free(p);
}

static void
what_is_too_large_is_told_and_the_next_is_compiled(void **state)
{
    struct patterns *p = patterns_new();
    bool is_new;

    (void)state;
    assert_int_equal(ask(p, "((a{900}){900}){900}", "", &is_new), RC_LIMIT);
    assert_int_equal(ask(p, "a", "", &is_new), RC_OK);
    for (int i = 0; i < MANY * MANY; i++) { /* what invalid ones leave behind does not add up */
        assert_int_equal(ask(p, "a(b)(c)[d]{2}\\1\\2\\3", "", &is_new), RC_INVALID);
    }
    assert_int_equal(ask(p, "b", "", &is_new), RC_OK);
    patterns_free(p);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pattern_is_compiled_once),
        cmocka_unit_test(any_number_of_patterns_is_compiled),
        cmocka_unit_test(what_is_too_large_is_told_and_the_next_is_compiled),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
