/*
 * Whatever is asked of a stored process, in whatever order: its rows are at each step what the engine has in memory, refusals are the
 * same, and its history hangs together.  The demo city's models, and some that have in them what those have not.  The seed is printed;
 * SEED=7 repeats one.
 */
#include "process/test_runtime.h"

#include <stdlib.h>

#include "base/asset.h"

enum { ROUNDS = 2, STEPS = 25 };

#define SIGNAL "<signalEventDefinition signalRef='S'/>"
#define TWICE "<multiInstanceLoopCharacteristics><loopCardinality>2</loopCardinality></multiInstanceLoopCharacteristics>"
#define UNDO(on, by)                                                                                                   \
    "<boundaryEvent id='" on "x' attachedToRef='" on "'><compensateEventDefinition/></boundaryEvent>"                   \
    "<userTask id='" by "' isForCompensation='true'/><association id='" on "y' associationDirection='One' sourceRef='" on \
    "x' targetRef='" by "'/>"

/* Sub-processes at once with what undoes them, a bell beside; then all of it is undone, unless it is done again. */
static const char *const undone_xml =
    MODEL(START FLOW("f1", "s", "m") "<exclusiveGateway id='m'/>" FLOW("f2", "m", "a") "<subProcess id='a'>" TWICE "<startEvent id='i'/>"
          FLOW("k1", "i", "b") "<userTask id='b'/>" UNDO("b", "ub") FLOW("k2", "b", "o") "<endEvent id='o'/></subProcess>"
          "<boundaryEvent id='bell' attachedToRef='a' cancelActivity='false'>" SIGNAL "</boundaryEvent>" FLOW("f3", "bell", "d") "<userTask id='d'/>"
          FLOW("f4", "d", "e") FLOW("f5", "a", "t") "<intermediateThrowEvent id='t'><compensateEventDefinition/></intermediateThrowEvent>"
          FLOW("f6", "t", "n") "<exclusiveGateway id='n' default='f8'/>" WHEN("f7", "n", "m", "k = 1") FLOW("f8", "n", "e") END);
/* Three ways at once: a repeated call, an event gateway, a loop that a condition ends. */
static const char *const ways_xml =
    OPEN PROCESS(START FLOW("f1", "s", "g") "<parallelGateway id='g'/>" FLOW("f2", "g", "a") FLOW("f3", "g", "b") FLOW("f4", "g", "c")
          "<callActivity id='a' calledElement='q'>" TWICE "</callActivity><eventBasedGateway id='b'/>" FLOW("b1", "b", "b2") FLOW("b3", "b", "b4")
          "<intermediateCatchEvent id='b2'>" SIGNAL "</intermediateCatchEvent><intermediateCatchEvent id='b4'><timerEventDefinition>"
          "<timeDuration>P1D</timeDuration></timerEventDefinition></intermediateCatchEvent>" FLOW("b5", "b2", "j") FLOW("b6", "b4", "j")
          "<exclusiveGateway id='j'/><userTask id='c'><standardLoopCharacteristics><loopCondition>k = 1</loopCondition></standardLoopCharacteristics></userTask>"
          "<boundaryEvent id='x' attachedToRef='c'><conditionalEventDefinition><condition>k = 2</condition></conditionalEventDefinition></boundaryEvent>"
          FLOW("x1", "x", "j") FLOW("c1", "c", "j") FLOW("j1", "j", "p1") "<parallelGateway id='p1'/>" FLOW("a1", "a", "p1") FLOW("p2", "p1", "e") END)
    "<process id='q'><startEvent id='qs'/>" FLOW("q1", "qs", "qa") "<userTask id='qa'/>" FLOW("q2", "qa", "qe") "<endEvent id='qe'/></process>" CLOSE;

static uint64_t seed;

static uint32_t
draw(uint32_t below)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(seed >> 33) % below;
}

/* The same process stored and in memory. */
struct twin {
    struct works *w;
    struct arena *a;
    struct instance i;
    struct modelbook_bound bound[WORKS_MODELS];
    const char *model;
    uint64_t from;
};

static enum command_kind
command_for(enum token_kind kind)
{
    switch ((unsigned)kind) {
    case TOKEN_TASK:
    case TOKEN_JOB: return draw(6) > 0 ? COMMAND_COMPLETE : draw(2) > 0 ? COMMAND_FAIL : COMMAND_INCIDENT;
    case TOKEN_MESSAGE: return COMMAND_MESSAGE;
    case TOKEN_TIMER: return COMMAND_TIMER;
    case TOKEN_INCIDENT: return draw(2) > 0 ? COMMAND_RETRY : COMMAND_MOVE;
    default: return draw(3) > 0 ? COMMAND_SIGNAL : COMMAND_SET;
    }
}

static struct command
any_command(const struct twin *t)
{
    static const enum command_kind rare[] = {COMMAND_SUSPEND, COMMAND_RESUME, COMMAND_RETURN, COMMAND_MOVE, COMMAND_ADD_SIGNER, COMMAND_CANCEL};
    static const char *const codes[] = {"e1", "granted", "", "pass"};
    const struct bpmn *m = t->i.binding[0].model;
    struct json *variables = json_object(t->a);
    struct command c = {.kind = COMMAND_REOPEN, .attempt = -1, .element = m->element[draw(m->elements)].id, .name = STR("stop"), .key = STR(""),
                        .outcome = str_of(codes[draw(4)]), .reason = STR("r"), .variables = variables};

    json_set_int(t->a, variables, "k", draw(3));
    if (t->i.tokens > 0) {
        const struct token *row = &t->i.token[draw((uint32_t)t->i.tokens)];
        c.kind = t->i.state == INSTANCE_SUSPENDED && draw(2) > 0 ? COMMAND_RESUME : draw(10) == 0 ? rare[draw(6)] : command_for(row->kind);
        c.token = row->id;
    }
    return c;
}

