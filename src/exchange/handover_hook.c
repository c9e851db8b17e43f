/*
 * What commands on processes mean for hand-overs, in their transaction: a job that is handed over gets a row, one that is gone is taken back, and of a process that
 * was taken from another node that node is told what has become of it.
 */
#include "exchange/handover_int.h"
#include "exchange/handover_sql.h"
#include "process/bpmn_int.h"
#include "process/runtime_job.h"
#include "process/timekeeper_view.h"
#include "rule/program.h"

struct hooking {
    struct handovers *h;
    struct tx *tx;
    struct arena *a;
    const struct runtime_event *event;
};

/* --- what is handed over ------------------------------------------------------------------------------------------ */

/* Of one instance of a repeated call: which it is. */
static int64_t
loop_counter(const struct instance *i, int64_t scope)
{
    const struct scope *s = instance_scope(i, scope);

    while (s != NULL && s->kind != SCOPE_INSTANCE && s->kind != SCOPE_CALL) {
        s = instance_scope(i, s->parent);
    }
    return s != NULL ? s->counter : 0;
}

/* FEEL over what the token sees; "" if it is no text. */
static enum rc
value_of(const struct hooking *k, const struct bpmn *m, const struct token *t, struct gov_value v, struct str *out, struct err *err)
{
    const struct bpmn_text *text = v.text != BPMN_NONE ? &m->text[v.text] : NULL;
    struct run *run = k->h->config.run;
    struct value value = value_null();
    enum rc rc;

    if (text == NULL) {
        *out = v.written;
        return RC_OK;
    }
    run_begin(run, k->event->now_us, k->h->config.offset_seconds);
    struct value *slot = arena_alloc(run_arena(run), (size_t)text->names.count + 1, sizeof(*slot));
    if (slot == NULL) {
        return err_set(err, RC_LIMIT, "no room for the variables of an expression");
    }
    for (uint32_t n = 0; n < text->names.count; n++) {
        struct str name = m->variable[m->use[text->names.first + n]];
        const struct json *j = instance_variable(k->event->instance, t->scope, name);
        slot[n] = j == NULL && str_eq(name, STR("loopCounter")) ? value_of_int(loop_counter(k->event->instance, t->scope)) : value_null();
        if (j != NULL && (rc = value_of_json(run_arena(run), j, &slot[n], err)) != RC_OK && rc != RC_INVALID) {
            return rc;
        }
    }
    if (program_run(run, text->program, &(struct frame){.slot = slot}, &value, err) != RC_OK) {
        value = value_null(); /* it takes too long: nobody is named, and a person will be told so */
    }
    return str_copy(k->a, value.kind == VALUE_STRING ? value.as.text : STR(""), out, err);
}

static void
want_names(const struct hooking *k, const struct bpmn *m, uint32_t text, struct json *wants)
{
    for (uint32_t n = 0; text != BPMN_NONE && n < m->text[text].names.count; n++) {
        struct str name = m->variable[m->use[m->text[text].names.first + n]];
        if (!handover_names(wants, name)) {
            json_push(wants, json_text(k->a, name));
        }
    }
}

/* Of the called process's variables, what the call takes when it ends. */
static struct json *
wants_of(const struct hooking *k, const struct bpmn *m, uint32_t element)
{
    const struct gov_element *g = gov_element(m, element);
    const struct bpmn_run run = m->element[element].mappings;
    struct json *wants = json_array(k->a);

    for (size_t n = 0; n < g->outputs; n++) {
        want_names(k, m, g->output[n].value.text, wants);
    }
    for (uint32_t n = run.first; n < run.first + run.count; n++) {
        if (m->mapping[n].is_output) {
            want_names(k, m, m->mapping[n].text, wants);
        }
    }
    return wants;
}

static struct str
item_of(const struct instance *i, int64_t scope)
{
    struct str of_part = json_str(instance_variable(i, scope, STR("part")), "item");
    const struct json *item = instance_variable(i, scope, STR("item"));

    return of_part.len > 0 ? of_part : json_is(item, JSON_STRING) ? item->text : STR("");
}

