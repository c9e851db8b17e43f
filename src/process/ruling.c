#include "process/ruling_import_int.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/random.h"
#include "process/rulebook_int.h"
#include "process/rulebook_sql.h"
#include "rule/explain.h"

enum { WAITING_MAX = 256, MODELS_KEPT = 64, SPACES_KEPT = 256, SHA256_HEX = 64, SOURCES_MAX = COUNSEL_INPUTS_MAX, ID_BYTES = 12, USES_OF_CASE = 100 };

struct job {
    struct job *next;
    ruling_job *fn;
    void *ctx;
    struct db db;
};

/* Of a text by its hash. */
struct space {
    char sha256[SHA256_HEX];
    struct hash name_space;
};

struct rulings {
    struct counsel counsel; /* first: who asks knows this only */
    struct rulings_config config;
    pthread_mutex_t lock;   /* of all that follows */
    pthread_cond_t more;
    struct job *first, *last;
    int waiting;
    bool is_ending;
    struct runner *idle;    /* for callers that run things themselves */
    struct ruling_model *kept[MODELS_KEPT];
    uint64_t turn;
    struct space space[SPACES_KEPT];
    pthread_mutex_t reading; /* one text at a time: zones of models are shared by them */
    struct zones *zones;
    int threads;
    pthread_t thread[];
};

/* --- who runs it ------------------------------------------------------------------------------------------ */

static struct runner *
runner_new(struct rulings *r)
{
    struct runner *w = mem_new(1, sizeof(*w));

    w->rulings = r;
    w->zones = zones_new(r->config.zones_folder);
    w->run = run_new(&RUN_LIMITS_USUAL, w->zones);
    return w;
}

static void
runner_free(struct runner *w)
{
    run_free(w->run);
    zones_free(w->zones);
    mem_free(w);
}

/* The caller's store, but not their way of waiting: here is a thread. */
static void
begin(struct runner *w, const struct db *db)
{
    w->db = (struct db){.store = db->store};
    run_allow(w->run, RULING_STEPS);
}

static void *
serve(void *ctx)
{
    struct rulings *r = ctx;
    struct runner *w = runner_new(r);

    CHECK(pthread_mutex_lock(&r->lock) == 0);
    for (;;) {
        while (r->first == NULL && !r->is_ending) {
            CHECK(pthread_cond_wait(&r->more, &r->lock) == 0);
        }
        if (r->first == NULL) {
            break;
        }
        struct job *j = r->first;
        r->first = j->next;
        r->last = r->first == NULL ? NULL : r->last;
        r->waiting--;
        CHECK(pthread_mutex_unlock(&r->lock) == 0);
        const struct store_wait wait = j->db.wait; /* once resumed, the job is gone */
        begin(w, &j->db);
        j->fn(w, j->ctx);
        wait.resume(wait.ctx);
        CHECK(pthread_mutex_lock(&r->lock) == 0);
    }
    CHECK(pthread_mutex_unlock(&r->lock) == 0);
    runner_free(w);
    return NULL;
}

static void
do_here(struct rulings *r, const struct db *db, ruling_job *fn, void *ctx)
{
    struct runner *w;

    CHECK(pthread_mutex_lock(&r->lock) == 0);
    w = r->idle;
    if (w != NULL) {
        r->idle = w->next;
    }
    CHECK(pthread_mutex_unlock(&r->lock) == 0);
    w = w != NULL ? w : runner_new(r);
    begin(w, db);
    fn(w, ctx);
    CHECK(pthread_mutex_lock(&r->lock) == 0);
    w->next = r->idle;
    r->idle = w;
    CHECK(pthread_mutex_unlock(&r->lock) == 0);
}

