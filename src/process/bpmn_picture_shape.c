/*
 * Shapes of a picture: outlines by kind, and the small signs that tell kinds apart (BPMN 2.0.2, chapter 7), drawn by us in a square of sixteen.
 */
#include <math.h>

#include "process/bpmn_picture_int.h"

enum { SIGN = 16, CORNER = 8, HEAD_WIDTH = 30, BADGE = 20 };

struct sign {
    const char *of, *d;
    bool is_solid;
};
static const struct sign task_signs[] = {
    {"userTask", "M8 7.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM2 14.5c0-4 2.5-5.5 6-5.5s6 1.5 6 5.5z", false},
    {"serviceTask", "M8 5.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5zM8 1.5v2.5M8 12v2.5M1.5 8H4M12 8h2.5M3.4 3.4l1.8 1.8M10.8 10.8l1.8 1.8M3.4 12.6l1.8-1.8M10.8 5.2l1.8-1.8", false},
    {"scriptTask", "M4.5 1.5h8.5c-2.5 2-2.5 4.5-.5 6.5s1.5 5 0 6.5H3c2-2 2-4.5 0-6.5s-1-4.5 1.5-6.5zM5.5 5h4.5M6 8h4.5M6.5 11h4.5", false},
    {"businessRuleTask", "M1.5 3h13v10h-13zM1.5 6.3h13M5.5 6.3V13M1.5 9.6h13", false},
    {"sendTask", "M1.5 3.5h13v9h-13zM1.5 3.5L8 8.5l6.5-5", true},
    {"receiveTask", "M1.5 3.5h13v9h-13zM1.5 3.5L8 8.5l6.5-5", false},
    {"manualTask", "M2 9.5V6.5h5.5L6.5 4c0-1.5 1.5-1.5 2 0L10.5 6.5h3.5v6H6c-2.5 0-4-1-4-3z", false},
};
static const struct sign triggers[] = {
    {"messageEventDefinition", "M2 4h12v8H2zM2 4l6 5 6-5", false},
    {"timerEventDefinition", "M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM8 4v4.5l3 1.5", false},
    {"signalEventDefinition", "M8 2l6.5 11h-13z", false},
    {"errorEventDefinition", "M2.5 14L6 3l3.5 5.5L13.5 2 10 13 6.5 8z", false},
    {"escalationEventDefinition", "M8 1.5l4.5 12.5L8 9.5l-4.5 4.5z", false},
    {"conditionalEventDefinition", "M3 2h10v12H3zM5 5h6M5 8h6M5 11h6", false},
    {"linkEventDefinition", "M2 6h6.5V3l5.5 5-5.5 5v-3H2z", false},
    {"compensateEventDefinition", "M8 3.5v9L2 8zM14 3.5v9L8 8z", false},
    {"terminateEventDefinition", "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2z", true},
    {"cancelEventDefinition", "M3 3l10 10M13 3L3 13", false},
};
static const struct sign gateway_signs[] = {
    {"exclusiveGateway", "M4 3l8 10M12 3L4 13", false},
    {"parallelGateway", "M8 1.5v13M1.5 8h13", false},
    {"inclusiveGateway", "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2z", false},
    {"eventBasedGateway", "M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1zM8 4l4 3-1.5 4.5h-5L4 7z", false},
    {"complexGateway", "M8 2v12M2 8h12M4 4l8 8M12 4l-8 8", false},
};
static const char many_in_parallel[] = "M4 3v10M8 3v10M12 3v10", one_by_one[] = "M3 4h10M3 8h10M3 12h10",
                  again[] = "M6 13a5.5 5.5 0 1 1 4.5 0M6 13l-2.5-1M6 13l1-2.5", undoes[] = "M8 3.5v9L2 8zM14 3.5v9L8 8z",
                  has_more[] = "M2 2h12v12H2zM8 4.5v7M4.5 8h7";
