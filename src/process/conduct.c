/*
 * Opening, starting, and what follows from each command: clocks, worklist, acts of the model, what the house is told.
 *
 * All of it runs on the writer thread in the transaction of the command, and may run again: what is kept in memory is set anew by each.
 */
#include "process/conduct_int.h"
#include "process/timekeeper_view.h"

#include "base/mem.h"

enum { LEASE_MAX_S = 3600, KEEP_S = 30 * 86400, TTL_S = 86400 };
static const int64_t second_us = 1000000;

/* --- models --------------------------------------------------------------------------------------------------------------- */

static const struct bpmn *
book_find(void *ctx, struct str key, int64_t version)
{
    return modelbook_find(ctx, key, version);
}

static enum rc
book_load(void *ctx, const struct db *db, struct str key, int64_t version, struct err *err)
{
    return modelbook_load(ctx, db, key, version, err);
}

static enum rc
book_bind(void *ctx, const struct db *db, struct arena *a, struct str key, int32_t day, const struct modelbook_bound **out, size_t *count,
          struct err *err)
{
    return modelbook_bind(ctx, db, a, key, day, out, count, err);
}

static enum rc
book_bind_version(void *ctx, const struct db *db, struct arena *a, struct str key, int64_t version, int32_t day, const struct modelbook_bound **out,
                  size_t *count, struct err *err)
{
    return modelbook_bind_version(ctx, db, a, key, version, day, out, count, err);
}

struct conduct_models
conduct_models_of(struct modelbook *b)
{
    return (struct conduct_models){b, book_find, book_load, book_bind, book_bind_version};
}

static const struct bpmn *
find(void *ctx, struct str key, int64_t version)
{
    const struct conduct_models *m = &((const struct conduct *)ctx)->config.models;

    return m->find(m->ctx, key, version);
}

static enum rc
load(void *ctx, const struct db *db, struct str key, int64_t version, struct err *err)
{
    const struct conduct_models *m = &((const struct conduct *)ctx)->config.models;

    return m->load(m->ctx, db, key, version, err);
}

/* Work that the model says nothing of is tried for about a day. */
static struct runtime_backoff
backoff(void *ctx, const struct bpmn *model, uint32_t element, struct str type)
{
    const struct conduct *c = ctx;

    (void)type;
    return runtime_backoff_of(model, element, &c->config.backoff);
}

static void
wake(void *ctx)
{
    const struct conduct *c = ctx;

    if (c->config.wake != NULL) {
        c->config.wake(c->config.wake_ctx);
    }
}

/* --- acts -------------------------------------------------------------------------------------------------------------------- */

enum act_kind
conduct_act_kind(struct str word)
{
    static const struct {
        const char *word;
        enum act_kind kind;
    } words[] = {{"accept", ACT_ACCEPT}, {"decide", ACT_DECIDE},     {"sign", ACT_SIGN},   {"countersign", ACT_SIGN},
                 {"close", ACT_CLOSE},   {"withdraw", ACT_WITHDRAW}, {"deemed_accepted", ACT_DEEMED}, {"deemed_renewed", ACT_RENEWED},
                 {"supplied", ACT_SUPPLIED}, {"opinion", ACT_OPINION}};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (str_eq(word, str_of(words[i].word))) {
            return words[i].kind;
        }
    }
    return ACT_STEP;
}

void
conduct_begin(struct conduct *c, struct arena *a)
{
    c->clocks_moved = false;
    c->acts = json_array(a);
}

enum rc
conduct_act(struct conduct *c, struct tx *tx, struct arena *a, const struct act *act, int64_t *index, struct err *err)
{
    struct json *note = json_object(a);
    struct act_ref ref;
    enum rc rc;

    if ((act->detail != NULL && (rc = json_whole(act->detail, err)) != RC_OK) || (rc = act_add(tx, a, act, &ref, err)) != RC_OK) {
        return rc;
    }
    json_set_text(a, note, "kind", str_of(act_kind_name(act->kind)));
    json_set_int(a, note, "index", ref.index);
    json_push(c->acts, note);
    if (index != NULL) {
        *index = ref.index;
    }
    return json_whole(c->acts, err);
}

static struct str
applicant_of(const struct instance *i)
{
    return json_str(conduct_variable(i, 1, STR("applicant")), "id");
}

