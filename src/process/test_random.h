/* test_random - for tests: models of processes by chance, the same for the same seed.  Variables that they ask for: a, b, c. */
#ifndef PROCESS_TEST_RANDOM_H
#define PROCESS_TEST_RANDOM_H

#include "process/test_bpmn.h"

struct random {
    uint64_t state;
};

static inline uint32_t
roll(struct random *r, uint32_t below)
{
    r->state = r->state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(r->state >> 33) % below;
}

struct writing {
    struct random *r;
    struct buf out;
    int next;  /* of ids */
    bool is_rich;      /* loops, signals, escalations, calls and returns, too */
    bool throws_not;   /* inside what an event began, which would begin it again */
    bool asks_nothing; /* a called process, which does not see the variables */
};

static inline const char *
condition(struct random *r)
{
    static const char *const all[] = {"a", "b", "c", "not(a)", "not(b)", "not(c)"};

    return all[roll(r, 6)];
}

static inline const char *
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
    int from;      /* place of one from which a way leads to it */
    int first_way; /* of an exclusive or inclusive gateway: its default */
    int boundary;  /* id of the event on it, or 0 */
    int back;      /* id of the task that it may be sent back to, or 0 */
};

enum { NODES = 9, DEPTH = 2 };

static inline void
write_flow(struct writing *w, const struct node *from, const struct node *to)
{
    bool asks = (from->kind == BPMN_EXCLUSIVE || from->kind == BPMN_INCLUSIVE) && w->next != from->first_way;

    buf_put_fmt(&w->out, "<sequenceFlow id='f%d' sourceRef='n%d' targetRef='n%d'>", w->next++, from->id, to->id);
    if (asks) {
        buf_put_fmt(&w->out, "<conditionExpression>%s</conditionExpression>", condition(w->r));
    }
    buf_put(&w->out, STR("</sequenceFlow>\n"));
}

#define RANDOM_SIGNAL "<signalEventDefinition signalRef='G'/>"
#define RANDOM_ESCALATION "<escalationEventDefinition escalationRef='L'/>"

static inline void
write_loop(struct writing *w)
{
    buf_put_fmt(&w->out, "<standardLoopCharacteristics testBefore='%s' loopMaximum='%u'>", roll(w->r, 2) == 0 ? "true" : "false", 1 + roll(w->r, 3));
    if (!w->asks_nothing) {
        buf_put_fmt(&w->out, "<loopCondition>%s</loopCondition>", condition(w->r));
    }
    buf_put(&w->out, STR("</standardLoopCharacteristics>"));
}

static inline void write_scope(struct writing *w, int depth, bool may_fail, const char *start);

static inline void
write_repeats(struct writing *w)
{
    if (w->is_rich && roll(w->r, 5) == 0) {
        write_loop(w);
    } else if (roll(w->r, 4) == 0) {
        buf_put_fmt(&w->out, "<multiInstanceLoopCharacteristics isSequential='%s'><loopCardinality>%u</loopCardinality>",
                    roll(w->r, 2) == 0 ? "true" : "false", 1 + roll(w->r, 3));
        if (!w->asks_nothing && roll(w->r, 2) == 0) {
            buf_put_fmt(&w->out, "<completionCondition>%s</completionCondition>", condition(w->r));
        }
        buf_put(&w->out, STR("</multiInstanceLoopCharacteristics>"));
    }
}

static inline const char *
end_of_way(struct writing *w, bool may_fail)
{
    static const char *const ends[] = {"", "", "", "", "", "", "<terminateEventDefinition/>", "<errorEventDefinition errorRef='E'/>"};

    return w->is_rich && !w->throws_not && roll(w->r, 4) == 0 ? (roll(w->r, 2) == 0 ? RANDOM_SIGNAL : RANDOM_ESCALATION) : ends[roll(w->r, may_fail ? 8 : 7)];
}

static inline const char *
catch_of(struct writing *w)
{
    return w->is_rich && roll(w->r, 3) == 0 ? RANDOM_SIGNAL : trigger(w->r);
}

