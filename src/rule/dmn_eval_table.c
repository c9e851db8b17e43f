/*
 * Decision tables evaluated (DMN 1.5, 8.2): inputs, the rules that match, and the hit policy that makes one value of them.
 *
 * Without any rule that matches the default outputs count; without those a table that collects gives what collecting nothing gives,
 * and any other null.
 */
#include <string.h>

#include "rule/dmn_eval_int.h"
#include "rule/program_cell_int.h"

enum { RULES_SAID = 6 }; /* in a note */

struct hits {
    size_t count, room;
    struct dmn_hit *hit;
};
struct table_run {
    struct run *run;
    const struct dmn_table *table;
    const struct frame *frame;
    struct value *input;
    struct hits hits;
};

/* --- inputs and rules ----------------------------------------------------------------------------------- */

static bool
take_value(struct run *r, const struct dmn_text *text, const struct type *type, const struct frame *frame, struct value *out)
{
    out->kind = VALUE_NULL;
    if (text->program != NULL && !program_gives(r, text->program, frame, out)) {
        return false;
    }
    return type_is_plain(type, out->kind) || type_coerce(r, type, *out, out);
}

/* An input that may not come in leaves the whole table without a result. */
static bool
is_allowed(struct run *r, const struct dmn_input *in, const struct frame *frame, struct value v, bool *allowed)
{
    *allowed = true;
    if (in->values.program == NULL || v.kind == VALUE_NULL) {
        return true;
    }
    if (!program_passes(r, in->values.program, frame, &v, allowed)) {
        return false;
    }
    if (!*allowed) {
        run_note(r, NOTE_NOT_ALLOWED, in->label, in->values.text);
    }
    return true;
}

/* The kind of an input that no rule has asked for yet. */
enum { NOT_TAKEN = VALUE_KINDS };

/*
 * Where nobody watches, an input whose values are free is calculated when the first cell asks for it: in many tables the first column
 * settles most rows.  FEEL has no effects, so nobody can tell.
 */
static bool
take_inputs(struct table_run *t, bool *allowed)
{
    bool is_watched = t->run->watch != NULL;

    *allowed = true;
    for (size_t i = 0; i < t->table->inputs; i++) {
        const struct dmn_input *in = &t->table->input[i];
        bool is_good = true;
        if (!is_watched && in->values.program == NULL) {
            t->input[i].kind = (enum value_kind)NOT_TAKEN;
            continue;
        }
        if (!take_value(t->run, &in->expression, in->type, t->frame, &t->input[i]) ||
            !is_allowed(t->run, in, t->frame, t->input[i], &is_good)) {
            return false;
        }
        *allowed = *allowed && is_good;
    }
    return true;
}

static bool
take_input(const struct table_run *t, size_t i)
{
    return (int)t->input[i].kind != NOT_TAKEN ||
           take_value(t->run, &t->table->input[i].expression, t->table->input[i].type, t->frame, &t->input[i]);
}

/* By its cells from first on; those before are known to match. */
static bool
rule_matches(const struct table_run *t, const struct dmn_rule *rule, size_t first, bool *matches)
{
    *matches = true;
    for (size_t i = first; i < t->table->inputs && *matches; i++) {
        const struct program *cell = rule->input[i].program;
        if (cell == NULL || program_is_any(cell)) {
            continue;
        }
        if (!take_input(t, i)) {
            return false;
        }
        if (!program_is_simple(cell, &t->input[i], matches) &&
            !program_passes(t->run, cell, t->frame, &t->input[i], matches)) {
            return false;
        }
    }
    return true;
}

/* Nearly always the only one, so room grows from two. */
static bool
add_hit(struct table_run *t, uint32_t rule)
{
    struct hits *h = &t->hits;

    if (h->count == h->room) {
        size_t room = h->room == 0 ? 2 : 2 * h->room;
        struct dmn_hit *more = arena_grow(t->run->arena, h->hit, h->room * sizeof(*more), room * sizeof(*more));
        if (more == NULL) {
            return run_full(t->run);
        }
        h->hit = more;
        h->room = room;
    }
    h->hit[h->count++] = (struct dmn_hit){.rule = rule};
    return true;
}

