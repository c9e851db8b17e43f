/*
 * The door for programs that work for processes: jobs under leases, messages, signals, and how a case stands.
 *
 * Whoever comes is an information system or an officer with a power that covers the very type of job, message or signal (process/mandate.h).
 * The attempt of a lease is its fencing number: what comes under an older one is refused, "lease-lost", so work that was given to
 * somebody else meanwhile counts once.  A key (Idempotency-Key) is kept by the walk of the request, and with the command itself, so that
 * a repeat after a crash is answered as well.
 */
#include "evidence/act.h"
#include "process/runtime_job.h"
#include "service/chore.h"
#include "web/running_int.h"

enum { LEASE_S = 60, WAIT_MOST_S = 20, WAIT_PIECE_US = 250000, WORKER_MAX = 60, REASON_MAX = 2000, LINES_MOST = 200, TTL_MOST_S = 31622400 };
static const int64_t second_us = 1000000;

/* --- who may ------------------------------------------------------------------------------------------------------ */

enum rc
running_open(const struct page *p, struct runtime **out, struct err *err)
{
    if (p->web->runtime == NULL) {
        return err_set(err, RC_NOT_FOUND, "no processes run here");
    }
    *out = p->web->runtime;
    return RC_OK;
}

enum rc
running_power(const struct page *p, enum mandate_kind kind, struct str of, struct str *out, struct err *err)
{
    struct str power = mandate_power(json_get(p->web->city, "mandates"), kind, of, &p->who.officer);

    if (power.len == 0) {
        return err_problem(err, RC_DENIED, "power-missing", "no power of theirs covers this: %s %.*s", mandate_name(kind),
                           STR_ARG(str_sub(of, 0, 100)));
    }
    *out = power;
    return RC_OK;
}

enum rc
running_number(const struct page *p, int index, int64_t *out, struct err *err)
{
    return str_to_int(p->param[index], out) && *out > 0 ? RC_OK : err_set(err, RC_NOT_FOUND, "no such number");
}

struct str
running_subject(const struct json *variables)
{
    return json_str(json_get(variables, "applicant"), "id");
}

/* --- what was sent -------------------------------------------------------------------------------------------------- */

/* A whole number within bounds; what is not there is `usual`. */
static enum rc
take_int(const struct page *p, const char *name, int64_t usual, int64_t least, int64_t most, int64_t *out, struct err *err)
{
    const struct json *j = json_get(p->input, name);
    int64_t n = usual;

    if ((j != NULL && !json_as_int(j, &n)) || n < least || n > most) {
        return err_set(err, RC_INVALID, "%s is a whole number from %lld to %lld", name, (long long)least, (long long)most);
    }
    *out = n;
    return RC_OK;
}

static enum rc
take_variables(const struct page *p, const struct json **out, struct err *err)
{
    const struct json *j = json_get(p->input, "variables");

    if (j != NULL && !json_is(j, JSON_OBJECT)) {
        return err_set(err, RC_INVALID, "variables are an object");
    }
    *out = j;
    return RC_OK;
}

static enum rc
take_text(const struct page *p, const char *name, size_t most, struct str *out, struct err *err)
{
    struct str text = page_input(p, name);

    if (text.len == 0 || text.len > most) {
        return err_set(err, RC_INVALID, "%s has from 1 to %zu bytes", name, most);
    }
    *out = text;
    return RC_OK;
}

/* --- leases ------------------------------------------------------------------------------------------------------------ */

/* "system:s-1/press-2": who, and which of their programs if they say so. */
static enum rc
owner_of(const struct page *p, struct str *out, struct err *err)
{
    struct str worker = page_input(p, "worker");

    if (worker.len > WORKER_MAX) {
        return err_set(err, RC_INVALID, "the name of a worker has up to %d bytes", WORKER_MAX);
    }
    *out = worker.len == 0 ? p->who.actor : str_fmt(p->arena, "%.*s/%.*s", STR_ARG(p->who.actor), STR_ARG(worker));
    return RC_OK;
}

