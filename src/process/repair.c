#include "process/repair.h"

#include "evidence/act.h"
#include "process/message_int.h"
#include "process/repair_sql.h"
#include "process/runtime_int.h"

enum { MESSAGE_WAITS_DAYS = 30 };
static const int64_t day_us = INT64_C(86400) * 1000000;

#define X(name, word) word,
static const char *const repair_names[REPAIRS] = {REPAIR_TABLE(X)};
#undef X

const char *
repair_name(enum repair_kind kind)
{
    return repair_names[kind];
}

bool
repair_by_name(struct str name, enum repair_kind *out)
{
    size_t i;

    if (!str_among(name, repair_names, REPAIRS, &i)) {
        return false;
    }
    *out = (enum repair_kind)i;
    return true;
}

/* One under way. */
struct repairing {
    struct runtime *r;
    struct arena *a;
    const struct repair *what;
    struct repair_done done;
    int64_t due_us;
    /* of the incident */
    bool is_found;
    struct str case_no, process, element, code;
    int64_t version;
    /* of a proposal */
    bool is_proposed;
    struct str to, proposer;
    struct str message; /* name */
};

/* --- what there is ---------------------------------------------------------------------------------------------- */

static enum rc
find_row(const struct row *row, void *ctx, struct err *err)
{
    struct repairing *g = ctx;
    enum rc rc;

    g->is_found = true;
    g->version = row_int(row, 2);
    if ((rc = row_copy_text(row, 0, g->a, &g->case_no, err)) != RC_OK || (rc = row_copy_text(row, 1, g->a, &g->process, err)) != RC_OK ||
        (rc = row_copy_text(row, 3, g->a, &g->element, err)) != RC_OK) {
        return rc;
    }
    return row_copy_text(row, 4, g->a, &g->code, err);
}

static enum rc
proposed_row(const struct row *row, void *ctx, struct err *err)
{
    struct repairing *g = ctx;
    enum rc rc = row_copy_text(row, 0, g->a, &g->to, err);

    g->is_proposed = true;
    return rc != RC_OK ? rc : row_copy_text(row, 1, g->a, &g->proposer, err);
}

static enum rc
find(struct tx *tx, struct repairing *g, struct err *err)
{
    const struct repair *w = g->what;
    enum rc rc;

    g->is_found = g->is_proposed = false;
    rc = tx_run(tx, &REPAIR_AT, VALUES(V_INT(w->instance), V_INT(w->token)), find_row, g, err);
    if (rc == RC_OK && !g->is_found) {
        return err_problem(err, RC_NOT_FOUND, "no-such-incident", "process %lld has no token %lld that cannot go on", (long long)w->instance,
                           (long long)w->token);
    }
    return rc != RC_OK ? rc : tx_run(tx, &PROPOSAL_FIND, VALUES(V_INT(w->instance), V_INT(w->token)), proposed_row, g, err);
}

/* --- the act ----------------------------------------------------------------------------------------------------- */

/* Of variables only the names: what they say stands in the history of the case, sealed. */
static struct json *
names_of(struct arena *a, const struct json *variables)
{
    struct json *names = json_array(a);

    for (const struct json *v = variables != NULL ? variables->first : NULL; v != NULL; v = v->next) {
        json_push(names, json_text(a, v->key));
    }
    return names;
}

static void
put_if(struct arena *a, struct json *d, const char *name, struct str text)
{
    if (text.len > 0) {
        json_set_text(a, d, name, text);
    }
}

static enum rc
write_act(struct tx *tx, struct repairing *g, struct err *err)
{
    const struct repair *w = g->what;
    struct json *detail = json_object(g->a);
    struct act_ref ref;
    enum rc rc;

    json_set_text(g->a, detail, "do", str_of(repair_name(w->kind)));
    put_if(g->a, detail, "process", g->process);
    put_if(g->a, detail, "element", g->element);
    put_if(g->a, detail, "cause", g->code);
    put_if(g->a, detail, "to", w->kind == REPAIR_PROPOSE ? w->element : g->to);
    put_if(g->a, detail, "proposed_by", g->proposer);
    put_if(g->a, detail, "message", g->message);
    put_if(g->a, detail, "message_id", w->message);
    put_if(g->a, detail, "reason", w->reason);
    if (w->instance > 0) {
        json_set_int(g->a, detail, "instance", w->instance);
    }
    if (w->variables != NULL) {
        json_set(g->a, detail, "variables", names_of(g->a, w->variables));
    }
    const struct act act = {.kind = ACT_REPAIR, .at_us = w->now_us, .actor = w->who->actor, .org = w->who->officer.org,
                            .case_no = g->case_no, .resource = w->power, .detail = detail};
    if ((rc = act_add(tx, g->a, &act, &ref, err)) == RC_OK) {
        g->done.act = ref.index;
        g->done.case_no = g->case_no;
    }
    return rc;
}