/*
 * Of the rules from at on, a bit each, those stay in *open that take the inputs before *first; their columns are asked many cells at
 * once, and no input that the rules one by one would not ask for.
 */
static bool
narrow(const struct table_run *t, size_t at, size_t count, uint64_t *open, size_t *first)
{
    size_t i = 0;

    for (; i < t->table->columns && *open != 0; i++) {
        const struct dmn_column *column = &t->table->column[i];
        uint64_t any = column->any[at / DMN_BLOCK], takes;
        if ((*open & ~any) == 0) {
            continue;
        }
        if (!take_input(t, i)) {
            return false;
        }
        if (!dmn_column_takes(column, at, count, &t->input[i], &takes)) {
            break;
        }
        *open &= any | takes;
    }
    *first = i;
    return true;
}

/* Where the first hit ends it, one rule after another: what comes behind that is not asked. */
static bool
find_hits(struct table_run *t)
{
    const struct dmn_table *table = t->table;
    bool first_only = table->hit_policy == HIT_FIRST && t->run->watch == NULL;

    for (size_t at = 0; at < table->rules; at += DMN_BLOCK) {
        size_t count = table->rules - at < DMN_BLOCK ? table->rules - at : DMN_BLOCK, first = 0;
        uint64_t open = UINT64_MAX >> (DMN_BLOCK - count);
        if (!run_count(t->run, count) || (!first_only && !narrow(t, at, count, &open, &first))) {
            return false;
        }
        for (; open != 0; open &= open - 1) {
            size_t i = at + (size_t)__builtin_ctzll(open);
            bool matches;
            if (!rule_matches(t, &table->rule[i], first, &matches) || (matches && !add_hit(t, (uint32_t)(i + 1)))) {
                return false;
            }
            if (matches && first_only) {
                return true;
            }
        }
    }
    return true;
}

static bool
take_outputs(const struct table_run *t, const struct dmn_text *text, const struct value **out)
{
    struct value *value = arena_alloc(t->run->arena, t->table->outputs, sizeof(*value));

    if (value == NULL) {
        return run_full(t->run);
    }
    for (size_t i = 0; i < t->table->outputs; i++) {
        if (!take_value(t->run, &text[i], t->table->output[i].type, t->frame, &value[i])) {
            return false;
        }
    }
    *out = value;
    return true;
}

static bool
take_all_outputs(struct table_run *t)
{
    for (size_t i = 0; i < t->hits.count; i++) {
        if (!take_outputs(t, t->table->rule[t->hits.hit[i].rule - 1].output, &t->hits.hit[i].output)) {
            return false;
        }
    }
    return true;
}

/* --- hit policies ---------------------------------------------------------------------------------------- */

static bool
one_value(const struct table_run *t, const struct value *output, struct value *out)
{
    size_t count = t->table->outputs;

    if (count == 1) {
        *out = output[0];
        return true;
    }
    struct context *made = arena_alloc(t->run->arena, 1, sizeof(*made));
    struct entry *entry = arena_alloc(t->run->arena, count, sizeof(*entry));
    if (made == NULL || entry == NULL) {
        return run_full(t->run);
    }
    for (size_t i = 0; i < count; i++) {
        entry[i] = (struct entry){t->table->output[i].name, output[i]};
    }
    *made = (struct context){count, entry};
    *out = (struct value){.kind = VALUE_CONTEXT, .as.context = made};
    return true;
}

