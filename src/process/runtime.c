/*
 * One command on the rows of an instance.
 *
 * All of it is one transaction on the writer thread: has the key been answered; the rows; the engine's step; what changed; history;
 * the answer.  An instance without inner scopes costs three reads.  It writes one row for each token that came or went, one for the
 * instance, one of history, and one for the key.
 *
 * An instance that ends leaves its row to process_closed in the same transaction.  Its history stays where it is: it was written
 * to the partition of the month in which the instance began, beside that of the others that began then.
 */
#include "process/runtime_int.h"

#include <string.h>

#include "base/mem.h"
#include "process/runtime_sql.h"

enum { NUMBERS_AT_ONCE = 1000, TEXT_MAX = 4 << 20, SCRATCH_MAX = 64 << 20 };

enum rc
runtime_open(const struct runtime_config *config, struct runtime **out, struct err *err)
{
    struct runtime *r;

    CHECK(config->vault != NULL && config->find != NULL && config->load != NULL && config->backoff != NULL);
    if (config->engine.run == NULL || config->lease_max_us <= 0 || config->message_ttl_us < 0) {
        return err_set(err, RC_INVALID, "what the runtime of processes goes by is not whole");
    }
    r = mem_new(1, sizeof(*r));
    r->config = *config;
    r->scratch = arena_new(SCRATCH_MAX);
    atomic_store(&r->promised_us, INT64_MAX);
    *out = r;
    return RC_OK;
}

void
runtime_close(struct runtime *r)
{
    if (r != NULL) {
        arena_free(r->scratch);
        mem_free(r);
    }
}

void
runtime_open_by(struct runtime *r, struct openings *openings)
{
    r->openings = openings;
}

/* --- waking who waits for time -------------------------------------------------------------------------- */

/* Each command says its own moment: one for all might be taken by a turn that cannot see yet what is to be done then. */
void
runtime_nudge(struct runtime *r, int64_t due_us)
{
    if (due_us < atomic_load(&r->promised_us) && r->config.wake != NULL) {
        r->config.wake(r->config.ctx);
    }
}

/* --- numbers -------------------------------------------------------------------------------------------- */

static void
forget_numbers(void *ctx)
{
    struct runtime *r = ctx;

    r->serial = r->serial_end = 0;
}

/* What is left of a block is lost with the process: numbers need not be without gaps. */
static enum rc
take_number(struct runtime *r, struct tx *tx, int64_t *out, struct err *err)
{
    const struct str name = STR("instance");
    int64_t next;
    enum rc rc;

    if (r->serial == r->serial_end) {
        if ((rc = tx_run(tx, &PROCESS_SERIAL_TAKE, VALUES(V_TEXT(name), V_INT(NUMBERS_AT_ONCE)), NULL, NULL, err)) != RC_OK ||
            (rc = tx_int(tx, &PROCESS_SERIAL_NEXT, VALUES(V_TEXT(name)), &next, err)) != RC_OK) {
            return rc;
        }
        r->serial_end = next;
        r->serial = next - NUMBERS_AT_ONCE;
        tx_on_undo(tx, forget_numbers, r);
    }
    *out = r->serial++;
    return RC_OK;
}

/* --- history ---------------------------------------------------------------------------------------------- */

static void
put_text(struct buf *b, struct str text)
{
    const struct json j = {.kind = JSON_STRING, .text = text};

    json_write(b, &j);
}

/* ["entered","Accept",7,1,"detail"] */
static void
put_move(struct buf *b, const struct instance *i, const struct move *m)
{
    const struct bpmn *model = i->binding[m->binding].model;

    buf_put_char(b, '[');
    put_text(b, str_of(move_name(m->kind)));
    buf_put_char(b, ',');
    put_text(b, m->flow != BPMN_NONE      ? model->flow[m->flow].id
                : m->element != BPMN_NONE ? model->element[m->element].id
                                          : STR(""));
    buf_put_char(b, ',');
    buf_put_int(b, m->token);
    buf_put_char(b, ',');
    buf_put_int(b, m->scope);
    if (m->detail.len > 0) {
        buf_put_char(b, ',');
        put_text(b, m->detail);
    }
    buf_put_char(b, ']');
}