/* --- incidents ------------------------------------------------------------------------------------------------------ */

static enum rc
propose(struct tx *tx, struct repairing *g, struct err *err)
{
    const struct repair *w = g->what;
    struct json *content = json_object(g->a);
    struct param sealed;
    enum rc rc;

    json_set_text(g->a, content, "reason", w->reason);
    if ((rc = tx_run(tx, &PROPOSAL_SWEEP, NO_VALUES, NULL, NULL, err)) != RC_OK ||
        (rc = runtime_seal(g->r, g->a, runtime_place(g->a, "process_repair.content", w->instance, w->token), content, &sealed, err)) !=
            RC_OK ||
        (rc = tx_run(tx, &PROPOSAL_ADD,
                     VALUES(V_INT(w->instance), V_INT(w->token), V_TEXT(w->element), V_TEXT(w->who->officer.id), V_INT(w->now_us), sealed),
                     NULL, NULL, err)) != RC_OK) {
        return rc;
    }
    return tx_changes(tx) == 1 ? RC_OK : err_problem(err, RC_CONFLICT, "proposed-already", "to move it is proposed already");
}

static enum rc
check_proposal(const struct repairing *g, struct err *err)
{
    const struct repair *w = g->what;

    if (!g->is_proposed) {
        return err_problem(err, RC_NOT_FOUND, "nothing-proposed", "nobody has proposed to move it");
    }
    if (w->kind == REPAIR_MOVE && str_eq(g->proposer, w->who->officer.id)) {
        return err_problem(err, RC_DENIED, "second-person", "whoever proposes it does not do it");
    }
    return RC_OK;
}

static enum rc
command(struct tx *tx, struct repairing *g, struct err *err)
{
    static const enum command_kind kinds[REPAIRS] = {
        [REPAIR_RETRY] = COMMAND_RETRY, [REPAIR_CANCEL] = COMMAND_CANCEL, [REPAIR_MOVE] = COMMAND_MOVE};
    const struct repair *w = g->what;
    const struct command c = {.kind = kinds[w->kind],
                              .token = w->kind == REPAIR_CANCEL ? 0 : w->token,
                              .attempt = -1,
                              .element = w->kind == REPAIR_MOVE ? g->to : STR(""),
                              .reason = w->reason,
                              .variables = w->kind == REPAIR_RETRY ? w->variables : NULL};
    const struct runtime_request q = {.instance = w->instance, .command = &c, .actor = w->who->actor, .now_us = w->now_us};
    struct runtime_result done = {.due_us = INT64_MAX};
    int64_t stuck = 0;
    enum rc rc = runtime_do_tx(g->r, tx, g->a, &q, &done, err);

    if (rc != RC_OK) {
        return rc;
    }
    g->due_us = done.due_us;
    if ((rc = tx_run(tx, &PROPOSAL_DROP, VALUES(V_INT(w->instance), V_INT(w->kind == REPAIR_CANCEL ? 0 : w->token)), NULL, NULL, err)) ==
        RC_OK) {
        rc = tx_int(tx, &REPAIR_STUCK, VALUES(V_INT(w->instance)), &stuck, err);
    }
    g->done.is_stuck = stuck > 0;
    return rc;
}

static enum rc
repair_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct repairing *g = ctx;
    const struct repair *w = g->what;
    enum rc rc = find(tx, g, err);

    if (rc == RC_OK && (w->kind == REPAIR_MOVE || w->kind == REPAIR_DECLINE)) {
        rc = check_proposal(g, err);
    }
    if (rc != RC_OK) {
        return rc;
    }
    if (w->kind == REPAIR_PROPOSE) {
        rc = propose(tx, g, err);
    } else if (w->kind == REPAIR_DECLINE) {
        rc = tx_run(tx, &PROPOSAL_DROP, VALUES(V_INT(w->instance), V_INT(w->token)), NULL, NULL, err);
    } else {
        rc = command(tx, g, err);
    }
    return rc != RC_OK ? rc : write_act(tx, g, err);
}

