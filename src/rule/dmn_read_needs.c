/*
 * What needs what: references resolved, circles found, and the order in which a decision and all that it needs are evaluated.
 *
 * Chains may be as long as a model is large, so nothing here calls itself.
 */
#include "rule/dmn_read_int.h"

enum { PLANNED_MAX = 1000000 }; /* entries of all plans together */

/* --- references ---------------------------------------------------------------------------------- */

static struct node *
find_id(const struct model *m, struct str id)
{
    return id.len > 0 ? index_find(&m->by_id, id) : NULL;
}

/* "#id", "id" (DMN 1.1), "namespace#id", "location#id"; *prefix becomes the import's name. */
static struct node *
find_href(const struct model *m, struct str href, struct str *prefix)
{
    size_t hash = str_find_byte(href, '#');
    struct str where = str_sub(href, 0, hash), id = str_from(href, hash + 1);

    *prefix = STR("");
    if (hash == href.len) {
        return find_id(m, href);
    }
    if (where.len == 0 || str_eq(where, m->out->name_space)) {
        return find_id(m, id);
    }
    for (size_t i = 0; i < m->imports; i++) {
        const struct import *import = &m->import[i];
        if (str_eq(import->model->out->name_space, where) || (import->location.len > 0 && str_eq(import->location, where))) {
            *prefix = import->name;
            return find_id(import->model, id);
        }
    }
    return NULL;
}

static struct node *
referred(struct reader *r, const struct node *n, const struct xml *e, struct str *prefix)
{
    struct str href = str_trim(xml_attribute(e, "href")), cut = str_sub(href, 0, 80);
    struct node *found = find_href(n->model, href, prefix);

    if (found == NULL) {
        (void)reader_fail(r, e, "what is required here is not in the model: %.*s", "模型中没有这里要求的内容：%.*s", STR_ARG(cut));
    }
    return found;
}

struct requirement {
    const char *element, *child;
    unsigned kinds;
};
static const struct requirement requirements[] = {
    {"informationRequirement", "requiredInput", 1u << DMN_INPUT},
    {"informationRequirement", "requiredDecision", 1u << DMN_DECISION},
    {"knowledgeRequirement", "requiredKnowledge", 1u << DMN_KNOWLEDGE | 1u << DMN_SERVICE},
};

static bool
wrong_kind(struct reader *r, const struct xml *e, const struct node *n)
{
    struct str name = str_sub(n->item.info.name, 0, 60);

    return reader_fail(r, e, "%.*s is not of the kind that is required here", "%.*s 不是此处要求的种类", STR_ARG(name));
}

struct need_lists {
    const struct dmn_item **need;
    struct str *name;
};

static bool
add_need(struct reader *r, struct node *n, const struct xml *e, const struct requirement *kind, struct need_lists *lists)
{
    const struct xml *child = xml_child(e, kind->child);
    struct str prefix;

    if (child == NULL) {
        return true;
    }
    struct node *other = referred(r, n, child, &prefix);
    if (other == NULL) {
        return false;
    }
    if ((kind->kinds & 1u << other->item.info.kind) == 0) {
        return wrong_kind(r, child, other);
    }
    if (other->stamp == r->stamp) { /* required once already */
        return true;
    }
    other->stamp = r->stamp;
    size_t at = n->item.needs++;
    lists->need[at] = &other->item;
    n->edge[n->edges++] = other;
    lists->name[at] = other->item.info.name;
    if (prefix.len > 0) {
        lists->name[at] = str_fmt(r->arena, "%.*s.%.*s", STR_ARG(prefix), STR_ARG(other->item.info.name));
    }
    return lists->name[at].ptr != NULL || reader_full(r, e);
}

static bool
link_needs(struct reader *r, struct node *n)
{
    struct need_lists lists;
    size_t count = 0;

    for (const struct xml *e = n->element->first; e != NULL; e = e->next) {
        count += xml_is(e, "informationRequirement") || xml_is(e, "knowledgeRequirement");
    }
    lists.need = reader_room(r, n->element, count, sizeof(*lists.need));
    lists.name = reader_room(r, n->element, count, sizeof(*lists.name));
    n->edge = reader_room(r, n->element, count, sizeof(struct node *));
    if (count > DMN_NAMES_MAX) {
        return reader_limit(r, n->element, "it needs more than %d others", "依赖超过 %d 个", DMN_NAMES_MAX);
    }
    if (n->edge == NULL) {
        return false;
    }
    r->stamp++;
    n->item.need = lists.need;
    n->item.need_name = lists.name;
    for (size_t i = 0; i < sizeof(requirements) / sizeof(requirements[0]); i++) {
        const char *name = requirements[i].element;
        for (const struct xml *e = xml_child(n->element, name); e != NULL; e = xml_next(e, name)) {
            if (!add_need(r, n, e, &requirements[i], &lists)) {
                return false;
            }
        }
    }
    return true;
}

