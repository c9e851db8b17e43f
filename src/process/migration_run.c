/*
 * Cases moved and taken back, one transaction each.
 *
 * What the move itself changes (a listener armed, a variable) is written as after any command.  What only is called otherwise now is written by itself, so that
 * since when somebody waits, and how often work was tried, stays.
 */
#include "process/migration_run.h"

#include "process/casetime.h"
#include "process/migration_moving_int.h"
#include "process/migration_sql.h"

enum { CASE_ARENA = 64 << 20 };

struct moving {
    const struct migration_office *o;
    const struct migration_ready *ready;
    struct migration_page *p;
    struct arena *arena; /* of one case */
    int64_t id, due_us;
    const char *state;   /* what came of it; NULL: it is not there any more */
    struct json *reasons;
    struct str models;   /* as they will be */
};

/* --- what is called otherwise ------------------------------------------------------------------------------------------ */

static enum rc
name_scopes(struct tx *tx, const struct loaded *l, const struct migration_result *r, size_t count, struct err *err)
{
    const struct instance *i = &l->i;
    enum rc rc = RC_OK;

    for (size_t n = 0; n < count && rc == RC_OK; n++) {
        const struct scope *s = &i->scope[n];
        if (s->parent == 0 || !r->scope_named[n] || (s->change != ROW_KEPT && s->change != ROW_CHANGED)) {
            continue;
        }
        const struct bpmn *m = i->binding[instance_scope(i, s->parent)->binding].model;
        rc = tx_post(tx, &MIGRATE_SCOPE_SET, VALUES(V_INT(i->id), V_INT(s->id), V_INT(s->binding), V_TEXT(m->element[s->element].id)), err);
    }
    return rc;
}

static enum rc
name_tokens(struct tx *tx, struct loaded *l, const struct migration_result *r, size_t count, struct err *err)
{
    struct instance *i = &l->i;
    enum rc rc = RC_OK;

    for (size_t n = 0; n < count && rc == RC_OK; n++) {
        struct token *t = &i->token[n];
        if (!r->token_named[n] || t->change != ROW_KEPT) {
            continue;
        }
        const struct bpmn *m = i->binding[instance_scope(i, t->scope)->binding].model;
        const struct bpmn_element *e = &m->element[t->element];
        rc = tx_post(tx, &MIGRATE_TOKEN_SET,
                     VALUES(V_INT(i->id), V_INT(t->id), V_TEXT(e->id), V_TEXT(t->flow == BPMN_NONE ? STR("") : m->flow[t->flow].id),
                            V_INT(t->event == BPMN_NONE ? -1 : (int64_t)(t->event - e->events.first)), V_TEXT(t->name)),
                     err);
        t->change = ROW_CHANGED; /* as whoever keeps lists of their own has to see it */
    }
    return rc;
}

static enum rc
models_text(struct arena *a, const struct instance *i, size_t bound, struct str *out, struct err *err)
{
    struct json *list = json_array(a);

    for (size_t n = 0; n < bound; n++) {
        const struct binding *b = &i->binding[n];
        struct json *one = json_array(a);
        json_push(one, json_text(a, b->key));
        json_push(one, json_int(a, b->version));
        json_push(one, json_text(a, b->model->process[b->process].info.id));
        json_push(list, one);
    }
    return json_print(a, list, out, err);
}

/* --- writing ---------------------------------------------------------------------------------------------------------------- */

static enum rc
tell_hook(const struct moving *w, struct tx *tx, const struct instance *i, const struct command *c, const struct outcome *o, struct err *err)
{
    const struct runtime_config *config = &w->o->runtime->config;
    const struct runtime_event event = {i, c, o, w->p->who->actor, w->p->now_us, json_object(w->arena)};

    return config->hook != NULL ? config->hook(tx, w->arena, &event, config->ctx, err) : RC_OK;
}