/* --- messages --------------------------------------------------------------------------------------------------------- */

static enum rc
delivered(struct tx *tx, struct str name, int64_t instance, void *ctx, struct err *err)
{
    struct repairing *g = ctx;

    g->message = name;
    g->done.taken = instance;
    return write_act(tx, g, err);
}

static enum rc
deliver(struct repairing *g, const struct db *db, struct err *err)
{
    const struct message_again again = {.id = g->what->message, .key = g->what->key, .ttl_us = MESSAGE_WAITS_DAYS * day_us,
                                        .actor = g->what->who->actor, .now_us = g->what->now_us, .then = delivered, .ctx = g};
    struct runtime_delivery out;

    return message_again(g->r, db, g->a, &again, &out, err);
}

static enum rc
message_row(const struct row *row, void *ctx, struct err *err)
{
    struct repairing *g = ctx;

    g->is_found = true;
    return row_copy_text(row, 0, g->a, &g->message, err);
}

static enum rc
no_such_message(struct err *err)
{
    return err_problem(err, RC_NOT_FOUND, "no-such-message", "no message of this id waits for anybody");
}

enum rc
repair_message_name(const struct db *db, struct arena *a, struct str id, struct str *out, struct err *err)
{
    struct repairing g = {.a = a};
    enum rc rc = store_read(db, &UNTAKEN_FIND, VALUES(V_TEXT(id)), message_row, &g, err);

    if (rc == RC_OK && !g.is_found) {
        return no_such_message(err);
    }
    if (rc == RC_OK) {
        *out = g.message;
    }
    return rc;
}

static enum rc
forget_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct repairing *g = ctx;
    const struct param id = V_TEXT(g->what->message);
    enum rc rc;

    g->is_found = false;
    if ((rc = tx_run(tx, &UNTAKEN_FIND, VALUES(id), message_row, g, err)) != RC_OK) {
        return rc;
    }
    if (!g->is_found) {
        return no_such_message(err);
    }
    rc = tx_run(tx, &UNTAKEN_DROP, VALUES(id, V_INT(RUNTIME_NOBODY)), NULL, NULL, err);
    return rc != RC_OK ? rc : write_act(tx, g, err);
}

/* --- all of it --------------------------------------------------------------------------------------------------------- */

static enum rc
check(const struct repair *w, struct err *err)
{
    bool wants_reason = w->kind != REPAIR_RETRY && w->kind != REPAIR_DELIVER && w->kind != REPAIR_MOVE;

    if (wants_reason && w->reason.len == 0) {
        return err_problem(err, RC_INVALID, "reason-missing", "it needs a reason");
    }
    if (w->reason.len > REPAIR_REASON_MAX) {
        return err_set(err, RC_INVALID, "a reason has up to %d bytes", REPAIR_REASON_MAX);
    }
    if (w->kind == REPAIR_PROPOSE && w->element.len == 0) {
        return err_set(err, RC_INVALID, "it is to be said where it goes");
    }
    return RC_OK;
}

enum rc
repair_do(struct runtime *r, const struct db *db, struct arena *a, const struct repair *what, struct repair_done *out, struct err *err)
{
    struct repairing g = {.r = r, .a = a, .what = what, .due_us = INT64_MAX};
    enum rc rc = check(what, err);

    if (rc != RC_OK) {
        return rc;
    }
    if (what->kind == REPAIR_DELIVER) {
        rc = deliver(&g, db, err);
    } else if (what->kind == REPAIR_FORGET) {
        rc = store_write(db, forget_tx, &g, err);
    } else {
        rc = store_write(db, repair_tx, &g, err);
        for (int n = 0; n < RUNTIME_COLD_TRIES && runtime_is_cold(rc, err); n++) {
            if ((rc = runtime_warm_instance(r, db, a, what->instance, err)) == RC_OK) {
                rc = store_write(db, repair_tx, &g, err);
            }
        }
    }
    if (rc == RC_OK) {
        runtime_nudge(r, g.due_us);
        *out = g.done;
    }
    return rc;
}
