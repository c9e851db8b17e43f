/* Plans of migration: proposed, looked at by a second person, kept.  What decides is read in the transaction of the change. */
#include "process/migration_book.h"

#include "base/encode.h"
#include "base/utf8.h"
#include "crypto/hash.h"
#include "process/migration_sql.h"
#include "process/rulebook_int.h"
#include "process/runtime_int.h"

enum { REPORT_MAX = 1 << 20 };

static const char *const state_names[] = {
    [MIGRATION_PROPOSED] = "proposed", [MIGRATION_CONSENTED] = "consented", [MIGRATION_REJECTED] = "rejected", [MIGRATION_WITHDRAWN] = "withdrawn"};

const char *
migration_state_name(enum migration_state state)
{
    return state_names[state];
}

static enum migration_state
state_by_name(struct str name)
{
    enum migration_state state = MIGRATION_PROPOSED;

    for (int n = MIGRATION_CONSENTED; n <= MIGRATION_WITHDRAWN; n++) {
        state = str_eq(name, str_of(state_names[n])) ? (enum migration_state)n : state;
    }
    return state;
}

/* --- over the models ----------------------------------------------------------------------------------------------- */

static enum rc
check_published(const struct db *db, struct arena *a, struct str key, int64_t number, struct err *err)
{
    struct rule_version v;
    enum rc rc = rule_version_get(db, a, rule_id(a, RULE_BPMN, key), number, &v, err);

    if (rc == RC_OK && v.state != RULE_PUBLISHED) {
        return err_problem(err, RC_INVALID, "plan-version", "version %lld of %.*s is not published", (long long)number, STR_ARG(key));
    }
    return rc;
}

static enum rc
take_model(const struct migration_office *o, const struct db *db, struct str key, int64_t version, const struct bpmn **out, struct err *err)
{
    const struct runtime_config *c = &o->runtime->config;
    enum rc rc = RC_OK;

    *out = c->find(c->ctx, key, version);
    if (*out == NULL && (rc = c->load(c->ctx, db, key, version, err)) == RC_OK) {
        *out = c->find(c->ctx, key, version);
        CHECK(*out != NULL);
    }
    return rc;
}

/* The process that a model's key stands for, where nobody says it: the one of that id, else the first. */
static struct str
first_process(const struct bpmn *m, struct str key)
{
    return bpmn_find_process(m, key) != BPMN_NONE || bpmn_processes(m) == 0 ? key : bpmn_process(m, 0).id;
}

static enum rc
bind_now(const struct migration_office *o, const struct db *db, struct arena *a, const struct migration_plan *p, int32_t day, struct str *out, struct err *err)
{
    const struct modelbook_bound *bound;
    struct modelbook_bound own = {p->key, p->target, STR("")};
    const struct bpmn *target;
    struct json *list = json_array(a);
    size_t count = 1;
    enum rc rc = take_model(o, db, p->key, p->target, &target, err);

    if (rc != RC_OK) {
        return rc;
    }
    own.process = first_process(target, p->key);
    bound = &own;
    if (o->bind != NULL && (rc = o->bind(o->ctx, db, a, p->key, p->target, day, &bound, &count, err)) != RC_OK) {
        return rc;
    }
    for (size_t n = 0; n < count; n++) {
        struct json *one = json_array(a);
        json_push(one, json_text(a, bound[n].key));
        json_push(one, json_int(a, bound[n].version));
        json_push(one, json_text(a, bound[n].process));
        json_push(list, one);
    }
    return json_print(a, list, out, err);
}

/* [["key",1,"process"],…] */
static enum rc
read_bound(const struct migration_office *o, const struct db *db, struct arena *a, struct migration_ready *r, struct err *err)
{
    struct json *list;
    struct binding *bound;
    enum rc rc = json_parse(a, r->models, JSON_ANY, &list, err);

    if (rc != RC_OK) {
        return rc;
    }
    if ((bound = arena_alloc(a, list->count + 1, sizeof(*bound))) == NULL) {
        return err_set(err, RC_LIMIT, "no room for the models of a migration");
    }
    for (const struct json *m = list->first; m != NULL; m = m->next) {
        struct binding *b = &bound[r->bounds++];
        if (!json_is(m, JSON_ARRAY) || m->count != 3 || !json_as_int(m->first->next, &b->version)) {
            return err_set(err, RC_CORRUPT, "the models of a migration cannot be read");
        }
        b->key = m->first->text;
        if ((rc = take_model(o, db, b->key, b->version, &b->model, err)) != RC_OK) {
            return rc;
        }
        if ((b->process = bpmn_find_process(b->model, m->last->text)) == BPMN_NONE) {
            return err_set(err, RC_CORRUPT, "a process of a migration is not in its model");
        }
    }
    r->bound = bound;
    return r->bounds > 0 ? RC_OK : err_set(err, RC_CORRUPT, "a migration has no model");
}