static struct json *
job_document(struct page *p, const struct runtime_job *j, struct str type)
{
    struct json *d = json_object(p->arena);

    json_set_int(p->arena, d, "instance", j->instance);
    json_set_int(p->arena, d, "token", j->token);
    json_set_int(p->arena, d, "attempt", j->attempt);
    json_set_int(p->arena, d, "tries", j->tries);
    json_set_text(p->arena, d, "type", type);
    json_set_text(p->arena, d, "process", j->process);
    json_set_text(p->arena, d, "element", j->element);
    json_set_text(p->arena, d, "case_no", j->business_key);
    json_set(p->arena, d, "data", j->data != NULL ? json_copy(p->arena, j->data) : json_object(p->arena));
    return d;
}

/* Until there is one, or the time is over, also because the node ends: looking costs no write. */
static enum rc
await_job(struct page *p, struct str type, int64_t wait_s, struct err *err)
{
    int64_t until_us = loop_now_us(p->loop->loop) + wait_s * second_us;
    bool any = false;
    enum rc rc = runtime_job_any(&p->db, type, clock_now_us(p->web->clock), &any, err);

    while (rc == RC_OK && !any && loop_now_us(p->loop->loop) < until_us) {
        rc = task_sleep(p->call->task, loop_now_us(p->loop->loop) + WAIT_PIECE_US, err);
        if (rc == RC_OK || rc == RC_TIMEOUT) {
            rc = runtime_job_any(&p->db, type, clock_now_us(p->web->clock), &any, err);
        } else if (loop_is_ending(p->loop->loop)) {
            return RC_OK;
        }
    }
    return rc;
}

enum rc
work_lease(struct page *p, struct err *err)
{
    struct runtime_wish wish;
    struct runtime_job *job = NULL;
    struct runtime *r;
    struct json *list = json_array(p->arena);
    struct str power;
    int64_t most, lease_s, wait_s;
    size_t count = 0;
    enum rc rc;

    if ((rc = running_open(p, &r, err)) != RC_OK || (rc = running_power(p, MANDATE_JOB, STR(""), &power, err)) != RC_OK ||
        (rc = take_text(p, "type", RUNTIME_KEY_MAX, &wish.type, err)) != RC_OK ||
        (rc = running_power(p, MANDATE_JOB, wish.type, &power, err)) != RC_OK ||
        (rc = take_int(p, "most", 1, 1, RUNTIME_JOBS_MAX, &most, err)) != RC_OK ||
        (rc = take_int(p, "lease_s", LEASE_S, 1, INT32_MAX, &lease_s, err)) != RC_OK ||
        (rc = take_int(p, "wait_s", 0, 0, WAIT_MOST_S, &wait_s, err)) != RC_OK || (rc = owner_of(p, &wish.owner, err)) != RC_OK ||
        (rc = await_job(p, wish.type, wait_s, err)) != RC_OK) {
        return rc;
    }
    wish.most = (size_t)most;
    wish.lease_us = lease_s * second_us;
    wish.now_us = clock_now_us(p->web->clock);
    if ((rc = runtime_job_lease(r, &p->db, p->arena, &wish, &job, &count, err)) != RC_OK) {
        return rc;
    }
    for (size_t i = 0; i < count; i++) {
        json_push(list, job_document(p, &job[i], wish.type));
    }
    json_set(p->arena, p->document, "jobs", list);
    json_set_text(p->arena, p->document, "until", instant_text(p->arena, wish.now_us + wish.lease_us, p->web->offset_minutes));
    return RC_OK;
}

/* A job that somebody says they have. */
struct held {
    struct runtime *r;
    struct runtime_job job;
    struct runtime_held by;
    struct str power;
};

static enum rc
lease_lost(const struct held *h, struct err *err)
{
    return err_problem(err, RC_CONFLICT, "lease-lost", "job %lld of process %lld is not held under attempt %lld", (long long)h->job.token,
                       (long long)h->job.instance, (long long)h->job.attempt);
}

/*
 * What stands there has to be a job and theirs.  Of one that is gone nothing can be done any more, but a repeat may be answered; an attempt is one
 * owner's for ever, so what is found here holds until the command checks the attempt.
 */
