/* Activities that run more than once: side by side, one after another, or as long as a condition says. */
#include "process/engine_int.h"
#include "process/gov.h"

#define OUTCOMES STR("outcomes") /* the list of what those who signed said, seen by conditions */
#define REST STR("")             /* items that a sequence has not come to yet; FEEL has no such name */

static const struct bpmn_loop *
loop_of(const struct stepping *s, uint32_t multi)
{
    const struct bpmn *m = model_in(s, multi);

    return &m->loop[m->element[scope_at(s, multi)->element].loop];
}

/* Where an instance of a user task leaves what was said; "" of another kind. */
static struct str
result_of(const struct stepping *s, uint32_t multi)
{
    const struct bpmn_element *n = &model_in(s, multi)->element[scope_at(s, multi)->element];

    return n->kind != BPMN_USER ? STR("") : n->result.len > 0 ? n->result : STR("outcome");
}

/* --- how many --------------------------------------------------------------------------------------- */

static bool
count_of(struct stepping *s, uint32_t token, const struct bpmn_loop *loop, int64_t *total, struct json **list)
{
    uint32_t text = loop->cardinality != BPMN_NONE ? loop->cardinality : loop->collection;
    struct value v;

    *list = NULL;
    *total = -1;
    if (text == BPMN_NONE || !engine_value(s, s->x->in[token], text, NULL, &v)) {
        return text != BPMN_NONE ? false : engine_fault(s, "no-list", "the list of a repeated activity is not there");
    }
    struct json *j = engine_json(s, v);
    if (j == NULL) {
        return false;
    }
    if (loop->cardinality != BPMN_NONE) {
        if (!json_as_int(j, total) || *total < 0) {
            return engine_fault(s, "no-number", "the number of instances is no whole number from 0");
        }
    } else if (j->kind != JSON_ARRAY) {
        return engine_fault(s, "no-list", "what a repeated activity goes through is no list");
    } else {
        *list = j;
        *total = j->count;
    }
    if (*total > ENGINE_INSTANCES_MAX || (loop->kind == BPMN_MULTI_PARALLEL && s->live + (size_t)*total > ENGINE_TOKENS_MAX)) {
        return engine_fault(s, "too-many", "too many instances of a repeated activity");
    }
    return true;
}

/* --- instances --------------------------------------------------------------------------------------- */

static bool
give_item(struct stepping *s, uint32_t scope, const struct bpmn_loop *loop, const struct json *item, const struct json *values)
{
    struct arena *a = s->i->arena;
    struct str result = loop->kind != BPMN_LOOP ? result_of(s, s->x->up[scope]) : STR("");

    if (loop->item.len > 0 && item != NULL && !engine_set_here(s, scope, loop->item, json_copy(a, item))) {
        return false;
    }
    for (const struct json *child = values != NULL ? values->first : NULL; child != NULL; child = child->next) {
        if (!engine_set_here(s, scope, child->key, json_copy(a, child))) {
            return false;
        }
    }
    /* What an instance gives is its own until it is gathered. */
    if (loop->output_item.len > 0 && json_get_key(scope_at(s, scope)->variables, loop->output_item) == NULL &&
        !engine_set_here(s, scope, loop->output_item, json_null(a))) {
        return false;
    }
    return result.len == 0 || json_get_key(scope_at(s, scope)->variables, result) != NULL ||
           engine_set_here(s, scope, result, json_null(a));
}

static bool
begin_instance(struct stepping *s, uint32_t multi, const struct json *item, const struct json *values)
{
    uint32_t element = scope_at(s, multi)->element, place = scope_at(s, multi)->place;
    uint32_t scope = engine_scope_add(s, SCOPE_INSTANCE, multi, BPMN_NONE);
    uint32_t token = scope != BPMN_NONE ? engine_token_add(s, TOKEN_MOVING, scope, element, 0, false) : BPMN_NONE;

    if (token == BPMN_NONE) {
        return false;
    }
    struct scope *row = scope_at(s, multi);
    scope_at(s, scope)->element = element;
    scope_at(s, scope)->place = place;
    scope_at(s, scope)->counter = row->next++;
    row->active++;
    engine_scope_changed(s, multi);
    if (!give_item(s, scope, loop_of(s, multi), item, values)) {
        engine_stuck(s, token, "enter");
        return true;
    }
    if (s->started++ >= 2 * ENGINE_INSTANCES_MAX) {
        (void)engine_fault(s, "too-long", "it goes round without coming to where something is waited for");
        engine_stuck(s, token, "enter");
        return true;
    }
    engine_move_to(s, token, element, BPMN_NONE);
    return true;
}

