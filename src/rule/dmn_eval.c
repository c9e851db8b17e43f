/* Boxed expressions evaluated (DMN 1.5, 10.2). */
#include "rule/dmn_eval_int.h"
#include "rule/eval_int.h"

typedef bool eval_boxed(struct run *r, const struct dmn_expression *e, const struct frame *frame, struct value *out);

static bool
eval_program(struct run *r, const struct program *p, const struct frame *frame, struct value *out)
{
    out->kind = VALUE_NULL;
    return p == NULL || program_value(r, p, frame, out);
}

static bool
eval_literal(struct run *r, const struct dmn_expression *e, const struct frame *frame, struct value *out)
{
    return eval_program(r, e->literal.program, frame, out);
}

static bool
eval_table(struct run *r, const struct dmn_expression *e, const struct frame *frame, struct value *out)
{
    return dmn_eval_table(r, e->table, frame, out);
}

/* An entry of a context, relation, list or call, of the type that it says itself. */
static bool
eval_entry(struct run *r, const struct dmn_entry *entry, const struct frame *frame, struct value *out)
{
    struct value made;

    return dmn_eval(r, entry->value, frame, &made) && type_coerce(r, entry->type, made, out);
}

/* --- made of entries ----------------------------------------------------------------------------------- */

static struct value
value_of_list(struct list *list, const struct value *item, size_t count)
{
    *list = (struct list){count, item};
    return (struct value){.kind = VALUE_LIST, .as.list = list};
}

/* Values by the names of the entries; an entry without a name is the result. */
static bool
eval_boxed_context(struct run *r, const struct dmn_expression *e, const struct frame *outer, struct value *out)
{
    struct arena *a = r->arena;
    struct frame *frame = arena_alloc(a, 1, sizeof(*frame));
    struct value *slot = arena_alloc(a, e->entries, sizeof(*slot));
    struct context *made = arena_alloc(a, 1, sizeof(*made));
    struct entry *entry = arena_alloc(a, e->entries, sizeof(*entry));
    size_t count = 0;

    if (frame == NULL || slot == NULL || made == NULL || entry == NULL) {
        return run_full(r);
    }
    *frame = (struct frame){outer, slot};
    for (size_t i = 0; i < e->entries; i++) {
        if (!eval_entry(r, &e->entry[i], frame, &slot[i])) {
            return false;
        }
        if (e->entry[i].name.len == 0) {
            *out = slot[i];
            return true;
        }
        entry[count++] = (struct entry){e->entry[i].name, slot[i]};
    }
    *made = (struct context){count, entry};
    *out = (struct value){.kind = VALUE_CONTEXT, .as.context = made};
    return true;
}

static bool
eval_boxed_relation(struct run *r, const struct dmn_expression *e, const struct frame *frame, struct value *out)
{
    struct arena *a = r->arena;
    size_t rows = e->columns == 0 ? 0 : e->entries / e->columns;
    struct list *list = arena_alloc(a, 1, sizeof(*list));
    struct value *item = arena_alloc(a, rows, sizeof(*item));
    struct context *row = arena_alloc(a, rows, sizeof(*row));
    struct entry *entry = arena_alloc(a, e->entries, sizeof(*entry));

    if (list == NULL || item == NULL || row == NULL || entry == NULL) {
        return run_full(r);
    }
    for (size_t i = 0; i < e->entries; i++) {
        entry[i].name = e->entry[i].name;
        if (!eval_entry(r, &e->entry[i], frame, &entry[i].value)) {
            return false;
        }
    }
    for (size_t i = 0; i < rows; i++) {
        row[i] = (struct context){e->columns, entry + i * e->columns};
        item[i] = (struct value){.kind = VALUE_CONTEXT, .as.context = &row[i]};
    }
    *out = value_of_list(list, item, rows);
    return true;
}

static bool
eval_boxed_list(struct run *r, const struct dmn_expression *e, const struct frame *frame, struct value *out)
{
    struct list *list = arena_alloc(r->arena, 1, sizeof(*list));
    struct value *item = arena_alloc(r->arena, e->entries, sizeof(*item));

    if (list == NULL || item == NULL) {
        return run_full(r);
    }
    for (size_t i = 0; i < e->entries; i++) {
        if (!eval_entry(r, &e->entry[i], frame, &item[i])) {
            return false;
        }
    }
    *out = value_of_list(list, item, e->entries);
    return true;
}

/* --- functions ------------------------------------------------------------------------------------------ */

