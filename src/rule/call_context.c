/*
 * Functions of contexts (DMN 1.5, 10.3.4.11).
 */
#include "rule/call_int.h"

/* --- building ------------------------------------------------------------------------------------ */

struct building {
    struct run *run;
    struct entry *entry;
    size_t count, room;
};

/* Room for so many entries.  False: a limit of the run is passed. */
static bool
begin(struct building *b, struct run *r, size_t room)
{
    *b = (struct building){.run = r, .entry = arena_alloc(run_arena(r), room + 1, sizeof(*b->entry)), .room = room};
    return b->entry != NULL || run_full(r);
}

/* The entry of that name, added if it is new; NULL: a limit of the run is passed.  Entries are few, so they are walked. */
static struct entry *
entry_of(struct building *b, struct str name, bool *is_new)
{
    size_t i = 0;

    while (i < b->count && !str_eq(b->entry[i].name, name)) {
        i++;
    }
    if (!run_step(b->run, 1 + i / 16)) {
        return NULL;
    }
    *is_new = i == b->count;
    if (*is_new) {
        CHECK(b->count < b->room);
        b->entry[b->count++] = (struct entry){name, value_null()};
    }
    return &b->entry[i];
}

static bool
finish(struct building *b, struct value *out)
{
    struct context *c = arena_alloc(run_arena(b->run), 1, sizeof(*c));

    if (c == NULL) {
        return run_full(b->run);
    }
    *c = (struct context){b->count, b->entry};
    *out = (struct value){.kind = VALUE_CONTEXT, .as.context = c};
    return true;
}

/* --- get ----------------------------------------------------------------------------------------- */

static bool
get_value(struct run *r, const struct value *argument, struct value *out)
{
    const struct value *found = context_find(argument[0].as.context, argument[1].as.text);

    if (found == NULL) {
        run_note(r, NOTE_NO_MEMBER, argument[1].as.text, STR(""));
    } else {
        *out = *found;
    }
    return true;
}

static bool
get_entries(struct run *r, const struct value *argument, struct value *out)
{
    const struct context *c = argument[0].as.context;
    struct value *item = arena_alloc(run_arena(r), c->count + 1, sizeof(*item));
    struct list *list = arena_alloc(run_arena(r), 1, sizeof(*list));
    struct building b;

    if (item == NULL || list == NULL) {
        return run_full(r);
    }
    for (size_t i = 0; i < c->count; i++) {
        if (!run_step(r, 1) || !begin(&b, r, 2)) {
            return false;
        }
        b.entry[b.count++] = (struct entry){STR("key"), value_of_str(c->entry[i].name)};
        b.entry[b.count++] = (struct entry){STR("value"), c->entry[i].value};
        if (!finish(&b, &item[i])) {
            return false;
        }
    }
    *list = (struct list){c->count, item};
    *out = (struct value){.kind = VALUE_LIST, .as.list = list};
    return true;
}

/* --- context ------------------------------------------------------------------------------------- */

/* Each entry a context with a key and a value; more is let through, and null where one lacks them or a key comes twice. */
static bool
context_of_entries(struct run *r, const struct value *argument, struct value *out)
{
    const struct list *list = argument[0].as.list;
    struct building b;

    if (!begin(&b, r, list->count)) {
        return false;
    }
    for (size_t i = 0; i < list->count; i++) {
        bool is_context = list->item[i].kind == VALUE_CONTEXT, is_new;
        const struct value *key = is_context ? context_find(list->item[i].as.context, STR("key")) : NULL;
        const struct value *value = is_context ? context_find(list->item[i].as.context, STR("value")) : NULL;
        if (key == NULL || value == NULL || key->kind != VALUE_STRING) {
            return call_refused(r, "context", list->item[i]);
        }
        struct entry *entry = entry_of(&b, key->as.text, &is_new);
        if (entry == NULL) {
            return false;
        }
        if (!is_new) {
            return call_refused(r, "context", *key);
        }
        entry->value = *value;
    }
    return finish(&b, out);
}

