#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "rule/function.h"
#include "rule/value.h"

struct world {
    struct arena *arena;
    struct zones *zones;
};

static int
set_up(void **state)
{
    static struct world w;

    w = (struct world){arena_new(64 << 20), zones_new(ZONE_FOLDER)};
    *state = &w;
    return 0;
}

static int
tear_down(void **state)
{
    struct world *w = *state;

    arena_free(w->arena);
    zones_free(w->zones);
    return 0;
}

/* --- values from a small notation: JSON, but "@2026-11-28" is a moment and "[1..3)" a range ------------------------------ */

static void enrich(struct world *w, struct value *v);

static bool
moment(struct world *w, struct str s, struct value *out)
{
    struct temporal t;
    struct temporal *kept = arena_alloc(w->arena, 1, sizeof(*kept));

    assert_non_null(kept);
    if (duration_parse(s, &out->as.duration)) {
        out->kind = VALUE_DAYS_DURATION;
        return true;
    }
    if (months_parse(s, &out->as.months)) {
        out->kind = VALUE_MONTHS_DURATION;
        return true;
    }
    if (temporal_parse_date(s, &t)) {
        out->kind = VALUE_DATE;
    } else if (temporal_parse_time(w->zones, s, &t)) {
        out->kind = VALUE_TIME;
    } else if (temporal_parse_date_time(w->zones, s, &t)) {
        out->kind = VALUE_DATE_TIME;
    } else {
        return false;
    }
    *kept = t;
    out->as.temporal = kept;
    return true;
}

static struct value
read(struct world *w, struct str text)
{
    struct value v = value_null();
    struct json *j;
    struct err err;

    if (json_parse(w->arena, text, JSON_ANY, &j, &err) != RC_OK || value_of_json(w->arena, j, &v, &err) != RC_OK) {
        fail_msg("%.*s: %s", STR_ARG(text), err.text);
    }
    enrich(w, &v);
    return v;
}

static void
range(struct world *w, struct str s, struct value *out)
{
    struct range *r = arena_alloc(w->arena, 1, sizeof(*r));
    size_t dots = str_find(s, STR(".."));
    struct str low = str_sub(s, 1, dots - 1), high = str_sub(s, dots + 2, s.len - dots - 3);

    assert_non_null(r);
    r->low_end = low.len == 0 ? RANGE_UNBOUNDED : s.ptr[0] == '[' ? RANGE_CLOSED : RANGE_OPEN;
    r->high_end = high.len == 0 ? RANGE_UNBOUNDED : s.ptr[s.len - 1] == ']' ? RANGE_CLOSED : RANGE_OPEN;
    r->low = low.len == 0 ? value_null() : read(w, low);
    r->high = high.len == 0 ? value_null() : read(w, high);
    *out = (struct value){.kind = VALUE_RANGE, .as.range = r};
}

static void
enrich(struct world *w, struct value *v)
{
    if (v->kind == VALUE_STRING && str_starts(v->as.text, STR("@"))) {
        assert_true(moment(w, str_from(v->as.text, 1), v));
    } else if (v->kind == VALUE_STRING && str_has(v->as.text, STR(".."))) {
        range(w, v->as.text, v);
    }
    if (v->kind == VALUE_LIST) {
        struct value *copy = arena_alloc(w->arena, v->as.list->count + 1, sizeof(*copy));
        for (size_t i = 0; i < v->as.list->count; i++) {
            copy[i] = v->as.list->item[i];
            enrich(w, &copy[i]);
        }
        v->as.list = list_of(w->arena, copy, v->as.list->count);
    }
}

/* --- equality and order ---------------------------------------------------------------------- */

#define ORDERLESS 9

