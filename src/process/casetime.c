#include "process/casetime.h"

#include "process/bpmn_int.h"
#include "process/casetime_sql.h"
#include "process/timekeeper_int.h"
#include "rule/program.h"

enum { TURN_ARENA = 64 << 20, WARM_TRIES = 3 };

/* --- moving -------------------------------------------------------------------------------------------------------------- */

struct moving {
    struct tx *tx;
    struct arena *arena;
    const struct casetime *c;
    const struct runtime_event *event;
    int64_t from_us; /* when clocks start that this command starts; 0: now */
};

/* FEEL over what the scope of the move sees; of a scope that is gone, over what the process sees. */
static enum rc
value_of(const struct moving *m, const struct bpmn *model, int64_t scope, struct gov_value v, struct str *out, struct err *err)
{
    const struct instance *i = m->event->instance;
    struct run *run = m->c->run;
    struct value value;
    enum rc rc;

    if (v.text == BPMN_NONE) {
        *out = v.written;
        return RC_OK;
    }
    const struct bpmn_text *t = &model->text[v.text];
    run_begin(run, m->event->now_us, m->c->offset_seconds);
    struct value *slot = arena_alloc(run_arena(run), (size_t)t->names.count + 1, sizeof(*slot));
    if (slot == NULL) {
        return err_set(err, RC_LIMIT, "no room for the variables of an expression");
    }
    for (uint32_t n = 0; n < t->names.count; n++) {
        struct str name = model->variable[model->use[t->names.first + n]];
        const struct json *j = instance_variable(i, instance_scope(i, scope) != NULL ? scope : 1, name);
        slot[n] = value_null();
        if (j != NULL && (rc = value_of_json(run_arena(run), j, &slot[n], err)) != RC_OK && rc != RC_INVALID) {
            return rc;
        }
    }
    if ((rc = program_run(run, t->program, &(struct frame){.slot = slot}, &value, err)) != RC_OK) {
        return rc;
    }
    return str_copy(m->arena, value.kind == VALUE_STRING ? value.as.text : STR(""), out, err);
}

static enum rc
tell_moved(const struct moving *m, const struct watch_change *change, struct err *err)
{
    if (change->did == WATCH_NOTHING || m->c->moved == NULL) {
        return RC_OK;
    }
    return m->c->moved(m->tx, m->arena, change, m->event, m->c->ctx, err);
}

static enum rc
start(const struct moving *m, const struct gov_clock *clock, int64_t scope, struct str org, const struct casetime_about *about, struct err *err)
{
    const struct instance *i = m->event->instance;
    const struct watch_start s = {.case_no = i->business_key, .instance = i->id,
                                  .scope = instance_clock_scope(i, scope, clock), .name = clock->id,
                                  .org = org.len > 0 ? org : about->org, .part = about->part, .region = about->region,
                                  .rule = clock->rule, .kind = clock->kind, .is_promise = about->is_promise && clock->kind == GOV_PROMISED,
                                  .value = about->value, .unit = about->unit, .before_day = about->before_day, .at_us = m->from_us,
                                  .actor = m->event->actor};
    struct watch_change change;
    enum rc rc = timekeeper_start(m->tx, m->arena, &m->c->keeper, &s, m->event->now_us, &change, err);

    return rc != RC_OK ? rc : tell_moved(m, &change, err);
}

static enum rc
move_one(const struct moving *m, enum gov_do what, int64_t id, const struct watch_cause *cause, struct err *err)
{
    const struct timekeeper *k = &m->c->keeper;
    int64_t now_us = m->event->now_us;
    struct watch_change change = {.did = WATCH_NOTHING};
    enum rc rc = RC_OK;

    switch (what) {
    case GOV_PAUSE: rc = timekeeper_pause(m->tx, m->arena, k, id, cause, now_us, &change, err); break;
    case GOV_RESUME: rc = timekeeper_resume(m->tx, m->arena, k, id, cause, now_us, &change, err); break;
    case GOV_STOP: rc = timekeeper_stop_for(m->tx, m->arena, k, id, cause, now_us, &change, err); break;
    case GOV_START: break;
    }
    return rc != RC_OK ? rc : tell_moved(m, &change, err);
}

