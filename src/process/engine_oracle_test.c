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
#include "process/test_oracle.h"
#include "rule/run.h"

enum { MODELS = 40, TURNS = 12, DEPTH = 2 };

/* --- random models ---------------------------------------------------------------------------------------------- */

struct random {
    uint64_t state;
};

static uint32_t
roll(struct random *r, uint32_t below)
{
    r->state = r->state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(r->state >> 33) % below;
}

struct writing {
    struct random *r;
    struct buf out;
    int next;  /* of ids */
};

static const char *
condition(struct random *r)
{
    static const char *const all[] = {"a", "b", "c", "not(a)", "not(b)", "not(c)"};

    return all[roll(r, 6)];
}

static const char *
trigger(struct random *r)
{
    static const char *const all[] = {
        "<messageEventDefinition messageRef='M1'/>", "<messageEventDefinition messageRef='M2'/>",
        "<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>",
        "<timerEventDefinition><timeDuration>P2D</timeDuration></timerEventDefinition>"};

    return all[roll(r, 4)];
}

struct node {
    int id;
    enum bpmn_kind kind;
    bool takes_no_way, has_way_in;
    int first_way; /* of an exclusive or inclusive gateway: its default */
    int boundary;  /* id of the event on it, or 0 */
};

enum { NODES = 9 };

static void
write_flow(struct writing *w, const struct node *from, const struct node *to)
{
    bool asks = (from->kind == BPMN_EXCLUSIVE || from->kind == BPMN_INCLUSIVE) && w->next != from->first_way;

    buf_put_fmt(&w->out, "<sequenceFlow id='f%d' sourceRef='n%d' targetRef='n%d'>", w->next++, from->id, to->id);
    if (asks) {
        buf_put_fmt(&w->out, "<conditionExpression>%s</conditionExpression>", condition(w->r));
    }
    buf_put(&w->out, STR("</sequenceFlow>\n"));
}

static void write_scope(struct writing *w, int depth, bool may_fail, const char *start);

static void
write_repeats(struct writing *w)
{
    if (roll(w->r, 4) == 0) {
        buf_put_fmt(&w->out, "<multiInstanceLoopCharacteristics isSequential='%s'><loopCardinality>%u</loopCardinality>",
                    roll(w->r, 2) == 0 ? "true" : "false", 1 + roll(w->r, 3));
        if (roll(w->r, 2) == 0) {
            buf_put_fmt(&w->out, "<completionCondition>%s</completionCondition>", condition(w->r));
        }
        buf_put(&w->out, STR("</multiInstanceLoopCharacteristics>"));
    }
}

static void
write_node(struct writing *w, struct node *n, int depth, bool may_fail)
{
    static const char *const ends[] = {"", "", "", "", "", "", "<terminateEventDefinition/>", "<errorEventDefinition errorRef='E'/>"};

    if (n->kind == BPMN_EXCLUSIVE || n->kind == BPMN_INCLUSIVE) {
        buf_put_fmt(&w->out, "<%s id='n%d' default='f%d'/>\n", bpmn_tag(n->kind), n->id, n->first_way);
    } else {
        buf_put_fmt(&w->out, "<%s id='n%d'>", bpmn_tag(n->kind), n->id);
        if (n->kind == BPMN_END) {
            buf_put(&w->out, str_of(ends[roll(w->r, may_fail ? 8 : 7)]));
        } else if (n->kind == BPMN_CATCH) {
            buf_put(&w->out, str_of(trigger(w->r)));
        } else if (n->kind == BPMN_USER || n->kind == BPMN_SUB) {
            write_repeats(w);
        }
        if (n->kind == BPMN_SUB) {
            write_scope(w, depth - 1, may_fail, "");
        }
        buf_put_fmt(&w->out, "</%s>\n", bpmn_tag(n->kind));
    }
    if (n->boundary > 0) {
        const char *what = may_fail && roll(w->r, 3) == 0 ? "<errorEventDefinition errorRef='E'/>" : trigger(w->r);
        bool interrupts = str_has(str_of(what), STR("error")) || roll(w->r, 2) == 0;
        buf_put_fmt(&w->out, "<boundaryEvent id='n%d' attachedToRef='n%d' cancelActivity='%s'>%s</boundaryEvent>\n", n->boundary, n->id,
                    interrupts ? "true" : "false", what);
    }
}

static enum bpmn_kind
kind_of_node(struct random *r, int depth)
{
    static const enum bpmn_kind all[] = {BPMN_USER, BPMN_USER, BPMN_USER, BPMN_USER, BPMN_USER, BPMN_TASK, BPMN_EXCLUSIVE, BPMN_PARALLEL, BPMN_PARALLEL,
                                         BPMN_INCLUSIVE, BPMN_INCLUSIVE, BPMN_EVENT_BASED, BPMN_CATCH, BPMN_SUB, BPMN_SUB};

    return all[roll(r, depth > 0 ? 15 : 13)];
}

