/*
 * Rows of running processes: from the store into an instance, and back what a step has changed.
 *
 * The engine counts in indexes of models, rows in ids, because a row outlives the reading of its model.  What a row says is checked
 * against the model, so that a row of another version cannot lead the engine astray.
 */
#include <string.h>

#include "process/runtime_int.h"
#include "process/runtime_sql.h"

enum { VARIABLES_SCOPE = 1, MONTHS = 100 /* 202611 */ };

enum rc
source_run(const struct source *s, const struct stmt *stmt, struct values values, row_fn rows, void *ctx, struct err *err)
{
    return s->tx != NULL ? tx_run(s->tx, stmt, values, rows, ctx, err) : store_read(s->db, stmt, values, rows, ctx, err);
}

/* --- sealing ---------------------------------------------------------------------------------------------- */

struct str
runtime_place(struct arena *a, const char *column, int64_t instance, int64_t row)
{
    return str_fmt(a, "%s/%lld/%lld", column, (long long)instance, (long long)row);
}

enum rc
runtime_seal(const struct runtime *r, struct arena *a, struct str place, const struct json *j, struct param *out, struct err *err)
{
    struct str text, sealed;
    enum rc rc = json_print(a, j, &text, err);

    if (rc == RC_OK && (rc = vault_seal(r->config.vault, a, place, text, &sealed, err)) == RC_OK) {
        *out = V_BLOB(sealed);
    }
    return rc;
}

enum rc
runtime_unseal(const struct runtime *r, struct arena *a, struct str place, struct str sealed, struct json **out, struct err *err)
{
    struct str text;
    enum rc rc = vault_open(r->config.vault, a, place, sealed, &text, err);

    return rc != RC_OK ? rc : json_parse(a, text, JSON_ANY, out, err);
}

/* --- loading ------------------------------------------------------------------------------------------------ */

struct loading {
    const struct runtime *r;
    struct arena *a;
    struct loaded *l;
    uint32_t last_binding, last_element; /* rows of one element often follow one another */
};

static enum rc
corrupt(const struct loading *f, const char *what, struct err *err)
{
    return err_set(err, RC_CORRUPT, "process %lld: %s", (long long)f->l->i.id, what);
}

static enum rc
bind_model(const struct loading *f, struct binding *b, struct str process, struct err *err)
{
    const struct runtime_config *c = &f->r->config;

    b->model = c->find(c->ctx, b->key, b->version);
    if (b->model == NULL) {
        return err_problem(err, RC_BUSY, "model-cold", "version %lld of %.*s is not in memory", (long long)b->version,
                           STR_ARG(b->key));
    }
    b->process = bpmn_find_process(b->model, process);
    return b->process != BPMN_NONE ? RC_OK : corrupt(f, "its process is not in the model", err);
}

/* [["key",1,"process"],…] */
static enum rc
bind_models(const struct loading *f, struct err *err)
{
    struct instance *i = &f->l->i;
    struct json *list;
    enum rc rc = json_parse(f->a, f->l->models, JSON_ANY, &list, err);

    if (rc != RC_OK) {
        return rc;
    }
    i->binding = arena_alloc(f->a, list->count, sizeof(*i->binding));
    if (i->binding == NULL) {
        return err_set(err, RC_LIMIT, "no room for the models of a process");
    }
    for (const struct json *m = list->first; m != NULL; m = m->next) {
        struct binding *b = &i->binding[i->bindings++];
        if (!json_is(m, JSON_ARRAY) || m->count != 3 || !json_as_int(m->first->next, &b->version)) {
            return corrupt(f, "its models cannot be read", err);
        }
        b->key = m->first->text;
        if ((rc = bind_model(f, b, m->last->text, err)) != RC_OK) {
            return rc;
        }
    }
    if (i->bindings == 0) {
        return corrupt(f, "it has no model", err);
    }
    return engine_bind_called(i) ? RC_OK : err_set(err, RC_LIMIT, "no room for the models of a process");
}

static enum rc
copy_hash(const struct loading *f, struct str bytes, struct hash *out, struct err *err)
{
    if (bytes.len != HASH_BYTES) {
        return corrupt(f, "its hash is none", err);
    }
    memcpy(out->bytes, bytes.ptr, HASH_BYTES);
    return RC_OK;
}

/* The outermost scope lies in the row of its instance. */
static enum rc
load_outermost(const struct loading *f, struct json *variables, struct err *err)
{
    struct instance *i = &f->l->i;
    const struct scope s = {.id = VARIABLES_SCOPE,
                            .kind = SCOPE_PROCESS,
                            .element = BPMN_NONE,
                            .place = i->binding[0].model->process[i->binding[0].process].scope,
                            .variables = variables,
                            .ended = i->state != INSTANCE_RUNNING && i->state != INSTANCE_SUSPENDED};

    return instance_load_scope(i, &s, err);
}

