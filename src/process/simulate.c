/*
 * Time that jumps: what is due next is found among the work that is planned, the script, the timers and the clocks of cases, and done;
 * then everything that followed from it is told, posted and planned in turn.
 *
 * Of what is due at the same time messages come first, then work, then the script, then timers, then clocks; of each the oldest.  A
 * look over all that waits costs as much as there is; who tries processes has few at a time.
 */
#include <stdio.h>
#include <string.h>

#include "process/simulate_int.h"

enum due_kind { DUE_NOTHING, DUE_WORK, DUE_SCRIPT, DUE_TIMER, DUE_TICK };
struct due {
    enum due_kind kind;
    int64_t at_us;
    uint32_t instance;
    size_t index; /* of plans, script events, tokens */
};

static enum rc
no_room(struct err *err)
{
    return err_set(err, RC_LIMIT, "the simulation does not fit in memory");
}

void *
sim_add(struct simulation *s, struct growing *list, size_t size)
{
    if (list->count == list->room) {
        size_t room = list->room > 0 ? list->room * 2 : 16;
        void *more = arena_grow(s->arena, list->item, list->room * size, room * size);
        if (more == NULL) {
            return NULL;
        }
        list->item = more;
        list->room = room;
    }
    return (char *)list->item + size * list->count++;
}

/* --- telling ---------------------------------------------------------------------------------------- */

void
sim_say(struct simulation *s, uint32_t instance, struct str element, const char *what, struct str detail)
{
    buf_put_instant(&s->trace, s->now_us, s->config.engine->offset_seconds / 60);
    buf_put_char(&s->trace, ' ');
    buf_put(&s->trace, element);
    if (instance > 1) {
        buf_put_fmt(&s->trace, "#%u", instance);
    }
    buf_put_fmt(&s->trace, " %s", what);
    if (detail.len > 0) {
        buf_put_char(&s->trace, ' ');
        for (size_t i = 0; i < detail.len; i++) { /* a line stays a line */
            buf_put_char(&s->trace, (unsigned char)detail.ptr[i] < ' ' ? ' ' : detail.ptr[i]);
        }
    }
    buf_put_char(&s->trace, '\n');
}

static enum rc
move_clock(struct simulation *s, uint32_t instance, const struct bpmn *m, int64_t scope, const struct gov_on *on, struct err *err)
{
    const struct simulate_hooks *hooks = s->config.hooks;
    const struct gov_clock *clock = gov_clock(m, on->clock);
    char what[32];

    (void)snprintf(what, sizeof(what), "clock %s", gov_do_name(on->what));
    sim_say(s, instance, clock->id, what, on->basis);
    return hooks != NULL && hooks->clock != NULL
               ? hooks->clock(hooks->clock_ctx, instance, instance_clock_scope(sim_instance(s, instance), scope, clock), clock, on->what,
                              on->basis, s->now_us, err)
               : RC_OK;
}

/* What the gov: elements say of that moment. */
static enum rc
tell_gov(struct simulation *s, uint32_t instance, const struct bpmn *m, const struct move *move, struct err *err)
{
    const struct gov_element *g = gov_element(m, move->element);
    enum gov_at at;
    enum rc rc = RC_OK;

    if (!move_moment(move, &at)) {
        return RC_OK;
    }
    for (size_t i = 0; i < g->ons && rc == RC_OK; i++) {
        rc = g->on[i].at == at ? move_clock(s, instance, m, move->scope, &g->on[i], err) : RC_OK;
    }
    for (size_t i = 0; i < g->states; i++) {
        if (g->state[i].at == at) {
            sim_say(s, instance, m->element[move->element].id, "state", g->state[i].value);
        }
    }
    return rc;
}

