/*
 * Item definitions as types.
 *
 * A definition's type has its place in memory before anything is read, so members and items of lists point at it and a tree of
 * trees is no matter.  Only what is another type under a new name has to wait for that one, and so may not lead back to itself.
 */
#include "rule/dmn_read_int.h"

enum { DERIVED_MAX = 100 }; /* types that are another type under a new name, one after another */

static const struct feel_type simple = {.kind = FEEL_SIMPLE};
static const struct type any = {.kind = TYPE_ANY};

static bool build(struct reader *r, const struct model *m, const struct xml *e, struct type *t, struct feel_type *shape);

/* --- finding ----------------------------------------------------------------------------------- */

static const struct feel_type *
shape_of_builtin(const struct type *t)
{
    return t->kind >= TYPE_BOOLEAN && t->kind <= TYPE_MONTHS_DURATION ? &simple : NULL;
}

static bool
find_own(const struct model *m, struct str name, struct definition **out)
{
    *out = index_find(&m->by_name, name);
    return *out != NULL;
}

static bool
find_builtin(struct str name, struct typed *out)
{
    const struct type *t = type_builtin(name);

    if (t != NULL) {
        *out = (struct typed){t, shape_of_builtin(t)};
    }
    return t != NULL;
}

/* "lib.tFee" */
static bool
find_imported(const struct model *m, struct str name, struct definition **out)
{
    for (size_t i = 0; i < m->imports; i++) {
        struct str prefix = m->import[i].name;
        if (prefix.len == 0 && find_own(m->import[i].model, name, out)) {
            return true;
        }
        if (prefix.len > 0 && str_starts(name, prefix) && name.len > prefix.len && name.ptr[prefix.len] == '.' &&
            find_own(m->import[i].model, str_from(name, prefix.len + 1), out)) {
            return true;
        }
    }
    return false;
}

/* DMN 1.1 has XML's qualified names: feel:string, lib:tFee. */
static bool
find_qualified(const struct model *m, struct str name, struct definition **definition, struct typed *out)
{
    size_t colon = str_find_byte(name, ':');
    struct str prefix = str_sub(name, 0, colon), local = str_from(name, colon + 1);
    struct str name_space = STR("");

    if (colon == name.len) {
        return false;
    }
    for (size_t i = m->document.prefixes; i-- > 0;) {
        if (str_eq(m->document.prefix[i].prefix, prefix)) {
            name_space = m->document.prefix[i].name_space;
        }
    }
    for (size_t i = 0; i < m->imports; i++) {
        if (str_eq(m->import[i].model->out->name_space, name_space) && find_own(m->import[i].model, local, definition)) {
            return true;
        }
    }
    return find_own(m, local, definition) || find_builtin(local, out);
}

static bool
find(struct reader *r, const struct model *m, const struct xml *e, struct str name, struct typed *out)
{
    struct definition *d = NULL;

    if (find_own(m, name, &d)) {
        *out = (struct typed){&d->type, &d->shape};
    } else if (find_builtin(name, out)) {
        d = NULL;
    } else if (find_imported(m, name, &d) || find_qualified(m, name, &d, out)) {
        *out = d != NULL ? (struct typed){&d->type, &d->shape} : *out;
    } else if (str_eq_fold(name, STR("<undefined>"))) { /* what drawing programs write for nothing */
        *out = (struct typed){NULL, NULL};
    } else {
        struct str cut = str_sub(name, 0, 60);
        return reader_fail(r, e, "there is no type %.*s", "没有名为 %.*s 的类型", STR_ARG(cut));
    }
    return true;
}

bool
reader_type(struct reader *r, const struct model *m, const struct xml *e, const char *attribute, struct typed *out)
{
    struct str name = xml_has(e, attribute) ? xml_attribute(e, attribute) : xml_text(e, attribute);

    *out = (struct typed){NULL, NULL};
    return reader_normal(r, e, name, &name) && (name.len == 0 || find(r, m, e, name, out));
}

/* --- building ---------------------------------------------------------------------------------- */

