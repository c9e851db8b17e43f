#include "process/incidents.h"

#include "process/history_int.h"
#include "process/incidents_sql.h"
#include "process/runtime_int.h"

enum { LINES_AT_ONCE = 200, LINES_MAX = 5000 };
static const int64_t late_us = 60000000;

/* --- lists --------------------------------------------------------------------------------------------------------- */

struct listing {
    struct runtime *r;
    struct arena *a;
    struct json *list;
};

static enum rc
open_cause(struct runtime *r, struct arena *a, int64_t instance, int64_t token, const struct row *row, int column, struct json **out,
           struct err *err)
{
    if (row_is_null(row, column)) {
        *out = NULL;
        return RC_OK;
    }
    return runtime_unseal(r, a, runtime_place(a, "process_token.data", instance, token), row_blob(row, column), out, err);
}

/* What could not be done says "why" if the engine found it, "reason" if there was nothing that the engine could do. */
static struct str
why_of(const struct json *cause)
{
    struct str why = json_str(cause, "why");

    return why.len > 0 ? why : json_str(cause, "reason");
}

static enum rc
page_row(const struct row *row, void *ctx, struct err *err)
{
    struct listing *l = ctx;
    struct json *d = json_object(l->a), *cause;
    int64_t instance = row_int(row, 0), token = row_int(row, 1);
    enum rc rc = open_cause(l->r, l->a, instance, token, row, 7, &cause, err);

    if (rc != RC_OK) {
        return rc;
    }
    json_set_int(l->a, d, "instance", instance);
    json_set_int(l->a, d, "token", token);
    json_set_text(l->a, d, "business_key", row_text(row, 2));
    json_set_text(l->a, d, "process", row_text(row, 3));
    json_set_int(l->a, d, "version", row_int(row, 4));
    json_set_text(l->a, d, "element", row_text(row, 5));
    json_set_text(l->a, d, "code", row_text(row, 6));
    json_set_text(l->a, d, "at", json_str(cause, "at"));
    json_set_text(l->a, d, "why", why_of(cause));
    json_set_int(l->a, d, "tries", json_int_or(cause, "tries", 0));
    json_set_int(l->a, d, "since_us", row_int(row, 8));
    json_set_text(l->a, d, "to", row_text(row, 9));
    json_push(l->list, d);
    return RC_OK;
}

enum rc
incidents_page(struct runtime *r, const struct db *db, struct arena *a, const struct incidents_wish *wish, struct json **out,
               struct err *err)
{
    struct listing l = {r, a, json_array(a)};
    enum rc rc = store_read(db, &INCIDENTS_PAGE,
                            VALUES(V_INT(wish->instance), V_INT(wish->token), V_TEXT(wish->process), V_TEXT(wish->code),
                                   V_INT((int64_t)wish->most)),
                            page_row, &l, err);

    if (rc == RC_OK && (rc = json_whole(l.list, err)) == RC_OK) {
        *out = l.list;
    }
    return rc;
}

/* --- one of them ---------------------------------------------------------------------------------------------------- */

struct finding {
    struct runtime *r;
    struct arena *a;
    bool is_found;
    struct incident one;
};

static enum rc
take_cause(struct finding *f, const struct json *cause, struct err *err)
{
    struct incident *n = &f->one;
    enum rc rc;

    n->tries = json_int_or(cause, "tries", 0);
    n->inputs = json_get(cause, "data");
    if ((rc = str_copy(f->a, why_of(cause), &n->why, err)) != RC_OK || (rc = str_copy(f->a, json_str(cause, "at"), &n->at, err)) != RC_OK) {
        return rc;
    }
    return str_eq(json_str(cause, "kind"), STR("job")) ? str_copy(f->a, json_str(cause, "name"), &n->job, err) : RC_OK;
}

static enum rc
take_proposal(struct finding *f, const struct row *row, struct err *err)
{
    struct incident *n = &f->one;
    struct json *content;
    enum rc rc;

    n->proposed_us = row_int(row, 11);
    if ((rc = row_copy_text(row, 9, f->a, &n->to, err)) != RC_OK || (rc = row_copy_text(row, 10, f->a, &n->proposer, err)) != RC_OK ||
        row_is_null(row, 12)) {
        return rc;
    }
    rc = runtime_unseal(f->r, f->a, runtime_place(f->a, "process_repair.content", n->instance, n->token), row_blob(row, 12), &content, err);
    return rc != RC_OK ? rc : str_copy(f->a, json_str(content, "reason"), &n->reason, err);
}