/* The columns of PROCESS_LOAD. */
static enum rc
instance_row(const struct row *row, void *ctx, struct err *err)
{
    struct loading *f = ctx;
    struct loaded *l = f->l;
    struct instance *i = &l->i;
    struct json *variables;
    struct str request = row_blob(row, 0), answer = row_blob(row, 1);
    enum rc rc;

    if ((rc = str_copy(f->a, request, &l->request, err)) != RC_OK || (rc = str_copy(f->a, answer, &l->answer, err)) != RC_OK ||
        row_is_null(row, 2)) {
        return rc;
    }
    l->is_found = true;
    i->id = row_int(row, 2);
    l->month = row_int(row, 3);
    i->revision = l->revision = row_int(row, 6);
    i->next = row_int(row, 7);
    i->started_us = row_int(row, 8);
    l->scopes = row_int(row, 9);
    i->ended_us = row_int(row, 12);
    if (!instance_state_by_name(row_text(row, 5), &i->state)) {
        return corrupt(f, "its state is none", err);
    }
    l->state = i->state;
    if ((rc = row_copy_text(row, 4, f->a, &i->business_key, err)) != RC_OK ||
        (rc = row_copy_text(row, 13, f->a, &i->failed_code, err)) != RC_OK ||
        (rc = row_copy_text(row, 14, f->a, &l->models, err)) != RC_OK ||
        (rc = copy_hash(f, row_blob(row, 11), &l->hash, err)) != RC_OK || (rc = bind_models(f, err)) != RC_OK ||
        (rc = runtime_unseal(f->r, f->a, runtime_place(f->a, "process_instance.variables", i->id, 0), row_blob(row, 10), &variables,
                             err)) != RC_OK) {
        return rc;
    }
    return load_outermost(f, variables, err);
}

static uint32_t
element_of(struct loading *f, uint32_t binding, struct str id)
{
    const struct bpmn *m = f->l->i.binding[binding].model;

    if (f->last_binding != binding || f->last_element == BPMN_NONE || !str_eq(m->element[f->last_element].id, id)) {
        f->last_binding = binding;
        f->last_element = bpmn_find_element(m, id);
    }
    return f->last_element;
}

/* Where the elements of a scope stand in its model. */
static uint32_t
place_of(const struct instance *i, const struct scope *s)
{
    const struct bpmn *m = i->binding[s->binding].model;

    switch (s->kind) {
    case SCOPE_PROCESS:
    case SCOPE_CALL: return m->process[i->binding[s->binding].process].scope;
    case SCOPE_SUB:
    case SCOPE_EVENT_SUB: return m->element[s->element].inside;
    case SCOPE_MULTI:
    case SCOPE_INSTANCE:
    case SCOPE_KINDS:
    default: return m->element[s->element].scope;
    }
}

static enum rc
scope_row(const struct row *row, void *ctx, struct err *err)
{
    struct loading *f = ctx;
    struct instance *i = &f->l->i;
    struct scope s = {.id = row_int(row, 0),
                      .parent = row_int(row, 1),
                      .token = row_int(row, 2),
                      .total = row_int(row, 6),
                      .active = row_int(row, 7),
                      .done = row_int(row, 8),
                      .next = row_int(row, 9),
                      .counter = row_int(row, 10),
                      .ended = row_int(row, 11) != 0};
    const struct scope *parent = instance_scope(i, s.parent);
    int64_t binding = row_int(row, 4);
    enum rc rc;

    if (parent == NULL || binding < 0 || (uint64_t)binding >= i->bindings || !scope_kind_by_name(row_text(row, 3), &s.kind)) {
        return corrupt(f, "a scope belongs nowhere", err);
    }
    s.binding = (uint32_t)binding;
    s.element = element_of(f, parent->binding, row_text(row, 5));
    if (s.element == BPMN_NONE || (s.kind != SCOPE_CALL && s.binding != parent->binding)) {
        return corrupt(f, "the element of a scope is not in its model", err);
    }
    s.place = place_of(i, &s);
    rc = runtime_unseal(f->r, f->a, runtime_place(f->a, "process_scope.variables", i->id, s.id), row_blob(row, 12), &s.variables, err);
    if (rc != RC_OK) {
        return rc;
    }
    return s.place != BPMN_NONE ? instance_load_scope(i, &s, err) : corrupt(f, "a scope is inside of nothing", err);
}