static void
values_are_equal_and_in_order_as_the_standard_says(void **state)
{
    static const struct {
        const char *a, *b;
        enum tri equal;
        int order;
    } cases[] = {
        {"null", "null", TRI_TRUE, ORDERLESS},
        {"1", "null", TRI_FALSE, ORDERLESS},
        {"null", "[]", TRI_FALSE, ORDERLESS},
        {"1", "\"1\"", TRI_NULL, ORDERLESS},
        {"false", "0", TRI_NULL, ORDERLESS},
        {"true", "true", TRI_TRUE, ORDERLESS},
        {"true", "false", TRI_FALSE, ORDERLESS},
        {"1.0", "1", TRI_TRUE, 0},
        {"1e2", "99.9", TRI_FALSE, 1},
        {"9007199254740993", "9007199254740992", TRI_FALSE, 1},
        {"\"a\"", "\"b\"", TRI_FALSE, -1},
        {"\"\"", "\"\"", TRI_TRUE, 0},
        {"\"\\uffff\"", "\"\\ud83d\\ude00\"", TRI_FALSE, -1}, /* code points, not halves of UTF-16 */
        {"\"@2018-12-08\"", "\"@2018-12-08\"", TRI_TRUE, 0},
        {"\"@2018-12-08\"", "\"@2018-12-08T00:00:00\"", TRI_NULL, ORDERLESS},
        {"\"@10:30:00+02:00\"", "\"@11:30:00+03:00\"", TRI_TRUE, 0},
        {"\"@10:30:00\"", "\"@10:30:00Z\"", TRI_NULL, ORDERLESS},
        {"\"@2002-04-02T12:00:00-01:00\"", "\"@2002-04-02T17:00:00+04:00\"", TRI_TRUE, 0},
        {"\"@2026-01-01T00:00:00\"", "\"@2025-12-31T23:59:59\"", TRI_FALSE, 1},
        {"\"@P1D\"", "\"@PT24H\"", TRI_TRUE, 0},
        {"\"@P1D\"", "\"@PT25H\"", TRI_FALSE, -1},
        {"\"@P1Y\"", "\"@P12M\"", TRI_TRUE, 0},
        {"\"@P1Y\"", "\"@P365D\"", TRI_NULL, ORDERLESS},
        {"[1, 2]", "[1, 2]", TRI_TRUE, ORDERLESS},
        {"[1, 2]", "[2, 1]", TRI_FALSE, ORDERLESS},
        {"[1]", "[1, 1]", TRI_FALSE, ORDERLESS},
        {"[1, 2]", "[1, \"2\"]", TRI_NULL, ORDERLESS},
        {"[1, 2]", "[\"1\", 3]", TRI_FALSE, ORDERLESS}, /* false is stronger than null */
        {"[null]", "[1]", TRI_FALSE, ORDERLESS},
        {"{}", "[]", TRI_NULL, ORDERLESS},
        {"{\"a\": 1, \"b\": [2]}", "{\"b\": [2], \"a\": 1}", TRI_TRUE, ORDERLESS},
        {"{\"a\": 1}", "{\"b\": 1}", TRI_FALSE, ORDERLESS},
        {"{\"a\": 1}", "{\"a\": 1, \"b\": 1}", TRI_FALSE, ORDERLESS},
        {"{\"a\": 1}", "{\"a\": true}", TRI_NULL, ORDERLESS},
        {"\"[1..3]\"", "\"[1..3]\"", TRI_TRUE, ORDERLESS},
        {"\"[1..3]\"", "\"(1..3]\"", TRI_FALSE, ORDERLESS},
        {"\"[1..3]\"", "\"[1..4]\"", TRI_FALSE, ORDERLESS},
        {"\"(..3]\"", "\"(..3]\"", TRI_TRUE, ORDERLESS},
    };
    struct world *w = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct value a = read(w, str_of(cases[i].a)), b = read(w, str_of(cases[i].b));
        int order = ORDERLESS, back = ORDERLESS;
        bool has_order = value_compare(a, b, &order);
        if (value_equal(a, b) != cases[i].equal || value_equal(b, a) != cases[i].equal) {
            fail_msg("%s = %s: %d", cases[i].a, cases[i].b, value_equal(a, b));
        }
        assert_true(has_order || order == ORDERLESS);
        order = has_order ? (order > 0) - (order < 0) : order;
        if (order != cases[i].order || value_compare(b, a, &back) != has_order) {
            fail_msg("%s and %s: order %d", cases[i].a, cases[i].b, order);
        }
        assert_true(!has_order || (back > 0) - (back < 0) == -order);
        assert_true(value_hash(a) == value_hash(b) || cases[i].equal != TRI_TRUE);
        assert_true(value_same(a, a) && value_equal(a, a) == TRI_TRUE);
    }
}