enum rc
migration_prepare(const struct migration_office *o, const struct db *db, struct arena *a, const struct json *plan, struct str models, int32_t day,
                  struct migration_ready *out, struct err *err)
{
    struct migration_ready *r = arena_alloc(a, 1, sizeof(*r)); /* the migration points at its plan */
    const struct bpmn *from;
    struct hash hash;
    enum rc rc;

    if (r == NULL) {
        return err_set(err, RC_LIMIT, "no room for a plan of migration");
    }
    if ((rc = migration_plan_read(a, plan, &r->plan, err)) != RC_OK ||
        (rc = check_published(db, a, r->plan.key, r->plan.source, err)) != RC_OK ||
        (rc = check_published(db, a, r->plan.key, r->plan.target, err)) != RC_OK ||
        (rc = take_model(o, db, r->plan.key, r->plan.source, &from, err)) != RC_OK) {
        return rc;
    }
    r->models = models;
    if ((models.len == 0 && (rc = bind_now(o, db, a, &r->plan, day, &r->models, err)) != RC_OK) || (rc = read_bound(o, db, a, r, err)) != RC_OK) {
        return rc;
    }
    hash = hash_sha256(r->plan.text);
    r->sha256 = hex_of(a, hash_str(&hash));
    if ((rc = migration_make(a, &r->plan, from, r->bound, r->bounds, o->zones, &r->migration, err)) != RC_OK) {
        return rc;
    }
    *out = *r;
    return RC_OK;
}

enum rc
migration_book_clocks(const struct migration_office *o, const struct db *db, struct arena *a, struct str key, int64_t source, int64_t target,
                      struct json **out, struct err *err)
{
    const struct bpmn *from, *to;
    enum rc rc;

    if ((rc = take_model(o, db, key, source, &from, err)) != RC_OK || (rc = take_model(o, db, key, target, &to, err)) != RC_OK) {
        return rc;
    }
    return migration_clocks_json(a, from, to, out, err);
}

/* --- reading --------------------------------------------------------------------------------------------------------- */

struct found {
    struct arena *arena;
    struct migration_row row;
    bool is_found;
};

static enum rc
plan_row(const struct row *row, void *ctx, struct err *err)
{
    struct found *f = ctx;
    struct migration_row *m = &f->row;
    const struct {
        int column;
        struct str *to;
    } texts[] = {{1, &m->model}, {4, &m->plan}, {5, &m->sha256}, {6, &m->models}, {7, &m->author}, {8, &m->reason}, {9, &m->report}, {13, &m->settled_by},
                 {14, &m->settled_reason}};

    f->is_found = true;
    *m = (struct migration_row){.number = row_int(row, 0), .source = row_int(row, 2), .target = row_int(row, 3), .proposed_us = row_int(row, 10),
                                .act = row_int(row, 11), .state = state_by_name(row_text(row, 12)), .settled_us = row_int(row, 15),
                                .settled_act = row_int(row, 16)};
    for (size_t n = 0; n < sizeof(texts) / sizeof(texts[0]); n++) {
        enum rc rc = row_copy_text(row, texts[n].column, f->arena, texts[n].to, err);
        if (rc != RC_OK) {
            return rc;
        }
    }
    return RC_OK;
}

static enum rc
not_found(struct err *err)
{
    return err_problem(err, RC_NOT_FOUND, "no-such-migration", "the process has no plan of migration of that number");
}

enum rc
migration_get(const struct db *db, struct arena *a, struct str model, int64_t number, struct migration_row *out, struct err *err)
{
    struct found f = {.arena = a};
    enum rc rc = store_read(db, &MIGRATE_BY_ID, VALUES(V_TEXT(model), V_INT(number)), plan_row, &f, err);

    if (rc == RC_OK && !f.is_found) {
        return not_found(err);
    }
    if (rc == RC_OK) {
        *out = f.row;
    }
    return rc;
}

enum rc
migration_consented(const struct db *db, struct str model, struct str sha256, int64_t *out, struct err *err)
{
    return store_read_int(db, &MIGRATE_BY_HASH, VALUES(V_TEXT(model), V_TEXT(sha256)), out, err);
}

static void
put_parsed(struct arena *a, struct json *d, const char *name, struct str text)
{
    struct json *j;
    struct err err;

    if (text.len > 0 && json_parse(a, text, JSON_ANY, &j, &err) == RC_OK) {
        json_set(a, d, name, j);
    }
}

