/*
 * What came is carried out: each message in the transaction of the command that it means for a process here, together with the number of it in the row.  A process
 * stopped between the two knows neither, and does both when it is started again.
 */
#include "base/clock.h"
#include "exchange/gate.h"
#include "exchange/handover_int.h"
#include "exchange/handover_sql.h"
#include "process/runtime_view.h"

enum { COLD_TRIES = 3 };

struct applying {
    struct handover_work *w;
    struct handover_message m;
    struct handover row;
    struct json *body;
    /* Of an offer: what its process is today, and why it cannot be begun. */
    const struct modelbook_bound *bound;
    size_t bounds;
    enum rc why;
    struct err reason;
    struct json *applicant; /* opened; NULL: nobody is named */
    int64_t listener; /* the token of the process here that listens to it: "withdraw", "handover.received"; 0: none */
    struct runtime_result done;
};

bool
handover_is_cold(enum rc rc, const struct err *err)
{
    return rc == RC_BUSY && str_eq(str_of(err->type), STR("model-cold"));
}

enum rc
handover_warm(struct handover_work *w, int64_t instance, struct err *err)
{
    const struct command nothing = {.kind = COMMAND_SET, .attempt = -1};
    const struct runtime_request q = {.instance = instance, .command = &nothing};

    return runtime_warm(w->h->runtime, &w->db, w->arena, &q, err);
}

static enum rc
command(const struct applying *p, struct tx *tx, const struct command *c, struct runtime_result *out, struct err *err)
{
    const struct runtime_request q = {.instance = p->row.instance, .command = c, .now_us = p->w->now_us,
                                      .actor = str_fmt(p->w->arena, "node:%.*s", STR_ARG(p->row.peer))};

    return q.actor.ptr == NULL ? err_set(err, RC_LIMIT, "no room for a command")
                               : runtime_do_tx(p->w->h->runtime, tx, p->w->arena, &q, out, err);
}

/* The process is over, or its token is: what was to be done has been done by somebody else. */
static bool
is_too_late(enum rc rc, const struct err *err)
{
    struct str type = str_of(rc == RC_OK ? "" : err->type);

    return str_eq(type, STR("token-gone")) || str_eq(type, STR("instance-over")) || str_eq(type, STR("no-such-instance")) ||
           str_eq(type, STR("token-other"));
}

enum rc
handover_stick(struct handovers *h, struct tx *tx, struct arena *a, const struct handover *row, struct str reason, int64_t now_us, struct err *err)
{
    const struct command c = {.kind = COMMAND_INCIDENT, .token = row->token, .attempt = -1, .reason = reason};
    const struct runtime_request q = {.instance = row->instance, .command = &c, .actor = STR("system"), .now_us = now_us};
    struct runtime_result out;
    enum rc rc = handover_set(h, tx, a, row, err); /* closed first: the hook is not to take it back */

    if (rc != RC_OK) {
        return rc;
    }
    rc = runtime_do_tx(h->runtime, tx, a, &q, &out, err);
    return is_too_late(rc, err) ? RC_OK : rc;
}

/* --- at the receiver ------------------------------------------------------------------------------------------------ */

static enum rc
refuse_offer(struct applying *p, struct tx *tx, struct err *err)
{
    struct arena *a = p->w->arena;
    struct json *what = json_object(a);
    enum rc rc;

    json_set_text(a, what, "kind", STR("result"));
    json_set_text(a, what, "outcome", STR("refused"));
    json_set_text(a, what, "reason", str_of(p->reason.type));
    json_set_text(a, p->row.content, "trouble", str_of(p->reason.text));
    (void)handover_keep_result(a, p->row.content, what);
    if ((rc = handover_say(p->w->h, tx, a, &p->row, what, p->w->now_us, err)) != RC_OK) {
        return rc;
    }
    handover_end(&p->row, STR("refused"), p->w->now_us);
    handover_time(p->w->h, a, &p->row, false, p->w->now_us);
    return RC_OK;
}