static bool
many_values(const struct table_run *t, struct value *out)
{
    struct list *list = arena_alloc(t->run->arena, 1, sizeof(*list));
    struct value *item = arena_alloc(t->run->arena, t->hits.count, sizeof(*item));

    if (list == NULL || item == NULL) {
        return run_full(t->run);
    }
    for (size_t i = 0; i < t->hits.count; i++) {
        if (!one_value(t, t->hits.hit[i].output, &item[i])) {
            return false;
        }
    }
    *list = (struct list){t->hits.count, item};
    *out = (struct value){.kind = VALUE_LIST, .as.list = list};
    return true;
}

/* Of the values in order of priority; after them all others. */
static size_t
rank_of(const struct dmn_output *output, struct value v)
{
    size_t rank = 0, count = output->ordered != NULL ? output->ordered->count : 0;

    for (; rank < count; rank++) {
        struct value ordered = output->ordered->item[rank];
        enum tri same = ordered.kind == VALUE_RANGE && v.kind != VALUE_RANGE ? range_has(ordered.as.range, v)
                                                                             : value_equal(ordered, v);
        if (same == TRI_TRUE) {
            break;
        }
    }
    return rank;
}

/* The first output that differs decides (8.2.10). */
static bool
comes_first(const struct table_run *t, const struct dmn_hit *a, const struct dmn_hit *b)
{
    for (size_t i = 0; i < t->table->outputs; i++) {
        size_t x = rank_of(&t->table->output[i], a->output[i]), y = rank_of(&t->table->output[i], b->output[i]);
        if (x != y) {
            return x < y;
        }
    }
    return false;
}

static struct dmn_hit
best_hit(const struct table_run *t)
{
    size_t best = 0;

    for (size_t i = 1; i < t->hits.count; i++) {
        best = comes_first(t, &t->hits.hit[i], &t->hits.hit[best]) ? i : best;
    }
    return t->hits.hit[best];
}

/* By insertion: hits are few, and those of one rank stay in the order of the rules.  The trace keeps its own order. */
static bool
put_in_order(struct table_run *t)
{
    struct dmn_hit *sorted = arena_alloc(t->run->arena, t->hits.count, sizeof(*sorted));

    if (sorted == NULL || !run_count(t->run, t->hits.count * t->hits.count)) {
        return run_full(t->run);
    }
    for (size_t i = 0; i < t->hits.count; i++) {
        size_t at = i;
        for (; at > 0 && comes_first(t, &t->hits.hit[i], &sorted[at - 1]); at--) {
            sorted[at] = sorted[at - 1];
        }
        sorted[at] = t->hits.hit[i];
    }
    t->hits.hit = sorted;
    return true;
}

static void
note_many(const struct table_run *t)
{
    char room[NOTE_WORD_MAX];
    struct buf b = {.ptr = room, .cap = sizeof(room), .limit_bytes = sizeof(room)};

    for (size_t i = 0; i < t->hits.count && i < RULES_SAID; i++) {
        buf_put(&b, i == 0 ? STR("") : STR(", "));
        buf_put_int(&b, t->hits.hit[i].rule);
    }
    run_note(t->run, NOTE_MANY_RULES, t->table->name, (struct str){room, b.len});
}

static bool
all_say_the_same(const struct table_run *t)
{
    for (size_t i = 1; i < t->hits.count; i++) {
        for (size_t j = 0; j < t->table->outputs; j++) {
            if (value_equal(t->hits.hit[0].output[j], t->hits.hit[i].output[j]) != TRI_TRUE) {
                return false;
            }
        }
    }
    return true;
}

/* As FEEL's own functions on the list of what was collected. */
static bool
aggregate(struct table_run *t, struct value *out)
{
    static const enum builtin functions[] = {
        [AGGREGATE_COUNT] = BUILTIN_COUNT,
        [AGGREGATE_SUM] = BUILTIN_SUM,
        [AGGREGATE_MIN] = BUILTIN_MIN,
        [AGGREGATE_MAX] = BUILTIN_MAX,
    };
    struct value list;

    if (!many_values(t, &list)) {
        return false;
    }
    if (t->table->aggregation == AGGREGATE_LIST) {
        *out = list;
        return true;
    }
    return function_call(t->run, function_builtin(functions[t->table->aggregation]), &list, 1, out);
}