/* Of one scope that declares clocks, or 0: of all; name "": every one. */
static enum rc
move_open(const struct moving *m, enum gov_do what, int64_t scope, struct str name, const struct watch_cause *cause, struct err *err)
{
    const struct instance *i = m->event->instance;
    const struct watch_which which = {i->business_key, i->id, scope, name, STR("")};
    int64_t ids[WATCH_OPEN_MAX];
    size_t count;
    enum rc rc;

    do { /* those that are stopped make room for the next */
        count = 0;
        rc = timekeeper_open(m->tx, &which, ids, &count, err);
        for (size_t n = 0; n < count && rc == RC_OK; n++) {
            rc = move_one(m, what, ids[n], cause, err);
        }
    } while (rc == RC_OK && what == GOV_STOP && count == WATCH_OPEN_MAX);
    return rc;
}

static enum rc
start_clock(const struct moving *m, const struct bpmn *model, int64_t scope, const struct gov_clock *clock, struct err *err)
{
    struct casetime_about about = {.org = STR(""), .part = STR(""), .region = STR(""), .document = STR("")};
    struct str org;
    enum rc rc = value_of(m, model, scope, clock->org, &org, err);

    if (rc == RC_OK && m->c->about != NULL) {
        m->c->about(m->c->ctx, m->event, scope, clock, &about);
    }
    return rc != RC_OK ? rc : start(m, clock, scope, org, &about, err);
}

static enum rc
do_on(const struct moving *m, const struct bpmn *model, int64_t scope, const struct gov_on *on, struct err *err)
{
    const struct instance *i = m->event->instance;
    const struct gov_clock *clock = gov_clock(model, on->clock);
    struct casetime_about about = {.org = STR(""), .part = STR(""), .region = STR(""), .document = STR("")};

    if (on->what == GOV_START) {
        return start_clock(m, model, scope, clock, err);
    }
    if (m->c->about != NULL) {
        m->c->about(m->c->ctx, m->event, scope, clock, &about);
    }
    struct watch_cause cause = {.reason = on->basis, .document = about.document, .actor = m->event->actor};
    if (cause.document.len == 0) {
        cause.document = str_fmt(m->arena, "process:%lld:%lld", (long long)i->id, (long long)i->revision);
        if (cause.document.ptr == NULL) {
            return err_set(err, RC_LIMIT, "no room for the name of a command");
        }
    }
    return move_open(m, on->what, instance_clock_scope(i, scope, clock), clock->id, &cause, err);
}

static enum rc
do_move(const struct moving *m, const struct move *move, struct err *err)
{
    const struct instance *i = m->event->instance;
    enum gov_at at;
    enum rc rc = RC_OK;

    if (!move_moment(move, &at)) {
        return RC_OK;
    }
    const struct bpmn *model = i->binding[move->binding].model;
    const struct gov_element *g = gov_element(model, move->element);
    for (size_t n = 0; n < g->ons && rc == RC_OK; n++) {
        rc = g->on[n].at == at ? do_on(m, model, move->scope, &g->on[n], err) : RC_OK;
    }
    return rc;
}

/* Where silence counts as acceptance it does from the day of receipt (行政许可法 32): whatever starts because of it starts then. */
static enum rc
look_for_silence(struct moving *m, struct err *err)
{
    const struct command *c = m->event->command;
    struct watch w;
    bool is_there;

    if (c->kind != COMMAND_CLOCK || !str_eq(c->key, STR("over"))) {
        return RC_OK;
    }
    enum rc rc = watch_latest(m->tx, m->arena, m->event->instance->id, c->scope, c->name, &is_there, &w, err);
    if (rc == RC_OK && is_there && w.silence == SILENCE_DEEMED_ACCEPTED) {
        m->from_us = stopwatch_begin_us(w.time.terms.unit, w.time.start, m->c->keeper.offset_minutes);
    }
    return rc;
}

