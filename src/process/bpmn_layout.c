/*
 * Places for a model that somebody wrote without a drawing: from left to right in the order of the process, ways that part one below the
 * other, sub-processes around what is in them.
 *
 * Each scope is a grid.  A step stands in the column behind all that lead to it (loops apart), in the row of the first of them or the next
 * one that is free.  A flow leaves a gateway upwards or downwards and goes along the row of its goal; from other steps it goes along their own row.
 * Flows that go back run above or below everything.
 */
#include "process/bpmn_drawing_int.h"

enum { TASK_WIDTH = 100, TASK_HEIGHT = 80, EVENT_SIZE = 36, GATEWAY_SIZE = 50, GAP_ACROSS = 60, GAP_DOWN = 40, EDGE = 40, POOL_HEAD = 30,
       ROWS_MAX = 400, LAID_OUT_MAX = 1500 /* elements: what nobody could look at is not worth the time */, BESIDE_WIDTH = 100, BESIDE_HEIGHT = 50, FLOW_POINTS = 6 };

struct layout {
    struct drawing *d;
    struct drawn_ways ways;
    uint32_t *column, *row, *position; /* position: in the order of its scope, from 1 */
    double low; /* below everything of the scope at hand */
};

/* A cell that is taken, by a step or a flow that passes. */
struct grid {
    uint32_t columns;
    char *taken; /* columns × ROWS_MAX */
};

static bool
is_taken(const struct grid *g, uint32_t column, uint32_t row)
{
    return row >= ROWS_MAX || g->taken[(size_t)column * ROWS_MAX + row] != 0;
}

static bool
is_free_way(const struct grid *g, uint32_t from, uint32_t to, uint32_t row)
{
    for (uint32_t c = from; c < to; c++) {
        if (is_taken(g, c, row)) {
            return false;
        }
    }
    return true;
}

static void
take(struct grid *g, uint32_t from, uint32_t to, uint32_t row)
{
    for (uint32_t c = from; c < to && row < ROWS_MAX; c++) {
        g->taken[(size_t)c * ROWS_MAX + row] = 1;
    }
}

/* --- the grid -------------------------------------------------------------------------------------------- */

static bool
is_cell(const struct layout *l, uint32_t i, uint32_t scope)
{
    const struct drawn *e = &l->d->item[i];

    return e->parent == scope && drawn_is_step(e) && l->ways.attached[i] == DRAWN_NONE;
}

/* Whose cell a step stands at: a boundary event at its activity's. */
static uint32_t
cell_of(const struct layout *l, uint32_t i)
{
    return l->ways.attached[i] != DRAWN_NONE ? l->ways.attached[i] : i;
}

/* Steps come in order: what leads to one and stands in no column yet goes back. */
static uint32_t
set_columns(struct layout *l, const uint32_t *order, size_t count, uint32_t scope)
{
    uint32_t columns = 1;

    for (size_t i = 0; i < count; i++) {
        l->position[order[i]] = (uint32_t)i + 1;
    }
    for (size_t i = 0; i < count; i++) {
        uint32_t step = cell_of(l, order[i]);
        if (!is_cell(l, step, scope)) {
            continue;
        }
        if (l->column[step] == DRAWN_NONE) {
            l->column[step] = 0;
        }
        for (uint32_t f = l->ways.first[order[i]]; f != DRAWN_NONE; f = l->ways.next[f]) {
            uint32_t goal = drawn_goal(&l->ways, f);
            if (l->position[goal] > i + 1 && is_cell(l, goal, scope) &&
                (l->column[goal] == DRAWN_NONE || l->column[goal] <= l->column[step])) {
                l->column[goal] = l->column[step] + 1;
            }
        }
    }
    for (size_t i = 0; i < count; i++) {
        uint32_t c = l->column[order[i]];
        columns = c != DRAWN_NONE && c + 1 > columns ? c + 1 : columns;
    }
    return columns;
}

/* The first step that leads here and has its place; DRAWN_NONE: none. */
static uint32_t
first_source(const struct layout *l, uint32_t step)
{
    for (uint32_t f = 0; f < l->d->count; f++) {
        uint32_t source = l->ways.to[f] == step ? l->ways.from[f] : DRAWN_NONE;
        if (source != DRAWN_NONE && l->row[cell_of(l, source)] != DRAWN_NONE && l->column[cell_of(l, source)] < l->column[step]) {
            return source;
        }
    }
    return DRAWN_NONE;
}