/* --- clocks -------------------------------------------------------------------------------------------------------------------- */

/* {"value","unit"}, or a number of working days. */
static bool
read_promise(const struct json *j, int64_t *value, enum timelimit_unit *unit)
{
    if (json_is(j, JSON_OBJECT)) {
        *value = json_int_or(j, "value", 0);
        return *value > 0 && timelimit_unit_by_name(json_str(j, "unit"), unit);
    }
    *unit = UNIT_WORKING_DAY;
    return json_is(j, JSON_NUMBER) && json_as_int(j, value) && *value > 0;
}

/* Of which part a clock is follows from where it is declared; where it names nobody it is of the part's organisation, or of the one that leads the case. */
static void
about_whom(const struct instance *i, int64_t scope, const struct gov_clock *clock, struct casetime_about *out)
{
    int64_t declared = instance_clock_scope(i, scope, clock);
    const struct json *part = conduct_part(i, declared > 0 ? declared : scope, STR(""), STR(""));
    const struct json *lead = conduct_variable(i, scope, STR("lead_org"));

    out->part = json_str(part, "id");
    out->org = part != NULL ? json_str(part, "org") : json_is(lead, JSON_STRING) ? lead->text : STR("");
}

/* What is longer than the law allows is no promise: then the law's own time counts. */
static void
about(void *ctx, const struct runtime_event *event, int64_t scope, const struct gov_clock *clock, struct casetime_about *out)
{
    const struct conduct *c = ctx;
    const struct instance *i = event->instance;
    const struct json *part = conduct_part(i, scope, STR(""), STR("")), *promise = conduct_variable(i, scope, STR("promised_days"));
    const struct json *region = conduct_variable(i, scope, STR("region"));
    const struct timelimit *law;
    struct err ignored;

    about_whom(i, scope, clock, out);
    out->region = json_str(part, "region");
    if (out->region.len == 0 && json_is(region, JSON_STRING)) {
        out->region = region->text;
    }
    law = timelimit_find(c->config.keeper.limits, clock->rule, instant_day(event->now_us, c->config.offset_minutes));
    promise = promise != NULL ? promise : json_get(part, "promised_days");
    out->is_promise = law != NULL && read_promise(promise, &out->value, &out->unit) &&
                      timelimit_check_promise(law, out->value, out->unit, &ignored) == RC_OK;
}

/* Starts and ends are in the log of the clock; that it stands still or runs again is an act. */
static enum rc
moved(struct tx *tx, struct arena *a, const struct watch_change *change, const struct runtime_event *event, void *ctx, struct err *err)
{
    struct conduct *c = ctx;
    const struct act act = {.kind = ACT_CLOCK,
                            .at_us = event->now_us,
                            .actor = event->actor,
                            .org = change->watch.org,
                            .case_no = change->watch.case_no,
                            .subject = applicant_of(event->instance),
                            .resource = change->watch.rule,
                            .detail = watch_change_json(a, &c->config.keeper, change, event->now_us)};
    const struct conduct_house *h = &c->config.house;
    bool is_act = change->did == WATCH_PAUSE || change->did == WATCH_RESUME;
    enum rc rc = is_act ? conduct_act(c, tx, a, &act, NULL, err) : RC_OK;

    c->clocks_moved = true;
    if (rc == RC_OK && h->moved != NULL) {
        const struct instance *i = event->instance;
        int64_t scope = change->watch.scope > 0 ? change->watch.scope : 1;
        const struct conduct_place at = conduct_place_of(event, scope, i->binding[0].model, 0, BPMN_NONE);
        rc = h->moved(tx, a, change, &at, h->ctx, err);
    }
    return rc == RC_OK && c->config.moved != NULL ? c->config.moved(tx, a, change, event, c->config.hook_ctx, err) : rc;
}

static enum rc
told(struct tx *tx, struct arena *a, const struct watch_told *t, int64_t now_us, void *ctx, struct err *err)
{
    struct conduct *c = ctx;
    const struct conduct_house *h = &c->config.house;
    const struct watch *w = &t->watch;
    struct json *detail = json_object(a);
    enum rc rc = RC_OK;

    conduct_begin(c, a);
    json_set_text(a, detail, "clock", w->name);
    json_set_text(a, detail, "silence", str_of(timelimit_silence_name(w->silence)));
    const struct act act = {.kind = ACT_OVERDUE, .at_us = now_us, .actor = STR("system"), .org = w->org, .case_no = w->case_no,
                            .subject = STR(""), .resource = w->rule, .detail = detail};
    if (t->is_over && w->silence == SILENCE_RED) {
        rc = conduct_act(c, tx, a, &act, NULL, err);
    }
    return rc == RC_OK && h->told != NULL ? h->told(tx, a, t, now_us, h->ctx, err) : rc;
}

