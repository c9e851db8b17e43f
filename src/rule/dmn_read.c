/* A model, and the models that it imports, from XML to what can be asked (how: dmn_read_int.h). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rule/dmn_read_int.h"

static const struct xml_limits limits = {
    .bytes = DMN_BYTES_MAX, .depth = DMN_DEPTH_MAX, .elements = DMN_ELEMENTS_MAX, .attributes = 64};

static bool read_model(struct reader *r, struct str xml, struct model *parent, const struct import *as, struct model **out);

/* --- documents -------------------------------------------------------------------------------------- */

static bool
fail_xml(struct reader *r, const struct xml_fault *f, enum rc rc)
{
    const char *en = xml_fault_text(f->kind, false), *zh = xml_fault_text(f->kind, true);

    (void)(rc == RC_LIMIT ? reader_limit(r, NULL, "%s", "%s", en) : reader_fail(r, NULL, "%s", "%s", en));
    if (f->detail[0] != '\0') {
        (void)snprintf(r->fault.en, sizeof(r->fault.en), "%s: %s", en, f->detail);
    }
    (void)snprintf(r->fault.zh, sizeof(r->fault.zh), "%s", zh);
    r->fault.line = f->line;
    r->fault.column = f->column;
    return false;
}

/* http://www.omg.org/spec/DMN/20151101/dmn.xsd and all that came after it. */
static bool
is_dmn(struct str name_space)
{
    return str_starts(name_space, STR("https://www.omg.org/spec/DMN/")) ||
           str_starts(name_space, STR("http://www.omg.org/spec/DMN/"));
}

static bool
read_document(struct reader *r, struct str xml, struct xml_document *out)
{
    struct xml_fault fault;
    struct err err;
    enum rc rc = xml_read(r->arena, xml, &limits, out, &fault, &err);

    if (rc != RC_OK) {
        return fail_xml(r, &fault, rc);
    }
    if (!xml_is(out->root, "definitions") || !is_dmn(out->root->name_space)) {
        return reader_fail(r, out->root, "this is not a decision model (DMN)", "这不是决策模型（DMN）");
    }
    return true;
}

static struct model *
find_model(const struct reader *r, struct str name_space)
{
    for (size_t i = 0; i < r->count; i++) {
        if (str_eq(r->models[i]->out->name_space, name_space)) {
            return r->models[i];
        }
    }
    return NULL;
}

static bool
read_import(struct reader *r, struct model *m, const struct xml *e, struct import *import)
{
    struct str name_space = str_trim(xml_attribute(e, "namespace")), cut = str_sub(name_space, 0, 80), xml;
    struct model *other = find_model(r, name_space);

    import->location = str_trim(xml_attribute(e, "locationURI"));
    if (!reader_name(r, e, &import->name)) {
        return false;
    }
    if (other != NULL && other->state == READ_BEGUN) {
        return reader_fail(r, e, "models import one another in a circle: %.*s", "模型循环导入：%.*s", STR_ARG(cut));
    }
    if (other == NULL && (r->find == NULL || !r->find(r->ctx, name_space, import->location, &xml))) {
        return reader_fail(r, e, "the imported model is not at hand: %.*s", "找不到导入的模型：%.*s", STR_ARG(cut));
    }
    if (other == NULL && !read_model(r, xml, m, import, &other)) {
        return false;
    }
    if (!str_eq(other->out->name_space, name_space)) {
        return reader_fail(r, e, "the imported model has another namespace than %.*s", "导入的模型的命名空间不是 %.*s",
                           STR_ARG(cut));
    }
    import->model = other;
    return true;
}

static bool
read_imports(struct reader *r, struct model *m)
{
    size_t count = 0;

    for (const struct xml *e = xml_child(m->document.root, "import"); e != NULL; e = xml_next(e, "import")) {
        count++;
    }
    m->import = reader_room(r, NULL, count, sizeof(*m->import));
    if (m->import == NULL) {
        return false;
    }
    /* What is no model of DMN (a schema, say) has nothing that could be asked here. */
    for (const struct xml *e = xml_child(m->document.root, "import"); e != NULL; e = xml_next(e, "import")) {
        struct str type = str_trim(xml_attribute(e, "importType"));
        if ((type.len == 0 || is_dmn(type)) && !read_import(r, m, e, &m->import[m->imports++])) {
            return false;
        }
    }
    return true;
}

/* --- items ------------------------------------------------------------------------------------------ */

