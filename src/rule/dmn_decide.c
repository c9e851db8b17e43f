/*
 * Asking a model: inputs by name, decisions in the order of their plan, each once, and what FEEL calls of a model.
 *
 * What is known stands in an array by the index of the item, and behind it lie the frames of what is decided.  A call of a service
 * begins a new one, since there its parameters stand for what the model knows otherwise.
 */
#include <string.h>

#include "rule/dmn_eval_int.h"
#include "rule/run_int.h"

/* --- one item ------------------------------------------------------------------------------------------ */

struct deciding {
    struct value *known;
    struct value *free; /* for the next frame; on the arena, as what is made in it may be kept */
};

/* The frame of an item with its needs: the frame itself in the place of one value, then the slots. */
static const struct frame *
frame_of(const struct dmn_item *item, struct deciding *d)
{
    struct frame *frame = (struct frame *)(void *)d->free;
    struct value *slot = d->free + 1;

    _Static_assert(sizeof(*frame) <= sizeof(*slot), "a frame fits into the place of a value");
    for (size_t i = 0; i < item->needs; i++) {
        const struct dmn_item *need = item->need[i];
        slot[i] = need->info.kind <= DMN_DECISION ? d->known[need->index] : item->slot[i];
    }
    *frame = (struct frame){.slot = slot};
    d->free = slot + item->needs;
    return frame;
}

static bool
decide(struct run *r, const struct dmn_item *item, struct deciding *d)
{
    struct value *made = &d->known[item->index];

    made->kind = VALUE_NULL;
    if (item->expression != NULL && !dmn_eval(r, item->expression, frame_of(item, d), made)) {
        return false;
    }
    if (!type_is_plain(item->info.type, made->kind) && !type_coerce(r, item->info.type, *made, made)) {
        return false;
    }
    return r->watch == NULL || dmn_trace_done(r, item->called, item->expression, *made);
}

/* Nothing is known yet.  False: a limit. */
static bool
begin(struct run *r, const struct dmn_decision *plan, struct deciding *d)
{
    struct value *known = arena_alloc(r->arena, plan->whole->all + plan->frame_values, sizeof(*known));

    *d = (struct deciding){known, known != NULL ? known + plan->whole->all : NULL};
    return known != NULL || run_full(r);
}

/* --- what FEEL calls --------------------------------------------------------------------------------- */

/* Parameters lie where only the call lasts; whatever is made of them may last longer. */
static struct frame *
frame_of_call(struct run *r, const struct frame *outer, const struct value *argument, size_t count)
{
    struct frame *frame = arena_alloc(r->arena, 1, sizeof(*frame) + count * sizeof(*argument));

    if (frame == NULL) {
        (void)run_full(r);
        return NULL;
    }
    struct value *slot = (struct value *)(void *)(frame + 1);
    if (count > 0) {
        memcpy(slot, argument, count * sizeof(*argument));
    }
    *frame = (struct frame){.outer = outer, .slot = slot};
    return frame;
}

bool
dmn_call_knowledge(struct run *r, const void *ctx, const struct value *argument, struct value *out)
{
    const struct dmn_item *item = ctx;
    const struct dmn_expression *body = item->expression->entry[0].value;
    const struct frame *frame = frame_of_call(r, &item->frame, argument, item->function->count);

    return frame != NULL && dmn_eval(r, body, frame, out) &&
           (r->watch == NULL || dmn_trace_done(r, item->called, body, *out));
}

bool
dmn_call_written(struct run *r, const void *ctx, const struct value *argument, struct value *out)
{
    const struct dmn_closure *closure = ctx;
    const struct frame *frame = frame_of_call(r, closure->frame, argument, closure->expression->function->count);

    return frame != NULL && dmn_eval(r, closure->expression->entry[0].value, frame, out);
}

static bool
give_outputs(struct run *r, const struct dmn_item *service, const struct value *known, struct value *out)
{
    if (service->outputs == 1) {
        *out = known[service->output[0]->index];
        return true;
    }
    struct context *made = arena_alloc(r->arena, 1, sizeof(*made));
    struct entry *entry = arena_alloc(r->arena, service->outputs, sizeof(*entry));
    if (made == NULL || entry == NULL) {
        return run_full(r);
    }
    for (size_t i = 0; i < service->outputs; i++) {
        entry[i] = (struct entry){service->output[i]->info.name, known[service->output[i]->index]};
    }
    *made = (struct context){service->outputs, entry};
    *out = (struct value){.kind = VALUE_CONTEXT, .as.context = made};
    return true;
}