static enum rc
put_case(const struct moving *w, struct tx *tx, int64_t revision, int64_t act, struct err *err)
{
    struct str reasons = STR("[]");
    enum rc rc = w->reasons == NULL ? RC_OK : json_print(w->arena, w->reasons, &reasons, err);

    return rc != RC_OK ? rc
                       : tx_run(tx, &MIGRATE_CASE_PUT,
                                VALUES(V_INT(w->p->number), V_INT(w->id), V_TEXT(str_of(w->state)), V_INT(revision), V_TEXT(reasons),
                                       V_INT(w->p->now_us), V_INT(act)),
                                NULL, NULL, err);
}

static enum rc
write_act(const struct moving *w, struct tx *tx, const struct instance *i, const struct command *c, bool is_back, int64_t *index, struct err *err)
{
    struct json *detail = json_object(w->arena);
    const struct migration_plan *p = &w->ready->plan;
    struct act_ref ref;
    enum rc rc;

    json_set_int(w->arena, detail, "migration", w->p->number);
    json_set_int(w->arena, detail, "instance", i->id);
    json_set_int(w->arena, detail, "from", is_back ? p->target : p->source);
    json_set_int(w->arena, detail, "to", is_back ? p->source : p->target);
    json_set_text(w->arena, detail, "sha256", w->ready->sha256);
    json_set_text(w->arena, detail, "basis", p->basis);
    json_set(w->arena, detail, "stops", json_copy(w->arena, json_get(c->variables, "clocks")));
    if (json_get(c->variables, "starts") != NULL) {
        json_set(w->arena, detail, "starts", json_copy(w->arena, json_get(c->variables, "starts")));
    }
    if ((rc = migration_act(tx, w->arena, ACT_MIGRATE, w->p->model, w->p->who->actor, i->business_key, w->p->now_us, detail, &ref, err)) == RC_OK) {
        *index = ref.index;
    }
    return rc;
}

static enum rc
write_history(const struct moving *w, struct tx *tx, struct loaded *l, const struct command *c, const struct outcome *o, struct err *err)
{
    struct str command;
    enum rc rc = json_print(w->arena, command_json(w->arena, c), &command, err);

    return rc != RC_OK ? rc : history_add(w->o->runtime, tx, w->arena, l, w->p->now_us, w->p->who->actor, command, o, STR(""), err);
}

static void
expect(struct moving *w, const struct instance *i)
{
    for (size_t n = 0; n < i->tokens; n++) {
        const struct token *t = &i->token[n];
        if ((t->kind == TOKEN_TIMER || t->kind == TOKEN_JOB) && (t->change == ROW_NEW || t->change == ROW_CHANGED)) {
            due_at(&w->due_us, t->due_us);
        }
    }
}

/* --- one case moved ------------------------------------------------------------------------------------------------------------- */

static enum rc
keep(const struct moving *w, struct tx *tx, struct err *err)
{
    const struct values of = VALUES(V_INT(w->p->number), V_INT(w->id));
    const struct stmt *const all[] = {&MIGRATE_FORGET, &MIGRATE_FORGET_SCOPES, &MIGRATE_FORGET_TOKENS, &MIGRATE_KEEP, &MIGRATE_KEEP_SCOPES, &MIGRATE_KEEP_TOKENS};
    enum rc rc = RC_OK;

    for (size_t n = 0; n < sizeof(all) / sizeof(all[0]) && rc == RC_OK; n++) { /* one that went back and comes again is kept anew */
        rc = tx_post(tx, all[n], of, err);
    }
    return rc;
}

struct sizes {
    size_t scopes, tokens; /* rows before */
};