struct json *
migration_row_json(struct arena *a, const struct migration_row *row)
{
    struct json *d = json_object(a);

    json_set_int(a, d, "number", row->number);
    json_set_text(a, d, "key", rule_key(row->model));
    json_set_int(a, d, "source", row->source);
    json_set_int(a, d, "target", row->target);
    json_set_text(a, d, "state", str_of(migration_state_name(row->state)));
    json_set_text(a, d, "sha256", row->sha256);
    json_set_text(a, d, "author", row->author);
    json_set_text(a, d, "reason", row->reason);
    json_set_int(a, d, "proposed_us", row->proposed_us);
    json_set_int(a, d, "act", row->act);
    if (row->state != MIGRATION_PROPOSED) {
        json_set_text(a, d, "settled_by", row->settled_by);
        json_set_text(a, d, "settled_reason", row->settled_reason);
        json_set_int(a, d, "settled_us", row->settled_us);
        json_set_int(a, d, "settled_act", row->settled_act);
    }
    put_parsed(a, d, "plan", row->plan);
    put_parsed(a, d, "report", row->report);
    return d;
}

struct rows {
    struct found found;
    struct migration_row *row;
    size_t count;
};

static enum rc
list_row(const struct row *row, void *ctx, struct err *err)
{
    struct rows *r = ctx;
    enum rc rc = plan_row(row, &r->found, err);

    if (rc == RC_OK) {
        r->row[r->count++] = r->found.row;
    }
    return rc;
}

enum rc
migration_rows(const struct db *db, struct arena *a, struct str model, int64_t before, int limit, struct migration_row **out, size_t *count,
               struct err *err)
{
    struct rows r = {.found = {.arena = a}, .row = arena_alloc(a, (size_t)limit + 1, sizeof(*r.row))};
    enum rc rc;

    if (r.row == NULL) {
        return err_set(err, RC_LIMIT, "no room for plans of migration");
    }
    rc = store_read(db, &MIGRATE_PLANS, VALUES(V_TEXT(model), V_INT(before > 0 ? before : INT64_MAX), V_INT(limit)), list_row, &r, err);
    if (rc == RC_OK) {
        *out = r.row;
        *count = r.count;
    }
    return rc;
}

enum rc
migration_list(const struct db *db, struct arena *a, struct str model, int64_t before, int limit, struct json **out, struct err *err)
{
    struct json *list = json_array(a);
    struct migration_row *row;
    size_t count = 0;
    enum rc rc = migration_rows(db, a, model, before, limit, &row, &count, err);

    for (size_t n = 0; n < count && rc == RC_OK; n++) {
        json_push(list, migration_row_json(a, &row[n]));
    }
    if (rc == RC_OK && (rc = json_whole(list, err)) == RC_OK) {
        *out = list;
    }
    return rc;
}

/* --- acts ---------------------------------------------------------------------------------------------------------------- */

enum rc
migration_act(struct tx *tx, struct arena *a, enum act_kind kind, const struct rule_model *m, struct str actor, struct str case_no, int64_t now_us,
              struct json *detail, struct act_ref *out, struct err *err)
{
    json_set_text(a, detail, "power", m->power);
    const struct act act = {.kind = kind, .at_us = now_us, .actor = actor, .org = m->org, .case_no = case_no, .subject = STR(""),
                            .resource = str_fmt(a, "process:%.*s", STR_ARG(rule_key(m->id))), .detail = detail};
    enum rc rc = json_whole(detail, err);

    return rc != RC_OK ? rc : act_add(tx, a, &act, out, err);
}

static struct json *
plan_detail(struct arena *a, int64_t number, int64_t source, int64_t target, struct str sha256)
{
    struct json *d = json_object(a);

    json_set_int(a, d, "migration", number);
    json_set_int(a, d, "source", source);
    json_set_int(a, d, "target", target);
    json_set_text(a, d, "sha256", sha256);
    return d;
}

/* --- proposing ------------------------------------------------------------------------------------------------------------- */

static enum rc
check_reason(struct str text, bool is_wanted, struct err *err)
{
    if ((is_wanted && text.len == 0) || text.len > RULE_WORDS_MAX || str_find_byte(text, '\0') != text.len || !utf8_is_valid(text)) {
        return err_problem(err, RC_INVALID, "reason-missing", "the reason is missing or too long");
    }
    return RC_OK;
}

struct proposing {
    struct arena *arena;
    const struct rule_model *model;
    const struct identity *who;
    const struct migration_ready *ready;
    struct migration_proposal *p;
    struct str report;
};

