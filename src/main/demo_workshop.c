#include "main/demo_workshop.h"

#include <signal.h>
#include <unistd.h>

#include "base/encode.h"
#include "crypto/random.h"
#include "main/demo_nodes.h"
#include "main/story_http.h"

enum { ROUND_ARENA = 1 << 20, TOKEN_ARENA = 1 << 16, TASKS = 16, WAIT_S = 20, LEASE_S = 60, MOST = 10, PAUSE_US = 2000000, KEY_BYTES = 12 };

/* What it makes: one bench each. */
static const char *const types[] = {"card.make", "post.send"};
enum { TYPES = sizeof(types) / sizeof(types[0]) };

struct bench {
    const struct demo *demo;
    struct client *client;
    const char *type;
    struct arena *session; /* holds the token */
    struct str token;
};

static enum rc
sign_in(struct bench *b, struct visitor *v, struct err *err)
{
    struct visit got;
    struct str path = str_fmt(v->arena, "/sign-in/demo?account=zuoye-system&key=%.*s", STR_ARG(b->demo->demo_key));
    enum rc rc = visit_get(v, path, 200, &got, err);

    if (rc == RC_OK) {
        arena_reset(b->session);
        rc = str_copy(b->session, json_str(got.document, "token"), &b->token, err);
    }
    v->token = b->token;
    return rc;
}

/* Each request is one of its own. */
static enum rc
post(struct visitor *v, const char *path, const struct json *body, struct visit *got, struct err *err)
{
    return visit_post(v, str_of(path), body, random_token(v->arena, KEY_BYTES), 200, got, err);
}

static enum rc
finish(struct visitor *v, const struct json *job, struct err *err)
{
    static const char *const names[] = {"instance", "token", "attempt"};
    struct json *done = json_object(v->arena);
    struct visit got;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        json_set_int(v->arena, done, names[i], json_int_or(job, names[i], 0));
    }
    enum rc rc = post(v, "/api/jobs/complete", done, &got, err);
    return rc == RC_PEER && got.status == 409 ? RC_OK : rc; /* the case has gone on without it */
}

/* Jobs of its type, as many as there are within a long wait. */
static enum rc
take_and_make(struct bench *b, struct visitor *v, struct err *err)
{
    struct json *wish = json_object(v->arena);
    struct visit got;
    enum rc rc = v->token.len > 0 ? RC_OK : sign_in(b, v, err);

    json_set_text(v->arena, wish, "type", str_of(b->type));
    json_set_int(v->arena, wish, "most", MOST);
    json_set_int(v->arena, wish, "lease_s", LEASE_S);
    json_set_int(v->arena, wish, "wait_s", WAIT_S);
    json_set_text(v->arena, wish, "worker", STR("workshop"));
    if (rc != RC_OK || (rc = post(v, "/api/jobs/lease", wish, &got, err)) != RC_OK) {
        return rc;
    }
    const struct json *jobs = json_get(got.document, "jobs");
    for (const struct json *job = jobs != NULL ? jobs->first : NULL; job != NULL && rc == RC_OK; job = job->next) {
        rc = finish(v, job, err);
    }
    return rc;
}

static void
work(struct task *t, void *ctx)
{
    struct bench *b = ctx;
    struct arena *a = arena_new(ROUND_ARENA);
    enum rc slept = RC_OK;

    while (slept == RC_OK) {
        struct visitor v = {.client = b->client, .task = t, .arena = a, .port = b->demo->node[0].port, .token = b->token};
        struct err err;
        if (take_and_make(b, &v, &err) != RC_OK) {
            b->token = STR(""); /* whatever it was, it begins at the beginning */
            slept = task_sleep(t, loop_now_us(task_loop(t)) + PAUSE_US, &err);
        }
        arena_reset(a);
    }
    arena_free(a);
}

static enum rc
open_benches(const struct demo *d, struct err *err)
{
    struct loop_config loop_config = {.clock = &clock_system, .tasks_max = TASKS};
    struct client_config client_config = {.limits = http_limits_usual, .connect_ms = 5000, .idle_per_origin_max = TYPES,
                                          .per_origin_max = TYPES * 2, .idle_ms = 60000};
    struct bench bench[TYPES];
    struct client *client;
    struct loop *loop;
    enum rc rc = loop_new(&loop_config, &loop, err);

    if (rc != RC_OK || (rc = client_new(loop, &client_config, &client, err)) != RC_OK) {
        return rc;
    }
    for (size_t i = 0; i < TYPES && rc == RC_OK; i++) {
        bench[i] = (struct bench){.demo = d, .client = client, .type = types[i], .session = arena_new(TOKEN_ARENA), .token = STR("")};
        rc = task_start(loop, work, &bench[i], err);
    }
    if (rc == RC_OK) {
        loop_run(loop); /* SIGTERM ends it as it stands: what it had taken is taken again by the next */
    }
    return rc;
}

enum rc
demo_workshop_start(const struct demo *d, pid_t *pid, struct err *err)
{
    const pid_t parent = getpid();

    if ((*pid = fork()) < 0) {
        return err_set(err, RC_IO, "cannot fork the workshop");
    }
    if (*pid == 0) {
        struct err child;
        sigset_t none;
        (void)sigemptyset(&none);
        (void)sigprocmask(SIG_SETMASK, &none, NULL);
        demo_end_with(parent);
        (void)signal(SIGINT, SIG_IGN);
        _exit(rc_exit(open_benches(d, &child)));
    }
    return RC_OK;
}