static enum rc
tell(struct simulation *s, uint32_t instance, const struct move *move, struct err *err)
{
    const struct instance *i = sim_instance(s, instance);
    const struct binding *b = &i->binding[move->binding];

    if (move->element == BPMN_NONE) {
        sim_say(s, instance, b->model->process[b->process].info.id, move_name(move->kind), move->detail);
        return RC_OK;
    }
    struct str id = move->kind == MOVE_TAKEN ? b->model->flow[move->flow].id : b->model->element[move->element].id;
    sim_say(s, instance, id, move_name(move->kind), move->detail);
    return tell_gov(s, instance, b->model, move, err);
}

/* --- work ------------------------------------------------------------------------------------------- */

static struct simulate_work
work_of(const struct simulation *s, uint32_t instance, const struct token *t)
{
    const struct instance *i = sim_instance(s, instance);

    return (struct simulate_work){.instance = instance, .i = i, .token = t, .m = i->binding[instance_scope(i, t->scope)->binding].model,
                                  .element = t->element, .now_us = s->now_us};
}

/* How many times work stood at that element, with this time; 0: no memory. */
static int64_t
count_time(struct simulation *s, struct str element)
{
    for (size_t i = 0; i < s->counts.count; i++) {
        if (str_eq(SIM_AT(s->counts, count, i)->element, element)) {
            return ++SIM_AT(s->counts, count, i)->times;
        }
    }
    struct count *c = sim_add(s, &s->counts, sizeof(*c));
    if (c == NULL) {
        return 0;
    }
    *c = (struct count){element, 1};
    return 1;
}

/* What the script says of that time before what it says of each. */
static const struct script_work *
find_work(const struct simulation *s, struct str element, int64_t time)
{
    const struct script_work *found = NULL;

    for (size_t i = 0; i < s->script.works; i++) {
        const struct script_work *w = &s->script.work[i];
        if (str_eq(w->element, element) && (w->nth == time || (w->nth == 0 && found == NULL))) {
            found = w;
        }
        if (found != NULL && found->nth == time) {
            break;
        }
    }
    return found;
}

static bool
is_plan_of(const struct simulation *s, size_t k, uint32_t instance, const struct token *t)
{
    const struct plan *p = SIM_AT(s->plans, plan, k);

    return p->instance == instance && p->token == t->id && p->attempt == t->attempt;
}

/* Looked for where the one before was found: plans mostly stand in the order of tokens. */
static bool
is_planned(const struct simulation *s, uint32_t instance, const struct token *t, size_t *behind)
{
    size_t k = *behind < s->plans.count && is_plan_of(s, *behind, instance, t) ? *behind : 0;

    while (k < s->plans.count && !is_plan_of(s, k, instance, t)) {
        k++;
    }
    *behind = k < s->plans.count ? k + 1 : *behind;
    return k < s->plans.count;
}

static enum rc
plan_token(struct simulation *s, uint32_t instance, const struct token *t, struct err *err)
{
    const struct simulate_hooks *hooks = s->config.hooks;
    struct simulate_work w = work_of(s, instance, t);
    struct str id = w.m->element[w.element].id;
    int64_t time = count_time(s, id), after_us = 0;
    const struct script_work *how = find_work(s, id, time);
    struct plan *p = sim_add(s, &s->plans, sizeof(*p));

    if (p == NULL || time == 0) {
        return no_room(err);
    }
    if (hooks != NULL && hooks->takes != NULL) {
        after_us = hooks->takes(hooks->ctx, &w);
    } else if (how != NULL) {
        after_us = how->after_us;
    }
    *p = (struct plan){.instance = instance, .token = t->id, .attempt = t->attempt, .how = how,
                       .due_us = after_us < 0 ? INT64_MAX : s->now_us + after_us};
    return RC_OK;
}

static bool
is_work(const struct token *t)
{
    return t->kind == TOKEN_TASK || t->kind == TOKEN_JOB;
}

