/*
 * The demo city's stories: demo/stories says of each service how a case comes to its end in the good way, by a refusal, with a supplement,
 * past a red light; each is run by its procedure, with the city's rules, limits and calendar, and passes its milestones day by day.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/asset.h"
#include "base/clock.h"
#include "process/simulate_clock.h"
#include "rule/dmn.h"

#define FOLDER "demo/processes/"

enum { ROOM = 256 << 20, RUN_ROOM = 64 << 20, MODELS_MAX = 64, STORIES_LEAST = 150, FILES_LEAST = 25, TEXT_MAX = 1 << 20 };
static const int64_t usual_start_us = INT64_C(1767574800) * 1000000; /* Monday 2026-01-05, nine in the morning */

struct book {
    struct arena *arena;
    struct run *run;
    size_t models;
    struct str key[MODELS_MAX];
    const struct bpmn *model[MODELS_MAX];
    struct timelimits *limits;
    struct calendar *calendar;
};
struct telling { /* one story */
    struct book *book;
    struct arena *arena;
    const struct json *file, *story;
    struct simulation *s;
    struct simulate_hooks hooks;
};

static struct json *
document(struct arena *a, const char *path)
{
    struct json *j = NULL;
    struct err err = {.text = ""};

    if (asset_json(a, path, &j, &err) != RC_OK) {
        fail_msg("%s: %s", path, err.text);
    }
    return j;
}

