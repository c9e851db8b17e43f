#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rule/trial_int.h"

/* --- relations ----------------------------------------------------------------------------------- */

/* Each relation with its mirror: turned is the name that says the same with the arguments the other way about. */
static const struct {
    const char *name, *turned, *first, *second;
    bool is;
} relations[] = {
    {"before", "after", "1", "10", true},
    {"before", "after", "10", "1", false},
    {"before", "after", "5", "5", false},
    {"before", "after", "1", "[1..10]", false},
    {"before", "after", "1", "(1..10]", true},
    {"before", "after", "1", "[5..10]", true},
    {"before", "after", "[1..10]", "10", false},
    {"before", "after", "[1..10)", "10", true},
    {"before", "after", "[1..10]", "[15..20]", true},
    {"before", "after", "[1..10]", "[10..20]", false},
    {"before", "after", "[1..10)", "[10..20]", true},
    {"before", "after", "[1..10]", "(10..20]", true},
    {"before", "after", "[11..20]", "12", false},
    {"meets", "met by", "[1..5]", "[5..10]", true},
    {"meets", "met by", "[1..5)", "[5..10]", false},
    {"meets", "met by", "[1..5]", "(5..10]", false},
    {"meets", "met by", "[1..5]", "[6..10]", false},
    {"overlaps", "overlaps", "[1..5]", "[3..8]", true},
    {"overlaps", "overlaps", "[1..8]", "[3..5]", true},
    {"overlaps", "overlaps", "[1..5]", "[6..8]", false},
    {"overlaps", "overlaps", "[1..5]", "[5..8]", true},
    {"overlaps", "overlaps", "[1..5]", "(5..8]", false},
    {"overlaps", "overlaps", "[1..5)", "[5..8]", false},
    {"overlaps", "overlaps", "[1..5)", "(5..8]", false},
    {"overlaps before", "overlaps after", "[1..5]", "[3..8]", true},
    {"overlaps before", "overlaps after", "[1..5]", "[6..8]", false},
    {"overlaps before", "overlaps after", "[1..5]", "[5..8]", true},
    {"overlaps before", "overlaps after", "[1..5]", "(5..8]", false},
    {"overlaps before", "overlaps after", "[1..5)", "[5..8]", false},
    {"overlaps before", "overlaps after", "[1..5)", "(1..5]", true},
    {"overlaps before", "overlaps after", "[1..5]", "(1..5]", true},
    {"overlaps before", "overlaps after", "[1..5)", "[1..5]", false},
    {"overlaps before", "overlaps after", "[1..5]", "[1..5]", false},
    {"overlaps before", "overlaps after", "[1..9]", "[3..8]", false},
    {"finishes", "finished by", "10", "[1..10]", true},
    {"finishes", "finished by", "10", "[1..10)", false},
    {"finishes", "finished by", "9", "[1..10]", false},
    {"finishes", "finished by", "[5..10]", "[1..10]", true},
    {"finishes", "finished by", "[5..10)", "[1..10]", false},
    {"finishes", "finished by", "[5..10)", "[1..10)", true},
    {"finishes", "finished by", "[1..10]", "[1..10]", true},
    {"finishes", "finished by", "(1..10]", "[1..10]", true},
    {"finishes", "finished by", "[1..10]", "(1..10]", false},
    {"finishes", "finished by", "[0..10]", "[1..10]", false},
    {"includes", "during", "[1..10]", "5", true},
    {"includes", "during", "[1..10]", "12", false},
    {"includes", "during", "[1..10]", "1", true},
    {"includes", "during", "[1..10]", "10", true},
    {"includes", "during", "(1..10]", "1", false},
    {"includes", "during", "[1..10)", "10", false},
    {"includes", "during", "[1..10]", "[4..6]", true},
    {"includes", "during", "[1..10]", "[1..5]", true},
    {"includes", "during", "(1..10]", "(1..5]", true},
    {"includes", "during", "[1..10]", "(1..10)", true},
    {"includes", "during", "[1..10)", "[5..10)", true},
    {"includes", "during", "[1..10)", "[5..10]", false},
    {"includes", "during", "(1..10]", "[1..5]", false},
    {"includes", "during", "[1..10]", "[1..10]", true},
    {"starts", "started by", "1", "[1..10]", true},
    {"starts", "started by", "1", "(1..10]", false},
    {"starts", "started by", "2", "[1..10]", false},
    {"starts", "started by", "[1..5]", "[1..10]", true},
    {"starts", "started by", "(1..5]", "(1..10]", true},
    {"starts", "started by", "(1..5]", "[1..10]", false},
    {"starts", "started by", "[1..5]", "(1..10]", false},
    {"starts", "started by", "[1..10]", "[1..10]", true},
    {"starts", "started by", "[1..10)", "[1..10]", true},
    {"starts", "started by", "[1..10]", "[1..10)", false},
    {"starts", "started by", "[1..11]", "[1..10]", false},
    {"coincides", "coincides", "5", "5", true},
    {"coincides", "coincides", "3", "4", false},
    {"coincides", "coincides", "[1..5]", "[1..5]", true},
    {"coincides", "coincides", "(1..5)", "[1..5]", false},
    {"coincides", "coincides", "[1..5)", "[1..5]", false},
    {"coincides", "coincides", "[1..5]", "[1..6]", false},
    /* without an end on one side */
    {"before", "after", "(<5)", "[5..10]", true},
    {"before", "after", "(<=5)", "[5..10]", false},
    {"before", "after", "(<5)", "(>=5)", true},
    {"before", "after", "(>5)", "(<1)", false},
    {"before", "after", "1000", "(<5)", false},
    {"overlaps", "overlaps", "(<5)", "(<1)", true},
    {"overlaps", "overlaps", "(<5)", "(>5)", false},
    {"includes", "during", "(<5)", "-1000", true},
    {"includes", "during", "(<5)", "[1..5)", true},
    {"includes", "during", "(<5)", "(<1)", true},
    {"includes", "during", "[1..5]", "(<3)", false},
    {"starts", "started by", "(<1)", "(<5)", true},
    {"finishes", "finished by", "(>5)", "(>1)", true},
    {"meets", "met by", "(<=5)", "(>=5)", true},
    {"coincides", "coincides", "(<5)", "(<5)", true},
    {"coincides", "coincides", "(<5)", "(<=5)", false},
};