static enum rc
plan_all(struct simulation *s, uint32_t instance, struct err *err)
{
    const struct instance *i = sim_instance(s, instance);
    size_t behind = 0;
    enum rc rc = RC_OK;

    for (size_t k = 0; k < s->plans.count; k++) { /* what is not there any more is forgotten, in the order of the others */
        struct plan *p = SIM_AT(s->plans, plan, k);
        const struct token *t = p->instance == instance ? instance_token(i, p->token) : NULL;
        if (p->instance == instance && (t == NULL || !is_work(t) || t->attempt != p->attempt)) {
            memmove(p, p + 1, (s->plans.count - k - 1) * sizeof(*p));
            s->plans.count--;
            k--;
        }
    }
    for (size_t k = 0; k < i->tokens && rc == RC_OK; k++) {
        if (is_work(&i->token[k]) && !is_planned(s, instance, &i->token[k], &behind)) {
            rc = plan_token(s, instance, &i->token[k], err);
        }
    }
    return rc;
}

/* --- steps ------------------------------------------------------------------------------------------ */

/* Nobody stops the clocks of what was cancelled from outside. */
static void
end_clocks(struct simulation *s, uint32_t instance)
{
    const struct simulate_hooks *hooks = s->config.hooks;
    const struct instance *i = sim_instance(s, instance);
    bool is_over = i->state != INSTANCE_RUNNING && i->state != INSTANCE_SUSPENDED;

    for (size_t n = 0; hooks != NULL && hooks->clocks_over != NULL && n < i->scopes; n++) {
        const struct scope *row = &i->scope[n];
        if (is_over || row->ended || row->change == ROW_GONE || row->change == ROW_NEVER) {
            hooks->clocks_over(hooks->clock_ctx, instance, row->id, s->now_us);
        }
    }
}

/* What a step did to the world outside; sent only once all of it was told. */
static enum rc
follow(struct simulation *s, uint32_t instance, const struct outcome *o, struct err *err)
{
    enum rc rc = RC_OK;

    for (size_t k = 0; k < o->moves && rc == RC_OK; k++) {
        rc = tell(s, instance, &o->move[k], err);
    }
    end_clocks(s, instance);
    instance_settle(sim_instance(s, instance));
    rc = rc == RC_OK ? plan_all(s, instance, err) : rc;
    for (size_t k = 0; k < o->effects && rc == RC_OK; k++) {
        rc = sim_post(s, instance, &o->effect[k], err);
    }
    return rc;
}

enum rc
sim_step(struct simulation *s, uint32_t instance, const struct command *c, struct err *err)
{
    struct instance *i = sim_instance(s, instance);
    struct outcome o;

    if (s->steps >= s->config.steps_max) {
        s->is_cut = true;
        return RC_OK;
    }
    s->steps++;
    enum rc rc = engine_step(s->config.engine, i, c, s->now_us, &o, err);
    if (rc == RC_LIMIT) {
        return rc;
    }
    if (rc != RC_OK) {
        sim_say(s, instance, i->binding[0].key, "refused", str_of(command_name(c->kind)));
        return RC_OK;
    }
    return follow(s, instance, &o, err);
}

/* All processes of all models, so that whatever is called is there; its own is the first. */
static struct binding *
bind(struct simulation *s, const struct bpmn *m, uint32_t process, size_t *count)
{
    size_t total = 1;

    for (size_t k = 0; k < s->config.models; k++) {
        total += s->config.model[k]->processes;
    }
    struct binding *b = arena_alloc(s->arena, total, sizeof(*b));
    if (b == NULL) {
        return NULL;
    }
    b[0] = (struct binding){.key = m->process[process].info.id, .model = m, .process = process};
    *count = 1;
    for (size_t k = 0; k < s->config.models; k++) {
        const struct bpmn *other = s->config.model[k];
        for (uint32_t p = 0; p < other->processes; p++) {
            if (other != m || p != process) {
                b[(*count)++] = (struct binding){.key = other->process[p].info.id, .model = other, .process = p};
            }
        }
    }
    return b;
}