static enum rc
write_moved(struct moving *w, struct tx *tx, struct loaded *l, const struct migration_result *r, struct sizes before, struct err *err)
{
    struct command command;
    const struct runtime_request q = {.instance = w->id, .command = &command, .actor = w->p->who->actor, .now_us = w->p->now_us};
    struct doing d = {.r = w->o->runtime, .tx = tx, .a = w->arena, .q = &q, .l = *l, .o = r->outcome, .due_us = INT64_MAX};
    const struct instance *i = &d.l.i;
    int64_t act;
    enum rc rc;

    d.l.i.revision = d.l.revision + 1;
    expect(w, i);
    if ((rc = migration_command(w->arena, w->ready->migration, r, false, &command, err)) != RC_OK ||
        (rc = models_text(w->arena, i, r->bound, &d.l.models, err)) != RC_OK || (rc = keep(w, tx, err)) != RC_OK ||
        (rc = rows_store(w->o->runtime, tx, w->arena, &d.l, w->p->now_us, err)) != RC_OK ||
        (rc = name_scopes(tx, &d.l, r, before.scopes, err)) != RC_OK || (rc = name_tokens(tx, &d.l, r, before.tokens, err)) != RC_OK ||
        (rc = tell_others(&d, err)) != RC_OK || (rc = tell_hook(w, tx, i, &command, &d.o, err)) != RC_OK ||
        (rc = write_history(w, tx, &d.l, &command, &d.o, err)) != RC_OK ||
        (rc = tx_post(tx, &MIGRATE_INSTANCE_SET, VALUES(V_INT(i->id), V_TEXT(i->binding[0].key), V_INT(i->binding[0].version), V_TEXT(d.l.models)), err)) !=
            RC_OK ||
        (rc = rows_store_instance(w->o->runtime, tx, w->arena, &d.l, err)) != RC_OK || (rc = write_act(w, tx, i, &command, false, &act, err)) != RC_OK) {
        return rc;
    }
    due_at(&w->due_us, d.due_us);
    w->state = "moved";
    return put_case(w, tx, i->revision, act, err);
}

static struct json *
refusals_json(struct arena *a, const struct migration_result *r)
{
    struct json *list = json_array(a);

    for (size_t n = 0; n < r->refusals; n++) {
        struct json *d = json_object(a);
        json_set_text(a, d, "reason", str_of(migration_reason_name(r->refusal[n].reason)));
        json_set_text(a, d, "element", r->refusal[n].element);
        json_set_int(a, d, "token", r->refusal[n].token);
        json_push(list, d);
    }
    return list;
}

static enum rc
move_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct moving *w = ctx;
    const struct source in = {.tx = tx};
    const struct migration_plan *p = &w->ready->plan;
    struct migration_case c;
    struct migration_result r;
    struct loaded l;
    enum rc rc;

    arena_reset(w->arena);
    w->state = NULL;
    w->reasons = NULL;
    w->due_us = INT64_MAX;
    if ((rc = migration_case_load(w->o->runtime, &in, w->arena, w->id, migration_looks_back(w->ready->migration), &l, &c, err)) != RC_OK) {
        return rc;
    }
    if (!l.is_found || l.is_closed || !str_eq(l.i.binding[0].key, p->key) || l.i.binding[0].version != p->source) {
        return RC_OK; /* somebody was quicker */
    }
    const struct sizes before = {l.i.scopes, l.i.tokens};
    c.i = &l.i;
    if ((rc = migration_apply(&w->o->runtime->config.engine, w->ready->migration, &c, w->p->now_us, &r, err)) != RC_OK) {
        return rc;
    }
    if (r.refusals == 0) {
        return write_moved(w, tx, &l, &r, before, err);
    }
    w->state = "refused";
    w->reasons = refusals_json(w->arena, &r);
    return put_case(w, tx, l.revision, -1, err);
}

/* --- one case taken back ---------------------------------------------------------------------------------------------------------- */

struct done {
    bool is_moved;
    int64_t revision;
};

static enum rc
done_row(const struct row *row, void *ctx, struct err *err)
{
    struct done *d = ctx;

    (void)err;
    d->is_moved = str_eq(row_text(row, 0), STR("moved"));
    d->revision = row_int(row, 1);
    return RC_OK;
}

static enum rc
stays(struct moving *w, const char *why)
{
    struct json *d = json_object(w->arena);

    json_set_text(w->arena, d, "reason", str_of(why));
    w->reasons = json_array(w->arena);
    json_push(w->reasons, d);
    w->state = "stays";
    return RC_OK;
}

