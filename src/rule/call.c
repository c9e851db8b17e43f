/*
 * Finding the row of a built-in function that takes the arguments: first among those that take them as they are, then among those
 * that take them once one item is made a list or a list of one its item (10.3.2.9.4).
 */
#include "rule/eval_int.h"

#include <string.h>

static const struct call_row *const tables[] = {
    call_boolean_rows, call_number_rows,   call_string_rows, call_pattern_rows, call_list_rows,
    call_figures_rows, call_temporal_rows, call_range_rows,  call_context_rows,
};

const struct call_row *
call_rows(enum builtin b, size_t *count)
{
    *count = 0;
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        for (const struct call_row *row = tables[i]; row->call != NULL; row++) {
            if (row->builtin == b) {
                while (row[*count].call != NULL && row[*count].builtin == b) {
                    ++*count;
                }
                return row;
            }
        }
    }
    return NULL;
}

/* --- whether a row takes them ------------------------------------------------------------------ */

/* One call: arguments in the order of a row's parameters, and why the last row did not take them. */
struct attempt {
    struct value argument[CALL_PARAMETERS_MAX];
    bool is_given[CALL_PARAMETERS_MAX];
    const struct call_row *refusing; /* the first row of so many parameters that did not take one */
    size_t refused;                  /* which */
    bool is_full;
};

static size_t
parameters_of(const struct call_row *row)
{
    size_t count = 0;

    while (count < CALL_PARAMETERS_MAX && row->parameter[count].name != NULL) {
        count++;
    }
    return count;
}

static bool
takes(unsigned kinds, const struct value *v)
{
    return (kinds >> v->kind & 1) != 0;
}

/* The argument as the parameter takes it.  False: it does not, or the arena is full. */
static bool
fit(struct run *r, struct attempt *at, size_t i, unsigned kinds, bool may_convert)
{
    struct value *v = &at->argument[i];

    if (!at->is_given[i] || (v->kind == VALUE_NULL && (kinds & TAKES_OPTIONAL) != 0)) {
        return (kinds & TAKES_OPTIONAL) != 0;
    }
    if (takes(kinds, v)) {
        return true;
    }
    if (!may_convert || v->kind == VALUE_NULL) {
        return false;
    }
    if (v->kind == VALUE_LIST && v->as.list->count == 1 && takes(kinds, &v->as.list->item[0])) {
        *v = v->as.list->item[0];
        return true;
    }
    if ((kinds & TAKES(LIST)) != 0) {
        const struct list *list = list_of(r->arena, v, 1);
        at->is_full = list == NULL;
        *v = (struct value){.kind = VALUE_LIST, .as.list = list};
        return list != NULL;
    }
    return false;
}

static bool
fits(struct run *r, const struct call_row *row, struct attempt *at, bool may_convert)
{
    for (size_t i = 0; i < parameters_of(row); i++) {
        if (!fit(r, at, i, row->parameter[i].takes, may_convert)) {
            if (at->refusing == NULL) {
                at->refusing = row;
                at->refused = i;
            }
            return false;
        }
    }
    return true;
}

/* --- notes ------------------------------------------------------------------------------------- */

static void
note_count(struct run *r, enum builtin b, size_t count)
{
    char room[24];
    struct buf text = {.ptr = room, .cap = sizeof(room), .limit_bytes = sizeof(room)};

    buf_put_int(&text, (int64_t)count);
    run_note(r, NOTE_ARGUMENT_COUNT, builtin_name(b), (struct str){room, text.len});
}

/* "substring: start position = string", or that it is missing. */
static void
note_refused(struct run *r, const struct attempt *at, const struct value *argument)
{
    char room[NOTE_WORD_MAX];
    struct buf text = {.ptr = room, .cap = sizeof(room), .limit_bytes = sizeof(room)};

    buf_put(&text, str_of(at->refusing->parameter[at->refused].name));
    if (argument != NULL) {
        buf_put(&text, STR(" = "));
        buf_put(&text, value_kind_name(argument->kind));
    }
    run_note(r, NOTE_ARGUMENT, builtin_name(at->refusing->builtin), (struct str){room, text.len});
}

/* --- calls ------------------------------------------------------------------------------------- */