static void
is_tells_apart_what_is_only_equal(void **state)
{
    static const struct {
        const char *a, *b;
        bool same;
    } cases[] = {
        {"null", "null", true},
        {"1", "1.00", true},
        {"1", "null", false},
        {"1", "\"1\"", false},
        {"\"@23:00:50Z\"", "\"@23:00:50+00:00\"", true},
        {"\"@20:00:50+00:00\"", "\"@21:00:50+01:00\"", false},
        {"\"@2002-04-02T12:00:00-01:00\"", "\"@2002-04-02T17:00:00+04:00\"", false},
        {"[\"@20:00:50+00:00\"]", "[\"@21:00:50+01:00\"]", false},
        {"[1, [2]]", "[1, [2.0]]", true},
        {"\"@P1D\"", "\"@PT24H\"", true},
    };
    struct world *w = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (value_same(read(w, str_of(cases[i].a)), read(w, str_of(cases[i].b))) != cases[i].same) {
            fail_msg("is(%s, %s)", cases[i].a, cases[i].b);
        }
    }
}

static void
functions_are_equal_only_to_themselves(void **state)
{
    struct function a = {.kind = FUNCTION_WRITTEN}, b = a;
    struct value x = {.kind = VALUE_FUNCTION, .as.function = &a}, y = {.kind = VALUE_FUNCTION, .as.function = &b};

    (void)state;
    assert_int_equal(value_equal(x, x), TRI_TRUE);
    assert_int_equal(value_equal(x, y), TRI_FALSE);
}

static void
a_range_has_what_lies_between_its_ends(void **state)
{
    static const struct {
        const char *range, *value;
        enum tri has;
    } cases[] = {
        {"\"[1..3]\"", "1", TRI_TRUE},         {"\"(1..3]\"", "1", TRI_FALSE},
        {"\"[1..3)\"", "3", TRI_FALSE},        {"\"[1..3]\"", "3.0", TRI_TRUE},
        {"\"[1..3]\"", "3.0001", TRI_FALSE},   {"\"(..3)\"", "-1e30", TRI_TRUE},
        {"\"(..3)\"", "3", TRI_FALSE},         {"\"(3..)\"", "3", TRI_FALSE},
        {"\"[3..)\"", "3", TRI_TRUE},          {"\"[1..3]\"", "\"a\"", TRI_NULL},
        {"\"[1..3]\"", "null", TRI_NULL},      {"\"(..3)\"", "null", TRI_NULL},
        {"\"[1..3]\"", "[2]", TRI_NULL},       {"\"[null..3]\"", "5", TRI_FALSE},
        {"\"[null..3]\"", "2", TRI_NULL},
    };
    struct world *w = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct value r = read(w, str_of(cases[i].range));
        if (range_has(r.as.range, read(w, str_of(cases[i].value))) != cases[i].has) {
            fail_msg("%s in %s", cases[i].value, cases[i].range);
        }
    }
}

static void
a_range_of_one_value_and_one_of_all_others_are_of_their_own_form(void **state)
{
    static const struct {
        enum range_form form;
        const char *text;
        enum tri has_five, has_six, has_text;
    } cases[] = {
        {RANGE_BETWEEN, "[5..5]", TRI_TRUE, TRI_FALSE, TRI_NULL},
        {RANGE_ONE, "= 5", TRI_TRUE, TRI_FALSE, TRI_NULL},
        {RANGE_ALL_BUT, "!= 5", TRI_FALSE, TRI_TRUE, TRI_NULL},
    };
    struct world *w = *state;
    struct value five = value_of_int(5);

    for (size_t i = 0; i < 3; i++) {
        struct range r = {.low = five, .high = five, .form = cases[i].form};
        struct value v = {.kind = VALUE_RANGE, .as.range = &r};
        assert_true(str_eq(value_text(w->arena, v, false), str_of(cases[i].text)));
        assert_int_equal(range_has(&r, five), cases[i].has_five);
        assert_int_equal(range_has(&r, value_of_int(6)), cases[i].has_six);
        assert_int_equal(range_has(&r, value_of_str(STR("5"))), cases[i].has_text);
        for (size_t j = 0; j < 3; j++) {
            struct range other = {.low = five, .high = five, .form = cases[j].form};
            struct value u = {.kind = VALUE_RANGE, .as.range = &other};
            assert_int_equal(value_equal(u, v), i == j ? TRI_TRUE : TRI_FALSE);
        }
    }
}

/* --- what nests deeply or shares parts --------------------------------------------------------- */

/* A list with count times the last one in it, and so on, levels deep. */
static struct value
tower(struct world *w, struct value last, size_t levels, size_t count)
{
    struct value items[4];

    while (levels-- > 0) {
        for (size_t i = 0; i < count; i++) {
            items[i] = last;
        }
        last = (struct value){.kind = VALUE_LIST, .as.list = list_of(w->arena, items, count)};
    }
    return last;
}