/* --- what a command brings ------------------------------------------------------------------------------------------------------ */

static bool
is_over(const struct instance *i)
{
    return i->state != INSTANCE_RUNNING && i->state != INSTANCE_SUSPENDED;
}

static enum rc
tell_mark(struct conduct *c, struct tx *tx, struct arena *a, const struct conduct_place *at, const struct gov_state *state, struct err *err)
{
    const struct conduct_house *h = &c->config.house;
    const struct conduct_mark mark = {.at = *at, .value = state->value, .zh = state->zh, .en = state->en};

    return h->mark != NULL ? h->mark(tx, a, &mark, h->ctx, err) : RC_OK;
}

/* Of a user task its outcome says which act it is. */
static enum rc
write_gov_act(struct conduct *c, struct tx *tx, struct arena *a, const struct runtime_event *event, const struct conduct_place *at,
              const struct gov_act *text, struct err *err)
{
    struct json *detail = json_object(a);

    json_set_text(a, detail, "part", at->part);
    json_set_text(a, detail, "process", at->process);
    json_set_text(a, detail, "task", at->element);
    json_set_text(a, detail, "step", text->kind);
    json_set_text(a, detail, "zh", text->zh);
    json_set_text(a, detail, "en", text->en);
    const struct act act = {.kind = conduct_act_kind(text->kind), .at_us = event->now_us, .actor = event->actor, .org = at->org,
                            .case_no = at->case_no, .subject = applicant_of(event->instance), .resource = at->process, .detail = detail};
    return conduct_act(c, tx, a, &act, NULL, err);
}

static enum rc
follow_move(struct conduct *c, struct tx *tx, struct arena *a, const struct runtime_event *event, const struct move *move, struct err *err)
{
    const struct bpmn *m = event->instance->binding[move->binding].model;
    enum gov_at at;
    enum rc rc = RC_OK;

    if (!move_moment(move, &at)) {
        return RC_OK;
    }
    const struct gov_element *g = gov_element(m, move->element);
    bool has_act = g->act != NULL && at == GOV_ENTER && m->element[move->element].kind != BPMN_USER;
    if (g->states == 0 && !has_act) {
        return RC_OK;
    }
    const struct conduct_place place = conduct_place_of(event, move->scope, m, move->binding, move->element);
    for (size_t n = 0; n < g->states && rc == RC_OK; n++) {
        rc = g->state[n].at == at ? tell_mark(c, tx, a, &place, &g->state[n], err) : RC_OK;
    }
    return rc == RC_OK && has_act ? write_gov_act(c, tx, a, event, &place, g->act, err) : rc;
}

static enum rc
tell_end(struct conduct *c, struct tx *tx, struct arena *a, const struct runtime_event *event, struct err *err)
{
    const struct conduct_house *h = &c->config.house;
    const struct instance *i = event->instance;
    const struct conduct_end end = {.at = conduct_place_of(event, 1, i->binding[0].model, 0, BPMN_NONE), .state = i->state,
                                    .variables = i->scope[0].variables};

    return h->ended != NULL ? h->ended(tx, a, &end, h->ctx, err) : RC_OK;
}

static enum rc
hook(struct tx *tx, struct arena *a, const struct runtime_event *event, void *ctx, struct err *err)
{
    struct conduct *c = ctx;
    enum rc rc;

    conduct_begin(c, a);
    if ((rc = casetime_hook(tx, a, event, &c->casetime, err)) != RC_OK || (rc = work_keep(c, tx, a, event, err)) != RC_OK ||
        (c->deed != NULL && (rc = c->write_deed(c->deed, event, err)) != RC_OK)) {
        return rc;
    }
    for (size_t n = 0; n < event->outcome->moves && rc == RC_OK; n++) {
        rc = follow_move(c, tx, a, event, &event->outcome->move[n], err);
    }
    if (rc == RC_OK && is_over(event->instance)) {
        rc = tell_end(c, tx, a, event, err);
    }
    return rc == RC_OK && c->config.hook != NULL ? c->config.hook(tx, a, event, c->config.hook_ctx, err) : rc;
}