static const struct {
    const char *element;
    enum dmn_node_kind kind;
} kinds[] = {
    {"inputData", DMN_INPUT},
    {"decision", DMN_DECISION},
    {"businessKnowledgeModel", DMN_KNOWLEDGE},
    {"decisionService", DMN_SERVICE},
};

static bool
kind_of(const struct xml *e, enum dmn_node_kind *kind)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (xml_is(e, kinds[i].element)) {
            *kind = kinds[i].kind;
            return true;
        }
    }
    return false;
}

/* The type of a function stands for what it returns: DMN 1.1 and 1.5 write the same thing in these two ways. */
static struct typed
returned(struct typed typed)
{
    if (typed.type != NULL && typed.type->kind == TYPE_FUNCTION) {
        typed.type = typed.type->element;
        typed.shape = typed.shape != NULL ? typed.shape->element : NULL;
    }
    return typed;
}

static bool
read_item(struct reader *r, struct model *m, const struct xml *e, enum dmn_node_kind kind, struct node *n)
{
    const struct xml *variable = xml_child(e, "variable");
    struct dmn_node_info *info = &n->item.info;
    struct typed typed = {NULL, NULL};

    n->element = e;
    n->model = m;
    n->item.model = m->out;
    n->item.line = e->line;
    info->kind = kind;
    info->id = xml_attribute(e, "id");
    info->label = xml_attribute(e, "label");
    info->question = str_trim(xml_text(e, "question"));
    info->description = str_trim(xml_text(e, "description"));
    if (!reader_name(r, e, &info->name) || (variable != NULL && !reader_type(r, m, variable, "typeRef", &typed))) {
        return false;
    }
    if (info->name.len == 0) {
        return reader_fail(r, e, "it has no name", "它没有名称");
    }
    if (kind >= DMN_KNOWLEDGE) {
        typed = returned(typed);
    }
    info->type = typed.type;
    n->shape = typed.shape;
    info->is_table = xml_child(kind == DMN_KNOWLEDGE ? xml_child(e, "encapsulatedLogic") : e, "decisionTable") != NULL;
    return true;
}

static bool
index_items(struct reader *r, struct model *m, struct index *index, bool by_id)
{
    index->entry = reader_room(r, NULL, m->nodes, sizeof(*index->entry));
    if (index->entry == NULL) {
        return false;
    }
    for (size_t i = 0; i < m->nodes; i++) {
        const struct dmn_node_info *info = &m->node[i].item.info;
        index->entry[index->count++] = (struct index_entry){by_id ? info->id : info->name, &m->node[i]};
    }
    const struct index_entry *twice = index_sort(index);
    if (twice != NULL) {
        const struct node *n = twice->what;
        struct str cut = str_sub(twice->name, 0, 60);
        return by_id ? reader_fail(r, n->element, "two elements have the id %.*s", "有两个元素的 id 都是 %.*s", STR_ARG(cut))
                     : reader_fail(r, n->element, "two elements are called %.*s", "有两个元素都叫 %.*s", STR_ARG(cut));
    }
    return true;
}

static bool
read_items(struct reader *r, struct model *m)
{
    struct index by_name = {.count = 0};
    enum dmn_node_kind kind;
    size_t count = 0;

    for (const struct xml *e = m->document.root->first; e != NULL; e = e->next) {
        count += kind_of(e, &kind);
    }
    m->node = reader_room(r, NULL, count, sizeof(*m->node));
    const struct dmn_item **item = reader_room(r, NULL, count, sizeof(*item));
    if (item == NULL) {
        return false;
    }
    for (const struct xml *e = m->document.root->first; e != NULL; e = e->next) {
        if (kind_of(e, &kind)) {
            item[m->nodes] = &m->node[m->nodes].item;
            if (!read_item(r, m, e, kind, &m->node[m->nodes++])) {
                return false;
            }
        }
    }
    m->out->item = item;
    m->out->items = m->nodes;
    return index_items(r, m, &m->by_id, true) && index_items(r, m, &by_name, false);
}