/* The same of contexts with one or two entries. */
static struct value
context_tower(struct world *w, size_t levels, size_t count)
{
    struct value last = value_of_int(1);

    while (levels-- > 0) {
        struct context *c = arena_alloc(w->arena, 1, sizeof(*c));
        struct entry *e = arena_alloc(w->arena, 2, sizeof(*e));
        assert_true(c != NULL && e != NULL);
        e[0] = (struct entry){STR("a"), last};
        e[1] = (struct entry){STR("b"), last};
        *c = (struct context){count, e};
        last = (struct value){.kind = VALUE_CONTEXT, .as.context = c};
    }
    return last;
}

/* Ranges of ranges: nobody can write one, but a model's function may bring what it likes. */
static struct value
range_tower(struct world *w, size_t levels)
{
    struct value last = value_of_int(1);

    while (levels-- > 0) {
        struct range *r = arena_alloc(w->arena, 1, sizeof(*r));
        assert_non_null(r);
        *r = (struct range){.low = last, .high = value_of_int(2)};
        last = (struct value){.kind = VALUE_RANGE, .as.range = r};
    }
    return last;
}

/* As text and as JSON, or as neither. */
static bool
is_written(struct world *w, struct value v)
{
    struct buf b;
    struct str out;
    struct err err;

    buf_init(&b, w->arena, 1 << 20);
    value_put_json(&b, v);
    bool is_json = buf_finish(&b, &out, &err) == RC_OK;
    assert_int_equal(value_text(w->arena, v, false).ptr != NULL, is_json);
    return is_json;
}

static void
values_of_any_depth_are_compared_or_said_to_be_incomparable(void **state)
{
    struct world *w = *state;
    size_t within = VALUE_DEPTH_MAX - 1;
    uint64_t work = 0;

    assert_int_equal(value_equal(tower(w, value_of_int(1), within, 1), tower(w, value_of_int(1), within, 1)), TRI_TRUE);
    assert_int_equal(value_equal(tower(w, value_of_int(1), within + 1, 1), tower(w, value_of_int(1), within + 1, 1)), TRI_NULL);
    assert_int_equal(value_equal(tower(w, value_of_int(1), 100000, 1), tower(w, value_of_int(1), 100000, 1)), TRI_NULL);
    assert_false(value_same(tower(w, value_of_int(1), 100000, 1), tower(w, value_of_int(1), 100000, 1)));
    assert_int_equal(value_equal_counted(tower(w, value_of_int(1), 20, 2), tower(w, value_of_int(1), 20, 2), &work), TRI_TRUE);
    assert_true(work > 1 << 20);
    assert_int_equal(value_equal(tower(w, value_of_int(1), 60, 2), tower(w, value_of_int(1), 60, 2)), TRI_NULL);
    assert_int_equal(value_equal(context_tower(w, 15, 2), context_tower(w, 15, 2)), TRI_TRUE);
    assert_int_equal(value_equal(context_tower(w, 60, 2), context_tower(w, 60, 2)), TRI_NULL);
    assert_true(value_hash(context_tower(w, 60, 2)) == value_hash(context_tower(w, 60, 2)));
    struct value one = tower(w, value_of_int(1), 60, 2);
    assert_int_equal(value_equal(one, one), TRI_TRUE);
    assert_true(value_hash(one) == value_hash(tower(w, value_of_int(1), 60, 2)));
}

static void
what_is_nested_too_deeply_is_not_written(void **state)
{
    struct world *w = *state;
    struct arena *small = arena_new(1 << 20);
    struct buf b;
    struct str out;
    struct err err;

    for (size_t levels = VALUE_DEPTH_MAX - 1; levels < VALUE_DEPTH_MAX + 3; levels++) {
        bool is_right = levels < VALUE_DEPTH_MAX;
        assert_int_equal(is_written(w, tower(w, value_of_int(1), levels, 1)), is_right);
        assert_int_equal(is_written(w, context_tower(w, levels, 1)), is_right);
        assert_int_equal(is_written(w, range_tower(w, levels)), is_right);
    }
    assert_null(value_text(small, tower(w, value_of_int(1), 60, 2), false).ptr); /* past the arena's limit */
    assert_null(value_text(small, context_tower(w, 60, 2), false).ptr);
    buf_init(&b, w->arena, 1 << 20);
    value_put_json(&b, tower(w, value_of_int(1), 60, 2));
    assert_int_equal(buf_finish(&b, &out, &err), RC_LIMIT);
    arena_free(small);
}

