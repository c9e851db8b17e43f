#include "process/rulebook_int.h"

#include "base/encode.h"
#include "crypto/hash.h"
#include "identity/rows.h"
#include "process/rulebook_sql.h"

static const char *const state_names[] = {"proposed", "published", "rejected", "withdrawn"};
static const char *const kind_names[] = {[RULE_DMN] = "dmn", [RULE_BPMN] = "bpmn"};
static const struct str process_prefix = STR_INIT("process.");
enum { STATES = sizeof(state_names) / sizeof(state_names[0]), VERSIONS_MAX = 500 };

const char *
rule_state_name(enum rule_state state)
{
    CHECK((int)state >= 0 && (int)state < STATES);
    return state_names[state];
}

const char *
rule_kind_name(enum rule_kind kind)
{
    return kind_names[kind];
}

/* A key has no full stop in it, so that no rule is taken for a process. */
struct str
rule_id(struct arena *a, enum rule_kind kind, struct str key)
{
    return kind == RULE_DMN ? key : str_fmt(a, "%.*s%.*s", STR_ARG(process_prefix), STR_ARG(key));
}

struct str
rule_key(struct str id)
{
    return str_starts(id, process_prefix) ? str_from(id, process_prefix.len) : id;
}

struct str
rule_sha256(struct arena *a, struct str text)
{
    struct hash h = hash_sha256(text);

    return hex_of(a, hash_str(&h));
}

bool
rule_key_is_valid(struct str key)
{
    for (size_t i = 0; i < key.len; i++) {
        char c = key.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c == '-' && i > 0))) {
            return false;
        }
    }
    return key.len > 0 && key.len <= RULE_KEY_MAX;
}

/* --- models ------------------------------------------------------------------------------------------- */

struct model_found {
    struct arena *arena;
    struct rule_model model;
    bool is_found;
};

static enum rc
model_row(const struct row *row, void *ctx, struct err *err)
{
    struct model_found *f = ctx;
    struct rule_model *m = &f->model;
    struct str *const out[] = {&m->id, &m->org, &m->power, &m->name_zh, &m->name_en};

    f->is_found = true;
    m->kind = str_eq(row_text(row, 5), str_of(kind_names[RULE_BPMN])) ? RULE_BPMN : RULE_DMN;
    return rows_texts(row, f->arena, out, 5, err);
}

enum rc
rule_model_get(const struct db *db, struct arena *a, enum rule_kind kind, struct str key, struct rule_model *out, struct err *err)
{
    struct model_found f = {.arena = a};
    struct str id = rule_id(a, kind, key);
    enum rc rc = id.ptr == NULL ? err_set(err, RC_LIMIT, "no room for a key")
                                : store_read(db, &RULE_MODEL_BY_ID, VALUES(V_TEXT(id)), model_row, &f, err);

    if (rc == RC_OK && (!f.is_found || f.model.kind != kind)) {
        return err_problem(err, RC_NOT_FOUND, "no-such-rule", "no model of that key");
    }
    if (rc == RC_OK) {
        *out = f.model;
    }
    return rc;
}

struct list {
    struct arena *arena;
    struct json *json;
};

static enum rc
list_row(const struct row *row, void *ctx, struct err *err)
{
    static const char *const names[] = {"key", "org", "power", "name_zh", "name_en"};
    struct list *l = ctx;
    struct json *d = json_object(l->arena);

    (void)err;
    for (int i = 0; i < 5; i++) {
        json_set_text(l->arena, d, names[i], i == 0 ? rule_key(row_text(row, i)) : row_text(row, i));
    }
    json_set_int(l->arena, d, "proposed", row_int(row, 5));
    json_set_int(l->arena, d, "in_force", row_int(row, 6));
    if (row_int(row, 6) > 0) {
        json_set_text(l->arena, d, "holds_from", day_text(l->arena, (int32_t)row_int(row, 7)));
    }
    json_push(l->json, d);
    return RC_OK;
}

