/* Boxed expressions (DMN 1.5, 10.2): what stands inside of what, and which names each text sees. */
#include "rule/dmn_read_int.h"

struct place { /* where an expression is read */
    struct reader *r;
    struct str name; /* of the decision or knowledge that it belongs to */
    const struct feel_scope *scope;
};
/* shape: what the type says, if there is one; a reader may put in what it sees itself. */
typedef bool read_boxed(struct place p, const struct xml *e, struct dmn_expression *x, const struct feel_type **shape);

static read_boxed read_literal, read_table, read_context, read_relation, read_list, read_invocation, read_lambda,
    read_conditional, read_for, read_filter;

static const struct boxed {
    const char *element;
    enum dmn_kind kind;
    read_boxed *read;
} boxes[] = {
    {"literalExpression", DMN_LITERAL, read_literal},
    {"decisionTable", DMN_TABLE, read_table},
    {"context", DMN_CONTEXT, read_context},
    {"relation", DMN_RELATION, read_relation},
    {"list", DMN_LIST, read_list},
    {"invocation", DMN_INVOCATION, read_invocation},
    {"functionDefinition", DMN_FUNCTION, read_lambda},
    {"conditional", DMN_CONDITIONAL, read_conditional},
    {"for", DMN_FOR, read_for},
    {"some", DMN_SOME, read_for},
    {"every", DMN_EVERY, read_for},
    {"filter", DMN_FILTER, read_filter},
};

static const struct boxed *
box_of(const struct xml *e)
{
    for (size_t i = 0; i < sizeof(boxes) / sizeof(boxes[0]); i++) {
        if (xml_is(e, boxes[i].element)) {
            return &boxes[i];
        }
    }
    return NULL;
}

const struct xml *
reader_boxed(const struct xml *e)
{
    const struct xml *c = e != NULL ? e->first : NULL;

    while (c != NULL && box_of(c) == NULL) {
        c = c->next;
    }
    return c;
}

static const struct xml *
next_boxed(const struct xml *e)
{
    const struct xml *c = e->next;

    while (c != NULL && box_of(c) == NULL) {
        c = c->next;
    }
    return c;
}

static bool
read_here(struct place p, const struct xml *e, const struct dmn_expression **out, const struct feel_type **shape)
{
    return reader_read(p.r, e, p.name, p.scope, out, shape);
}

/* The expression inside of e, which has to be there. */
static bool
read_inside(struct place p, const struct xml *e, const struct xml *parent, const struct dmn_expression **out,
            const struct feel_type **shape)
{
    const struct xml *inside = reader_boxed(e);

    if (inside == NULL) {
        return reader_fail(p.r, e != NULL ? e : parent, "an expression is missing here", "此处缺少表达式");
    }
    return read_here(p, inside, out, shape);
}

bool
reader_read(struct reader *r, const struct xml *e, struct str name, const struct feel_scope *scope,
            const struct dmn_expression **out, const struct feel_type **shape)
{
    const struct boxed *box = box_of(e);
    struct dmn_expression *x = reader_room(r, e, 1, sizeof(*x));
    const struct feel_type *seen = NULL;
    struct typed typed;

    if (x == NULL || !reader_type(r, r->model, e, "typeRef", &typed)) {
        return false;
    }
    x->kind = box->kind;
    x->line = e->line;
    x->id = xml_attribute(e, "id");
    x->label = xml_attribute(e, "label");
    x->type = typed.type;
    if (!box->read((struct place){r, name, scope}, e, x, &seen)) {
        return false;
    }
    if (shape != NULL) {
        *shape = typed.shape != NULL ? typed.shape : seen;
    }
    *out = x;
    return true;
}

static bool
read_literal(struct place p, const struct xml *e, struct dmn_expression *x, const struct feel_type **shape)
{
    if (!reader_expression(p.r, e, p.scope, &x->literal)) {
        return false;
    }
    *shape = x->literal.program != NULL ? program_tree(x->literal.program)->type : NULL;
    return true;
}

static bool
read_table(struct place p, const struct xml *e, struct dmn_expression *x, const struct feel_type **shape)
{
    return reader_table(p.r, e, p.name, p.scope, &x->table, shape);
}