static enum rc
find_held(struct page *p, struct held *h, struct err *err)
{
    enum rc rc;

    *h = (struct held){.r = NULL};
    if ((rc = running_open(p, &h->r, err)) != RC_OK || (rc = running_power(p, MANDATE_JOB, STR(""), &h->power, err)) != RC_OK ||
        (rc = take_int(p, "instance", 0, 1, INT64_MAX, &h->job.instance, err)) != RC_OK ||
        (rc = take_int(p, "token", 0, 1, INT64_MAX, &h->job.token, err)) != RC_OK ||
        (rc = take_int(p, "attempt", 0, 1, INT64_MAX, &h->job.attempt, err)) != RC_OK ||
        (rc = runtime_job_held(&p->db, p->arena, h->job.instance, h->job.token, &h->by, err)) != RC_OK || !h->by.is_there) {
        return rc;
    }
    struct str mine = p->who.actor, rest = str_from(h->by.owner, mine.len);
    bool is_mine = h->by.is_job && h->by.is_leased && h->by.attempt == h->job.attempt && str_starts(h->by.owner, mine) &&
                   (rest.len == 0 || rest.ptr[0] == '/');
    return is_mine ? running_power(p, MANDATE_JOB, h->by.type, &h->power, err) : lease_lost(h, err);
}

enum rc
work_heartbeat(struct page *p, struct err *err)
{
    struct held h;
    int64_t lease_s, until_us;
    enum rc rc;

    if ((rc = find_held(p, &h, err)) != RC_OK || (rc = take_int(p, "lease_s", LEASE_S, 1, INT32_MAX, &lease_s, err)) != RC_OK) {
        return rc;
    }
    if (!h.by.is_there) {
        return lease_lost(&h, err);
    }
    until_us = p->now_us + lease_s * second_us;
    rc = runtime_job_extend(h.r, &p->db, &h.job, h.by.owner, until_us, p->now_us, err);
    json_set_text(p->arena, p->document, "until", instant_text(p->arena, until_us, p->web->offset_minutes));
    return rc;
}

/* Who says what to which case under which power: the act, in the transaction of what it comes to. */
struct witness {
    struct page *p;
    const char *doing, *of; /* "retry", "job" */
    struct str name, id;    /* type of a job; name of a message or signal, and its id */
    struct str power;
};

static enum rc
leave_act(struct tx *tx, struct arena *a, const struct witness *w, const struct runtime_told *told, struct str outcome, struct err *err)
{
    struct json *detail = json_object(a);
    struct act_ref ref;

    json_set_text(a, detail, "do", str_of(w->doing));
    json_set_text(a, detail, w->of, w->name);
    if (w->id.len > 0) {
        json_set_text(a, detail, "id", w->id);
    }
    if (told->instance > 0) {
        json_set_int(a, detail, "instance", told->instance);
    }
    if (told->is_incident) {
        json_set_bool(a, detail, "is_incident", true);
    }
    if (outcome.len > 0) {
        json_set_text(a, detail, "outcome", outcome);
    }
    const struct act act = {.kind = ACT_STEP, .at_us = w->p->now_us, .actor = w->p->who.actor, .org = w->p->who.officer.org,
                            .case_no = told->case_no, .resource = w->power, .detail = detail};
    return act_add(tx, a, &act, &ref, err);
}

static enum rc
write_act(struct tx *tx, struct arena *a, const struct runtime_event *e, void *ctx, struct err *err)
{
    const struct instance *i = e->instance;
    const struct runtime_told told = {.case_no = i->business_key, .instance = i->id};

    if (e->command->kind == COMMAND_FAIL && i->state == INSTANCE_FAILED) {
        return err_problem(err, RC_CONFLICT, "error-not-caught", "nothing in this process catches the error %.*s",
                           STR_ARG(str_sub(e->command->outcome, 0, 100)));
    }
    const struct witness *w = ctx;
    enum rc rc = leave_act(tx, a, w, &told, e->command->outcome, err);
    bool is_done = rc == RC_OK && e->command->kind == COMMAND_COMPLETE && w->p->web->chores != NULL;
    return is_done ? chores_note_outside(w->p->web->chores, tx, a, e, w->name, err) : rc;
}

static enum rc
write_told(struct tx *tx, struct arena *a, const struct runtime_told *told, void *ctx, struct err *err)
{
    return leave_act(tx, a, ctx, told, STR(""), err);
}

/* The key of the request, kept with the command too; those of people's commands are others. */
static struct str
command_key(const struct page *p)
{
    struct str key = http_get(&p->call->head->fields, "idempotency-key");

    key = key.len > 0 ? key : json_str(p->input, "idempotency_key");
    return key.len > 0 ? str_fmt(p->arena, "door/%.*s", STR_ARG(key)) : key;
}