/* Of the applicant's answers those that were agreed on. */
static struct json *
agreed_answers(struct arena *a, const struct json *agreement, const struct json *about)
{
    struct json *out = json_object(a);

    for (const struct json *f = json_is(about, JSON_OBJECT) ? about->first : NULL; f != NULL; f = f->next) {
        if (handover_names(json_get(agreement, "fields"), f->key)) {
            json_set_key(a, out, f->key, json_copy(a, f));
        }
    }
    return out;
}

/* What the process begins with: what was handed over, what this node says itself, and where it came from. */
static enum rc
begin_variables(struct applying *p, struct tx *tx, const struct json *agreement, struct json **out, struct err *err)
{
    struct arena *a = p->w->arena;
    const struct handover_config *c = &p->w->h->config;
    struct json *variables = handover_variables(a, p->body, agreement), *from = json_object(a);
    enum rc rc = RC_OK;

    p->row.case_no = p->row.name;
    if (c->take != NULL) {
        struct json *who = p->applicant != NULL ? json_copy(a, p->applicant) : json_null(a);
        if (json_is(who, JSON_OBJECT) && json_get(who, "about") != NULL) {
            json_set(a, who, "about", agreed_answers(a, agreement, json_get(who, "about")));
        }
        json_set(a, p->body, "applicant", who);
        rc = c->take(c->ctx, tx, a, &p->row, p->body, variables, &p->row.case_no, err);
    }
    json_set_text(a, from, "id", p->row.name);
    json_set_text(a, from, "node", p->row.peer);
    json_set_text(a, from, "case_no", p->row.peer_case);
    json_set(a, variables, "handover", from);
    json_set_text(a, variables, "case_no", p->row.case_no);
    *out = variables;
    return rc != RC_OK ? rc : json_whole(variables, err);
}

static enum rc
start(struct applying *p, struct tx *tx, struct err *err)
{
    const struct handover_from in = {.tx = tx};
    struct arena *a = p->w->arena;
    struct handovers *h = p->w->h;
    struct json *agreement, *variables, *what = json_object(a);
    enum rc rc;

    if ((rc = handover_agreement(&in, a, p->row.agreement, &agreement, err)) != RC_OK ||
        (rc = begin_variables(p, tx, agreement, &variables, err)) != RC_OK) {
        return rc;
    }
    const struct command c = {.kind = COMMAND_START, .attempt = -1, .variables = variables};
    const struct runtime_request q = {.business_key = p->row.case_no, .bound = p->bound, .bounds = p->bounds, .command = &c,
                                      .actor = str_fmt(a, "node:%.*s", STR_ARG(p->row.peer)), .now_us = p->w->now_us};
    p->row.state = STR("under-way");
    handover_time(h, a, &p->row, true, p->w->now_us);
    json_set_text(a, what, "kind", STR("received"));
    json_set_text(a, what, "case_no", p->row.case_no);
    /* Before the process begins: what it has to tell comes after this. */
    if ((rc = handover_say(h, tx, a, &p->row, what, p->w->now_us, err)) != RC_OK || (rc = handover_set(h, tx, a, &p->row, err)) != RC_OK ||
        (rc = runtime_do_tx(h->runtime, tx, a, &q, &p->done, err)) != RC_OK) {
        return rc;
    }
    return handover_by_id(h, &in, a, p->row.id, &p->row, err); /* the hook has written it */
}

static enum rc
on_offer(struct applying *p, struct tx *tx, struct err *err)
{
    return p->why != RC_OK ? refuse_offer(p, tx, err) : start(p, tx, err);
}

/* A process that has a way of its own to end ("withdraw" is listened to) takes it; another one is cancelled. */
static enum rc
withdraw(struct applying *p, struct tx *tx, struct err *err)
{
    const struct command c = {.kind = p->listener != 0 ? COMMAND_MESSAGE : COMMAND_CANCEL, .token = p->listener, .attempt = -1,
                              .reason = json_str(p->body, "reason")};

    return command(p, tx, &c, &p->done, err);
}