/* --- opening ------------------------------------------------------------------------------------------------------------------- */

enum rc
conduct_open(const struct conduct_config *config, struct conduct **out, struct err *err)
{
    struct conduct *c = mem_new(1, sizeof(*c));
    enum rc rc;

    CHECK(config->vault != NULL && config->orgs != NULL && config->models.find != NULL && config->models.load != NULL);
    c->config = *config;
    c->zones = zones_new(config->zones_folder);
    c->run = run_new(&RUN_LIMITS_USUAL, c->zones);
    c->jobs = run_new(&RUN_LIMITS_USUAL, c->zones);
    c->casetime = (struct casetime){.keeper = config->keeper, .run = c->run, .offset_seconds = config->offset_minutes * 60, .ctx = c,
                                    .about = about, .moved = moved, .told = told};
    const struct runtime_config r = {.vault = config->vault,
                                     .engine = {.run = c->run, .zones = c->zones, .offset_seconds = config->offset_minutes * 60},
                                     .ctx = c,
                                     .find = find,
                                     .load = load,
                                     .backoff = backoff,
                                     .hook = hook,
                                     .wake = wake,
                                     .command_keep_us = KEEP_S * second_us,
                                     .message_keep_us = KEEP_S * second_us,
                                     .message_ttl_us = TTL_S * second_us,
                                     .lease_max_us = LEASE_MAX_S * second_us};
    (void)pthread_mutex_init(&c->lock, NULL);
    if ((rc = runtime_open(&r, &c->runtime, err)) != RC_OK) {
        conduct_close(c);
        return rc;
    }
    if (config->models.bind_version != NULL) {
        const struct openings_config o = {.runtime = c->runtime, .ctx = config->models.ctx, .find = config->models.find,
                                          .load = config->models.load, .bind = config->models.bind_version, .house = config->house.open,
                                          .house_ctx = config->house.ctx, .offset_minutes = config->offset_minutes};
        c->openings = openings_new(&o);
    }
    *out = c;
    return RC_OK;
}

void
conduct_close(struct conduct *c)
{
    if (c != NULL) {
        openings_free(c->openings);
        runtime_close(c->runtime);
        run_free(c->run);
        run_free(c->jobs);
        zones_free(c->zones);
        (void)pthread_mutex_destroy(&c->lock);
        mem_free(c);
    }
}

struct runtime *
conduct_runtime(const struct conduct *c)
{
    return c->runtime;
}

const struct timekeeper *
conduct_keeper(const struct conduct *c)
{
    return &c->config.keeper;
}

const struct task_forms *
conduct_forms(const struct conduct *c)
{
    return c->config.forms;
}

/* --- starting -------------------------------------------------------------------------------------------------------------------- */

enum rc
conduct_plan(const struct conduct *c, const struct db *db, struct arena *a, struct str key, int32_t day, struct conduct_plan *out,
             struct err *err)
{
    const struct conduct_models *m = &c->config.models;

    return m->bind(m->ctx, db, a, key, day, &out->bound, &out->bounds, err);
}

enum rc
conduct_start(struct conduct *c, struct tx *tx, struct arena *a, const struct conduct_plan *plan, const struct conduct_case *what,
              struct conduct_result *out, struct err *err)
{
    const struct command command = {.kind = COMMAND_START, .attempt = -1, .element = STR(""), .name = STR(""), .key = STR(""),
                                    .outcome = STR(""), .reason = STR(""), .variables = what->variables};
    const struct runtime_request q = {.business_key = what->case_no, .bound = plan->bound, .bounds = plan->bounds, .command = &command,
                                      .actor = what->actor, .key = STR(""), .now_us = what->now_us};
    struct runtime_result r;
    enum rc rc = runtime_do_tx(c->runtime, tx, a, &q, &r, err);

    if (rc == RC_OK) {
        *out = (struct conduct_result){.instance = r.instance, .due_us = r.due_us, .acts = c->acts, .answer = r.answer};
    }
    return rc;
}

void
conduct_nudge(struct conduct *c, int64_t due_us)
{
    runtime_nudge(c->runtime, due_us);
}