static enum rc
hand_over(const struct hooking *k, const struct bpmn *m, const struct token *t, struct err *err)
{
    const struct gov_handover *g = gov_element(m, t->element)->handover;
    const struct instance *i = k->event->instance;
    struct handover row = {.side = HANDOVER_SENT, .agreement = STR(""), .item = item_of(i, t->scope), .basis = STR(""),
                           .case_no = i->business_key, .peer_case = STR(""), .instance = i->id, .token = t->id, .state = STR("new"),
                           .content = json_object(k->a)};
    bool is_new;
    enum rc rc;

    row.name = str_fmt(k->a, "%.*s:%lld:%lld:%lld", STR_ARG(k->h->config.node), (long long)i->id, (long long)t->id, (long long)t->attempt);
    if (row.name.ptr == NULL) {
        return err_set(err, RC_LIMIT, "no room for a hand-over");
    }
    if ((rc = value_of(k, m, t, g->node, &row.peer, err)) != RC_OK || (rc = value_of(k, m, t, g->process, &row.process, err)) != RC_OK ||
        (rc = runtime_job_park(k->tx, i->id, t->id, err)) != RC_OK) {
        return rc;
    }
    if (row.process.len == 0) {
        row.process = m->element[t->element].called;
    }
    json_set(k->a, row.content, "variables", t->data != NULL ? json_copy(k->a, t->data) : json_object(k->a));
    json_set(k->a, row.content, "wants", wants_of(k, m, t->element));
    json_set_text(k->a, row.content, "element", m->element[t->element].id);
    handover_time(k->h, k->a, &row, true, k->event->now_us);
    if ((rc = handover_add(k->h, k->tx, k->a, &row, k->event->now_us, &is_new, err)) == RC_OK && is_new) {
        handover_wake(k->h);
    }
    return rc;
}

/* Nobody waits for it any more: not begun yet, it is nothing; else the other side is told. */
static enum rc
take_back(const struct hooking *k, int64_t token, struct err *err)
{
    const struct handover_from in = {.tx = k->tx};
    struct handover_list open = {NULL, 0};
    struct json *what = json_object(k->a);
    enum rc rc = handover_rows(k->h, &in, k->a, &HANDOVER_OF_TOKEN, VALUES(V_INT(k->event->instance->id), V_INT(token)), 1, &open, err);

    if (rc != RC_OK || open.count == 0 || str_eq(open.row[0].state, STR("withdrawing"))) {
        return rc;
    }
    struct handover *row = &open.row[0];
    if (str_eq(row->state, STR("new"))) {
        handover_end(row, STR("withdrawn"), k->event->now_us);
        return handover_set(k->h, k->tx, k->a, row, err);
    }
    row->state = STR("withdrawing");
    json_set_text(k->a, what, "kind", STR("withdraw"));
    json_set_text(k->a, what, "reason", handover_clip(k->event->command->reason, HANDOVER_TEXT_MAX));
    if ((rc = handover_say(k->h, k->tx, k->a, row, what, k->event->now_us, err)) != RC_OK) {
        return rc;
    }
    handover_wake(k->h);
    return handover_set(k->h, k->tx, k->a, row, err);
}

/* The model of a token whose scope may be gone by now. */
static const struct bpmn *
model_of(const struct instance *i, const struct token *t)
{
    for (size_t n = 0; n < i->scopes; n++) {
        if (i->scope[n].id == t->scope) {
            return i->binding[i->scope[n].binding].model;
        }
    }
    return NULL;
}