static enum rc
on_withdraw(struct applying *p, struct tx *tx, struct err *err)
{
    const struct handover_from in = {.tx = tx};
    struct handovers *h = p->w->h;
    struct arena *a = p->w->arena;
    enum rc rc;

    if (p->row.closed_us != 0) {
        return RC_OK; /* it ended before: its result is under way */
    }
    json_set_bool(a, p->row.content, "withdrawn", true);
    if ((rc = handover_set(h, tx, a, &p->row, err)) != RC_OK) {
        return rc;
    }
    rc = withdraw(p, tx, err);
    return rc != RC_OK ? rc : handover_by_id(h, &in, a, p->row.id, &p->row, err);
}

/* --- at the sender -------------------------------------------------------------------------------------------------- */

/* The moment that both sides name: as the other side says it, but not before the time was given away, and not later than now, as far as two clocks agree. */
static int64_t
said_at(const struct applying *p)
{
    int64_t at_us, skew_us = (int64_t)p->w->gate->config.clock_skew_s * 1000000;
    struct err ignored;

    if (instant_parse(json_str(p->body, "at"), &at_us, &ignored) != RC_OK || at_us > p->w->now_us + skew_us) {
        return p->w->now_us;
    }
    return at_us < p->row.whose_us - skew_us ? p->row.whose_us : at_us;
}

/* A boundary event of the call may listen to it: then the process hears that the time is the other side's. */
static enum rc
on_received(struct applying *p, struct tx *tx, struct err *err)
{
    const struct command heard = {.kind = COMMAND_MESSAGE, .token = p->listener, .attempt = -1};
    enum rc rc;

    if (p->row.peer_case.len > 0) {
        return RC_OK; /* it is received once */
    }
    p->row.peer_case = json_str(p->body, "case_no");
    if (str_eq(p->row.state, STR("offered"))) {
        p->row.state = STR("received");
    }
    handover_time(p->w->h, p->w->arena, &p->row, false, said_at(p));
    if (p->listener == 0) {
        return RC_OK;
    }
    rc = command(p, tx, &heard, &p->done, err);
    return is_too_late(rc, err) ? RC_OK : rc;
}

static enum rc
on_progress(struct applying *p, struct tx *tx, struct err *err)
{
    (void)tx;
    handover_keep_progress(p->w->arena, p->row.content, p->body);
    return json_whole(p->row.content, err);
}

/* Done: the call goes on.  Failed by an error of the model: the call fails with its code.  Anything else waits for a person. */
static enum rc
tell_process(struct applying *p, struct tx *tx, struct str outcome, struct err *err)
{
    struct command c = {.kind = COMMAND_INCIDENT, .token = p->row.token, .attempt = -1,
                        .reason = str_fmt(p->w->arena, "%.*s: %.*s %.*s", STR_ARG(p->row.peer), STR_ARG(outcome),
                                          STR_ARG(json_str(p->body, "reason")))};

    if (str_eq(outcome, STR("done"))) {
        c = (struct command){.kind = COMMAND_COMPLETE, .token = p->row.token, .attempt = -1,
                             .variables = handover_given(p->w->arena, p->row.content, json_get(p->body, "variables"))};
    } else if (str_eq(outcome, STR("failed")) && json_str(p->body, "code").len > 0) {
        c = (struct command){.kind = COMMAND_FAIL, .token = p->row.token, .attempt = -1, .outcome = json_str(p->body, "code")};
    }
    return command(p, tx, &c, &p->done, err);
}

static enum rc
on_result(struct applying *p, struct tx *tx, struct err *err)
{
    struct arena *a = p->w->arena;
    struct str outcome = handover_keep_result(a, p->row.content, p->body);
    bool is_back = str_eq(p->row.state, STR("withdrawing"));
    enum rc rc;

    handover_end(&p->row, is_back ? STR("withdrawn") : outcome, p->w->now_us);
    handover_time(p->w->h, a, &p->row, true, said_at(p));
    /* Closed before the process hears of it: the hook is not to take back what has come. */
    if (is_back || (rc = handover_set(p->w->h, tx, a, &p->row, err)) != RC_OK) {
        return is_back ? RC_OK : rc;
    }
    rc = tell_process(p, tx, outcome, err);
    return is_too_late(rc, err) ? RC_OK : rc;
}

/* --- one message ------------------------------------------------------------------------------------------------------ */