static enum rc
propose_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct proposing *g = ctx;
    const struct migration_plan *plan = &g->ready->plan;
    struct migration_proposal *p = g->p;
    enum rc rc = tx_int(tx, &MIGRATE_NEXT_ID, NO_VALUES, &p->number, err);

    if (rc != RC_OK) {
        return rc;
    }
    struct json *detail = plan_detail(g->arena, p->number, plan->source, plan->target, g->ready->sha256);
    json_set_text(g->arena, detail, "basis", plan->basis);
    json_set_text(g->arena, detail, "reason", p->reason);
    if ((rc = migration_act(tx, g->arena, ACT_PROPOSE, g->model, g->who->actor, STR(""), p->now_us, detail, &p->act, err)) != RC_OK) {
        return rc;
    }
    return tx_run(tx, &MIGRATE_ADD,
                  VALUES(V_INT(p->number), V_TEXT(g->model->id), V_INT(plan->source), V_INT(plan->target), V_TEXT(plan->text), V_TEXT(g->ready->sha256),
                         V_TEXT(g->ready->models), V_TEXT(g->who->officer.id), V_TEXT(p->reason), V_TEXT(g->report), V_INT(p->now_us),
                         V_INT(p->act.index)),
                  NULL, NULL, err);
}

enum rc
migration_propose(const struct migration_office *o, const struct db *db, struct arena *a, const struct rule_model *m, const struct identity *who,
                  struct migration_proposal *p, struct err *err)
{
    struct migration_ready ready;
    struct proposing g = {a, m, who, &ready, p, STR("")};
    enum rc rc;

    if ((rc = rule_admits(m, who, err)) != RC_OK || (rc = check_reason(p->reason, true, err)) != RC_OK ||
        (rc = migration_prepare(o, db, a, p->plan, STR(""), p->day, &ready, err)) != RC_OK) {
        return rc;
    }
    if (!str_eq(ready.plan.key, rule_key(m->id))) {
        return err_problem(err, RC_INVALID, "plan-other", "the plan is for the process %.*s", STR_ARG(ready.plan.key));
    }
    if (p->report != NULL && (rc = json_print(a, p->report, &g.report, err)) != RC_OK) {
        return rc;
    }
    return g.report.len > REPORT_MAX ? err_set(err, RC_LIMIT, "the report of a migration is too long") : store_write(db, propose_tx, &g, err);
}

/* --- the second person --------------------------------------------------------------------------------------------------------- */

struct settling {
    struct arena *arena;
    const struct rule_model *model;
    const struct identity *who;
    struct migration_settling *s;
};

static enum rc
settle_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct settling *g = ctx;
    struct migration_settling *s = g->s;
    struct found f = {.arena = g->arena};
    const struct migration_row *row = &f.row;
    enum rc rc = tx_run(tx, &MIGRATE_BY_ID, VALUES(V_TEXT(g->model->id), V_INT(s->number)), plan_row, &f, err);

    if (rc != RC_OK || !f.is_found) {
        return rc != RC_OK ? rc : not_found(err);
    }
    if (row->state != MIGRATION_PROPOSED || !str_eq(row->sha256, s->sha256)) {
        return err_problem(err, RC_CONFLICT, "migration-settled", "not a plan that waits for a verdict");
    }
    if ((rc = rule_check_person(row->author, g->who, s->verdict == MIGRATION_WITHDRAWN, err)) != RC_OK) {
        return rc;
    }
    struct json *detail = plan_detail(g->arena, row->number, row->source, row->target, row->sha256);
    json_set_text(g->arena, detail, "author", row->author);
    json_set_text(g->arena, detail, "verdict", str_of(migration_state_name(s->verdict)));
    json_set_text(g->arena, detail, "reason", s->reason);
    json_set_int(g->arena, detail, "proposal", row->act);
    if ((rc = migration_act(tx, g->arena, s->verdict == MIGRATION_CONSENTED ? ACT_PUBLISH : ACT_REJECT, g->model, g->who->actor, STR(""), s->now_us, detail,
                            &s->act, err)) != RC_OK) {
        return rc;
    }
    return tx_run(tx, &MIGRATE_VERDICT_ADD,
                  VALUES(V_INT(row->number), V_TEXT(str_of(migration_state_name(s->verdict))), V_TEXT(g->who->officer.id), V_TEXT(s->reason),
                         V_INT(s->now_us), V_INT(s->act.index)),
                  NULL, NULL, err);
}

enum rc
migration_settle(const struct db *db, struct arena *a, const struct rule_model *m, const struct identity *who, struct migration_settling *s,
                 struct err *err)
{
    struct settling g = {a, m, who, s};
    enum rc rc;

    CHECK(s->verdict != MIGRATION_PROPOSED);
    if ((rc = rule_admits(m, who, err)) != RC_OK || (rc = check_reason(s->reason, s->verdict == MIGRATION_REJECTED, err)) != RC_OK) {
        return rc;
    }
    return store_write(db, settle_tx, &g, err);
}
