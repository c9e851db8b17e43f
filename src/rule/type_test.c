#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "rule/type.h"

/* --- a small world of types ---------------------------------------------------------------------- */

#define BUILTIN(which) {.kind = TYPE_##which}
static const struct type any = BUILTIN(ANY), null = BUILTIN(NULL), boolean = BUILTIN(BOOLEAN), number = BUILTIN(NUMBER),
                         string = BUILTIN(STRING), date = BUILTIN(DATE), date_time = BUILTIN(DATE_TIME);
static const struct type numbers = {.kind = TYPE_LIST, .element = &number};
static const struct type anything = {.kind = TYPE_LIST, .element = &any};
static const struct type span = {.kind = TYPE_RANGE, .element = &number};
static const struct type list_of_whatever = BUILTIN(LIST);
static const struct type every_context = BUILTIN(CONTEXT), every_function = BUILTIN(FUNCTION);

/* Programs are only pointed at here. */
static const char tests_of_age[1], tests_of_level[1];
#define ALLOWED(what, words) .allowed = (const void *)(what), .allowed_text = STR_INIT(words)
static const struct type age = {.kind = TYPE_NUMBER, .name = STR_INIT("tAge"), ALLOWED(tests_of_age, "[0..150]")};
static const struct type same_age = {.kind = TYPE_NUMBER, .name = STR_INIT("tYears"), ALLOWED(tests_of_age, "[0..150]")};
static const struct type level = {.kind = TYPE_STRING, ALLOWED(tests_of_level, "\"a\", \"b\"")};
static const struct type rank = {.kind = TYPE_STRING, ALLOWED(tests_of_level, "\"a\"")};
static const struct type anything_but = {.kind = TYPE_ANY, ALLOWED(tests_of_level, "not(1)")};

static const struct type_member name_only[] = {{STR_INIT("name"), &string}};
static const struct type_member name_and_age[] = {{STR_INIT("name"), &string}, {STR_INIT("age"), &age}};
static const struct type_member age_and_name[] = {{STR_INIT("age"), &age}, {STR_INIT("name"), &string}};
#define CONTEXT(members) {.kind = TYPE_CONTEXT, .count = sizeof(members) / sizeof((members)[0]), .member = (members)}
static const struct type text = BUILTIN(STRING), size = BUILTIN(NUMBER);
static const struct type_member two_strings[] = {{STR_INIT("x"), &string}, {STR_INIT("y"), &string}};
static const struct type_member text_and_size[] = {{STR_INIT("x"), &text}, {STR_INIT("y"), &size}};
static const struct type strings = CONTEXT(two_strings), mixed = CONTEXT(text_and_size);
static const struct type named = CONTEXT(name_only), person = CONTEXT(name_and_age), turned = CONTEXT(age_and_name);

static const struct type_member takes_number[] = {{STR_INIT(""), &number}};
static const struct type_member takes_age[] = {{STR_INIT(""), &age}};
static const struct type_member takes_string[] = {{STR_INIT(""), &string}};
static const struct type of_number = {.kind = TYPE_FUNCTION, .count = 1, .member = takes_number};
static const struct type string_to_string = {.kind = TYPE_FUNCTION, .count = 1, .member = takes_string, .element = &string};
static const struct type number_to_string = {.kind = TYPE_FUNCTION, .count = 1, .member = takes_number, .element = &string};
static const struct type age_to_any = {.kind = TYPE_FUNCTION, .count = 1, .member = takes_age, .element = &any};
static const struct type nothing_to_any = {.kind = TYPE_FUNCTION, .element = &any};

/* A family: tPerson { name, children: list<tPerson> }, and the same once more under another name. */
static const struct type family, other_family, lonely_family;
static const struct type children = {.kind = TYPE_LIST, .element = &family};
static const struct type other_children = {.kind = TYPE_LIST, .element = &other_family};
static const struct type lonely_children = {.kind = TYPE_LIST, .element = &lonely_family};
static const struct type_member family_members[] = {{STR_INIT("name"), &string}, {STR_INIT("children"), &children}};
static const struct type_member other_members[] = {{STR_INIT("name"), &string}, {STR_INIT("children"), &other_children}};
static const struct type_member lonely_members[] = {{STR_INIT("name"), &number}, {STR_INIT("children"), &lonely_children}};
#define FAMILY(words, members) {.kind = TYPE_CONTEXT, .name = STR_INIT(words), .count = 2, .member = (members)}
static const struct type family = FAMILY("tPerson", family_members);
static const struct type other_family = FAMILY("tHuman", other_members);
static const struct type lonely_family = FAMILY("tRobot", lonely_members);

/* --- names --------------------------------------------------------------------------------------- */