enum rc
rule_models(const struct db *db, struct arena *a, enum rule_kind kind, int32_t day, struct str after, int limit,
            struct json **out, struct err *err)
{
    struct list l = {a, json_array(a)};
    struct str id = rule_id(a, kind, after);
    enum rc rc;

    if (id.ptr == NULL) {
        return err_set(err, RC_LIMIT, "no room for a list of rules");
    }
    rc = store_read(db, &RULE_MODELS, VALUES(V_INT(day), V_TEXT(id), V_INT(limit), V_TEXT(str_of(kind_names[kind]))),
                    list_row, &l, err);

    if (rc == RC_OK && (rc = json_whole(l.json, err)) == RC_OK) {
        *out = l.json;
    }
    return rc;
}

/* --- versions ------------------------------------------------------------------------------------------- */

static enum rc
state_of(struct str verdict, enum rule_state *out, struct err *err)
{
    if (verdict.len == 0) {
        *out = RULE_PROPOSED;
        return RC_OK;
    }
    for (int i = RULE_PUBLISHED; i < STATES; i++) {
        if (str_eq(verdict, str_of(state_names[i]))) {
            *out = (enum rule_state)i;
            return RC_OK;
        }
    }
    return err_set(err, RC_CORRUPT, "a verdict on a rule is %.*s", STR_ARG(verdict));
}

static enum rc
read_version(const struct row *row, struct arena *a, struct rule_version *v, struct err *err)
{
    const struct {
        int column;
        struct str *to;
    } texts[] = {{0, &v->model},   {3, &v->xml},        {4, &v->sha256},         {5, &v->author}, {6, &v->basis},
                 {7, &v->reason},  {12, &v->settled_by}, {13, &v->settled_reason}, {16, &v->found}};
    enum rc rc = state_of(row_text(row, 11), &v->state, err);

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]) && rc == RC_OK; i++) {
        rc = row_copy_text(row, texts[i].column, a, texts[i].to, err);
    }
    v->number = row_int(row, 1);
    v->base = row_int(row, 2);
    v->holds_from = (int32_t)row_int(row, 8);
    v->proposed_us = row_int(row, 9);
    v->act = row_int(row, 10);
    v->settled_us = row_int(row, 14);
    v->settled_act = row_int(row, 15);
    return rc;
}

enum rc
rule_version_row(const struct row *row, void *ctx, struct err *err)
{
    struct rule_version_found *f = ctx;

    f->is_found = true;
    return read_version(row, f->arena, &f->version, err);
}

enum rc
rule_version_get(const struct db *db, struct arena *a, struct str model, int64_t number, struct rule_version *out,
                 struct err *err)
{
    struct rule_version_found f = {.arena = a};
    enum rc rc =
        store_read(db, &RULE_VERSION_BY_NUMBER, VALUES(V_TEXT(model), V_INT(number)), rule_version_row, &f, err);

    if (rc == RC_OK && !f.is_found) {
        return err_problem(err, RC_NOT_FOUND, "no-such-rule", "the rule has no version of that number");
    }
    if (rc == RC_OK) {
        *out = f.version;
    }
    return rc;
}

struct versions {
    struct arena *arena;
    struct rule_version *row;
    size_t count, room;
};

static enum rc
versions_row(const struct row *row, void *ctx, struct err *err)
{
    struct versions *v = ctx;

    CHECK(v->count < v->room);
    return read_version(row, v->arena, &v->row[v->count++], err);
}