static bool
finish(struct reader *r, const struct model *m, struct definition *d)
{
    if (d->state == READ_BEGUN) {
        struct str cut = str_sub(d->name, 0, 60);
        return reader_fail(r, d->element, "the type %.*s is defined by itself", "类型 %.*s 是用它自己定义的", STR_ARG(cut));
    }
    if (d->state == READ_DONE) {
        return true;
    }
    if (r->depth == DERIVED_MAX) {
        return reader_limit(r, d->element, "types are derived from one another too often", "类型之间的派生层次太多");
    }
    d->state = READ_BEGUN;
    r->depth++;
    bool is_good = build(r, m, d->element, &d->type, &d->shape);
    r->depth--;
    if (!is_good) {
        return false;
    }
    d->type.name = d->name;
    d->state = READ_DONE;
    return true;
}

/* The type that is referred to has to be whole before it is copied. */
static bool
finish_type(struct reader *r, const struct model *m, const struct type *t)
{
    for (size_t i = 0; i < m->definitions; i++) {
        if (&m->definition[i].type == t) {
            return finish(r, m, &m->definition[i]);
        }
    }
    return true;
}

static bool
add_allowed(struct reader *r, const struct xml *e, struct type *t, struct str text, bool is_each, const struct feel_type *shape)
{
    if (t->allowed_text.len > 0 && !str_starts(text, STR("not")) && !str_starts(t->allowed_text, STR("not"))) {
        text = str_fmt(r->arena, "? in (%.*s\n) and ? in (%.*s\n)", STR_ARG(t->allowed_text), STR_ARG(text));
        if (text.ptr == NULL) {
            return reader_full(r, e);
        }
    }
    struct pending *p = reader_room(r, e, 1, sizeof(*p));
    if (p == NULL) {
        return false;
    }
    *p = (struct pending){.next = r->pending, .element = e, .type = t, .shape = shape};
    r->pending = p;
    t->allowed_text = text;
    t->is_each_allowed = is_each;
    return true;
}

static struct str
tests_of(const struct xml *e)
{
    return e == NULL ? STR("") : str_trim(xml_child(e, "text") != NULL ? xml_text(e, "text") : e->text);
}

static bool
build_members(struct reader *r, const struct model *m, const struct xml *e, struct type *t, struct feel_type *shape)
{
    size_t count = 0;

    for (const struct xml *c = xml_child(e, "itemComponent"); c != NULL; c = xml_next(c, "itemComponent")) {
        count++;
    }
    if (count > DMN_NAMES_MAX) {
        return reader_limit(r, e, "a type has more than %d members", "类型的成员超过 %d 个", DMN_NAMES_MAX);
    }
    struct type_member *member = reader_room(r, e, count, sizeof(*member));
    struct feel_name *name = reader_room(r, e, count, sizeof(*name));
    struct type *types = reader_room(r, e, count, sizeof(*types));
    struct feel_type *shapes = reader_room(r, e, count, sizeof(*shapes));
    if (shapes == NULL) {
        return false;
    }
    *t = (struct type){.kind = TYPE_CONTEXT, .count = count, .member = member};
    *shape = (struct feel_type){.kind = FEEL_CONTEXT, .count = count, .member = name};
    count = 0;
    for (const struct xml *c = xml_child(e, "itemComponent"); c != NULL; c = xml_next(c, "itemComponent"), count++) {
        struct typed typed;
        bool is_plain = xml_child(c, "itemComponent") == NULL && xml_child(c, "allowedValues") == NULL &&
                        xml_child(c, "typeConstraint") == NULL && xml_child(c, "functionItem") == NULL &&
                        !reader_flag(c, "isCollection");
        if (!reader_name(r, c, &name[count].name)) {
            return false;
        }
        if (is_plain) {
            if (!reader_type(r, m, c, "typeRef", &typed)) {
                return false;
            }
        } else {
            if (!build(r, m, c, &types[count], &shapes[count])) {
                return false;
            }
            typed = (struct typed){&types[count], &shapes[count]};
        }
        member[count] = (struct type_member){name[count].name, typed.type};
        name[count].type = typed.shape;
    }
    return true;
}