static enum rc
one_row(const struct row *row, void *ctx, struct err *err)
{
    struct finding *f = ctx;
    struct incident *n = &f->one;
    struct json *cause;
    enum rc rc;

    f->is_found = true;
    n->version = row_int(row, 4);
    n->since_us = row_int(row, 8);
    if ((rc = open_cause(f->r, f->a, n->instance, n->token, row, 7, &cause, err)) != RC_OK ||
        (rc = row_copy_text(row, 2, f->a, &n->case_no, err)) != RC_OK || (rc = row_copy_text(row, 3, f->a, &n->process, err)) != RC_OK ||
        (rc = row_copy_text(row, 5, f->a, &n->element, err)) != RC_OK || (rc = row_copy_text(row, 6, f->a, &n->code, err)) != RC_OK ||
        (rc = take_cause(f, cause, err)) != RC_OK) {
        return rc;
    }
    return take_proposal(f, row, err);
}

/* As the engine goes to look for a place (engine_admin.c): outward within the process, and never to where nothing begins. */
static void
list_goals(struct finding *f, const struct instance *i)
{
    struct json *goals = json_array(f->a);
    const struct scope *s = instance_scope(i, f->one.scope);
    const struct bpmn *m = s != NULL ? i->binding[s->binding].model : NULL;

    for (; s != NULL && i->binding[s->binding].model == m; s = instance_scope(i, s->parent)) {
        bool runs = s->kind != SCOPE_MULTI && s->kind != SCOPE_INSTANCE && !s->ended;
        for (uint32_t e = 0; runs && e < m->elements; e++) {
            const struct bpmn_element *n = &m->element[e];
            if (n->scope == s->place && n->kind != BPMN_BOUNDARY && n->kind != BPMN_START && !n->is_event_sub && !n->is_compensation) {
                json_push(goals, json_text(f->a, n->id));
            }
        }
        if (s->kind == SCOPE_CALL) {
            break;
        }
    }
    f->one.goals = goals;
}

static void
list_variables(struct finding *f, const struct instance *i)
{
    struct json *visible = json_object(f->a);

    for (const struct scope *s = instance_scope(i, f->one.scope); s != NULL; s = instance_scope(i, s->parent)) {
        for (const struct json *v = s->variables != NULL ? s->variables->first : NULL; v != NULL; v = v->next) {
            if (json_get_key(visible, v->key) == NULL) {
                json_set_key(f->a, visible, v->key, json_copy(f->a, v));
            }
        }
        if (s->kind == SCOPE_CALL) {
            break;
        }
    }
    f->one.visible = visible;
}

static enum rc
look_inside(struct finding *f, const struct db *db, struct err *err)
{
    const struct token *t;
    const struct scope *s;
    struct instance i;
    enum rc rc = runtime_instance(f->r, db, f->a, f->one.instance, &i, err);

    if (rc != RC_OK) {
        return rc;
    }
    t = instance_token(&i, f->one.token);
    s = t != NULL ? instance_scope(&i, t->scope) : NULL;
    if (s == NULL) {
        return err_problem(err, RC_NOT_FOUND, "no-such-incident", "it went on meanwhile");
    }
    f->one.scope = s->id;
    for (size_t b = i.bindings; b-- > 0;) { /* the first that is this model has the key that it is kept under */
        if (i.binding[b].model == i.binding[s->binding].model) {
            f->one.model = i.binding[b].key;
            f->one.model_version = i.binding[b].version;
        }
    }
    list_goals(f, &i);
    list_variables(f, &i);
    return RC_OK;
}

static int64_t
resolved_in(const struct json *line)
{
    const struct json *moves = json_get(line, "moves");
    int64_t count = 0;

    for (const struct json *m = moves != NULL ? moves->first : NULL; m != NULL; m = m->next) {
        count += str_eq(history_text(m, MOVE_KIND), STR("resolved"));
    }
    return count;
}

static enum rc
count_resolved(struct finding *f, const struct db *db, struct err *err)
{
    int64_t after = 0;
    struct json *lines;
    enum rc rc;

    do {
        if ((rc = runtime_history(f->r, db, f->a, f->one.instance, after, LINES_AT_ONCE, &lines, err)) != RC_OK) {
            return rc;
        }
        for (const struct json *l = lines->first; l != NULL; l = l->next) {
            f->one.resolved += resolved_in(l);
            after = json_int_or(l, "n", after + 1);
        }
    } while (lines->count == LINES_AT_ONCE && after < LINES_MAX);
    return RC_OK;
}