static enum rc
history_body(struct arena *a, const struct loaded *l, int64_t now_us, struct str actor, struct str command,
             const struct outcome *moves, struct str failed, struct str *out, struct err *err)
{
    struct buf b;

    buf_init(&b, a, TEXT_MAX);
    buf_put(&b, STR("{\"n\":"));
    buf_put_int(&b, l->i.revision);
    buf_put(&b, STR(",\"at_us\":"));
    buf_put_int(&b, now_us);
    buf_put(&b, STR(",\"actor\":"));
    put_text(&b, actor);
    buf_put(&b, STR(",\"command\":"));
    buf_put(&b, command);
    buf_put(&b, STR(",\"moves\":["));
    for (size_t n = 0; moves != NULL && n < moves->moves; n++) {
        if (n > 0) {
            buf_put_char(&b, ',');
        }
        put_move(&b, &l->i, &moves->move[n]);
    }
    buf_put_char(&b, ']');
    if (moves == NULL) {
        buf_put(&b, STR(",\"failed\":"));
        put_text(&b, failed);
    }
    buf_put_char(&b, '}');
    return buf_finish(&b, out, err);
}

enum rc
history_add(struct runtime *r, struct tx *tx, struct arena *a, struct loaded *l, int64_t now_us, struct str actor,
            struct str command, const struct outcome *moves, struct str failed, struct err *err)
{
    struct str body, sealed;
    char *chained;
    enum rc rc;

    if (l->i.revision >= RUNTIME_COMMANDS_MAX) {
        return err_set(err, RC_LIMIT, "process %lld has had too many commands", (long long)l->i.id);
    }
    if ((rc = history_body(a, l, now_us, actor, command, moves, failed, &body, err)) != RC_OK ||
        (rc = vault_seal(r->config.vault, a, runtime_place(a, "process_history.body", l->i.id, l->i.revision), body, &sealed, err)) !=
            RC_OK) {
        return rc;
    }
    if ((chained = arena_alloc(a, 1, HASH_BYTES + sealed.len)) == NULL) {
        return err_set(err, RC_LIMIT, "no room for a line of history");
    }
    memcpy(chained, l->hash.bytes, HASH_BYTES);
    memcpy(chained + HASH_BYTES, sealed.ptr, sealed.len);
    l->hash = hash_sha256((struct str){chained, HASH_BYTES + sealed.len});
    return tx_post(tx, &PROCESS_HISTORY_ADD,
                   VALUES(V_INT(l->i.id * RUNTIME_COMMANDS_MAX + l->i.revision), V_INT(l->month), V_INT(now_us), V_BLOB(sealed),
                          V_BLOB(hash_str(&l->hash))),
                   err);
}

/* --- answers to keys ------------------------------------------------------------------------------------ */

static struct str
answer_place(struct arena *a, const struct runtime_request *q)
{
    return str_fmt(a, "process_command.answer/%.*s/%.*s", STR_ARG(q->actor), STR_ARG(q->key));
}

/* What makes two requests the same. */
static struct hash
request_hash(const struct doing *d, struct str command, enum rc *rc, struct err *err)
{
    const struct runtime_request *q = d->q;
    struct str text = STR("");
    struct buf b;

    buf_init(&b, d->a, TEXT_MAX);
    buf_put_int(&b, q->instance);
    put_text(&b, q->business_key);
    for (size_t n = 0; n < q->bounds; n++) {
        put_text(&b, q->bound[n].key);
        buf_put_int(&b, q->bound[n].version);
        put_text(&b, q->bound[n].process);
    }
    buf_put(&b, command);
    *rc = buf_finish(&b, &text, err);
    return hash_sha256(text);
}

static enum rc
repeat_answer(const struct doing *d, const struct hash *request, struct runtime_result *out, struct err *err)
{
    struct json *answer;
    enum rc rc;

    if (!str_eq(d->l.request, hash_str(request))) {
        return err_problem(err, RC_CONFLICT, "key-used", "this key was used for another command");
    }
    if ((rc = runtime_unseal(d->r, d->a, answer_place(d->a, d->q), d->l.answer, &answer, err)) != RC_OK) {
        return rc;
    }
    *out = (struct runtime_result){true, json_int_or(answer, "instance", 0), json_int_or(answer, "revision", 0), INT64_MAX, answer};
    return RC_OK;
}

static enum rc
keep_answer(const struct doing *d, const struct hash *request, struct err *err)
{
    const struct runtime_request *q = d->q;
    struct param answer;
    enum rc rc;

    if (q->key.len == 0) {
        return json_whole(d->answer, err);
    }
    if ((rc = runtime_seal(d->r, d->a, answer_place(d->a, q), d->answer, &answer, err)) != RC_OK) {
        return rc;
    }
    return tx_post(d->tx, &PROCESS_COMMAND_ADD,
                   VALUES(V_TEXT(q->actor), V_TEXT(q->key), V_BLOB(hash_str(request)), answer, V_INT(q->now_us)), err);
}