/* --- text and JSON ----------------------------------------------------------------------------- */

static void
values_are_written_as_feel_and_as_json(void **state)
{
    static const struct {
        const char *value, *text, *json;
    } cases[] = {
        {"null", "null", "null"},
        {"true", "true", "true"},
        {"false", "false", "false"},
        {"1.500", "1.5", "1.5"},
        {"-1e3", "-1000", "-1000"},
        {"1e-7", "0.0000001", "0.0000001"},
        {"1234567890123456789012345678901234", "1234567890123456789012345678901234", "1234567890123456789012345678901234"},
        {"\"a \\\"b\\\"\"", "a \"b\"", "\"a \\\"b\\\"\""},
        {"\"\"", "", "\"\""},
        {"\"@2026-11-28\"", "2026-11-28", "\"2026-11-28\""},
        {"\"@10:30:11@Asia/Shanghai\"", "10:30:11@Asia/Shanghai", "\"10:30:11@Asia/Shanghai\""},
        {"\"@P1DT2H\"", "P1DT2H", "\"P1DT2H\""},
        {"\"@P14M\"", "P1Y2M", "\"P1Y2M\""},
        {"[]", "[]", "[]"},
        {"[1, \"a\", [null]]", "[1, \"a\", [null]]", "[1,\"a\",[null]]"},
        {"[\"\\\"a\\\"\"]", "[\"\\\"a\\\"\"]", "[\"\\\"a\\\"\"]"},
        {"[\"a\\\\b\\nc\\td\\re\"]", "[\"a\\\\b\\nc\\td\\re\"]", "[\"a\\\\b\\nc\\td\\re\"]"},
        {"[\"@2026-11-28\", \"@P1Y\"]", "[@\"2026-11-28\", @\"P1Y\"]", "[\"2026-11-28\",\"P1Y\"]"},
        {"{}", "{}", "{}"},
        {"{\"a\": 1, \"b c\": \"2\"}", "{a: 1, \"b c\": \"2\"}", "{\"a\":1,\"b c\":\"2\"}"},
        {"{\"\": 1, \"1a\": 2, \"政\": 3, \"a-b\": 4}", "{\"\": 1, \"1a\": 2, 政: 3, \"a-b\": 4}",
         "{\"\":1,\"1a\":2,\"政\":3,\"a-b\":4}"},
        {"\"[1..3)\"", "[1..3)", "\"[1..3)\""},
        {"\"(..3)\"", "< 3", "\"< 3\""},
        {"\"(..3]\"", "<= 3", "\"<= 3\""},
        {"\"(3..)\"", "> 3", "\"> 3\""},
        {"\"[3..)\"", ">= 3", "\">= 3\""},
        {"{\"a\": 1, \"b\": 2, \"a\": 3}", "{a: 3, b: 2}", "{\"a\":3,\"b\":2}"},
    };
    struct world *w = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct value v = read(w, str_of(cases[i].value));
        struct str text = value_text(w->arena, v, false), json;
        struct err err;
        struct buf b;
        buf_init(&b, w->arena, 1 << 20);
        value_put_json(&b, v);
        assert_int_equal(buf_finish(&b, &json, &err), RC_OK);
        if (!str_eq(text, str_of(cases[i].text)) || !str_eq(json, str_of(cases[i].json))) {
            fail_msg("%s: %.*s and %.*s", cases[i].value, STR_ARG(text), STR_ARG(json));
        }
    }
    assert_true(str_eq(value_text(w->arena, value_of_str(STR("a")), true), STR("\"a\"")));
    assert_true(str_eq(value_text(w->arena, read(w, STR("\"@P1D\"")), true), STR("@\"P1D\"")));
}

static void
a_function_is_written_by_its_name_or_its_head(void **state)
{
    static const struct type_member parameters[] = {{STR_INIT("x"), NULL}, {STR_INIT("y z"), NULL}};
    static const struct {
        struct function f;
        const char *text;
    } cases[] = {
        {{.kind = FUNCTION_BUILTIN, .builtin = BUILTIN_LIST_CONTAINS}, "list contains"},
        {{.kind = FUNCTION_WRITTEN, .count = 2, .parameter = parameters}, "function(x, y z)"},
        {{.kind = FUNCTION_HOST, .name = STR_INIT("PMT")}, "PMT"},
    };
    struct world *w = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct value v = {.kind = VALUE_FUNCTION, .as.function = &cases[i].f};
        assert_true(str_eq(value_text(w->arena, v, true), str_of(cases[i].text)));
    }
}