static bool
read_model(struct reader *r, struct str xml, struct model *parent, const struct import *as, struct model **out)
{
    struct model *m = reader_room(r, NULL, 1, sizeof(*m));
    struct dmn *made = reader_room(r, NULL, 1, sizeof(*made));

    if (made == NULL) {
        return false;
    }
    if (r->count > DMN_IMPORTS_MAX) {
        return reader_limit(r, NULL, "more than %d models are imported", "导入的模型超过 %d 个", DMN_IMPORTS_MAX);
    }
    if (!read_document(r, xml, &m->document)) {
        return false;
    }
    const struct xml *root = m->document.root;
    m->out = made;
    m->state = READ_BEGUN;
    m->parent = parent;
    made->name_space = str_trim(xml_attribute(root, "namespace"));
    if (parent != NULL) {
        m->path = str_fmt(r->arena, "%.*s%.*s%s", STR_ARG(parent->path), STR_ARG(as->name), as->name.len > 0 ? "." : "");
        if (m->path.ptr == NULL) {
            return reader_full(r, NULL);
        }
    }
    r->models[r->count++] = m;
    if (!reader_name(r, root, &made->name) || !read_imports(r, m) || !reader_types(r, m) || !read_items(r, m)) {
        return false;
    }
    m->state = READ_DONE;
    *out = m;
    return true;
}

/* --- the whole --------------------------------------------------------------------------------------- */

static int
compare_names(const void *a, const void *b)
{
    const struct node *const *x = a, *const *y = b;
    int order = str_cmp((*x)->item.info.name, (*y)->item.info.name);

    return order != 0 ? order : ((*x)->item.index > (*y)->item.index) - ((*x)->item.index < (*y)->item.index);
}

static int
compare_called(const void *a, const void *b)
{
    const struct dmn_item *const *x = a, *const *y = b;
    int order = str_cmp((*x)->called, (*y)->called);

    return order != 0 ? order : ((*x)->index > (*y)->index) - ((*x)->index < (*y)->index);
}

/* By its name, if it is the root's or nothing else is called so; else by the way that leads to it. */
static bool
call_items(struct reader *r)
{
    struct node **sorted = reader_room(r, NULL, r->nodes, sizeof(struct node *));

    if (sorted == NULL) {
        return false;
    }
    if (r->nodes > 0) {
        memcpy(sorted, r->all, r->nodes * sizeof(struct node *));
        qsort(sorted, r->nodes, sizeof(struct node *), compare_names);
    }
    for (size_t i = 0; i < r->nodes; i++) {
        struct node *n = sorted[i];
        struct str name = n->item.info.name;
        bool is_shared = (i > 0 && str_eq(sorted[i - 1]->item.info.name, name)) ||
                         (i + 1 < r->nodes && str_eq(sorted[i + 1]->item.info.name, name));
        n->item.called = name;
        if (is_shared && n->model->parent != NULL) {
            n->item.called = str_fmt(r->arena, "%.*s%.*s", STR_ARG(n->model->path), STR_ARG(name));
        }
        if (n->item.called.ptr == NULL) {
            return reader_full(r, NULL);
        }
    }
    return true;
}

/* The items of all models, the root's first. */
static bool
gather(struct reader *r)
{
    struct dmn *root = r->models[0]->out;

    for (size_t i = 0; i < r->count; i++) {
        r->nodes += r->models[i]->nodes;
    }
    r->all = reader_room(r, NULL, r->nodes, sizeof(struct node *));
    const struct dmn_item **any = reader_room(r, NULL, r->nodes, sizeof(*any));
    const struct dmn_item **sorted = reader_room(r, NULL, r->nodes, sizeof(*sorted));
    if (sorted == NULL) {
        return false;
    }
    size_t at = 0;
    for (size_t i = 0; i < r->count; i++) {
        for (size_t j = 0; j < r->models[i]->nodes; j++, at++) {
            r->all[at] = &r->models[i]->node[j];
            r->all[at]->item.index = (uint32_t)at;
            any[at] = &r->all[at]->item;
        }
    }
    root->any = any;
    root->all = r->nodes;
    if (!call_items(r)) {
        return false;
    }
    if (r->nodes > 0) {
        memcpy(sorted, any, r->nodes * sizeof(*sorted));
        qsort(sorted, r->nodes, sizeof(*sorted), compare_called);
    }
    root->sorted = sorted;
    return true;
}

/* --- expressions ------------------------------------------------------------------------------------- */

static bool
read_knowledge(struct reader *r, struct node *n, const struct feel_scope *scope)
{
    const struct xml *logic = xml_child(n->element, "encapsulatedLogic");
    const struct feel_type *result = NULL;

    if (logic == NULL) {
        return true;
    }
    if (!reader_function(r, logic, n->item.info.name, scope, &n->item.expression, &result)) {
        return false;
    }
    n->shape = n->shape != NULL ? n->shape : result;
    n->function = *n->item.expression->function;
    n->function.host = dmn_call_knowledge;
    n->function.ctx = &n->item;
    n->function.result = n->item.info.type;
    n->item.function = &n->function;
    return true;
}