/* The items that a service's children of that name refer to, appended to list. */
static bool
link_list(struct reader *r, const struct node *n, const char *name, enum dmn_node_kind kind, const struct dmn_item **list,
          size_t *count)
{
    for (const struct xml *e = xml_child(n->element, name); e != NULL; e = xml_next(e, name)) {
        struct str prefix;
        struct node *other = referred(r, n, e, &prefix);
        if (other == NULL) {
            return false;
        }
        if (other->item.info.kind != kind) {
            return wrong_kind(r, e, other);
        }
        list[(*count)++] = &other->item;
    }
    return true;
}

static bool
link_service(struct reader *r, struct node *n)
{
    size_t count = 0;

    for (const struct xml *e = n->element->first; e != NULL; e = e->next) {
        count++;
    }
    const struct dmn_item **output = reader_room(r, n->element, count, sizeof(*output));
    const struct dmn_item **parameter = reader_room(r, n->element, count, sizeof(*parameter));
    if (parameter == NULL) {
        return false;
    }
    n->item.output = output;
    n->item.parameter = parameter;
    return link_list(r, n, "outputDecision", DMN_DECISION, output, &n->item.outputs) &&
           link_list(r, n, "inputData", DMN_INPUT, parameter, &n->item.parameters) &&
           link_list(r, n, "inputDecision", DMN_DECISION, parameter, &n->item.parameters);
}

bool
reader_needs(struct reader *r)
{
    for (size_t i = 0; i < r->nodes; i++) {
        struct node *n = r->all[i];
        if (n->item.info.kind == DMN_SERVICE ? !link_service(r, n) : !link_needs(r, n)) {
            return false;
        }
    }
    return true;
}

/* --- plans ------------------------------------------------------------------------------------------ */

/* A walk to whatever is needed, by hand: where it stands, and which of its needs comes next. */
struct walk {
    struct node **node;
    size_t *next;
    size_t depth;
};

static bool
walk_room(struct reader *r, struct walk *w)
{
    w->node = reader_room(r, NULL, r->nodes + 1, sizeof(struct node *));
    w->next = reader_room(r, NULL, r->nodes + 1, sizeof(*w->next));
    w->depth = 0;
    return w->next != NULL;
}

static void
walk_to(struct walk *w, struct node *n)
{
    w->node[w->depth] = n;
    w->next[w->depth++] = 0;
}

struct collect {
    struct node **decision, **input;
    size_t decisions, inputs;
};

/* All that n needs to be known before it, and n. */
static void
collect(const struct reader *r, struct walk *w, struct collect *c, struct node *n)
{
    if (n->stamp == r->stamp) {
        return;
    }
    n->stamp = r->stamp;
    walk_to(w, n);
    while (w->depth > 0) {
        struct node *at = w->node[w->depth - 1];
        if (w->next[w->depth - 1] < at->item.needs) {
            struct node *need = r->all[at->item.need[w->next[w->depth - 1]++]->index];
            if (need->stamp != r->stamp && need->item.info.kind <= DMN_DECISION) {
                need->stamp = r->stamp;
                walk_to(w, need);
            }
            continue;
        }
        if (at->item.info.kind == DMN_INPUT) {
            c->input[c->inputs++] = at;
        } else {
            c->decision[c->decisions++] = at;
        }
        w->depth--;
    }
}

static bool
keep_plan(struct reader *r, struct node *n, const struct collect *c)
{
    const struct dmn_item **input = reader_room(r, n->element, c->inputs, sizeof(*input));
    const struct dmn_item **decision = reader_room(r, n->element, c->decisions, sizeof(*decision));

    r->planned += c->inputs + c->decisions;
    if (r->planned > PLANNED_MAX) {
        return reader_limit(r, n->element, "decisions need one another too often", "决策之间的依赖太多");
    }
    if (decision == NULL) {
        return false;
    }
    for (size_t i = 0; i < c->inputs; i++) {
        input[i] = &c->input[i]->item;
    }
    size_t values = 0;
    for (size_t i = 0; i < c->decisions; i++) {
        decision[i] = &c->decision[i]->item;
        values += 1 + decision[i]->needs;
    }
    n->plan = (struct dmn_decision){.item = &n->item, .whole = r->models[0]->out, .inputs = c->inputs, .input = input,
                                    .decisions = c->decisions, .decision = decision, .frame_values = values};
    n->item.plan = &n->plan;
    return true;
}

