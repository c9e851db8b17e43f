#include "rule/scope.h"

#include "rule/builtin.h"

static const struct str types[] = {
    STR_INIT("date and time"), STR_INIT("days and time duration"),
    STR_INIT("years and months duration"),
};

enum rc
scope_add(struct arena *a, struct scope_frame *f, struct str name, const struct feel_type *type,
          struct err *err)
{
    if (f->count >= FEEL_SLOT_MAX) {
        return err_set(err, RC_LIMIT, "more than %d names in one frame", FEEL_SLOT_MAX);
    }
    if (f->count == f->room) {
        size_t room = f->room == 0 ? 4 : f->room * 2;
        void *names = arena_grow(a, f->name, f->room * sizeof(*f->name), room * sizeof(*f->name));
        if (names == NULL) {
            return err_set(err, RC_LIMIT, "the names of a text do not fit");
        }
        f->name = names;
        f->room = room;
    }
    f->name[f->count++] = (struct feel_name){name, type};
    return RC_OK;
}

/* Most names differ in their first byte already. */
static size_t
match(struct str name, struct str text, uint64_t *work)
{
    bool may_be = name.len > 0 && text.len > 0 && name.ptr[0] == text.ptr[0];

    if (work != NULL) {
        *work += 1 + (!may_be ? 0 : name.len < text.len ? name.len : text.len);
    }
    return may_be ? scope_match(name, text) : 0;
}

static bool
is_known_context(const struct feel_type *t)
{
    return t != NULL && t->kind == FEEL_CONTEXT;
}

/* The longest of names that begins text and is longer than what is found already; of equals the last. */
static bool
longer(const struct feel_name *name, size_t count, struct str text, struct scope_found *found, uint64_t *work)
{
    bool is_longer = false;
    size_t before = found->len;

    for (size_t i = 0; i < count; i++) {
        size_t len = match(name[i].name, text, work);
        if (len > before && len >= found->len) {
            found->len = len;
            found->name = name[i].name;
            found->type = name[i].type;
            found->slot = i;
            is_longer = true;
        }
    }
    return is_longer;
}

void
scope_member(const struct feel_type *t, struct str text, struct scope_found *found, uint64_t *work)
{
    *found = (struct scope_found){.kind = SCOPE_NONE};
    if (t != NULL && t->kind == FEEL_LIST) { /* a path into a list is a list of what it finds */
        t = t->element;
    }
    if (is_known_context(t) && longer(t->member, t->count, text, found, work)) {
        found->kind = SCOPE_MEMBER;
    }
}

/* A frame of the text as if the caller had brought it. */
static struct feel_scope
seen(const struct scope_frame *f)
{
    return (struct feel_scope){.count = f->count, .name = f->name, .is_filter = f->is_filter};
}

/* What is known of the item, NULL: nothing, or it is no filter. */
static const struct feel_type *
item_of(const struct feel_scope *f)
{
    return f->is_filter ? f->name[0].type : NULL;
}

static bool
is_open(const struct feel_scope *f)
{
    return f->is_filter && !is_known_context(item_of(f));
}

static void
in_frame(const struct feel_scope *f, size_t depth, bool in_filter, struct str text, struct scope_found *found, uint64_t *work)
{
    struct scope_found member;

    if (longer(f->name, f->count, text, found, work)) {
        found->kind = SCOPE_SLOT;
        found->depth = depth;
        found->in_filter = in_filter;
    }
    if (f->is_filter) {
        scope_member(item_of(f), text, &member, work);
        if (member.kind != SCOPE_NONE &&
            (member.len > found->len || (member.len == found->len && found->depth == depth))) {
            *found = member;
            found->depth = depth;
            found->slot = 0;
            found->in_filter = in_filter;
        }
    }
}

void
scope_longest(const struct scope *s, struct str text, struct scope_found *found)
{
    size_t depth = 0;
    bool in_filter = false;

    *found = (struct scope_found){.kind = SCOPE_NONE};
    for (const struct scope_frame *f = s->frame; f != NULL; f = f->outer) {
        const struct feel_scope own = seen(f);
        in_filter = in_filter || is_open(&own);
        in_frame(&own, depth++, in_filter, text, found, s->work);
    }
    for (const struct feel_scope *c = s->caller; c != NULL; c = c->outer) {
        in_filter = in_filter || is_open(c);
        in_frame(c, depth++, in_filter, text, found, s->work);
    }
    for (size_t i = 0; i < BUILTINS; i++) {
        size_t len = match(builtin_name((enum builtin)i), text, s->work);
        if (len > found->len) {
            *found = (struct scope_found){.kind = SCOPE_BUILTIN, .len = len, .slot = i,
                                          .name = builtin_name((enum builtin)i),
                                          .in_filter = in_filter};
        }
    }
}

bool
scope_is_open(const struct scope *s)
{
    bool is = false;

    for (const struct scope_frame *f = s->frame; f != NULL && !is; f = f->outer) {
        const struct feel_scope own = seen(f);
        is = is_open(&own);
    }
    for (const struct feel_scope *c = s->caller; c != NULL && !is; c = c->outer) {
        is = is_open(c);
    }
    return is;
}

struct str
scope_type(const struct scope *s, struct str text, size_t *len)
{
    struct scope_found found = {.kind = SCOPE_NONE};

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        size_t len_here = match(types[i], text, s->work);
        if (len_here > found.len) {
            found.len = len_here;
            found.name = types[i];
        }
    }
    for (const struct feel_scope *c = s->caller; c != NULL; c = c->outer) {
        (void)longer(c->type, c->type_count, text, &found, s->work);
    }
    *len = found.len;
    return found.name;
}

static bool
any_goes_on(const struct feel_name *name, size_t count, struct str begin, uint64_t *work)
{
    for (size_t i = 0; i < count; i++) {
        size_t len = match(begin, name[i].name, work);
        if (len > 0 && len < name[i].name.len) {
            return true;
        }
    }
    return false;
}

bool
scope_member_goes_on(const struct feel_type *t, struct str name, uint64_t *work)
{
    if (t != NULL && t->kind == FEEL_LIST) {
        t = t->element;
    }
    return is_known_context(t) && any_goes_on(t->member, t->count, name, work);
}

static bool
frame_goes_on(const struct feel_scope *f, struct str name, uint64_t *work)
{
    return any_goes_on(f->name, f->count, name, work) || scope_member_goes_on(item_of(f), name, work);
}

bool
scope_goes_on(const struct scope *s, struct str name)
{
    for (const struct scope_frame *f = s->frame; f != NULL; f = f->outer) {
        const struct feel_scope own = seen(f);
        if (frame_goes_on(&own, name, s->work)) {
            return true;
        }
    }
    for (const struct feel_scope *c = s->caller; c != NULL; c = c->outer) {
        if (frame_goes_on(c, name, s->work)) {
            return true;
        }
    }
    for (size_t i = 0; i < BUILTINS; i++) {
        struct feel_name builtin = {builtin_name((enum builtin)i), NULL};
        if (any_goes_on(&builtin, 1, name, s->work)) {
            return true;
        }
    }
    return false;
}

bool
scope_type_goes_on(const struct scope *s, struct str name)
{
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        struct feel_name type = {types[i], NULL};
        if (any_goes_on(&type, 1, name, s->work)) {
            return true;
        }
    }
    for (const struct feel_scope *c = s->caller; c != NULL; c = c->outer) {
        if (any_goes_on(c->type, c->type_count, name, s->work)) {
            return true;
        }
    }
    return false;
}