enum rc
ruling_do(struct rulings *r, const struct db *db, ruling_job *fn, void *ctx, struct err *err)
{
    struct job j = {.fn = fn, .ctx = ctx, .db = *db};

    if (db->wait.suspend == NULL) {
        do_here(r, db, fn, ctx);
        return RC_OK;
    }
    CHECK(pthread_mutex_lock(&r->lock) == 0);
    bool is_full = r->waiting >= WAITING_MAX;
    if (!is_full) {
        if (r->last != NULL) {
            r->last->next = &j;
        } else {
            r->first = &j;
        }
        r->last = &j;
        r->waiting++;
        CHECK(pthread_cond_signal(&r->more) == 0);
    }
    CHECK(pthread_mutex_unlock(&r->lock) == 0);
    if (is_full) {
        return err_set(err, RC_BUSY, "%d questions of rules are waiting", WAITING_MAX);
    }
    db->wait.suspend(db->wait.ctx);
    return RC_OK;
}

static enum rc ask(const struct counsel *c, const struct db *db, struct arena *a, const struct counsel_question *q,
                   struct counsel_answer *out, struct err *err);
static enum rc keep(const struct counsel *c, struct tx *tx, struct arena *a, const struct counsel_answer *answer,
                    struct str case_no, struct str subject, int64_t act, int64_t now_us, struct err *err);

enum rc
rulings_new(const struct rulings_config *config, struct rulings **out, struct err *err)
{
    struct rulings *r = mem_new(1, sizeof(*r) + (size_t)config->threads * sizeof(r->thread[0]));
    sigset_t all, old;
    int failure = 0;

    r->counsel = (struct counsel){ask, keep};
    r->config = *config;
    r->zones = zones_new(config->zones_folder);
    CHECK(pthread_mutex_init(&r->lock, NULL) == 0 && pthread_mutex_init(&r->reading, NULL) == 0 &&
          pthread_cond_init(&r->more, NULL) == 0);
    /* Signals are for the threads that wait for them. */
    (void)sigfillset(&all);
    CHECK(pthread_sigmask(SIG_SETMASK, &all, &old) == 0);
    while (r->threads < config->threads && failure == 0) {
        failure = pthread_create(&r->thread[r->threads], NULL, serve, r);
        r->threads += failure == 0 ? 1 : 0;
    }
    CHECK(pthread_sigmask(SIG_SETMASK, &old, NULL) == 0);
    if (failure != 0) {
        rulings_free(r);
        return err_set(err, RC_IO, "cannot start a thread: %s", strerror(failure));
    }
    *out = r;
    return RC_OK;
}

void
rulings_free(struct rulings *r)
{
    if (r == NULL) {
        return;
    }
    CHECK(pthread_mutex_lock(&r->lock) == 0);
    r->is_ending = true;
    CHECK(pthread_cond_broadcast(&r->more) == 0);
    CHECK(pthread_mutex_unlock(&r->lock) == 0);
    for (int i = 0; i < r->threads; i++) {
        CHECK(pthread_join(r->thread[i], NULL) == 0);
    }
    while (r->idle != NULL) {
        struct runner *w = r->idle;
        r->idle = w->next;
        runner_free(w);
    }
    for (int i = 0; i < MODELS_KEPT; i++) {
        struct ruling_model *m = r->kept[i];
        r->kept[i] = NULL;
        ruling_let_go(r, m);
    }
    zones_free(r->zones);
    CHECK(pthread_cond_destroy(&r->more) == 0 && pthread_mutex_destroy(&r->reading) == 0 &&
          pthread_mutex_destroy(&r->lock) == 0);
    mem_free(r);
}

const struct counsel *
rulings_counsel(const struct rulings *r)
{
    return &r->counsel;
}

const struct rulings_config *
rulings_config_of(const struct rulings *r)
{
    return &r->config;
}

/* --- models ------------------------------------------------------------------------------------------------- */