/* Ways lead forward, and back only from an exclusive gateway to a user task, so that nothing runs in a ring by itself. */
static void
write_ways(struct writing *w, struct node *n, int count)
{
    for (int i = 1; i < count; i++) { /* everything can be come to */
        for (int tries = 0; !n[i].has_way_in && tries < 50; tries++) {
            int from = (int)roll(w->r, (uint32_t)i);
            if (n[from].kind != BPMN_EVENT_BASED && n[from].kind != BPMN_END && !(n[from].kind == BPMN_START && from != 0) &&
                !n[i].takes_no_way) {
                n[from].first_way = n[from].first_way == 0 ? w->next : n[from].first_way;
                write_flow(w, &n[from], &n[i]);
                n[i].has_way_in = true;
            }
        }
    }
    for (int i = 0; i < count - 1; i++) { /* and everything leads on */
        int ways = n[i].kind == BPMN_END ? 0 : n[i].kind == BPMN_PARALLEL || n[i].kind == BPMN_INCLUSIVE || n[i].kind == BPMN_EXCLUSIVE ? 2 : 1;
        for (int k = n[i].first_way > 0 && ways > 0 ? 1 : 0; k < ways && n[i].kind != BPMN_EVENT_BASED; k++) {
            int to = i + 1 + (int)roll(w->r, (uint32_t)(count - i - 1));
            for (; n[to].takes_no_way; to++) {
            }
            if (n[i].kind == BPMN_EXCLUSIVE && k > 0 && roll(w->r, 3) == 0) {
                for (int back = 1; back < i; back++) {
                    to = n[back].kind == BPMN_USER ? back : to;
                }
            }
            n[i].first_way = n[i].first_way == 0 ? w->next : n[i].first_way;
            write_flow(w, &n[i], &n[to]);
        }
    }
}

static void
write_event_sub(struct writing *w, int depth)
{
    const char *what = roll(w->r, 4) == 0 ? "<errorEventDefinition errorRef='E'/>" : trigger(w->r);
    bool interrupts = str_has(str_of(what), STR("error")) || roll(w->r, 2) == 0;
    struct str start = str_fmt(w->out.arena, " isInterrupting='%s'>%s%c", interrupts ? "true" : "false", what, '\0');

    buf_put_fmt(&w->out, "<subProcess id='n%d' triggeredByEvent='true'>", w->next++);
    write_scope(w, depth - 1, false, start.ptr);
    buf_put(&w->out, STR("</subProcess>\n"));
}

/* start: the rest of the start event's tag, and its trigger; "" of one without. */
static void
write_scope(struct writing *w, int depth, bool may_fail, const char *start)
{
    struct node n[NODES + 4] = {{.id = w->next++, .kind = BPMN_START, .has_way_in = true}};
    int count = 1, wanted = 3 + (int)roll(w->r, depth == DEPTH ? NODES - 3 : 3);

    buf_put_fmt(&w->out, "<startEvent id='n%d'%s</startEvent>\n", n[0].id, start[0] != '\0' ? start : ">");
    while (count < wanted) {
        struct node *one = &n[count++];
        *one = (struct node){.id = w->next++, .kind = kind_of_node(w->r, depth)};
        if (one->kind == BPMN_EVENT_BASED) {
            for (int k = 0; k < 2; k++) {
                n[count++] = (struct node){.id = w->next++, .kind = BPMN_CATCH, .takes_no_way = true, .has_way_in = true};
                write_flow(w, one, &n[count - 1]);
            }
        } else if ((one->kind == BPMN_USER || one->kind == BPMN_SUB) && roll(w->r, 3) == 0) {
            one->boundary = w->next++;
            n[count++] = (struct node){.id = one->boundary, .kind = BPMN_BOUNDARY, .takes_no_way = true, .has_way_in = true};
        }
    }
    n[count++] = (struct node){.id = w->next++, .kind = BPMN_END};
    write_ways(w, n, count);
    for (int i = 1; i < count; i++) {
        if (n[i].kind != BPMN_BOUNDARY) {
            write_node(w, &n[i], depth, may_fail);
        }
    }
    if (depth > 0 && roll(w->r, 4) == 0) {
        write_event_sub(w, depth);
    }
}