static enum rc
restore(const struct moving *w, struct tx *tx, struct err *err)
{
    const struct values of = VALUES(V_INT(w->p->number), V_INT(w->id)), one = VALUES(V_INT(w->id));
    const struct {
        const struct stmt *stmt;
        struct values values;
    } all[] = {{&MIGRATE_KEPT_ATTEMPTS, of}, {&MIGRATE_DROP_SCOPES, one}, {&MIGRATE_DROP_TOKENS, one}, {&MIGRATE_BACK, of}, {&MIGRATE_BACK_SCOPES, of},
               {&MIGRATE_BACK_TOKENS, of},   {&MIGRATE_FORGET, of},       {&MIGRATE_FORGET_SCOPES, of}, {&MIGRATE_FORGET_TOKENS, of}};
    enum rc rc = RC_OK;

    for (size_t n = 0; n < sizeof(all) / sizeof(all[0]) && rc == RC_OK; n++) {
        rc = tx_run(tx, all[n].stmt, all[n].values, NULL, NULL, err);
    }
    return rc;
}

/* For whoever keeps lists: what was there only in the new version has gone, what is there again is changed or new. */
static enum rc
tell_back(const struct moving *w, struct tx *tx, struct instance *was, struct instance *is, const struct command *c, struct err *err)
{
    const struct outcome nothing = {.moves = 0};
    struct command gone = *c;
    enum rc rc;

    gone.variables = NULL; /* names are given once */
    for (size_t n = 0; n < was->tokens; n++) {
        was->token[n].change = instance_token(is, was->token[n].id) == NULL ? ROW_GONE : ROW_KEPT;
    }
    if ((rc = tell_hook(w, tx, was, &gone, &nothing, err)) != RC_OK) {
        return rc;
    }
    for (size_t n = 0; n < is->tokens; n++) {
        bool was_gone = instance_token(was, is->token[n].id) == NULL;
        is->token[n].change = was_gone ? ROW_NEW : ROW_CHANGED;
    }
    return tell_hook(w, tx, is, c, &nothing, err);
}

static enum rc
write_back(struct moving *w, struct tx *tx, struct loaded *was, struct err *err)
{
    struct command command;
    const struct source in = {.tx = tx};
    const struct outcome nothing = {.moves = 0};
    struct loaded is;
    int64_t act;
    enum rc rc;

    if ((rc = migration_command(w->arena, w->ready->migration, NULL, true, &command, err)) != RC_OK || (rc = restore(w, tx, err)) != RC_OK ||
        (rc = rows_load(w->o->runtime, &in, w->arena, w->id, STR(""), STR(""), &is, err)) != RC_OK ||
        (rc = tell_back(w, tx, &was->i, &is.i, &command, err)) != RC_OK) {
        return rc;
    }
    expect(w, &is.i);
    is.i.revision = is.revision + 1;
    if ((rc = write_history(w, tx, &is, &command, &nothing, err)) != RC_OK ||
        (rc = rows_store_instance(w->o->runtime, tx, w->arena, &is, err)) != RC_OK || (rc = write_act(w, tx, &is.i, &command, true, &act, err)) != RC_OK) {
        return rc;
    }
    w->state = "back";
    return put_case(w, tx, is.i.revision, act, err);
}

static enum rc
back_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct moving *w = ctx;
    const struct source in = {.tx = tx};
    struct done done = {.is_moved = false};
    struct migration_case c = {.leases = 0};
    struct loaded l;
    int64_t stopped;
    enum rc rc;

    arena_reset(w->arena);
    w->state = NULL;
    w->reasons = NULL;
    w->due_us = INT64_MAX;
    if ((rc = tx_run(tx, &MIGRATE_CASE_GET, VALUES(V_INT(w->p->number), V_INT(w->id)), done_row, &done, err)) != RC_OK || !done.is_moved ||
        (rc = migration_case_load(w->o->runtime, &in, w->arena, w->id, false, &l, &c, err)) != RC_OK ||
        (rc = tx_int(tx, &MIGRATE_CLOCKS_STOPPED, VALUES(V_INT(w->id), V_TEXT(str_fmt(w->arena, CASETIME_MIGRATION "%.*s", STR_ARG(w->ready->sha256)))), &stopped,
                     err)) != RC_OK) {
        return rc;
    }
    return !l.is_found || l.is_closed       ? stays(w, "instance-over")
           : l.revision != done.revision    ? stays(w, "case-went-on")
           : c.leases > 0                   ? stays(w, "job-leased")
           : stopped > 0                    ? stays(w, "clock-stopped")
                                            : write_back(w, tx, &l, err);
}

