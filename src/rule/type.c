/*
 * Types without values: names, shapes, and which type is part of which.
 *
 * Item definitions may name one another in a circle, so types are graphs.  Both walks here keep a list of what they have met and
 * work it off from the front: nothing is met twice, and nothing calls itself.  For conformance that is more than a saving: two
 * types that come back to themselves conform if nothing on the way says otherwise.
 */
#include "rule/type.h"

/* --- names -------------------------------------------------------------------------------------- */

static const struct {
    struct str name;
    struct type type;
} builtins[] = {
    {STR_INIT("Any"), {.kind = TYPE_ANY}},
    {STR_INIT("Null"), {.kind = TYPE_NULL}},
    {STR_INIT("boolean"), {.kind = TYPE_BOOLEAN}},
    {STR_INIT("number"), {.kind = TYPE_NUMBER}},
    {STR_INIT("string"), {.kind = TYPE_STRING}},
    {STR_INIT("date"), {.kind = TYPE_DATE}},
    {STR_INIT("time"), {.kind = TYPE_TIME}},
    {STR_INIT("date and time"), {.kind = TYPE_DATE_TIME}},
    {STR_INIT("days and time duration"), {.kind = TYPE_DAYS_DURATION}},
    {STR_INIT("years and months duration"), {.kind = TYPE_MONTHS_DURATION}},
    {STR_INIT("list"), {.kind = TYPE_LIST}},
    {STR_INIT("context"), {.kind = TYPE_CONTEXT}},
    {STR_INIT("range"), {.kind = TYPE_RANGE}},
    {STR_INIT("function"), {.kind = TYPE_FUNCTION}},
    /* as DMN 1.1 and 1.2 spell them */
    {STR_INIT("dateTime"), {.kind = TYPE_DATE_TIME}},
    {STR_INIT("dayTimeDuration"), {.kind = TYPE_DAYS_DURATION}},
    {STR_INIT("yearMonthDuration"), {.kind = TYPE_MONTHS_DURATION}},
};
enum { BUILTIN_TYPES = sizeof(builtins) / sizeof(builtins[0]) };

const struct type *
type_builtin(struct str name)
{
    for (size_t i = 0; i < BUILTIN_TYPES; i++) {
        if (str_eq(builtins[i].name, name)) {
            return &builtins[i].type;
        }
    }
    return NULL;
}

static struct str
kind_name(enum type_kind kind)
{
    for (size_t i = 0; i < BUILTIN_TYPES; i++) {
        if (builtins[i].type.kind == kind) {
            return builtins[i].name;
        }
    }
    return STR("");
}

/* Circles have names, so types without one end soon; the depth is for a model that has a very long one. */
static void
put_type(struct buf *b, const struct type *t, unsigned depth)
{
    enum { DEPTH_MAX = 20 };
    const char *before = "<";

    if (t == NULL || depth > DEPTH_MAX) {
        buf_put(b, STR("Any"));
        return;
    }
    if (t->name.len > 0) {
        buf_put(b, t->name);
        return;
    }
    buf_put(b, kind_name(t->kind));
    if (t->kind == TYPE_FUNCTION && (t->count > 0 || t->element != NULL)) {
        for (size_t i = 0; i < t->count; i++, before = ", ") {
            buf_put(b, str_of(before));
            put_type(b, t->member[i].type, depth + 1);
        }
        buf_put(b, t->count == 0 ? STR("<> -> ") : STR("> -> "));
        put_type(b, t->element, depth + 1);
    } else if (t->kind == TYPE_CONTEXT && t->count > 0) {
        for (size_t i = 0; i < t->count; i++, before = ", ") {
            buf_put(b, str_of(before));
            buf_put(b, t->member[i].name);
            buf_put(b, STR(": "));
            put_type(b, t->member[i].type, depth + 1);
        }
        buf_put_char(b, '>');
    } else if (t->kind == TYPE_LIST || t->kind == TYPE_RANGE) {
        buf_put_char(b, '<');
        put_type(b, t->element, depth + 1);
        buf_put_char(b, '>');
    }
}

struct str
type_text(struct arena *a, const struct type *t)
{
    enum { TEXT_MAX = 2000 };
    struct buf b;
    struct str text;
    struct err err;

    buf_init(&b, a, TEXT_MAX);
    put_type(&b, t, 0);
    if (buf_finish(&b, &text, &err) == RC_OK) {
        return text;
    }
    return kind_name(t == NULL ? TYPE_ANY : t->kind);
}

/* --- shape -------------------------------------------------------------------------------------- */

/* A type that was met, and the shape that stands for it wherever it is met again. */
struct met {
    struct met *next;
    const struct type *type;
    struct feel_type shape;
};
struct shaping {
    struct arena *arena;
    struct met *first, *last;
    bool is_full;
};

/* The shape is given out at once and filled in later, when its turn comes. */
static const struct feel_type *
shape_of(struct shaping *s, const struct type *t)
{
    struct met *m;

    if (t == NULL) {
        return NULL;
    }
    for (m = s->first; m != NULL; m = m->next) {
        if (m->type == t) {
            return &m->shape;
        }
    }
    m = arena_alloc(s->arena, 1, sizeof(*m));
    if (m == NULL) {
        s->is_full = true;
        return NULL;
    }
    m->type = t;
    if (s->first == NULL) {
        s->first = m;
    } else {
        s->last->next = m;
    }
    s->last = m;
    return &m->shape;
}

static void
fill_members(struct shaping *s, const struct type *t, struct feel_type *shape)
{
    struct feel_name *name = arena_alloc(s->arena, t->count, sizeof(*name));

    if (name == NULL) {
        s->is_full = true;
        return;
    }
    for (size_t i = 0; i < t->count; i++) {
        name[i] = (struct feel_name){t->member[i].name, shape_of(s, t->member[i].type)};
    }
    *shape = (struct feel_type){.kind = FEEL_CONTEXT, .count = t->count, .member = name};
}