/* What says that somebody else has it, or that it is done, is all the same to whoever comes too late. */
static enum rc
too_late(const struct held *h, enum rc rc, struct err *err)
{
    static const char *const types[] = {"attempt-old", "token-gone", "token-other", "instance-over", "no-such-instance"};

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if ((rc == RC_CONFLICT || rc == RC_NOT_FOUND) && str_eq(str_of(err->type), str_of(types[i]))) {
            return lease_lost(h, err);
        }
    }
    return rc;
}

static enum rc
tell_process(struct page *p, const struct held *h, struct command *c, struct err *err)
{
    struct witness w = {p, command_name(c->kind), "job", h->by.type, STR(""), h->power};
    struct runtime_request q = {.instance = h->job.instance, .command = c, .actor = p->who.actor, .key = command_key(p),
                                .now_us = p->now_us, .hook = write_act, .hook_ctx = &w};
    struct runtime_result out;
    enum rc rc;

    c->token = h->job.token;
    c->attempt = h->job.attempt;
    if ((rc = runtime_do(h->r, &p->db, p->arena, &q, &out, err)) != RC_OK) {
        return too_late(h, rc, err);
    }
    json_set_bool(p->arena, p->document, "is_repeated", out.is_repeated);
    json_set_int(p->arena, p->document, "instance", out.instance);
    json_set_text(p->arena, p->document, "state", json_str(out.answer, "state"));
    return RC_OK;
}

enum rc
work_complete(struct page *p, struct err *err)
{
    struct command c = {.kind = COMMAND_COMPLETE};
    struct held h;
    enum rc rc;

    if ((rc = find_held(p, &h, err)) != RC_OK || (rc = take_variables(p, &c.variables, err)) != RC_OK) {
        return rc;
    }
    c.outcome = page_input(p, "outcome");
    return tell_process(p, &h, &c, err);
}

/* "how": "error" is one that the process knows (code); "retry", later once more; "permanent": a person has to look. */
enum rc
work_fail(struct page *p, struct err *err)
{
    struct command c = {.kind = COMMAND_FAIL};
    struct str how = page_input(p, "how"), reason = page_input(p, "reason");
    struct runtime_failure f = {.reason = reason, .is_permanent = str_eq(how, STR("permanent")), .actor = p->who.actor, .now_us = p->now_us};
    bool is_incident = false;
    struct held h;
    enum rc rc;

    if ((rc = find_held(p, &h, err)) != RC_OK) {
        return rc;
    }
    if (str_eq(how, STR("error"))) {
        rc = take_text(p, "code", RUNTIME_KEY_MAX, &c.outcome, err);
        rc = rc != RC_OK ? rc : take_variables(p, &c.variables, err);
        c.reason = reason;
        return rc != RC_OK ? rc : tell_process(p, &h, &c, err);
    }
    if (!f.is_permanent && !str_eq(how, STR("retry"))) {
        return err_set(err, RC_INVALID, "how is one of error, retry, permanent");
    }
    if (reason.len == 0 || reason.len > REASON_MAX) {
        return err_problem(err, RC_INVALID, "reason-missing", "a reason has from 1 to %d bytes", REASON_MAX);
    }
    if (!h.by.is_there) {
        return lease_lost(&h, err);
    }
    struct witness w = {p, f.is_permanent ? "give_up" : "retry", "job", h.by.type, STR(""), h.power};
    f.witness = write_told;
    f.witness_ctx = &w;
    if ((rc = runtime_job_failed(h.r, &p->db, p->arena, &h.job, &f, &is_incident, err)) != RC_OK) {
        return too_late(&h, rc, err);
    }
    json_set_bool(p->arena, p->document, "is_incident", is_incident);
    return RC_OK;
}

/* --- messages and signals --------------------------------------------------------------------------------------------- */

