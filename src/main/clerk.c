#include "main/clerk.h"

#include <pthread.h>

#include "base/mem.h"

struct clerk {
    pthread_mutex_t lock;
    pthread_cond_t done;
    bool is_open;
    struct loop *loop;
    struct gate *gate;
    struct signing *signing;
};

struct wanted { /* on the stack of the thread that waits */
    struct clerk *clerk;
    void (*work)(struct wanted *w, struct task *t);
    bool is_done;
    enum rc rc;
    struct err err;
    struct arena *arena;
    const struct question *question;
    struct answer *answer;
    struct str bytes;
    unsigned char *signature;
};

static void
say_done(struct wanted *w)
{
    struct clerk *c = w->clerk;

    (void)pthread_mutex_lock(&c->lock);
    w->is_done = true; /* from here on it is the waiting thread's again */
    (void)pthread_cond_broadcast(&c->done);
    (void)pthread_mutex_unlock(&c->lock);
}

static void
carry(struct task *t, void *ctx)
{
    struct wanted *w = ctx;

    w->work(w, t);
    say_done(w);
}

/* On the loop's thread. */
static void
begin(void *ctx)
{
    struct wanted *w = ctx;

    w->rc = task_start(w->clerk->loop, carry, w, &w->err);
    if (w->rc != RC_OK) {
        say_done(w);
    }
}

static enum rc
wait_for(struct wanted *w, struct err *err)
{
    struct clerk *c = w->clerk;

    (void)pthread_mutex_lock(&c->lock);
    bool begins = c->is_open;
    if (begins) {
        loop_post(c->loop, begin, w);
    }
    while (begins && !w->is_done) {
        (void)pthread_cond_wait(&c->done, &c->lock);
    }
    (void)pthread_mutex_unlock(&c->lock);
    if (!begins) {
        return err_set(err, RC_IO, "the node is ending");
    }
    if (w->rc != RC_OK) {
        *err = w->err;
    }
    return w->rc;
}

static void
sign(struct wanted *w, struct task *t)
{
    w->rc = signing_sign(w->clerk->signing, t, STR("seal"), w->bytes, w->signature, &w->err);
}

enum rc
clerk_sign(void *clerk, struct str bytes, unsigned char out[SIG_BYTES], struct err *err)
{
    struct wanted w = {.clerk = clerk, .work = sign, .bytes = bytes, .signature = out};

    return wait_for(&w, err);
}

static void
ask(struct wanted *w, struct task *t)
{
    w->rc = gate_ask(w->clerk->gate, t, w->arena, w->question, w->answer, &w->err);
}

enum rc
clerk_ask(void *clerk, struct arena *a, const struct question *q, struct answer *out, struct err *err)
{
    struct wanted w = {.clerk = clerk, .work = ask, .arena = a, .question = q, .answer = out};

    return wait_for(&w, err);
}

/* --- life ---------------------------------------------------------------------------------------------------- */

struct clerk *
clerk_new(void)
{
    struct clerk *c = mem_new(1, sizeof(*c));

    (void)pthread_mutex_init(&c->lock, NULL);
    (void)pthread_cond_init(&c->done, NULL);
    return c;
}

void
clerk_open(struct clerk *c, struct loop *loop, struct gate *gate, struct signing *signing)
{
    (void)pthread_mutex_lock(&c->lock);
    c->loop = loop;
    c->gate = gate;
    c->signing = signing;
    c->is_open = true;
    (void)pthread_mutex_unlock(&c->lock);
}

void
clerk_close(struct clerk *c)
{
    if (c != NULL) {
        (void)pthread_mutex_lock(&c->lock);
        c->is_open = false;
        (void)pthread_mutex_unlock(&c->lock);
    }
}

void
clerk_free(struct clerk *c)
{
    if (c != NULL) {
        (void)pthread_cond_destroy(&c->done);
        (void)pthread_mutex_destroy(&c->lock);
        mem_free(c);
    }
}