/* All arguments as one list; each is of the parameter's kinds unless that is a list. */
static bool
gather(struct run *r, const struct call_row *row, const struct value *argument, size_t count, struct attempt *at)
{
    unsigned kinds = row->parameter[0].takes;

    for (size_t i = 0; i < count && (kinds & TAKES(LIST)) == 0; i++) {
        if (!takes(kinds, &argument[i])) {
            return false;
        }
    }
    const struct list *list = count == 0 ? NULL : list_of(r->arena, argument, count);
    at->is_full = count > 0 && list == NULL;
    at->argument[0] = (struct value){.kind = VALUE_LIST, .as.list = list};
    return list != NULL;
}

static bool
try_by_position(struct run *r, const struct call_row *row, const struct value *argument, size_t count,
                bool may_convert, struct attempt *at)
{
    if (row->gathers) {
        return gather(r, row, argument, count, at);
    }
    if (count > parameters_of(row)) {
        return false;
    }
    for (size_t i = 0; i < CALL_PARAMETERS_MAX; i++) {
        at->is_given[i] = i < count;
        at->argument[i] = i < count ? argument[i] : value_null();
    }
    return fits(r, row, at, may_convert);
}

/* Whether the row takes all of its arguments as they lie there: most calls, which then need no attempt. */
static bool
takes_all(const struct call_row *row, const struct value *argument, size_t count)
{
    if (row->gathers || (count < CALL_PARAMETERS_MAX && row->parameter[count].name != NULL)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (i == CALL_PARAMETERS_MAX || row->parameter[i].name == NULL || !takes(row->parameter[i].takes, &argument[i])) {
            return false;
        }
    }
    return true;
}

/* Not inline: an attempt is much to clear. */
__attribute__((noinline)) static bool
attempt_by_position(struct run *r, const struct call_row *row, size_t rows, const struct value *argument, size_t count,
                    struct value *out)
{
    struct attempt at = {.refusing = NULL};

    for (size_t i = 0; i < rows * 2 && !at.is_full; i++) {
        const struct call_row *candidate = &row[i % rows];
        if (try_by_position(r, candidate, argument, count, i >= rows, &at)) {
            *out = value_null();
            return candidate->call(r, at.argument, out);
        }
    }
    if (at.is_full) {
        return run_full(r);
    }
    if (at.refusing != NULL && at.refused < count) {
        note_refused(r, &at, &argument[at.refused]);
    } else if (rows > 0) {
        note_count(r, row->builtin, count);
    }
    *out = value_null();
    return true;
}

bool
call_by_position(struct run *r, const struct call_row *row, size_t rows, const struct value *argument, size_t count,
                 struct value *out)
{
    if (rows > 0 && takes_all(row, argument, count)) {
        *out = value_null();
        return row->call(r, argument, out);
    }
    return attempt_by_position(r, row, rows, argument, count, out);
}

/* False: an argument that the row does not know, or one twice. */
static bool
place(const struct call_row *row, const struct entry *argument, size_t count, struct attempt *at, size_t *unknown)
{
    size_t parameters = parameters_of(row);

    for (size_t i = 0; i < CALL_PARAMETERS_MAX; i++) {
        at->is_given[i] = false;
        at->argument[i] = value_null();
    }
    for (size_t i = 0; i < count; i++) {
        size_t p = 0;
        while (p < parameters && !str_eq(str_of(row->parameter[p].name), argument[i].name)) {
            p++;
        }
        if (p == parameters || at->is_given[p]) {
            *unknown = i;
            return false;
        }
        at->is_given[p] = true;
        at->argument[p] = argument[i].value;
    }
    return true;
}

bool
call_by_name(struct run *r, const struct call_row *row, size_t rows, const struct entry *argument, size_t count,
             struct value *out)
{
    struct attempt at = {.refusing = NULL};
    size_t unknown = count;

    for (size_t i = 0; i < rows * 2 && !at.is_full; i++) {
        const struct call_row *candidate = &row[i % rows];
        if (!candidate->gathers && place(candidate, argument, count, &at, &unknown) &&
            fits(r, candidate, &at, i >= rows)) {
            *out = value_null();
            return candidate->call(r, at.argument, out);
        }
    }
    if (at.is_full) {
        return run_full(r);
    }
    if (at.refusing != NULL) {
        struct str name = str_of(at.refusing->parameter[at.refused].name);
        const struct value *given = NULL;
        for (size_t i = 0; i < count; i++) {
            given = str_eq(argument[i].name, name) ? &argument[i].value : given;
        }
        note_refused(r, &at, given);
    } else if (unknown < count) {
        run_note(r, NOTE_ARGUMENT_NAME, builtin_name(row->builtin), argument[unknown].name);
    }
    *out = value_null();
    return true;
}