static inline void
write_inside(struct writing *w, const struct node *n, int depth, bool may_fail)
{
    if (n->back > 0) {
        buf_put_fmt(&w->out, "<extensionElements><gov:return to='n%d'/></extensionElements>", n->back);
    }
    if (n->kind == BPMN_END) {
        buf_put(&w->out, str_of(end_of_way(w, may_fail)));
    } else if (n->kind == BPMN_CATCH) {
        buf_put(&w->out, str_of(catch_of(w)));
    } else if (n->kind == BPMN_THROW) {
        buf_put(&w->out, roll(w->r, 2) == 0 ? STR(RANDOM_SIGNAL) : STR(RANDOM_ESCALATION));
    } else if (n->kind == BPMN_USER || n->kind == BPMN_SUB || n->kind == BPMN_CALL) {
        write_repeats(w);
    }
    if (n->kind == BPMN_SUB) {
        write_scope(w, depth - 1, may_fail, "");
    }
}

static inline void
write_boundary(struct writing *w, const struct node *n, bool may_fail)
{
    bool is_rich = w->is_rich && roll(w->r, 2) == 0;
    const char *what = is_rich                              ? (n->kind != BPMN_USER && roll(w->r, 2) == 0 ? RANDOM_ESCALATION : RANDOM_SIGNAL)
                       : may_fail && roll(w->r, 3) == 0 ? "<errorEventDefinition errorRef='E'/>"
                                                        : trigger(w->r);
    bool interrupts = str_has(str_of(what), STR("error")) || str_has(str_of(what), STR("signal")) || roll(w->r, 2) == 0;

    buf_put_fmt(&w->out, "<boundaryEvent id='n%d' attachedToRef='n%d' cancelActivity='%s'>%s</boundaryEvent>\n", n->boundary, n->id,
                interrupts ? "true" : "false", what);
}

static inline void
write_node(struct writing *w, struct node *n, int depth, bool may_fail)
{
    if (n->kind == BPMN_EXCLUSIVE || n->kind == BPMN_INCLUSIVE) {
        buf_put_fmt(&w->out, "<%s id='n%d' default='f%d'/>\n", bpmn_tag(n->kind), n->id, n->first_way);
    } else {
        buf_put_fmt(&w->out, "<%s id='n%d'%s>", bpmn_tag(n->kind), n->id, n->kind == BPMN_CALL ? " calledElement='q'" : "");
        write_inside(w, n, depth, may_fail);
        buf_put_fmt(&w->out, "</%s>\n", bpmn_tag(n->kind));
    }
    if (n->boundary > 0) {
        write_boundary(w, n, may_fail);
    }
}

static inline enum bpmn_kind
kind_of_node(struct writing *w, int depth)
{
    static const enum bpmn_kind all[] = {BPMN_USER, BPMN_USER, BPMN_USER, BPMN_USER, BPMN_USER, BPMN_TASK, BPMN_EXCLUSIVE, BPMN_PARALLEL, BPMN_PARALLEL,
                                         BPMN_INCLUSIVE, BPMN_INCLUSIVE, BPMN_EVENT_BASED, BPMN_CATCH, BPMN_SUB, BPMN_SUB};

    if (w->is_rich && roll(w->r, 5) == 0) {
        return depth > 0 && !w->asks_nothing && roll(w->r, 2) == 0 ? BPMN_CALL : w->throws_not ? BPMN_TASK : BPMN_THROW;
    }
    enum bpmn_kind kind = all[roll(w->r, depth > 0 ? 15 : 13)];
    return w->asks_nothing && (kind == BPMN_EXCLUSIVE || kind == BPMN_INCLUSIVE) ? BPMN_PARALLEL : kind;
}

/* Ways lead forward, and back only from an exclusive gateway to a user task, so that nothing runs in a ring by itself; nowhere back where
 * signals could throw one another. */
static inline void
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
                n[i].from = from;
            }
        }
    }
    for (int i = 0; i < count - 1; i++) { /* and everything leads on */
        int ways = n[i].kind == BPMN_END ? 0 : n[i].kind == BPMN_PARALLEL || n[i].kind == BPMN_INCLUSIVE || n[i].kind == BPMN_EXCLUSIVE ? 2 : 1;
        for (int k = n[i].first_way > 0 && ways > 0 ? 1 : 0; k < ways && n[i].kind != BPMN_EVENT_BASED; k++) {
            int to = i + 1 + (int)roll(w->r, (uint32_t)(count - i - 1));
            for (; n[to].takes_no_way; to++) {
            }
            if (n[i].kind == BPMN_EXCLUSIVE && k > 0 && !w->is_rich && roll(w->r, 3) == 0) {
                for (int back = 1; back < i; back++) {
                    to = n[back].kind == BPMN_USER ? back : to;
                }
            }
            n[i].first_way = n[i].first_way == 0 ? w->next : n[i].first_way;
            write_flow(w, &n[i], &n[to]);
        }
    }
}