static void
expect_relation(struct trial_room *t, const char *name, const char *first, const char *second, bool is)
{
    struct str text = str_fmt(t->arena, "%s(%s, %s)", name, first, second);
    struct value v;

    assert_int_equal(trial_run(t, str_c(t->arena, text), 0, &v), RC_OK);
    if (v.kind != VALUE_BOOLEAN || v.as.truth != is) {
        fail_msg("%.*s is not %d", STR_ARG(text), is);
    }
}

static void
points_and_ranges_lie_to_one_another_as_the_standard_has_it(void **state)
{
    struct trial_room t = trial_begin();

    (void)state;
    for (size_t i = 0; i < sizeof(relations) / sizeof(relations[0]); i++) {
        expect_relation(&t, relations[i].name, relations[i].first, relations[i].second, relations[i].is);
        expect_relation(&t, relations[i].turned, relations[i].second, relations[i].first, relations[i].is);
    }
    trial_end(&t);
}

static void
ranges_are_of_whatever_has_an_order(void **state)
{
    static const struct trial cases[] = {
        {"before(@\"2026-01-01\", [@\"2026-02-01\"..@\"2026-03-01\"])", "true", ""},
        {"during(@\"10:00:00\", [@\"09:00:00\"..@\"17:00:00\"])", "true", ""},
        {"includes([\"a\"..\"m\"], \"c\")", "true", ""},
        {"after(@\"P2D\", @\"P1D\")", "true", ""},
        {"coincides(@\"P12M\", @\"P1Y\")", "true", ""},
        {"meets(range1: [1..2], range2: [2..3])", "true", ""},
        {"during(range: [1..2], point: 2)", "true", ""},
        {"before(point2: 2, point1: 1)", "true", ""},
        {"before(point: 2, range: (2..3])", "true", ""},
        {"coincides((=5), [5..5])", "true", ""},
        /* what has no order */
        {"before((!=5), 7)", "null", "before: != 5"},
        {"before(7, (!=5))", "null", "before: != 5"},
        {"before(1, \"a\")", "null", "before: \"a\""},
        {"before(@\"2026-01-01\", @\"10:00:00\")", "null", "before: @\"10:00:00\""},
        {"includes([1..5], \"a\")", "null", "includes: \"a\""},
        {"coincides([1..5], [\"a\"..\"b\"])", "null", NULL},
        {"before(1, null)", "null", NULL},
        {"before(true, false)", "null", NULL},
        {"meets(1, [1..2])", "null", NULL},
        {"includes(5, [1..10])", "null", NULL},
        {"coincides(1, [1..1])", "null", NULL},
        {"overlaps([1..2])", "null", NULL},
    };

    (void)state;
    TRIAL(cases);
}