enum rc
ruling_read(struct runner *w, const struct ruling_text *text, struct ruling_model **out, struct dmn_fault *fault, struct err *err)
{
    struct rulings *r = w->rulings;
    struct ruling_model *m = mem_new(1, sizeof(*m));
    struct shelf shelf;
    struct str copy;
    enum rc rc;

    m->arena = arena_new(RULING_MODEL_ARENA);
    m->holders = 1;
    m->name = STR("");
    if ((rc = str_copy(m->arena, text->xml, &copy, err)) == RC_OK && (rc = shelf_open(&shelf, w, m->arena, text, err)) == RC_OK) {
        m->pins = shelf.pins;
        CHECK(pthread_mutex_lock(&r->reading) == 0);
        rc = dmn_read(m->arena, copy, shelf_find, &shelf, r->zones, &m->dmn, fault, err);
        CHECK(pthread_mutex_unlock(&r->reading) == 0);
        if (shelf.rc != RC_OK) { /* not the text is at fault */
            rc = shelf.rc;
            *err = shelf.err;
            if (fault != NULL) {
                *fault = (struct dmn_fault){.line = 0};
            }
        }
    }
    if (rc != RC_OK) {
        ruling_let_go(r, m);
        return rc;
    }
    *out = m;
    return RC_OK;
}

static struct space *
space_of(struct rulings *r, struct str sha256)
{
    unsigned place = 0;

    for (size_t i = 0; i < 8 && i < sha256.len; i++) {
        place = place * 31 + (unsigned char)sha256.ptr[i];
    }
    return &r->space[place % SPACES_KEPT];
}

bool
ruling_space_known(struct rulings *r, struct str sha256, struct hash *out)
{
    const struct space *s = space_of(r, sha256);
    bool is_known;

    CHECK(pthread_mutex_lock(&r->lock) == 0);
    is_known = str_eq(sha256, (struct str){s->sha256, SHA256_HEX});
    if (is_known) {
        *out = s->name_space;
    }
    CHECK(pthread_mutex_unlock(&r->lock) == 0);
    return is_known;
}

void
ruling_space_keep(struct rulings *r, struct str sha256, const struct hash *name_space)
{
    struct space *s = space_of(r, sha256);

    if (sha256.len != SHA256_HEX) {
        return;
    }
    CHECK(pthread_mutex_lock(&r->lock) == 0);
    memcpy(s->sha256, sha256.ptr, SHA256_HEX);
    s->name_space = *name_space;
    CHECK(pthread_mutex_unlock(&r->lock) == 0);
}

struct ruling_model *
ruling_find(struct rulings *r, struct str name)
{
    struct ruling_model *found = NULL;

    CHECK(pthread_mutex_lock(&r->lock) == 0);
    for (int i = 0; i < MODELS_KEPT && found == NULL; i++) {
        if (r->kept[i] != NULL && str_eq(r->kept[i]->name, name)) {
            found = r->kept[i];
            found->holders++;
            found->used = ++r->turn;
        }
    }
    CHECK(pthread_mutex_unlock(&r->lock) == 0);
    return found;
}

/* In the place of the one that was not asked for longest.  Two threads may have read the same text: then it is there twice for a while. */
void
ruling_keep(struct rulings *r, struct ruling_model *m, struct str name)
{
    struct ruling_model *old;
    struct err ignored;
    int place = 0;

    if (str_copy(m->arena, name, &m->name, &ignored) != RC_OK) {
        return; /* it is read again next time */
    }
    CHECK(pthread_mutex_lock(&r->lock) == 0);
    for (int i = 0; i < MODELS_KEPT && r->kept[place] != NULL; i++) {
        if (r->kept[i] == NULL || r->kept[i]->used < r->kept[place]->used) {
            place = i;
        }
    }
    old = r->kept[place];
    r->kept[place] = m;
    m->holders++;
    m->used = ++r->turn;
    CHECK(pthread_mutex_unlock(&r->lock) == 0);
    ruling_let_go(r, old);
}

void
ruling_let_go(struct rulings *r, struct ruling_model *m)
{
    if (m == NULL) {
        return;
    }
    CHECK(pthread_mutex_lock(&r->lock) == 0);
    bool is_last = --m->holders == 0;
    CHECK(pthread_mutex_unlock(&r->lock) == 0);
    if (is_last) {
        arena_free(m->arena);
        mem_free(m);
    }
}

/* --- one decision ----------------------------------------------------------------------------------------------- */

static enum rc
json_of_buf(struct arena *a, const struct buf *b, struct json **out, struct err *err)
{
    struct str text;
    enum rc rc = buf_finish(b, &text, err);

    return rc != RC_OK ? rc : json_parse(a, text, JSON_ANY, out, err);
}