static enum rc
look_at_jobs(const struct hooking *k, struct err *err)
{
    const struct instance *i = k->event->instance;
    bool is_over = i->state != INSTANCE_RUNNING && i->state != INSTANCE_SUSPENDED;
    enum rc rc = RC_OK;

    for (size_t n = 0; rc == RC_OK && n < i->tokens; n++) {
        const struct token *t = &i->token[n];
        bool is_gone = t->change == ROW_GONE || is_over;
        if (t->kind != TOKEN_JOB || t->change == ROW_NEVER || (t->change == ROW_KEPT && !is_over)) {
            continue;
        }
        const struct bpmn *m = model_of(i, t);
        if (m != NULL && gov_element(m, t->element)->handover != NULL) {
            rc = is_gone ? take_back(k, t->id, err) : hand_over(k, m, t, err);
        }
    }
    return rc;
}

/* --- what was taken ------------------------------------------------------------------------------------------------- */

static void
add_milestone(const struct hooking *k, struct json *list, const struct gov_state *state)
{
    struct json *j = json_object(k->a);

    json_set_text(k->a, j, "value", handover_clip(state->value, HANDOVER_CODE_MAX));
    json_set_text(k->a, j, "zh", handover_clip(state->zh, HANDOVER_CODE_MAX));
    json_set_text(k->a, j, "en", handover_clip(state->en, HANDOVER_CODE_MAX));
    handover_put_instant(k->h, k->a, j, "at", k->event->now_us);
    json_push(list, j);
}

static struct json *
milestones_of(const struct hooking *k)
{
    const struct instance *i = k->event->instance;
    struct json *list = json_array(k->a);

    for (size_t n = 0; n < k->event->outcome->moves; n++) {
        const struct move *move = &k->event->outcome->move[n];
        if (move->element == BPMN_NONE || move->is_instance || (move->kind != MOVE_ENTERED && move->kind != MOVE_LEFT)) {
            continue;
        }
        const struct gov_element *g = gov_element(i->binding[move->binding].model, move->element);
        for (size_t s = 0; s < g->states; s++) {
            if ((g->state[s].at == GOV_ENTER) == (move->kind == MOVE_ENTERED)) {
                add_milestone(k, list, &g->state[s]);
            }
        }
    }
    return list;
}

static enum rc
tell_progress(const struct hooking *k, struct handover *row, struct json *milestones, bool has_stopped, struct err *err)
{
    struct json *what = json_object(k->a);

    json_set_text(k->a, what, "kind", STR("progress"));
    json_set(k->a, what, "milestones", milestones);
    json_set_bool(k->a, what, "suspended", has_stopped);
    handover_keep_progress(k->a, row->content, what);
    return handover_say(k->h, k->tx, k->a, row, what, k->event->now_us, err);
}

static enum rc
tell_result(const struct hooking *k, struct handover *row, struct err *err)
{
    const struct instance *i = k->event->instance;
    const struct scope *whole = instance_scope(i, 1);
    const struct json *certificate = instance_variable(i, 1, STR("certificate"));
    bool is_withdrawn = json_true(row->content, "withdrawn");
    struct str state = is_withdrawn                        ? STR("withdrawn")
                       : i->state == INSTANCE_COMPLETED ? STR("done")
                       : i->state == INSTANCE_FAILED    ? STR("failed")
                                                        : STR("cancelled");
    struct json *what = json_object(k->a), *content = row->content;
    enum rc rc;

    json_set_text(k->a, what, "kind", STR("result"));
    json_set_text(k->a, what, "outcome", state);
    json_set_text(k->a, what, "code", handover_clip(i->failed_code, HANDOVER_CODE_MAX));
    json_set_text(k->a, what, "reason", handover_clip(k->event->command->reason, HANDOVER_TEXT_MAX));
    if (i->state == INSTANCE_COMPLETED && !is_withdrawn) {
        json_set(k->a, what, "variables", handover_given(k->a, content, whole != NULL ? whole->variables : NULL));
        if (certificate != NULL && handover_names(json_get(content, "gives"), STR("certificate"))) {
            json_set(k->a, what, "certificate", json_copy(k->a, certificate));
        }
    }
    (void)handover_keep_result(k->a, content, what);
    if ((rc = handover_say(k->h, k->tx, k->a, row, what, k->event->now_us, err)) != RC_OK) {
        return rc;
    }
    handover_end(row, state, k->event->now_us);
    handover_time(k->h, k->a, row, false, k->event->now_us);
    return handover_let_go(k->h, k->tx, k->a, row, err);
}

