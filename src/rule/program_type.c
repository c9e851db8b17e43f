/*
 * Types and functions of a program: types are looked up by name or put together; a function that looks at nothing outside of
 * itself is a constant, of another each evaluation makes one that knows its frames.
 */
#include "rule/program_compile_int.h"

static const struct type *
named_type(struct compiler *c, struct str name)
{
    static const struct {
        struct str name;
        struct type type;
    } bare[] = {
        {STR_INIT("list"), {.kind = TYPE_LIST}}, {STR_INIT("context"), {.kind = TYPE_CONTEXT}},
        {STR_INIT("range"), {.kind = TYPE_RANGE}}, {STR_INIT("function"), {.kind = TYPE_FUNCTION}},
    };

    for (size_t i = 0; c->types != NULL && i < c->types->count; i++) {
        if (str_eq(c->types->type[i]->name, name)) {
            return c->types->type[i];
        }
    }
    const struct type *own = type_builtin(name);
    for (size_t i = 0; own == NULL && i < sizeof(bare) / sizeof(bare[0]); i++) {
        own = str_eq(bare[i].name, name) ? &bare[i].type : NULL;
    }
    if (own == NULL && c->rc == RC_OK) {
        c->rc = err_set(c->err, RC_INVALID, "no type is called %.*s", STR_ARG(name));
    }
    return own;
}

static const struct type *
type_of(struct compiler *c, uint32_t node)
{
    return node == 0 ? NULL : ((const struct type **)c->type.at)[compiler_op(c, node)->slot];
}

/* Children of a type with parts: members of a context, parameters and then the result of a function, or the element. */
static bool
fill_type(struct compiler *c, const struct feel_node *n, struct type *t)
{
    size_t parts = n->kind == NODE_TYPE_CONTEXT ? n->count : n->kind == NODE_TYPE_FUNCTION ? n->count - 1 : 0, i = 0;
    struct type_member *member = parts == 0 ? NULL : arena_alloc(c->arena, parts, sizeof(*member));

    if (parts > 0 && member == NULL) {
        compiler_no_room(c);
        return false;
    }
    for (uint32_t child = n->first; child != 0; child = c->tree->node[child].next) {
        if (i < parts) {
            member[i++] = (struct type_member){c->tree->node[child].text, type_of(c, child)};
            member[i - 1].name = n->kind == NODE_TYPE_CONTEXT ? member[i - 1].name : STR("");
        } else {
            t->element = type_of(c, child);
        }
    }
    t->count = parts;
    t->member = member;
    return true;
}

void
compile_type(struct compiler *c, uint32_t node, const struct feel_node *n)
{
    static const enum type_kind kinds[] = {[NODE_TYPE_LIST] = TYPE_LIST, [NODE_TYPE_RANGE] = TYPE_RANGE,
                                           [NODE_TYPE_CONTEXT] = TYPE_CONTEXT, [NODE_TYPE_FUNCTION] = TYPE_FUNCTION};
    const struct type *type = NULL;

    if (n->kind == NODE_TYPE_MEMBER) {
        compiler_op(c, node)->slot = compiler_op(c, n->first)->slot;
        return;
    }
    if (n->kind == NODE_TYPE) {
        type = named_type(c, n->text);
    } else {
        struct type *made = arena_alloc(c->arena, 1, sizeof(*made));
        if (made == NULL) {
            compiler_no_room(c);
            return;
        }
        made->kind = kinds[n->kind];
        type = fill_type(c, n, made) ? made : NULL;
    }
    const struct type **slot = c->rc == RC_OK ? compiler_add(c, &c->type, 1) : NULL;
    if (slot != NULL) {
        *slot = type;
        compiler_op(c, node)->slot = c->type.count - 1;
    }
}

/* --- functions --------------------------------------------------------------------------------- */

void
compile_function(struct compiler *c, uint32_t node, const struct feel_node *n)
{
    bool is_external = (n->flags & FEEL_EXTERNAL) != 0;
    bool is_constant = is_external || (c->mark[node] & OP_REACHES) == 0;
    struct type_member *parameter = n->count == 1 ? NULL : arena_alloc(c->arena, n->count - 1, sizeof(*parameter));
    struct function *made = is_constant ? arena_alloc(c->arena, 1, sizeof(*made)) : compiler_add(c, &c->function, 1);
    size_t i = 0;

    if ((n->count > 1 && parameter == NULL) || made == NULL) {
        compiler_no_room(c);
        return;
    }
    *made = (struct function){.kind = is_external ? FUNCTION_HOST : FUNCTION_WRITTEN, .count = n->count - 1,
                              .parameter = parameter, .program = c->program};
    for (uint32_t child = n->first; child != 0; child = c->tree->node[child].next) {
        const struct feel_node *part = &c->tree->node[child];
        if (part->next == 0) {
            made->node = child;
        } else {
            parameter[i++] = (struct type_member){part->text, type_of(c, part->first)};
        }
    }
    compiler_op(c, made->node)->flags |= (c->mark[node] & OP_KEPT) != 0 ? OP_KEPT_ARGUMENTS : 0;
    made->host = is_external ? function_external : NULL;
    if (is_constant) {
        compiler_make_constant(c, node, (struct value){.kind = VALUE_FUNCTION, .as.function = made});
        return;
    }
    compiler_op(c, node)->kind = OP_FUNCTION;
    compiler_op(c, node)->slot = c->function.count - 1;
    compiler_keep_frames(c, node);
}
