#include "exchange/gate.h"

#include "base/encode.h"
#include "base/mem.h"
#include "base/utf8.h"

enum { ENTRY_ARENA_MAX = 1 << 20 };

enum rc
gate_new(const struct gate_config *config, struct gate **out, struct err *err)
{
    CHECK(config->clock_skew_s >= 0 && config->upstream_ms > 0);
    if (directory_by_name(config->directory, config->node) == NULL) {
        return err_set(err, RC_NOT_FOUND, "the directory does not name this node, %.*s",
                       STR_ARG(config->node));
    }
    struct gate *g = mem_new(1, sizeof(*g));
    g->config = *config;
    *out = g;
    return RC_OK;
}

static void
entry_free(struct gate_entry *e)
{
    CHECK(e->users == 0);
    arena_free(e->arena);
    mem_free(e);
}

void
gate_free(struct gate *g)
{
    if (g == NULL) {
        return;
    }
    while (g->entries != NULL) {
        struct gate_entry *e = g->entries;
        g->entries = e->next;
        entry_free(e);
    }
    mem_free(g);
}

void
gate_use_directory(struct gate *g, const struct directory *directory)
{
    g->config.directory = directory;
}

/* --- waiting: a task's way to the store --- */

static void
wait_suspend(void *ctx)
{
    task_suspend(ctx);
}

static void
wait_resume(void *ctx)
{
    task_resume(ctx);
}

static bool
wait_fd(void *ctx, int fd, int events, int timeout_ms)
{
    struct task *t = ctx;
    struct err ignored;

    return task_wait_fd(t, fd, events, loop_now_us(task_loop(t)) + (int64_t)timeout_ms * 1000,
                        &ignored) == RC_OK;
}

struct db
gate_db(const struct gate *g, struct task *t)
{
    return (struct db){g->config.store, {t, wait_suspend, wait_resume, wait_fd}};
}

int64_t
gate_now_us(const struct gate *g)
{
    return clock_now_us(g->config.clock);
}

struct envelope_clock
gate_clock(const struct gate *g, int64_t now_us)
{
    return (struct envelope_clock){now_us / 1000000, g->config.clock_skew_s};
}

enum rc
gate_copy_peer(struct arena *a, const struct peer *from, struct peer *out, struct err *err)
{
    struct peer p = {.port = from->port};
    enum rc rc;

    if ((rc = str_copy(a, from->name, &p.name, err)) != RC_OK ||
        (rc = str_copy(a, from->host, &p.host, err)) != RC_OK ||
        (rc = str_copy(a, from->authority, &p.authority, err)) != RC_OK ||
        (rc = str_copy(a, from->public_key, &p.public_key, err)) != RC_OK ||
        (rc = str_copy(a, from->fingerprint, &p.fingerprint, err)) != RC_OK) {
        return rc;
    }
    *out = p;
    return RC_OK;
}

/* --- the cache --- */

static void
drop(struct gate *g, struct gate_entry **place)
{
    struct gate_entry *e = *place;

    *place = e->next;
    e->next = NULL;
    e->is_old = true;
    g->entry_count--;
    if (e->users == 0) {
        entry_free(e);
    }
}

static struct gate_entry **
find_place(struct gate *g, struct str code, struct str consumer)
{
    struct gate_entry **p = &g->entries;

    while (*p != NULL && !(str_eq((*p)->code, code) && str_eq((*p)->consumer, consumer))) {
        p = &(*p)->next;
    }
    return *p != NULL ? p : NULL;
}

/* To the front; over the limit the one that was not asked for the longest goes. */
static void
put_first(struct gate *g, struct gate_entry *e)
{
    e->next = g->entries;
    g->entries = e;
    if (++g->entry_count > EXCHANGE_CACHE_MAX) {
        struct gate_entry **last = &g->entries;
        while ((*last)->next != NULL) {
            last = &(*last)->next;
        }
        drop(g, last);
    }
}

static enum rc
load_entry(const struct db *db, struct gate_entry *e, struct str code, struct str consumer,
           struct err *err)
{
    struct resource *r;
    enum rc rc;

    if ((rc = str_copy(e->arena, code, &e->code, err)) != RC_OK ||
        (rc = str_copy(e->arena, consumer, &e->consumer, err)) != RC_OK) {
        return rc;
    }
    rc = catalogue_get(db, e->arena, e->code, &r, err);
    if (rc == RC_NOT_FOUND) {
        return err_problem(err, RC_NOT_FOUND, "resource-missing", "no resource %.*s", STR_ARG(code));
    }
    if (rc != RC_OK || (rc = connector_read(r->connector, &e->connector, err)) != RC_OK ||
        (rc = standard_read(e->arena, r, &e->standard, err)) != RC_OK) {
        return rc;
    }
    e->resource = r;
    return consumer.len == 0 ? RC_OK
                             : grant_load(db, e->arena, e->code, e->consumer, &e->grants, err);
}

