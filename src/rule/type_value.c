/*
 * Values and types: what is of a type, and what can be made of it.
 *
 * A conversion is tried only on the value itself (10.3.2.9.4): what stands inside of it has to be right as it is.  Text from JSON
 * is another matter, for JSON has no dates; it is read at every depth before anything is asked.
 */
#include "rule/call_int.h"
#include "rule/program.h"

/* --- is ------------------------------------------------------------------------------------------ */

/* Values share what they hold and types may go in circles, so a walk can be endless in all but theory: it is counted. */
struct walk {
    struct run *run; /* NULL: the walk has its own end */
    unsigned depth;
    uint32_t left;
    bool is_over; /* a limit of the run is passed */
};

static bool holds(struct walk *w, const struct type *t, struct value v);

static bool
walk_enter(struct walk *w)
{
    enum { DEPTH_MAX = 100 };

    if (w->run != NULL) {
        w->is_over = w->is_over || !run_step(w->run, 1) || !run_enter(w->run);
        return !w->is_over;
    }
    if (w->left == 0 || w->depth > DEPTH_MAX) {
        return false;
    }
    w->left--;
    return true;
}

static bool
holds_inside(struct walk *w, const struct type *t, struct value v)
{
    bool is;

    if (t == NULL || t->kind == TYPE_ANY || v.kind == VALUE_NULL) {
        return true;
    }
    w->depth++;
    is = walk_enter(w) && holds(w, t, v);
    w->depth--;
    return is;
}

static bool
holds_list(struct walk *w, const struct type *t, const struct list *list)
{
    if (t->element == NULL || t->element->kind == TYPE_ANY) {
        return true;
    }
    for (size_t i = 0; i < list->count; i++) {
        if (!holds_inside(w, t->element, list->item[i])) {
            return false;
        }
    }
    return true;
}

static bool
holds_context(struct walk *w, const struct type *t, const struct context *c)
{
    for (size_t i = 0; i < t->count; i++) {
        const struct value *member = context_find(c, t->member[i].name);
        if (member == NULL || !holds_inside(w, t->member[i].type, *member)) {
            return false;
        }
    }
    return true;
}

static bool
holds_function(const struct type *t, const struct function *f)
{
    const struct type *result = f->result == NULL ? type_builtin(STR("Any")) : f->result;
    struct type own = {.kind = TYPE_FUNCTION, .count = f->count, .member = f->parameter, .element = result};

    if (t->count == 0 && t->element == NULL) {
        return true;
    }
    return f->kind != FUNCTION_BUILTIN && type_conforms_in_shape(&own, t);
}

static enum value_kind
kind_of(enum type_kind kind)
{
    static const enum value_kind kinds[] = {
        [TYPE_ANY] = VALUE_KINDS,         [TYPE_NULL] = VALUE_NULL,
        [TYPE_BOOLEAN] = VALUE_BOOLEAN,   [TYPE_NUMBER] = VALUE_NUMBER,
        [TYPE_STRING] = VALUE_STRING,     [TYPE_DATE] = VALUE_DATE,
        [TYPE_TIME] = VALUE_TIME,         [TYPE_DATE_TIME] = VALUE_DATE_TIME,
        [TYPE_DAYS_DURATION] = VALUE_DAYS_DURATION, [TYPE_MONTHS_DURATION] = VALUE_MONTHS_DURATION,
        [TYPE_LIST] = VALUE_LIST,         [TYPE_CONTEXT] = VALUE_CONTEXT,
        [TYPE_RANGE] = VALUE_RANGE,       [TYPE_FUNCTION] = VALUE_FUNCTION,
    };

    return kinds[kind];
}

static bool
holds(struct walk *w, const struct type *t, struct value v)
{
    if (t->kind == TYPE_ANY) {
        return v.kind != VALUE_NULL;
    }
    if (v.kind != kind_of(t->kind)) {
        return false;
    }
    if (t->kind == TYPE_LIST) {
        return holds_list(w, t, v.as.list);
    }
    if (t->kind == TYPE_CONTEXT) {
        return holds_context(w, t, v.as.context);
    }
    if (t->kind == TYPE_RANGE) {
        return holds_inside(w, t->element, v.as.range->low) && holds_inside(w, t->element, v.as.range->high);
    }
    return t->kind != TYPE_FUNCTION || holds_function(t, v.as.function);
}

