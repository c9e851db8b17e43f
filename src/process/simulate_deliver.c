/*
 * Messages and signals between the instances of a simulation.
 *
 * A message goes to exactly one token, the first that asks for its name and key; else it begins a process whose start asks for it; else
 * it waits until somebody does.  A signal goes to all that listen now, and begins all that it begins, and is gone.
 */
#include "process/simulate_int.h"

static bool
asks_for(const struct token *t, enum token_kind kind, const struct effect *e)
{
    return t->kind == kind && str_eq(t->name, e->name) && (kind != TOKEN_MESSAGE || str_eq(t->key, e->key));
}

/* The token of an instance, 0: none. */
static int64_t
find_token(const struct instance *i, enum token_kind kind, const struct effect *e)
{
    if (i->state != INSTANCE_RUNNING) {
        return 0;
    }
    for (size_t t = 0; t < i->tokens; t++) {
        if (asks_for(&i->token[t], kind, e)) {
            return i->token[t].id;
        }
    }
    return 0;
}

/* The start event of a process that this triggers, from the element after *at on; false: there is none. */
static bool
next_start(const struct bpmn *m, enum bpmn_trigger trigger, struct str name, uint32_t *at)
{
    for (uint32_t i = *at; i < m->elements; i++) {
        const struct bpmn_element *n = &m->element[i];
        for (uint32_t k = 0; n->kind == BPMN_START && m->scope[n->scope].element == BPMN_NONE && k < n->events.count; k++) {
            const struct bpmn_event *e = &m->event[n->events.first + k];
            if (e->trigger == trigger && e->global != BPMN_NONE && str_eq(m->global[e->global].name, name)) {
                *at = i;
                return true;
            }
        }
    }
    return false;
}

static enum rc
begin_at(struct simulation *s, const struct bpmn *m, uint32_t start, const struct effect *e, struct err *err)
{
    return sim_begin(s, m, m->scope[m->element[start].scope].process, m->element[start].id, e->key, e->variables, err);
}

static enum rc
send_signal(struct simulation *s, uint32_t from, const struct effect *e, struct err *err)
{
    size_t instances = s->instances.count; /* those that it begins do not hear it any more */
    enum rc rc = RC_OK;

    for (size_t k = 1; k <= instances && rc == RC_OK; k++) {
        struct command c = {.kind = COMMAND_SIGNAL, .attempt = -1, .name = e->name, .variables = e->variables};
        if (k != from && find_token(sim_instance(s, k), TOKEN_SIGNAL, e) != 0) {
            rc = sim_step(s, (uint32_t)k, &c, err);
        }
    }
    for (size_t k = 0; k < s->config.models; k++) {
        for (uint32_t at = 0; rc == RC_OK && next_start(s->config.model[k], BPMN_SIGNAL, e->name, &at); at++) {
            rc = begin_at(s, s->config.model[k], at, e, err);
        }
    }
    return rc;
}

enum rc
sim_post(struct simulation *s, uint32_t from, const struct effect *e, struct err *err)
{
    if (e->kind == EFFECT_SIGNAL) {
        return send_signal(s, from, e, err);
    }
    struct pending *p = sim_add(s, &s->messages, sizeof(*p));
    if (p == NULL) {
        return err_set(err, RC_LIMIT, "the messages do not fit in memory");
    }
    *p = (struct pending){*e, from, false};
    return RC_OK;
}

static enum rc
take(struct simulation *s, struct pending *p, bool *did, struct err *err)
{
    struct effect e = p->effect;

    for (uint32_t k = 1; k <= s->instances.count; k++) {
        int64_t token = find_token(sim_instance(s, k), TOKEN_MESSAGE, &e);
        if (token != 0) {
            struct command c = {.kind = COMMAND_MESSAGE, .token = token, .attempt = -1, .name = e.name, .key = e.key, .variables = e.variables};
            *did = p->is_over = true;
            return sim_step(s, k, &c, err);
        }
    }
    for (size_t k = 0; k < s->config.models; k++) {
        uint32_t at = 0;
        if (next_start(s->config.model[k], BPMN_MESSAGE, e.name, &at)) {
            *did = p->is_over = true;
            return begin_at(s, s->config.model[k], at, &e, err);
        }
    }
    return RC_OK;
}

enum rc
sim_deliver(struct simulation *s, bool *did, struct err *err)
{
    enum rc rc = RC_OK;

    *did = false;
    for (size_t i = 0; i < s->messages.count && rc == RC_OK && !*did; i++) {
        if (!SIM_AT(s->messages, pending, i)->is_over) {
            rc = take(s, SIM_AT(s->messages, pending, i), did, err);
        }
    }
    return rc;
}