static enum rc
take_message(struct page *p, enum mandate_kind kind, struct runtime **r, struct runtime_message *m, struct witness *w, struct err *err)
{
    int64_t ttl_s = 0;
    enum rc rc;

    *w = (struct witness){.p = p, .doing = mandate_name(kind), .of = "name"};
    *m = (struct runtime_message){.key = page_input(p, "key"), .actor = p->who.actor, .now_us = p->now_us, .witness = write_told, .witness_ctx = w};
    if ((rc = running_open(p, r, err)) != RC_OK || (rc = running_power(p, kind, STR(""), &w->power, err)) != RC_OK ||
        (rc = take_text(p, "name", RUNTIME_KEY_MAX, &m->name, err)) != RC_OK ||
        (rc = running_power(p, kind, m->name, &w->power, err)) != RC_OK || (rc = take_text(p, "id", RUNTIME_KEY_MAX, &m->id, err)) != RC_OK ||
        (rc = take_variables(p, &m->variables, err)) != RC_OK || (rc = take_int(p, "ttl_s", 0, 0, TTL_MOST_S, &ttl_s, err)) != RC_OK) {
        return rc;
    }
    m->ttl_us = ttl_s * second_us;
    w->name = m->name;
    w->id = m->id;
    return RC_OK;
}

enum rc
work_message(struct page *p, struct err *err)
{
    struct runtime_delivery out;
    struct runtime_message m;
    struct runtime *r;
    struct witness w;
    enum rc rc = take_message(p, MANDATE_MESSAGE, &r, &m, &w, err);

    if (rc != RC_OK || (rc = runtime_message(r, &p->db, p->arena, &m, &out, err)) != RC_OK) {
        return rc;
    }
    json_set_bool(p->arena, p->document, "is_repeated", out.is_repeated);
    json_set_bool(p->arena, p->document, "is_taken", out.instance > 0);
    json_set_bool(p->arena, p->document, "is_forgotten", out.instance == RUNTIME_NOBODY);
    return RC_OK;
}

enum rc
work_signal(struct page *p, struct err *err)
{
    struct runtime_delivery out;
    struct runtime_message m;
    struct runtime *r;
    struct witness w;
    enum rc rc = take_message(p, MANDATE_SIGNAL, &r, &m, &w, err);

    if (rc != RC_OK || (rc = runtime_signal(r, &p->db, p->arena, &m, &out, err)) != RC_OK) {
        return rc;
    }
    json_set_bool(p->arena, p->document, "is_repeated", out.is_repeated);
    return RC_OK;
}

/* --- how a case stands ---------------------------------------------------------------------------------------------------- */

/* Looking at a case is an act; what it says of people is for those alone whose power covers that. */
static enum rc
open_instance(struct page *p, struct runtime **r, struct instance *i, bool *sees_all, struct err *err)
{
    struct json *detail = json_object(p->arena);
    struct str power, more;
    struct err none;
    int64_t id;
    enum rc rc;

    if ((rc = running_open(p, r, err)) != RC_OK || (rc = running_power(p, MANDATE_LOOK, STR(""), &power, err)) != RC_OK ||
        (rc = running_number(p, 0, &id, err)) != RC_OK || (rc = runtime_instance(*r, &p->db, p->arena, id, i, err)) != RC_OK ||
        (rc = running_power(p, MANDATE_LOOK, i->binding[0].key, &power, err)) != RC_OK) {
        return rc;
    }
    *sees_all = running_power(p, MANDATE_VARIABLES, i->binding[0].key, &more, &none) == RC_OK;
    json_set_int(p->arena, detail, "instance", id);
    json_set_bool(p->arena, detail, "variables", *sees_all);
    return page_act(p, ACT_VIEW, i->business_key, *sees_all ? running_subject(i->scopes > 0 ? i->scope[0].variables : NULL) : STR(""),
                    *sees_all ? more : power, detail, err);
}

static struct json *
token_document(struct page *p, const struct instance *i, const struct token *t)
{
    struct json *d = json_object(p->arena);
    const struct scope *s = instance_scope(i, t->scope);

    json_set_int(p->arena, d, "token", t->id);
    json_set_text(p->arena, d, "kind", str_of(token_kind_name(t->kind)));
    json_set_text(p->arena, d, "process", i->binding[s->binding].key);
    json_set_text(p->arena, d, "element", instance_element(i, t));
    json_set_text(p->arena, d, "name", t->name);
    json_set_int(p->arena, d, "scope", t->scope);
    json_set_int(p->arena, d, "attempt", t->attempt);
    json_set_bool(p->arena, d, "listens", t->listens);
    if (t->kind == TOKEN_TIMER) {
        json_set_text(p->arena, d, "due", instant_text(p->arena, t->due_us, p->web->offset_minutes));
    }
    return d;
}

