/*
 * engine_int - a step under way: shared by the files engine*.c.
 *
 * Rows are named by their place in the arrays of the instance (token and scope: uint32_t), because arrays move when they grow;
 * what is gone stays in its place until the step is over.  Work lies in queues and nothing calls itself but what takes down a
 * tree: tokens that move, scopes that came to their end, scopes whose joins are to be looked at.  A function that returns bool
 * says false where it cannot go on: then either rc is set (memory, the step ends) or fault (the token becomes an incident).
 *
 *   engine.c            commands, the loop, moves        engine_row.c        rows and how they hang together
 *   engine_flow.c       gateways and flows               engine_join.c       parallel and inclusive joins
 *   engine_activity.c   tasks, calls, what they give     engine_scope.c      beginning, ending, cancelling
 *   engine_listen.c     waiting for events               engine_fire.c       events that happen
 *   engine_throw.c      events that are thrown           engine_timer.c      when
 *   engine_multi.c      repeated activities              engine_compensate.c what undoes
 *   engine_feel.c       expressions and variables        engine_admin.c      what people do to a case
 *   engine_command.c    commands as JSON
 */
#ifndef PROCESS_ENGINE_INT_H
#define PROCESS_ENGINE_INT_H

#include "process/bpmn_int.h"
#include "process/engine.h"
#include "rule/value.h"

enum { ENGINE_DEPTH_MAX = 200 /* scopes inside one another */ };

struct chain {
    uint32_t first, last;
};
struct link {
    uint32_t before, after;
};
struct rows {
    uint32_t *row;
    size_t count, room;
};
/* Tokens that wait at a join, by the flow that they came by; the oldest is on top of the heap. */
struct line {
    uint32_t scope, flow; /* flow BPMN_NONE: a place that is free */
    struct rows heap;
};
struct lines {
    struct line *line; /* by hash */
    size_t room, used;
    bool is_made;      /* in this step: somebody has asked */
};
struct instance_index {
    size_t token_room, scope_room, marks;
    /* by tokens */
    uint32_t *in;            /* row of its scope */
    uint32_t *inner;         /* row of the scope that runs inside, or that it may undo */
    struct link *beside;     /* of its scope */
    struct link *guest;      /* of its host */
    struct chain *guests;
    /* by scopes */
    uint32_t *up;            /* row of the scope around */
    uint32_t *alive;         /* how many tokens and event sub-processes keep it */
    uint32_t *depth;
    bool *is_ending, *is_touched; /* stands in the queue */
    struct link *sibling;
    struct chain *tokens, *children;
    struct rows queue, later /* what throws a signal */, endings, touched, signals, conditions, chosen, firing, asked;
    struct lines lines;
    uint8_t *mark; /* by elements, for joins */
    uint32_t *stack, *standing; /* standing: how many tokens of the scope counted are there that keep it */
    uint32_t counted;           /* row of the scope; BPMN_NONE: none */
};
struct stepping {
    struct engine *e;
    struct instance *i;
    struct instance_index *x;
    const struct command *c;
    int64_t now_us;
    enum rc rc;         /* RC_LIMIT: no memory */
    const char *fault;  /* code of the incident to come */
    struct str why;     /* it in English, or what a person wrote */
    size_t taken, taken_later; /* of the queues */
    int64_t thrower;    /* the repeated activity whose instances throw by themselves; 0 */
    uint32_t moved, started; /* elements entered, instances begun */
    size_t live, bytes; /* tokens; of variables */
    bool is_changed;    /* a variable was */
    uint32_t again;     /* a token that has entered where it is before */
    size_t move_room, effect_room;
    struct move *move;
    struct effect *effect;
    size_t moves, effects;
};

static inline struct token *token_at(const struct stepping *s, uint32_t token) { return &s->i->token[token]; }
static inline struct scope *scope_at(const struct stepping *s, uint32_t scope) { return &s->i->scope[scope]; }
static inline const struct bpmn *
model_in(const struct stepping *s, uint32_t scope)
{
    return s->i->binding[s->i->scope[scope].binding].model;
}
static inline const struct bpmn *model_of(const struct stepping *s, uint32_t token) { return model_in(s, s->x->in[token]); }
static inline const struct bpmn_element *
element_of(const struct stepping *s, uint32_t token)
{
    return &model_of(s, token)->element[s->i->token[token].element];
}
static inline bool row_is_gone(enum row_change change) { return change == ROW_GONE || change == ROW_NEVER; }
static inline bool token_is_gone(const struct stepping *s, uint32_t token) { return row_is_gone(s->i->token[token].change); }
static inline bool runs_elements(enum scope_kind kind) { return kind != SCOPE_MULTI && kind != SCOPE_INSTANCE; }
/* It keeps its scope, and may still come to a join. */
static inline bool
engine_stands(const struct stepping *s, uint32_t token)
{
    const struct token *t = token_at(s, token);

    return !row_is_gone(t->change) && !t->listens && t->host == 0;
}
static inline bool scope_is_gone(const struct stepping *s, uint32_t scope) { return row_is_gone(s->i->scope[scope].change); }

/* --- engine.c: what happened.  false; a fault is always said so --- */
bool engine_full(struct stepping *s);
bool engine_fault(struct stepping *s, const char *code, const char *why);
void engine_say(struct stepping *s, enum move_kind kind, uint32_t token, struct str detail);
void engine_say_flow(struct stepping *s, uint32_t token, uint32_t flow);
void engine_say_element(struct stepping *s, enum move_kind kind, uint32_t scope, uint32_t element, struct str detail); /* of no token */
void engine_say_process(struct stepping *s, enum move_kind kind, struct str detail);
struct effect *engine_effect(struct stepping *s, enum effect_kind kind, uint32_t token); /* NULL: no memory */
/* The token waits for a person who mends what the fault says; at: what is tried again: "come"
 * (it has not entered), "enter", "throw" (the event that it names, and on), "leave", "wait" (for work outside), "arm" (an event). */
void engine_stuck(struct stepping *s, uint32_t token, const char *at);
struct str engine_kept(struct stepping *s, struct str text); /* copied: what a command says ends with the command */
/* Moves everything on until nothing moves. */
void engine_run(struct stepping *s);

/* --- engine_row.c; BPMN_NONE: no memory, or no such row --- */
MUST_USE bool engine_index(struct stepping *s);
bool rows_push(struct stepping *s, struct rows *rows, uint32_t row);
void rows_sort(struct rows *rows);
uint32_t engine_token_row(const struct stepping *s, int64_t id);
uint32_t engine_scope_row(const struct stepping *s, int64_t id);
uint32_t engine_token_add(struct stepping *s, enum token_kind kind, uint32_t scope, uint32_t element, int64_t host, bool listens);
void engine_token_changed(struct stepping *s, uint32_t token);
void engine_token_gone(struct stepping *s, uint32_t token); /* alone, without what it holds */
void engine_token_host(struct stepping *s, uint32_t token, int64_t host);
void engine_token_listens(struct stepping *s, uint32_t token, bool listens);
void engine_move_to(struct stepping *s, uint32_t token, uint32_t element, uint32_t flow); /* and into the queue */
uint32_t engine_scope_add(struct stepping *s, enum scope_kind kind, uint32_t parent, uint32_t token);
void engine_scope_changed(struct stepping *s, uint32_t scope);
void engine_scope_ended(struct stepping *s, uint32_t scope); /* stays for compensation */
void engine_scope_gone(struct stepping *s, uint32_t scope);
void engine_check_alive(struct stepping *s, uint32_t scope); /* into the queue of endings if nothing keeps it */

#include "process/engine_part_int.h"

#endif