static const char *const mark_signs[] = {
    [BPMN_MARK_MOVED] = "M4 10h12M13 7l3 3-3 3M7 7l-3 3 3 3",
    [BPMN_MARK_DONE] = "M5 10l3.5 3.5L15 6.5",
    [BPMN_MARK_CANCELLED] = "M5 10h10",
    [BPMN_MARK_ACTIVE] = "M7 5l7 5-7 5z",
    [BPMN_MARK_SOON] = "M10 4.5v6l4 2.5",
    [BPMN_MARK_OVERDUE] = "M10 4v7.5M10 14v1.5",
    [BPMN_MARK_FAILED] = "M6 6l8 8M14 6l-8 8",
    [BPMN_MARK_CHANGED] = "M5 15l1-3.5L13 5l2 2-6.5 7z",
    [BPMN_MARK_ADDED] = "M10 4v12M4 10h12",
    [BPMN_MARK_REMOVED] = "M4 10h12",
    [BPMN_MARK_DOUBTFUL] = "M7 8c0-4 6-4 6-1 0 2-3 2-3 4.5M10 14v1.5",
    [BPMN_MARK_WRONG] = "M6 6l8 8M14 6l-8 8",
    [BPMN_MARKS] = NULL,
};

void
paint_path(struct painting *p, const char *class_name, struct str d, struct str at)
{
    struct json *part = json_object(p->arena);

    json_set_text(p->arena, part, "class", str_of(class_name));
    json_set_text(p->arena, part, "d", d);
    json_set_text(p->arena, part, "at", at);
    json_push(p->parts, part);
}

static void
paint_sign(struct painting *p, const char *class_name, const char *d, double x, double y)
{
    paint_path(p, class_name, str_of(d), str_fmt(p->arena, "translate(%ld %ld)", lround(x), lround(y)));
}

static const struct sign *
find_sign(const struct sign *list, size_t count, struct str of)
{
    for (size_t i = 0; i < count; i++) {
        if (str_eq(of, str_of(list[i].of))) {
            return &list[i];
        }
    }
    return NULL;
}

/* --- outlines --------------------------------------------------------------------------------------- */

static struct str
box(struct arena *a, struct bounds b, double corner)
{
    long x = lround(b.x), y = lround(b.y), w = lround(b.width), h = lround(b.height), r = lround(corner);

    if (r == 0) {
        return str_fmt(a, "M%ld %ldh%ldv%ldh%ldz", x, y, w, h, -w);
    }
    return str_fmt(a, "M%ld %ldh%lda%ld %ld 0 0 1 %ld %ldv%lda%ld %ld 0 0 1 %ld %ldh%lda%ld %ld 0 0 1 %ld %ldv%lda%ld %ld 0 0 1 %ld %ldz", x + r, y,
                   w - 2 * r, r, r, r, r, h - 2 * r, r, r, -r, r, -(w - 2 * r), r, r, -r, -r, -(h - 2 * r), r, r, r, -r);
}

static struct str
circle(struct arena *a, struct bounds b, double inset)
{
    double r = b.width / 2 - inset;

    return str_fmt(a, "M%.1f %.1fa%.1f %.1f 0 1 0 %.1f 0a%.1f %.1f 0 1 0 %.1f 0z", b.x + inset, b.y + b.height / 2, r, r, 2 * r, r, r, -2 * r);
}

static struct str
diamond(struct arena *a, struct bounds b)
{
    long w = lround(b.width / 2), h = lround(b.height / 2);

    return str_fmt(a, "M%ld %ldl%ld %ldl%ld %ldl%ld %ldz", lround(b.x) + w, lround(b.y), w, h, -w, h, -w, -h);
}

const char *
paint_trigger(const struct drawn *e)
{
    size_t count = 0;
    const struct sign *found = NULL;

    for (const struct xml *x = e->xml->first; x != NULL; x = x->next) {
        const struct sign *s = find_sign(triggers, sizeof(triggers) / sizeof(triggers[0]), x->name);
        found = s != NULL ? s : found;
        count += s != NULL ? 1 : 0;
    }
    return count > 1 ? "multiple" : found != NULL ? found->of : NULL;
}

