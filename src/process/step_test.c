#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/asset.h"
#include "process/step.h"

static int
open_arena(void **state)
{
    *state = arena_new(4 << 20);
    return 0;
}

static int
close_arena(void **state)
{
    arena_free(*state);
    return 0;
}

static struct json *
demo_rows(struct arena *a)
{
    struct json *rows = NULL;
    struct err err;

    assert_int_equal(json_parse(a, asset_text(asset_find(STR("demo/steps.json"))), JSON_UNIQUE,
                                &rows, &err),
                     RC_OK);
    return rows;
}

static const struct step_table *
demo_table(struct arena *a)
{
    struct step_table *t = NULL;
    struct err err = {.text = ""};

    if (step_table_load(a, demo_rows(a), &t, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    return t;
}

/* --- the table of the demo city ------------------------------------------------------------------- */

static void
a_sub_case_begins_as_submitted(void **state)
{
    const struct step_table *t = demo_table(*state);

    assert_true(str_eq(step_first(t), STR("submitted")));
    assert_true(str_eq(step_state_view(t, step_first(t)), STR("open")));
}

static void
taking_up_and_silence_start_the_clock_and_nothing_else(void **state)
{
    const struct step_table *t = demo_table(*state);

    assert_true(step_may_start(t, STR("accept")) && step_may_start(t, STR("deem")));
    assert_false(step_may_start(t, STR("supply")) || step_may_start(t, STR("grant")) || step_may_start(t, STR("")));
}

static void
every_state_has_words_and_a_desk_and_can_be_reached(void **state)
{
    struct arena *a = *state;
    const struct json *rows = demo_rows(a), *states = json_get(rows, "states");
    const struct step_table *t = demo_table(a);

    for (const struct json *s = states->first; s != NULL; s = s->next) {
        bool is_reached = str_eq(s->key, step_first(t)) || str_eq(s->key, STR("waived"));
        for (const struct json *r = json_get(rows, "steps")->first; r != NULL; r = r->next) {
            is_reached = is_reached || str_eq(json_str(r, "to"), s->key);
        }
        assert_true(is_reached);
        assert_true(step_state_text(t, s->key, STR("zh")).len > 0);
        assert_true(step_state_text(t, s->key, STR("en")).len > 0);
        assert_false(str_eq(step_state_text(t, s->key, STR("zh")),
                            step_state_text(t, s->key, STR("en"))));
        assert_true(str_eq(step_state_text(t, s->key, STR("fr")),
                           step_state_text(t, s->key, STR("zh"))));
        assert_true(step_state_view(t, s->key).len > 0);
    }
    assert_int_equal(step_state_text(t, STR("nowhere"), STR("zh")).len, 0);
    assert_int_equal(step_state_view(t, STR("nowhere")).len, 0);
}

static void
moves_are_those_of_the_table_and_no_others(void **state)
{
    static const char *const roles[] = {"officer", "citizen", "system"};
    struct arena *a = *state;
    const struct json *rows = demo_rows(a), *steps = json_get(rows, "steps");
    const struct step_table *t = demo_table(a);
    int possible = 0;

    for (const struct json *s = json_get(rows, "states")->first; s != NULL; s = s->next) {
        for (const struct json *move = steps->first; move != NULL; move = move->next) {
            for (size_t i = 0; i < 3; i++) {
                const struct step *found = NULL;
                const struct json *want = NULL;
                struct str on = json_str(move, "on");
                struct err err;
                for (const struct json *r = steps->first; r != NULL; r = r->next) {
                    want = str_eq(json_str(r, "from"), s->key) && str_eq(json_str(r, "on"), on)
                               ? r : want;
                }
                enum rc rc = step_find(t, s->key, on, str_of(roles[i]), false, &found, &err);
                if (want == NULL) {
                    assert_int_equal(rc, RC_CONFLICT);
                    assert_string_equal(err.type, "step-not-possible");
                    assert_null(found);
                } else if (!str_eq(json_str(want, "role"), str_of(roles[i]))) {
                    assert_int_equal(rc, RC_DENIED);
                    assert_null(found);
                } else {
                    assert_int_equal(rc, RC_OK);
                    assert_true(str_eq(found->to, json_str(want, "to")));
                    assert_true(str_eq(found->act, json_str(want, "act")));
                    assert_int_equal(found->once, json_true(want, "once"));
                    assert_int_equal(found->ends,
                                     str_eq(step_state_view(t, found->to), STR("done")));
                    possible++;
                }
            }
        }
    }
    assert_true(possible >= (int)steps->count);
}

static void
a_supplement_is_asked_once(void **state)
{
    const struct step_table *t = demo_table(*state);
    const struct step *s = NULL;
    struct err err;

    assert_int_equal(step_find(t, STR("accepted"), STR("ask_supplement"), STR("officer"), false,
                               &s, &err),
                     RC_OK);
    assert_int_equal(s->clock, STEP_CLOCK_PAUSE);
    s = NULL;
    assert_int_equal(step_find(t, STR("accepted"), STR("ask_supplement"), STR("officer"), true,
                               &s, &err),
                     RC_CONFLICT);
    assert_string_equal(err.type, "only-once");
    assert_null(s);
    /* What was asked before stands in the way of nothing else. */
    assert_int_equal(step_find(t, STR("accepted"), STR("grant"), STR("officer"), true, &s, &err),
                     RC_OK);
    assert_int_equal(s->clock, STEP_CLOCK_STOP);
    assert_true(s->ends);
    /* Another's role is told before "only once". */
    assert_int_equal(step_find(t, STR("accepted"), STR("ask_supplement"), STR("citizen"), true, &s,
                               &err),
                     RC_DENIED);
}

static void
choices_are_what_a_role_may_do_from_here(void **state)
{
    const struct step_table *t = demo_table(*state);
    const struct step *out[8];

    assert_int_equal(step_choices(t, STR("submitted"), STR("officer"), out, 8), 3);
    assert_true(str_eq(out[0]->on, STR("accept")));
    assert_true(str_eq(out[1]->on, STR("ask_supplement")));
    assert_true(str_eq(out[2]->on, STR("reject")));
    assert_int_equal(step_choices(t, STR("submitted"), STR("officer"), out, 2), 2);
    assert_int_equal(step_choices(t, STR("submitted"), STR("officer"), out, 0), 0);
    assert_int_equal(step_choices(t, STR("submitted"), STR("system"), out, 8), 1);
    assert_int_equal(step_choices(t, STR("submitted"), STR("citizen"), out, 8), 1);
    assert_int_equal(step_choices(t, STR("granted"), STR("officer"), out, 8), 0);
    assert_int_equal(step_choices(t, STR("nowhere"), STR("officer"), out, 8), 0);
    assert_int_equal(step_choices(t, STR("submitted"), STR("nobody"), out, 8), 0);
}

/* --- tables that are wrong ------------------------------------------------------------------------ */

static const char small[] =
    "{\"states\":{\"a\":{\"view\":\"open\",\"zh\":\"甲\",\"en\":\"A\"},"
    "\"b\":{\"view\":\"open\",\"zh\":\"乙\"},\"p\":{\"view\":\"waiting\",\"zh\":\"丙\"},"
    "\"z\":{\"view\":\"done\",\"zh\":\"丁\"}},\"steps\":["
    "{\"from\":\"a\",\"on\":\"accept\",\"role\":\"officer\",\"to\":\"b\",\"act\":\"accept\",\"clock\":\"start\"},"
    "{\"from\":\"b\",\"on\":\"ask\",\"role\":\"officer\",\"to\":\"p\",\"act\":\"supplement\",\"clock\":\"pause\",\"once\":true},"
    "{\"from\":\"p\",\"on\":\"supply\",\"role\":\"citizen\",\"to\":\"b\",\"act\":\"supplied\",\"clock\":\"resume\"},"
    "{\"from\":\"b\",\"on\":\"grant\",\"role\":\"officer\",\"to\":\"z\",\"act\":\"decide\",\"clock\":\"stop\"}]}";

/* small with one piece of it replaced. */
static enum rc
load_changed(struct arena *a, const char *from, const char *to, struct step_table **out,
             struct err *err)
{
    struct str whole = str_of(small);
    size_t at = str_find(whole, str_of(from));
    struct json *rows = NULL;

    assert_true(at < whole.len);
    struct str text = str_fmt(a, "%.*s%s%s", (int)at, small, to, small + at + str_of(from).len);
    assert_int_equal(json_parse(a, text, JSON_UNIQUE, &rows, err), RC_OK);
    return step_table_load(a, rows, out, err);
}

static void
a_state_without_english_is_said_in_chinese(void **state)
{
    struct step_table *t = NULL;
    struct err err = {.text = ""};

    assert_int_equal(load_changed(*state, "\"A\"", "\"A\"", &t, &err), RC_OK);
    assert_true(str_eq(step_state_text(t, STR("a"), STR("en")), STR("A")));
    assert_true(str_eq(step_state_text(t, STR("b"), STR("en")), STR("乙")));
}

static void
a_wrong_table_is_refused(void **state)
{
    static const struct {
        const char *from;
        const char *to;
        const char *why;
    } cases[] = {
        {"\"steps\":[", "\"moves\":[", "no steps"},
        {"\"steps\":[", "\"steps\":[], \"others\":[", "no rows"},
        {"\"steps\":[", "\"steps\":{}, \"others\":[", "no list"},
        {"\"steps\":[", "\"steps\":[7,", "a row that is no object"},
        {"\"states\":{", "\"other\":{", "no states"},
        {"\"states\":{", "\"states\":[], \"other\":{", "states in a list"},
        {"\"from\":\"a\"", "\"from\":\"\"", "from nowhere"},
        {"\"from\":\"a\"", "\"from\":7", "from a number"},
        {"\"on\":\"accept\"", "\"on\":\"\"", "no move"},
        {"\"on\":\"grant\"", "\"on\":\"ask\"", "the same move twice"},
        {"\"role\":\"officer\"", "\"role\":\"king\"", "an unknown role"},
        {"\"role\":\"officer\"", "\"role\":null", "no role"},
        {"\"to\":\"b\"", "\"to\":\"nowhere\"", "to a state without words"},
        {"\"act\":\"accept\"", "\"act\":\"\"", "no act"},
        {"\"act\":\"accept\"", "\"act\":\"nod\"", "an act that there is not"},
        {"\"clock\":\"start\"", "\"clock\":\"run\"", "an unknown clock"},
        {"\"clock\":\"start\"", "\"clock\":1", "a clock that is a number"},
        {"\"clock\":\"start\"", "\"clock\":\"\"", "an empty clock"},
        {"\"clock\":\"start\"", "\"clock\":\"none\"", "a pause of a clock that never started"},
        {"\"clock\":\"start\"", "\"clock\":\"stop\"", "a stop of a clock that never started"},
        {"\"clock\":\"pause\"", "\"clock\":\"none\"", "a clock resumed that was not paused"},
        {"\"clock\":\"pause\"", "\"clock\":\"start\"", "a clock started twice"},
        {"\"clock\":\"resume\"", "\"clock\":\"none\"", "a state with the clock in two ways"},
        {"\"clock\":\"stop\"", "\"clock\":\"none\"", "an end with a running clock"},
        {"\"clock\":\"stop\"", "\"clock\":\"pause\"", "an end with a paused clock"},
        {"\"once\":true", "\"once\":\"yes\"", "once is no word"},
        {"\"view\":\"open\"", "\"view\":\"shelf\"", "an unknown desk"},
        {"\"view\":\"open\"", "\"view\":\"\"", "no desk"},
        {"\"view\":\"open\",\"zh\":\"乙\"", "\"view\":\"done\",\"zh\":\"乙\"", "done, and goes on"},
        {"\"view\":\"done\"", "\"view\":\"open\"", "nothing leads on, and not done"},
        {"\"zh\":\"甲\"", "\"zh\":\"\"", "no words"},
        {"\"from\":\"p\"", "\"from\":\"z\"", "from the end, and nowhere from the pause"},
        {"{\"from\":\"p\"",
         "{\"from\":\"q\",\"on\":\"x\",\"role\":\"system\",\"to\":\"z\",\"act\":\"decide\"},{\"from\":\"p\"",
         "from a state without words"},
        {"{\"from\":\"p\"",
         "{\"from\":\"q\",\"on\":\"x\",\"role\":\"system\",\"to\":\"q\",\"act\":\"decide\"},{\"from\":\"p\"",
         "a ring that nothing leads to"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena *a = arena_new(1 << 20);
        struct step_table *t = NULL;
        struct err err;
        enum rc rc = load_changed(a, cases[i].from, cases[i].to, &t, &err);
        if (rc != RC_INVALID || t != NULL) {
            fail_msg("%s gave %s", cases[i].why, rc_name(rc));
        }
        arena_free(a);
    }
    (void)state;
}

static void
a_ring_that_nothing_leads_to_is_named(void **state)
{
    struct step_table *t = NULL;
    struct err err;

    assert_int_equal(load_changed(*state, "\"states\":{",
                                  "\"states\":{\"q\":{\"view\":\"open\",\"zh\":\"戊\"},", &t, &err),
                     RC_OK);
    t = NULL;
    struct arena *a = *state;
    struct json *rows = NULL;
    struct str text = str_fmt(
        a, "%.*s,{\"from\":\"q\",\"on\":\"x\",\"role\":\"system\",\"to\":\"q\",\"act\":\"decide\"}]}",
        (int)(sizeof(small) - 3), small);
    size_t at = str_find(text, STR("\"z\":{"));
    text = str_fmt(a, "%.*s\"q\":{\"view\":\"open\",\"zh\":\"戊\"},%s", (int)at, text.ptr,
                   text.ptr + at);
    assert_int_equal(json_parse(a, text, JSON_UNIQUE, &rows, &err), RC_OK);
    assert_int_equal(step_table_load(a, rows, &t, &err), RC_INVALID);
    assert_true(str_has(str_of(err.text), STR("no step leads to q")));
}

static void
nothing_at_all_is_no_table(void **state)
{
    struct step_table *t = NULL;
    struct err err;

    assert_int_equal(step_table_load(*state, NULL, &t, &err), RC_INVALID);
    assert_int_equal(step_table_load(*state, json_array(*state), &t, &err), RC_INVALID);
    assert_null(t);
}

static void
a_table_that_does_not_fit_in_memory_is_a_limit(void **state)
{
    const struct json *rows = demo_rows(*state);
    enum rc rc = RC_LIMIT;
    size_t n = 1;

    for (; rc != RC_OK && n < 2000; n++) {
        struct arena *a = arena_new(1 << 20);
        struct step_table *t = NULL;
        struct err err;
        arena_fail_at(a, n);
        rc = step_table_load(a, rows, &t, &err);
        assert_true(rc == RC_OK || rc == RC_LIMIT);
        assert_int_equal(t != NULL, rc == RC_OK);
        arena_free(a);
    }
    assert_int_equal(rc, RC_OK);
    assert_true(n > 80);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_arena, close_arena)
    const struct CMUnitTest tests[] = {
        TEST(a_sub_case_begins_as_submitted),
        TEST(taking_up_and_silence_start_the_clock_and_nothing_else),
        TEST(every_state_has_words_and_a_desk_and_can_be_reached),
        TEST(moves_are_those_of_the_table_and_no_others),
        TEST(a_supplement_is_asked_once),
        TEST(choices_are_what_a_role_may_do_from_here),
        TEST(a_state_without_english_is_said_in_chinese),
        TEST(a_wrong_table_is_refused),
        TEST(a_ring_that_nothing_leads_to_is_named),
        TEST(nothing_at_all_is_no_table),
        TEST(a_table_that_does_not_fit_in_memory_is_a_limit),
    };
#undef TEST

    return cmocka_run_group_tests_name("step", tests, NULL, NULL);
}
