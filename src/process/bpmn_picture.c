#include "process/bpmn_picture_int.h"

#include <math.h>

enum { MARGIN = 16, LABEL_ROOM = 40, NAME_ROOM = 10 };

static const char *const mark_names[] = {
#define X(name, word) [BPMN_MARK_##name] = word,
    BPMN_MARK_TABLE(X)
#undef X
};

const char *
bpmn_mark_name(enum bpmn_mark_kind kind)
{
    CHECK((int)kind >= 0 && kind < BPMN_MARKS);
    return mark_names[kind];
}

struct picture {
    struct painting painting;
    struct drawing drawing;
    enum bpmn_mark_kind *kind;
    int64_t *count;
    struct json *items;
};

static bool
is_seen(const struct drawn *e)
{
    return e->plane == 0 && (e->bounds.width > 0 || e->points > 1);
}

/* What cannot be seen marks what it is in. */
static void
put_marks(struct picture *p, const struct bpmn_mark *mark, size_t marks)
{
    for (size_t m = 0; m < marks; m++) {
        uint32_t i = drawing_find(&p->drawing, mark[m].id), shown = i;
        while (shown != DRAWN_NONE && !is_seen(&p->drawing.item[shown])) {
            shown = p->drawing.item[shown].parent;
        }
        for (int round = 0; round < 2; round++) {
            uint32_t at = round == 0 ? i : shown;
            if (at != DRAWN_NONE && (round == 0 || shown != i)) {
                p->kind[at] = mark[m].kind > p->kind[at] ? mark[m].kind : p->kind[at];
                p->count[at] += mark[m].count;
            }
        }
    }
}

static void
put_item(struct picture *p, uint32_t i)
{
    const struct drawn *e = &p->drawing.item[i];
    struct arena *a = p->painting.arena;
    struct json *d = json_object(a);

    p->painting.parts = json_array(a);
    p->painting.texts = json_array(a);
    if (e->points > 1) {
        paint_edge(&p->painting, e);
    } else {
        paint_shape(&p->painting, e);
        paint_mark(&p->painting, e, p->kind[i], p->count[i]);
    }
    json_set_text(a, d, "id", e->id);
    json_set_text(a, d, "tag", e->tag);
    json_set_text(a, d, "name", e->name);
    json_set_text(a, d, "mark", str_of(mark_names[p->kind[i]]));
    json_set_int(a, d, "count", p->count[i]);
    json_set(a, d, "parts", p->painting.parts);
    json_set(a, d, "texts", p->painting.texts);
    json_push(p->items, d);
}

/* Pools lie below, flows below what they lead to, boundary events above what they stand on. */
static int
layer_of(const struct drawn *e)
{
    if (drawn_is(e, "participant") || drawn_is(e, "lane")) {
        return 0;
    }
    if (drawn_is_scope(e) || drawn_is(e, "group")) {
        return drawn_is_collapsed(e) ? 3 : 1;
    }
    return e->points > 1 ? 2 : drawn_is(e, "boundaryEvent") ? 4 : 3;
}

static void
put_items(struct picture *p)
{
    for (int layer = 0; layer <= 4; layer++) {
        for (uint32_t i = 0; i < p->drawing.count; i++) {
            if (is_seen(&p->drawing.item[i]) && layer_of(&p->drawing.item[i]) == layer) {
                put_item(p, i);
            }
        }
    }
}

static void
extend(struct bounds *all, double x, double y)
{
    double right = all->x + all->width, low = all->y + all->height;

    all->x = x < all->x ? x : all->x;
    all->y = y < all->y ? y : all->y;
    all->width = (x > right ? x : right) - all->x;
    all->height = (y > low ? y : low) - all->y;
}

static void
put_size(struct picture *p, bool is_shown, struct json *d)
{
    struct bounds all = {0, 0, 0, 0};
    struct arena *a = p->painting.arena;
    bool is_first = true;

    for (uint32_t i = 0; i < p->drawing.count && is_shown; i++) {
        const struct drawn *e = &p->drawing.item[i];
        if (!is_seen(e)) {
            continue;
        }
        struct point at = e->points > 1 ? e->point[0] : (struct point){e->bounds.x, e->bounds.y};
        all = is_first ? (struct bounds){at.x, at.y, 0, 0} : all;
        is_first = false;
        for (size_t q = 0; q < e->points; q++) {
            extend(&all, e->point[q].x, e->point[q].y - (e->name.len > 0 ? NAME_ROOM : 0));
        }
        if (e->bounds.width > 0) {
            bool is_named_below = e->name.len > 0 && (drawn_ends(e, "Event") || drawn_ends(e, "Gateway") || drawn_ends(e, "Reference"));
            extend(&all, e->bounds.x - (is_named_below ? 30 : 0), e->bounds.y);
            extend(&all, e->bounds.x + e->bounds.width + (is_named_below ? 30 : 0), e->bounds.y + e->bounds.height + (is_named_below ? LABEL_ROOM : 0));
        }
        if (e->label.width > 0) {
            extend(&all, e->label.x, e->label.y);
            extend(&all, e->label.x + e->label.width, e->label.y + e->label.height);
        }
    }
    long width = lround(all.width) + 2 * MARGIN, height = lround(all.height) + 2 * MARGIN;
    json_set_text(a, d, "view_box", str_fmt(a, "%ld %ld %ld %ld", lround(all.x) - MARGIN, lround(all.y) - MARGIN, width, height));
    json_set_int(a, d, "width", is_first ? 0 : width);
    json_set_int(a, d, "height", is_first ? 0 : height);
}

enum rc
bpmn_picture(struct arena *a, const struct bpmn_look *look, struct json **out, struct err *err)
{
    struct picture p = {.painting = {.arena = a}};
    struct json *d = json_object(a), *steps;
    enum rc rc = drawing_read(a, look->xml, &p.drawing, err);
    bool has_drawing = rc == RC_OK && (p.drawing.has_shapes || p.drawing.count > BPMN_SHOWN_MAX);

    if (rc != RC_OK || (!has_drawing && (rc = drawing_lay_out(&p.drawing, err)) != RC_OK)) {
        return rc;
    }
    p.painting.drawing = &p.drawing;
    p.items = json_array(a);
    p.kind = arena_alloc(a, p.drawing.count + 1, sizeof(*p.kind));
    p.count = arena_alloc(a, p.drawing.count + 1, sizeof(*p.count));
    if (p.kind == NULL || p.count == NULL) {
        return err_set(err, RC_LIMIT, "no room for a picture");
    }
    if (look->is_english) {
        drawing_take_english(&p.drawing);
    }
    bool is_shown = p.drawing.count <= BPMN_SHOWN_MAX;
    put_marks(&p, look->mark, look->marks);
    put_size(&p, is_shown, d);
    if (is_shown) {
        put_items(&p);
    }
    if ((rc = picture_steps(a, &p.drawing, p.kind, p.count, &steps, err)) != RC_OK) {
        return rc;
    }
    json_set_int(a, d, "left_out", is_shown ? 0 : (int64_t)p.drawing.count - BPMN_SHOWN_MAX);
    json_set_bool(a, d, "was_laid_out", is_shown && !has_drawing);
    json_set(a, d, "items", p.items);
    json_set(a, d, "steps", steps);
    if ((rc = json_whole(d, err)) == RC_OK) {
        *out = d;
    }
    return rc;
}