/* A service is called with its parameters, so what they would need is not asked. */
static bool
plan_service(struct reader *r, struct walk *w, struct collect *c, struct node *n)
{
    size_t count = 0;

    for (size_t i = 0; i < n->item.parameters; i++) {
        r->all[n->item.parameter[i]->index]->stamp = r->stamp;
    }
    for (size_t i = 0; i < n->item.outputs; i++) {
        collect(r, w, c, r->all[n->item.output[i]->index]);
    }
    for (size_t i = 0; i < c->decisions; i++) {
        count += c->decision[i]->edges;
    }
    n->edge = reader_room(r, n->element, count, sizeof(struct node *));
    if (n->edge == NULL) {
        return false;
    }
    for (size_t i = 0; i < c->decisions; i++) {
        const struct dmn_item *d = &c->decision[i]->item;
        for (size_t j = 0; j < d->needs; j++) {
            if (d->need[j]->info.kind > DMN_DECISION) {
                n->edge[n->edges++] = r->all[d->need[j]->index];
            }
        }
    }
    return keep_plan(r, n, c);
}

bool
reader_plans(struct reader *r)
{
    struct collect c = {.decisions = 0};
    struct walk w;

    c.decision = reader_room(r, NULL, r->nodes, sizeof(struct node *));
    c.input = reader_room(r, NULL, r->nodes, sizeof(struct node *));
    if (c.input == NULL || !walk_room(r, &w)) {
        return false;
    }
    for (size_t i = 0; i < r->nodes; i++) {
        struct node *n = r->all[i];
        r->stamp++;
        c.decisions = c.inputs = 0;
        if (n->item.info.kind == DMN_SERVICE) {
            if (!plan_service(r, &w, &c, n)) {
                return false;
            }
        } else if (n->item.info.kind == DMN_DECISION) {
            collect(r, &w, &c, n);
            if (!keep_plan(r, n, &c)) {
                return false;
            }
        }
    }
    return true;
}

/* --- circles ------------------------------------------------------------------------------------------ */

static bool
in_circle(struct reader *r, const struct walk *w, const struct node *again)
{
    struct buf b;
    struct str names;
    struct err err;
    size_t from = 0;

    while (w->node[from] != again) {
        from++;
    }
    buf_init(&b, r->arena, 110);
    for (size_t i = from; i < w->depth && i < from + 5; i++) {
        struct str name = str_sub(w->node[i]->item.info.name, 0, 40);
        buf_put(&b, name);
        buf_put(&b, STR(" → "));
    }
    buf_put(&b, str_sub(again->item.info.name, 0, 40));
    if (buf_finish(&b, &names, &err) != RC_OK) {
        names = str_sub(again->item.info.name, 0, 80);
    }
    return reader_fail(r, again->element, "it needs itself: %.*s", "循环依赖：%.*s", STR_ARG(names));
}

bool
reader_order(struct reader *r)
{
    struct walk w;
    size_t count = 0;

    r->order = reader_room(r, NULL, r->nodes, sizeof(struct node *));
    if (r->order == NULL || !walk_room(r, &w)) {
        return false;
    }
    for (size_t i = 0; i < r->nodes; i++) {
        if (r->all[i]->state == READ_NOT) {
            r->all[i]->state = READ_BEGUN;
            walk_to(&w, r->all[i]);
        }
        while (w.depth > 0) {
            struct node *at = w.node[w.depth - 1];
            if (w.next[w.depth - 1] == at->edges) {
                at->state = READ_DONE;
                r->order[count++] = at;
                w.depth--;
                continue;
            }
            struct node *next = at->edge[w.next[w.depth - 1]++];
            if (next->state == READ_BEGUN) {
                return in_circle(r, &w, next);
            }
            if (next->state == READ_NOT) {
                next->state = READ_BEGUN;
                walk_to(&w, next);
            }
        }
    }
    CHECK(count == r->nodes);
    return true;
}