static enum rc
reasons_of(struct arena *a, const struct ruling_asked *q, const struct dmn_trace *trace, struct json **out,
           struct err *err)
{
    struct explain_source source[SOURCES_MAX];
    size_t sources = 0;
    struct buf b;
    enum rc rc;

    for (const struct json *s = q->sources != NULL ? q->sources->first : NULL; s != NULL && sources < SOURCES_MAX;
         s = s->next) {
        source[sources++] = (struct explain_source){s->key, json_str(s, "zh"), json_str(s, "en"), json_true(s, "hidden")};
    }
    buf_init(&b, a, RULING_REASONS_MAX);
    if ((rc = explain_json(a, q->dmn, trace, source, sources, &b, err)) != RC_OK) {
        return rc;
    }
    return json_of_buf(a, &b, out, err);
}

enum rc
ruling_answer(struct runner *w, struct arena *a, struct ruling_asked *q, struct err *err)
{
    struct dmn_trace trace = {.count = 0};
    const struct context *inputs;
    struct value value;
    struct buf b;
    enum rc rc;

    run_begin(w->run, q->now_us, (int32_t)w->rulings->config.offset_minutes * 60);
    if ((rc = dmn_inputs_of_json(w->run, q->dmn, q->inputs != NULL ? q->inputs : json_object(a), &inputs, err)) != RC_OK ||
        (rc = dmn_decide(w->run, q->dmn, q->decision, inputs, q->wants_reasons ? &trace : NULL, &value, err)) != RC_OK) {
        return rc;
    }
    buf_init(&b, a, RULING_RESULT_MAX);
    value_put_json(&b, value);
    if ((rc = json_of_buf(a, &b, &q->result, err)) != RC_OK) {
        return rc;
    }
    return q->wants_reasons ? reasons_of(a, q, &trace, &q->reasons, err) : RC_OK;
}

struct asking {
    struct arena *arena;
    struct rulings *rulings;
    struct ruling_model *model; /* NULL: to be read */
    struct ruling_text text;
    struct str name;
    struct ruling_asked asked;
    enum rc rc;
    struct err *err;
};

static void
ask_job(struct runner *w, void *ctx)
{
    struct asking *q = ctx;

    if (q->model == NULL) {
        if ((q->rc = ruling_read(w, &q->text, &q->model, NULL, q->err)) != RC_OK) {
            return;
        }
        ruling_keep(q->rulings, q->model, q->name);
    }
    q->asked.dmn = q->model->dmn;
    q->rc = ruling_answer(w, q->arena, &q->asked, q->err);
}

static struct rulings *
rulings_of(const struct counsel *c)
{
    return (struct rulings *)(uintptr_t)c;
}

static enum rc
ask(const struct counsel *c, const struct db *db, struct arena *a, const struct counsel_question *question, struct counsel_answer *out,
    struct err *err)
{
    struct asking q = {.arena = a,
                       .rulings = rulings_of(c),
                       .err = err,
                       .asked = {.decision = question->decision,
                                 .inputs = question->inputs,
                                 .sources = question->sources,
                                 .now_us = question->now_us,
                                 .wants_reasons = true}};
    struct rule_version version;
    struct rule_held held;
    enum rc rc = rule_in_force(db, a, question->rule, question->day, &held, err);

    if (rc != RC_OK) {
        return rc;
    }
    /* The same text may have been laid down with other versions of what it imports: so it is kept as this version of this rule. */
    q.name = str_fmt(a, "%.*s/%lld/%.*s", STR_ARG(question->rule), (long long)held.number, STR_ARG(held.sha256));
    q.model = q.name.ptr == NULL ? NULL : ruling_find(q.rulings, q.name);
    if (q.model == NULL) {
        if ((rc = rule_version_get(db, a, question->rule, held.number, &version, err)) != RC_OK) {
            return rc;
        }
        q.text = (struct ruling_text){.xml = version.xml, .model = version.model, .number = version.number};
    }
    if ((rc = ruling_do(q.rulings, db, ask_job, &q, err)) == RC_OK) {
        rc = q.rc;
    }
    ruling_let_go(q.rulings, q.model);
    if (rc == RC_OK) {
        *out = (struct counsel_answer){.rule = question->rule,
                               .decision = question->decision,
                               .version = held.number,
                               .inputs = question->inputs,
                               .result = q.asked.result,
                               .reasons = q.asked.reasons};
    }
    return rc;
}