static const struct {
    const char *kind;
    enum handover_side side;
    enum rc (*fn)(struct applying *p, struct tx *tx, struct err *err);
} kinds[] = {
    {"offer", HANDOVER_TAKEN, on_offer},       {"withdraw", HANDOVER_TAKEN, on_withdraw}, {"received", HANDOVER_SENT, on_received},
    {"progress", HANDOVER_SENT, on_progress}, {"result", HANDOVER_SENT, on_result},
};

static enum rc
carry_out(struct applying *p, struct tx *tx, struct err *err)
{
    for (size_t n = 0; n < sizeof(kinds) / sizeof(kinds[0]); n++) {
        if (str_eq(p->m.kind, str_of(kinds[n].kind)) && p->row.side == kinds[n].side) {
            /* Of what is closed only the number is kept: a result that crossed with a withdrawal, progress told after the end. */
            return p->row.closed_us != 0 ? RC_OK : kinds[n].fn(p, tx, err);
        }
    }
    return RC_OK; /* of a newer version of this protocol: known, and passed over */
}

/* It was read when it came, by this version or an older one. */
static enum rc
read_again(struct applying *p, struct err *err)
{
    struct handover_letter letter;
    enum rc rc = handover_letter_read(p->w->arena, p->m.body, &letter, err);

    if (rc == RC_OK) {
        p->body = letter.body;
    }
    return rc;
}

static enum rc
apply_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct applying *p = ctx;
    struct handover_work *w = p->w;
    const struct handover_from in = {.tx = tx};
    enum rc rc;

    p->done = (struct runtime_result){.due_us = INT64_MAX};
    if ((rc = handover_message_by_id(w->h, &in, w->arena, p->m.id, &p->m, err)) != RC_OK ||
        (rc = handover_by_id(w->h, &in, w->arena, p->m.handover, &p->row, err)) != RC_OK) {
        return rc;
    }
    if (!str_eq(p->m.state, STR("waiting")) || p->m.number != p->row.heard + 1) {
        return RC_OK;
    }
    if ((rc = read_again(p, err)) != RC_OK || (rc = carry_out(p, tx, err)) != RC_OK) {
        return rc;
    }
    p->row.heard = p->m.number;
    return (rc = handover_set(w->h, tx, w->arena, &p->row, err)) != RC_OK
               ? rc
               : tx_run(tx, &HANDOVER_MESSAGE_END, VALUES(V_INT(p->m.id), V_TEXT(STR("done")), V_INT(w->now_us), V_TEXT(STR(""))), NULL,
                        NULL, err);
}

struct later {
    int64_t id, next_us;
    struct str trouble;
};

static enum rc
later_tx(struct tx *tx, void *ctx, struct err *err)
{
    const struct later *l = ctx;

    return tx_run(tx, &HANDOVER_MESSAGE_LATER, VALUES(V_INT(l->id), V_INT(l->next_us), V_TEXT(l->trouble)), NULL, NULL, err);
}

/* host 0: wherever it stands. */
static enum rc
find_listener(struct applying *p, struct str name, int64_t host, struct err *err)
{
    struct handover_work *w = p->w;
    struct instance i;
    enum rc rc = runtime_instance(w->h->runtime, &w->db, w->arena, p->row.instance, &i, err);

    if (handover_is_cold(rc, err) && (rc = handover_warm(w, p->row.instance, err)) == RC_OK) {
        rc = runtime_instance(w->h->runtime, &w->db, w->arena, p->row.instance, &i, err);
    }
    p->listener = 0;
    for (size_t n = 0; rc == RC_OK && n < i.tokens; n++) {
        const struct token *t = &i.token[n];
        if (t->kind == TOKEN_MESSAGE && str_eq(t->name, name) && (host == 0 || t->host == host)) {
            p->listener = t->id;
        }
    }
    return rc;
}