/* It ended with this command, and what is around it goes on; only where it declares clocks. */
static bool
is_over(const struct instance *i, const struct scope *s)
{
    const struct bpmn *m = i->binding[s->binding].model;
    bool ends = s->change == ROW_GONE || (s->change == ROW_CHANGED && s->ended);

    for (size_t n = 0; ends && n < gov_clocks(m); n++) {
        const struct gov_clock *clock = gov_clock(m, n);
        bool is_mine = clock->element == BPMN_NONE ? s->kind == SCOPE_CALL && clock->process == i->binding[s->binding].process
                                                   : s->element == clock->element;
        if (is_mine) {
            return true;
        }
    }
    return false;
}

/* Moved to a version that does not know them: clocks that nothing would ever stop (process/migration.h).  The plan is the basis. */
static enum rc
stop_unknown(const struct moving *m, struct err *err)
{
    const struct command *c = m->event->command;
    const struct json *names = json_get(c->variables, "clocks");
    const struct watch_cause cause = {.reason = c->reason, .document = str_fmt(m->arena, CASETIME_MIGRATION "%.*s", STR_ARG(c->name)), .actor = m->event->actor};
    enum rc rc = cause.document.ptr != NULL ? RC_OK : err_set(err, RC_LIMIT, "no room for the name of a plan");

    for (const struct json *name = names != NULL ? names->first : NULL; name != NULL && rc == RC_OK; name = name->next) {
        rc = move_open(m, GOV_STOP, 0, name->text, &cause, err);
    }
    return rc;
}

/* And those that only the version declares to which it was moved, from the instant that the plan says. */
static enum rc
start_planned(struct moving *m, struct err *err)
{
    const struct instance *i = m->event->instance;
    const struct json *list = json_get(m->event->command->variables, "starts");
    int64_t from_us = m->from_us;
    enum rc rc = RC_OK;

    for (const struct json *s = list != NULL ? list->first : NULL; s != NULL && rc == RC_OK; s = s->next) {
        int64_t scope = json_int_or(s, "scope", 0);
        const struct scope *row = instance_scope(i, scope);
        const struct binding *b = row != NULL ? &i->binding[row->binding] : NULL;
        uint32_t index = b != NULL ? gov_find_clock(b->model, b->model->scope[row->place].process, json_str(s, "clock")) : BPMN_NONE;
        if (index == BPMN_NONE) {
            return err_set(err, RC_CORRUPT, "a clock that a plan starts is not in the model");
        }
        m->from_us = json_int_or(s, "at_us", 0);
        rc = start_clock(m, b->model, scope, gov_clock(b->model, index), err);
    }
    m->from_us = from_us;
    return rc;
}

enum rc
casetime_hook(struct tx *tx, struct arena *a, const struct runtime_event *event, void *ctx, struct err *err)
{
    struct moving m = {tx, a, ctx, event, 0};
    const struct instance *i = event->instance;
    const struct watch_cause cause = {.reason = STR(""), .document = STR(""), .actor = event->actor};
    enum rc rc = look_for_silence(&m, err);

    if (event->command->kind == COMMAND_MIGRATE) {
        rc = rc == RC_OK ? stop_unknown(&m, err) : rc;
        rc = rc == RC_OK ? start_planned(&m, err) : rc;
    }
    for (size_t n = 0; n < event->outcome->moves && rc == RC_OK; n++) {
        rc = do_move(&m, &event->outcome->move[n], err);
    }
    if (rc == RC_OK && i->state != INSTANCE_RUNNING && i->state != INSTANCE_SUSPENDED) {
        return move_open(&m, GOV_STOP, 0, STR(""), &cause, err);
    }
    for (size_t n = 0; n < i->scopes && rc == RC_OK; n++) {
        rc = is_over(i, &i->scope[n]) ? move_open(&m, GOV_STOP, i->scope[n].id, STR(""), &cause, err) : RC_OK;
    }
    return rc;
}

/* --- telling ---------------------------------------------------------------------------------------------------------------- */