/* The row of a process that was taken over; RC_NOT_FOUND: it was not, or has been told its end. */
static enum rc
taken_row(struct handovers *h, struct tx *tx, struct arena *a, const struct instance *i, struct handover *out, struct err *err)
{
    const struct handover_from in = {.tx = tx};
    struct str name = json_str(instance_variable(i, 1, STR("handover")), "id");
    enum rc rc = name.len > 0 ? handover_by_name(h, &in, a, HANDOVER_TAKEN, name, out, err) : RC_NOT_FOUND;

    return rc == RC_OK && ((out->instance != 0 && out->instance != i->id) || out->closed_us != 0) ? RC_NOT_FOUND : rc;
}

static enum rc
look_at_taken(const struct hooking *k, struct err *err)
{
    const struct instance *i = k->event->instance;
    enum command_kind command = k->event->command->kind;
    bool is_over = i->state != INSTANCE_RUNNING && i->state != INSTANCE_SUSPENDED;
    struct json *milestones;
    struct handover row;
    enum rc rc = taken_row(k->h, k->tx, k->a, i, &row, err);

    if (rc != RC_OK) {
        return rc == RC_NOT_FOUND ? RC_OK : rc;
    }
    row.instance = i->id;
    milestones = milestones_of(k);
    if (milestones == NULL || (command != COMMAND_SUSPEND && command != COMMAND_RESUME && milestones->count == 0 && !is_over &&
                               command != COMMAND_START)) {
        return json_whole(milestones, err);
    }
    if ((milestones->count > 0 || command == COMMAND_SUSPEND || command == COMMAND_RESUME) &&
        (rc = tell_progress(k, &row, milestones, i->state == INSTANCE_SUSPENDED, err)) != RC_OK) {
        return rc;
    }
    if (is_over && (rc = tell_result(k, &row, err)) != RC_OK) {
        return rc;
    }
    handover_wake(k->h);
    return handover_set(k->h, k->tx, k->a, &row, err);
}

enum rc
handover_hook(struct tx *tx, struct arena *a, const struct runtime_event *event, void *ctx, struct err *err)
{
    const struct hooking k = {ctx, tx, a, event};
    enum rc rc = look_at_jobs(&k, err);

    if (rc == RC_OK && event->command->kind == COMMAND_RESUME) {
        rc = tx_run(tx, &HANDOVER_MESSAGES_WAKE, VALUES(V_INT(event->instance->id)), NULL, NULL, err);
    }
    return rc == RC_OK ? look_at_taken(&k, err) : rc;
}

enum rc
handover_moved(struct tx *tx, struct arena *a, const struct watch_change *change, const struct runtime_event *event, void *ctx, struct err *err)
{
    struct handovers *h = ctx;
    struct json *what = json_object(a), *clocks = json_array(a);
    struct handover row;
    enum rc rc = h->config.keeper != NULL ? taken_row(h, tx, a, event->instance, &row, err) : RC_NOT_FOUND;

    if (rc != RC_OK) {
        return rc == RC_NOT_FOUND ? RC_OK : rc;
    }
    row.instance = event->instance->id;
    json_push(clocks, watch_change_json(a, h->config.keeper, change, event->now_us));
    json_set_text(a, what, "kind", STR("progress"));
    json_set(a, what, "clocks", clocks);
    handover_keep_progress(a, row.content, what);
    if ((rc = handover_say(h, tx, a, &row, what, event->now_us, err)) != RC_OK) {
        return rc;
    }
    handover_wake(h);
    return handover_set(h, tx, a, &row, err);
}