static bool
build_function(struct reader *r, const struct model *m, const struct xml *e, struct type *t, struct feel_type *shape)
{
    const struct xml *p = xml_child(e, "parameters");
    size_t count = 0;
    struct typed typed;

    if (!reader_type(r, m, e, "outputTypeRef", &typed)) {
        return false;
    }
    *t = (struct type){.kind = TYPE_FUNCTION, .element = typed.type};
    *shape = (struct feel_type){.kind = FEEL_FUNCTION, .element = typed.shape};
    for (const struct xml *c = p; c != NULL; c = xml_next(c, "parameters")) {
        count++;
    }
    if (count == 0) {
        return true;
    }
    struct type_member *member = reader_room(r, e, count, sizeof(*member));
    if (member == NULL) {
        return false;
    }
    t->member = member;
    t->count = count;
    for (; p != NULL; p = xml_next(p, "parameters"), member++) {
        if (!reader_name(r, p, &member->name) || !reader_type(r, m, p, "typeRef", &typed)) {
            return false;
        }
        member->type = typed.type;
    }
    return true;
}

/* What one item is, list or not.  *at is a place of its own, or where another type stands. */
static bool
build_item(struct reader *r, const struct model *m, const struct xml *e, struct type *t, struct feel_type *shape,
           struct typed *at)
{
    *at = (struct typed){t, shape};
    if (xml_child(e, "itemComponent") != NULL) {
        return build_members(r, m, e, t, shape);
    }
    if (xml_child(e, "functionItem") != NULL) {
        return build_function(r, m, xml_child(e, "functionItem"), t, shape);
    }
    return reader_type(r, m, e, "typeRef", at) && (at->type != t || finish_type(r, m, t)); /* its own base */
}

static bool
copy_typed(struct reader *r, const struct model *m, struct typed from, struct type *t, struct feel_type *shape)
{
    if (from.type == t) {
        return true;
    }
    if (from.type != NULL && !finish_type(r, m, from.type)) {
        return false;
    }
    *t = from.type != NULL ? *from.type : any;
    *shape = from.shape != NULL ? *from.shape : (struct feel_type){.kind = FEEL_UNKNOWN};
    return true;
}

static bool
build_list(struct reader *r, const struct model *m, const struct xml *e, struct type *t, struct feel_type *shape)
{
    struct str allowed = tests_of(xml_child(e, "allowedValues")), constraint = tests_of(xml_child(e, "typeConstraint"));
    struct type *item = reader_room(r, e, 1, sizeof(*item));
    struct feel_type *item_shape = reader_room(r, e, 1, sizeof(*item_shape));
    struct typed at;

    if (item_shape == NULL || !build_item(r, m, e, item, item_shape, &at)) {
        return false;
    }
    if (allowed.len > 0 && constraint.len > 0) { /* one is for the items, and one for the list */
        if (!copy_typed(r, m, at, item, item_shape) || !add_allowed(r, e, item, allowed, false, item_shape)) {
            return false;
        }
        at = (struct typed){item, item_shape};
        allowed = STR("");
    }
    *t = (struct type){.kind = TYPE_LIST, .element = at.type};
    *shape = (struct feel_type){.kind = FEEL_LIST, .element = at.shape};
    if (constraint.len > 0) {
        return add_allowed(r, e, t, constraint, false, shape);
    }
    return allowed.len == 0 || add_allowed(r, e, t, allowed, true, at.shape);
}

static bool
build(struct reader *r, const struct model *m, const struct xml *e, struct type *t, struct feel_type *shape)
{
    static const char *const words[] = {"allowedValues", "typeConstraint"};
    struct typed at;

    if (reader_flag(e, "isCollection")) {
        return build_list(r, m, e, t, shape);
    }
    if (!build_item(r, m, e, t, shape, &at) || !copy_typed(r, m, at, t, shape)) {
        return false;
    }
    bool is_other = at.type != t && t->allowed_text.len > 0; /* its values are read here again, for this copy */
    struct str inherited = t->allowed_text;
    bool is_each = t->is_each_allowed;
    t->allowed_text = STR("");
    if (is_other && !add_allowed(r, e, t, inherited, is_each, is_each && shape->kind == FEEL_LIST ? shape->element : shape)) {
        return false;
    }
    for (size_t i = 0; i < 2; i++) {
        struct str text = tests_of(xml_child(e, words[i]));
        if (text.len > 0 && !add_allowed(r, e, t, text, false, shape)) {
            return false;
        }
    }
    return true;
}

