#include "main/demo_cases.h"

#include "base/asset.h"
#include "base/clock.h"
#include "main/story_http.h"

enum { TASKS = 16, WORK_TRIES = 100, PAUSE_US = 50000 };

struct opening {
    const struct demo *demo;
    struct arena *arena;
    const struct json *cases;
    struct loop *loop;
    struct client *client;
    struct task *task;
    enum rc rc;
    struct err err;
};

static enum rc
sign_in(struct opening *o, struct str login, struct visitor *v, struct err *err)
{
    struct visit got;
    enum rc rc;

    *v = (struct visitor){.client = o->client, .task = o->task, .arena = o->arena, .port = o->demo->node[0].port, .token = STR("")};
    rc = visit_get(v, str_fmt(o->arena, "/sign-in/demo?account=%.*s&key=%.*s", STR_ARG(login), STR_ARG(o->demo->demo_key)), 200, &got, err);
    if (rc == RC_OK) {
        v->token = json_str(got.document, "token");
    }
    return rc;
}

/* Opening a section fetches what registers know; the rest is said. */
static enum rc
fill(struct opening *o, struct visitor *v, struct str draft, const struct json *section, struct err *err)
{
    struct str path = str_fmt(o->arena, "/apply/%.*s/%.*s", STR_ARG(draft), STR_ARG(section->key));
    struct json *values = json_copy(o->arena, section);
    struct visit got;
    enum rc rc = visit_get(v, path, 200, &got, err);

    if (rc != RC_OK) {
        return rc;
    }
    json_set_int(o->arena, values, "revision", json_int_or(got.document, "revision", 0));
    return visit_post(v, path, values, STR(""), 200, &got, err);
}

static enum rc
apply(struct opening *o, const struct json *one, struct str *case_no, struct err *err)
{
    const struct json *says = json_get(one, "says");
    struct json *declared = json_object(o->arena);
    struct visitor v;
    struct visit got;
    enum rc rc = sign_in(o, json_str(one, "who"), &v, err);

    if (rc != RC_OK || (rc = visit_get(&v, str_fmt(o->arena, "/items/%.*s/apply", STR_ARG(json_str(one, "item"))), 200, &got, err)) != RC_OK) {
        return rc;
    }
    struct str draft = json_str(got.document, "draft");
    for (const struct json *s = says->first; s != NULL && rc == RC_OK; s = s->next) {
        rc = fill(o, &v, draft, s, err);
    }
    json_set_text(o->arena, declared, "declare", STR("yes"));
    if (rc == RC_OK && (rc = visit_post(&v, str_fmt(o->arena, "/apply/%.*s/submit", STR_ARG(draft)), declared,
                                        str_fmt(o->arena, "open-%.*s", STR_ARG(draft)), 201, &got, err)) == RC_OK) {
        *case_no = json_str(got.document, "case_no");
    }
    return rc;
}

/* Programs may still be at work before the task is there: then it is tried again. */
static enum rc
do_task(struct opening *o, struct str case_no, const struct json *deed, struct err *err)
{
    struct str path = str_fmt(o->arena, "/desk/%.*s-%.*s/decide", STR_ARG(case_no), STR_ARG(json_str(deed, "part")));
    struct visitor v;
    struct visit got;
    enum rc rc = sign_in(o, json_str(deed, "who"), &v, err);

    for (int n = 0; rc == RC_OK && n < WORK_TRIES; n++) {
        struct err ignored;
        if ((rc = visit_post(&v, path, json_get(deed, "does"), STR(""), 200, &got, err)) == RC_OK) {
            return RC_OK;
        }
        rc = n + 1 < WORK_TRIES ? RC_OK : rc;
        (void)!task_sleep(o->task, loop_now_us(o->loop) + PAUSE_US, &ignored);
    }
    return rc;
}

static void
open_all(struct task *task, void *ctx)
{
    struct opening *o = ctx;

    o->task = task;
    for (const struct json *one = o->cases->first; one != NULL && o->rc == RC_OK; one = one->next) {
        const struct json *deeds = json_get(one, "deeds");
        struct str case_no = STR("");
        struct err why;
        o->rc = apply(o, one, &case_no, &why);
        for (const struct json *d = deeds != NULL ? deeds->first : NULL; d != NULL && o->rc == RC_OK; d = d->next) {
            o->rc = do_task(o, case_no, d, &why);
        }
        if (o->rc != RC_OK) {
            (void)err_set(&o->err, o->rc, "the city's case of %.*s: %s", STR_ARG(json_str(one, "item")), why.text);
        }
    }
    loop_stop(o->loop);
}

enum rc
demo_cases_open(struct arena *a, const struct demo *d, struct err *err)
{
    struct loop_config loop_config = {.clock = &clock_system, .tasks_max = TASKS, .work_threads = 1};
    struct client_config client_config = {.limits = http_limits_usual, .connect_ms = 5000, .idle_per_origin_max = 2, .per_origin_max = 4, .idle_ms = 30000};
    struct opening o = {.demo = d, .arena = a};
    struct json *cases;
    enum rc rc = asset_json(a, "demo/cases.json", &cases, err);

    o.cases = cases;
    if (rc != RC_OK || (rc = loop_new(&loop_config, &o.loop, err)) != RC_OK) {
        return rc;
    }
    if ((rc = client_new(o.loop, &client_config, &o.client, err)) == RC_OK && (rc = task_start(o.loop, open_all, &o, err)) == RC_OK) {
        loop_run(o.loop);
        client_free(o.client);
        *err = o.rc != RC_OK ? o.err : *err;
        rc = o.rc;
    }
    loop_free(o.loop);
    return rc;
}