static void
a_type_is_found_by_every_spelling_of_its_name(void **state)
{
    static const struct {
        const char *name;
        enum type_kind kind;
        const char *text;
    } cases[] = {
        {"Any", TYPE_ANY, "Any"},
        {"Null", TYPE_NULL, "Null"},
        {"boolean", TYPE_BOOLEAN, "boolean"},
        {"number", TYPE_NUMBER, "number"},
        {"string", TYPE_STRING, "string"},
        {"date", TYPE_DATE, "date"},
        {"time", TYPE_TIME, "time"},
        {"date and time", TYPE_DATE_TIME, "date and time"},
        {"dateTime", TYPE_DATE_TIME, "date and time"},
        {"days and time duration", TYPE_DAYS_DURATION, "days and time duration"},
        {"dayTimeDuration", TYPE_DAYS_DURATION, "days and time duration"},
        {"years and months duration", TYPE_MONTHS_DURATION, "years and months duration"},
        {"yearMonthDuration", TYPE_MONTHS_DURATION, "years and months duration"},
        {"list", TYPE_LIST, "list<Any>"},
        {"range", TYPE_RANGE, "range<Any>"},
        {"context", TYPE_CONTEXT, "context"},
        {"function", TYPE_FUNCTION, "function"},
    };
    static const char *const unknown[] = {"", "any", "Number", "date  and time", "tLoan", "duration"};
    struct arena *a = arena_new(1 << 16);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct type *t = type_builtin(str_of(cases[i].name));
        assert_non_null(t);
        assert_int_equal(t->kind, cases[i].kind);
        assert_string_equal(str_c(a, type_text(a, t)), cases[i].text);
    }
    for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
        assert_null(type_builtin(str_of(unknown[i])));
    }
    arena_free(a);
}

static void
a_type_is_written_as_one_would_write_it(void **state)
{
    static const struct {
        const struct type *type;
        const char *text;
    } cases[] = {
        {NULL, "Any"},
        {&numbers, "list<number>"},
        {&span, "range<number>"},
        {&named, "context<name: string>"},
        {&person, "context<name: string, age: tAge>"},
        {&of_number, "function<number> -> Any"},
        {&number_to_string, "function<number> -> string"},
        {&nothing_to_any, "function<> -> Any"},
        {&age, "tAge"},
        {&family, "tPerson"},
        {&children, "list<tPerson>"},
    };
    struct arena *a = arena_new(1 << 16);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_string_equal(str_c(a, type_text(a, cases[i].type)), cases[i].text);
    }
    arena_free(a);
    a = arena_new(1);
    assert_true(str_eq(type_text(a, &numbers), STR("list")));
    arena_free(a);
}

/* --- conformance --------------------------------------------------------------------------------- */