/* Usually one that leads to the element; after a return any. */
static uint32_t
flow_of(const struct bpmn *m, const struct bpmn_element *e, struct str id)
{
    for (uint32_t n = 0; n < e->in.count; n++) {
        if (str_eq(m->flow[m->in[e->in.first + n]].id, id)) {
            return m->in[e->in.first + n];
        }
    }
    for (uint32_t n = 0; n < m->flows; n++) {
        if (str_eq(m->flow[n].id, id)) {
            return n;
        }
    }
    return BPMN_NONE;
}

/* What a row names of its model. */
static enum rc
token_names(struct loading *f, const struct row *row, struct token *t, struct err *err)
{
    const struct instance *i = &f->l->i;
    const struct scope *s = instance_scope(i, t->scope);
    struct str flow = row_text(row, 6);
    int64_t event = row_int(row, 7);

    if (s == NULL || !token_kind_by_name(row_text(row, 4), &t->kind)) {
        return corrupt(f, "a token belongs nowhere", err);
    }
    const struct bpmn *m = i->binding[s->binding].model;
    if ((t->element = element_of(f, s->binding, row_text(row, 5))) == BPMN_NONE) {
        return corrupt(f, "the element of a token is not in its model", err);
    }
    const struct bpmn_element *e = &m->element[t->element];
    t->flow = flow.len == 0 ? BPMN_NONE : flow_of(m, e, flow);
    if ((flow.len > 0 && t->flow == BPMN_NONE) || event >= e->events.count) {
        return corrupt(f, "a token came by what is not in its model", err);
    }
    t->event = event < 0 ? BPMN_NONE : e->events.first + (uint32_t)event;
    return RC_OK;
}

static enum rc
token_row(const struct row *row, void *ctx, struct err *err)
{
    struct loading *f = ctx;
    struct token t = {.id = row_int(row, 0),
                      .scope = row_int(row, 1),
                      .host = row_int(row, 2),
                      .listens = row_int(row, 3) != 0,
                      .due_us = row_int(row, 10),
                      .anchor_us = row_int(row, 11),
                      .turns = row_int(row, 12),
                      .attempt = row_int(row, 13)};
    struct json *data = NULL;
    enum rc rc;

    if ((rc = token_names(f, row, &t, err)) != RC_OK || (rc = row_copy_text(row, 8, f->a, &t.name, err)) != RC_OK ||
        (rc = row_copy_text(row, 9, f->a, &t.key, err)) != RC_OK) {
        return rc;
    }
    if (!row_is_null(row, 14) &&
        (rc = runtime_unseal(f->r, f->a, runtime_place(f->a, "process_token.data", f->l->i.id, t.id), row_blob(row, 14), &data,
                             err)) != RC_OK) {
        return rc;
    }
    t.data = data;
    return instance_load_token(&f->l->i, &t, err);
}

enum rc
rows_load(const struct runtime *r, const struct source *s, struct arena *a, int64_t id, struct str actor, struct str key,
          struct loaded *out, struct err *err)
{
    struct loading f = {.r = r, .a = a, .l = out, .last_element = BPMN_NONE};
    const struct values of = VALUES(V_INT(id));
    enum rc rc;

    *out = (struct loaded){.i.arena = a};
    if ((rc = source_run(s, &PROCESS_LOAD, VALUES(V_INT(id), V_TEXT(actor), V_TEXT(key)), instance_row, &f, err)) != RC_OK ||
        out->request.len > 0) {
        return rc;
    }
    if (!out->is_found && id != 0) {
        if ((rc = source_run(s, &PROCESS_LOAD_CLOSED, of, instance_row, &f, err)) != RC_OK || !out->is_found) {
            return rc;
        }
        out->is_closed = true;
    }
    if (!out->is_found) {
        return RC_OK;
    }
    if (out->scopes > 0 && (rc = source_run(s, &PROCESS_SCOPES, of, scope_row, &f, err)) != RC_OK) {
        return rc;
    }
    return source_run(s, &PROCESS_TOKENS, of, token_row, &f, err);
}

/* --- new ---------------------------------------------------------------------------------------------------- */

static int64_t
month_of(const struct runtime *r, int64_t now_us)
{
    struct date d = day_to_date(instant_day(now_us, r->config.engine.offset_seconds / 60));

    return (int64_t)d.year * MONTHS + d.month;
}

static enum rc
models_text(struct arena *a, const struct runtime_request *q, struct str *out, struct err *err)
{
    struct json *list = json_array(a);

    for (size_t n = 0; n < q->bounds; n++) {
        struct json *m = json_array(a);
        json_push(m, json_text(a, q->bound[n].key));
        json_push(m, json_int(a, q->bound[n].version));
        json_push(m, json_text(a, q->bound[n].process));
        json_push(list, m);
    }
    return json_print(a, list, out, err);
}