static struct json *
scope_document(struct page *p, const struct scope *s, bool sees_all)
{
    struct json *d = json_object(p->arena), *names = json_array(p->arena);

    json_set_int(p->arena, d, "scope", s->id);
    json_set_int(p->arena, d, "parent", s->parent);
    json_set_text(p->arena, d, "kind", str_of(scope_kind_name(s->kind)));
    for (const struct json *v = s->variables != NULL ? s->variables->first : NULL; v != NULL; v = v->next) {
        json_push(names, json_text(p->arena, v->key));
    }
    json_set(p->arena, d, "names", names);
    if (sees_all && s->variables != NULL) {
        json_set(p->arena, d, "variables", json_copy(p->arena, s->variables));
    }
    return d;
}

enum rc
work_instance(struct page *p, struct err *err)
{
    struct json *tokens = json_array(p->arena), *scopes = json_array(p->arena), *d = p->document;
    struct runtime *r;
    struct instance i;
    bool sees_all;
    enum rc rc = open_instance(p, &r, &i, &sees_all, err);

    if (rc != RC_OK) {
        return rc;
    }
    for (size_t n = 0; n < i.tokens; n++) {
        json_push(tokens, token_document(p, &i, &i.token[n]));
    }
    for (size_t n = 0; n < i.scopes; n++) {
        json_push(scopes, scope_document(p, &i.scope[n], sees_all));
    }
    json_set_int(p->arena, d, "instance", i.id);
    json_set_text(p->arena, d, "case_no", i.business_key);
    json_set_text(p->arena, d, "process", i.binding[0].key);
    json_set_int(p->arena, d, "version", i.binding[0].version);
    json_set_text(p->arena, d, "state", str_of(instance_state_name(i.state)));
    json_set_int(p->arena, d, "revision", i.revision);
    json_set_text(p->arena, d, "started", instant_text(p->arena, i.started_us, p->web->offset_minutes));
    if (i.ended_us > 0) {
        json_set_text(p->arena, d, "ended", instant_text(p->arena, i.ended_us, p->web->offset_minutes));
    }
    json_set(p->arena, d, "tokens", tokens);
    json_set(p->arena, d, "scopes", scopes);
    return json_whole(d, err);
}

/* Without what was sent with commands, which is about people. */
static struct json *
bare_line(struct page *p, const struct json *line)
{
    struct json *d = json_object(p->arena), *moves = json_array(p->arena);
    const struct json *told = json_get(line, "moves");

    json_set_int(p->arena, d, "n", json_int_or(line, "n", 0));
    json_set_int(p->arena, d, "at_us", json_int_or(line, "at_us", 0));
    json_set_text(p->arena, d, "actor", json_str(line, "actor"));
    json_set_text(p->arena, d, "command", json_str(json_get(line, "command"), "command"));
    for (const struct json *m = told != NULL ? told->first : NULL; m != NULL; m = m->next) {
        struct json *move = json_array(p->arena);
        const struct json *part = m->first;
        for (int n = 0; n < 4 && part != NULL; n++, part = part->next) { /* the fifth is a text that somebody wrote */
            json_push(move, json_copy(p->arena, part));
        }
        json_push(moves, move);
    }
    json_set(p->arena, d, "moves", moves);
    return d;
}

enum rc
work_history(struct page *p, struct err *err)
{
    struct json *lines, *list = json_array(p->arena);
    struct str wish = page_query(p, "after");
    struct runtime *r;
    struct instance i;
    int64_t after = 0;
    bool sees_all;
    enum rc rc;

    if (wish.len > 0 && (!str_to_int(wish, &after) || after < 0)) {
        return err_set(err, RC_INVALID, "after is the number of a line");
    }
    if ((rc = open_instance(p, &r, &i, &sees_all, err)) != RC_OK ||
        (rc = runtime_history(r, &p->db, p->arena, i.id, after, LINES_MOST, &lines, err)) != RC_OK) {
        return rc;
    }
    for (const struct json *l = lines->first; l != NULL; l = l->next) {
        json_push(list, sees_all ? json_copy(p->arena, l) : bare_line(p, l));
    }
    json_set(p->arena, p->document, "lines", list);
    json_set_bool(p->arena, p->document, "has_more", lines->count == LINES_MOST);
    return json_whole(p->document, err);
}