static void
paint_event(struct painting *p, const struct drawn *e)
{
    const char *trigger = paint_trigger(e);
    const struct sign *s = trigger != NULL ? find_sign(triggers, sizeof(triggers) / sizeof(triggers[0]), str_of(trigger)) : NULL;
    bool is_end = drawn_is(e, "endEvent"), is_thrown = is_end || drawn_is(e, "intermediateThrowEvent");
    bool is_gentle = str_eq(xml_attribute(e->xml, "cancelActivity"), STR("false")) || str_eq(xml_attribute(e->xml, "isInterrupting"), STR("false"));
    double x = e->bounds.x + e->bounds.width / 2 - SIGN / 2.0, y = e->bounds.y + e->bounds.height / 2 - SIGN / 2.0;

    paint_path(p, is_end ? "bp-box bp-thick" : is_gentle ? "bp-box bp-dash" : "bp-box", circle(p->arena, e->bounds, 0), STR(""));
    if (!is_end && !drawn_is(e, "startEvent")) {
        paint_path(p, is_gentle ? "bp-line bp-dash" : "bp-line", circle(p->arena, e->bounds, 3), STR(""));
    }
    if (s != NULL) {
        paint_sign(p, is_thrown || s->is_solid ? "bp-solid" : "bp-line", s->d, x, y);
    } else if (trigger != NULL) {
        paint_sign(p, is_thrown ? "bp-solid" : "bp-line", "M8 2l6 4.5-2.3 7H4.3L2 6.5z", x, y);
    }
}

/* Signs of how often, in the middle of the lower edge. */
static void
paint_repeats(struct painting *p, const struct drawn *e)
{
    const struct xml *many = drawing_child(e->xml, "multiInstanceLoopCharacteristics");
    const char *sign[3];
    size_t count = 0;

    if (many != NULL) {
        sign[count++] = str_eq(xml_attribute(many, "isSequential"), STR("true")) ? one_by_one : many_in_parallel;
    } else if (drawing_child(e->xml, "standardLoopCharacteristics") != NULL) {
        sign[count++] = again;
    }
    if (str_eq(xml_attribute(e->xml, "isForCompensation"), STR("true"))) {
        sign[count++] = undoes;
    }
    if (drawn_is_collapsed(e)) {
        sign[count++] = has_more;
    }
    for (size_t i = 0; i < count; i++) {
        paint_sign(p, "bp-line", sign[i], e->bounds.x + e->bounds.width / 2 + ((double)i - (double)count / 2) * (SIGN + 4) + 2,
                   e->bounds.y + e->bounds.height - SIGN - 3);
    }
}

static void
paint_activity(struct painting *p, const struct drawn *e)
{
    const struct sign *s = find_sign(task_signs, sizeof(task_signs) / sizeof(task_signs[0]), e->tag);
    bool is_open = drawn_is_scope(e) && !drawn_is_collapsed(e), is_event_sub = str_eq(xml_attribute(e->xml, "triggeredByEvent"), STR("true"));
    struct bounds label = e->bounds;

    paint_path(p, drawn_is(e, "callActivity") ? "bp-box bp-thick" : is_event_sub ? "bp-box bp-dash" : is_open ? "bp-box bp-open" : "bp-box",
               box(p->arena, e->bounds, CORNER), STR(""));
    if (drawn_is(e, "transaction")) {
        struct bounds inner = {e->bounds.x + 3, e->bounds.y + 3, e->bounds.width - 6, e->bounds.height - 6};
        paint_path(p, "bp-line", box(p->arena, inner, CORNER - 2), STR(""));
    }
    if (s != NULL) {
        paint_sign(p, s->is_solid ? "bp-solid" : "bp-line", s->d, e->bounds.x + 5, e->bounds.y + 5);
        label.y += SIGN / 2.0;
        label.height -= SIGN / 2.0;
    }
    paint_repeats(p, e);
    if (is_open) {
        label = (struct bounds){e->bounds.x, e->bounds.y + 4, e->bounds.width, 20};
    }
    paint_label(p, "bp-label", label, e->name, true);
}