enum rc
rows_new(const struct runtime *r, struct arena *a, int64_t id, const struct runtime_request *q, struct loaded *out, struct err *err)
{
    struct loading f = {.r = r, .a = a, .l = out, .last_element = BPMN_NONE};
    enum rc rc;

    *out = (struct loaded){.i = {.id = id, .business_key = q->business_key, .failed_code = STR(""), .arena = a},
                           .month = month_of(r, q->now_us)};
    if ((rc = models_text(a, q, &out->models, err)) != RC_OK) {
        return rc;
    }
    return bind_models(&f, err);
}

/* --- storing ------------------------------------------------------------------------------------------------ */

struct storing {
    const struct runtime *r;
    struct tx *tx;
    struct arena *a;
    struct loaded *l;
    int64_t now_us;
};

static enum rc
store_scope(const struct storing *w, const struct scope *s, struct err *err)
{
    const struct instance *i = &w->l->i;
    struct param variables;
    enum rc rc;

    if (s->change == ROW_GONE) {
        return tx_post(w->tx, &PROCESS_SCOPE_DROP, VALUES(V_INT(i->id), V_INT(s->id)), err);
    }
    rc = runtime_seal(w->r, w->a, runtime_place(w->a, "process_scope.variables", i->id, s->id), s->variables, &variables, err);
    if (rc != RC_OK) {
        return rc;
    }
    if (s->change == ROW_CHANGED) {
        return tx_post(w->tx, &PROCESS_SCOPE_SET,
                       VALUES(V_INT(i->id), V_INT(s->id), V_INT(s->token), V_INT(s->total), V_INT(s->active), V_INT(s->done),
                              V_INT(s->next), V_INT(s->counter), V_INT(s->ended), variables),
                       err);
    }
    const struct bpmn *m = i->binding[instance_scope(i, s->parent)->binding].model;
    return tx_post(w->tx, &PROCESS_SCOPE_ADD,
                   VALUES(V_INT(i->id), V_INT(s->id), V_INT(s->parent), V_INT(s->token), V_TEXT(str_of(scope_kind_name(s->kind))),
                          V_INT(s->binding), V_TEXT(m->element[s->element].id), V_INT(s->total), V_INT(s->active), V_INT(s->done),
                          V_INT(s->next), V_INT(s->counter), V_INT(s->ended), variables),
                   err);
}

/* Suspended or over: nobody looks for its tokens. */
static bool
is_asleep(enum instance_state state)
{
    return state != INSTANCE_RUNNING;
}

/* When somebody has to look at it. */
static int64_t
ripe_us(const struct storing *w, const struct token *t)
{
    if (t->kind == TOKEN_TIMER) {
        return t->due_us;
    }
    return t->kind != TOKEN_JOB ? 0 : t->due_us > w->now_us ? t->due_us : w->now_us;
}

static enum rc
store_token(const struct storing *w, const struct token *t, struct err *err)
{
    const struct instance *i = &w->l->i;
    struct param data = V_NULL;
    enum rc rc;

    if (t->change == ROW_GONE) {
        return tx_post(w->tx, &PROCESS_TOKEN_DROP, VALUES(V_INT(i->id), V_INT(t->id)), err);
    }
    if (t->data != NULL &&
        (rc = runtime_seal(w->r, w->a, runtime_place(w->a, "process_token.data", i->id, t->id), t->data, &data, err)) != RC_OK) {
        return rc;
    }
    const struct scope *s = instance_scope(i, t->scope);
    CHECK(s != NULL && t->kind != TOKEN_MOVING);
    const struct bpmn *m = i->binding[s->binding].model;
    const struct bpmn_element *e = &m->element[t->element];
    CHECK(t->event == BPMN_NONE || t->event - e->events.first < e->events.count);
    return tx_post(w->tx, t->change == ROW_NEW ? &PROCESS_TOKEN_ADD : &PROCESS_TOKEN_SET,
                   VALUES(V_INT(i->id), V_INT(t->id), V_INT(t->scope), V_INT(t->host), V_INT(t->listens),
                          V_TEXT(str_of(token_kind_name(t->kind))), V_TEXT(e->id),
                          V_TEXT(t->flow == BPMN_NONE ? STR("") : m->flow[t->flow].id),
                          V_INT(t->event == BPMN_NONE ? -1 : (int64_t)(t->event - e->events.first)), V_TEXT(t->name), V_TEXT(t->key),
                          V_INT(t->due_us), V_INT(t->anchor_us), V_INT(t->turns), V_INT(t->attempt), data, V_INT(w->now_us),
                          V_INT(is_asleep(i->state)), V_INT(ripe_us(w, t))),
                   err);
}