enum rc
sim_begin(struct simulation *s, const struct bpmn *m, uint32_t process, struct str element, struct str key, const struct json *variables,
          struct err *err)
{
    struct instance *i = arena_alloc(s->arena, 1, sizeof(*i));
    struct command c = {.kind = COMMAND_START, .attempt = -1, .element = element, .variables = variables};
    struct outcome o;

    if (s->instances.count == SIMULATE_INSTANCES_MAX || s->steps >= s->config.steps_max) {
        s->is_cut = true;
        return RC_OK;
    }
    struct instance **kept = sim_add(s, &s->instances, sizeof(i));
    if (i == NULL || kept == NULL) {
        return no_room(err);
    }
    *kept = i;
    *i = (struct instance){.id = (int64_t)s->instances.count, .business_key = key, .arena = s->arena};
    if ((i->binding = bind(s, m, process, &i->bindings)) == NULL) {
        return no_room(err);
    }
    s->steps++;
    enum rc rc = engine_step(s->config.engine, i, &c, s->now_us, &o, err);
    if (rc != RC_OK) {
        s->instances.count--;
        return rc;
    }
    return follow(s, (uint32_t)s->instances.count, &o, err);
}

/* --- doing what is due -------------------------------------------------------------------------------- */

/* A text of the model in the scope of a token, as a text; "" if it is none. */
static struct str
calculate(struct simulation *s, const struct simulate_work *w, uint32_t text)
{
    struct run *run = s->config.engine->run;
    const struct bpmn_text *t = &w->m->text[text];
    struct value out;
    struct str copied;
    struct err err;

    run_begin(run, s->now_us, s->config.engine->offset_seconds);
    struct value *slot = arena_alloc(run_arena(run), t->names.count + 1, sizeof(*slot));
    for (uint32_t i = 0; slot != NULL && i < t->names.count; i++) {
        const struct json *j = instance_variable(w->i, w->token->scope, w->m->variable[w->m->use[t->names.first + i]]);
        if (j != NULL && value_of_json(run_arena(run), j, &slot[i], &err) != RC_OK) {
            return STR("");
        }
    }
    struct frame frame = {.slot = slot};
    bool is_text = slot != NULL && program_run(run, t->program, &frame, &out, &err) == RC_OK && out.kind == VALUE_STRING;
    return is_text && str_copy(s->arena, out.as.text, &copied, &err) == RC_OK ? copied : STR("");
}

/* Of a rule task: the answer, or an incident that says why there is none. */
static void
ask_rule(struct simulation *s, const struct simulate_work *w, struct simulate_deed *out)
{
    const struct simulate_hooks *hooks = s->config.hooks;
    const struct gov_element *g = gov_element(w->m, w->element);
    const struct json *result = NULL;
    struct str key = g->rule.text != BPMN_NONE ? calculate(s, w, g->rule.text) : g->rule.written, copied;
    struct err why;

    if (hooks == NULL || hooks->rule == NULL) {
        *out = (struct simulate_deed){.how = SIMULATE_INCIDENT, .outcome = STR("nobody answers rules here")};
    } else if (hooks->rule(hooks->ctx, s->arena, key, g->decision, w->token->data, s->now_us, &result, &why) != RC_OK) {
        *out = (struct simulate_deed){.how = SIMULATE_INCIDENT,
                                      .outcome = str_copy(s->arena, str_of(why.text), &copied, &why) == RC_OK ? copied : STR("")};
    } else if (g->result.len == 0) {
        out->variables = json_is(result, JSON_OBJECT) ? result : NULL;
    } else {
        struct json *variables = json_object(s->arena);
        json_set_key(s->arena, variables, g->result, json_copy(s->arena, result));
        out->variables = variables;
    }
}