struct telling {
    const struct casetime *c;
    struct runtime *runtime;
    struct arena *arena;
    int64_t id, now_us;
    int64_t due_us;   /* for runtime_nudge */
    bool is_cold;     /* a model has to be read first: of this instance */
    int64_t instance;
};

static bool
is_type(const struct err *err, const char *type)
{
    return str_eq(str_of(err->type), str_of(type));
}

/* Where nobody listens, in a process that has ended, say, the clock is told alone. */
static enum rc
send(struct telling *t, struct tx *tx, const struct watch *w, struct str key, struct err *err)
{
    const struct command command = {.kind = COMMAND_CLOCK, .attempt = -1, .scope = w->scope, .name = w->name, .key = key, .reason = STR("")};
    const struct runtime_request q = {.instance = w->instance, .command = &command, .actor = STR("system"), .key = STR(""),
                                      .now_us = t->now_us};
    struct runtime_result out;
    int64_t listeners;
    enum rc rc = tx_int(tx, &CASETIME_LISTENERS, VALUES(V_INT(w->instance), V_TEXT(w->name), V_TEXT(key)), &listeners, err);

    if (rc != RC_OK || listeners == 0) {
        return rc;
    }
    if ((rc = runtime_do_tx(t->runtime, tx, t->arena, &q, &out, err)) == RC_OK) {
        t->due_us = out.due_us < t->due_us ? out.due_us : t->due_us;
    }
    t->is_cold = rc == RC_BUSY && is_type(err, "model-cold");
    return rc;
}

static enum rc
tell_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct telling *t = ctx;
    struct watch_told told;
    enum rc rc = timekeeper_tell(tx, t->arena, &t->c->keeper, t->id, t->now_us, &told, err);

    t->is_cold = false;
    t->due_us = INT64_MAX;
    if (rc != RC_OK) {
        return rc;
    }
    t->instance = told.watch.instance;
    if (told.count > 0 && t->c->told != NULL) {
        rc = t->c->told(tx, t->arena, &told, t->now_us, t->c->ctx, err);
    }
    for (size_t n = 0; n < told.count && t->instance > 0 && rc == RC_OK; n++) {
        rc = send(t, tx, &told.watch, told.key[n], err);
    }
    return rc;
}

static enum rc
tell(struct telling *t, const struct db *db, struct err *err)
{
    enum rc rc = RC_BUSY;

    for (int tries = 0; tries < WARM_TRIES && rc == RC_BUSY; tries++) {
        rc = store_write(db, tell_tx, t, err);
        if (rc == RC_BUSY && t->is_cold) {
            const struct command command = {.kind = COMMAND_CLOCK};
            const struct runtime_request q = {.instance = t->instance, .command = &command, .now_us = t->now_us};
            enum rc warm = runtime_warm(t->runtime, db, t->arena, &q, err);
            if (warm != RC_OK) {
                return warm;
            }
        }
    }
    if (rc == RC_OK) {
        runtime_nudge(t->runtime, t->due_us);
    }
    return rc == RC_CONFLICT && is_type(err, "instance-suspended") ? RC_OK : rc;
}

enum rc
casetime_turn(const struct casetime *c, struct runtime *r, const struct db *db, int64_t now_us, struct watch_next *after, bool *more,
              int *failed, struct err *err)
{
    struct arena *page = arena_new(TURN_ARENA), *scratch = arena_new(TURN_ARENA);
    const struct watch_next *row = NULL;
    size_t count = 0;
    enum rc rc = timekeeper_next(db, page, now_us, *after, CASETIME_PAGE, &row, &count, err);

    *failed = 0;
    for (size_t i = 0; i < count && rc == RC_OK; i++) {
        struct telling t = {.c = c, .runtime = r, .arena = scratch, .id = row[i].id, .now_us = now_us};
        *failed += tell(&t, db, err) != RC_OK ? 1 : 0;
        *after = row[i];
        arena_reset(scratch);
    }
    *more = count == CASETIME_PAGE;
    arena_free(scratch);
    arena_free(page);
    return rc;
}