/* --- range() ------------------------------------------------------------------------------------- */

static void
a_range_is_read_from_text(void **state)
{
    static const struct trial cases[] = {
        {"range(\"[18..21]\")", "[18..21]", ""},
        {"range(\"[18..18]\")", "[18..18]", ""},
        {"range(\"(18..21]\") = (18..21]", "true", ""},
        {"range(\"]18..21[\") = (18..21)", "true", ""},
        {"range(from: \" [ -1 .. - .5 ) \")", "[-1..-0.5)", ""},
        {"range(\"[\\\"a\\\"..\\\"c\\\"]\") = [\"a\"..\"c\"]", "true", ""},
        {"range(\"[@\\\"1970-01-01\\\"..date(\\\"1970-01-02\\\")]\") = [@\"1970-01-01\"..@\"1970-01-02\"]", "true", ""},
        {"range(\"[date and time(\\\"1970-01-01T00:00:00\\\")..@\\\"1970-01-02T00:00:00\\\"]\") instance of range<date and time>", "true", ""},
        {"range(\"[time(\\\"00:00:00\\\")..@\\\"00:00:00\\\"]\") instance of range<time>", "true", ""},
        {"range(\"[duration(\\\"P1D\\\")..@\\\"P2D\\\"]\") instance of range<days and time duration>", "true", ""},
        {"range(\"[@\\\"P1Y\\\"..duration(\\\"P2Y\\\")]\") instance of range<years and months duration>", "true", ""},
        {"range(string([@\"2026-01-01\"..@\"2026-02-01\"))) = [@\"2026-01-01\"..@\"2026-02-01\")", "true", ""},
    };

    (void)state;
    TRIAL(cases);
}

static void
what_is_no_range_of_constants_is_null(void **state)
{
    static const char *const texts[] = {
        "", " ", "1", "[1..3", "1..3]", "[1..3] x", "[..2]", "[1..]", ">=10", "[3..1]", "[1..\\\"b\\\"]", "[null..null]", "[a..b]", "[1+1..3]",
        "[-\\\"a\\\"..\\\"b\\\"]", "[- -1..3]", "[true..true]", "[date(1)..date(2)]", "[date(\\\"x\\\")..date(\\\"y\\\")]", "{1..2}", "[1...2]",
        "[date(string(\\\"1970-01-01\\\"))..@\\\"1970-01-02\\\"]", "[@\\\"1970-01-01\\\"..@\\\"1970-01-02T00:00:00\\\"]", "[\\\"a..\\\"b\\\"]",
        "[@\\\"x\\\"..@\\\"y\\\"]", "[@\\\"02:00:00\\\"..@\\\"01:00:00\\\"]", "[1..2 /*", "[sum(\\\"1\\\")..2]", "[1e7000..1e7001]",
    };
    struct trial_room t = trial_begin();
    const struct note *notes;
    struct value v;

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct str text = str_fmt(t.arena, "range(\"%s\")", texts[i]);
        assert_int_equal(trial_run(&t, str_c(t.arena, text), 0, &v), RC_OK);
        if (v.kind != VALUE_NULL || run_notes(t.run, &notes) != 1 || notes[0].kind != NOTE_ARGUMENT) {
            fail_msg("%s", texts[i]);
        }
    }
    trial_end(&t);
}

static void
every_allocation_may_fail(void **state)
{
    static const struct trial cases[] = {
        {"for a in [\"a\"] return range(\"[\\\"\" + a + \"\\\\n\\\"..\\\"z\\\"]\").end", "[\"z\"]", NULL},
        {"for d in [\"P1D\"] return range(\"[@\\\"\" + d + \"\\\"..@\\\"2026-01-01\\\"]\")", "[null]", NULL},
    };

    (void)state;
    trial_memory(&cases[0], 4);
    trial_memory(&cases[1], 4);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_and_ranges_lie_to_one_another_as_the_standard_has_it),
        cmocka_unit_test(ranges_are_of_whatever_has_an_order),
        cmocka_unit_test(a_range_is_read_from_text),
        cmocka_unit_test(what_is_no_range_of_constants_is_null),
        cmocka_unit_test(every_allocation_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