enum rc
rule_versions(const struct db *db, struct arena *a, struct str model, int64_t before, int limit,
              const struct rule_version **out, size_t *count, struct err *err)
{
    struct versions v = {.arena = a, .room = limit < VERSIONS_MAX ? (size_t)limit : VERSIONS_MAX};
    enum rc rc;

    if ((v.row = arena_alloc(a, v.room + 1, sizeof(*v.row))) == NULL) {
        return err_set(err, RC_LIMIT, "no room for the versions of a rule");
    }
    if ((rc = store_read(db, &RULE_VERSIONS,
                         VALUES(V_TEXT(model), V_INT(before > 0 ? before : INT64_MAX), V_INT((int64_t)v.room)),
                         versions_row, &v, err)) == RC_OK) {
        *out = v.row;
        *count = v.count;
    }
    return rc;
}

struct held_found {
    struct arena *arena;
    struct rule_held held;
    bool is_found;
};

static enum rc
held_row(const struct row *row, void *ctx, struct err *err)
{
    struct held_found *f = ctx;

    f->is_found = true;
    f->held.number = row_int(row, 0);
    return row_copy_text(row, 1, f->arena, &f->held.sha256, err);
}

enum rc
rule_in_force(const struct db *db, struct arena *a, struct str model, int32_t day, struct rule_held *out,
              struct err *err)
{
    struct held_found f = {.arena = a};
    enum rc rc = store_read(db, &RULE_IN_FORCE, VALUES(V_TEXT(model), V_INT(day)), held_row, &f, err);

    if (rc == RC_OK && !f.is_found) {
        return err_problem(err, RC_NOT_FOUND, "no-rule-in-force", "no version of %.*s holds on that day",
                           STR_ARG(model));
    }
    if (rc == RC_OK) {
        *out = f.held;
    }
    return rc;
}

enum rc
rule_last_published(const struct db *db, struct str model, int64_t *out, struct err *err)
{
    return store_read_int(db, &RULE_LAST_PUBLISHED, VALUES(V_TEXT(model)), out, err);
}

/* --- cases ----------------------------------------------------------------------------------------------- */

struct cases_found {
    struct arena *arena;
    struct rule_cases cases;
};

static enum rc
cases_row(const struct row *row, void *ctx, struct err *err)
{
    struct cases_found *f = ctx;
    enum rc rc = row_copy_text(row, 1, f->arena, &f->cases.document, err);

    f->cases.number = row_int(row, 0);
    f->cases.saved_us = row_int(row, 3);
    return rc != RC_OK ? rc : row_copy_text(row, 2, f->arena, &f->cases.author, err);
}

enum rc
rule_cases_get(const struct db *db, struct arena *a, struct str model, struct rule_cases *out, struct err *err)
{
    struct cases_found f = {.arena = a};
    enum rc rc = store_read(db, &RULE_CASES_GET, VALUES(V_TEXT(model)), cases_row, &f, err);

    if (rc == RC_OK) {
        *out = f.cases;
    }
    return rc;
}

/* --- who may ----------------------------------------------------------------------------------------------- */

enum rc
rule_admits(const struct rule_model *m, const struct identity *who, struct err *err)
{
    if (who->officer.id.len == 0 || !str_eq(who->officer.org, m->org)) {
        return err_problem(err, RC_DENIED, "rule-of-others", "the rule %.*s belongs to another organisation",
                           STR_ARG(m->id));
    }
    if (!officer_has_power(&who->officer, m->power)) {
        return err_problem(err, RC_DENIED, "power-missing", "the officer does not hold the power %.*s",
                           STR_ARG(m->power));
    }
    return RC_OK;
}

enum rc
rule_is_desk(const struct db *db, const struct identity *who, enum rule_kind kind, bool *out, struct err *err)
{
    bool is_desk = false;

    for (size_t i = 0; i < who->officer.power_count && !is_desk; i++) {
        int64_t count;
        enum rc rc = store_read_int(db, &RULE_POWER_USED, VALUES(V_TEXT(who->officer.power[i]), V_TEXT(str_of(kind_names[kind]))), &count, err);
        if (rc != RC_OK) {
            return rc;
        }
        is_desk = count > 0;
    }
    *out = is_desk;
    return RC_OK;
}
