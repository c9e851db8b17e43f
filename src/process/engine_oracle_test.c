/*
 * Random models against random commands: whatever the engine comes to is among what the oracle says may come of it.
 *
 * The same seed gives the same models; ZT_SEED begins elsewhere, ZT_MODELS is how many are tried.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "process/engine.h"
#include "process/test_bpmn.h"
#include "process/test_oracle_step.h"
#include "process/test_random.h"
#include "rule/run.h"

enum { MODELS = 150, TURNS = 12 };

/* --- the engine's state in the oracle's words -------------------------------------------------------------------- */

static const char *
listening(const struct instance *i, struct arena *a, int64_t scope, int64_t host, int64_t mark)
{
    const char *item[ORACLE_LISTENERS + ORACLE_TOKENS];
    size_t n = 0;

    for (size_t k = 0; k < i->tokens; k++) {
        const struct token *t = &i->token[k];
        if (t->listens && (t->kind == TOKEN_MESSAGE || t->kind == TOKEN_TIMER || t->kind == TOKEN_SIGNAL) && t->scope == scope && t->host == host) {
            assert_true(n < ORACLE_LISTENERS);
            item[n++] = oracle_text(a, oracle_id(a, i->binding[0].model->element[t->element].id), t->id == mark ? "*" : "", "");
        }
    }
    return oracle_list(a, item, n);
}

static const char *scope_text(const struct instance *i, struct arena *a, const struct scope *s, int64_t mark);

static const char *
token_text(const struct instance *i, struct arena *a, const struct token *t, int64_t mark)
{
    static const char *const stand[TOKEN_KINDS] = {[TOKEN_MOVING] = ">", [TOKEN_TASK] = "=", [TOKEN_MESSAGE] = "=", [TOKEN_TIMER] = "=", [TOKEN_SIGNAL] = "=",
                                                   [TOKEN_EVENTS] = "?", [TOKEN_JOIN] = "&", [TOKEN_INNER] = ":", [TOKEN_INCIDENT] = "!"};
    const struct bpmn *m = i->binding[0].model;
    const char *text, *inner = "";

    assert_non_null(stand[t->kind]);
    text = oracle_text(a, oracle_id(a, m->element[t->element].id), stand[t->kind], t->id == mark ? "*" : "");
    for (size_t k = 0; k < i->scopes; k++) {
        if (i->scope[k].token == t->id) {
            inner = scope_text(i, a, &i->scope[k], mark);
        }
    }
    return oracle_text(a, oracle_text(a, text, t->kind == TOKEN_JOIN ? oracle_id(a, m->flow[t->flow].id) : "", listening(i, a, t->scope, t->id, mark)),
                       inner, "");
}

static const char *
scope_text(const struct instance *i, struct arena *a, const struct scope *s, int64_t mark)
{
    static const int kind[SCOPE_KINDS] = {[SCOPE_PROCESS] = ORACLE_PROCESS, [SCOPE_SUB] = ORACLE_SUB, [SCOPE_EVENT_SUB] = ORACLE_EVENT_SUB,
                                          [SCOPE_MULTI] = ORACLE_MULTI, [SCOPE_INSTANCE] = ORACLE_INSTANCE, [SCOPE_CALL] = ORACLE_CALL};
    const char *item[ORACLE_TOKENS * 4];
    size_t n = 0;
    char head[64];

    for (size_t k = 0; k < i->tokens; k++) {
        if (i->token[k].scope == s->id && !i->token[k].listens) {
            assert_true(n < ORACLE_TOKENS * 3);
            item[n++] = token_text(i, a, &i->token[k], mark);
        }
    }
    for (size_t k = 0; k < i->scopes; k++) {
        if (i->scope[k].parent == s->id && i->scope[k].token == 0) {
            item[n++] = scope_text(i, a, &i->scope[k], mark);
        }
    }
    (void)snprintf(head, sizeof(head), "%d", kind[s->kind]);
    if (s->kind == SCOPE_MULTI) {
        (void)snprintf(head, sizeof(head), "%d[%d/%d]", kind[s->kind], (int)s->done, (int)s->total);
    }
    return oracle_text(a, oracle_text(a, head, listening(i, a, s->id, 0, mark), ""), oracle_list(a, item, n), "");
}