static void
a_type_conforms_to_what_asks_less(void **state)
{
    static const struct {
        const struct type *a, *b;
        bool conforms, back, in_shape;
    } cases[] = {
        {&number, &number, true, true, true},
        {&number, &any, true, false, true},
        {&number, NULL, true, false, true},
        {NULL, &any, true, true, true},
        {&number, &string, false, false, false},
        {&date, &date_time, false, false, false},
        {&null, &number, true, false, true},
        {&numbers, &anything, true, false, true},
        {&numbers, &number, false, false, false},
        {&numbers, &list_of_whatever, true, false, true},
        {&anything, &list_of_whatever, true, true, true},
        {&span, &numbers, false, false, false},
        /* members: more is fine, fewer is not, order does not count */
        {&person, &named, true, false, true},
        {&named, &every_context, true, false, true},
        {&person, &turned, true, true, true},
        {&strings, &mixed, false, false, false},
        /* allowed values make a type narrower */
        {&age, &number, true, false, true},
        {&number, &age, false, true, true},
        {&age, &same_age, true, true, true},
        {&level, &age, false, false, false},
        {&level, &rank, false, false, true},
        {&number, &anything_but, false, false, true},
        /* functions: results the same way, parameters the other */
        {&number_to_string, &every_function, true, false, true},
        {&number_to_string, &age_to_any, true, false, true},
        {&number_to_string, &nothing_to_any, false, false, false},
        {&number_to_string, &string_to_string, false, false, false},
        {&nothing_to_any, &every_function, true, false, true},
        /* circles */
        {&family, &other_family, true, true, true},
        {&family, &named, true, false, true},
        {&family, &lonely_family, false, false, false},
        {&children, &anything, true, false, true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (type_conforms(cases[i].a, cases[i].b) != cases[i].conforms || type_conforms(cases[i].b, cases[i].a) != cases[i].back ||
            type_conforms_in_shape(cases[i].a, cases[i].b) != cases[i].in_shape) {
            fail_msg("case %zu", i);
        }
    }
}

static void
types_are_equal_when_neither_asks_for_more(void **state)
{
    static const struct {
        const struct type *a, *b;
        bool equal;
    } cases[] = {
        {&number, &number, true}, {&number, &any, false}, {NULL, &any, true}, {&null, &number, false}, {&boolean, &string, false},
        {&numbers, &anything, false}, {&person, &turned, true}, {&person, &named, false}, {&age, &number, false},
        {&age, &same_age, true}, {&number_to_string, &age_to_any, false}, {&nothing_to_any, &every_function, false},
        {&family, &other_family, true}, {&family, &lonely_family, false}, {&children, &other_children, true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (type_equal(cases[i].a, cases[i].b) != cases[i].equal || type_equal(cases[i].b, cases[i].a) != cases[i].equal) {
            fail_msg("case %zu", i);
        }
    }
}

/* Each of a tower's floors holds the next one twice: two to the power of its height ways down, if every one of them were gone. */
static const struct type *
tower(struct arena *a, size_t height)
{
    const struct type *below = &number;

    for (size_t i = 0; i < height; i++) {
        struct type *floor = arena_alloc(a, 1, sizeof(*floor));
        struct type_member *member = arena_alloc(a, 2, sizeof(*member));
        assert_true(floor != NULL && member != NULL);
        member[0] = (struct type_member){STR("left"), below};
        member[1] = (struct type_member){STR("right"), below};
        *floor = (struct type){.kind = TYPE_CONTEXT, .count = 2, .member = member};
        below = floor;
    }
    return below;
}

static void
towers_of_types_are_walked_once_and_have_an_end(void **state)
{
    struct arena *a = arena_new(1 << 24);
    const struct type *one = tower(a, 300), *two = tower(a, 300), *high = tower(a, 5000);

    (void)state;
    assert_true(type_equal(one, two));
    assert_true(type_conforms(one, two));
    assert_false(type_equal(one, tower(a, 299)));
    assert_false(type_equal(high, tower(a, 5000))); /* too many parts to be sure */
    assert_true(type_equal(high, high));
    assert_true(type_text(a, one).len < 2000);
    assert_non_null(type_shape(a, high));
    arena_free(a);
}

/* --- shapes -------------------------------------------------------------------------------------- */

static void
the_shape_of_a_type_is_what_its_names_need(void **state)
{
    static const struct {
        const struct type *type;
        enum feel_type_kind kind;
    } cases[] = {
        {NULL, FEEL_UNKNOWN},   {&any, FEEL_UNKNOWN},  {&every_context, FEEL_UNKNOWN}, {&null, FEEL_SIMPLE},
        {&number, FEEL_SIMPLE}, {&span, FEEL_SIMPLE},  {&age, FEEL_SIMPLE},            {&numbers, FEEL_LIST},
        {&person, FEEL_CONTEXT}, {&every_function, FEEL_FUNCTION},
    };
    struct arena *a = arena_new(1 << 16);
    const struct feel_type *shape;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        shape = type_shape(a, cases[i].type);
        assert_non_null(shape);
        assert_int_equal(shape->kind, cases[i].kind);
    }
    shape = type_shape(a, &person);
    assert_int_equal(shape->count, 2);
    assert_true(str_eq(shape->member[1].name, STR("age")));
    assert_int_equal(shape->member[1].type->kind, FEEL_SIMPLE);
    shape = type_shape(a, &named);
    assert_int_equal(shape->count, 1);
    assert_int_equal(shape->member[0].type->kind, FEEL_SIMPLE);
    assert_int_equal(type_shape(a, &number_to_string)->element->kind, FEEL_SIMPLE);
    /* a circle stays one */
    shape = type_shape(a, &family);
    assert_ptr_equal(shape->member[1].type->element, shape);
    arena_free(a);
}

static void
a_shape_without_memory_is_none(void **state)
{
    struct arena *a = arena_new(1 << 16);
    const struct feel_type *shape = NULL;
    size_t n = 0;

    (void)state;
    while (shape == NULL) {
        assert_true(n < 100);
        arena_reset(a);
        arena_fail_at(a, ++n);
        shape = type_shape(a, &family);
    }
    assert_true(n > 3);
    arena_free(a);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_type_is_found_by_every_spelling_of_its_name),
        cmocka_unit_test(a_type_is_written_as_one_would_write_it),
        cmocka_unit_test(a_type_conforms_to_what_asks_less),
        cmocka_unit_test(types_are_equal_when_neither_asks_for_more),
        cmocka_unit_test(towers_of_types_are_walked_once_and_have_an_end),
        cmocka_unit_test(the_shape_of_a_type_is_what_its_names_need),
        cmocka_unit_test(a_shape_without_memory_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
