/*
 * scene - one test on a stage: a city that asks, a province that answers, a stranger, all on one loop, and a play that
 * runs as a task among them.  For tests only.
 *
 * A play says what it expects with EXPECT, which notes a failure and goes on: leaving a task by a jump is no way out.
 */
#ifndef EXCHANGE_SCENE_H
#define EXCHANGE_SCENE_H

#include "evidence/act.h"
#include "exchange/envelope.h"
#include "exchange/stage.h"

struct scene {
    struct stage stage;
    struct loop *loop;
    struct task *task;
    struct arena *arena;
    struct stage_node *city;
    struct stage_node *prov;
    struct stage_node *ghost;    /* in the directory, but nobody listens there */
    struct stage_node *stranger; /* runs, but is not in the directory */
    struct server *other;        /* one more that a play started, or NULL */
    void (*play)(struct scene *s);
    struct http_in in; /* the last answer of scene_send */
    int failed;
};

/* Sets the stage, plays, clears up.  The number of failed expectations. */
int scene_run(void (*play)(struct scene *s), enum fixture_kind kind);

#define EXPECT(s, cond) scene_expect((s), (cond), __FILE__, __LINE__, #cond)
void scene_expect(struct scene *s, bool cond, const char *file, int line, const char *text);

/* The city asks for name and id of "A" through its gate. */
struct question scene_question(struct scene *s);
enum rc scene_ask(struct scene *s, struct answer *out, struct err *err);

int64_t scene_acts(const struct stage_node *n, enum act_kind kind);
int64_t scene_used(const struct stage_node *n); /* uses counted, of all grants */
/* detail.<member> of the newest act, as text; "" if there is none. */
struct str scene_newest(struct scene *s, const struct stage_node *n, const char *member);
enum act_kind scene_newest_kind(struct scene *s, const struct stage_node *n);

/*
 * A question made by hand, so that a test can spoil any part of it.  scene_make makes a good one from node (whose key
 * signs) for the province; scene_send sends what there is, with that client, and leaves the answer in s->in.
 */
struct handmade {
    struct envelope envelope;
    struct http_out out;
};
struct handmade *scene_make(struct scene *s, const struct stage_node *signer);
/* Sign again after a change to h->envelope (fields, params) or h->out.body. */
void scene_sign(struct scene *s, struct handmade *h, const struct stage_node *signer);
void scene_set(struct handmade *h, const char *name, struct str value); /* replace a field of out */
enum rc scene_send(struct scene *s, struct stage_node *from, const struct handmade *h,
                   struct err *err);
/* The type of the problem in s->in, without "/problems/"; "" if it is none. */
struct str scene_problem(struct scene *s);
/* True if s->in is signed by the province for that question. */
bool scene_is_signed(struct scene *s, const struct handmade *h);

#endif