static void
paint_data(struct painting *p, const struct drawn *e)
{
    long x = lround(e->bounds.x), y = lround(e->bounds.y), w = lround(e->bounds.width), h = lround(e->bounds.height);

    if (drawn_is(e, "dataStoreReference")) {
        paint_path(p, "bp-box", str_fmt(p->arena, "M%ld %ldc0-9 %ld-9 %ld 0v%ldc0 9 %ld 9 %ld 0zM%ld %ldc0 9 %ld 9 %ld 0", x, y + 7, w, w, h - 14, -w, -w, x, y + 7,
                                        w, w), STR(""));
    } else if (drawn_is(e, "textAnnotation")) {
        paint_path(p, "bp-line", str_fmt(p->arena, "M%ld %ldh-8v%ldh8", x + 8, y, h), STR(""));
        paint_label(p, "bp-label", e->bounds, e->name, true);
        return;
    } else {
        paint_path(p, "bp-box", str_fmt(p->arena, "M%ld %ldh%ldl10 10v%ldh%ldzM%ld %ldv10h10", x, y, w - 10, h - 10, -w, x + w - 10, y), STR(""));
    }
}

static void
paint_pool(struct painting *p, const struct drawn *e)
{
    bool is_flat = !str_eq(xml_attribute(e->shape, "isHorizontal"), STR("false")), is_lane = drawn_is(e, "lane");
    bool is_empty = drawn_is(e, "participant") && xml_attribute(e->xml, "processRef").len == 0;

    paint_path(p, is_lane ? "bp-lane" : "bp-pool", box(p->arena, e->bounds, 0), STR(""));
    if (is_empty) {
        paint_label(p, "bp-label", e->bounds, e->name, true);
    } else if (!is_flat) {
        struct bounds head = {e->bounds.x, e->bounds.y + 4, e->bounds.width, HEAD_WIDTH};
        paint_label(p, "bp-label", head, e->name, true);
    } else {
        if (!is_lane) {
            paint_path(p, "bp-lane", str_fmt(p->arena, "M%ld %ldv%ld", lround(e->bounds.x) + HEAD_WIDTH, lround(e->bounds.y), lround(e->bounds.height)),
                       STR(""));
        }
        paint_head(p, e->bounds, e->name);
    }
}

void
paint_shape(struct painting *p, const struct drawn *e)
{
    struct bounds below = {e->bounds.x, e->bounds.y + e->bounds.height + 4, e->bounds.width, 0};

    if (drawn_is(e, "participant") || drawn_is(e, "lane")) {
        paint_pool(p, e);
    } else if (drawn_ends(e, "Gateway")) {
        const struct sign *s = find_sign(gateway_signs, sizeof(gateway_signs) / sizeof(gateway_signs[0]), e->tag);
        paint_path(p, "bp-box", diamond(p->arena, e->bounds), STR(""));
        if (s != NULL) {
            paint_sign(p, "bp-line", s->d, e->bounds.x + e->bounds.width / 2 - SIGN / 2.0, e->bounds.y + e->bounds.height / 2 - SIGN / 2.0);
        }
        paint_label(p, "bp-label", e->label.width > 0 ? e->label : below, e->name, false);
    } else if (drawn_ends(e, "Event")) {
        paint_event(p, e);
        paint_label(p, "bp-label", e->label.width > 0 ? e->label : below, e->name, false);
    } else if (drawn_is_step(e)) {
        paint_activity(p, e);
    } else if (drawn_is(e, "group")) {
        paint_path(p, "bp-line bp-dash", box(p->arena, e->bounds, CORNER), STR(""));
    } else {
        paint_data(p, e);
        if (!drawn_is(e, "textAnnotation")) {
            paint_label(p, "bp-label", e->label.width > 0 ? e->label : below, e->name, false);
        }
    }
}

/* --- flows ------------------------------------------------------------------------------------------------ */

static void
paint_head_of_flow(struct painting *p, struct point from, struct point to, const char *class_name)
{
    double dx = to.x - from.x, dy = to.y - from.y, length = hypot(dx, dy);

    if (length < 1) {
        return;
    }
    dx /= length;
    dy /= length;
    paint_path(p, class_name, str_fmt(p->arena, "M%.1f %.1fL%.1f %.1fL%.1f %.1fz", to.x, to.y, to.x - 9 * dx - 4 * dy, to.y - 9 * dy + 4 * dx,
                                      to.x - 9 * dx + 4 * dy, to.y - 9 * dy - 4 * dx), STR(""));
}