/* --- made of entries -------------------------------------------------------------------------------- */

static size_t
count_of(const struct xml *e, const char *name)
{
    size_t count = 0;

    for (const struct xml *c = xml_child(e, name); c != NULL; c = xml_next(c, name)) {
        count++;
    }
    return count;
}

static struct dmn_entry *
entries_of(struct place p, const struct xml *e, struct dmn_expression *x, size_t count)
{
    struct dmn_entry *entry = reader_room(p.r, e, count, sizeof(*entry));

    x->entry = entry;
    x->entries = count;
    return entry;
}

/* Each entry sees those before it.  A context with a result has the result's shape. */
static bool
read_context(struct place p, const struct xml *e, struct dmn_expression *x, const struct feel_type **shape)
{
    size_t count = count_of(e, "contextEntry"), names = 0;
    struct dmn_entry *entry = entries_of(p, e, x, count);
    struct feel_name *name = reader_room(p.r, e, count, sizeof(*name));
    struct feel_type *made = reader_room(p.r, e, 1, sizeof(*made));
    const struct feel_type *seen = NULL;

    if (count > DMN_NAMES_MAX) {
        return reader_limit(p.r, e, "a context has more than %d entries", "上下文超过 %d 项", DMN_NAMES_MAX);
    }
    if (made == NULL) {
        return false;
    }
    *shape = made;
    for (const struct xml *c = xml_child(e, "contextEntry"); c != NULL; c = xml_next(c, "contextEntry"), entry++) {
        const struct xml *variable = xml_child(c, "variable");
        struct feel_scope scope = {.outer = p.scope, .count = names, .name = name};
        struct typed typed = {NULL, NULL};
        if (variable != NULL &&
            (!reader_name(p.r, variable, &entry->name) || !reader_type(p.r, p.r->model, variable, "typeRef", &typed))) {
            return false;
        }
        entry->type = typed.type;
        if (!read_inside((struct place){p.r, p.name, &scope}, c, e, &entry->value, &seen)) {
            return false;
        }
        seen = typed.shape != NULL ? typed.shape : seen;
        if (entry->name.len > 0) {
            name[names++] = (struct feel_name){entry->name, seen};
        } else if (xml_next(c, "contextEntry") != NULL) {
            return reader_fail(p.r, c, "only the last entry of a context may have no name", "上下文中只有最后一项可以没有名称");
        } else {
            *shape = seen;
        }
    }
    *made = (struct feel_type){.kind = FEEL_CONTEXT, .count = names, .member = name};
    return true;
}

static bool
read_relation(struct place p, const struct xml *e, struct dmn_expression *x, const struct feel_type **shape)
{
    size_t columns = count_of(e, "column"), rows = count_of(e, "row"), at = 0;
    struct dmn_entry *entry = entries_of(p, e, x, columns * rows);
    struct feel_name *name = reader_room(p.r, e, columns, sizeof(*name));
    const struct type **type = reader_room(p.r, e, columns, sizeof(*type));
    struct feel_type *made = reader_room(p.r, e, 2, sizeof(*made));
    struct typed typed;

    if (made == NULL) {
        return false;
    }
    x->columns = columns;
    for (const struct xml *c = xml_child(e, "column"); c != NULL; c = xml_next(c, "column"), at++) {
        if (!reader_name(p.r, c, &name[at].name) || !reader_type(p.r, p.r->model, c, "typeRef", &typed)) {
            return false;
        }
        name[at].type = typed.shape;
        type[at] = typed.type;
    }
    for (const struct xml *row = xml_child(e, "row"); row != NULL; row = xml_next(row, "row")) {
        const struct xml *cell = reader_boxed(row);
        for (at = 0; at < columns && cell != NULL; at++, cell = next_boxed(cell), entry++) {
            entry->name = name[at].name;
            entry->type = type[at];
            if (!read_here(p, cell, &entry->value, NULL)) {
                return false;
            }
        }
        if (at < columns || cell != NULL) {
            return reader_fail(p.r, row, "the row does not have a cell for each column", "该行的单元格数与列数不符");
        }
    }
    made[1] = (struct feel_type){.kind = FEEL_CONTEXT, .count = columns, .member = name};
    made[0] = (struct feel_type){.kind = FEEL_LIST, .element = &made[1]};
    *shape = made;
    return true;
}