/* The first of what is left of the list; it leaves there. */
static bool
begin_next(struct stepping *s, uint32_t multi)
{
    struct json *rest = (struct json *)(uintptr_t)json_get_key(scope_at(s, multi)->variables, REST);
    struct json *item = json_is(rest, JSON_ARRAY) ? rest->first : NULL;

    if (item != NULL) {
        engine_fewer_bytes(s, engine_json_bytes(item));
        rest->first = item->next;
        rest->last = item->next == NULL ? NULL : rest->last;
        rest->count--;
        item->next = NULL;
    }
    return begin_instance(s, multi, item, NULL);
}

/* --- beginning ---------------------------------------------------------------------------------------- */

static bool
begin_all(struct stepping *s, uint32_t multi, const struct bpmn_loop *loop, struct json *list)
{
    int64_t total = scope_at(s, multi)->total;

    if (loop->kind == BPMN_MULTI_PARALLEL) {
        const struct json *item = list != NULL ? list->first : NULL;
        for (int64_t k = 0; k < total; k++) {
            if (!begin_instance(s, multi, item, NULL)) {
                return false;
            }
            item = item != NULL ? item->next : NULL;
        }
        return true;
    }
    if (list != NULL && !engine_set_here(s, multi, REST, list)) {
        return false;
    }
    return begin_next(s, multi);
}

static uint32_t
open_multi(struct stepping *s, uint32_t token, int64_t total)
{
    uint32_t multi = engine_scope_add(s, SCOPE_MULTI, s->x->in[token], token);

    if (multi != BPMN_NONE) {
        struct scope *row = scope_at(s, multi);
        row->element = token_at(s, token)->element;
        row->place = element_of(s, token)->scope;
        row->total = total;
        row->next = 1;
        token_at(s, token)->kind = TOKEN_INNER;
        engine_token_changed(s, token);
    }
    return multi;
}

static void
run_multi(struct stepping *s, uint32_t token, int64_t total, struct json *list)
{
    const struct bpmn *m = model_of(s, token);
    const struct bpmn_loop *loop = &m->loop[element_of(s, token)->loop];
    uint32_t multi = open_multi(s, token, total);

    if (multi == BPMN_NONE) {
        return;
    }
    engine_listen_boundaries(s, token);
    if ((loop->output != BPMN_NONE && !engine_set_here(s, multi, m->item[loop->output].name, json_array(s->i->arena))) ||
        !begin_all(s, multi, loop, list)) {
        engine_cancel_scope(s, multi);
        engine_drop_guests(s, token);
        engine_stuck(s, token, "enter");
    }
}

static bool
loop_begins(struct stepping *s, uint32_t token, const struct bpmn_loop *loop, bool *begins)
{
    *begins = loop->maximum != 0;
    return !*begins || !loop->tests_before || loop->condition == BPMN_NONE ||
           engine_true(s, s->x->in[token], loop->condition, begins);
}

void
engine_enter_multi(struct stepping *s, uint32_t token)
{
    const struct bpmn *m = model_of(s, token);
    const struct bpmn_loop *loop = &m->loop[element_of(s, token)->loop];
    int64_t total = 0;
    struct json *list = NULL;
    bool begins = true;

    if (loop->kind == BPMN_LOOP ? !loop_begins(s, token, loop, &begins) : !count_of(s, token, loop, &total, &list)) {
        engine_stuck(s, token, "enter");
    } else if (loop->kind == BPMN_LOOP ? begins : total > 0) {
        run_multi(s, token, total, list);
    } else if (loop->output != BPMN_NONE &&
               !engine_set(s, s->x->in[token], m->item[loop->output].name, json_array(s->i->arena))) {
        engine_stuck(s, token, "enter");
    } else {
        engine_activity_done(s, token);
    }
}

/* --- what they give ----------------------------------------------------------------------------------- */

/* The list of that name; a new one where somebody wrote something else there. */
static struct json *
gathering(struct stepping *s, uint32_t multi, struct str name)
{
    struct json *list = (struct json *)(uintptr_t)json_get_key(scope_at(s, multi)->variables, name);

    if (!json_is(list, JSON_ARRAY)) {
        list = json_array(s->i->arena);
        if (list == NULL || !engine_set_here(s, multi, name, list)) {
            return NULL;
        }
    }
    return list;
}