enum rc
gate_entry(struct gate *g, const struct db *db, struct str code, struct str consumer,
           int64_t max_age_us, struct gate_entry **out, struct err *err)
{
    int64_t now_us = clock_monotonic_us(g->config.clock);
    struct gate_entry **place = find_place(g, code, consumer);

    if (place != NULL && now_us - (*place)->loaded_us < max_age_us) {
        struct gate_entry *e = *place;
        *place = e->next; /* and to the front */
        e->next = g->entries;
        g->entries = e;
        e->users++;
        *out = e;
        return RC_OK;
    }
    struct gate_entry *e = mem_new(1, sizeof(*e));
    e->arena = arena_new(ENTRY_ARENA_MAX);
    e->loaded_us = now_us;
    enum rc rc = load_entry(db, e, code, consumer, err);
    if (rc != RC_OK) {
        entry_free(e);
        return rc;
    }
    /* Reading may have waited, and another task may have put its own entry there. */
    if ((place = find_place(g, code, consumer)) != NULL) {
        drop(g, place);
    }
    e->users = 1;
    put_first(g, e);
    *out = e;
    return RC_OK;
}

void
gate_release(struct gate_entry *e)
{
    if (e == NULL) {
        return;
    }
    CHECK(e->users > 0);
    e->users--;
    if (e->users == 0 && e->is_old) {
        entry_free(e);
    }
}

/* --- what is asked, and whether it may be --- */

static bool
is_dots(struct str key)
{
    size_t i = 0;

    while (i < key.len && key.ptr[i] == '.') {
        i++;
    }
    return i == key.len;
}

enum rc
gate_check_question(const struct json *fields, struct str key, struct err *err)
{
    /* A key of dots alone could walk up the path of an upstream's URL, whatever is encoded. */
    if (key.len > EXCHANGE_KEY_MAX || is_dots(key) || !utf8_is_plain(key)) {
        return err_problem(err, RC_INVALID, "question-invalid", "the key is not usable");
    }
    if (!json_is(fields, JSON_ARRAY) || fields->count == 0 ||
        fields->count > RESOURCE_ELEMENTS_MAX) {
        return err_problem(err, RC_INVALID, "question-invalid", "fields is an array of names");
    }
    for (const struct json *f = fields->first; f != NULL; f = f->next) {
        if (!json_is(f, JSON_STRING)) {
            return err_problem(err, RC_INVALID, "question-invalid", "fields is an array of names");
        }
        for (const struct json *other = fields->first; other != f; other = other->next) {
            if (str_eq(other->text, f->text)) {
                return err_problem(err, RC_INVALID, "question-invalid", "a field stands twice");
            }
        }
    }
    return RC_OK;
}

static enum rc
permit_with(struct gate *g, const struct db *db, struct arena *a, const struct gate_entry *e,
            const struct permit_request *r, bool fresh, const struct grant **out, struct err *err)
{
    int offset = g->config.offset_minutes;
    const struct grant *grant, *same;
    enum rc rc;

    if (e->connector.kind == CONNECTOR_NONE || !str_eq(e->resource->node, g->config.node)) {
        return err_problem(err, RC_NOT_FOUND, "resource-missing", "%.*s is not served here",
                           STR_ARG(r->code));
    }
    if (!str_eq(e->resource->key_kind, r->key_kind)) {
        return err_problem(err, RC_INVALID, "question-invalid", "%.*s has another kind of key",
                           STR_ARG(r->code));
    }
    if ((rc = grant_choose(e->grants, e->resource, r->purpose, r->fields, r->now_us, offset, &grant,
                           err)) != RC_OK) {
        return rc;
    }
    if (fresh) {
        rc = grant_check(db, a, e->resource, e->consumer, r->purpose, r->fields, r->now_us, offset,
                         &same, err);
    } else if (e->exhausted_day == instant_day(r->now_us, offset) &&
               str_eq(e->exhausted, grant->id)) {
        rc = err_problem(err, RC_BUSY, "quota-exhausted", "used up, as far as is remembered");
    }
    if (rc == RC_OK) {
        *out = grant;
    }
    return rc;
}

enum rc
gate_permit(struct gate *g, const struct db *db, struct arena *a, const struct permit_request *r,
            struct permit *out, struct err *err)
{
    struct permit p = {.purpose = r->purpose, .consumer = r->consumer};
    enum rc rc = gate_entry(g, db, r->code, r->consumer, INT64_MAX, &p.entry, err);

    if (rc != RC_OK) {
        return rc;
    }
    rc = permit_with(g, db, a, p.entry, r, false, &p.grant, err);
    if (rc == RC_DENIED || rc == RC_BUSY || rc == RC_NOT_FOUND || rc == RC_INVALID) {
        struct gate_entry *fresh;
        if ((rc = gate_entry(g, db, r->code, r->consumer, 0, &fresh, err)) == RC_OK) {
            gate_release(p.entry);
            p.entry = fresh;
            rc = permit_with(g, db, a, p.entry, r, true, &p.grant, err);
        }
    }
    *out = p;
    return rc;
}