static bool
serve(struct run *r, const struct dmn_item *service, struct deciding *d, struct value *out)
{
    const struct dmn_decision *plan = service->plan;

    for (size_t i = 0; i < plan->decisions; i++) {
        if (!decide(r, plan->decision[i], d)) {
            return false;
        }
    }
    return give_outputs(r, service, d->known, out);
}

bool
dmn_call_service(struct run *r, const void *ctx, const struct value *argument, struct value *out)
{
    const struct dmn_item *service = ctx;
    struct deciding d;

    if (!begin(r, service->plan, &d)) {
        return false;
    }
    for (size_t i = 0; i < service->parameters; i++) {
        d.known[service->parameter[i]->index] = argument[i];
    }
    return serve(r, service, &d, out);
}

/* --- from outside --------------------------------------------------------------------------------------- */

/* A model asked from within a model that is asked (a host may do that) tells its own trace. */
static void *
watch(struct run *r, struct dmn_trace *trace)
{
    void *before = r->watch;

    if (trace != NULL) {
        *trace = (struct dmn_trace){.count = 0};
    }
    r->watch = trace;
    return before;
}

static enum rc
ended(struct run *r, void *before, bool is_good, struct value made, struct value *out, struct err *err)
{
    r->watch = before;
    if (!is_good) {
        enum rc rc = run_rc(r, err);
        return rc != RC_OK ? rc : err_set(err, RC_LIMIT, "the evaluation passed a limit");
    }
    *out = made;
    return RC_OK;
}

/* Those of list that the caller gives, each of its type. */
static bool
take_inputs(struct run *r, const struct dmn_item *const *list, size_t count, const struct context *inputs, struct value *known)
{
    if (!run_count(r, count * (inputs != NULL ? inputs->count : 0))) { /* names are compared one by one */
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const struct value *given = inputs != NULL ? context_find(inputs, list[i]->called) : NULL;
        if (given != NULL && !type_coerce(r, list[i]->info.type, *given, &known[list[i]->index])) {
            return false;
        }
    }
    return true;
}

enum { IS_WANTED = 1, IS_GIVEN = 2 };

/* What is given is not decided, nor is what only that would need. */
static bool
decide_around(struct run *r, const struct dmn_decision *plan, const struct context *inputs, struct deciding *deciding)
{
    unsigned char *state = arena_alloc(r->arena, plan->whole->all, 1);

    if (state == NULL || !run_count(r, plan->decisions * inputs->count)) {
        return run_full(r);
    }
    state[plan->item->index] = IS_WANTED;
    for (size_t i = plan->decisions; i-- > 0;) {
        const struct dmn_item *d = plan->decision[i];
        if (d != plan->item && context_find(inputs, d->called) != NULL) {
            state[d->index] |= IS_GIVEN;
        }
        for (size_t j = 0; j < d->needs && state[d->index] == IS_WANTED; j++) {
            state[d->need[j]->index] |= IS_WANTED;
        }
    }
    for (size_t i = 0; i < plan->decisions; i++) {
        const struct dmn_item *d = plan->decision[i];
        if ((state[d->index] & IS_GIVEN) != 0 ? !take_inputs(r, &d, 1, inputs, deciding->known)
                                              : state[d->index] == IS_WANTED && !decide(r, d, deciding)) {
            return false;
        }
    }
    return true;
}

enum rc
dmn_decide(struct run *r, const struct dmn *m, struct str decision, const struct context *inputs, struct dmn_trace *trace,
           struct value *out, struct err *err)
{
    const struct dmn_decision *plan = dmn_find_decision(m, decision);

    if (plan == NULL) {
        return err_set(err, RC_NOT_FOUND, "no decision %.*s", STR_ARG(decision));
    }
    void *before = watch(r, trace);
    struct deciding d;
    struct context none = {.count = 0};
    bool is_good = begin(r, plan, &d) && take_inputs(r, plan->input, plan->inputs, inputs, d.known) &&
                   decide_around(r, plan, inputs != NULL ? inputs : &none, &d);

    return ended(r, before, is_good, is_good ? d.known[plan->item->index] : value_null(), out, err);
}

enum rc
dmn_decide_slots(struct run *r, const struct dmn_decision *plan, const struct value *input, struct dmn_trace *trace,
                 struct value *out, struct err *err)
{
    void *before = watch(r, trace);
    struct deciding d;
    bool is_good = begin(r, plan, &d);