/* By itself work is done, a task with the first of its outcomes. */
static struct simulate_deed
deed_of(struct simulation *s, const struct plan *p, const struct simulate_work *w)
{
    const struct simulate_hooks *hooks = s->config.hooks;
    const struct gov_element *g = gov_element(w->m, w->element);
    struct simulate_deed deed = {.how = SIMULATE_DONE, .outcome = g->outcomes > 0 ? g->outcome[0].code : STR("")};

    if (hooks != NULL && hooks->work != NULL) {
        hooks->work(hooks->ctx, w, &deed);
    } else if (p->how != NULL) {
        struct str usual = deed.outcome;
        deed = p->how->deed;
        deed.outcome = deed.how == SIMULATE_DONE && deed.outcome.len == 0 ? usual : deed.outcome;
    } else if (w->m->element[w->element].kind == BPMN_RULE) {
        ask_rule(s, w, &deed);
    }
    return deed;
}

static enum rc
do_work(struct simulation *s, size_t index, struct err *err)
{
    struct plan p = *SIM_AT(s->plans, plan, index);
    const struct token *t = instance_token(sim_instance(s, p.instance), p.token);
    struct simulate_work w = work_of(s, p.instance, t);
    struct simulate_deed deed = deed_of(s, &p, &w);
    struct command c = {.kind = deed.how == SIMULATE_DONE ? COMMAND_COMPLETE : deed.how == SIMULATE_FAILS ? COMMAND_FAIL : COMMAND_INCIDENT,
                        .token = p.token, .attempt = p.attempt, .variables = deed.variables};

    if (deed.how == SIMULATE_INCIDENT) {
        c.reason = deed.outcome;
    } else {
        c.outcome = deed.outcome;
    }
    SIM_AT(s->plans, plan, index)->due_us = INT64_MAX; /* what is refused is not tried for ever */
    sim_say(s, p.instance, w.m->element[w.element].id, deed.how == SIMULATE_DONE ? "done" : deed.how == SIMULATE_FAILS ? "fails" : "gives up",
            deed.outcome);
    return sim_step(s, p.instance, &c, err);
}

/* The token of an element that a command is for, one that is no listener before one that is; 0: none. */
static int64_t
token_at(const struct instance *i, struct str element)
{
    int64_t found = 0;
    bool listens = true;

    for (size_t k = 0; k < i->tokens; k++) {
        const struct token *t = &i->token[k];
        const struct bpmn *m = i->binding[instance_scope(i, t->scope)->binding].model;
        if (str_eq(m->element[t->element].id, element) && (found == 0 || (listens && !t->listens))) {
            found = t->id;
            listens = t->listens;
        }
    }
    return found;
}

static enum rc
do_command(struct simulation *s, const struct script_event *e, struct err *err)
{
    for (uint32_t k = 1; k <= s->instances.count; k++) {
        struct command c = e->command;
        c.token = e->task.len > 0 ? token_at(sim_instance(s, k), e->task) : 0;
        if (e->task.len == 0 || c.token != 0) { /* the first instance, or the first that stands there */
            return sim_step(s, k, &c, err);
        }
    }
    sim_say(s, 1, e->task, "refused", str_of(command_name(e->command.kind)));
    return RC_OK;
}

static enum rc
do_event(struct simulation *s, size_t index, struct err *err)
{
    struct script_event *e = &s->script.event[index];

    e->is_over = true;
    if (e->command.kind != COMMANDS) {
        return do_command(s, e, err);
    }
    struct effect effect = {.kind = e->effect, .name = e->name, .key = e->key, .variables = e->command.variables, .element = BPMN_NONE};
    return sim_post(s, 0, &effect, err);
}

static enum rc
do_timer(struct simulation *s, const struct due *due, struct err *err)
{
    const struct token *t = &sim_instance(s, due->instance)->token[due->index];
    struct command c = {.kind = COMMAND_TIMER, .token = t->id, .attempt = t->attempt};

    return sim_step(s, due->instance, &c, err);
}

