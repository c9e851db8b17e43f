#include "process/bpmn_compare.h"

#include <stdlib.h>

#include "process/bpmn_drawing_int.h"

enum { SHOWN_MAX = 400 /* bytes of a content */, CONTENT_MAX = 1 << 20, LOOKS_MAX = 50000000 /* at contents: a fraction of a second */ };

struct comparing {
    struct arena *arena;
    struct drawing before, after;
    struct json *changes; /* of the element at hand */
    int64_t looks, left_out;
};

/* --- contents as text ---------------------------------------------------------------------------------- */

static int
by_name(const void *a, const void *b)
{
    const struct xml_attribute *x = a, *y = b;
    int order = str_cmp(x->name_space, y->name_space);

    return order != 0 ? order : str_cmp(x->name, y->name);
}

static const struct xml_attribute *
sorted(struct arena *a, const struct xml *e)
{
    struct xml_attribute *list = arena_alloc(a, e->attributes + 1, sizeof(*list));

    for (size_t i = 0; list != NULL && i < e->attributes; i++) {
        list[i] = e->attribute[i];
    }
    if (list != NULL) {
        qsort(list, e->attributes, sizeof(*list), by_name);
    }
    return list;
}

/* As people read it: name, attributes, text, and what is in it in brackets.  Ids of contents are of the drawing program's making. */
static void
put_content(struct comparing *c, struct buf *b, const struct xml *e)
{
    const struct xml_attribute *list = sorted(c->arena, e);
    struct str text = str_trim(e->text);

    if (list == NULL) {
        b->failed = true;
        return;
    }
    buf_put(b, e->name);
    for (size_t i = 0; i < e->attributes; i++) {
        if (!str_eq(list[i].name, STR("id")) || list[i].name_space.len > 0 || str_eq(e->name_space, STR(BPMN_GOV))) {
            buf_put_fmt(b, " %.*s=\"%.*s\"", STR_ARG(list[i].name), STR_ARG(list[i].value));
        }
    }
    if (text.len > 0) {
        buf_put_fmt(b, ": %.*s", STR_ARG(text));
    }
    if (e->first != NULL) {
        buf_put(b, STR(" ("));
        for (const struct xml *child = e->first; child != NULL; child = child->next) {
            put_content(c, b, child);
            buf_put(b, child->next != NULL ? STR("; ") : STR(")"));
        }
    }
}

/* What an element says itself: not what stands in it as an element of its own. */
static bool
is_own(struct comparing *c, const struct drawing *d, uint32_t item, const struct xml *child)
{
    static const char *const others[] = {"incoming", "outgoing", "laneSet", "childLaneSet", "BPMNDiagram"};
    struct str id = xml_attribute(child, "id");

    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (xml_is(child, others[i])) {
            return false;
        }
    }
    for (uint32_t n = 0, of; id.len > 0 && c->looks <= LOOKS_MAX && (of = drawing_find_nth(d, id, n)) != DRAWN_NONE; n++, c->looks++) {
        if (d->item[of].xml == child && of != item) {
            return false;
        }
    }
    return true;
}

/* All contents of that name together; extension elements are taken one by one. */
static enum rc
content_of(struct comparing *c, const struct drawing *d, uint32_t item, const struct xml *around, struct str name, struct str *out, struct err *err)
{
    struct buf b;

    buf_init(&b, c->arena, CONTENT_MAX);
    for (const struct xml *child = around != NULL ? around->first : NULL; child != NULL; child = child->next) {
        if (++c->looks > LOOKS_MAX) {
            return err_set(err, RC_LIMIT, "too many contents to be compared");
        }
        if (str_eq(child->name, name) && is_own(c, d, item, child)) {
            buf_put(&b, b.len > 0 ? STR("; ") : STR(""));
            put_content(c, &b, child);
        }
    }
    return buf_finish(&b, out, err);
}

/* --- one element -------------------------------------------------------------------------------------------- */

/* Cut where a character begins. */
static struct str
shown(struct arena *a, struct str text)
{
    size_t len = SHOWN_MAX;

    if (text.len <= SHOWN_MAX) {
        return text;
    }
    while (len > 0 && ((unsigned char)text.ptr[len] & 0xc0) == 0x80) {
        len--;
    }
    return str_fmt(a, "%.*s…", (int)len, text.ptr);
}

