#include "process/bpmn_drawing_int.h"

#include <stdlib.h>

enum { NUMBER_MAX = 1000000 };

static const struct str bpmn_space = STR_INIT("http://www.omg.org/spec/BPMN/20100524/MODEL");

static bool
is_bpmn(const struct xml *e)
{
    return str_eq(e->name_space, bpmn_space);
}

static bool
is_one_of(struct str name, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (str_eq(name, str_of(list[i]))) {
            return true;
        }
    }
    return false;
}

/* What other elements stand in.  A lane set is a container, and no element that anybody would name. */
static bool
is_container(const struct xml *e)
{
    static const char *const tags[] = {"definitions", "process",       "subProcess", "transaction",
                                       "adHocSubProcess", "collaboration", "laneSet",    "childLaneSet", "lane"};

    return is_bpmn(e) && is_one_of(e->name, tags, sizeof(tags) / sizeof(tags[0]));
}

static bool
is_element(const struct xml *e)
{
    static const char *const beside[] = {"laneSet", "childLaneSet", "ioSpecification", "dataInputAssociation", "dataOutputAssociation",
                                         "extensionElements", "standardLoopCharacteristics", "multiInstanceLoopCharacteristics"};

    return is_bpmn(e) && e->parent != NULL && is_container(e->parent) && xml_has(e, "id") &&
           !is_one_of(e->name, beside, sizeof(beside) / sizeof(beside[0]));
}

/* --- walking ------------------------------------------------------------------------------------------- */

/* The next one of the tree behind e, its children first; *depth follows. */
static const struct xml *
after(const struct xml *e, const struct xml *root, bool goes_down)
{
    if (goes_down && e->first != NULL) {
        return e->first;
    }
    while (e != root && e->next == NULL) {
        e = e->parent;
    }
    return e == root ? NULL : e->next;
}

static size_t
count_elements(const struct xml *root)
{
    size_t count = 0;

    for (const struct xml *e = root; e != NULL; e = after(e, root, is_container(e))) {
        count += is_element(e) ? 1 : 0;
    }
    return count;
}

static bool
is_inside(const struct xml *e, const struct xml *around)
{
    while (e != NULL && e != around) {
        e = e->parent;
    }
    return e != NULL;
}

/* The element around e: the one before it, or one of those that this stands in. */
static uint32_t
parent_of(const struct drawn *items, uint32_t count, const struct xml *e)
{
    uint32_t i = count > 0 ? count - 1 : DRAWN_NONE;

    while (i != DRAWN_NONE && !is_inside(e, items[i].xml)) {
        i = items[i].parent;
    }
    return i;
}

struct sorted {
    struct str id;
    uint32_t index;
};

static int
by_id(const void *a, const void *b)
{
    const struct sorted *x = a, *y = b;
    int order = str_cmp(x->id, y->id);

    return order != 0 ? order : (x->index > y->index) - (x->index < y->index);
}

static enum rc
sort_ids(struct drawing *d, const struct drawn *items, struct err *err)
{
    struct sorted *s = arena_alloc(d->arena, d->count + 1, sizeof(*s));
    uint32_t *order = arena_alloc(d->arena, d->count + 1, sizeof(*order));

    if (s == NULL || order == NULL) {
        return err_set(err, RC_LIMIT, "no room for a model of %u elements", d->count);
    }
    for (uint32_t i = 0; i < d->count; i++) {
        s[i] = (struct sorted){items[i].id, i};
    }
    qsort(s, d->count, sizeof(*s), by_id);
    for (uint32_t i = 0; i < d->count; i++) {
        order[i] = s[i].index;
    }
    d->by_id = order;
    return RC_OK;
}

uint32_t
drawing_find_nth(const struct drawing *d, struct str id, uint32_t n)
{
    uint32_t low = 0, high = d->count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (str_cmp(d->item[d->by_id[middle]].id, id) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low + n < d->count && str_eq(d->item[d->by_id[low + n]].id, id) ? d->by_id[low + n] : DRAWN_NONE;
}

uint32_t
drawing_find(const struct drawing *d, struct str id)
{
    return drawing_find_nth(d, id, 0);
}

/* A decimal number without exponent; anything else is 0.  What is far outside stands at the edge. */
static double
number(const struct xml *e, const char *name)
{
    struct str text = str_trim(xml_attribute(e, name));
    bool is_negative = text.len > 0 && text.ptr[0] == '-', is_fraction = false;
    double value = 0, part = 1;

    for (size_t i = is_negative ? 1 : 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '.' && !is_fraction) {
            is_fraction = true;
        } else if (c < '0' || c > '9') {
            return 0;
        } else if (is_fraction) {
            part /= 10;
            value += part * (c - '0');
        } else if (value < NUMBER_MAX) {
            value = value * 10 + (c - '0');
        }
    }
    value = value < NUMBER_MAX ? value : NUMBER_MAX;
    return is_negative ? -value : value;
}

static void
take_bounds(const struct xml *shape, struct bounds *out)
{
    const struct xml *b = xml_child(shape, "Bounds");

    if (b != NULL) {
        *out = (struct bounds){number(b, "x"), number(b, "y"), number(b, "width"), number(b, "height")};
    }
}