static struct json *
make_answer(const struct doing *d)
{
    const struct instance *i = &d->l.i;
    struct json *answer = json_object(d->a), *tasks = json_array(d->a);

    json_set_int(d->a, answer, "instance", i->id);
    json_set_int(d->a, answer, "revision", i->revision);
    json_set_text(d->a, answer, "state", str_of(instance_state_name(i->state)));
    for (size_t n = 0; n < i->tokens; n++) {
        const struct token *t = &i->token[n];
        if (t->kind == TOKEN_TASK && t->change == ROW_NEW) {
            struct json *task = json_object(d->a);
            json_set_int(d->a, task, "token", t->id);
            json_set_text(d->a, task, "element", i->binding[instance_scope(i, t->scope)->binding].model->element[t->element].id);
            json_push(tasks, task);
        }
    }
    json_set(d->a, answer, "tasks", tasks);
    return answer;
}

/* --- one command ------------------------------------------------------------------------------------------ */

static enum rc
begin(struct doing *d, struct err *err)
{
    int64_t id;
    enum rc rc;

    if (d->q->instance == 0) {
        return (rc = take_number(d->r, d->tx, &id, err)) != RC_OK ? rc : rows_new(d->r, d->a, id, d->q, &d->l, err);
    }
    return d->l.is_found ? RC_OK : err_problem(err, RC_NOT_FOUND, "no-such-instance", "no process has this number");
}

static void
expect_tokens(struct doing *d)
{
    const struct instance *i = &d->l.i;

    for (size_t n = 0; n < i->tokens; n++) {
        const struct token *t = &i->token[n];
        bool is_timed = t->kind == TOKEN_TIMER || t->kind == TOKEN_JOB;
        if (is_timed && (t->change == ROW_NEW || t->change == ROW_CHANGED || d->q->command->kind == COMMAND_RESUME)) {
            due_at(&d->due_us, t->due_us);
        }
    }
}

static enum rc
call_hooks(const struct doing *d, struct err *err)
{
    const struct runtime_config *c = &d->r->config;
    const struct runtime_event event = {&d->l.i, d->q->command, &d->o, d->q->actor, d->q->now_us, d->answer};
    enum rc rc = c->hook != NULL ? c->hook(d->tx, d->a, &event, c->ctx, err) : RC_OK;

    return rc == RC_OK && d->q->hook != NULL ? d->q->hook(d->tx, d->a, &event, d->q->hook_ctx, err) : rc;
}

static enum rc
write_step(struct doing *d, struct str command, const struct hash *request, struct err *err)
{
    const struct runtime_request *q = d->q;
    enum rc rc;

    d->l.i.revision = d->l.revision + 1;
    d->answer = make_answer(d);
    if ((rc = rows_store(d->r, d->tx, d->a, &d->l, q->now_us, err)) != RC_OK || (rc = tell_others(d, err)) != RC_OK ||
        (rc = call_hooks(d, err)) != RC_OK ||
        (rc = history_add(d->r, d->tx, d->a, &d->l, q->now_us, q->actor, command, &d->o, STR(""), err)) != RC_OK ||
        (rc = keep_answer(d, request, err)) != RC_OK) {
        return rc;
    }
    expect_tokens(d);
    /* The last one is waited for, and with it all that was posted before. */
    return rows_store_instance(d->r, d->tx, d->a, &d->l, err);
}

enum rc
command_tx(struct runtime *r, struct tx *tx, struct arena *a, const struct runtime_request *q, struct runtime_result *out,
           bool *is_clean, struct err *err)
{
    struct doing d = {.r = r, .tx = tx, .a = a, .q = q, .due_us = INT64_MAX};
    const struct source in = {.tx = tx};
    struct hash request = {{0}};
    struct str command;
    enum rc rc;

    *is_clean = true;
    if (q->key.len > RUNTIME_KEY_MAX || (q->instance == 0) != (q->command->kind == COMMAND_START) || (q->instance == 0 && q->bounds == 0)) {
        return err_set(err, RC_INVALID, "a key has up to %d bytes, a start is of a model, and any other command of a process", RUNTIME_KEY_MAX);
    }
    if ((rc = json_print(a, command_json(a, q->command), &command, err)) != RC_OK) {
        return rc;
    }
    if (q->key.len > 0) {
        request = request_hash(&d, command, &rc, err);
    }
    if (rc == RC_OK && (q->instance != 0 || q->key.len > 0)) {
        rc = rows_load(r, &in, a, q->instance, q->actor, q->key, &d.l, err);
    }
    if (rc != RC_OK || d.l.request.len > 0) {
        return rc != RC_OK ? rc : repeat_answer(&d, &request, out, err);
    }
    if ((rc = begin(&d, err)) != RC_OK ||
        (rc = engine_step(&r->config.engine, &d.l.i, q->command, q->now_us, &d.o, err)) != RC_OK) {
        return rc;
    }
    *is_clean = false;
    if ((rc = write_step(&d, command, &request, err)) != RC_OK) {
        return rc;
    }
    *out = (struct runtime_result){false, d.l.i.id, d.l.i.revision, d.due_us, d.answer};
    return RC_OK;
}