static struct str
random_model(struct arena *a, struct random *r)
{
    struct writing w = {.r = r, .next = 1};
    struct str text;
    struct err err;

    buf_init(&w.out, a, 1 << 20);
    buf_put(&w.out, STR(OPEN "<message id='M1' name='one'/><message id='M2' name='two'/><error id='E' name='bad' errorCode='e1'/>"
                             "<process id='p' isExecutable='true'>\n"));
    write_scope(&w, DEPTH, true, "");
    buf_put(&w.out, STR("</process>" CLOSE));
    assert_int_equal(buf_finish(&w.out, &text, &err), RC_OK);
    return text;
}

/* --- the engine's state in the oracle's words -------------------------------------------------------------------- */

static const char *
listening(const struct instance *i, struct arena *a, int64_t scope, int64_t host, int64_t mark)
{
    const char *item[ORACLE_LISTENERS + ORACLE_TOKENS];
    size_t n = 0;

    for (size_t k = 0; k < i->tokens; k++) {
        const struct token *t = &i->token[k];
        if (t->listens && (t->kind == TOKEN_MESSAGE || t->kind == TOKEN_TIMER) && t->scope == scope && t->host == host) {
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
    static const char *const stand[TOKEN_KINDS] = {[TOKEN_MOVING] = ">", [TOKEN_TASK] = "=", [TOKEN_MESSAGE] = "=", [TOKEN_TIMER] = "=",
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
                                          [SCOPE_MULTI] = ORACLE_MULTI, [SCOPE_INSTANCE] = ORACLE_INSTANCE};
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
    size_t compared, given_up;
};

static void
show(const struct trial *t, const char *before, const char *ours)
{
    (void)fprintf(stderr, "%.*s\nbefore  %s\nengine  %s\n", STR_ARG(t->xml), before, ours);
    for (size_t k = 0; k < t->set.settled; k++) {
        (void)fprintf(stderr, "oracle  %s\n", t->set.text[t->set.calm[k]]);
    }
}

/* Both have made the step; the oracle goes on from where the engine is.  False: too large to be followed. */
static bool
compare(struct trial *t, const char *before)
{
    const char *ours = state_text(&t->instance, t->arena, -1);

    if (!oracle_settle(&t->set, &t->oracle)) {
        t->given_up++;
        return false;
    }
    t->compared++;
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

static const struct json *
random_variables(struct trial *t)
{
    struct json *o = json_object(t->arena);

    for (int v = 0; v < ORACLE_VARIABLES; v++) {
        const char name[] = {(char)('a' + v), '\0'};
        t->oracle.variable[v] = roll(t->r, 2) == 0;
        json_set_bool(t->arena, o, name, t->oracle.variable[v]);
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

/* Something that waits, by chance.  False: nothing does. */
static bool
one_command(struct trial *t)
{
    const struct token *waiting[ORACLE_TOKENS * 4], *one;
    struct command c = {.attempt = -1};
    struct oracle_mark mark;
    const char *before = state_text(&t->instance, t->arena, -1), *marked;
    size_t n = 0;

    for (size_t k = 0; k < t->instance.tokens && n < ORACLE_TOKENS * 4; k++) {
        enum token_kind kind = t->instance.token[k].kind;
        if (kind == TOKEN_TASK || kind == TOKEN_MESSAGE || kind == TOKEN_TIMER) {
            waiting[n++] = &t->instance.token[k];
        }
    }
    if (n == 0) {
        return false;
    }
    one = waiting[roll(t->r, (uint32_t)n)];
    c.token = one->id;
    c.kind = one->kind == TOKEN_MESSAGE ? COMMAND_MESSAGE : one->kind == TOKEN_TIMER ? COMMAND_TIMER : COMMAND_COMPLETE;
    marked = state_text(&t->instance, t->arena, one->id);
    if (!oracle_find(&t->oracle, t->arena, marked, &mark)) {
        (void)fprintf(stderr, "%.*s\n%s\n", STR_ARG(t->xml), marked);
        fail_msg("what waits is nowhere in the oracle");
    }
    if (c.kind == COMMAND_COMPLETE && roll(t->r, 5) == 0) {
        c.kind = COMMAND_FAIL;
        c.outcome = STR("e1");
        oracle_throw(&t->oracle, mark.token, t->oracle.token[mark.token].scope, STR("e1"));
    } else {
        c.variables = c.kind == COMMAND_TIMER ? NULL : random_variables(t);
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
    start.variables = random_variables(t);
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
        t.xml = random_model(t.arena, &r);
        if (bpmn_read(t.arena, t.xml, NULL, &m, &report, &err) == RC_OK) {
            read++;
            try_model(&t, m);
        }
    }
    (void)printf("%d models read of %d, %zu steps compared, %zu too large to be followed\n", read, count, t.compared, t.given_up);
    assert_true(read * 10 > count * 6);       /* the generator keeps the standard's rules, mostly */
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