static int
open_book(void **state)
{
    static struct book b;
    struct err err = {.text = ""};

    b = (struct book){.arena = arena_new(ROOM), .run = run_new(&RUN_LIMITS_USUAL, NULL)};
    for (size_t i = 0; i < asset_table_count; i++) {
        struct str path = str_of(asset_table[i].path);
        struct bpmn_report report;
        if (!str_starts(path, STR(FOLDER))) {
            continue;
        }
        b.key[b.models] = str_sub(path, sizeof(FOLDER) - 1, path.len - (sizeof(FOLDER) - 1) - 5);
        if (bpmn_read(b.arena, asset_text(&asset_table[i]), NULL, &b.model[b.models++], &report, &err) != RC_OK) {
            fail_msg("%s: %s", asset_table[i].path, err.text);
        }
    }
    if (timelimits_load(b.arena, document(b.arena, "demo/clocks.json"), &b.limits, &err) != RC_OK ||
        calendar_load(b.arena, document(b.arena, "demo/calendar/cn.json"), &b.calendar, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    *state = &b;
    return 0;
}

static int
close_book(void **state)
{
    struct book *b = *state;

    run_free(b->run);
    arena_free(b->arena);
    return 0;
}

/* --- the city's rules ------------------------------------------------------------------------------------------- */

static enum rc
answer(void *ctx, struct arena *a, struct str key, struct str decision, const struct json *inputs, int64_t now_us, const struct json **out,
       struct err *err)
{
    struct telling *t = ctx;
    const struct asset *file = asset_find(str_fmt(a, "demo/rules/%.*s.dmn", STR_ARG(key)));
    const struct context *context = NULL;
    const struct dmn *m;
    struct json *tree;
    struct value value;
    struct str text;
    struct buf b;
    enum rc rc = file != NULL ? dmn_read(a, asset_text(file), NULL, NULL, NULL, &m, NULL, err)
                              : err_set(err, RC_NOT_FOUND, "no rule %.*s", STR_ARG(key));

    run_begin(t->book->run, now_us, CLOCK_OFFSET_CHINA_MINUTES * 60);
    rc = rc == RC_OK ? dmn_inputs_of_json(t->book->run, m, inputs, &context, err) : rc;
    rc = rc == RC_OK ? dmn_decide(t->book->run, m, decision, context, NULL, &value, err) : rc;
    if (rc != RC_OK) {
        return rc;
    }
    buf_init(&b, a, TEXT_MAX);
    value_put_json(&b, value);
    if ((rc = buf_finish(&b, &text, err)) == RC_OK && (rc = json_parse(a, text, JSON_ANY, &tree, err)) == RC_OK) {
        *out = tree;
    }
    return rc;
}

/* --- one story ---------------------------------------------------------------------------------------------------- */

/* The variables of the file, and over them those of the story. */
static struct json *
input_of(struct telling *t)
{
    struct json *input = json_copy(t->arena, json_get(t->file, "input"));
    const struct json *own = json_get(t->story, "input");

    for (const struct json *m = own != NULL ? own->first : NULL; m != NULL; m = m->next) {
        json_set_key(t->arena, input, m->key, json_copy(t->arena, m));
    }
    return input;
}

/* The model of the story first: that is the process which is started. */
static void
order_models(const struct telling *t, const struct bpmn **model)
{
    const struct book *b = t->book;
    size_t count = 0;

    for (size_t pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < b->models; i++) {
            if (str_eq(b->key[i], json_str(t->file, "process")) == (pass == 0)) {
                model[count++] = b->model[i];
            }
        }
    }
}

static void
run_story(struct telling *t)
{
    const struct bpmn *model[MODELS_MAX];
    struct engine engine = {.run = t->book->run, .offset_seconds = CLOCK_OFFSET_CHINA_MINUTES * 60};
    struct simulate_config config = {.engine = &engine, .arena = t->arena, .models = t->book->models, .model = model, .hooks = &t->hooks,
                                     .script = json_get(t->story, "messages"), .start_us = usual_start_us};
    struct json *input = input_of(t);
    struct err err = {.text = ""};

    t->hooks = (struct simulate_hooks){.ctx = t, .rule = answer};
    simulate_clocks_hook(simulate_clocks_new(t->arena, t->book->limits, t->book->calendar, CLOCK_OFFSET_CHINA_MINUTES), &t->hooks);
    order_models(t, model);
    if (json_str(t->story, "from").len > 0) {
        assert_int_equal(instant_parse(json_str(t->story, "from"), &config.start_us, &err), RC_OK);
    }
    if (simulate_new(&config, &t->s, &err) != RC_OK ||
        simulate_start(t->s, json_str(t->file, "process"), json_str(input, "case_no"), input, &err) != RC_OK ||
        simulate_run(t->s, INT64_MAX, &err) != RC_OK) {
        fail_msg("%.*s, %.*s: %s", STR_ARG(json_str(t->file, "process")), STR_ARG(json_str(t->story, "key")), err.text);
    }
}

/* "2026-01-05T09:00:00+08:00 accept state submitted" as "2026-01-05 accept state submitted". */
static bool
is_milestone(struct str line, struct str milestone)
{
    size_t blank = str_find_byte(line, ' ');

    return milestone.len > 10 && str_eq(str_sub(line, 0, 10), str_sub(milestone, 0, 10)) && str_eq(str_from(line, blank), str_from(milestone, 10));
}

/* In their order; what lies between them is free. */
static void
check_milestones(const struct telling *t)
{
    struct str rest = simulate_trace(t->s), line;

    for (const struct json *m = json_get(t->story, "milestones")->first; m != NULL; m = m->next) {
        bool is_passed = false;
        while (!is_passed && str_next(&rest, '\n', &line)) {
            is_passed = is_milestone(line, m->text);
        }
        if (!is_passed) {
            print_message("%.*s\n", STR_ARG(simulate_trace(t->s)));
            fail_msg("%.*s, %.*s does not pass \"%.*s\"", STR_ARG(json_str(t->file, "process")), STR_ARG(json_str(t->story, "key")), STR_ARG(m->text));
        }
    }
}

static void
check_end(const struct telling *t)
{
    const struct json *decision = instance_variable(simulate_instance(t->s, 0), 1, STR("decision")), *wanted = json_get(t->story, "decision");
    struct simulate_state state = simulate_state(t->s);

    if (!state.is_whole || state.messages > 0) {
        print_message("%.*s\n", STR_ARG(simulate_trace(t->s)));
        fail_msg("%.*s, %.*s does not come to its end, or leaves messages", STR_ARG(json_str(t->file, "process")), STR_ARG(json_str(t->story, "key")));
    }
    assert_true(json_is(wanted, JSON_NULL) ? json_is(decision, JSON_NULL)
                                           : json_is(decision, JSON_STRING) && str_eq(decision->text, wanted->text));
}

static void
tell(struct book *b, const struct json *file, const struct json *story)
{
    struct telling t = {.book = b, .arena = arena_new(RUN_ROOM), .file = file, .story = story};

    assert_true(json_str(story, "title_zh").len > 0 && json_str(story, "title_en").len > 0 && json_get(story, "milestones")->count > 0);
    run_story(&t);
    check_milestones(&t);
    check_end(&t);
    arena_free(t.arena);
}

/* --- all of them ------------------------------------------------------------------------------------------------------ */

static bool
says(const struct json *story, const char *words)
{
    for (const struct json *m = json_get(story, "milestones")->first; m != NULL; m = m->next) {
        if (str_has(m->text, str_of(words))) {
            return true;
        }
    }
    return false;
}

/* What can happen to every case: it is done, it is not, something is asked for, it is late. */
static void
check_ways(const struct json *file)
{
    bool is_granted = false, is_refused = false, is_asked = false, is_red = false;

    for (const struct json *s = json_get(file, "stories")->first; s != NULL; s = s->next) {
        struct str decision = json_str(s, "decision");
        is_granted |= str_eq(decision, STR("grant"));
        is_refused |= str_eq(decision, STR("refuse")) || str_eq(decision, STR("reject")) || str_eq(decision, STR("lapse"));
        is_asked |= says(s, " supplement");
        is_red |= says(s, "promised clock over");
    }
    if (!is_granted || !is_refused || !is_red || (!is_asked && !str_eq(json_str(file, "process"), STR("elder-allowance")))) {
        fail_msg("%.*s: there is no story of each way", STR_ARG(json_str(file, "process")));
    }
}

static void
every_story_of_the_city_comes_to_its_end_past_its_milestones(void **state)
{
    struct book *b = *state;
    size_t files = 0, stories = 0;

    for (size_t i = 0; i < asset_table_count; i++) {
        if (!str_starts(str_of(asset_table[i].path), STR("demo/stories/"))) {
            continue;
        }
        const struct json *file = document(b->arena, asset_table[i].path);
        files++;
        for (const struct json *s = json_get(file, "stories")->first; s != NULL; s = s->next) {
            tell(b, file, s);
            stories++;
        }
        check_ways(file);
    }
    assert_true(files >= FILES_LEAST && stories >= STORIES_LEAST);
}

/* What every item goes by has stories. */
static void
every_procedure_of_an_item_has_a_story_of_its_item(void **state)
{
    struct book *b = *state;
    size_t items = 0;

    for (size_t i = 0; i < asset_table_count; i++) {
        if (!str_starts(str_of(asset_table[i].path), STR("demo/items/"))) {
            continue;
        }
        const struct json *item = document(b->arena, asset_table[i].path);
        struct str process = json_str(json_get(item, "process"), "key");
        if (process.len > 0) {
            const struct json *file = document(b->arena, str_c(b->arena, str_fmt(b->arena, "demo/stories/%.*s.json", STR_ARG(process))));
            assert_true(str_eq(json_str(file, "process"), process) && json_str(file, "item").len == 12);
            items++;
        }
    }
    assert_true(items >= FILES_LEAST);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, open_book, close_book)
    const struct CMUnitTest tests[] = {
        TEST(every_story_of_the_city_comes_to_its_end_past_its_milestones),
        TEST(every_procedure_of_an_item_has_a_story_of_its_item),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
