#include "main/courier.h"

#include "base/mem.h"
#include "identity/subject.h"
#include "net/bell.h"
#include "process/runtime_view.h"
#include "rule/run.h"
#include "rule/zone.h"

enum { ARENA_BYTES = 32 << 20, SOON_US = 4000, LOOK_S = 2 /* even if nobody wakes it */, PAUSE_S = 5 };
static const int64_t second_us = 1000000;

struct courier {
    struct courier_config config;
    struct zones *zones;
    struct run *run;
    struct handovers *handovers;
    struct runtime *runtime;
    struct gate *gate;
    struct bell *bell;
};

/* --- what it asks of the house --------------------------------------------------------------------------------------- */

static enum rc
bind_models(void *ctx, const struct db *db, struct arena *a, struct str key, int32_t day, const struct modelbook_bound **out, size_t *count,
            struct err *err)
{
    return modelbook_bind(((struct courier *)ctx)->config.modelbook, db, a, key, day, out, count, err);
}

static enum rc
put_subject(const struct courier *c, const struct db *db, struct arena *a, struct str id, struct json *offer, struct err *err)
{
    struct json *who = json_object(a);
    struct subject s;
    enum rc rc = subject_by_id(db, c->config.vault, a, id, &s, err);

    if (rc != RC_OK) {
        return rc;
    }
    json_set_text(a, who, "kind", s.kind == SUBJECT_PERSON ? STR("person") : STR("company"));
    json_set_text(a, who, "identifier", s.identifier);
    json_set_text(a, who, "name", s.name);
    json_set(a, offer, "applicant", who);
    return RC_OK;
}

/* The applicant, as the process knows them: one of whom this node knows nothing is not named. */
static enum rc
gather(void *ctx, const struct db *db, struct arena *a, const struct handover *h, struct json *offer, struct err *err)
{
    const struct courier *c = ctx;
    const struct command nothing = {.kind = COMMAND_SET, .attempt = -1};
    const struct runtime_request q = {.instance = h->instance, .command = &nothing};
    struct instance i;
    enum rc rc;

    if ((rc = runtime_warm(c->runtime, db, a, &q, err)) != RC_OK || (rc = runtime_instance(c->runtime, db, a, h->instance, &i, err)) != RC_OK) {
        return rc;
    }
    struct str id = json_str(instance_variable(&i, 1, STR("applicant")), "id");
    rc = id.len > 0 ? put_subject(c, db, a, id, offer, err) : RC_OK;
    return rc == RC_NOT_FOUND ? RC_OK : rc;
}

static enum rc
take(void *ctx, struct tx *tx, struct arena *a, const struct handover *h, const struct json *offer, struct json *variables, struct str *case_no,
     struct err *err)
{
    const struct courier *c = ctx;
    const struct json *who = json_get(offer, "applicant");
    struct json *applicant = json_object(a);
    struct str id;
    enum rc rc;

    *case_no = str_fmt(a, "%.*s-%lld", STR_ARG(h->peer), (long long)h->id);
    if (case_no->ptr == NULL) {
        return err_set(err, RC_LIMIT, "no room for the number of a case");
    }
    if (!json_is(who, JSON_OBJECT)) {
        return RC_OK;
    }
    enum subject_kind kind = str_eq(json_str(who, "kind"), STR("company")) ? SUBJECT_COMPANY : SUBJECT_PERSON;
    if ((rc = subject_put(tx, c->config.vault, a, kind, json_str(who, "identifier"), json_str(who, "name"), STR(""),
                          clock_now_us(c->config.clock), &id, err)) != RC_OK) {
        return rc;
    }
    json_set_text(a, applicant, "id", id);
    json_set_text(a, applicant, "kind", json_str(who, "kind"));
    json_set(a, variables, "applicant", applicant);
    return RC_OK;
}

/* --- the task ------------------------------------------------------------------------------------------------------------ */

static void
wake(void *ctx)
{
    bell_ring(((struct courier *)ctx)->bell);
}

/* How long nothing is to be done. */
static int64_t
turn(struct courier *c, struct task *t, struct arena *a)
{
    int64_t next_us = INT64_MAX, now_us;
    struct err err;

    arena_reset(a);
    enum rc rc = handover_turn(c->handovers, c->gate, t, a, &next_us, &err);
    if (rc != RC_OK && c->config.log != NULL) {
        log_failure(c->config.log, "handover_turn", rc, &err);
    }
    if (rc != RC_OK) {
        return PAUSE_S * second_us;
    }
    now_us = clock_now_us(c->config.clock);
    return next_us <= now_us ? 0 : next_us - now_us < LOOK_S * second_us ? next_us - now_us : LOOK_S * second_us;
}

/* It is woken before what it is woken for has become durable: so it looks at once, soon again, and then less and less often. */
static void
carry(struct task *t, void *ctx)
{
    struct courier *c = ctx;
    struct arena *a = arena_new(ARENA_BYTES);
    int64_t look_us = SOON_US;
    bool goes_on = true;

    while (goes_on) {
        int64_t wait_us = turn(c, t, a);
        struct err err;
        enum rc rc = RC_TIMEOUT;
        if (wait_us == 0) {
            task_yield(t);
        } else {
            rc = bell_wait(c->bell, t, loop_now_us(task_loop(t)) + (wait_us < look_us ? wait_us : look_us), &err);
        }
        look_us = rc == RC_OK ? SOON_US : look_us < LOOK_S * second_us ? 2 * look_us : look_us;
        goes_on = !loop_is_ending(task_loop(t)) && (rc == RC_OK || rc == RC_TIMEOUT);
    }
    arena_free(a);
}

/* --- life ------------------------------------------------------------------------------------------------------------------ */

struct courier *
courier_new(const struct courier_config *config)
{
    struct courier *c = mem_new(1, sizeof(*c));
    struct handover_config h = {.node = config->node, .vault = config->vault, .offset_seconds = config->offset_minutes * 60,
                                .keeper = config->keeper, .first_us = 10 * second_us, .most_us = 900 * second_us, .factor = 3, .ctx = c,
                                .bind = bind_models, .gather = gather, .take = take, .wake = wake, .log = config->log};

    c->config = *config;
    c->bell = bell_new();
    c->zones = zones_new(config->zones_folder);
    c->run = run_new(&RUN_LIMITS_USUAL, c->zones);
    h.run = c->run;
    c->handovers = handover_open(&h);
    return c;
}

struct handovers *
courier_handovers(const struct courier *c)
{
    return c->handovers;
}

enum rc
courier_start(struct courier *c, struct runtime *runtime, struct loop *loop, struct gate *gate, struct err *err)
{
    c->runtime = runtime;
    c->gate = gate;
    handover_use_runtime(c->handovers, runtime);
    return task_start(loop, carry, c, err);
}

void
courier_free(struct courier *c)
{
    if (c != NULL) {
        handover_close(c->handovers);
        run_free(c->run);
        zones_free(c->zones);
        bell_free(c->bell);
        mem_free(c);
    }
}