static bool
read_service(struct reader *r, struct node *n)
{
    size_t count = n->item.parameters;
    struct type_member *parameter = reader_room(r, n->element, count, sizeof(*parameter));

    if (parameter == NULL) {
        return false;
    }
    if (count > FUNCTION_PARAMETERS_MAX) {
        return reader_limit(r, n->element, "a service has more than %d parameters", "决策服务的参数超过 %d 个",
                            FUNCTION_PARAMETERS_MAX);
    }
    for (size_t i = 0; i < count; i++) {
        parameter[i] = (struct type_member){n->item.parameter[i]->info.name, n->item.parameter[i]->info.type};
    }
    n->function = (struct function){.kind = FUNCTION_HOST, .name = n->item.info.name, .count = count, .parameter = parameter,
                                    .result = n->item.info.type, .host = dmn_call_service, .ctx = &n->item};
    n->item.function = &n->function;
    return true;
}

/* The names that an item's expression sees, in the order of its needs. */
static bool
scope_of(struct reader *r, struct node *n, struct feel_scope *out)
{
    struct feel_name *name = reader_room(r, n->element, n->item.needs, sizeof(*name));
    struct value *slot = reader_room(r, n->element, n->item.needs, sizeof(*slot));

    if (slot == NULL) {
        return false;
    }
    for (size_t i = 0; i < n->item.needs; i++) {
        struct node *need = r->all[n->item.need[i]->index];
        need->function_shape = (struct feel_type){.kind = FEEL_FUNCTION, .element = need->shape};
        name[i] = (struct feel_name){n->item.need_name[i],
                                     need->item.info.kind >= DMN_KNOWLEDGE ? &need->function_shape : need->shape};
        if (need->item.function != NULL) {
            slot[i] = (struct value){.kind = VALUE_FUNCTION, .as.function = need->item.function};
        }
    }
    n->item.slot = slot;
    n->item.frame = (struct frame){.slot = slot};
    *out = n->model->types;
    out->count = n->item.needs;
    out->name = name;
    return true;
}

static bool
read_expression(struct reader *r, struct node *n)
{
    const struct xml *boxed = reader_boxed(n->element);
    const struct feel_type *shape = NULL;
    struct feel_scope scope;

    r->model = n->model;
    if (n->item.info.kind == DMN_SERVICE) {
        return read_service(r, n);
    }
    if (n->item.info.kind == DMN_INPUT) {
        return true;
    }
    if (!scope_of(r, n, &scope)) {
        return false;
    }
    if (n->item.info.kind == DMN_KNOWLEDGE) {
        return read_knowledge(r, n, &scope);
    }
    if (boxed != NULL && !reader_read(r, boxed, n->item.info.name, &scope, &n->item.expression, &shape)) {
        return false;
    }
    n->shape = n->shape != NULL ? n->shape : shape;
    return true;
}

static bool
read_whole(struct reader *r, struct str xml)
{
    struct model *root;

    if (!read_model(r, xml, NULL, NULL, &root) || !gather(r) || !reader_needs(r) || !reader_plans(r) || !reader_order(r)) {
        return false;
    }
    for (size_t i = 0; i < r->nodes; i++) {
        if (!read_expression(r, r->order[i])) {
            return false;
        }
    }
    return true;
}

static enum rc
end(const struct reader *r, struct dmn_fault *fault, struct err *err)
{
    CHECK(r->rc != RC_OK);
    if (fault != NULL) {
        *fault = r->fault;
    }
    return err_set(err, r->rc, "line %u, column %u%s%s: %s", r->fault.line, r->fault.column,
                   r->fault.element[0] == '\0' ? "" : ", ", r->fault.element, r->fault.en);
}

enum rc
dmn_read(struct arena *a, struct str xml, dmn_find *find, void *ctx, struct zones *zones, const struct dmn **out,
         struct dmn_fault *fault, struct err *err)
{
    struct reader r = {.arena = a, .zones = zones, .find = find, .ctx = ctx};

    if (!read_whole(&r, xml)) {
        return end(&r, fault, err);
    }
    *out = r.models[0]->out;
    return RC_OK;
}

enum rc
dmn_head(struct arena *a, struct str xml, struct dmn_head *out, struct dmn_fault *fault, struct err *err)
{
    struct reader r = {.arena = a};
    struct xml_document document;

    if (!read_document(&r, xml, &document) || !reader_name(&r, document.root, &out->name)) {
        return end(&r, fault, err);
    }
    out->name_space = str_trim(xml_attribute(document.root, "namespace"));
    return RC_OK;
}