/* From gateways and boundary events flows leave upwards or downwards, in the column of those. */
static bool
leaves_down(const struct layout *l, uint32_t source)
{
    return l->ways.attached[source] != DRAWN_NONE || drawn_ends(&l->d->item[source], "Gateway");
}

static void
set_row(struct layout *l, struct grid *g, uint32_t step)
{
    uint32_t source = first_source(l, step), cell = source != DRAWN_NONE ? cell_of(l, source) : DRAWN_NONE;
    uint32_t row = cell != DRAWN_NONE ? l->row[cell] : 0, wanted = row, from = cell != DRAWN_NONE ? l->column[cell] + 1 : l->column[step];

    if (cell != DRAWN_NONE && source != cell) {
        wanted++; /* below its activity */
    }
    while (wanted < ROWS_MAX && !(is_free_way(g, from, l->column[step] + 1, wanted) &&
                                  (cell == DRAWN_NONE || wanted == row || !leaves_down(l, source) || !is_taken(g, from - 1, wanted)))) {
        wanted++;
    }
    l->row[step] = wanted;
    take(g, from, l->column[step] + 1, wanted);
    for (uint32_t r = row + 1; cell != DRAWN_NONE && leaves_down(l, source) && r <= wanted; r++) {
        take(g, from - 1, from, r);
    }
}

/* --- sizes and places ---------------------------------------------------------------------------------------- */

static void
set_size(struct drawn *e)
{
    if (e->bounds.width > 0) {
        return; /* a sub-process that was laid out */
    }
    double both = drawn_ends(e, "Event") ? EVENT_SIZE : drawn_ends(e, "Gateway") ? GATEWAY_SIZE : 0;
    e->bounds.width = both > 0 ? both : TASK_WIDTH;
    e->bounds.height = both > 0 ? both : TASK_HEIGHT;
}

/* Where column or row `at` begins, if each is as large as the largest in it. */
static enum rc
tracks(struct layout *l, uint32_t scope, const uint32_t *place, uint32_t count, bool is_across, double **out, struct err *err)
{
    double *start = arena_alloc(l->d->arena, count + 2, sizeof(*start));

    if (start == NULL) {
        return err_set(err, RC_LIMIT, "no room for the places of a drawing");
    }
    for (uint32_t i = 0; i < l->d->count; i++) {
        if (is_cell(l, i, scope) && place[i] < count) {
            double size = is_across ? l->d->item[i].bounds.width : l->d->item[i].bounds.height + 14 /* its label */;
            start[place[i] + 1] = size > start[place[i] + 1] ? size : start[place[i] + 1];
        }
    }
    start[0] = EDGE;
    for (uint32_t i = 0; i < count; i++) {
        start[i + 1] += start[i] + (is_across ? GAP_ACROSS : GAP_DOWN);
    }
    *out = start;
    return RC_OK;
}

static void
shift(struct layout *l, uint32_t i, double x, double y)
{
    struct drawn *e = &l->d->item[i];

    e->bounds.x += x;
    e->bounds.y += y;
    e->label.x += x;
    e->label.y += y;
    for (size_t p = 0; p < e->points; p++) {
        ((struct point *)(uintptr_t)e->point)[p].x += x;
        ((struct point *)(uintptr_t)e->point)[p].y += y;
    }
}

/* With all that is in it: that stands behind it in the list. */
static void
shift_all(struct layout *l, uint32_t scope, double x, double y)
{
    for (uint32_t i = 0; i < l->d->count; i++) {
        uint32_t up = i;
        while (up != DRAWN_NONE && up != scope) {
            up = l->d->item[up].parent;
        }
        if (up == scope) {
            shift(l, i, x, y);
        }
    }
}