/* As with a function's own parameters, an argument that is none of what the binding says makes the call null. */
static bool
eval_invocation(struct run *r, const struct dmn_expression *e, const struct frame *frame, struct value *out)
{
    struct entry *argument = arena_alloc(r->arena, e->entries, sizeof(*argument));
    struct value called;

    if (argument == NULL) {
        return run_full(r);
    }
    *out = value_null();
    if (!dmn_eval(r, e->called, frame, &called)) {
        return false;
    }
    for (size_t i = 0; i < e->entries; i++) {
        struct value made;
        argument[i].name = e->entry[i].name;
        if (!dmn_eval(r, e->entry[i].value, frame, &made) || !type_coerce(r, e->entry[i].type, made, &argument[i].value)) {
            return false;
        }
        if (made.kind != VALUE_NULL && argument[i].value.kind == VALUE_NULL) {
            return true;
        }
    }
    if (called.kind != VALUE_FUNCTION) {
        run_note(r, NOTE_NO_FUNCTION, e->called->literal.text, STR(""));
        return true;
    }
    return function_call_named(r, called.as.function, argument, e->entries, out);
}

static bool
eval_boxed_function(struct run *r, const struct dmn_expression *e, const struct frame *frame, struct value *out)
{
    struct function *f = arena_alloc(r->arena, 1, sizeof(*f));
    struct dmn_closure *closure = arena_alloc(r->arena, 1, sizeof(*closure));

    if (f == NULL || closure == NULL) {
        return run_full(r);
    }
    *closure = (struct dmn_closure){e, frame};
    *f = *e->function;
    f->ctx = closure;
    *out = (struct value){.kind = VALUE_FUNCTION, .as.function = f};
    return true;
}

/* --- control --------------------------------------------------------------------------------------------- */

/* Null is not true; what is no boolean at all makes no choice. */
static bool
eval_conditional(struct run *r, const struct dmn_expression *e, const struct frame *frame, struct value *out)
{
    struct value condition;

    *out = value_null();
    if (!dmn_eval(r, e->entry[0].value, frame, &condition)) {
        return false;
    }
    if (condition.kind != VALUE_BOOLEAN && condition.kind != VALUE_NULL) {
        run_note(r, NOTE_TYPE, e->entry[0].value->literal.text, STR("boolean"));
        return true;
    }
    return dmn_eval(r, e->entry[value_is_true(condition) ? 1 : 2].value, frame, out);
}

/* The whole numbers or days of a range, one by one; false is a limit, and a range of anything else is null. */
static bool
eval_range_items(struct run *r, const struct range *range, struct list *list, bool *is_null)
{
    struct eval_steps steps;

    *list = (struct list){0, NULL};
    *is_null = !eval_steps_of(range, &steps);
    if (*is_null || steps.are_none) {
        return true;
    }
    bool is_up = steps.from <= steps.to;
    uint64_t last = is_up ? (uint64_t)steps.to - (uint64_t)steps.from : (uint64_t)steps.from - (uint64_t)steps.to;
    struct value *item = run_count(r, last) ? arena_alloc(r->arena, last + 1, sizeof(*item)) : NULL;
    if (item == NULL) {
        return run_full(r);
    }
    for (uint64_t i = 0; i <= last; i++) {
        int64_t step = is_up ? steps.from + (int64_t)i : steps.from - (int64_t)i;
        if (!eval_step_value(r, steps.are_days, step, &item[i])) {
            return false;
        }
    }
    *list = (struct list){last + 1, item};
    return true;
}

/* What is gone through: one value alone is a list of itself, as FEEL has it, and but for a filter a range is what lies in it. */
static bool
eval_items(struct run *r, const struct dmn_expression *e, const struct frame *frame, struct list *list, bool *is_null)
{
    struct value made;

    if (!eval_entry(r, &e->entry[0], frame, &made)) {
        return false;
    }
    *is_null = made.kind == VALUE_NULL;
    if (made.kind == VALUE_RANGE && e->kind != DMN_FILTER) {
        if (!eval_range_items(r, made.as.range, list, is_null)) {
            return false;
        }
    } else if (made.kind == VALUE_LIST) {
        *list = *made.as.list;
    } else {
        struct value *item = arena_alloc(r->arena, 1, sizeof(*item));
        if (item == NULL) {
            return run_full(r);
        }
        *item = made;
        *list = (struct list){1, item};
    }
    if (*is_null && e->kind != DMN_FILTER) {
        run_note(r, NOTE_KINDS, e->kind == DMN_FOR ? STR("for") : e->kind == DMN_SOME ? STR("some") : STR("every"),
                 value_kind_name(made.kind));
    }
    return true;
}

/* What is asked of one item, in a frame of its own: what is made may be kept, and it with the frame. */
static bool
eval_each(struct run *r, const struct dmn_expression *e, const struct frame *outer, struct value item, struct value partial,
          struct value *out)
{
    struct frame *frame = arena_alloc(r->arena, 1, sizeof(*frame) + 2 * sizeof(struct value));