static bool
read_list(struct place p, const struct xml *e, struct dmn_expression *x, const struct feel_type **shape)
{
    size_t count = 0;

    (void)shape;
    for (const struct xml *c = reader_boxed(e); c != NULL; c = next_boxed(c)) {
        count++;
    }
    struct dmn_entry *entry = entries_of(p, e, x, count);
    if (entry == NULL) {
        return false;
    }
    for (const struct xml *c = reader_boxed(e); c != NULL; c = next_boxed(c), entry++) {
        if (!read_here(p, c, &entry->value, NULL)) {
            return false;
        }
    }
    return true;
}

/* --- functions --------------------------------------------------------------------------------------- */

static bool
read_invocation(struct place p, const struct xml *e, struct dmn_expression *x, const struct feel_type **shape)
{
    struct dmn_entry *entry = entries_of(p, e, x, count_of(e, "binding"));
    const struct feel_type *called = NULL;
    struct typed typed;

    if (entry == NULL || !read_inside(p, e, e, &x->called, &called)) {
        return false;
    }
    for (const struct xml *c = xml_child(e, "binding"); c != NULL; c = xml_next(c, "binding"), entry++) {
        const struct xml *parameter = xml_child(c, "parameter");
        if (parameter == NULL) {
            return reader_fail(p.r, c, "the binding has no parameter", "该绑定没有参数");
        }
        if (!reader_name(p.r, parameter, &entry->name) || !reader_type(p.r, p.r->model, parameter, "typeRef", &typed) ||
            !read_inside(p, c, e, &entry->value, NULL)) {
            return false;
        }
        entry->type = typed.type;
    }
    *shape = called != NULL && called->kind == FEEL_FUNCTION ? called->element : NULL;
    return true;
}

static bool
is_calculated(struct reader *r, const struct xml *e)
{
    struct str kind = str_trim(xml_attribute(e, "kind"));

    if (kind.len > 0 && !str_eq_fold(kind, STR("FEEL"))) {
        kind = str_sub(kind, 0, 20);
        return reader_fail(r, e, "a function outside of this model (%.*s) is not called here", "不调用模型之外的函数（%.*s）",
                           STR_ARG(kind));
    }
    return true;
}

bool
reader_function(struct reader *r, const struct xml *e, struct str name, const struct feel_scope *scope,
                const struct dmn_expression **out, const struct feel_type **result)
{
    size_t count = count_of(e, "formalParameter"), at = 0;
    struct type_member *parameter = reader_room(r, e, count, sizeof(*parameter));
    struct feel_name *names = reader_room(r, e, count, sizeof(*names));
    struct function *f = reader_room(r, e, 1, sizeof(*f));
    struct dmn_expression *x = reader_room(r, e, 1, sizeof(*x));
    struct dmn_entry *entry = reader_room(r, e, 1, sizeof(*entry));
    struct typed typed;

    if (entry == NULL || !is_calculated(r, e)) {
        return false;
    }
    if (count > FUNCTION_PARAMETERS_MAX) {
        return reader_limit(r, e, "a function has more than %d parameters", "函数的参数超过 %d 个", FUNCTION_PARAMETERS_MAX);
    }
    for (const struct xml *c = xml_child(e, "formalParameter"); c != NULL; c = xml_next(c, "formalParameter"), at++) {
        if (!reader_name(r, c, &parameter[at].name) || !reader_type(r, r->model, c, "typeRef", &typed)) {
            return false;
        }
        parameter[at].type = typed.type;
        names[at] = (struct feel_name){parameter[at].name, typed.shape};
    }
    struct feel_scope inner = {.outer = scope, .count = count, .name = names};
    if (!read_inside((struct place){r, name, &inner}, e, e, &entry->value, result)) {
        return false;
    }
    *f = (struct function){.kind = FUNCTION_HOST, .name = name, .count = count, .parameter = parameter,
                           .host = dmn_call_written};
    *x = (struct dmn_expression){.kind = DMN_FUNCTION, .line = e->line, .id = xml_attribute(e, "id"),
                                 .label = xml_attribute(e, "label"), .entries = 1, .entry = entry, .function = f};
    *out = x;
    return true;
}