static const char *
state_text(const struct instance *i, struct arena *a, int64_t mark)
{
    return i->state == INSTANCE_FAILED ? "failed" : i->state == INSTANCE_COMPLETED ? "ended" : scope_text(i, a, instance_scope(i, 1), mark);
}

/* --- commands on both ---------------------------------------------------------------------------------------------- */

struct trial {
    struct random *r;
    struct arena *arena;
    struct str xml;
    struct engine engine;
    struct instance instance;
    struct oracle oracle;
    struct oracle_set set;
    size_t compared, given_up, returned;
};

static void
show(const struct trial *t, const char *before, const char *ours)
{
    (void)fprintf(stderr, "%.*s\nbefore  %s\nengine  %s\n", STR_ARG(t->xml), before, ours);
    for (size_t k = 0; k < t->set.settled; k++) {
        (void)fprintf(stderr, "oracle  %s\n", t->set.text[t->set.calm[k]]);
    }
}

static bool
is_too_large(const struct instance *i)
{
    size_t standing = 0;

    for (size_t k = 0; k < i->tokens; k++) {
        standing += !i->token[k].listens;
    }
    return standing > ORACLE_TOKENS || i->scopes > ORACLE_SCOPES;
}

/* Both have made the step; the oracle goes on from where the engine is.  False: too large to be followed. */
static bool
compare(struct trial *t, const char *before)
{
    if (is_too_large(&t->instance) || !oracle_settle(&t->set, &t->oracle)) {
        t->given_up++;
        return false;
    }
    t->compared++;
    const char *ours = state_text(&t->instance, t->arena, -1);
    for (size_t k = 0; k < t->set.settled; k++) {
        if (strcmp(t->set.text[t->set.calm[k]], ours) == 0) {
            t->oracle = t->set.state[t->set.calm[k]];
            return true;
        }
    }
    show(t, before, ours);
    fail_msg("the engine came to what the oracle does not know");
    return false;
}

/* What is written within a called process stays there, and nothing there asks for it. */
static bool
is_called(const struct instance *i, const struct token *t)
{
    const struct scope *s = t != NULL ? instance_scope(i, t->scope) : NULL;

    while (s != NULL && s->kind != SCOPE_CALL) {
        s = s->parent != 0 ? instance_scope(i, s->parent) : NULL;
    }
    return s != NULL;
}

static const struct json *
random_variables(struct trial *t, const struct token *by)
{
    struct json *o = json_object(t->arena);

    for (int v = 0; v < ORACLE_VARIABLES; v++) {
        const char name[] = {(char)('a' + v), '\0'};
        bool is_true = roll(t->r, 2) == 0;
        t->oracle.variable[v] = is_called(&t->instance, by) ? t->oracle.variable[v] : is_true;
        json_set_bool(t->arena, o, name, is_true);
    }
    return o;
}

static void
step(struct trial *t, const struct command *c)
{
    struct outcome out;
    struct err err;
    enum rc rc = engine_step(&t->engine, &t->instance, c, 1000000, &out, &err);

    if (rc != RC_OK) {
        (void)fprintf(stderr, "%.*s\n%s\n", STR_ARG(t->xml), err.text);
    }
    assert_int_equal(rc, RC_OK);
    instance_settle(&t->instance);
}

/* Something that waits, by chance.  NULL: nothing does. */
static const struct token *
waiting(struct trial *t)
{
    const struct token *found[ORACLE_TOKENS * 4];
    size_t n = 0;

    for (size_t k = 0; k < t->instance.tokens && n < ORACLE_TOKENS * 4; k++) {
        enum token_kind kind = t->instance.token[k].kind;
        if (kind == TOKEN_TASK || kind == TOKEN_MESSAGE || kind == TOKEN_TIMER || kind == TOKEN_SIGNAL) {
            found[n++] = &t->instance.token[k];
        }
    }
    return n > 0 ? found[roll(t->r, (uint32_t)n)] : NULL;
}

static void
do_task(struct trial *t, const struct token *one, const struct oracle_mark *mark, struct command *c)
{
    const struct gov_element *g = gov_element(t->instance.binding[0].model, one->element);
    uint32_t chance = roll(t->r, 10);

    if (chance < 2) {
        c->kind = COMMAND_FAIL;
        c->outcome = STR("e1");
        oracle_throw(&t->oracle, mark->token, t->oracle.token[mark->token].scope, BPMN_FAILURE, STR("e1"));
    } else if (chance < 7 && g->returns > 0) {
        c->kind = COMMAND_RETURN;
        c->element = t->instance.binding[0].model->element[g->returns_to[0]].id;
        t->returned++;
        oracle_send_back(&t->oracle, mark->token, g->returns_to[0]);
    } else {
        c->variables = random_variables(t, one);
        oracle_fire(&t->oracle, mark);
    }
}

