#include "rule/picture.h"
#include "rule/test_table.h"

enum { ARENA_BYTES = 1 << 22 };

struct cell {
    const char *text; /* FEEL */
    const char *zh, *en; /* "": its FEEL says it best */
};

static const struct cell input_cells[] = {
    {"< 80", "小于 80", "below 80"},
    {">= 100", "不小于 100", "at least 100"},
    {"[80..100)", "不小于 80 且小于 100", "at least 80 and below 100"},
    {"80", "80", "80"},
    {"1, 2, > 5", "1、2或大于 5", "1, 2 or above 5"},
    {"not(3)", "除3以外", "all but 3"},
    {"not(1, 2)", "除1、2以外", "all but 1 or 2"},
    {"null", "没有", "none"},
    {"not(null)", "有", "given"},
    {"-", "不限", "any"},
    {"? * 2 > 5", "", ""},
    {"1,2,3,4,5,6,7,8,9,10,11,12,13", "", ""},
};

static const struct cell output_cells[] = {
    {"\"每月 50 元\"", "每月 50 元", "每月 50 元"},
    {"true", "是", "yes"},
    {"null", "没有", "none"},
    {"@\"2026-11-28\"", "2026年11月28日", "28 November 2026"},
    {"duration(\"P3M\")", "3个月", "3 months"},
    {"a + 1", "", ""},
};

/* What a cell is said to be, in the picture of a table with this one rule. */
static void
expect_cell(const char *head, const char *rule, size_t index, const struct cell *cell)
{
    struct arena *a = arena_new(ARENA_BYTES);
    struct str text = str_fmt(a, "%s\n%s\n", head, rule);
    const struct dmn *model = table_model(a, NULL, text.ptr);
    struct json *picture;
    struct err err = {.text = ""};

    if (picture_of(a, model, &picture, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    const struct json *decision = json_get(picture, "decisions")->last;
    const struct json *found = json_get(json_get(json_get(decision, "table"), "rules")->first, "cells")->first;
    while (index-- > 0) {
        found = found->next;
    }
    assert_true(str_eq(json_str(found, "text"), str_of(cell->text)));
    if (!str_eq(json_str(found, "zh"), str_of(cell->zh)) || !str_eq(json_str(found, "en"), str_of(cell->en))) {
        fail_msg("%s is said as \"%.*s\", \"%.*s\"", cell->text, STR_ARG(json_str(found, "zh")), STR_ARG(json_str(found, "en")));
    }
    arena_free(a);
}

static void
cells_are_said_in_words_as_far_as_there_are_any(void **state)
{
    struct arena *a = arena_new(ARENA_BYTES);

    (void)state;
    for (size_t i = 0; i < sizeof(input_cells) / sizeof(input_cells[0]); i++) {
        expect_cell("U\na:number => b:number", str_fmt(a, "%s => 1", input_cells[i].text).ptr, 0, &input_cells[i]);
    }
    for (size_t i = 0; i < sizeof(output_cells) / sizeof(output_cells[0]); i++) {
        expect_cell("U\na:number => b:Any", str_fmt(a, "- => %s", output_cells[i].text).ptr, 1, &output_cells[i]);
    }
    expect_cell("U\na:string => b:number", "\"云城\", \"云岭\" => 1", 0, &(struct cell){"\"云城\", \"云岭\"", "云城或云岭", "云城 or 云岭"});
    arena_free(a);
}

static void
a_picture_that_does_not_fit_is_a_limit(void **state)
{
    struct arena *kept = arena_new(ARENA_BYTES);
    const struct dmn *model = table_model(kept, NULL, "U\na:number => b:number\n< 80 => 1\n>= 80 => 2\n");
    enum rc rc = RC_LIMIT;

    (void)state;
    for (size_t n = 1; rc == RC_LIMIT && n < 10000; n++) {
        struct arena *a = arena_new(ARENA_BYTES);
        struct json *picture = NULL;
        struct err err;
        arena_fail_at(a, n);
        rc = picture_of(a, model, &picture, &err);
        assert_true(rc == RC_LIMIT ? picture == NULL : rc == RC_OK);
        arena_free(a);
    }
    assert_int_equal(rc, RC_OK);
    arena_free(kept);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_are_said_in_words_as_far_as_there_are_any),
        cmocka_unit_test(a_picture_that_does_not_fit_is_a_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