static struct str
shown(struct arena *a, const struct instance *i)
{
    struct str text = STR("");
    struct err err;

    if (json_canonical(a, instance_json(a, i), &text, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    return text;
}

static void
compare(struct twin *t, const struct command *c)
{
    struct works *w = t->w;
    struct instance i;
    struct err err;

    if (runtime_instance(w->r, &w->house.fixture.db, t->a, t->i.id, &i, &err) != RC_OK) {
        fail_msg("%s, seed %llu: %s", t->model, (unsigned long long)t->from, err.text);
    }
    struct str memory = shown(t->a, &t->i), rows = shown(t->a, &i);
    if (!str_eq(memory, rows)) {
        fail_msg("%s, seed %llu, after %s:\n%.*s\n%.*s", t->model, (unsigned long long)t->from, command_name(c->kind), STR_ARG(memory),
                 STR_ARG(rows));
    }
}

/* Told to both; whether it was carried out. */
static bool
tell_both(struct twin *t, const struct command *c, size_t bounds)
{
    struct works *w = t->w;
    struct engine engine = {.run = w->run, .offset_seconds = 8 * 3600};
    const struct runtime_request q = {.instance = t->i.id, .business_key = STR("case-7"), .bound = t->bound, .bounds = bounds, .command = c,
                                      .actor = STR("a"), .now_us = w->now_us};
    struct runtime_result done = {.instance = 0};
    struct outcome out;
    struct err stored_err = {.type = ""}, err = {.type = ""};
    enum rc stored = runtime_do(w->r, &w->house.fixture.db, t->a, &q, &done, &stored_err);

    if (c->kind == COMMAND_START && stored == RC_OK) {
        struct instance first;
        assert_int_equal(runtime_instance(w->r, &w->house.fixture.db, t->a, done.instance, &first, &err), RC_OK);
        t->i = (struct instance){.id = done.instance, .business_key = STR("case-7"), .failed_code = STR(""), .arena = t->a,
                                 .binding = first.binding, .bindings = first.bindings};
    }
    enum rc rc = engine_step(&engine, &t->i, c, w->now_us, &out, &err);
    if (rc != stored || (rc != RC_OK && !str_eq(str_of(err.type), str_of(stored_err.type)))) {
        fail_msg("%s, seed %llu, %s: %s and %s (%s)", t->model, (unsigned long long)t->from, command_name(c->kind), rc_name(rc), rc_name(stored),
                 stored_err.text);
    }
    instance_settle(&t->i);
    compare(t, c);
    w->now_us += (int64_t)draw(100) * 60 * SECOND_US;
    return rc == RC_OK;
}

/* Itself first, and all others by their names, in case it calls them. */
static size_t
bind_all(struct twin *t, size_t self)
{
    const struct works *w = t->w;
    size_t count = 0;

    for (size_t n = 0; n < w->count; n++) {
        const struct works_model *m = &w->model[(self + n) % w->count];
        t->bound[count++] = (struct modelbook_bound){str_of(m->key), m->version, bpmn_process(m->model, 0).id};
    }
    return count;
}

static unsigned
walk(struct works *w, size_t self, uint64_t from)
{
    struct twin t = {.w = w, .a = arena_new(64 << 20), .model = w->model[self].key, .from = from};
    struct json *variables = json_object(t.a);
    const struct command start = {.kind = COMMAND_START, .attempt = -1, .variables = variables};
    size_t bounds = bind_all(&t, self);
    unsigned carried = 0;

    seed = from;
    json_set_int(t.a, variables, "k", draw(3));
    if (tell_both(&t, &start, bounds)) {
        for (int n = 0; n < STEPS; n++) {
            const struct command c = any_command(&t);
            carried += tell_both(&t, &c, 0);
        }
        works_check_history(w, t.i.id);
    }
    arena_free(t.a);
    return carried;
}

/* Read before anything is bound, so that their processes are known. */
static void
add_all(struct works *w)
{
    works_add(w, "undone", 1, undone_xml);
    works_add(w, "ways", 1, ways_xml);
    for (size_t n = 0; n < asset_table_count; n++) {
        struct str path = str_of(asset_table[n].path), from = STR("demo/processes/"), to = STR(".bpmn");
        if (str_starts(path, from) && str_ends(path, to)) {
            struct str key = str_sub(path, from.len, path.len - from.len - to.len);
            works_add(w, str_c(w->models, key), 1, str_c(w->models, asset_text(&asset_table[n])));
        }
    }
    for (size_t n = 0; n < w->count; n++) {
        struct err err;
        if (works_load(w, NULL, str_of(w->model[n].key), 1, &err) != RC_OK) {
            fail_msg("%s: %s", w->model[n].key, err.text);
        }
    }
}

static void
rows_are_what_the_engine_has_in_memory_whatever_is_asked(void **state)
{
    struct works *w = *state;
    const char *given = getenv("SEED");
    int64_t first = 1;
    unsigned carried = 0, walks = 0;

    assert_true(given == NULL || str_to_int(str_of(given), &first));
    add_all(w);
    assert_true(w->count > 20);
    for (size_t n = 0; n < w->count; n++) {
        for (int round = 0; round < ROUNDS; round++, walks++) {
            carried += walk(w, n, (uint64_t)first + (uint64_t)round);
            arena_reset(w->house.arena);
        }
    }
    print_message("%u commands in %u walks\n", carried, walks);
    assert_true(carried > walks * STEPS / 3); /* much of what is asked is done */
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WORKS_TEST(rows_are_what_the_engine_has_in_memory_whatever_is_asked),
    };

    return HOUSE_RUN(tests, "processes at random");
}