/* --- a model's types ------------------------------------------------------------------------------- */

static bool
read_allowed(struct reader *r, const struct model *m)
{
    for (struct pending *p = r->pending; p != NULL; p = p->next) {
        if (p->type->allowed == NULL &&
            !reader_parse(r, p->element, p->type->allowed_text, true, &m->types, p->shape, &p->type->allowed)) {
            return false;
        }
    }
    r->pending = NULL;
    return true;
}

/* The names that texts may use: its own, and those of imported models behind their prefix. */
static bool
list_names(struct reader *r, struct model *m)
{
    size_t count = m->definitions, at = 0;

    for (size_t i = 0; i < m->imports; i++) {
        count += m->import[i].model->definitions;
    }
    struct feel_name *name = reader_room(r, NULL, count, sizeof(*name));
    const struct type **type = reader_room(r, NULL, count, sizeof(*type));
    struct type *copy = reader_room(r, NULL, count - m->definitions, sizeof(*copy));
    if (copy == NULL) {
        return false;
    }
    for (; at < m->definitions; at++) {
        name[at] = (struct feel_name){m->definition[at].name, &m->definition[at].shape};
        type[at] = &m->definition[at].type;
    }
    for (size_t i = 0; i < m->imports; i++) {
        const struct import *import = &m->import[i];
        for (size_t j = 0; j < import->model->definitions; j++, at++, copy++) {
            const struct definition *d = &import->model->definition[j];
            *copy = d->type;
            copy->name = import->name.len == 0 ? d->name
                                               : str_fmt(r->arena, "%.*s.%.*s", STR_ARG(import->name), STR_ARG(d->name));
            if (copy->name.ptr == NULL) {
                return reader_full(r, NULL);
            }
            name[at] = (struct feel_name){copy->name, &d->shape};
            type[at] = copy;
        }
    }
    m->types = (struct feel_scope){.type_count = count, .type = name};
    m->out->types = (struct type_scope){.count = count, .type = type};
    return true;
}

/* A definition for each element, and all of them by name. */
static bool
list_definitions(struct reader *r, struct model *m)
{
    size_t count = 0;

    for (const struct xml *e = xml_child(m->document.root, "itemDefinition"); e != NULL; e = xml_next(e, "itemDefinition")) {
        count++;
    }
    if (count > DMN_TYPES_MAX) {
        return reader_limit(r, NULL, "there are more than %d types", "类型超过 %d 个", DMN_TYPES_MAX);
    }
    m->definition = reader_room(r, NULL, count, sizeof(*m->definition));
    m->by_name.entry = reader_room(r, NULL, count, sizeof(*m->by_name.entry));
    if (m->by_name.entry == NULL) {
        return false;
    }
    for (const struct xml *e = xml_child(m->document.root, "itemDefinition"); e != NULL; e = xml_next(e, "itemDefinition")) {
        struct definition *d = &m->definition[m->definitions++];
        d->element = e;
        if (!reader_name(r, e, &d->name)) {
            return false;
        }
        if (d->name.len == 0) {
            return reader_fail(r, e, "the type has no name", "类型没有名称");
        }
        m->by_name.entry[m->by_name.count++] = (struct index_entry){d->name, d};
    }
    const struct index_entry *twice = index_sort(&m->by_name);
    if (twice != NULL) {
        const struct definition *d = twice->what;
        struct str cut = str_sub(d->name, 0, 60);
        return reader_fail(r, d->element, "two types are called %.*s", "有两个类型都叫 %.*s", STR_ARG(cut));
    }
    return true;
}

bool
reader_types(struct reader *r, struct model *m)
{
    if (!list_definitions(r, m)) {
        return false;
    }
    r->model = m;
    for (size_t i = 0; i < m->definitions; i++) {
        if (!finish(r, m, &m->definition[i])) {
            return false;
        }
    }
    return list_names(r, m) && read_allowed(r, m);
}