/* So many members that they are sorted: of each name the last value, at the first place. */
static void
of_a_name_that_stands_twice_the_last_value_counts(void **state)
{
    struct world *w = *state;
    struct buf b;
    struct str text;
    struct err err;

    buf_init(&b, w->arena, 1 << 20);
    for (int i = 0; i < 3000; i++) {
        buf_put_fmt(&b, "%c\"member %d\":%d", i == 0 ? '{' : ',', i * 7 % 1000, i);
    }
    buf_put(&b, STR("}"));
    assert_int_equal(buf_finish(&b, &text, &err), RC_OK);
    struct value v = read(w, text);
    assert_int_equal(v.as.context->count, 1000);
    for (int i = 0; i < 1000; i++) {
        struct str name = str_fmt(w->arena, "member %d", i * 7 % 1000);
        assert_true(str_eq(v.as.context->entry[i].name, name));
        assert_int_equal(value_equal(v.as.context->entry[i].value, value_of_int(2000 + i)), TRI_TRUE);
    }
    assert_non_null(context_find(v.as.context, STR("member 999")));
    assert_null(context_find(v.as.context, STR("member")));
}

static void
a_number_past_the_range_is_refused(void **state)
{
    struct world *w = *state;
    struct value v = value_of_int(7);
    struct json *j;
    struct err err;

    assert_int_equal(json_parse(w->arena, STR("[1e99999]"), JSON_ANY, &j, &err), RC_OK);
    assert_int_equal(value_of_json(w->arena, j, &v, &err), RC_INVALID);
    assert_string_equal(err.text, "value: the number 1e99999 is past the range");
    assert_int_equal(v.kind, VALUE_NUMBER);
}

static void
an_arena_that_is_full_at_any_moment_is_a_clean_error(void **state)
{
    static const char text[] = "[{\"a\":1,\"b\":[1,2]},{\"1\":1,\"2\":1,\"3\":1,\"4\":1,\"5\":1,\"6\":1,\"7\":1,\"8\":1,"
                               "\"9\":1,\"10\":1,\"11\":1,\"12\":1,\"13\":1,\"1\":2}]";
    struct world *w = *state;
    struct json *j;
    struct err err;
    enum rc rc = RC_LIMIT;
    size_t n = 0;

    assert_int_equal(json_parse(w->arena, str_of(text), JSON_ANY, &j, &err), RC_OK);
    while (rc != RC_OK) {
        struct arena *a = arena_new(1 << 20);
        struct value v;
        struct buf b;
        struct str out;
        arena_fail_at(a, ++n);
        rc = value_of_json(a, j, &v, &err);
        if (rc == RC_OK) {
            buf_init(&b, a, 1 << 20);
            value_put_json(&b, v);
            rc = buf_finish(&b, &out, &err);
            rc = rc == RC_OK && value_text(a, v, true).ptr == NULL ? RC_LIMIT : rc;
        }
        assert_true(rc == RC_OK || rc == RC_LIMIT);
        arena_free(a);
    }
    assert_true(n > 20);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(values_are_equal_and_in_order_as_the_standard_says, set_up, tear_down),
        cmocka_unit_test_setup_teardown(is_tells_apart_what_is_only_equal, set_up, tear_down),
        cmocka_unit_test(functions_are_equal_only_to_themselves),
        cmocka_unit_test_setup_teardown(a_range_has_what_lies_between_its_ends, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_range_of_one_value_and_one_of_all_others_are_of_their_own_form, set_up, tear_down),
        cmocka_unit_test_setup_teardown(values_of_any_depth_are_compared_or_said_to_be_incomparable, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_nested_too_deeply_is_not_written, set_up, tear_down),
        cmocka_unit_test_setup_teardown(values_are_written_as_feel_and_as_json, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_function_is_written_by_its_name_or_its_head, set_up, tear_down),
        cmocka_unit_test_setup_teardown(of_a_name_that_stands_twice_the_last_value_counts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_number_past_the_range_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_arena_that_is_full_at_any_moment_is_a_clean_error, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