enum rc
runtime_do_tx(struct runtime *r, struct tx *tx, struct arena *a, const struct runtime_request *q, struct runtime_result *out,
              struct err *err)
{
    bool is_clean;
    enum rc rc = engine_variables_check(q->command->variables, err);

    return rc != RC_OK ? rc : command_tx(r, tx, a, q, out, &is_clean, err);
}

/* --- models that are not in memory ------------------------------------------------------------------------ */

bool
runtime_is_cold(enum rc rc, const struct err *err)
{
    return rc == RC_BUSY && str_eq(str_of(err->type), STR("model-cold"));
}

static enum rc
warm(struct runtime *r, const struct db *db, struct str key, int64_t version, struct err *err)
{
    const struct runtime_config *c = &r->config;

    return c->find(c->ctx, key, version) != NULL ? RC_OK : c->load(c->ctx, db, key, version, err);
}

struct column {
    struct arena *a;
    struct str text;
};

static enum rc
column_row(const struct row *row, void *ctx, struct err *err)
{
    struct column *c = ctx;

    return row_copy_text(row, 0, c->a, &c->text, err);
}

enum rc
runtime_warm_instance(struct runtime *r, const struct db *db, struct arena *a, int64_t instance, struct err *err)
{
    struct column models = {.a = a};
    struct json *list;
    int64_t version;
    enum rc rc = store_read(db, &PROCESS_MODELS, VALUES(V_INT(instance)), column_row, &models, err);

    if (rc != RC_OK) {
        return rc;
    }
    if (models.text.len == 0) {
        return err_problem(err, RC_NOT_FOUND, "no-such-instance", "no process has this number");
    }
    if ((rc = json_parse(a, models.text, JSON_ANY, &list, err)) != RC_OK) {
        return rc;
    }
    for (const struct json *m = list->first; rc == RC_OK && m != NULL; m = m->next) {
        bool is_read = json_is(m, JSON_ARRAY) && m->count == 3 && json_as_int(m->first->next, &version);
        rc = is_read ? warm(r, db, m->first->text, version, err) : err_set(err, RC_CORRUPT, "the models of a process cannot be read");
    }
    return rc;
}

enum rc
runtime_warm(struct runtime *r, const struct db *db, struct arena *a, const struct runtime_request *q, struct err *err)
{
    enum rc rc = RC_OK;

    if (q->instance != 0) {
        return runtime_warm_instance(r, db, a, q->instance, err);
    }
    for (size_t n = 0; rc == RC_OK && n < q->bounds; n++) {
        rc = warm(r, db, q->bound[n].key, q->bound[n].version, err);
    }
    return rc;
}

/* --- a write of its own ------------------------------------------------------------------------------------- */

struct whole {
    struct runtime *r;
    struct arena *a;
    const struct runtime_request *q;
    struct runtime_result out;
};

static enum rc
do_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct whole *w = ctx;

    return runtime_do_tx(w->r, tx, w->a, w->q, &w->out, err);
}

enum rc
runtime_do(struct runtime *r, const struct db *db, struct arena *a, const struct runtime_request *q, struct runtime_result *out,
           struct err *err)
{
    struct whole w = {.r = r, .a = a, .q = q};
    enum rc rc = engine_variables_check(q->command->variables, err);

    if (rc == RC_OK) {
        rc = store_write(db, do_tx, &w, err);
    }
    for (int n = 0; n < RUNTIME_COLD_TRIES && runtime_is_cold(rc, err); n++) {
        if ((rc = runtime_warm(r, db, a, q, err)) == RC_OK) {
            rc = store_write(db, do_tx, &w, err);
        }
    }
    if (rc == RC_OK) {
        *out = w.out;
        runtime_nudge(r, w.out.due_us);
    }
    return rc;
}