/* --- many ----------------------------------------------------------------------------------------------------------------------- */

static enum rc
write_case(struct moving *w, const struct db *db, tx_fn fn, struct err *err)
{
    enum rc rc = store_write(db, fn, w, err);

    for (int n = 0; n < RUNTIME_COLD_TRIES && runtime_is_cold(rc, err); n++) {
        if ((rc = runtime_warm_instance(w->o->runtime, db, w->arena, w->id, err)) == RC_OK) {
            rc = store_write(db, fn, w, err);
        }
    }
    return rc;
}

static void
tell_case(struct moving *w, struct arena *a)
{
    struct migration_page *p = w->p;
    struct json *d = json_object(a);

    json_set_int(a, d, "instance", w->id);
    json_set_text(a, d, "state", str_of(w->state));
    json_set(a, d, "reasons", w->reasons != NULL ? json_copy(a, w->reasons) : json_array(a));
    json_push(p->cases, d);
    p->moved += str_eq(str_of(w->state), STR("moved"));
    p->refused += str_eq(str_of(w->state), STR("refused")) || str_eq(str_of(w->state), STR("stays"));
    p->back += str_eq(str_of(w->state), STR("back"));
}

static enum rc
do_cases(struct moving *w, const struct db *db, struct arena *a, tx_fn fn, const struct migration_numbers *page, struct err *err)
{
    enum rc rc = RC_OK;

    for (size_t n = 0; n < page->count && rc == RC_OK; n++) {
        w->id = page->id[n];
        if ((rc = write_case(w, db, fn, err)) == RC_OK && w->state != NULL) {
            runtime_nudge(w->o->runtime, w->due_us);
            tell_case(w, a);
        }
    }
    return rc == RC_OK ? json_whole(w->p->cases, err) : rc;
}

/* Who may, and the plan as it was consented to. */
static enum rc
open_plan(const struct migration_office *o, const struct db *db, struct arena *a, struct migration_page *p, struct migration_ready *out, struct err *err)
{
    struct migration_row row;
    struct json *plan;
    enum rc rc;

    p->last = p->moved = p->refused = p->back = 0;
    p->cases = json_array(a);
    if (p->most <= 0 || p->most > MIGRATION_PAGE_MAX) {
        return err_set(err, RC_INVALID, "a page is of 1 to %d cases", MIGRATION_PAGE_MAX);
    }
    if ((rc = rule_admits(p->model, p->who, err)) != RC_OK || (rc = migration_get(db, a, p->model->id, p->number, &row, err)) != RC_OK) {
        return rc;
    }
    if (row.state != MIGRATION_CONSENTED) {
        return err_problem(err, RC_CONFLICT, "not-consented", "nobody has consented to plan %lld", (long long)row.number);
    }
    if ((rc = json_parse(a, row.plan, JSON_UNIQUE, &plan, err)) != RC_OK) {
        return rc;
    }
    return migration_prepare(o, db, a, plan, row.models, 0, out, err);
}

static enum rc
do_page(const struct migration_office *o, const struct db *db, struct arena *a, struct migration_page *p, const struct migration_ready *ready,
        const struct migration_numbers *page, tx_fn fn, struct err *err)
{
    struct moving w = {.o = o, .ready = ready, .p = p, .arena = arena_new(CASE_ARENA)};
    enum rc rc = do_cases(&w, db, a, fn, page, err);

    p->last = rc == RC_OK && page->count == (size_t)p->most ? page->id[page->count - 1] : 0;
    arena_free(w.arena);
    return rc;
}

enum rc
migration_move(const struct migration_office *o, const struct db *db, struct arena *a, struct migration_page *p, struct err *err)
{
    struct migration_numbers page = {.count = 0};
    struct migration_ready ready;
    enum rc rc;

    if ((rc = open_plan(o, db, a, p, &ready, err)) != RC_OK || (rc = migration_open_cases(db, &ready.plan, p->after, p->most, &page, err)) != RC_OK) {
        return rc;
    }
    return do_page(o, db, a, p, &ready, &page, move_tx, err);
}