/* At its place, whoever comes first. */
static bool
gather(struct stepping *s, uint32_t multi, struct str name, int64_t place, const struct json *value)
{
    struct json *list = gathering(s, multi, name);
    struct json *copy = value != NULL ? json_copy(s->i->arena, value) : json_null(s->i->arena);

    if (list == NULL && s->fault != NULL) {
        return false;
    }
    if (copy == NULL || list == NULL) {
        return engine_full(s);
    }
    size_t more = engine_json_bytes(copy);
    if (s->bytes + more > ENGINE_VARIABLES_MAX) {
        return engine_fault(s, "too-large", "the variables of the case are too large");
    }
    s->bytes += more;
    s->is_changed = true;
    engine_scope_changed(s, multi);
    while (list->count + 1 < (uint32_t)place && !list->lost) {
        json_push(list, json_null(s->i->arena));
    }
    if (list->lost) {
        return engine_full(s);
    }
    if (list->count + 1 == (uint32_t)place) {
        json_push(list, copy);
        return true;
    }
    struct json *at = list->first;
    for (int64_t k = 1; k < place; k++) {
        at = at->next;
    }
    copy->next = at->next; /* the null that kept the place becomes what was waited for */
    *at = *copy;
    list->last = at->next == NULL ? at : list->last;
    return true;
}

static bool
note_outcome(struct stepping *s, uint32_t multi, const struct json *variables)
{
    struct str result = result_of(s, multi);
    const struct json *said = result.len > 0 ? json_get_key(variables, result) : NULL;
    const struct json *list = json_get_key(scope_at(s, multi)->variables, OUTCOMES);

    return said == NULL || said->kind == JSON_NULL ||
           gather(s, multi, OUTCOMES, json_is(list, JSON_ARRAY) ? (int64_t)list->count + 1 : 1, said);
}

static bool
collect(struct stepping *s, uint32_t scope, uint32_t multi, const struct bpmn_loop *loop)
{
    const struct json *variables = scope_at(s, scope)->variables;
    struct str from = loop->output_item.len > 0 ? loop->output_item : loop->item;

    if (loop->kind == BPMN_LOOP) {
        return true;
    }
    return note_outcome(s, multi, variables) &&
           (loop->output == BPMN_NONE || gather(s, multi, model_in(s, multi)->item[loop->output].name, scope_at(s, scope)->counter,
                                                json_get_key(variables, from)));
}

/* --- whether it is enough ------------------------------------------------------------------------------ */

struct verdict {
    bool is_final;
    struct str code; /* what they say together; "" */
};

/* 会签: what the outcomes so far say together. */
static struct verdict
countersigned(const struct stepping *s, uint32_t multi)
{
    const struct scope *row = scope_at(s, multi);
    const struct gov_countersign *rule = gov_element(model_in(s, multi), row->element)->countersign;
    const struct json *list = json_get_key(row->variables, OUTCOMES);
    int64_t passed = 0, others = 0;
    struct str other = STR("");

    if (rule == NULL) {
        return (struct verdict){false, STR("")};
    }
    for (const struct json *said = json_is(list, JSON_ARRAY) ? list->first : NULL; said != NULL; said = said->next) {
        bool passes = said->kind == JSON_STRING && str_eq(said->text, rule->pass);
        passed += passes;
        others += !passes;
        other = passes || said->kind != JSON_STRING ? other : said->text;
    }
    bool is_over = row->active == 0;
    if (rule->rule == GOV_SIGN_MAJORITY) {
        is_over = is_over || passed * 2 > row->total || others * 2 >= row->total;
        return (struct verdict){is_over, passed * 2 > row->total ? rule->pass : other};
    }
    is_over = is_over || (rule->rule == GOV_SIGN_ONE_VETO && others > 0);
    return (struct verdict){is_over, others > 0 ? other : rule->pass};
}

static bool
write_results(struct stepping *s, uint32_t multi, uint32_t to, struct str code)
{
    const struct bpmn_loop *loop = loop_of(s, multi);
    struct str name = loop->output != BPMN_NONE ? model_in(s, multi)->item[loop->output].name : STR("");
    const struct json *gathered = json_get_key(scope_at(s, multi)->variables, name), *said;

    if (loop->output != BPMN_NONE && !engine_set(s, to, name, json_copy(s->i->arena, gathered))) {
        return false;
    }
    said = json_get_key(scope_at(s, multi)->variables, OUTCOMES);
    if (said != NULL && !engine_set(s, to, OUTCOMES, json_copy(s->i->arena, said))) {
        return false;
    }
    return code.len == 0 || engine_set(s, to, result_of(s, multi), json_text(s->i->arena, code));
}