/* Boundary events stand side by side on the lower edge of their activity, from the right. */
static void
place_boundaries(struct layout *l, uint32_t scope)
{
    for (uint32_t i = 0; i < l->d->count; i++) {
        uint32_t host = l->ways.attached[i];
        double nth = 0;
        if (host == DRAWN_NONE || l->d->item[i].parent != scope) {
            continue;
        }
        for (uint32_t j = 0; j < i; j++) {
            nth += l->ways.attached[j] == host ? 1 : 0;
        }
        const struct bounds *b = &l->d->item[host].bounds;
        l->d->item[i].bounds = (struct bounds){b->x + b->width - EVENT_SIZE - 4 - nth * (EVENT_SIZE + 6),
                                               b->y + b->height - EVENT_SIZE / 2.0, EVENT_SIZE, EVENT_SIZE};
    }
}

/* Names stand where no flow leaves: of a gateway above it, of a boundary event to the right. */
static void
place_names(struct layout *l, uint32_t scope)
{
    for (uint32_t i = 0; i < l->d->count; i++) {
        struct drawn *e = &l->d->item[i];
        const struct bounds *b = &e->bounds;
        if (e->parent != scope || e->name.len == 0) {
            continue;
        }
        if (drawn_ends(e, "Gateway")) {
            e->label = (struct bounds){b->x - 62, b->y - 8, 80, 14};
        } else if (l->ways.attached[i] != DRAWN_NONE) {
            e->label = (struct bounds){b->x + b->width / 2 + 4, b->y + b->height - 2, 60, 14};
        }
    }
}

/* Data, notes and all that is no step stand in a row of their own below. */
static void
place_beside(struct layout *l, uint32_t scope, double *width)
{
    double x = EDGE;
    bool is_any = false;

    for (uint32_t i = 0; i < l->d->count; i++) {
        struct drawn *e = &l->d->item[i];
        if (e->parent != scope || (!drawn_is(e, "dataObjectReference") && !drawn_is(e, "dataStoreReference") && !drawn_is(e, "textAnnotation"))) {
            continue;
        }
        bool is_note = drawn_is(e, "textAnnotation");
        e->bounds = (struct bounds){x, l->low, is_note ? BESIDE_WIDTH + 60 : 36, BESIDE_HEIGHT};
        x += is_note ? BESIDE_WIDTH + 80 : BESIDE_WIDTH;
        is_any = true;
    }
    if (is_any) {
        l->low += BESIDE_HEIGHT + GAP_DOWN;
        *width = x > *width ? x : *width;
    }
}

/* --- flows -------------------------------------------------------------------------------------------------------- */

static double
middle_x(const struct bounds *b)
{
    return b->x + b->width / 2;
}

static double
middle_y(const struct bounds *b)
{
    return b->y + b->height / 2;
}

static enum rc
set_points(struct layout *l, uint32_t flow, const struct point *list, size_t count, struct err *err)
{
    struct point *copy = arena_alloc(l->d->arena, count, sizeof(*copy));

    if (copy == NULL) {
        return err_set(err, RC_LIMIT, "no room for the flows of a drawing");
    }
    for (size_t i = 0; i < count; i++) {
        copy[i] = list[i];
    }
    l->d->item[flow].point = copy;
    l->d->item[flow].points = count;
    return RC_OK;
}

static enum rc
route(struct layout *l, uint32_t flow, struct err *err)
{
    uint32_t source = l->ways.from[flow], goal = l->ways.to[flow];
    const struct bounds *a = &l->d->item[source].bounds, *b = &l->d->item[goal].bounds;
    double ax = middle_x(a), ay = middle_y(a), bx = middle_x(b), by = middle_y(b), right = a->x + a->width, low = by > ay ? a->y + a->height : a->y;
    struct point p[FLOW_POINTS];
    size_t n = 0;

    if (b->x < right + 10 && l->row[cell_of(l, source)] == 0 && l->row[cell_of(l, goal)] == 0) { /* back: above everything */
        p[n++] = (struct point){ax, a->y};
        p[n++] = (struct point){ax, EDGE - 10};
        p[n++] = (struct point){bx, EDGE - 10};
        p[n++] = (struct point){bx, b->y};
    } else if (b->x < right + 10) { /* or below it */
        p[n++] = (struct point){ax, a->y + a->height};
        p[n++] = (struct point){ax, l->low};
        p[n++] = (struct point){bx, l->low};
        p[n++] = (struct point){bx, b->y + b->height};
    } else if (leaves_down(l, source) && by != ay) {
        p[n++] = (struct point){ax, low};
        p[n++] = (struct point){ax, by};
        p[n++] = (struct point){b->x, by};
    } else if (by == ay) {
        p[n++] = (struct point){right, ay};
        p[n++] = (struct point){b->x, by};
    } else {
        double x = b->x - GAP_ACROSS / 2.0;
        p[n++] = (struct point){right, ay};
        p[n++] = (struct point){x, ay};
        p[n++] = (struct point){x, by};
        p[n++] = (struct point){b->x, by};
    }
    return set_points(l, flow, p, n, err);
}