enum rc
incident_get(struct runtime *r, const struct db *db, struct arena *a, int64_t instance, int64_t token, struct incident *out, struct err *err)
{
    struct finding f = {.r = r, .a = a, .one = {.instance = instance, .token = token, .job = STR("")}};
    enum rc rc = store_read(db, &INCIDENTS_ONE, VALUES(V_INT(instance), V_INT(token)), one_row, &f, err);

    if (rc == RC_OK && !f.is_found) {
        return err_problem(err, RC_NOT_FOUND, "no-such-incident", "process %lld has no token %lld that cannot go on", (long long)instance,
                           (long long)token);
    }
    if (rc != RC_OK || (rc = look_inside(&f, db, err)) != RC_OK || (rc = count_resolved(&f, db, err)) != RC_OK ||
        (rc = json_whole(f.one.visible, err)) != RC_OK || (rc = json_whole(f.one.goals, err)) != RC_OK) {
        return rc;
    }
    *out = f.one;
    return RC_OK;
}

/* --- how many -------------------------------------------------------------------------------------------------------- */

struct counting {
    struct arena *a;
    struct json *list;
    int64_t all, oldest_us;
};

static void
add_up(struct counting *c, struct json *d, int64_t count, int64_t since_us)
{
    json_set_int(c->a, d, "count", count);
    json_set_int(c->a, d, "since_us", since_us);
    json_push(c->list, d);
    c->all += count;
    c->oldest_us = c->oldest_us == 0 || since_us < c->oldest_us ? since_us : c->oldest_us;
}

static enum rc
cause_row(const struct row *row, void *ctx, struct err *err)
{
    struct counting *c = ctx;
    struct json *d = json_object(c->a);

    (void)err;
    json_set_text(c->a, d, "process", row_text(row, 0));
    json_set_text(c->a, d, "code", row_text(row, 1));
    add_up(c, d, row_int(row, 2), row_int(row, 3));
    return RC_OK;
}

static enum rc
type_row(const struct row *row, void *ctx, struct err *err)
{
    struct counting *c = ctx;
    struct json *d = json_object(c->a);

    (void)err;
    json_set_text(c->a, d, "type", row_text(row, 0));
    add_up(c, d, row_int(row, 1), row_int(row, 2));
    return RC_OK;
}

static enum rc
pair_row(const struct row *row, void *ctx, struct err *err)
{
    int64_t *pair = ctx;

    (void)err;
    pair[0] = row_int(row, 0);
    pair[1] = row_int(row, 1);
    return RC_OK;
}

enum rc
incidents_count(const struct db *db, struct arena *a, int64_t now_us, struct incidents_figures *out, struct err *err)
{
    struct counting causes = {.a = a, .list = json_array(a)}, types = {.a = a, .list = json_array(a)};
    int64_t timers[2], untaken[2];
    enum rc rc;

    if ((rc = store_read(db, &INCIDENTS_CAUSES, VALUES(V_INT(INCIDENTS_KINDS)), cause_row, &causes, err)) != RC_OK ||
        (rc = store_read(db, &INCIDENTS_JOBS, VALUES(V_INT(INCIDENTS_COUNTED), V_INT(INCIDENTS_KINDS), V_INT(now_us)), type_row, &types,
                         err)) != RC_OK ||
        (rc = store_read(db, &INCIDENTS_TIMERS, VALUES(V_INT(INCIDENTS_COUNTED), V_INT(now_us - late_us)), pair_row, timers, err)) != RC_OK ||
        (rc = store_read(db, &INCIDENTS_UNTAKEN, VALUES(V_INT(INCIDENTS_COUNTED)), pair_row, untaken, err)) != RC_OK ||
        (rc = json_whole(causes.list, err)) != RC_OK || (rc = json_whole(types.list, err)) != RC_OK) {
        return rc;
    }
    *out = (struct incidents_figures){.incidents = causes.all, .jobs = types.all, .oldest_job_us = types.oldest_us, .timers = timers[0],
                                      .oldest_timer_us = timers[1], .untaken = untaken[0], .oldest_untaken_us = untaken[1],
                                      .causes = causes.list, .types = types.list};
    return RC_OK;
}