static bool
choose(struct table_run *t, struct value *out)
{
    switch (t->table->hit_policy) {
    case HIT_UNIQUE:
        if (t->hits.count > 1) {
            note_many(t);
            return true;
        }
        return one_value(t, t->hits.hit[0].output, out);
    case HIT_ANY:
        if (!all_say_the_same(t)) {
            note_many(t);
            return true;
        }
        return one_value(t, t->hits.hit[0].output, out);
    case HIT_FIRST:
        return one_value(t, t->hits.hit[0].output, out);
    case HIT_PRIORITY:
        return one_value(t, best_hit(t).output, out);
    case HIT_OUTPUT_ORDER:
        return put_in_order(t) && many_values(t, out);
    case HIT_RULE_ORDER:
    case HIT_COLLECT:
        return aggregate(t, out);
    }
    return true;
}

static bool
collects(const struct dmn_table *t)
{
    return t->hit_policy == HIT_COLLECT || t->hit_policy == HIT_RULE_ORDER || t->hit_policy == HIT_OUTPUT_ORDER;
}

static bool
use_fallbacks(struct table_run *t, struct value *out)
{
    struct dmn_hit only = {.rule = 0};
    struct dmn_text *fallback = arena_alloc(t->run->arena, t->table->outputs, sizeof(*fallback));
    bool has_default = false;

    if (fallback == NULL) {
        return run_full(t->run);
    }
    for (size_t i = 0; i < t->table->outputs; i++) {
        fallback[i] = t->table->output[i].fallback;
        has_default = has_default || fallback[i].program != NULL;
    }
    if (has_default) {
        return take_outputs(t, fallback, &only.output) && one_value(t, only.output, out);
    }
    if (collects(t->table)) {
        return aggregate(t, out);
    }
    run_note(t->run, NOTE_NO_RULE, t->table->name, STR(""));
    return true;
}

/* Most tables have one output, and its value is made where it stays; nobody else looks at it, unless there is a trace. */
static bool
choose_plainly(struct table_run *t, struct value *out)
{
    const struct dmn_table *table = t->table;
    bool is_one = table->outputs == 1 && t->run->watch == NULL;

    if (is_one && t->hits.count == 1 && !collects(table)) {
        return take_value(t->run, table->rule[t->hits.hit[0].rule - 1].output, table->output->type, t->frame, out);
    }
    if (is_one && t->hits.count == 0 && table->output->fallback.program != NULL) {
        return take_value(t->run, &table->output->fallback, table->output->type, t->frame, out);
    }
    return take_all_outputs(t) && (t->hits.count == 0 ? use_fallbacks(t, out) : choose(t, out));
}

/* Not inline: a step is much to clear. */
__attribute__((noinline)) static bool
trace(struct table_run *t, struct value result)
{
    const struct dmn_step step = {.name = t->table->name,
                                  .table = t->table,
                                  .input = t->input,
                                  .hits = t->hits.count,
                                  .hit = t->hits.hit,
                                  .result = result};

    return dmn_trace_add(t->run, &step);
}

/* Inputs lie where only this table lasts, unless the trace keeps them. */
bool
dmn_eval_table(struct run *r, const struct dmn_table *table, const struct frame *frame, struct value *out)
{
    struct table_run t = {.run = r, .table = table, .frame = frame};
    const size_t slots = r->slots;
    bool allowed;

    out->kind = VALUE_NULL;
    t.input = r->watch == NULL ? run_slots(r, table->inputs)
                                   : arena_alloc(r->arena, table->inputs, sizeof(*t.input));
    if (t.input == NULL) {
        return run_full(r);
    }
    if (!take_inputs(&t, &allowed) || (allowed && (!find_hits(&t) || !choose_plainly(&t, out)))) {
        return false;
    }
    r->slots = slots;
    return r->watch == NULL || trace(&t, *out);
}