static void
push_change(struct comparing *c, struct str what, struct str was, struct str is)
{
    struct json *d = json_object(c->arena);

    json_set_text(c->arena, d, "what", what);
    json_set_text(c->arena, d, "was", shown(c->arena, was));
    json_set_text(c->arena, d, "is", shown(c->arena, is));
    json_push(c->changes, d);
}

static void
compare_attributes(struct comparing *c, const struct xml *old, const struct xml *new)
{
    for (size_t i = 0; i < new->attributes; i++) {
        struct str was = xml_attribute_of(old, new->attribute[i].name_space, str_c(c->arena, new->attribute[i].name));
        if (!str_eq(was, new->attribute[i].value)) {
            push_change(c, new->attribute[i].name, was, new->attribute[i].value);
        }
    }
    for (size_t i = 0; i < old->attributes; i++) {
        const char *name = str_c(c->arena, old->attribute[i].name);
        struct str is = xml_attribute_of(new, old->attribute[i].name_space, name);
        if (is.len == 0 && old->attribute[i].value.len > 0) {
            push_change(c, old->attribute[i].name, old->attribute[i].value, is);
        }
    }
}

static bool
was_seen(struct comparing *c, const struct xml *around, const struct xml *child)
{
    for (const struct xml *x = around->first; x != child; x = x->next) {
        c->looks++;
        if (str_eq(x->name, child->name)) {
            return true;
        }
    }
    return false;
}

/* Names of contents of one side; those that the other side has, too, are compared once. */
static enum rc
compare_contents(struct comparing *c, uint32_t old_item, uint32_t new_item, const struct xml *old, const struct xml *new, struct err *err)
{
    for (int side = 0; side < 2; side++) {
        const struct xml *here = side == 0 ? new : old, *there = side == 0 ? old : new;
        for (const struct xml *child = here != NULL ? here->first : NULL; child != NULL; child = child->next) {
            struct str was, is;
            enum rc rc;
            bool is_both = xml_child(there, str_c(c->arena, child->name)) != NULL;
            if (was_seen(c, here, child) || (side == 1 && is_both) || xml_is(child, "extensionElements")) {
                continue;
            }
            if ((rc = content_of(c, &c->before, old_item, old, child->name, &was, err)) != RC_OK ||
                (rc = content_of(c, &c->after, new_item, new, child->name, &is, err)) != RC_OK) {
                return rc;
            }
            if (!str_eq(was, is)) {
                push_change(c, child->name, was, is);
            }
        }
    }
    return RC_OK;
}

static struct str
id_of(const struct drawing *d, uint32_t i)
{
    return i == DRAWN_NONE ? STR("") : d->item[i].id;
}

static bool
has_moved(const struct drawn *old, const struct drawn *new)
{
    if (old->bounds.x != new->bounds.x || old->bounds.y != new->bounds.y || old->bounds.width != new->bounds.width ||
        old->bounds.height != new->bounds.height || old->label.x != new->label.x || old->label.y != new->label.y || old->points != new->points) {
        return true;
    }
    for (size_t i = 0; i < new->points; i++) {
        if (old->point[i].x != new->point[i].x || old->point[i].y != new->point[i].y) {
            return true;
        }
    }
    return false;
}

/* Onto the list, unless that is long enough. */
static void
push(struct comparing *c, struct json *list, struct json *e)
{
    if (list != NULL && list->count >= BPMN_SHOWN_MAX) {
        c->left_out++;
    } else {
        json_push(list, e);
    }
}

static struct json *
element(struct arena *a, const struct drawn *e)
{
    struct json *d = json_object(a);

    json_set_text(a, d, "id", e->id);
    json_set_text(a, d, "tag", e->tag);
    json_set_text(a, d, "name", e->name);
    return d;
}

/* Into "changed" or "moved"; nothing if it is as it was. */
static enum rc
compare_element(struct comparing *c, uint32_t old_item, uint32_t new_item, struct json *changed, struct json *moved, struct err *err)
{
    const struct drawn *old = &c->before.item[old_item], *new = &c->after.item[new_item];
    enum rc rc;

    c->changes = json_array(c->arena);
    if (!str_eq(old->tag, new->tag)) {
        push_change(c, STR("type"), old->tag, new->tag);
    }
    if (!str_eq(id_of(&c->before, old->parent), id_of(&c->after, new->parent))) {
        push_change(c, STR("in"), id_of(&c->before, old->parent), id_of(&c->after, new->parent));
    }
    compare_attributes(c, old->xml, new->xml);
    if ((rc = compare_contents(c, old_item, new_item, old->xml, new->xml, err)) != RC_OK ||
        (rc = compare_contents(c, old_item, new_item, drawing_child(old->xml, "extensionElements"), drawing_child(new->xml, "extensionElements"),
                               err)) != RC_OK ||
        (rc = json_whole(c->changes, err)) != RC_OK) {
        return rc;
    }
    if (c->changes->count > 0) {
        struct json *d = element(c->arena, new);
        json_set(c->arena, d, "changes", c->changes);
        push(c, changed, d);
    } else if (has_moved(old, new)) {
        push(c, moved, element(c->arena, new));
    }
    return RC_OK;
}