static bool
one_command(struct trial *t)
{
    const char *before = state_text(&t->instance, t->arena, -1), *marked;
    const struct token *one = waiting(t);
    struct command c = {.attempt = -1};
    struct oracle_mark mark;

    if (one == NULL) {
        return false;
    }
    c.token = one->id;
    c.kind = one->kind == TOKEN_MESSAGE  ? COMMAND_MESSAGE
             : one->kind == TOKEN_TIMER  ? COMMAND_TIMER
             : one->kind == TOKEN_SIGNAL ? COMMAND_SIGNAL
                                         : COMMAND_COMPLETE;
    marked = state_text(&t->instance, t->arena, one->id);
    if (!oracle_find(&t->oracle, t->arena, marked, &mark)) {
        (void)fprintf(stderr, "%.*s\n%s\n", STR_ARG(t->xml), marked);
        fail_msg("what waits is nowhere in the oracle");
    }
    if (c.kind == COMMAND_SIGNAL) {
        c.name = STR("go");
        oracle_signal(&t->oracle);
    } else if (c.kind == COMMAND_COMPLETE) {
        do_task(t, one, &mark, &c);
    } else {
        c.variables = c.kind == COMMAND_TIMER ? NULL : random_variables(t, one);
        oracle_fire(&t->oracle, &mark);
    }
    step(t, &c);
    return compare(t, before);
}

static void
try_model(struct trial *t, const struct bpmn *m)
{
    struct binding *b = arena_alloc(t->arena, 1, sizeof(*b));
    struct command start = {.kind = COMMAND_START};

    *b = (struct binding){.key = STR("p"), .model = m};
    t->instance = (struct instance){.id = 1, .business_key = STR("1"), .bindings = 1, .binding = b, .arena = t->arena};
    t->oracle = oracle_start(m);
    start.variables = random_variables(t, NULL);
    step(t, &start);
    if (!compare(t, "start")) {
        return;
    }
    for (int k = 0; k < TURNS && t->oracle.over == ORACLE_RUNS && one_command(t); k++) {
    }
}

static void
the_engine_does_what_the_oracle_allows(void **state)
{
    const char *seed = getenv("ZT_SEED"), *models = getenv("ZT_MODELS");
    int count = models != NULL ? atoi(models) : MODELS, read = 0;
    struct random r = {seed != NULL ? strtoull(seed, NULL, 10) : 1};
    struct trial t = {.r = &r, .arena = arena_new(256 << 20)};

    (void)state;
    t.engine = (struct engine){.run = run_new(&RUN_LIMITS_USUAL, NULL)};
    t.set.state = mem_new(ORACLE_STATES, sizeof(*t.set.state));
    t.set.text = mem_new(ORACLE_STATES, sizeof(*t.set.text));
    t.set.calm = mem_new(ORACLE_STATES, sizeof(*t.set.calm));
    t.set.arena = t.arena;
    for (int k = 0; k < count; k++) {
        struct bpmn_report report;
        const struct bpmn *m;
        struct err err;
        arena_reset(t.arena);
        t.xml = random_model_of(t.arena, &r, k % 4 != 0);
        if (bpmn_read(t.arena, t.xml, NULL, &m, &report, &err) == RC_OK) {
            read++;
            try_model(&t, m);
        }
    }
    (void)printf("%d models read of %d, %zu steps compared, %zu too large to be followed, %zu sent back\n", read, count, t.compared, t.given_up, t.returned);
    assert_true(read * 10 > count * 6);       /* the generator keeps the standard's rules, mostly */
    assert_true(t.returned > 0);
    assert_true(t.given_up * 5 < t.compared); /* and is not too wild for the oracle */
    mem_free(t.set.state);
    mem_free(t.set.text);
    mem_free(t.set.calm);
    run_free(t.engine.run);
    arena_free(t.arena);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {cmocka_unit_test(the_engine_does_what_the_oracle_allows)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
