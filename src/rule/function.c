#include "rule/function.h"

#include "rule/eval_int.h"

#include <string.h>

const struct function *
function_builtin(enum builtin b)
{
    static const struct function functions[] = {
#define X(id, text) [BUILTIN_##id] = {.kind = FUNCTION_BUILTIN, .name = STR_INIT(text), .builtin = BUILTIN_##id},
        BUILTIN_TABLE(X)
#undef X
    };

    CHECK(b < BUILTINS);
    return &functions[b];
}

bool
function_external(struct run *r, const void *ctx, const struct value *argument, struct value *out)
{
    (void)ctx;
    (void)argument;
    run_note(r, NOTE_EXTERNAL, STR("function() external"), STR(""));
    *out = value_null();
    return true;
}

/* --- calls of written functions and hosts ------------------------------------------------------ */

static struct str
name_of(const struct function *f)
{
    return f->name.len > 0 ? f->name : STR("function()");
}

/* An argument that is none of its parameter's type makes the call null. */
static bool
take_arguments(struct run *r, const struct function *f, const struct value *argument, struct value *slot, bool *fits)
{
    *fits = true;
    for (size_t i = 0; i < f->count; i++) {
        const struct type *type = f->parameter[i].type;
        if (type == NULL) {
            slot[i] = argument[i];
        } else if (!type_coerce(r, type, argument[i], &slot[i])) {
            return false;
        } else if (slot[i].kind == VALUE_NULL && argument[i].kind != VALUE_NULL) {
            *fits = false;
        }
    }
    return true;
}

static bool
give_result(struct run *r, const struct function *f, const struct value *v, struct value *out)
{
    if (f->result == NULL) {
        *out = *v;
        return true;
    }
    return type_coerce(r, f->result, *v, out);
}

static bool
call_written(struct run *r, const struct function *f, const struct value *argument, struct value *out)
{
    bool is_kept = (f->program->op[f->node].flags & OP_KEPT_ARGUMENTS) != 0, fits;
    struct frame inside, *frame = is_kept ? arena_alloc(r->arena, 1, sizeof(*frame)) : &inside;
    struct value *slot = is_kept ? arena_alloc(r->arena, f->count, sizeof(*slot)) : run_slots(r, f->count);
    struct value room;

    if (frame == NULL || slot == NULL) {
        return run_full(r);
    }
    if (!take_arguments(r, f, argument, slot, &fits)) {
        return false;
    }
    if (!fits) {
        *out = value_null();
        return true;
    }
    *frame = (struct frame){f->frame, slot};
    const struct value *v = eval(r, f->program, frame, f->node, &room);
    return v != NULL && give_result(r, f, v, out);
}

static bool
call_host(struct run *r, const struct function *f, const struct value *argument, struct value *out)
{
    struct value *slot = run_slots(r, f->count), said = value_null();
    bool fits;

    if (slot == NULL || !take_arguments(r, f, argument, slot, &fits)) {
        return false;
    }
    if (!fits) {
        *out = value_null();
        return true;
    }
    return f->host(r, f->ctx, slot, &said) && give_result(r, f, &said, out);
}

static bool
wrong_count(struct run *r, const struct function *f, size_t count, struct value *out)
{
    char room[24];
    struct buf text = {.ptr = room, .cap = sizeof(room), .limit_bytes = sizeof(room)};

    buf_put_int(&text, (int64_t)count);
    run_note(r, NOTE_ARGUMENT_COUNT, name_of(f), (struct str){room, text.len});
    *out = value_null();
    return true;
}

bool
function_call(struct run *r, const struct function *f, const struct value *argument, size_t count, struct value *out)
{
    size_t slots = r->slots, rows;
    const struct call_row *row;
    bool is_good;

    if (!run_node(r)) {
        return false;
    }
    if (f->kind == FUNCTION_BUILTIN) {
        row = call_rows(f->builtin, &rows);
        return call_by_position(r, row, rows, argument, count, out);
    }
    if (count != f->count) {
        return wrong_count(r, f, count, out);
    }
    is_good = f->kind == FUNCTION_WRITTEN ? call_written(r, f, argument, out) : call_host(r, f, argument, out);
    r->slots = slots;
    return is_good;
}

/* Where each named argument belongs.  False: *out is null, for one is missing, twice or unknown. */
static bool
order_arguments(struct run *r, const struct function *f, const struct entry *argument, size_t count,
                struct value *ordered)
{
    if (count != f->count) {
        struct value unused;
        (void)wrong_count(r, f, count, &unused);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        size_t at = 0;
        while (at < f->count && !str_eq(f->parameter[at].name, argument[i].name)) {
            at++;
        }
        for (size_t j = 0; j < i; j++) {
            at = str_eq(argument[j].name, argument[i].name) ? f->count : at;
        }
        if (at == f->count) {
            run_note(r, NOTE_ARGUMENT_NAME, name_of(f), argument[i].name);
            return false;
        }
        ordered[at] = argument[i].value;
    }
    return true;
}