bool
type_holds(const struct type *t, struct value v)
{
    struct walk w = {.left = 1000000};

    return t == NULL ? v.kind != VALUE_NULL : holds(&w, t, v);
}

bool
type_is(struct run *r, const struct type *t, struct value v, bool *is)
{
    struct walk w = {.run = r};
    bool found = t == NULL ? v.kind != VALUE_NULL : walk_enter(&w) && holds(&w, t, v);

    if (w.is_over) {
        return false;
    }
    *is = found;
    return true;
}

/* --- allowed ------------------------------------------------------------------------------------- */

static struct str
value_word(struct run *r, struct value v)
{
    struct str word = call_word(r, v);

    return word.ptr == NULL ? value_kind_name(v.kind) : word;
}

/* Not inline: an error that is seldom wanted is much to clear. */
__attribute__((noinline)) static bool
passes_tests(struct run *r, const struct type *t, struct value v, bool *is)
{
    struct err err;

    if (v.kind == VALUE_NULL) {
        return true;
    }
    if (program_test(r, t->allowed, NULL, v, is, &err) != RC_OK) {
        return false;
    }
    if (!*is) {
        run_note(r, NOTE_NOT_ALLOWED, value_word(r, v), t->allowed_text);
    }
    return true;
}

/* The tests of this very type. */
static bool
passes_own(struct run *r, const struct type *t, struct value v, bool *is)
{
    if (t->allowed == NULL) {
        return true;
    }
    if (!t->is_each_allowed || v.kind != VALUE_LIST) {
        return passes_tests(r, t, v, is);
    }
    for (size_t i = 0; i < v.as.list->count && *is; i++) {
        if (!run_step(r, 1) || !passes_tests(r, t, v.as.list->item[i], is)) {
            return false;
        }
    }
    return true;
}

/* Of a value that is of the type otherwise: *is becomes false where a value is not allowed. */
static bool
passes(struct run *r, const struct type *t, struct value v, bool *is)
{
    if (t == NULL || v.kind == VALUE_NULL) {
        return true;
    }
    if (!run_step(r, 1) || !run_enter(r) || !passes_own(r, t, v, is)) {
        return false;
    }
    if (t->kind == TYPE_LIST && t->element != NULL) {
        for (size_t i = 0; i < v.as.list->count && *is; i++) {
            if (!passes(r, t->element, v.as.list->item[i], is)) {
                return false;
            }
        }
    }
    for (size_t i = 0; t->kind == TYPE_CONTEXT && i < t->count && *is; i++) {
        if (!passes(r, t->member[i].type, *context_find(v.as.context, t->member[i].name), is)) {
            return false;
        }
    }
    return true;
}

/* --- coerce -------------------------------------------------------------------------------------- */

/* One of the implicit conversions; *is: the result is of the type. */
static bool
convert(struct run *r, const struct type *t, struct value v, struct value *out, bool *is)
{
    if (t->kind == TYPE_LIST && v.kind != VALUE_LIST) {
        const struct list *list = list_of(run_arena(r), &v, 1);
        if (list == NULL) {
            return run_full(r);
        }
        *out = (struct value){.kind = VALUE_LIST, .as.list = list};
    } else if (t->kind != TYPE_LIST && v.kind == VALUE_LIST && v.as.list->count == 1) {
        *out = v.as.list->item[0];
    } else if (t->kind == TYPE_DATE_TIME && v.kind == VALUE_DATE) {
        struct temporal *moment = arena_alloc(run_arena(r), 1, sizeof(*moment));
        struct temporal midnight = temporal_to_time(v.as.temporal);
        if (moment == NULL) {
            return run_full(r);
        }
        CHECK(temporal_join(v.as.temporal, &midnight, moment));
        *out = (struct value){.kind = VALUE_DATE_TIME, .as.temporal = moment};
    } else {
        return true;
    }
    return type_is(r, t, *out, is);
}