bool
gate_permit_is_old(struct gate *g, struct permit *p, int64_t now_us, const struct err *err)
{
    struct gate_entry **place = find_place(g, p->entry->code, p->entry->consumer);

    if (str_eq(str_of(err->type), STR("quota-exhausted"))) {
        p->entry->exhausted = p->grant->id;
        p->entry->exhausted_day = instant_day(now_us, g->config.offset_minutes);
    }
    if (!str_eq(str_of(err->type), STR("grant-changed"))) {
        return false;
    }
    if (place != NULL && *place == p->entry) {
        drop(g, place);
    }
    return true;
}

enum rc
gate_fetch(struct gate *g, struct task *t, struct arena *a, struct permit *p,
           const struct json *fields, struct str key, int64_t now_us, int timeout_ms,
           struct json **out, int64_t *updated_us, struct deviations *deviations, struct err *err)
{
    const struct gate_entry *e = p->entry;
    const struct db db = gate_db(g, t);
    const struct connector_call call = {.resource = e->resource,
                                        .vault = g->config.vault,
                                        .client = g->config.client,
                                        .task = t,
                                        .db = &db,
                                        .deadline_us = loop_now_us(task_loop(t)) +
                                                       (int64_t)timeout_ms * 1000,
                                        .now_us = now_us};
    const struct json *record;
    enum rc rc = connector_fetch(&e->connector, &call, a, key, &record, updated_us, err);

    if (rc != RC_OK ||
        (rc = standard_check(e->standard, a, record, instant_day(now_us, g->config.offset_minutes), deviations,
                             err)) != RC_OK) {
        return rc;
    }
    const struct grant_asking asking = {.counsel = g->config.counsel,
                                        .db = &db,
                                        .consumer = p->consumer,
                                        .purpose = p->purpose,
                                        .now_us = now_us,
                                        .day = instant_day(now_us, g->config.offset_minutes)};
    bool sees = false;
    if ((rc = grant_sees(&asking, a, p->grant, record, &sees, &p->rows, err)) != RC_OK) {
        return rc;
    }
    if ((p->is_hidden = !sees)) {
        return err_problem(err, RC_NOT_FOUND, "record-missing", "the grant does not cover this record");
    }
    struct json *masked = grant_apply(a, p->grant, fields, record);
    if ((rc = json_whole(masked, err)) != RC_OK) {
        return rc;
    }
    *out = masked;
    return RC_OK;
}

/* --- small things of both sides --- */

void
gate_put_rows(struct arena *a, struct json *detail, const struct permit *p)
{
    if (p->rows.version > 0) {
        json_set_text(a, detail, "rows", p->is_hidden ? STR("hidden") : STR("seen"));
        json_set_text(a, detail, "rule", p->rows.rule);
        json_set_int(a, detail, "rule_version", p->rows.version);
    }
}

enum rc
gate_keep_rows(struct gate *g, struct tx *tx, struct arena *a, const struct permit *p, struct str subject, int64_t act,
               int64_t now_us, struct err *err)
{
    return counsel_keep(g->config.counsel, tx, a, &p->rows, p->purpose->case_no, subject, act, now_us, err);
}

enum rc
gate_sign(struct gate *g, struct task *t, struct arena *a, struct envelope *e, struct err *err)
{
    unsigned char signature[SIG_BYTES];
    enum rc rc = signing_sign(g->config.signing, t, STR("node"), e->base, signature, err);

    return rc != RC_OK ? rc
                       : envelope_seal(a, e, (struct str){(const char *)signature, SIG_BYTES}, err);
}

struct json *
gate_detail(struct arena *a, const struct purpose *purpose, const struct json *fields)
{
    struct json *j = json_object(a);

    json_set_text(a, j, "item", purpose->item);
    json_set_text(a, j, "basis", purpose->basis);
    json_set_text(a, j, "actor", purpose->actor);
    if (purpose->urgent) {
        json_set_bool(a, j, "urgent", true);
    }
    if (fields != NULL) {
        json_set(a, j, "fields", json_copy(a, fields));
    }
    return j;
}

enum rc
gate_fold_key(struct arena *a, struct str kind, struct str key, struct str *out, struct err *err)
{
    if (!str_eq(kind, STR("person")) && !str_eq(kind, STR("company"))) {
        *out = key;
        return RC_OK;
    }
    return utf8_fold(a, key, true, true, out, err);
}

struct json *
gate_act_json(struct arena *a, struct str node, int64_t index)
{
    struct json *j = json_object(a);

    json_set_text(a, j, "node", node);
    json_set_int(a, j, "index", index);
    return j;
}

struct str
gate_subject(const struct vault *vault, struct arena *a, struct str kind, struct str identifier)
{
    struct hash h = vault_index(vault, kind, identifier);
    struct str hex = base64url_of(a, hash_str(&h));

    return hex.ptr == NULL ? STR("") : str_fmt(a, "k-%.*s", STR_ARG(hex));
}