static enum rc
do_tick(struct simulation *s, struct err *err)
{
    const struct simulate_hooks *hooks = s->config.hooks;
    struct simulate_tick tick;

    if (!hooks->next_tick(hooks->clock_ctx, &tick)) {
        return RC_OK;
    }
    struct command c = {.kind = COMMAND_CLOCK, .attempt = -1, .scope = tick.scope, .name = tick.clock, .key = tick.key};
    hooks->tick_told(hooks->clock_ctx, &tick);
    sim_say(s, tick.instance, tick.clock, "clock", tick.key);
    return sim_instance(s, tick.instance)->state == INSTANCE_RUNNING ? sim_step(s, tick.instance, &c, err) : RC_OK;
}

/* --- what is due ---------------------------------------------------------------------------------------- */

static void
earlier(struct due *best, enum due_kind kind, int64_t at_us, uint32_t instance, size_t index)
{
    if (at_us != INT64_MAX && (best->kind == DUE_NOTHING || at_us < best->at_us)) {
        *best = (struct due){kind, at_us, instance, index};
    }
}

/* What a suspended case waits for waits with it. */
static struct due
next_due(const struct simulation *s)
{
    const struct simulate_hooks *hooks = s->config.hooks;
    struct due best = {.kind = DUE_NOTHING};
    struct simulate_tick tick;

    for (size_t k = 0; k < s->plans.count; k++) {
        const struct plan *p = SIM_AT(s->plans, plan, k);
        if (sim_instance(s, p->instance)->state == INSTANCE_RUNNING) {
            earlier(&best, DUE_WORK, p->due_us > s->now_us || p->due_us == INT64_MAX ? p->due_us : s->now_us, p->instance, k);
        }
    }
    for (size_t k = 0; k < s->script.events; k++) {
        earlier(&best, DUE_SCRIPT, s->script.event[k].is_over ? INT64_MAX : s->script.event[k].at_us, 0, k);
    }
    for (uint32_t n = 1; n <= s->instances.count; n++) {
        const struct instance *i = sim_instance(s, n);
        for (size_t k = 0; i->state == INSTANCE_RUNNING && k < i->tokens; k++) {
            earlier(&best, DUE_TIMER, i->token[k].kind == TOKEN_TIMER ? i->token[k].due_us : INT64_MAX, n, k);
        }
    }
    if (hooks != NULL && hooks->next_tick != NULL && hooks->next_tick(hooks->clock_ctx, &tick)) {
        earlier(&best, DUE_TICK, tick.due_us, tick.instance, 0);
    }
    return best;
}

static enum rc
do_due(struct simulation *s, const struct due *due, struct err *err)
{
    switch (due->kind) {
    case DUE_WORK:
        return do_work(s, due->index, err);
    case DUE_SCRIPT:
        return do_event(s, due->index, err);
    case DUE_TIMER:
        return do_timer(s, due, err);
    case DUE_TICK:
        return do_tick(s, err);
    case DUE_NOTHING:
        break;
    }
    return RC_OK;
}

enum rc
simulate_run(struct simulation *s, int64_t until_us, struct err *err)
{
    while (!s->is_cut) {
        bool did;
        enum rc rc = sim_deliver(s, &did, err);
        struct due due = rc == RC_OK && !did ? next_due(s) : (struct due){.kind = DUE_NOTHING};
        if (rc == RC_OK && !did) {
            if (due.kind == DUE_NOTHING) {
                break;
            }
            if (due.at_us > until_us) {
                s->now_us = until_us;
                break;
            }
            s->now_us = due.at_us > s->now_us ? due.at_us : s->now_us;
            rc = do_due(s, &due, err);
        }
        if (rc != RC_OK) {
            return rc;
        }
    }
    return s->trace.failed ? no_room(err) : RC_OK;
}

/* --- beginning, and looking ------------------------------------------------------------------------------- */

enum rc
simulate_new(const struct simulate_config *config, struct simulation **out, struct err *err)
{
    struct simulation *s = arena_alloc(config->arena, 1, sizeof(*s));

    if (s == NULL) {
        return no_room(err);
    }
    *s = (struct simulation){.config = *config, .arena = config->arena, .now_us = config->start_us};
    s->config.steps_max = config->steps_max > 0 ? config->steps_max : SIMULATE_STEPS_MAX;
    buf_init(&s->trace, s->arena, SIMULATE_TRACE_MAX);
    enum rc rc = simulate_read_script(s->arena, config->script, config->engine->zones, config->start_us, &s->script, err);
    if (rc == RC_OK) {
        *out = s;
    }
    return rc;
}