static bool
goes_back(const struct layout *l, uint32_t flow)
{
    const struct bounds *a = &l->d->item[l->ways.from[flow]].bounds, *b = &l->d->item[l->ways.to[flow]].bounds;

    return b->x < a->x + a->width + 10;
}

/* Straight from middle to middle: associations, message flows. */
static enum rc
connect(struct layout *l, uint32_t i, struct err *err)
{
    const struct drawn *e = &l->d->item[i];
    uint32_t from = drawing_find(l->d, drawing_local(xml_attribute(e->xml, "sourceRef")));
    uint32_t to = drawing_find(l->d, drawing_local(xml_attribute(e->xml, "targetRef")));

    if (from == DRAWN_NONE || to == DRAWN_NONE || l->d->item[from].bounds.width <= 0 || l->d->item[to].bounds.width <= 0) {
        return RC_OK;
    }
    const struct bounds *a = &l->d->item[from].bounds, *b = &l->d->item[to].bounds;
    bool is_down = middle_y(b) > middle_y(a);
    const struct point p[2] = {{middle_x(a), is_down ? a->y + a->height : a->y}, {middle_x(b), is_down ? b->y : b->y + b->height}};
    return set_points(l, i, p, 2, err);
}

/* --- scopes ---------------------------------------------------------------------------------------------------------- */

static enum rc lay_out_scope(struct layout *l, uint32_t scope, struct bounds *size, struct err *err);

static enum rc
lay_out_insides(struct layout *l, uint32_t scope, struct err *err)
{
    for (uint32_t i = 0; i < l->d->count; i++) {
        struct drawn *e = &l->d->item[i];
        if (e->parent != scope || !drawn_is_step(e)) {
            continue;
        }
        l->column[i] = l->row[i] = DRAWN_NONE;
        if (drawn_is_scope(e)) {
            struct bounds size;
            enum rc rc = lay_out_scope(l, i, &size, err);
            if (rc != RC_OK) {
                return rc;
            }
            e->bounds = size;
        }
        set_size(e);
    }
    return RC_OK;
}

static enum rc
lay_out_flows(struct layout *l, uint32_t scope, struct err *err)
{
    double low = l->low;
    enum rc rc = RC_OK;

    for (uint32_t i = 0; i < l->d->count && rc == RC_OK; i++) {
        if (l->d->item[i].parent == scope && l->ways.from[i] != DRAWN_NONE && l->ways.to[i] != DRAWN_NONE) {
            rc = route(l, i, err);
            low = l->low;
            l->low += goes_back(l, i) ? 20 : 0;
        }
    }
    l->low = low > l->low ? low : l->low;
    return rc;
}