static bool
is_stored(enum row_change change)
{
    return change == ROW_NEW || change == ROW_CHANGED || change == ROW_GONE;
}

enum rc
rows_store(const struct runtime *r, struct tx *tx, struct arena *a, struct loaded *l, int64_t now_us, struct err *err)
{
    const struct storing w = {r, tx, a, l, now_us};
    const struct instance *i = &l->i;
    bool keeps = false;
    enum rc rc = RC_OK;

    for (size_t n = 0; rc == RC_OK && n < i->scopes; n++) {
        const struct scope *s = &i->scope[n];
        if (s->id != VARIABLES_SCOPE && is_stored(s->change)) {
            rc = store_scope(&w, s, err);
            l->scopes += s->change == ROW_NEW ? 1 : s->change == ROW_GONE ? -1 : 0;
        }
    }
    for (size_t n = 0; rc == RC_OK && n < i->tokens; n++) {
        if (is_stored(i->token[n].change)) {
            rc = store_token(&w, &i->token[n], err);
        }
        keeps = keeps || i->token[n].change == ROW_KEPT;
    }
    if (rc == RC_OK && keeps && l->revision > 0 && is_asleep(i->state) != is_asleep(l->state)) {
        rc = tx_post(tx, &PROCESS_TOKENS_SLEEP, VALUES(V_INT(i->id), V_INT(is_asleep(i->state))), err);
    }
    return rc;
}

/* Of one that was open and goes on: its row is changed in its place. */
static enum rc
step_instance(struct tx *tx, const struct loaded *l, bool is_set, struct param variables, struct err *err)
{
    const struct instance *i = &l->i;
    struct param v[] = {V_INT(i->id),     V_TEXT(str_of(instance_state_name(i->state))),
                        V_INT(i->revision), V_INT(i->next),
                        V_INT(l->scopes), V_BLOB(hash_str(&l->hash)),
                        V_INT(l->revision), variables};
    enum rc rc = is_set ? tx_run(tx, &PROCESS_INSTANCE_STEP_SET, (struct values){v, 8}, NULL, NULL, err)
                        : tx_run(tx, &PROCESS_INSTANCE_STEP, (struct values){v, 7}, NULL, NULL, err);

    CHECK(rc != RC_OK || tx_changes(tx) == 1); /* one writer, and the row was read in this transaction */
    return rc;
}

enum rc
rows_store_instance(const struct runtime *r, struct tx *tx, struct arena *a, struct loaded *l, struct err *err)
{
    const struct instance *i = &l->i;
    const struct scope *outermost = &i->scope[0]; /* ids count up, and it is the first */
    bool is_over = i->state != INSTANCE_RUNNING && i->state != INSTANCE_SUSPENDED;
    bool moves = l->revision == 0 || is_over != l->is_closed || l->is_closed;
    struct param variables = V_NULL;
    enum rc rc = RC_OK;

    CHECK(i->scopes > 0 && outermost->id == VARIABLES_SCOPE);
    if (moves || outermost->change != ROW_KEPT) {
        rc = runtime_seal(r, a, runtime_place(a, "process_instance.variables", i->id, 0), outermost->variables, &variables, err);
    }
    if (rc != RC_OK || !moves) {
        return rc != RC_OK ? rc : step_instance(tx, l, outermost->change != ROW_KEPT, variables, err);
    }
    if (l->revision > 0) {
        rc = l->is_closed ? tx_post(tx, &PROCESS_CLOSED_DROP, VALUES(V_INT(i->id), V_INT(l->month)), err)
                          : tx_post(tx, &PROCESS_INSTANCE_DROP, VALUES(V_INT(i->id)), err);
    }
    const struct param v[] = {V_INT(i->id), V_INT(l->month), V_TEXT(i->binding[0].key), V_INT(i->binding[0].version), V_TEXT(l->models),
                              V_TEXT(i->business_key), V_TEXT(str_of(instance_state_name(i->state))), V_INT(i->revision), V_INT(i->next),
                              V_INT(i->started_us), V_INT(l->scopes), variables, V_BLOB(hash_str(&l->hash)), V_INT(i->ended_us),
                              V_TEXT(i->failed_code)};
    return rc != RC_OK ? rc
           : is_over   ? tx_run(tx, &PROCESS_CLOSED_ADD, (struct values){v, 15}, NULL, NULL, err)
                       : tx_run(tx, &PROCESS_INSTANCE_ADD, (struct values){v, 13}, NULL, NULL, err);
}