enum rc
migration_back(const struct migration_office *o, const struct db *db, struct arena *a, struct migration_page *p, struct err *err)
{
    struct migration_numbers page = {.count = 0};
    struct migration_ready ready;
    enum rc rc;

    if ((rc = open_plan(o, db, a, p, &ready, err)) != RC_OK ||
        (rc = store_read(db, &MIGRATE_CASES_MOVED, VALUES(V_INT(p->number), V_INT(p->after), V_INT(p->most)), migration_number_row, &page, err)) != RC_OK) {
        return rc;
    }
    return do_page(o, db, a, p, &ready, &page, back_tx, err);
}

enum rc
migration_back_one(const struct migration_office *o, const struct db *db, struct arena *a, struct migration_page *p, struct err *err)
{
    struct migration_numbers page = {.id = {p->after}, .count = 1};
    struct migration_ready ready;
    enum rc rc = open_plan(o, db, a, p, &ready, err);

    if (rc == RC_OK && (rc = do_page(o, db, a, p, &ready, &page, back_tx, err)) == RC_OK) {
        p->last = 0;
        return p->cases->count > 0 ? RC_OK : err_problem(err, RC_NOT_FOUND, "no-such-instance", "that case was not moved by this plan");
    }
    return rc;
}

/* --- what came of it --------------------------------------------------------------------------------------------------------------- */

struct listing {
    struct arena *arena;
    struct json *to;
};

static enum rc
count_row(const struct row *row, void *ctx, struct err *err)
{
    struct listing *l = ctx;

    (void)err;
    json_set_key(l->arena, l->to, row_text(row, 0), json_int(l->arena, row_int(row, 1)));
    return RC_OK;
}

static enum rc
case_row(const struct row *row, void *ctx, struct err *err)
{
    struct listing *l = ctx;
    struct json *d = json_object(l->arena), *reasons = NULL;
    enum rc rc = json_parse(l->arena, row_text(row, 3), JSON_ANY, &reasons, err);

    if (rc == RC_OK) {
        json_set_int(l->arena, d, "instance", row_int(row, 0));
        json_set_text(l->arena, d, "case_no", row_text(row, 6));
        json_set_text(l->arena, d, "state", row_text(row, 1));
        json_set(l->arena, d, "reasons", json_copy(l->arena, reasons));
        json_set_int(l->arena, d, "at_us", row_int(row, 4));
        json_set_int(l->arena, d, "act", row_int(row, 5));
        json_push(l->to, d);
    }
    return rc;
}

enum rc
migration_cases(const struct db *db, struct arena *a, int64_t number, int64_t after, int limit, struct json **out, struct err *err)
{
    struct json *d = json_object(a), *list = json_array(a);
    struct listing counts = {a, d}, cases = {a, list};
    enum rc rc;

    if ((rc = store_read(db, &MIGRATE_CASES_COUNT, VALUES(V_INT(number)), count_row, &counts, err)) != RC_OK ||
        (rc = store_read(db, &MIGRATE_CASES, VALUES(V_INT(number), V_INT(after), V_INT(limit)), case_row, &cases, err)) != RC_OK) {
        return rc;
    }
    json_set(a, d, "cases", list);
    if ((rc = json_whole(d, err)) == RC_OK) {
        *out = d;
    }
    return rc;
}

struct keyed {
    struct arena *arena;
    struct str *to;
};

static enum rc
key_row(const struct row *row, void *ctx, struct err *err)
{
    struct keyed *k = ctx;

    return row_copy_text(row, 0, k->arena, k->to, err);
}

enum rc
migration_case_key(const struct db *db, struct arena *a, int64_t instance, struct str *out, struct err *err)
{
    struct keyed k = {a, out};

    *out = STR("");
    return store_read(db, &MIGRATE_CASE_KEY, VALUES(V_INT(instance)), key_row, &k, err);
}