/* The plain start event, or else the first; a process without any begins where nothing leads in. */
static struct str
start_of(const struct bpmn *m, uint32_t process)
{
    struct bpmn_run run = m->scope[m->process[process].scope].elements;
    struct str first = STR("");

    for (uint32_t i = run.first; i < run.first + run.count; i++) {
        const struct bpmn_element *n = &m->element[i];
        if (n->kind == BPMN_START && n->events.count == 0) {
            return STR("");
        }
        first = n->kind == BPMN_START && first.len == 0 ? n->id : first;
    }
    return first;
}

enum rc
simulate_start(struct simulation *s, struct str process, struct str key, const struct json *variables, struct err *err)
{
    const struct bpmn *m = s->config.model[0];
    uint32_t found = process.len > 0 ? bpmn_find_process(m, process) : 0;

    for (uint32_t i = m->processes; process.len == 0 && i-- > 0;) {
        found = m->process[i].info.is_executable ? i : found;
    }
    if (found == BPMN_NONE || found >= m->processes) {
        return err_set(err, RC_NOT_FOUND, "there is no process %.80s", process.len > 0 ? str_c(s->arena, process) : "");
    }
    return sim_begin(s, m, found, start_of(m, found), key, variables, err);
}

struct simulate_state
simulate_state(const struct simulation *s)
{
    struct simulate_state state = {.now_us = s->now_us, .steps = s->steps, .is_cut = s->is_cut, .is_whole = !s->is_cut,
                                   .instances = s->instances.count};

    for (size_t k = 1; k <= s->instances.count; k++) {
        enum instance_state how = sim_instance(s, k)->state;
        state.is_whole = state.is_whole && (how == INSTANCE_COMPLETED || how == INSTANCE_CANCELLED);
    }
    for (size_t k = 0; k < s->messages.count; k++) {
        state.messages += !SIM_AT(s->messages, pending, k)->is_over;
    }
    return state;
}

const struct instance *
simulate_instance(const struct simulation *s, size_t index)
{
    return sim_instance(s, index + 1);
}

struct str
simulate_trace(const struct simulation *s)
{
    return (struct str){s->trace.ptr, s->trace.len};
}

struct json *
simulate_standing(struct arena *a, const struct simulation *s)
{
    struct json *list = json_array(a);

    for (size_t n = 1; n <= s->instances.count; n++) {
        const struct instance *i = sim_instance(s, n);
        for (size_t k = 0; k < i->tokens; k++) {
            const struct token *t = &i->token[k];
            if (t->listens || t->kind == TOKEN_INNER) {
                continue;
            }
            struct json *one = json_object(a);
            json_set_int(a, one, "instance", (int64_t)n);
            json_set_text(a, one, "element", i->binding[instance_scope(i, t->scope)->binding].model->element[t->element].id);
            json_set_text(a, one, "kind", str_of(token_kind_name(t->kind)));
            json_set_text(a, one, "name", t->name);
            json_push(list, one);
        }
    }
    return list;
}

struct str
simulate_called(const struct bpmn *const *model, size_t models, size_t skip)
{
    for (size_t i = 0; i < models; i++) {
        for (uint32_t n = 0; n < model[i]->elements; n++) {
            const struct bpmn_element *e = &model[i]->element[n];
            bool is_there = e->kind != BPMN_CALL || e->called_process != BPMN_NONE;
            for (size_t k = 0; k < models && !is_there; k++) {
                is_there = bpmn_find_process(model[k], e->called) != BPMN_NONE;
            }
            if (!is_there && skip-- == 0) {
                return e->called;
            }
        }
    }
    return STR("");
}