/* Which models an offer means, and who listens to a withdrawal: found here, for nothing is read from anywhere else inside a transaction. */
static enum rc
prepare(struct applying *p, struct err *err)
{
    const struct handover_config *c = &p->w->h->config;
    int32_t day = instant_day(p->w->now_us, c->offset_seconds / 60);

    if (p->row.closed_us == 0 && p->row.instance != 0 && str_eq(p->m.kind, STR("withdraw"))) {
        return find_listener(p, STR("withdraw"), 0, err);
    }
    if (p->row.closed_us == 0 && str_eq(p->m.kind, STR("received"))) {
        return find_listener(p, STR("handover.received"), p->row.token, err);
    }
    if (!str_eq(p->m.kind, STR("offer"))) {
        return RC_OK;
    }
    struct handover_letter letter;
    struct hash seed = handover_seed(p->w->h);
    if ((p->why = handover_letter_read(p->w->arena, p->m.body, &letter, &p->reason)) != RC_OK ||
        (p->why = handover_open_applicant(p->w->arena, &seed, letter.body, &p->applicant, &p->reason)) != RC_OK) {
        return p->why == RC_LIMIT ? (*err = p->reason, p->why) : RC_OK;
    }
    p->why = c->bind(c->ctx, &p->w->db, p->w->arena, p->row.process, day, &p->bound, &p->bounds, &p->reason);
    if (p->why == RC_OK || p->why == RC_NOT_FOUND || p->why == RC_INVALID) {
        return RC_OK;
    }
    *err = p->reason;
    return p->why;
}

static enum rc
warm(struct applying *p, struct err *err)
{
    const struct command start_it = {.kind = COMMAND_START, .attempt = -1};
    const struct runtime_request q = {.bound = p->bound, .bounds = p->bounds, .command = &start_it};

    return p->row.instance != 0 ? handover_warm(p->w, p->row.instance, err)
                                : runtime_warm(p->w->h->runtime, &p->w->db, p->w->arena, &q, err);
}

static enum rc
try_one(struct applying *p, struct err *err)
{
    const struct handover_from in = {.db = &p->w->db};
    struct handover_work *w = p->w;
    enum rc rc;

    if ((rc = handover_message_by_id(w->h, &in, w->arena, p->m.id, &p->m, err)) != RC_OK ||
        (rc = handover_by_id(w->h, &in, w->arena, p->m.handover, &p->row, err)) != RC_OK || (rc = prepare(p, err)) != RC_OK) {
        return rc;
    }
    rc = store_write(&w->db, apply_tx, p, err);
    for (int n = 0; n < COLD_TRIES && handover_is_cold(rc, err); n++) {
        if ((rc = warm(p, err)) == RC_OK) {
            rc = store_write(&w->db, apply_tx, p, err);
        }
    }
    if (rc == RC_INVALID && p->why == RC_OK && str_eq(p->m.kind, STR("offer"))) { /* what came fits no process here: the sender is told so */
        p->why = rc;
        p->reason = *err;
        rc = store_write(&w->db, apply_tx, p, err);
    }
    return rc;
}

/* What cannot be carried out now (its process is suspended, a rule cannot be read) is tried again; others go on. */
static enum rc
apply_one(struct handover_work *w, int64_t id, struct err *err)
{
    struct applying *p = arena_alloc(w->arena, 1, sizeof(*p));
    struct later l = {.id = id};
    enum rc rc;

    if (p == NULL) {
        return err_set(err, RC_LIMIT, "no room for a message");
    }
    p->w = w;
    p->m.id = id;
    if ((rc = try_one(p, err)) == RC_OK) {
        runtime_nudge(w->h->runtime, p->done.due_us);
        return RC_OK;
    }
    handover_log(w->h, "handover_not_carried_out", rc, err);
    l.next_us = handover_again_us(w->h, w->now_us, p->m.tries);
    l.trouble = str_of(err->text);
    return store_write(&w->db, later_tx, &l, err);
}

enum rc
handover_apply_some(struct handover_work *w, struct err *err)
{
    int64_t ids[HANDOVER_BATCH];
    size_t count = 0;
    enum rc rc = handover_ids(&w->db, &HANDOVER_MESSAGES_IN, VALUES(V_INT(w->now_us), V_INT(HANDOVER_BATCH)), ids, HANDOVER_BATCH, &count, err);

    if (rc == RC_OK) {
        rc = handover_do_all(w, apply_one, ids, count, err);
    }
    w->more = w->more || count > 0; /* the next of the same hand-over */
    return rc;
}