static void
fill_shape(struct shaping *s, const struct type *t, struct feel_type *shape)
{
    switch (t->kind) {
    case TYPE_LIST:
        *shape = (struct feel_type){.kind = FEEL_LIST, .element = shape_of(s, t->element)};
        return;
    case TYPE_FUNCTION:
        *shape = (struct feel_type){.kind = FEEL_FUNCTION, .element = shape_of(s, t->element)};
        return;
    case TYPE_CONTEXT:
        if (t->count > 0) { /* every context may have any member */
            fill_members(s, t, shape);
        }
        return;
    case TYPE_ANY:
        return;
    case TYPE_NULL:
    case TYPE_BOOLEAN:
    case TYPE_NUMBER:
    case TYPE_STRING:
    case TYPE_DATE:
    case TYPE_TIME:
    case TYPE_DATE_TIME:
    case TYPE_DAYS_DURATION:
    case TYPE_MONTHS_DURATION:
    case TYPE_RANGE:
        shape->kind = FEEL_SIMPLE;
        return;
    }
}

const struct feel_type *
type_shape(struct arena *a, const struct type *t)
{
    static const struct type any = {.kind = TYPE_ANY};
    struct shaping s = {.arena = a};
    const struct feel_type *shape = shape_of(&s, t == NULL ? &any : t);

    for (struct met *m = s.first; m != NULL && !s.is_full; m = m->next) {
        fill_shape(&s, m->type, &m->shape);
    }
    return s.is_full ? NULL : shape;
}

/* --- conformance -------------------------------------------------------------------------------- */

/* What has to be so that the first pair is: everything on the list.  Two types with more parts than fit are taken as different. */
enum { PAIRS_MAX = 400 };
struct pair {
    const struct type *a, *b;
};
struct pairs {
    size_t count;
    bool is_full;
    bool is_equal;       /* equal is asked, not only conforming */
    bool without_values; /* allowed values do not count */
    struct pair pair[PAIRS_MAX];
};

static void
require(struct pairs *p, const struct type *a, const struct type *b)
{
    static const struct type any = {.kind = TYPE_ANY};

    a = a == NULL ? &any : a;
    b = b == NULL ? &any : b;
    if (a == b || (b->kind == TYPE_ANY && b->allowed == NULL && !p->is_equal)) {
        return;
    }
    for (size_t i = 0; i < p->count; i++) {
        if (p->pair[i].a == a && p->pair[i].b == b) {
            return;
        }
    }
    if (p->count == PAIRS_MAX) {
        p->is_full = true;
        return;
    }
    p->pair[p->count++] = (struct pair){a, b};
}

static bool
require_members(struct pairs *p, const struct type *a, const struct type *b)
{
    if (p->is_equal && a->count != b->count) {
        return false;
    }
    for (size_t i = 0; i < b->count; i++) {
        size_t j = 0;
        while (j < a->count && !str_eq(a->member[j].name, b->member[i].name)) {
            j++;
        }
        if (j == a->count) {
            return false;
        }
        require(p, a->member[j].type, b->member[i].type);
    }
    return true;
}

static bool
is_any_function(const struct type *t)
{
    return t->count == 0 && t->element == NULL;
}

/* Parameters the other way about: who takes every number takes what is asked of one who takes ages. */
static bool
require_signature(struct pairs *p, const struct type *a, const struct type *b)
{
    if (is_any_function(b)) {
        return !p->is_equal || is_any_function(a);
    }
    if (is_any_function(a) || a->count != b->count) {
        return false;
    }
    for (size_t i = 0; i < b->count; i++) {
        require(p, b->member[i].type, a->member[i].type);
    }
    require(p, a->element, b->element);
    return true;
}

static bool
has_values_of(const struct pairs *p, const struct type *a, const struct type *b)
{
    if (p->without_values || (!p->is_equal && b->allowed == NULL)) {
        return true;
    }
    return (a->allowed == NULL) == (b->allowed == NULL) && str_eq(a->allowed_text, b->allowed_text) &&
           a->is_each_allowed == b->is_each_allowed;
}

static bool
pair_holds(struct pairs *p, const struct type *a, const struct type *b)
{
    if (!has_values_of(p, a, b)) {
        return false;
    }
    if (!p->is_equal && (a->kind == TYPE_NULL || b->kind == TYPE_ANY)) {
        return true;
    }
    if (a->kind != b->kind) {
        return false;
    }
    if (a->kind == TYPE_FUNCTION) {
        return require_signature(p, a, b);
    }
    if (a->kind == TYPE_CONTEXT) {
        return require_members(p, a, b);
    }
    if (a->kind == TYPE_LIST || a->kind == TYPE_RANGE) {
        require(p, a->element, b->element);
    }
    return true;
}

static bool
all_hold(struct pairs *p, const struct type *a, const struct type *b)
{
    require(p, a, b);
    for (size_t i = 0; i < p->count; i++) {
        if (!pair_holds(p, p->pair[i].a, p->pair[i].b)) {
            return false;
        }
    }
    return !p->is_full;
}

bool
type_conforms(const struct type *a, const struct type *b)
{
    struct pairs p = {.count = 0};

    return all_hold(&p, a, b);
}

bool
type_conforms_in_shape(const struct type *a, const struct type *b)
{
    struct pairs p = {.without_values = true};

    return all_hold(&p, a, b);
}

bool
type_equal(const struct type *a, const struct type *b)
{
    struct pairs p = {.is_equal = true};

    return all_hold(&p, a, b);
}