/* --- what was decided ----------------------------------------------------------------------------------------------- */

struct str
ruling_place(struct arena *a, struct str id)
{
    return str_fmt(a, "rule_use.content/%.*s", STR_ARG(id));
}

static enum rc
keep(const struct counsel *c, struct tx *tx, struct arena *a, const struct counsel_answer *answer, struct str case_no,
     struct str subject, int64_t act, int64_t now_us, struct err *err)
{
    const struct rulings *r = rulings_of(c);
    struct str id = str_fmt(a, "u-%.*s", STR_ARG(random_token(a, ID_BYTES))), text, sealed;
    struct json *content = json_object(a);
    enum rc rc;

    json_set_text(a, content, "decision", answer->decision);
    json_set(a, content, "inputs", answer->inputs != NULL ? json_copy(a, answer->inputs) : json_object(a));
    json_set(a, content, "result", json_copy(a, answer->result));
    if (answer->reasons != NULL) {
        json_set(a, content, "reasons", json_copy(a, answer->reasons));
    }
    if ((rc = json_whole(content, err)) != RC_OK || (rc = json_print(a, content, &text, err)) != RC_OK ||
        (rc = vault_seal(r->config.vault, a, ruling_place(a, id), text, &sealed, err)) != RC_OK) {
        return rc;
    }
    return tx_run(tx, &RULE_USE_ADD,
                  VALUES(V_TEXT(id), V_TEXT(answer->rule), V_INT(answer->version), V_TEXT(case_no), V_TEXT(subject),
                         V_INT(now_us), V_INT(act), V_BLOB(sealed)),
                  NULL, NULL, err);
}

static enum rc
expire_tx(struct tx *tx, void *ctx, struct err *err)
{
    const int64_t *older_than_us = ctx;

    return tx_run(tx, &RULE_USES_EXPIRE, VALUES(V_INT(*older_than_us)), NULL, NULL, err);
}

enum rc
ruling_expire(const struct db *db, int64_t older_than_us, struct err *err)
{
    return store_write(db, expire_tx, &older_than_us, err);
}

struct uses {
    struct arena *arena;
    const struct vault *vault;
    int offset_minutes;
    struct json *list;
};

static enum rc
use_row(const struct row *row, void *ctx, struct err *err)
{
    struct uses *u = ctx;
    struct json *d;
    struct str content;
    enum rc rc;

    if ((rc = vault_open(u->vault, u->arena, ruling_place(u->arena, row_text(row, 0)), row_blob(row, 5), &content, err)) !=
            RC_OK ||
        (rc = json_parse(u->arena, content, JSON_UNIQUE, &d, err)) != RC_OK) {
        return rc;
    }
    json_set_text(u->arena, d, "rule", row_text(row, 6));
    json_set_int(u->arena, d, "version", row_int(row, 1));
    json_set_text(u->arena, d, "at", instant_text(u->arena, row_int(row, 3), u->offset_minutes));
    json_set_int(u->arena, d, "act", row_int(row, 4));
    json_push(u->list, d);
    return RC_OK;
}

enum rc
ruling_of_case(const struct rulings *r, const struct db *db, struct arena *a, struct str case_no, struct json **out,
               struct err *err)
{
    struct uses u = {a, r->config.vault, r->config.offset_minutes, json_array(a)};
    enum rc rc = store_read(db, &RULE_USES_OF_CASE, VALUES(V_TEXT(case_no), V_INT(USES_OF_CASE)), use_row, &u, err);

    if (rc == RC_OK && (rc = json_whole(u.list, err)) == RC_OK) {
        *out = u.list;
    }
    return rc;
}