    if (frame == NULL) {
        return run_full(r);
    }
    struct value *slot = (struct value *)(void *)(frame + 1);
    slot[0] = item;
    slot[1] = partial;
    *frame = (struct frame){outer, slot};
    return eval_entry(r, &e->entry[1], frame, out);
}

static bool
eval_boxed_for(struct run *r, const struct dmn_expression *e, const struct frame *frame, struct value *out)
{
    struct list *list = arena_alloc(r->arena, 1, sizeof(*list)), items;
    bool is_null;

    if (list == NULL) {
        return run_full(r);
    }
    *out = value_null();
    if (!eval_items(r, e, frame, &items, &is_null)) {
        return false;
    }
    if (is_null) {
        return true;
    }
    struct value *item = arena_alloc(r->arena, items.count, sizeof(*item));
    if (item == NULL) {
        return run_full(r);
    }
    for (size_t i = 0; i < items.count; i++) {
        struct list *partial = arena_alloc(r->arena, 1, sizeof(*partial));
        if (partial == NULL) {
            return run_full(r);
        }
        if (!eval_each(r, e, frame, items.item[i], value_of_list(partial, item, i), &item[i])) {
            return false;
        }
    }
    *out = value_of_list(list, item, items.count);
    return true;
}

/* Anything but true and false makes the whole null. */
static bool
eval_quantified(struct run *r, const struct dmn_expression *e, const struct frame *frame, struct value *out)
{
    bool is_some = e->kind == DMN_SOME, is_null = false, found = false;
    struct list items;

    *out = value_null();
    if (!eval_items(r, e, frame, &items, &is_null)) {
        return false;
    }
    for (size_t i = 0; i < items.count && !is_null; i++) {
        struct value made;
        if (!eval_each(r, e, frame, items.item[i], value_null(), &made)) {
            return false;
        }
        is_null = made.kind != VALUE_BOOLEAN;
        found = found || (!is_null && made.as.truth == is_some);
    }
    if (!is_null) {
        *out = value_of_bool(is_some ? found : !found);
    }
    return true;
}

/*
 * Each item is asked.  A condition that is a number for the first is an index, which it may be where there is no item at all;
 * there is nothing wrong about that one missing.  One frame for all, for nothing is asked of a condition afterwards.
 */
static bool
eval_boxed_filter(struct run *r, const struct dmn_expression *e, const struct frame *outer, struct value *out)
{
    struct frame *frame = arena_alloc(r->arena, 1, sizeof(*frame) + sizeof(struct value));
    struct list *list = arena_alloc(r->arena, 1, sizeof(*list)), items;
    size_t count = 0;
    bool is_null;

    if (frame == NULL || list == NULL) {
        return run_full(r);
    }
    if (!eval_items(r, e, outer, &items, &is_null)) {
        return false;
    }
    struct value *slot = (struct value *)(void *)(frame + 1), made;
    struct value *kept = arena_alloc(r->arena, items.count, sizeof(*kept));
    size_t notes = r->notes, last = is_null ? 0 : items.count;
    if (kept == NULL) {
        return run_full(r);
    }
    *frame = (struct frame){outer, slot};
    for (size_t i = 0; i == 0 || i < last; i++) {
        *slot = i < last ? items.item[i] : value_null();
        if (!eval_entry(r, &e->entry[1], frame, &made)) {
            return false;
        }
        if (i == 0 && made.kind == VALUE_NUMBER) {
            struct value room;
            r->notes = last == 0 ? notes : r->notes;
            *out = *eval_at(items.item, last, &made, &room);
            return true;
        }
        if (i < last && value_is_true(made)) {
            kept[count++] = items.item[i];
        }
    }
    r->notes = last == 0 ? notes : r->notes;
    *out = value_of_list(list, kept, count);
    return true;
}

static eval_boxed *const evals[] = {
    [DMN_LITERAL] = eval_literal,
    [DMN_TABLE] = eval_table,
    [DMN_CONTEXT] = eval_boxed_context,
    [DMN_RELATION] = eval_boxed_relation,
    [DMN_LIST] = eval_boxed_list,
    [DMN_INVOCATION] = eval_invocation,
    [DMN_FUNCTION] = eval_boxed_function,
    [DMN_CONDITIONAL] = eval_conditional,
    [DMN_FOR] = eval_boxed_for,
    [DMN_SOME] = eval_quantified,
    [DMN_EVERY] = eval_quantified,
    [DMN_FILTER] = eval_boxed_filter,
};

bool
dmn_eval(struct run *r, const struct dmn_expression *e, const struct frame *frame, struct value *out)
{
    if (!run_node(r) || !evals[e->kind](r, e, frame, out)) {
        return false;
    }
    return type_is_plain(e->type, out->kind) || type_coerce(r, e->type, *out, out);
}