bool
function_call_named(struct run *r, const struct function *f, const struct entry *argument, size_t count,
                    struct value *out)
{
    size_t slots = r->slots, rows;

    if (!run_node(r)) {
        return false;
    }
    if (f->kind == FUNCTION_BUILTIN) {
        const struct call_row *row = call_rows(f->builtin, &rows);
        return call_by_name(r, row, rows, argument, count, out);
    }
    struct value *ordered = run_slots(r, count);
    if (ordered == NULL) {
        return false;
    }
    *out = value_null();
    bool is_good = !order_arguments(r, f, argument, count, ordered) || function_call(r, f, ordered, count, out);
    r->slots = slots;
    return is_good;
}

/* --- nodes ------------------------------------------------------------------------------------- */

const struct value *
eval_function(EVAL_WHERE, const struct op *o, struct value *room)
{
    struct function *made = arena_alloc(r->arena, 1, sizeof(*made));

    if (made == NULL) {
        (void)run_full(r);
        return NULL;
    }
    *made = p->function[o->slot];
    made->frame = f;
    *room = (struct value){.kind = VALUE_FUNCTION, .as.function = made};
    return room;
}

/* Into slots of the run.  NULL: a limit. */
static struct value *
eval_arguments(EVAL_WHERE, const struct op *o, struct value *room)
{
    struct value *argument = run_slots(r, o->b);

    for (uint32_t i = 0; argument != NULL && i < o->b; i++) {
        const struct value *v = eval_child(r, p, f, p->part[o->a + i], room);
        if (v == NULL) {
            return NULL;
        }
        argument[i] = *v;
    }
    return argument;
}

/* What is called, or NULL with *room null and a note if it is none: *is_good is false past a limit. */
static const struct function *
eval_called(EVAL_WHERE, const struct op *o, struct value *room, bool *is_good)
{
    const struct value *v = eval_child(r, p, f, o->c, room);

    *is_good = v != NULL;
    if (v == NULL) {
        return NULL;
    }
    if (v->kind != VALUE_FUNCTION) {
        eval_note(r, p, o, NOTE_NO_FUNCTION, value_kind_name(v->kind), STR(""));
        *room = value_null();
        return NULL;
    }
    return v->as.function;
}

const struct value *
eval_call(EVAL_WHERE, const struct op *o, struct value *room)
{
    size_t slots = r->slots;
    bool is_good;
    const struct function *called = eval_called(r, p, f, o, room, &is_good);

    if (called == NULL) {
        return is_good ? room : NULL;
    }
    struct value *argument = eval_arguments(r, p, f, o, room);
    if (argument == NULL) {
        return NULL;
    }
    run_place(r, p->tree.text, o->at);
    if (o->slot != 0 && called->kind == FUNCTION_BUILTIN && called->builtin == p->call[o->slot].builtin) {
        is_good = call_by_position(r, p->call[o->slot].row, p->call[o->slot].rows, argument, o->b, room);
    } else {
        is_good = function_call(r, called, argument, o->b, room);
    }
    r->slots = slots;
    return is_good ? room : NULL;
}

const struct value *
eval_call_rows(EVAL_WHERE, const struct op *o, struct value *room)
{
    const struct program_call *call = &p->call[o->slot];
    size_t slots = r->slots;
    struct value *argument = eval_arguments(r, p, f, o, room);

    if (argument == NULL) {
        return NULL;
    }
    run_place(r, p->tree.text, o->at);
    bool is_good = call_by_position(r, call->row, call->rows, argument, o->b, room);
    r->slots = slots;
    return is_good ? room : NULL;
}

const struct value *
eval_call_named(EVAL_WHERE, const struct op *o, struct value *room)
{
    bool is_good;
    const struct function *called = eval_called(r, p, f, o, room, &is_good);

    if (called == NULL) {
        return is_good ? room : NULL;
    }
    struct entry *argument = arena_alloc(r->arena, o->b, sizeof(*argument));
    if (argument == NULL) {
        (void)run_full(r);
        return NULL;
    }
    for (uint32_t i = 0; i < o->b; i++) {
        const struct value *v = eval_child(r, p, f, p->part[o->a + i], room);
        if (v == NULL) {
            return NULL;
        }
        argument[i] = (struct entry){p->constant[o->slot + i].as.text, *v};
    }
    run_place(r, p->tree.text, o->at);
    return function_call_named(r, called, argument, o->b, room) ? room : NULL;
}