/* Its contents, from (0, 0) on. */
static enum rc
lay_out_scope(struct layout *l, uint32_t scope, struct bounds *size, struct err *err)
{
    uint32_t *order, columns, rows = 0;
    double *across, *down;
    struct grid g;
    size_t count;
    enum rc rc;

    if ((rc = lay_out_insides(l, scope, err)) != RC_OK || (rc = drawing_order(l->d, &l->ways, scope, &order, &count, err)) != RC_OK) {
        return rc;
    }
    columns = set_columns(l, order, count, scope);
    g = (struct grid){columns, arena_alloc(l->d->arena, (size_t)columns * ROWS_MAX, 1)};
    if (g.taken == NULL) {
        return err_set(err, RC_LIMIT, "no room to lay a drawing out");
    }
    for (size_t i = 0; i < count; i++) {
        if (is_cell(l, order[i], scope)) {
            set_row(l, &g, order[i]);
            rows = l->row[order[i]] + 1 > rows ? l->row[order[i]] + 1 : rows;
        }
    }
    if ((rc = tracks(l, scope, l->column, columns, true, &across, err)) != RC_OK ||
        (rc = tracks(l, scope, l->row, rows, false, &down, err)) != RC_OK) {
        return rc;
    }
    for (uint32_t i = 0; i < l->d->count; i++) {
        if (is_cell(l, i, scope)) {
            const struct bounds *b = &l->d->item[i].bounds;
            double wide = across[l->column[i] + 1] - across[l->column[i]] - GAP_ACROSS, high = down[l->row[i] + 1] - down[l->row[i]] - GAP_DOWN;
            shift_all(l, i, across[l->column[i]] + (wide - b->width) / 2, down[l->row[i]] + (high - b->height) / 2);
        }
    }
    place_boundaries(l, scope);
    place_names(l, scope);
    l->low = down[rows];
    if ((rc = lay_out_flows(l, scope, err)) != RC_OK) {
        return rc;
    }
    double width = across[columns] - GAP_ACROSS + EDGE;
    place_beside(l, scope, &width);
    *size = (struct bounds){0, 0, width > TASK_WIDTH ? width : TASK_WIDTH, l->low > TASK_HEIGHT ? l->low : TASK_HEIGHT};
    return RC_OK;
}

/* Pools one below the other; a process that no pool is for stands alone. */
static enum rc
lay_out_processes(struct layout *l, struct err *err)
{
    double y = 0;
    enum rc rc = RC_OK;

    for (uint32_t i = 0; i < l->d->count && rc == RC_OK; i++) {
        struct drawn *e = &l->d->item[i];
        bool is_pool = drawn_is(e, "participant"), is_alone = drawn_is(e, "process");
        struct bounds size = {0, 0, 6 * TASK_WIDTH, 60};
        uint32_t process = i;
        if (is_pool) {
            process = drawing_find(l->d, drawing_local(xml_attribute(e->xml, "processRef")));
        }
        for (uint32_t j = 0; is_alone && j < l->d->count; j++) {
            is_alone = !drawn_is(&l->d->item[j], "participant") ||
                       !str_eq(drawing_local(xml_attribute(l->d->item[j].xml, "processRef")), e->id);
        }
        if (!is_pool && !is_alone) {
            continue;
        }
        if (process != DRAWN_NONE && l->position[process] == 0 && (rc = lay_out_scope(l, process, &size, err)) == RC_OK) {
            l->position[process] = 1; /* two pools of one process show it once */
            shift_all(l, process, is_pool ? POOL_HEAD : 0, y);
        }
        if (is_pool) {
            e->bounds = (struct bounds){0, y, size.width + POOL_HEAD, size.height};
        }
        y += size.height + GAP_DOWN;
    }
    return rc;
}

enum rc
drawing_lay_out(struct drawing *d, struct err *err)
{
    struct layout l = {.d = d, .column = arena_alloc(d->arena, d->count + 1, sizeof(uint32_t)),
                       .row = arena_alloc(d->arena, d->count + 1, sizeof(uint32_t)),
                       .position = arena_alloc(d->arena, d->count + 1, sizeof(uint32_t))};
    enum rc rc;

    if (d->count > LAID_OUT_MAX) {
        return RC_OK;
    }
    if (l.column == NULL || l.row == NULL || l.position == NULL) {
        return err_set(err, RC_LIMIT, "no room to lay a drawing out");
    }
    if ((rc = drawing_ways(d, &l.ways, err)) != RC_OK || (rc = lay_out_processes(&l, err)) != RC_OK) {
        return rc;
    }
    for (uint32_t i = 0; i < d->count && rc == RC_OK; i++) {
        if (drawn_is(&d->item[i], "association") || drawn_is(&d->item[i], "messageFlow")) {
            rc = connect(&l, i, err);
        }
    }
    for (uint32_t i = 0; i < d->count; i++) {
        d->item[i].plane = d->item[i].bounds.width > 0 || d->item[i].points > 0 ? 0 : DRAWN_NONE;
    }
    return rc;
}