static void
cancel_rest(struct stepping *s, uint32_t multi)
{
    for (uint32_t at = s->x->children[multi].first, next; at != BPMN_NONE; at = next) {
        next = s->x->sibling[at].after;
        if (!scope_at(s, at)->ended) {
            engine_cancel_scope(s, at);
        }
    }
}

static void
finish(struct stepping *s, uint32_t multi, struct str code)
{
    uint32_t token = engine_token_row(s, scope_at(s, multi)->token);
    bool is_written;

    cancel_rest(s, multi);
    is_written = write_results(s, multi, s->x->in[token], code);
    if (is_written && engine_keeps(s, multi)) {
        engine_scope_ended(s, multi);
    } else {
        engine_cancel_scope(s, multi);
    }
    if (is_written) {
        engine_activity_done(s, token);
    } else {
        engine_drop_guests(s, token);
        engine_stuck(s, token, "leave");
    }
}

/* --- one is done ---------------------------------------------------------------------------------------- */

static bool
goes_on(struct stepping *s, uint32_t scope, const struct bpmn_loop *loop, bool *again)
{
    int64_t counter = scope_at(s, scope)->counter;

    *again = loop->maximum == BPMN_NONE || counter < loop->maximum;
    return !*again || loop->condition == BPMN_NONE || engine_true(s, scope, loop->condition, again);
}

/* Sets whether all of it is over, and whether one more begins. */
static bool
decide(struct stepping *s, uint32_t scope, uint32_t multi, const struct bpmn_loop *loop, bool *is_over, bool *again)
{
    const struct scope *row = scope_at(s, multi);

    *is_over = *again = false;
    if (loop->kind == BPMN_LOOP) {
        bool is_good = goes_on(s, scope, loop, again);
        *is_over = !*again;
        return is_good;
    }
    if (loop->condition != BPMN_NONE && !engine_true(s, scope, loop->condition, is_over)) {
        return false;
    }
    *again = !*is_over && loop->kind == BPMN_MULTI_SEQUENTIAL && row->next <= row->total;
    *is_over = *is_over || (row->active == 0 && !*again);
    return true;
}

static bool
throws(const struct bpmn_loop *loop, int64_t done)
{
    return loop->event != BPMN_NONE && (loop->behaviour == BPMN_EACH || (loop->behaviour == BPMN_ONE && done == 1));
}

static void
give_up(struct stepping *s, uint32_t multi)
{
    uint32_t token = engine_token_row(s, scope_at(s, multi)->token);

    engine_cancel_scope(s, multi);
    engine_drop_guests(s, token);
    engine_stuck(s, token, "enter");
}

static void
count_done(struct stepping *s, uint32_t multi, const struct bpmn_loop *loop)
{
    struct scope *row = scope_at(s, multi);

    row->active--;
    row->done++;
    row->total = loop->kind == BPMN_LOOP ? row->done : row->total;
    engine_scope_changed(s, multi);
}

void
engine_instance_done(struct stepping *s, uint32_t scope)
{
    uint32_t multi = s->x->up[scope];
    const struct bpmn_loop *loop = loop_of(s, multi);
    bool is_over, again;

    count_done(s, multi, loop);
    if (!collect(s, scope, multi, loop) || !decide(s, scope, multi, loop, &is_over, &again)) {
        give_up(s, multi);
        return;
    }
    if (engine_keeps(s, scope)) {
        engine_cancel_inside(s, scope, false);
        engine_scope_ended(s, scope);
    } else {
        engine_cancel_scope(s, scope);
    }
    if (throws(loop, scope_at(s, multi)->done)) {
        engine_throw_event(s, engine_token_row(s, scope_at(s, multi)->token), &model_in(s, multi)->event[loop->event]);
        if (scope_is_gone(s, multi)) { /* somebody caught it and ended all this */
            return;
        }
    }
    struct verdict verdict = countersigned(s, multi);
    if (is_over || verdict.is_final) {
        finish(s, multi, verdict.code);
    } else if (again) {
        (void)begin_next(s, multi);
    }
}

/* --- signers come and go ----------------------------------------------------------------------------- */

void
engine_add_instance(struct stepping *s, uint32_t multi, const struct json *values)
{
    scope_at(s, multi)->total++;
    (void)begin_instance(s, multi, NULL, values);
}

void
engine_drop_instance(struct stepping *s, uint32_t scope)
{
    uint32_t multi = s->x->up[scope];
    struct scope *row = scope_at(s, multi);

    row->total--;
    row->active--;
    engine_scope_changed(s, multi);
    engine_cancel_scope(s, scope);
    struct verdict verdict = countersigned(s, multi);
    if (row->active == 0 || verdict.is_final) {
        finish(s, multi, verdict.code);
    }
}