/* Which member of a context is missing or wrong, if one is: that says more than the type's name. */
static void
note_type(struct run *r, const struct type *t, struct value v)
{
    for (size_t i = 0; t->kind == TYPE_CONTEXT && v.kind == VALUE_CONTEXT && i < t->count; i++) {
        const struct type *type = t->member[i].type;
        const struct value *member = context_find(v.as.context, t->member[i].name);
        if (member == NULL) {
            run_note(r, NOTE_NO_MEMBER, t->member[i].name, STR(""));
            return;
        }
        if (type != NULL && member->kind != VALUE_NULL && type->kind != TYPE_ANY && member->kind != kind_of(type->kind)) {
            run_note(r, NOTE_TYPE, value_word(r, *member), type_text(run_arena(r), type));
            return;
        }
    }
    run_note(r, NOTE_TYPE, value_word(r, v), type_text(run_arena(r), t));
}

bool
type_coerce(struct run *r, const struct type *t, struct value v, struct value *out)
{
    struct value made = v;
    bool is = false;

    if (type_is_plain(t, v.kind)) {
        *out = v;
        return true;
    }
    if (!type_is(r, t, v, &is) || (!is && !convert(r, t, v, &made, &is))) {
        return false;
    }
    if (!is) {
        note_type(r, t, v);
    } else if (!passes(r, t, made, &is)) {
        return false;
    }
    *out = is ? made : value_null();
    return true;
}

/* --- JSON ---------------------------------------------------------------------------------------- */

/* Text that cannot be read stays text, which is then not of the type. */
static bool
read_text(struct run *r, enum type_kind kind, struct value *v)
{
    return kind == TYPE_RANGE ? call_range_literal(r, v->as.text, v) : call_literal(r, kind_of(kind), v->as.text, v);
}

static bool dress(struct run *r, const struct type *t, struct value *v);

static bool
dress_list(struct run *r, const struct type *element, struct value *v)
{
    const struct list *old = v->as.list;
    struct list *list = arena_alloc(run_arena(r), 1, sizeof(*list));
    struct value *item = arena_alloc(run_arena(r), old->count + 1, sizeof(*item));

    if (list == NULL || item == NULL) {
        return run_full(r);
    }
    for (size_t i = 0; i < old->count; i++) {
        item[i] = old->item[i];
        if (!dress(r, element, &item[i])) {
            return false;
        }
    }
    *list = (struct list){old->count, item};
    v->as.list = list;
    return true;
}

static bool
dress_context(struct run *r, const struct type *t, struct value *v)
{
    const struct context *old = v->as.context;
    struct context *context = arena_alloc(run_arena(r), 1, sizeof(*context));
    struct entry *entry = arena_alloc(run_arena(r), old->count + 1, sizeof(*entry));

    if (context == NULL || entry == NULL) {
        return run_full(r);
    }
    for (size_t i = 0; i < old->count; i++) {
        entry[i] = old->entry[i];
        for (size_t j = 0; j < t->count; j++) {
            if (str_eq(t->member[j].name, entry[i].name) && !dress(r, t->member[j].type, &entry[i].value)) {
                return false;
            }
        }
    }
    *context = (struct context){old->count, entry};
    v->as.context = context;
    return true;
}

/* Text where a date, time or duration is asked becomes one, at every depth. */
static bool
dress(struct run *r, const struct type *t, struct value *v)
{
    if (t == NULL) {
        return true;
    }
    if (!run_step(r, 1) || !run_enter(r)) {
        return false;
    }
    if (v->kind == VALUE_LIST) { /* or a list of one for its item */
        return dress_list(r, t->kind == TYPE_LIST ? t->element : t, v);
    }
    if (t->kind == TYPE_LIST) { /* an item for a list of one, but not for one in one */
        return t->element == NULL || t->element->kind == TYPE_LIST || dress(r, t->element, v);
    }
    if (v->kind == VALUE_STRING) {
        return read_text(r, t->kind, v);
    }
    return v->kind != VALUE_CONTEXT || t->kind != TYPE_CONTEXT || dress_context(r, t, v);
}

bool
type_of_json(struct run *r, const struct type *t, const struct json *j, struct value *out)
{
    struct value v;
    struct err err;

    if (value_of_json(run_arena(r), j, &v, &err) != RC_OK) {
        return run_full(r);
    }
    return dress(r, t, &v) && type_coerce(r, t, v, out);
}