static inline void
write_event_sub(struct writing *w, int depth)
{
    bool is_rich = w->is_rich && roll(w->r, 2) == 0, before = w->throws_not;
    const char *what = is_rich                  ? (roll(w->r, 2) == 0 ? RANDOM_ESCALATION : RANDOM_SIGNAL)
                       : roll(w->r, 4) == 0 ? "<errorEventDefinition errorRef='E'/>"
                                            : trigger(w->r);
    bool interrupts = str_has(str_of(what), STR("error")) || roll(w->r, 2) == 0;
    struct str start = str_fmt(w->out.arena, " isInterrupting='%s'>%s%c", interrupts ? "true" : "false", what, '\0');

    buf_put_fmt(&w->out, "<subProcess id='n%d' triggeredByEvent='true'>", w->next++);
    w->throws_not = true;
    write_scope(w, depth - 1, false, start.ptr);
    w->throws_not = before;
    buf_put(&w->out, STR("</subProcess>\n"));
}

/* start: the rest of the start event's tag, and its trigger; "" of one without. */
static inline void
write_scope(struct writing *w, int depth, bool may_fail, const char *start)
{
    struct node n[NODES + 4] = {{.id = w->next++, .kind = BPMN_START, .has_way_in = true}};
    int count = 1, wanted = 3 + (int)roll(w->r, depth == DEPTH ? NODES - 3 : 3);

    buf_put_fmt(&w->out, "<startEvent id='n%d'%s</startEvent>\n", n[0].id, start[0] != '\0' ? start : ">");
    while (count < wanted) {
        struct node *one = &n[count++];
        *one = (struct node){.id = w->next++, .kind = kind_of_node(w, depth)};
        if (one->kind == BPMN_EVENT_BASED) {
            for (int k = 0; k < 2; k++) {
                n[count++] = (struct node){.id = w->next++, .kind = BPMN_CATCH, .takes_no_way = true, .has_way_in = true};
                write_flow(w, one, &n[count - 1]);
            }
        } else if ((one->kind == BPMN_USER || one->kind == BPMN_SUB || one->kind == BPMN_CALL) && roll(w->r, 3) == 0) {
            one->boundary = w->next++;
            n[count++] = (struct node){.id = one->boundary, .kind = BPMN_BOUNDARY, .takes_no_way = true, .has_way_in = true};
        }
    }
    n[count++] = (struct node){.id = w->next++, .kind = BPMN_END};
    write_ways(w, n, count);
    for (int i = 1; w->is_rich && i < count; i++) { /* to a task on the way to it */
        int k = n[i].from;
        for (; k > 0 && n[k].kind != BPMN_USER; k = n[k].from) {
        }
        n[i].back = n[i].kind == BPMN_USER && k > 0 && roll(w->r, 4) > 0 ? n[k].id : 0;
    }
    for (int i = 1; i < count; i++) {
        if (n[i].kind != BPMN_BOUNDARY) {
            write_node(w, &n[i], depth, may_fail);
        }
    }
    if (depth > 0 && roll(w->r, 4) == 0) {
        write_event_sub(w, depth);
    }
}

/* A process p; a rich one may call q. */
static inline struct str
random_model_of(struct arena *a, struct random *r, bool is_rich)
{
    struct writing w = {.r = r, .next = 1, .is_rich = is_rich};
    struct str text;
    struct err err;

    buf_init(&w.out, a, 1 << 20);
    buf_put(&w.out, STR(OPEN "<message id='M1' name='one'/><message id='M2' name='two'/><error id='E' name='bad' errorCode='e1'/>"
                             "<signal id='G' name='go'/><escalation id='L' name='late' escalationCode='l1'/><process id='p' isExecutable='true'>\n"));
    write_scope(&w, DEPTH, true, "");
    buf_put(&w.out, STR("</process>\n"));
    if (is_rich) {
        w.asks_nothing = true;
        buf_put(&w.out, STR("<process id='q'>\n"));
        write_scope(&w, 1, true, "");
        buf_put(&w.out, STR("</process>\n"));
    }
    buf_put(&w.out, STR(CLOSE));
    assert_int_equal(buf_finish(&w.out, &text, &err), RC_OK);
    return text;
}

static inline struct str
random_model(struct arena *a, struct random *r)
{
    return random_model_of(a, r, false);
}

#endif
