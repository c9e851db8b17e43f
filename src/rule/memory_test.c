/*
 * Once a run has warmed up, evaluating asks the heap for nothing.  The heap is counted by standing in front of it, which sanitizers do
 * themselves: so what ships is counted (the check runs this in the release build, too), and in theirs only the answers are looked at.
 */
#include <stdlib.h>

#include "rule/test_table.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define COUNTS 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define COUNTS 0
#endif
#endif
#ifndef COUNTS
#define COUNTS 1
#endif

enum { WARM_UPS = 20, ROUNDS = 200, ARENA_BYTES = 1 << 22 };

static size_t asked; /* of the heap, since the program began */

#if COUNTS
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *p, size_t size);

void *
malloc(size_t size)
{
    asked++;
    return __libc_malloc(size);
}

void *
calloc(size_t count, size_t size)
{
    asked++;
    return __libc_calloc(count, size);
}

void *
realloc(void *p, size_t size)
{
    asked++;
    return __libc_realloc(p, size);
}
#endif

static void
expect_nothing_asked(const char *what, size_t before)
{
    if (asked != before) {
        fail_msg("%s asked the heap %zu times", what, asked - before);
    }
}

static void
expressions_ask_for_nothing(void **state)
{
    static const char *const texts[] = {
        "1 + 2 * 3 = 7",
        "sum(for i in 1..300 return i * i) > 0",
        "count([1, 2, 3, 4][item > 2]) = 2",
        "{a: 1, b: a + 1}.b = 2",
        "string length(\"云岚\" + string(12.50)) = 6",
        "date(\"2026-11-28\") + duration(\"P1M\") > date(\"2026-12-01\")",
        "(function(x) if x <= 1 then 1 else x * 2)(21) = 42",
        "matches(\"990102199001010011\", \"^[0-9]{17}[0-9X]$\")",
        "count(sort([3, 1, 2], function(a, b) a < b)) = 3",
    };
    struct arena *a = arena_new(ARENA_BYTES);
    struct run *r = run_new(&RUN_LIMITS_USUAL, NULL);

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        const struct program *p;
        size_t before = 0;
        struct err err = {.text = ""};
        if (program_read(a, str_of(texts[i]), NULL, NULL, NULL, &p, NULL, &err) != RC_OK) {
            fail_msg("%s: %s", texts[i], err.text);
        }
        for (int round = 0; round < WARM_UPS + ROUNDS; round++) {
            struct value v;
            before = round == WARM_UPS ? asked : before;
            run_begin(r, 0, 0);
            if (program_run(r, p, NULL, &v, &err) != RC_OK || !value_is_true(v)) {
                fail_msg("%s is not true", texts[i]);
            }
        }
        expect_nothing_asked(texts[i], before);
    }
    run_free(r);
    arena_free(a);
}

static void
decisions_ask_for_nothing(void **state)
{
    struct arena *a = arena_new(ARENA_BYTES);
    const struct dmn *m = table_model(a, NULL, "C+\n年龄:number | 户籍:string => 津贴:number\n>= 80 | \"云城\" => 100\n"
                                               ">= 90 | - => 50\n< 80 | - => 0\n");
    const struct entry entry[] = {{STR("年龄"), value_of_int(91)}, {STR("户籍"), value_of_str(STR("云城"))}};
    const struct context inputs = {2, entry};
    struct run *r = run_new(&RUN_LIMITS_USUAL, NULL);
    size_t before = 0;

    (void)state;
    for (int round = 0; round < WARM_UPS + ROUNDS; round++) {
        struct dmn_trace trace = {.count = 0};
        struct value v;
        struct err err = {.text = ""};
        before = round == WARM_UPS ? asked : before;
        run_begin(r, 0, 0);
        if (dmn_decide(r, m, STR("津贴"), &inputs, &trace, &v, &err) != RC_OK) {
            fail_msg("%s", err.text);
        }
        assert_int_equal(value_equal(v, value_of_int(150)), TRI_TRUE);
        assert_int_equal(trace.count, 1);
    }
    expect_nothing_asked("a table", before);
    run_free(r);
    arena_free(a);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expressions_ask_for_nothing),
        cmocka_unit_test(decisions_ask_for_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