/* A flow with a condition that leaves an activity begins with a diamond, a default one is crossed. */
static void
paint_begin(struct painting *p, const struct drawn *e)
{
    struct point a = e->point[0], b = e->point[1];
    double length = hypot(b.x - a.x, b.y - a.y);
    uint32_t source = drawing_find(p->drawing, xml_attribute(e->xml, "sourceRef"));

    if (length < 1 || source == DRAWN_NONE) {
        return;
    }
    double dx = (b.x - a.x) / length, dy = (b.y - a.y) / length;
    const struct drawn *from = &p->drawing->item[source];
    if (str_eq(xml_attribute(from->xml, "default"), e->id)) {
        paint_path(p, "bp-line", str_fmt(p->arena, "M%.1f %.1fL%.1f %.1f", a.x + 7 * dx - 5 * dy - 3 * dx, a.y + 7 * dy + 5 * dx - 3 * dy,
                                         a.x + 7 * dx + 5 * dy + 3 * dx, a.y + 7 * dy - 5 * dx + 3 * dy), STR(""));
    } else if (drawing_child(e->xml, "conditionExpression") != NULL && !drawn_ends(from, "Gateway")) {
        paint_path(p, "bp-box", str_fmt(p->arena, "M%.1f %.1fL%.1f %.1fL%.1f %.1fL%.1f %.1fz", a.x, a.y, a.x + 7 * dx - 4 * dy, a.y + 7 * dy + 4 * dx,
                                        a.x + 14 * dx, a.y + 14 * dy, a.x + 7 * dx + 4 * dy, a.y + 7 * dy - 4 * dx), STR(""));
    }
}

void
paint_edge(struct painting *p, const struct drawn *e)
{
    bool is_flow = drawn_is_flow(e), is_message = drawn_is(e, "messageFlow");
    struct str d = STR("");
    struct err ignored;
    struct buf b;

    if (e->points < 2) {
        return;
    }
    buf_init(&b, p->arena, 1 << 16);
    for (size_t i = 0; i < e->points; i++) {
        buf_put_fmt(&b, "%c%ld %ld", i == 0 ? 'M' : 'L', lround(e->point[i].x), lround(e->point[i].y));
    }
    if (buf_finish(&b, &d, &ignored) != RC_OK) {
        return;
    }
    paint_path(p, is_flow ? "bp-flow" : "bp-flow bp-dash", d, STR(""));
    if (is_flow || is_message) {
        paint_head_of_flow(p, e->point[e->points - 2], e->point[e->points - 1], is_flow ? "bp-tip" : "bp-box");
    }
    if (is_flow) {
        paint_begin(p, e);
    }
    if (e->name.len > 0) {
        size_t middle = (e->points - 1) / 2;
        struct point m = {(e->point[middle].x + e->point[middle + 1].x) / 2, (e->point[middle].y + e->point[middle + 1].y) / 2};
        struct bounds at = {m.x - 40, m.y - 18, 80, 0};
        paint_label(p, "bp-label bp-way", e->label.width > 0 ? e->label : at, e->name, false);
    }
}

/* --- marks ------------------------------------------------------------------------------------------------- */

void
paint_mark(struct painting *p, const struct drawn *e, enum bpmn_mark_kind kind, int64_t count)
{
    struct str number = count > 0 ? str_fmt(p->arena, "%lld", (long long)count) : STR("");
    const char *sign = mark_signs[kind];
    double width = BADGE + (sign != NULL && number.len > 0 ? 8.0 * (double)number.len + 2 : number.len > 1 ? 8.0 * (double)number.len : 0);
    struct bounds badge = {e->bounds.x + e->bounds.width - width + 8, e->bounds.y - BADGE / 2.0, width, BADGE};

    if (kind == BPMN_MARK_NONE || e->bounds.width <= 0 || (sign == NULL && number.len == 0)) {
        return;
    }
    paint_path(p, "bp-badge", box(p->arena, badge, BADGE / 2.0), STR(""));
    if (sign != NULL) {
        paint_sign(p, "bp-badge-sign", sign, badge.x, badge.y);
        badge.x += number.len > 0 ? BADGE - 4 : 0;
        badge.width -= number.len > 0 ? BADGE - 4 : 0;
    }
    if (number.len > 0) {
        badge.x -= BADGE; /* it was made to fit */
        badge.width += 2 * BADGE;
        paint_label(p, "bp-badge-text", badge, number, true);
    }
}