static bool
read_lambda(struct place p, const struct xml *e, struct dmn_expression *x, const struct feel_type **shape)
{
    const struct dmn_expression *made;
    struct feel_type *function = reader_room(p.r, e, 1, sizeof(*function));
    const struct feel_type *result = NULL;
    const struct type *type = x->type;

    if (function == NULL || !reader_function(p.r, e, p.name, p.scope, &made, &result)) {
        return false;
    }
    *x = *made;
    x->type = type;
    *function = (struct feel_type){.kind = FEEL_FUNCTION, .element = result};
    *shape = function;
    return true;
}

/* --- control --------------------------------------------------------------------------------------------- */

static bool
read_conditional(struct place p, const struct xml *e, struct dmn_expression *x, const struct feel_type **shape)
{
    static const char *const parts[] = {"if", "then", "else"};
    struct dmn_entry *entry = entries_of(p, e, x, 3);

    if (entry == NULL) {
        return false;
    }
    for (size_t i = 0; i < 3; i++) {
        if (!read_inside(p, xml_child(e, parts[i]), e, &entry[i].value, i == 1 ? shape : NULL)) {
            return false;
        }
    }
    return true;
}

static const struct feel_type *
item_of(const struct feel_type *list)
{
    return list != NULL && list->kind == FEEL_LIST ? list->element : NULL;
}

/* Inside of for, the results up to here are partial; FEEL's own for has it too. */
static bool
read_for(struct place p, const struct xml *e, struct dmn_expression *x, const struct feel_type **shape)
{
    const struct xml *in = xml_child(e, "in"), *asked = xml_child(e, x->kind == DMN_FOR ? "return" : "satisfies");
    struct dmn_entry *entry = entries_of(p, e, x, 2);
    struct feel_type *made = reader_room(p.r, e, 1, sizeof(*made));
    struct feel_name names[2] = {{.type = NULL}, {STR_INIT("partial"), NULL}};
    const struct feel_type *list = NULL, *result = NULL;
    struct typed typed = {NULL, NULL};

    if (made == NULL || !read_inside(p, in, e, &entry[0].value, &list) ||
        !reader_normal(p.r, e, xml_attribute(e, "iteratorVariable"), &x->iterator) ||
        !reader_type(p.r, p.r->model, in, "typeRef", &typed)) {
        return false;
    }
    if (x->iterator.len == 0) {
        return reader_fail(p.r, e, "the iterator has no name", "循环变量没有名称");
    }
    entry[0].type = typed.type;
    names[0] = (struct feel_name){x->iterator, item_of(typed.shape != NULL ? typed.shape : list)};
    struct feel_scope scope = {.outer = p.scope, .count = x->kind == DMN_FOR ? 2 : 1, .name = names};
    if (!read_inside((struct place){p.r, p.name, &scope}, asked, e, &entry[1].value, &result) ||
        !reader_type(p.r, p.r->model, asked, "typeRef", &typed)) {
        return false;
    }
    entry[1].type = typed.type;
    if (x->kind == DMN_FOR) {
        *made = (struct feel_type){.kind = FEEL_LIST, .element = typed.shape != NULL ? typed.shape : result};
        *shape = made;
    }
    return true;
}

/* The condition sees the members of the item, whatever these turn out to be, as FEEL's own filter has it. */
static bool
read_filter(struct place p, const struct xml *e, struct dmn_expression *x, const struct feel_type **shape)
{
    struct dmn_entry *entry = entries_of(p, e, x, 2);
    const struct feel_type *list = NULL;

    if (entry == NULL || !read_inside(p, xml_child(e, "in"), e, &entry[0].value, &list)) {
        return false;
    }
    struct feel_name item = {STR("item"), list != NULL && list->kind == FEEL_LIST ? list->element : list};
    struct feel_scope scope = {.outer = p.scope, .count = 1, .name = &item, .is_filter = true};
    *shape = list;
    return read_inside((struct place){p.r, p.name, &scope}, xml_child(e, "match"), e, &entry[1].value, NULL);
}