    for (size_t i = 0; is_good && i < plan->inputs; i++) {
        d.known[plan->input[i]->index] = input[i];
    }
    for (size_t i = 0; is_good && i < plan->decisions; i++) {
        is_good = decide(r, plan->decision[i], &d);
    }
    return ended(r, before, is_good, is_good ? d.known[plan->item->index] : value_null(), out, err);
}

enum rc
dmn_serve(struct run *r, const struct dmn *m, struct str service, const struct context *inputs, struct dmn_trace *trace,
          struct value *out, struct err *err)
{
    const struct dmn_item *item = dmn_find_item(m, service, 1u << DMN_SERVICE);

    if (item == NULL) {
        return err_set(err, RC_NOT_FOUND, "no decision service %.*s", STR_ARG(service));
    }
    void *before = watch(r, trace);
    struct value made = value_null();
    struct deciding d;
    bool is_good = begin(r, item->plan, &d) && take_inputs(r, item->plan->input, item->plan->inputs, inputs, d.known) &&
                   take_inputs(r, item->parameter, item->parameters, inputs, d.known) && serve(r, item, &d, &made) &&
                   type_coerce(r, item->info.type, made, &made);

    return ended(r, before, is_good, made, out, err);
}

enum rc
dmn_invoke(struct run *r, const struct dmn *m, struct str knowledge, const struct context *arguments, struct dmn_trace *trace,
           struct value *out, struct err *err)
{
    const struct dmn_item *item = dmn_find_item(m, knowledge, 1u << DMN_KNOWLEDGE);
    const struct context none = {.count = 0};

    if (item == NULL || item->function == NULL) {
        return err_set(err, RC_NOT_FOUND, "no knowledge %.*s", STR_ARG(knowledge));
    }
    arguments = arguments != NULL ? arguments : &none;
    void *before = watch(r, trace);
    struct value made = value_null();
    bool is_good = function_call_named(r, item->function, arguments->entry, arguments->count, &made);

    return ended(r, before, is_good, made, out, err);
}

enum rc
dmn_inputs_of_json(struct run *r, const struct dmn *m, const struct json *j, const struct context **out, struct err *err)
{
    struct context *made = arena_alloc(r->arena, 1, sizeof(*made));
    struct entry *entry = arena_alloc(r->arena, json_is(j, JSON_OBJECT) ? j->count : 0, sizeof(*entry));
    bool is_good = made != NULL && entry != NULL;

    if (!json_is(j, JSON_OBJECT)) {
        return err_set(err, RC_INVALID, "inputs are an object of names and values");
    }
    made = is_good ? made : NULL;
    for (const struct json *member = j->first; is_good && member != NULL; member = member->next) {
        const struct dmn_item *item = dmn_find_item(m, member->key, 1u << DMN_INPUT | 1u << DMN_DECISION);
        if (item == NULL) {
            continue;
        }
        size_t at = 0;
        while (at < made->count && !str_eq(entry[at].name, item->called)) { /* a name that stands twice counts once */
            at++;
        }
        made->count += at == made->count;
        entry[at].name = item->called;
        is_good = type_of_json(r, item->info.type, member, &entry[at].value);
    }
    if (!is_good) {
        (void)run_full(r);
        return run_rc(r, err);
    }
    made->entry = entry;
    *out = made;
    return RC_OK;
}

/* --- the trace ------------------------------------------------------------------------------------------ */

bool
dmn_trace_add(struct run *r, const struct dmn_step *step)
{
    struct dmn_trace *t = r->watch;

    if (t->count == t->room) {
        size_t room = t->room == 0 ? 8 : t->room * 2;
        void *more = arena_grow(r->arena, t->step, t->room * sizeof(*t->step), room * sizeof(*t->step));
        if (more == NULL) {
            return run_full(r);
        }
        t->step = more;
        t->room = room;
    }
    t->step[t->count++] = *step;
    return true;
}

bool
dmn_trace_done(struct run *r, struct str name, const struct dmn_expression *e, struct value result)
{
    struct dmn_trace *t = r->watch;

    if (e != NULL && e->kind == DMN_TABLE && t->count > 0 && t->step[t->count - 1].table == e->table) {
        t->step[t->count - 1].name = name;
        t->step[t->count - 1].result = result;
        return true;
    }
    return dmn_trace_add(r, &(struct dmn_step){.name = name, .result = result});
}