/* How many elements of the same id stand before each: usually none. */
static enum rc
ranks_of(const struct drawing *d, uint32_t **out, struct err *err)
{
    uint32_t *rank = arena_alloc(d->arena, d->count + 1, sizeof(*rank));

    if (rank == NULL) {
        return err_set(err, RC_LIMIT, "no room for a comparison");
    }
    for (uint32_t k = 1; k < d->count; k++) {
        uint32_t i = d->by_id[k], before = d->by_id[k - 1];
        rank[i] = str_eq(d->item[i].id, d->item[before].id) ? rank[before] + 1 : 0;
    }
    *out = rank;
    return RC_OK;
}

/* --- all of it ----------------------------------------------------------------------------------------------- */

enum rc
bpmn_compare(struct arena *a, struct str before, struct str after, struct json **out, struct err *err)
{
    struct comparing c = {.arena = a};
    struct json *d = json_object(a), *added = json_array(a), *removed = json_array(a), *changed = json_array(a), *moved = json_array(a);
    uint32_t *old_rank, *new_rank;
    enum rc rc;

    if ((rc = drawing_read(a, before, &c.before, err)) != RC_OK || (rc = drawing_read(a, after, &c.after, err)) != RC_OK ||
        (rc = ranks_of(&c.before, &old_rank, err)) != RC_OK || (rc = ranks_of(&c.after, &new_rank, err)) != RC_OK) {
        return rc;
    }
    for (uint32_t i = 0; i < c.after.count && rc == RC_OK; i++) {
        uint32_t old = drawing_find_nth(&c.before, c.after.item[i].id, new_rank[i]);
        if (old == DRAWN_NONE) {
            push(&c, added, element(a, &c.after.item[i]));
        } else {
            rc = compare_element(&c, old, i, changed, moved, err);
        }
    }
    for (uint32_t i = 0; i < c.before.count; i++) {
        if (drawing_find_nth(&c.after, c.before.item[i].id, old_rank[i]) == DRAWN_NONE) {
            push(&c, removed, element(a, &c.before.item[i]));
        }
    }
    if (rc != RC_OK) {
        return rc;
    }
    if (added == NULL || removed == NULL || changed == NULL) {
        return err_set(err, RC_LIMIT, "no room for a comparison");
    }
    json_set_int(a, d, "count", (int64_t)added->count + (int64_t)removed->count + (int64_t)changed->count);
    json_set_int(a, d, "left_out", c.left_out);
    json_set(a, d, "added", added);
    json_set(a, d, "removed", removed);
    json_set(a, d, "changed", changed);
    json_set(a, d, "moved", moved);
    if ((rc = json_whole(d, err)) == RC_OK) {
        *out = d;
    }
    return rc;
}

enum rc
bpmn_compare_marks(struct arena *a, const struct json *compared, struct bpmn_mark **out, size_t *count, struct err *err)
{
    static const struct {
        const char *list;
        enum bpmn_mark_kind kind;
    } kinds[] = {{"added", BPMN_MARK_ADDED}, {"changed", BPMN_MARK_CHANGED}, {"moved", BPMN_MARK_MOVED}};
    size_t room = 0, filled = 0;
    struct bpmn_mark *list;

    for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
        const struct json *of = json_get(compared, kinds[k].list);
        room += of != NULL ? of->count : 0;
    }
    if ((list = arena_alloc(a, room + 1, sizeof(*list))) == NULL) {
        return err_set(err, RC_LIMIT, "no room for marks");
    }
    for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
        const struct json *of = json_get(compared, kinds[k].list);
        for (const struct json *e = of != NULL ? of->first : NULL; e != NULL; e = e->next) {
            list[filled++] = (struct bpmn_mark){.id = json_str(e, "id"), .kind = kinds[k].kind};
        }
    }
    *out = list;
    *count = filled;
    return RC_OK;
}