/* What comes later stands in the place of what came first by that name. */
static bool
context_merge(struct run *r, const struct value *argument, struct value *out)
{
    const struct list *list = argument[0].as.list;
    struct building b;
    size_t room = 0;

    for (size_t i = 0; i < list->count; i++) {
        if (list->item[i].kind != VALUE_CONTEXT) {
            return call_refused(r, "context merge", list->item[i]);
        }
        room += list->item[i].as.context->count;
    }
    if (!run_step(r, list->count) || !begin(&b, r, room)) {
        return false;
    }
    for (size_t i = 0; i < list->count; i++) {
        const struct context *c = list->item[i].as.context;
        for (size_t j = 0; j < c->count; j++) {
            bool is_new;
            struct entry *entry = entry_of(&b, c->entry[j].name, &is_new);
            if (entry == NULL) {
                return false;
            }
            entry->value = c->entry[j].value;
        }
    }
    return finish(&b, out);
}

/* A copy of c with that value by that name. */
static bool
put(struct run *r, const struct context *c, struct str name, struct value value, struct value *out)
{
    struct building b;
    struct entry *entry;
    bool is_new;

    if (!begin(&b, r, c->count + 1) || !run_step(r, 1 + c->count / 16)) {
        return false;
    }
    for (size_t i = 0; i < c->count; i++) {
        b.entry[b.count++] = c->entry[i];
    }
    entry = entry_of(&b, name, &is_new);
    if (entry == NULL) {
        return false;
    }
    entry->value = value;
    return finish(&b, out);
}

static bool
put_key(struct run *r, const struct value *argument, struct value *out)
{
    return put(r, argument[0].as.context, argument[1].as.text, argument[2], out);
}

/* Down the keys to the innermost context, then copies of all of them on the way back.  Null if the way ends before the keys do. */
static bool
put_keys(struct run *r, const struct value *argument, struct value *out)
{
    const struct list *keys = argument[1].as.list;
    const struct context **on_the_way = arena_alloc(run_arena(r), keys->count + 1, sizeof(*on_the_way));
    struct value made = argument[0];

    if (on_the_way == NULL) {
        return run_full(r);
    }
    if (keys->count == 0) {
        return call_refused(r, "context put", argument[1]);
    }
    for (size_t i = 0; i < keys->count; i++) {
        if (keys->item[i].kind != VALUE_STRING || made.kind != VALUE_CONTEXT) {
            return call_refused(r, "context put", keys->item[i]);
        }
        on_the_way[i] = made.as.context;
        const struct value *next = context_find(made.as.context, keys->item[i].as.text);
        made = next == NULL ? value_null() : *next;
    }
    made = argument[2];
    for (size_t i = keys->count; i > 0; i--) {
        if (!put(r, on_the_way[i - 1], keys->item[i - 1].as.text, made, &made)) {
            return false;
        }
    }
    *out = made;
    return true;
}

/* --- rows ---------------------------------------------------------------------------------------- */

const struct call_row call_context_rows[] = {
    {BUILTIN_GET_VALUE, get_value, false, {{"m", TAKES(CONTEXT)}, {"key", TAKES(STRING)}}},
    {BUILTIN_GET_ENTRIES, get_entries, false, {{"m", TAKES(CONTEXT)}}},
    {BUILTIN_CONTEXT, context_of_entries, false, {{"entries", TAKES(LIST)}}},
    {BUILTIN_CONTEXT_PUT, put_key, false, {{"context", TAKES(CONTEXT)}, {"key", TAKES(STRING)}, {"value", TAKES_ANY}}},
    {BUILTIN_CONTEXT_PUT, put_keys, false, {{"context", TAKES(CONTEXT)}, {"keys", TAKES(LIST)}, {"value", TAKES_ANY}}},
    {BUILTIN_CONTEXT_MERGE, context_merge, false, {{"contexts", TAKES(LIST)}}},
    {.call = NULL},
};