static enum rc
take_points(struct drawing *d, const struct xml *edge, struct drawn *out, struct err *err)
{
    struct point *list;
    size_t count = 0;

    for (const struct xml *p = xml_child(edge, "waypoint"); p != NULL; p = xml_next(p, "waypoint")) {
        count++;
    }
    if ((list = arena_alloc(d->arena, count + 1, sizeof(*list))) == NULL) {
        return err_set(err, RC_LIMIT, "no room for a drawing");
    }
    for (const struct xml *p = xml_child(edge, "waypoint"); p != NULL; p = xml_next(p, "waypoint")) {
        list[out->points++] = (struct point){number(p, "x"), number(p, "y")};
    }
    out->point = list;
    return RC_OK;
}

/* Of an element that is drawn twice the first shape counts. */
static enum rc
find_shapes(struct drawing *d, struct err *err)
{
    uint32_t planes = 0;

    for (const struct xml *e = d->root; e != NULL; e = after(e, d->root, !is_container(e) || e == d->root)) {
        planes += xml_is(e, "BPMNDiagram") ? 1 : 0;
        if (planes == 0 || (!xml_is(e, "BPMNShape") && !xml_is(e, "BPMNEdge"))) {
            continue;
        }
        uint32_t i = drawing_find(d, drawing_local(xml_attribute(e, "bpmnElement")));
        if (i == DRAWN_NONE || d->item[i].shape != NULL) {
            continue;
        }
        d->item[i].shape = e;
        d->item[i].plane = planes - 1;
        d->has_shapes = true;
        take_bounds(e, &d->item[i].bounds);
        take_bounds(xml_child(e, "BPMNLabel"), &d->item[i].label);
        enum rc rc = take_points(d, e, &d->item[i], err);
        if (rc != RC_OK) {
            return rc;
        }
    }
    return RC_OK;
}

enum rc
drawing_read(struct arena *a, struct str xml, struct drawing *out, struct err *err)
{
    const struct xml_limits limits = {.bytes = BPMN_BYTES_MAX, .depth = BPMN_DEPTH_MAX, .elements = BPMN_XML_MAX, .attributes = 100,
                                      .all = true};
    struct drawing d = {.arena = a};
    struct xml_document document;
    struct drawn *items;
    enum rc rc = xml_read(a, xml, &limits, &document, NULL, err);

    if (rc != RC_OK) {
        return rc;
    }
    d.root = document.root;
    if (!is_bpmn(d.root) || !xml_is(d.root, "definitions")) {
        return err_set(err, RC_INVALID, "this is not a process model (BPMN 2.0)");
    }
    if ((items = arena_alloc(a, count_elements(d.root) + 1, sizeof(*items))) == NULL) {
        return err_set(err, RC_LIMIT, "no room for a drawing");
    }
    for (const struct xml *e = d.root; e != NULL; e = after(e, d.root, is_container(e))) {
        if (is_element(e)) {
            uint32_t parent = parent_of(items, d.count, e);
            items[d.count++] = (struct drawn){.id = xml_attribute(e, "id"), .tag = e->name, .xml = e, .plane = DRAWN_NONE, .parent = parent,
                                              .name = xml_is(e, "textAnnotation") ? str_trim(xml_text(e, "text")) : xml_attribute(e, "name")};
        }
    }
    d.item = items;
    if ((rc = sort_ids(&d, items, err)) != RC_OK || (rc = find_shapes(&d, err)) != RC_OK) {
        return rc;
    }
    *out = d;
    return RC_OK;
}

void
drawing_take_english(struct drawing *d)
{
    for (uint32_t i = 0; i < d->count; i++) {
        struct str name = xml_attribute_of(d->item[i].xml, STR(BPMN_GOV), "en");
        d->item[i].name = name.len > 0 ? name : d->item[i].name;
    }
}

/* --- looking --------------------------------------------------------------------------------------------- */

struct str
drawing_local(struct str qname)
{
    size_t at = str_find_byte(qname, ':');

    return at == qname.len ? qname : str_from(qname, at + 1);
}

const struct xml *
drawing_child(const struct xml *e, const char *name)
{
    const struct xml *child = xml_child(e, name);

    while (child != NULL && !is_bpmn(child)) {
        child = xml_next(child, name);
    }
    return child;
}

const struct xml *
drawing_gov(const struct xml *e, const char *name)
{
    const struct xml *around = drawing_child(e, "extensionElements");

    for (const struct xml *x = xml_child(around, name); x != NULL; x = xml_next(x, name)) {
        if (str_eq(x->name_space, STR(BPMN_GOV))) {
            return x;
        }
    }
    return NULL;
}

bool
drawn_is_flow(const struct drawn *e)
{
    return drawn_is(e, "sequenceFlow");
}

bool
drawn_is_scope(const struct drawn *e)
{
    return drawn_is(e, "process") || drawn_is(e, "subProcess") || drawn_is(e, "transaction") || drawn_is(e, "adHocSubProcess");
}

bool
drawn_is_step(const struct drawn *e)
{
    return drawn_ends(e, "Event") || drawn_ends(e, "Gateway") || drawn_ends(e, "Task") || drawn_is(e, "task") ||
           drawn_is(e, "callActivity") || (drawn_is_scope(e) && !drawn_is(e, "process"));
}

/* bpmn.io writes isExpanded where it is so; without a drawing what is inside is shown. */
bool
drawn_is_collapsed(const struct drawn *e)
{
    return drawn_is_scope(e) && !drawn_is(e, "process") && e->shape != NULL && !str_eq(xml_attribute(e->shape, "isExpanded"), STR("true"));
}
