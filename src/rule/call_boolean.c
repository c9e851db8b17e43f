/*
 * not, all, any, is (10.3.4.4, 10.3.4.12).
 */
#include "rule/call_int.h"

static bool
call_not(struct run *r, const struct value *argument, struct value *out)
{
    (void)r;
    if (argument[0].kind == VALUE_BOOLEAN) {
        *out = value_of_bool(!argument[0].as.truth);
    }
    return true;
}

/* One item that decides is enough; else what is no boolean makes it null. */
static bool
go_through(struct run *r, const struct list *list, bool decides, struct value *out)
{
    bool all_known = true;

    if (!run_step(r, list->count)) {
        return false;
    }
    for (size_t i = 0; i < list->count; i++) {
        const struct value *v = &list->item[i];
        if (v->kind == VALUE_BOOLEAN && v->as.truth == decides) {
            *out = value_of_bool(decides);
            return true;
        }
        all_known = all_known && v->kind == VALUE_BOOLEAN;
    }
    *out = all_known ? value_of_bool(!decides) : value_null();
    return true;
}

static bool
call_all(struct run *r, const struct value *argument, struct value *out)
{
    return go_through(r, argument[0].as.list, false, out);
}

static bool
call_any(struct run *r, const struct value *argument, struct value *out)
{
    return go_through(r, argument[0].as.list, true, out);
}

static bool
call_is(struct run *r, const struct value *argument, struct value *out)
{
    (void)r;
    *out = value_of_bool(value_same(argument[0], argument[1]));
    return true;
}

const struct call_row call_boolean_rows[] = {
    {BUILTIN_NOT, call_not, false, {{"negand", TAKES(BOOLEAN) | TAKES(NULL)}}},
    {BUILTIN_ALL, call_all, false, {{"list", TAKES(LIST)}}},
    {BUILTIN_ALL, call_all, true, {{"list", TAKES(LIST)}}},
    {BUILTIN_ANY, call_any, false, {{"list", TAKES(LIST)}}},
    {BUILTIN_ANY, call_any, true, {{"list", TAKES(LIST)}}},
    {BUILTIN_IS, call_is, false, {{"value1", TAKES_ANY | TAKES_OPTIONAL}, {"value2", TAKES_ANY | TAKES_OPTIONAL}}},
    {.call = NULL},
};
